/* The one loop: keys, answers of the reader, news of the engine, signals; then a frame. */
#include "src/base/clock.h"
#include "src/jobs/note_writer.h"
#include "ui/screen.h"
#include "ui/term.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Seconds between two frames that only show progress, and between digits and a
 * movement that make a count together. */
static const double progress_interval = 0.1, digit_interval = 0.3;

static void *self_of(app *a)
{
    return a->state[a->view];
}

void screen_changed(app *a, unsigned what)
{
    for (int v = 0; v < VIEW_COUNT; v++)
        if (a->ops[v]->changed)
            a->ops[v]->changed(a, a->state[v], what);
    if (what == CHANGED_PROGRESS)
        a->screen->progress_dirty = true;
    else
        app_dirty(a);
}

/* actions */

static void go_back(app *a)
{
    struct screen *s = a->screen;
    if (!app_back(a))
        s->leaving = true;
}

static void ask_letter(app *a, line_owner owner, const char *question)
{
    struct screen *s = a->screen;
    s->line = owner;
    snprintf(s->line_label, sizeof s->line_label, "%s", question);
    app_dirty(a);
}

static void resume_offered(app *a)
{
    struct screen *s = a->screen;
    if (s->offered) {
        engine_resume(a->engine, s->offered);
        app_say(a, ROLE_STATUS, "fit %lld goes on", (long long)s->offered);
    } else {
        app_say(a, ROLE_STATUS, "no fit was interrupted; %d shows all fits",
                view_digit(VIEW_FITS));
    }
    s->offered = 0;
}

/* What an action means when the view has no meaning of its own for it. */
static void act_everywhere(app *a, action_id act)
{
    switch (act) {
    case ACT_BACK: go_back(a); break;
    case ACT_RESUME_OFFERED: resume_offered(a); break;
    case ACT_JUMP_BACK:
        if (!app_back(a))
            app_say(a, ROLE_STATUS, "this is where you began");
        break;
    case ACT_JUMP_FORWARD:
        if (!app_forward(a))
            app_say(a, ROLE_STATUS, "this is how far you came");
        break;
    case ACT_MARK: ask_letter(a, LINE_MARK, "mark this place as:"); break;
    case ACT_MARK_JUMP: ask_letter(a, LINE_JUMP, "to the mark:"); break;
    case ACT_VIEW_STUDY:
    case ACT_VIEW_FEATURES:
    case ACT_VIEW_FITS:
    case ACT_VIEW_CIRCUIT:
    case ACT_VIEW_PATHS:
    case ACT_VIEW_TRUST:
    case ACT_VIEW_SAMPLE: app_switch_view(a, (view_id)(act - ACT_VIEW_STUDY)); break;
    case ACT_HELP: app_open_modal(a, help_create(a)); break;
    case ACT_PALETTE: palette_open(a); break;
    case ACT_THEME: app_next_theme(a); break;
    case ACT_MOUSE: app_turn_mouse(a); break;
    case ACT_REPAINT:
        term_repaint();
        app_dirty(a);
        break;
    case ACT_SUSPEND:
        term_suspend();
        app_dirty(a);
        break;
    case ACT_QUIT: a->screen->leaving = true; break;
    default: break;
    }
}

void screen_act(app *a, action_id act, int count)
{
    const view_ops *ops = a->ops[a->view];
    unsigned done = ops->act ? ops->act(a, self_of(a), act, count) : ACTED_NOT;
    if (done == ACTED_NOT)
        act_everywhere(a, act);
    else if (done == ACTED && act >= ACT_OPEN && !a->screen->message[0])
        app_say(a, ROLE_STATUS, "%s: there is nothing at hand for it", action_get(act)->name);
    if ((done & ACTED_REDRAW) == ACTED_REDRAW)
        app_dirty(a);
    if ((done & ACTED_REFRESH) == ACTED_REFRESH)
        snapshot_refresh(a);
    if (done & ACTED_LEAVE)
        a->screen->leaving = true;
}

/* keys */

static void clear_message(struct screen *s)
{
    s->dirty |= s->message[0] && !s->message_seen;
    s->message_seen = true;
    if (s->message[0] && s->message_role != ROLE_ERROR && s->message_role != ROLE_WARNING) {
        s->message[0] = '\0';
        s->dirty = true;
    }
}

static void line_key(app *a, int key)
{
    struct screen *s = a->screen;
    bool edited = false;
    if (s->line == LINE_CONFIRM) {
        s->line = LINE_FREE;
        if (key == 'y' || key == 'Y')
            s->confirmed(a, s->confirmed_user);
    } else if (s->line == LINE_MARK || s->line == LINE_JUMP) {
        bool jump = s->line == LINE_JUMP;
        s->line = LINE_FREE;
        if (key != PRESSED_ESC && jump)
            history_jump(a, key);
        else if (key != PRESSED_ESC)
            history_mark(a, key);
    } else if (s->line == LINE_PALETTE) {
        palette_key(a, key);
    } else {
        const view_ops *ops = a->ops[a->view];
        prompt_event event = PROMPT_TYPED;
        if (key == PRESSED_ENTER)
            event = PROMPT_ACCEPTED;
        else if (key == PRESSED_ESC || key == 3 ||
                 (key == PRESSED_BACKSPACE && s->input.length == 0))
            event = PROMPT_CANCELLED;
        else if (!prompt_key(&s->input, key, &edited))
            return;
        if (event != PROMPT_TYPED)
            s->line = LINE_FREE;
        if ((event != PROMPT_TYPED || edited) && ops->typed)
            ops->typed(a, self_of(a), s->line_tag, event, s->input.text);
    }
    app_dirty(a);
}

/* A count and the digits that open views share their keys. A digit without a view behind it
 * (10j, 05j) begins a count for certain; digits that all have one (12j) do when a movement
 * follows them at once. The views they opened meanwhile are left again. */
static bool digits_fresh(const struct screen *s)
{
    return s->digits > 0 && s->pause < digit_interval;
}

static void begin_count(app *a)
{
    struct screen *s = a->screen;
    if (a->view != s->digit_from.view || s->back.count != s->digit_depth)
        app_pop_to(a, s->digit_depth, &s->digit_from);
    s->count = s->digit_value;
    s->counting = true;
    app_dirty(a);
}

/* True: the key was a digit of a count. */
static bool count_key(app *a, int key)
{
    struct screen *s = a->screen;
    if (key < '0' || key > '9')
        return false;
    if (!s->counting && !digits_fresh(s)) {
        s->digits = s->digit_value = 0;
        s->digit_depth = s->back.count;
        s->digit_from = place_here(a);
    }
    s->digits++;
    if (s->digit_value < 100000000)
        s->digit_value = 10 * s->digit_value + (key - '0');
    if (!s->counting && action_of_key(a->view, key) != ACT_NONE)
        return false;
    begin_count(a);
    return true;
}

static bool moves(action_id act)
{
    return act >= ACT_DOWN && act <= ACT_BOTTOM;
}

/* The count for the action of a key that is no digit. */
static int take_count(app *a, int key)
{
    struct screen *s = a->screen;
    if (!s->counting && s->digits > 1 && digits_fresh(s) &&
        moves(action_of_key(s->digit_from.view, key)))
        begin_count(a);
    int count = s->counting ? s->count : 0;
    if (s->counting)
        app_dirty(a);
    s->counting = false;
    s->digits = s->count = s->digit_value = 0;
    return count;
}

static void draw_if_needed(app *a)
{
    struct screen *s = a->screen;
    double now = clock_seconds();
    if (!s->dirty && !(s->progress_dirty && now - s->drawn_at >= progress_interval))
        return;
    s->dirty = s->progress_dirty = false;
    s->drawn_at = now;
    frame_draw(a);
}

/* On what is to be seen: what a key or click before it has changed is drawn first. */
static void take_mouse(app *a)
{
    for (mouse_event event; term_mouse_event(&event);) {
        draw_if_needed(a);
        if (a->screen->line == LINE_FREE)
            clear_message(a->screen);
        mouse_take(a, &event);
        a->screen->pause = 0; /* the next one was told with it */
    }
}

static void take_key(app *a, int key)
{
    struct screen *s = a->screen;
    if (key == PRESSED_RESIZE) {
        app_dirty(a);
        return;
    }
    s->pause = s->listened;
    s->listened = 0;
    s->clicked &= key == PRESSED_MOUSE;
    if (s->greeting) {
        s->greeting = false;
        app_dirty(a);
    }
    if (key == PRESSED_MOUSE) {
        take_mouse(a);
        return;
    }
    if (s->modal) {
        if (key == 3 || !s->modal->key(a, s->modal, key))
            app_close_modal(a);
        app_dirty(a);
        return;
    }
    if (s->line != LINE_FREE) {
        line_key(a, key);
        return;
    }
    clear_message(s);
    if (count_key(a, key))
        return;
    bool digit = key >= '0' && key <= '9';
    bool counting = s->counting;
    int count = digit ? 0 : take_count(a, key);
    if (key == PRESSED_ESC && (counting || s->message[0])) {
        s->message[0] = '\0';
        app_dirty(a);
        return;
    }
    action_id act = action_of_key(a->view, key);
    if (act != ACT_NONE)
        screen_act(a, act, count);
    else
        help_say_unbound(a, key);
}

/* news */

/* How long a message may stand before the progress of a fit, if nobody presses a key. */
static const double message_seconds = 3;

static void tell_end_of_variable(app *a, const fit_progress *p)
{
    char features[24], gap[24];
    show_count(features, p->edges);
    show_figure(gap, p->worst_gap);
    if (p->state == FIT_DONE && p->unconverged > 0)
        app_say(a, ROLE_WARNING,
                "fit %lld is done: %s features; %u of %u points above the tolerance",
                (long long)p->fit_id, features, p->unconverged, p->targets);
    else if (p->state == FIT_DONE)
        app_say(a, ROLE_GOOD,
                "fit %lld is done: %s features, worst gap %s; Enter in Fits lists them",
                (long long)p->fit_id, features, gap);
    else if (p->state == FIT_CANCELLED)
        app_say(a, ROLE_WARNING, "fit %lld is cancelled; r begins it anew", (long long)p->fit_id);
    else if (p->state == FIT_FAILED)
        app_say(a, ROLE_ERROR, "fit %lld failed: %s", (long long)p->fit_id, p->message);
}

static void tell_end(app *a, const fit_progress *p)
{
    char edges[24], gap[24];
    if (p->of_variable) {
        tell_end_of_variable(a, p);
        return;
    }
    if (p->state == FIT_DONE && p->unconverged > 0)
        app_say(a, ROLE_WARNING,
                "fit %lld is done: %s edges, worst gap %s; %u targets above the"
                " tolerance",
                (long long)p->fit_id, show_count(edges, p->edges), show_figure(gap, p->worst_gap),
                p->unconverged);
    else if (p->state == FIT_DONE)
        app_say(a, ROLE_GOOD, "fit %lld is done: %s edges, worst gap %s", (long long)p->fit_id,
                show_count(edges, p->edges), show_figure(gap, p->worst_gap));
    else if (p->state == FIT_CANCELLED && p->pairs > 0)
        app_say(a, ROLE_WARNING, "fit %lld is cancelled: %u of %u targets are kept; r resumes",
                (long long)p->fit_id, p->done, p->targets);
    else if (p->state == FIT_FAILED)
        app_say(a, ROLE_ERROR, "fit %lld failed: %s", (long long)p->fit_id, p->message);
}

/* Whoever waits for a fit in Study or Fits means to look at it next; whoever reads another one's
 * edges is not disturbed. */
static void open_finished(app *a, const fit_progress *p)
{
    if (p->state == FIT_DONE && !p->of_variable && (a->view == VIEW_STUDY || a->view == VIEW_FITS))
        app_use_fit(a, p->fit_id);
}

static void take_progress(app *a, const fit_progress *p)
{
    bool turn = !a->progress_known || a->progress.fit_id != p->fit_id ||
                a->progress.state != p->state || a->progress.pair != p->pair;
    a->progress = *p;
    a->progress_known = true;
    if (turn) {
        snapshot_refresh(a);
        tell_end(a, p);
        open_finished(a, p);
        app_dirty(a);
    }
    /* a running fit needs the line for its bar, rate and time left: what was said gives way */
    struct screen *s = a->screen;
    if (p->state == FIT_RUNNING && s->message[0] && s->message_role != ROLE_ERROR &&
        clock_seconds() - s->message_at > message_seconds) {
        s->message[0] = '\0';
        app_dirty(a);
    }
    screen_changed(a, CHANGED_PROGRESS);
}

static void tell_check_end(app *a, const check_progress *p)
{
    if (p->state == FIT_DONE && a->view == VIEW_TRUST)
        app_say(a, ROLE_GOOD, "check %s is done", p->kind);
    else if (p->state == FIT_DONE)
        app_say(a, ROLE_GOOD, "check %s of fit %lld is done: %d shows what it found", p->kind,
                (long long)p->fit_id, view_digit(VIEW_TRUST));
    else if (p->state == FIT_CANCELLED && p->kind[0])
        app_say(a, ROLE_WARNING, "check %s is cancelled: what is done of it is kept", p->kind);
    else if (p->state == FIT_FAILED)
        app_say(a, ROLE_ERROR, "check %s failed: %s", p->kind, p->message);
}

static void take_check(app *a, const check_progress *p)
{
    bool other = !a->check_known || a->check.check_id != p->check_id;
    bool turn = other || a->check.state != p->state;
    /* one that has joined the queue is no news of the one at work */
    if (!other || p->state != FIT_QUEUED || a->check.state != FIT_RUNNING || !a->check_known) {
        a->check = *p;
        a->check_known = true;
    }
    if (turn) {
        snapshot_refresh(a);
        tell_check_end(a, p);
        app_dirty(a);
        if (p->state == FIT_DONE && p->fit_id == a->fit_id)
            app_use_fit(a, a->fit_id); /* its edges are judged anew */
    }
    screen_changed(a, CHANGED_PROGRESS);
}

static void take_message(app *a, const message *m)
{
    if (m->kind == ENGINE_PROGRESS) {
        take_progress(a, m->payload);
    } else if (m->kind == ENGINE_CHECK) {
        take_check(a, m->payload);
    } else if (m->kind == NOTES_WRITTEN) {
        snapshot_refresh(a);
    } else if (m->kind == ENGINE_FAILED || m->kind == NOTES_FAILED) {
        const error *err = m->payload;
        app_say(a, ROLE_ERROR, "%s", err->message);
        snapshot_refresh(a);
    } else if (m->kind >= READ_STUDY && !snapshot_answer(a, m->kind, m->payload)) {
        for (int v = 0; v < VIEW_COUNT; v++)
            if (a->ops[v]->answer && a->ops[v]->answer(a, a->state[v], m->kind, m->payload))
                break;
        app_dirty(a);
    }
}

static void take_news(app *a)
{
    for (message *m = queue_take(a->news); m; m = message_free(m))
        take_message(a, m);
}

static void take_signals(app *a)
{
    unsigned asked = term_asked();
    if (asked & TERM_LEAVE) {
        a->screen->leaving = true;
        a->screen->leave_code = STATUS_INTERRUPTED;
    }
    if (asked & TERM_SUSPEND)
        term_suspend();
    if (asked & TERM_RESIZE)
        term_resize();
    if (asked & TERM_CONTINUE)
        term_repaint();
    if (asked)
        app_dirty(a);
}

/* True when the terminal has gone: there is something to read, and it is the end. */
static bool at_end(short events)
{
    int waiting = 0;
    if (events & (POLLHUP | POLLERR | POLLNVAL))
        return true;
    return (events & POLLIN) && ioctl(STDIN_FILENO, FIONREAD, &waiting) == 0 && waiting == 0;
}

static int wait_milliseconds(const struct screen *s, double now)
{
    double until = now + 1.0; /* the version is looked at once a second */
    if (s->progress_dirty && s->drawn_at + progress_interval < until)
        until = s->drawn_at + progress_interval;
    if (s->rest_at > 0 && s->rest_at < until)
        until = s->rest_at;
    return until <= now ? 0 : (int)((until - now) * 1000) + 1;
}

static void tell_rest(app *a)
{
    struct screen *s = a->screen;
    if (s->rest_at <= 0 || clock_seconds() < s->rest_at)
        return;
    s->rest_at = 0;
    screen_changed(a, CHANGED_REST);
}

void loop_run(app *a)
{
    struct screen *s = a->screen;
    struct pollfd from[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = queue_descriptor(a->news), .events = POLLIN}};
    while (!s->leaving) {
        draw_if_needed(a);
        double since = clock_seconds();
        int ready = poll(from, 2, wait_milliseconds(s, since));
        s->listened += clock_seconds() - since;
        if (ready > 0 && at_end(from[0].revents)) {
            s->leaving = true;
            break;
        }
        take_signals(a);
        take_news(a);
        for (int key; !s->leaving && typeahead_next(a, &key);)
            take_key(a, key);
        if (ready > 0 && from[0].revents & POLLIN)
            for (int key; !s->leaving && (key = term_key()) != 0;)
                if (!typeahead_hold(a, key))
                    take_key(a, key);
        tell_rest(a);
        snapshot_tick(a, clock_seconds());
    }
}
