/* The overview of the Trust view: a block for how the fit was solved, a block for each check. */
#include "ui/trust_draw.h"

#include "ui/pointer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDEST = 110, BESIDE = 130, INDENT = 3, MOST_ROWS = 32 /* far more than kinds */ };

/* Columns of names, and of states. */
static int name_cols(region r)
{
    return r.cols < 60 ? 11 : 13;
}

static int state_cols(region r)
{
    return r.cols < 60 ? 9 : 12;
}

/* How much of the blocks shows: the more of it, the more lines it takes. */
typedef enum extent {
    HEADS,    /* a line each; what the one at hand says stands below all */
    ONE_LINE, /* and a line of what it says; all of it of the one at hand */
    WHOLE,    /* all that every one says */
    AIRY,     /* and a blank line between them */
    EXTENTS
} extent;

/* -- what a block says --------------------------------------------------------------------- */

/* The sentence of a check's row, and what it wears. */
static const char *sentence_of(const app *a, const trust_check *c, char *out, size_t capacity,
                               style *s)
{
    const check *about = &c->report.about;
    *s = ROLE_TEXT;
    if (!about->id) {
        *s = ROLE_DIM;
        return c->why[0] && !c->look->asks ? c->why : c->kind->meaning;
    }
    if (c->verdict)
        return c->verdict;
    *s = ROLE_WARNING;
    if (about->state == FIT_FAILED) {
        *s = ROLE_ERROR;
        return about->message && about->message[0] ? about->message : "no reason was given";
    }
    if (about->state == FIT_CANCELLED || c->cut_off) {
        snprintf(out, capacity, "%u of %u parts are done and kept: r goes on", about->done,
                 about->units);
        return out;
    }
    *s = ROLE_DIM;
    (void)a;
    return c->kind->meaning;
}

static const char *no_fit(const app *a)
{
    return a->study->fits.count ? "no fit is open: 3 goes to the fits, Enter opens one"
                                : "no fit yet: 1 goes to the study, f there fits its layers";
}

static const char *solved_sentence(const app *a, const summary *s, char *out, size_t capacity,
                                   style *look)
{
    char count[24];
    *look = ROLE_DIM;
    if (!s)
        return a->fit_id ? "reading" : no_fit(a);
    *look = s->unconverged.count ? ROLE_WARNING : ROLE_TEXT;
    if (s->unconverged.count == 0)
        return "every target is solved to the tolerance: the optimisation is right, which does "
               "not say that the circuit is real";
    snprintf(out, capacity, "%s targets are above the tolerance: their edges may still change",
             show_count(count, s->unconverged.count));
    return out;
}

static const char *row_sentence(const app *a, const trust_state *v, uint32_t row, char *out,
                                size_t capacity, style *s)
{
    return row == 0 ? solved_sentence(a, v->s, out, capacity, s)
                    : sentence_of(a, &v->c->item[row - 1], out, capacity, s);
}

/* -- the head of a block ------------------------------------------------------------------- */

static role role_of(const trust_check *c, bool ours)
{
    fit_state state = c->report.about.state;
    return ours                                   ? ROLE_NAME
           : !c->report.about.id                  ? ROLE_DIM
           : state == FIT_DONE                    ? ROLE_GOOD
           : state == FIT_FAILED                  ? ROLE_ERROR
           : state == FIT_CANCELLED || c->cut_off ? ROLE_WARNING
                                                  : ROLE_NAME;
}

static void draw_running(const app *a, const trust_check *c, region r, int line, int col, style on)
{
    char left[24], text[64];
    const check *about = &c->report.about;
    bool ours = trust_at_work(a, c);
    double fraction = ours           ? a->check.fraction
                      : about->units ? (double)about->done / about->units
                                     : 0;
    int bar = r.cols - col >= 40 ? 16 : 8;
    draw_progress(r, line, col, bar, ROLE_BAR | on, fraction);
    snprintf(text, sizeof text, "%3d%%", (int)(100 * fraction));
    if (ours && a->check.seconds_left >= 0)
        snprintf(text, sizeof text, "%3d%%  %s left", (int)(100 * fraction),
                 show_seconds(left, a->check.seconds_left));
    else if (!ours)
        snprintf(text, sizeof text, "%3d%%  in another process", (int)(100 * fraction));
    draw_text(r, line, col + bar + 1, r.cols - col - bar - 1, ROLE_NUMBER | on, text);
}

/* Names and figures, as many as there is room for. */
static void draw_brief(const trust_check *c, region r, int line, int col, style on)
{
    char figure[24];
    for (int i = 0; i < TRUST_COLUMNS && c->look->brief[i].figure; i++) {
        const trust_column *column = &c->look->brief[i];
        double value = check_figure_of(&c->report, 0, 0, column->figure);
        if (isnan(value))
            continue;
        page_show(figure, column->as, value);
        if (i > 0 && col + text_width(column->head) + 1 + text_width(figure) > r.cols)
            return;
        col += draw_text(r, line, col, r.cols - col, ROLE_DIM | on, column->head) + 1;
        col += draw_text(r, line, col, r.cols - col, ROLE_NUMBER | on, figure) + 3;
    }
}

static void draw_check_head(const app *a, const trust_check *c, region r, int line, style on)
{
    const check *about = &c->report.about;
    bool ours = trust_at_work(a, c);
    const char *state = ours                          ? fit_state_name(FIT_RUNNING)
                        : about->id                   ? c->state
                        : c->why[0] && !c->look->asks ? "n/a"
                                                      : "not run";
    int col = 1 + name_cols(r) + state_cols(r);
    draw_text(r, line, 1, name_cols(r) - 1, ROLE_NAME | on, c->kind->name);
    draw_text(r, line, 1 + name_cols(r), state_cols(r) - 1, role_of(c, ours) | on, state);
    if (ours || (about->id && about->state == FIT_RUNNING && !c->cut_off))
        draw_running(a, c, r, line, col, on);
    else if (about->id) {
        if (c->whose)
            col += draw_text(r, line, col, (r.cols - col) / 2, ROLE_DIM | on, c->whose) + 3;
        draw_brief(c, r, line, col, on);
    }
}

static void draw_solved_head(const trust_state *v, region r, int line, style on)
{
    char gap[24], count[24];
    const summary *s = v->s;
    draw_text(r, line, 1, name_cols(r) - 1, ROLE_NAME | on, "solved");
    if (!s)
        return;
    draw_text(r, line, 1 + name_cols(r), state_cols(r) - 1,
              (s->unconverged.count ? ROLE_WARNING : ROLE_GOOD) | on,
              s->unconverged.count ? "not all" : "done");
    draw_format(region_part(r, line, 1 + name_cols(r) + state_cols(r), 1, r.cols), 0, 0,
                ROLE_DIM | on, "worst gap %s   median R2 %.2f   targets %s",
                show_figure(gap, s->worst_gap), s->median_r2, show_count(count, s->varying));
}

/* -- blocks -------------------------------------------------------------------------------- */

/* A check that does not apply says so in one line, so that the others have room. */
static bool is_one_line(const trust_state *v, uint32_t row)
{
    const trust_check *c = row > 0 ? &v->c->item[row - 1] : NULL;
    return c && !c->report.about.id && c->why[0] && !c->look->asks;
}

static int block_height(const app *a, const trust_state *v, uint32_t row, int cols, extent e)
{
    char text[256];
    style s;
    bool here = row == v->rows.cursor;
    if (e == HEADS)
        return 1;
    if (is_one_line(v, row) && !(here && e >= ONE_LINE))
        return 1 + (e == AIRY);
    const char *sentence = row_sentence(a, v, row, text, sizeof text, &s);
    int lines = e == ONE_LINE && !here ? 1 : count_wrapped(cols - INDENT, 3, sentence);
    return 1 + lines + (e == AIRY);
}

static int sum_of(const int *height, uint32_t first, uint32_t end)
{
    int sum = 0;
    for (uint32_t i = first; i < end; i++)
        sum += height[i];
    return sum;
}

/* The most that has room, and how high each block is then. What is left when each says a line
 * goes to the first ones that have more to say. */
static extent plan(const app *a, const trust_state *v, region r, int height[MOST_ROWS])
{
    uint32_t count = v->rows.count;
    extent e = EXTENTS;
    do {
        e--;
        for (uint32_t i = 0; i < count; i++)
            height[i] = block_height(a, v, i, r.cols, e);
    } while (e > HEADS && sum_of(height, 0, count) > r.rows + (e == AIRY));
    int left = r.rows - sum_of(height, 0, count);
    for (uint32_t i = 0; e == ONE_LINE && i < count; i++) {
        int more = block_height(a, v, i, r.cols, WHOLE) - height[i];
        if (more > 0 && more <= left) {
            height[i] += more;
            left -= more;
        }
    }
    return e;
}

static void draw_block(const app *a, const trust_state *v, uint32_t row, region r, extent e)
{
    char text[256];
    style s, on = row == v->rows.cursor ? ON_CURSOR : 0;
    if (on)
        draw_ground(r, 0, 0, r.cols, ROLE_TEXT | on);
    if (row == 0)
        draw_solved_head(v, r, 0, on);
    else
        draw_check_head(a, &v->c->item[row - 1], r, 0, on);
    int lines = r.rows - 1 - (e == AIRY);
    const char *sentence = row_sentence(a, v, row, text, sizeof text, &s);
    if (lines > 0)
        draw_wrapped(region_part(r, 1, INDENT, lines, r.cols), 0, r.cols - INDENT, lines, s,
                     sentence);
    else if (is_one_line(v, row))
        draw_text(r, 0, 1 + name_cols(r) + 4, r.cols - name_cols(r) - 5, ROLE_DIM | on, sentence);
}

static void draw_blocks(const app *a, trust_state *v, region r)
{
    int height[MOST_ROWS];
    uint32_t count = v->rows.count;
    extent e = plan(a, v, r, height);
    int below = e == HEADS && r.rows >= 5 ? 3 : 0;
    region above = region_part(r, 0, 0, r.rows - below, r.cols);
    int room = above.rows + (e == AIRY);
    /* from the first block on that leaves room for the one at hand */
    uint32_t first = v->rows.top < count ? v->rows.top : 0;
    first = v->rows.cursor < first ? v->rows.cursor : first;
    while (first < v->rows.cursor && sum_of(height, first, v->rows.cursor + 1) > room)
        first++;
    while (first > 0 && sum_of(height, first - 1, count) <= room)
        first--;
    v->rows.top = first;
    int line = 0, shown = 0;
    for (uint32_t i = first; i < count && line < above.rows; i++, shown++) {
        region block = region_part(above, line, 0, height[i], r.cols);
        pointer_own(block, (int)i, true);
        draw_block(a, v, i, block, e);
        line += height[i];
    }
    v->rows.page = shown > 0 ? shown : 1;
    if (below && v->rows.cursor < count) {
        char text[256];
        style s;
        const char *sentence = row_sentence(a, v, v->rows.cursor, text, sizeof text, &s);
        draw_wrapped(region_part(r, r.rows - below, 0, below, r.cols), 0, r.cols, below, s,
                     sentence);
    }
}

/* -- the whole ----------------------------------------------------------------------------- */

/* Whether there is nothing to show: without a circuit, only checks of target variables' fits. */
static bool is_empty(const app *a, const trust_state *v)
{
    if (!a->study || a->fit_id)
        return !a->study;
    for (uint32_t i = 0; v->c && i < v->c->count; i++) {
        const trust_check *c = &v->c->item[i];
        if (c->look->of_variable && (c->report.about.id || !c->why[0]))
            return false;
    }
    return true;
}

/* The fit and its settings; returns the lines taken. */
static int draw_fit(app *a, region r)
{
    char settings[256];
    const fit *f = app_fit(a);
    if (!f)
        return 0;
    draw_format(r, 0, 0, f->state == FIT_DONE ? ROLE_HEAD : ROLE_WARNING, "fit %lld%s: %s",
                (long long)f->id,
                f->state == FIT_DONE ? "" : ", unfinished: checks need all of it",
                app_fit_settings(settings, sizeof settings, f));
    return 1;
}

static void draw_overview(app *a, trust_state *v, region body)
{
    int row = draw_fit(a, body);
    row += body.rows >= 30;
    region left = region_part(body, row, 0, body.rows - row,
                              body.cols >= BESIDE ? body.cols * 2 / 5 : body.cols);
    region narrow = left;
    narrow.cols = narrow.cols > WIDEST ? WIDEST : narrow.cols;
    if (v->c)
        draw_blocks(a, v, narrow);
    else
        draw_text(left, 0, 1, left.cols, ROLE_DIM, "reading");
    if (body.cols < BESIDE || !v->c)
        return;
    draw_column(body, row, left.cols, body.rows - row, ROLE_BORDER);
    region beside = region_part(body, row, left.cols + 2, body.rows - row, body.cols);
    if (v->rows.cursor == 0)
        solved_draw(a, v, beside, false);
    else
        page_draw(a, v, v->rows.cursor + PAGE_SOLVED, beside, false);
}

void trust_draw(app *a, trust_state *v, region body)
{
    if (is_empty(a, v))
        draw_text(body, 0, 0, body.cols, ROLE_DIM, a->study ? no_fit(a) : "");
    else if (v->page == PAGE_OVERVIEW)
        draw_overview(a, v, body);
    else if (v->page == PAGE_SOLVED) {
        int row = draw_fit(a, body);
        solved_draw(a, v, region_part(body, row, 0, body.rows - row, body.cols), true);
    } else {
        page_draw(a, v, v->page, body, true);
    }
}
