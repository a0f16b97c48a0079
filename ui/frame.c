/* What stands round a view: title line above, status line and key line below. */
#include "ui/pointer.h"
#include "ui/screen.h"
#include "ui/term.h"

#include <curses.h>
#include <stdio.h>
#include <string.h>

/* A view without a digit stands in the title line only while it is up. */
static bool has_tab(const app *a, view_id view)
{
    return view_digit(view) > 0 || view == a->view;
}

/* Columns of the views' names, or of their digits with the present one's name. */
static int tabs_width(const app *a, bool brief)
{
    int width = 0;
    for (int v = 0; v < VIEW_COUNT; v++)
        if (has_tab(a, (view_id)v))
            width += brief && (view_id)v != a->view ? 2 : 4 + text_width(view_name((view_id)v));
    return width;
}

/* The views' names give way where the crumb would not fit beside them. */
static void draw_title(app *a, region line)
{
    char crumb[256] = "";
    const view_ops *ops = a->ops[a->view];
    if (ops->crumb)
        ops->crumb(a, a->state[a->view], crumb, sizeof crumb);
    draw_ground(line, 0, 0, line.cols, ROLE_TITLE);
    int room = line.cols < 64 ? 12 : 24;
    int at = 1 + draw_text(line, 0, 1, room, ROLE_TITLE, a->name) + 1;
    bool brief = at + tabs_width(a, false) + 1 + text_width(crumb) + 1 > line.cols;
    for (int v = 0; v < VIEW_COUNT; v++) {
        char tab[32];
        bool here = (view_id)v == a->view;
        if (!has_tab(a, (view_id)v))
            continue;
        if (view_digit((view_id)v) == 0)
            snprintf(tab, sizeof tab, " %s ", view_name((view_id)v));
        else
            snprintf(tab, sizeof tab, brief && !here ? "%d " : " %d %s ", view_digit((view_id)v),
                     view_name((view_id)v));
        int wide = draw_text(line, 0, at, line.cols - at, here ? ROLE_TAB : ROLE_TITLE, tab);
        if (view_digit((view_id)v) > 0)
            pointer_action(region_part(line, 0, at, 1, wide), (action_id)(ACT_VIEW_STUDY + v), 0);
        at += wide;
    }
    draw_text(line, 0, at + 1, line.cols - at - 2, ROLE_TITLE, crumb);
}

/* What is at work or waits, in words. */
typedef struct job {
    bool waits;
    double fraction;
    char brief[48], whole[96], figures[64];
} job;

static bool is_at_work(fit_state state)
{
    return state == FIT_RUNNING || state == FIT_QUEUED;
}

static void describe_fit(const fit_progress *p, job *j)
{
    char rate[24], left[24];
    j->waits = p->state == FIT_QUEUED;
    j->fraction = p->targets ? (double)p->done / p->targets : 0;
    snprintf(j->brief, sizeof j->brief, "fit %lld", (long long)p->fit_id);
    if (p->of_variable)
        snprintf(j->whole, sizeof j->whole, "%s", j->brief);
    else
        snprintf(j->whole, sizeof j->whole, "%s  pair %u/%u", j->brief, p->pair + 1, p->pairs);
    if (p->rate > 0 && p->seconds_left >= 0)
        snprintf(j->figures, sizeof j->figures, " %5s/s  %7s left",
                 show_short(rate, (uint64_t)(p->rate + 0.5)), show_seconds(left, p->seconds_left));
}

static void describe_check(const check_progress *p, job *j)
{
    char left[24];
    j->waits = p->state == FIT_QUEUED;
    j->fraction = p->fraction;
    snprintf(j->brief, sizeof j->brief, "check %s", p->kind);
    snprintf(j->whole, sizeof j->whole, "check %s of fit %lld", p->kind, (long long)p->fit_id);
    if (p->seconds_left >= 0)
        snprintf(j->figures, sizeof j->figures, "  %7s left", show_seconds(left, p->seconds_left));
}

/* False: nothing is at work. */
static bool describe_job(const app *a, job *j)
{
    bool fits = a->progress_known && is_at_work(a->progress.state);
    bool checks = a->check_known && is_at_work(a->check.state);
    *j = (job){0};
    if (checks && (!fits || a->progress.state == FIT_QUEUED))
        describe_check(&a->check, j);
    else if (fits)
        describe_fit(&a->progress, j);
    return fits || checks;
}

/* The running job, right-aligned; returns the columns it took. */
static int draw_job(app *a, region line)
{
    job j;
    char text[160];
    if (!describe_job(a, &j))
        return 0;
    bool brief = line.cols < 64 || (a->screen->message[0] && line.cols < 110);
    int percent = (int)(100 * j.fraction);
    if (j.waits)
        snprintf(text, sizeof text, "%s waits", j.brief);
    else if (brief)
        snprintf(text, sizeof text, "%s %3d%%", j.brief, percent);
    else
        snprintf(text, sizeof text, "%3d%%%s", percent, j.figures);
    int width = text_width(text);
    draw_text(line, 0, line.cols - width - 1, width, ROLE_STATUS, text);
    if (j.waits || brief)
        return width + 2;
    int bar = line.cols >= 100 ? 20 : 10;
    draw_progress(line, 0, line.cols - width - 2 - bar, bar, ROLE_BAR, j.fraction);
    int names = text_width(j.whole);
    draw_text(line, 0, line.cols - width - 3 - bar - names, names, ROLE_STATUS, j.whole);
    return width + 4 + bar + names;
}

static void draw_status(app *a, region line)
{
    struct screen *s = a->screen;
    draw_ground(line, 0, 0, line.cols, ROLE_STATUS);
    if (s->line == LINE_VIEW || s->line == LINE_PALETTE) {
        int at = 1 + draw_text(line, 0, 1, line.cols / 2, ROLE_KEY, s->line_label);
        prompt_draw(&s->input, line, 0, at, line.cols - at - 1, ROLE_STATUS, true);
        return;
    }
    if (s->line == LINE_MARK || s->line == LINE_JUMP) {
        int at = 1 + draw_text(line, 0, 1, line.cols - 16, ROLE_KEY, s->line_label);
        draw_text(line, 0, at + 1, 12, ROLE_STATUS, "a letter");
        return;
    }
    if (s->line == LINE_CONFIRM) {
        int at = 1 + draw_text(line, 0, 1, line.cols - 8, ROLE_WARNING, s->line_label);
        draw_text(line, 0, at + 1, 5, ROLE_KEY, "y/n");
        return;
    }
    int taken = draw_job(a, line);
    int at = 1;
    if (s->counting) {
        char count[24];
        snprintf(count, sizeof count, "%d ", s->count);
        at += draw_text(line, 0, at, 12, ROLE_KEY, count);
    }
    draw_text(line, 0, at, line.cols - taken - at, s->message_role, s->message);
}

/* A message that is too long for the status line goes on over the keys, until the next key. */
static bool draw_long_message(app *a, region status_line, region key_line)
{
    struct screen *s = a->screen;
    if (s->line != LINE_FREE || s->message_seen ||
        text_width(s->message) <= status_line.cols - 2 - draw_job(a, status_line))
        return false;
    char first[sizeof s->message];
    size_t bytes = text_fit(s->message, status_line.cols - 2, NULL);
    size_t space = bytes;
    while (space > 0 && s->message[space] != ' ')
        space--;
    bytes = space > 0 ? space : bytes;
    memcpy(first, s->message, bytes);
    first[bytes] = '\0';
    draw_ground(status_line, 0, 0, status_line.cols, ROLE_STATUS);
    draw_text(status_line, 0, 1, status_line.cols - 1, s->message_role, first);
    draw_text(key_line, 0, 1, key_line.cols - 2, s->message_role,
              s->message + bytes + (space > 0));
    return true;
}

/* One "key word" of the key line; 0: no room before `end`. */
static int draw_key(region line, int at, int end, action_id id, const char *word)
{
    char key[12];
    action_first_key(id, key);
    int width = text_width(key) + 1 + text_width(word);
    if (at + width > end)
        return 0;
    int used = draw_text(line, 0, at, width, ROLE_KEY, key);
    pointer_action(region_part(line, 0, at, 1, width), id, 0);
    draw_text(line, 0, at + used + 1, width, ROLE_DIM, word);
    return width + 2;
}

static void draw_keys(app *a, region line)
{
    if (a->screen->line == LINE_PALETTE) {
        palette_draw_hints(a, line);
        return;
    }
    if (a->screen->line == LINE_VIEW && a->screen->line_hint[0]) {
        draw_text(line, 0, 1, line.cols - 2, ROLE_DIM, a->screen->line_hint);
        return;
    }
    const char *back = a->screen->back.count > 0 ? "back" : "leave";
    int end = line.cols - (int)(sizeof "?  help  q  leave");
    int at = 1;
    for (int id = ACT_NONE + 1; id < ACT_COUNT; id++) {
        const action *row = action_get((action_id)id);
        if (!row->word[0] || !(row->views & 1u << a->view) || id == ACT_BACK || id == ACT_HELP)
            continue;
        at += draw_key(line, at, end, row->id, row->word);
    }
    at += draw_key(line, at, line.cols, ACT_HELP, action_get(ACT_HELP)->word);
    draw_key(line, at, line.cols, ACT_BACK, back);
}

static void draw_too_small(region all)
{
    draw_format(all, 0, 0, ROLE_WARNING, "too small");
    draw_format(all, 1, 0, ROLE_TEXT, "needs %d x %d", TERM_LEAST_COLS, TERM_LEAST_ROWS);
}

void frame_draw(app *a)
{
    region all = {0, 0, LINES, COLS};
    struct screen *s = a->screen;
    theme_wear(ROLE_TEXT);
    erase();
    pointer_clear();
    if (all.cols < TERM_LEAST_COLS || all.rows < TERM_LEAST_ROWS) {
        draw_too_small(all);
    } else {
        region body = region_part(all, 1, 0, all.rows - 3, all.cols);
        pointer_pane(body, true);
        a->ops[a->view]->draw(a, a->state[a->view], body);
        draw_title(a, region_part(all, 0, 0, 1, all.cols));
        region status_line = region_part(all, all.rows - 2, 0, 1, all.cols);
        region key_line = region_part(all, all.rows - 1, 0, 1, all.cols);
        if (!draw_long_message(a, status_line, key_line)) {
            draw_keys(a, key_line);
            draw_status(a, status_line);
        }
        if (s->greeting)
            greeting_draw(body);
        if (s->modal) {
            pointer_clear();
            s->modal->draw(a, s->modal, all);
        }
    }
    term_frame();
}
