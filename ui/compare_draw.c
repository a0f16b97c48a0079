#include "ui/compare_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- above ------------------------------------------------------------------------------------ */

static const fit *fit_of(const app *a, int64_t id)
{
    for (uint32_t i = 0; a->study && i < a->study->fits.count; i++)
        if (a->study->fits.item[i].id == id)
            return &a->study->fits.item[i];
    return NULL;
}

static void draw_fit(const compare_picture *p, region r, int row, int64_t id, const char *word)
{
    char settings[256];
    const fit *f = fit_of(p->a, id);
    int col = draw_text(r, row, 0, r.cols, ROLE_HEAD, word);
    draw_format(r, row, col, ROLE_TEXT, "fit %lld: %s", (long long)id,
                f ? app_fit_settings(settings, sizeof settings, f) : "deleted");
}

static char *show_ratio(char out[24], double x)
{
    snprintf(out, 24, "%.3f", x);
    return isnan(x) ? strcpy(out, draw_glyph(GLYPH_DASH)) : out;
}

static void draw_totals(const compare_picture *p, region r, int row)
{
    char both[24], a[24], b[24], jaccard[24], rank[24];
    const compare_count *t = &p->found->total;
    show_count(both, t->both);
    show_count(a, t->only_a);
    show_count(b, t->only_b);
    show_ratio(jaccard, compare_jaccard(t));
    show_ratio(rank, t->rank);
    if (r.cols < 78)
        draw_format(r, row, 0, ROLE_NUMBER, "%s both, %s gone, %s new", both, a, b);
    else
        draw_format(r, row, 0, ROLE_NUMBER,
                    "%s in both, %s gone, %s new; Jaccard %s, ranks' correlation %s", both, a, b,
                    jaccard, rank);
}

/* -- layer pairs ------------------------------------------------------------------------------ */

/* Right edges of the figures; 0: no room. */
typedef struct pair_columns {
    int name, both, a, b, jaccard, rank;
} pair_columns;

static pair_columns pair_columns_for(int cols)
{
    pair_columns c = {0};
    int wide = cols >= 64, figures = wide ? 5 : 3;
    int first = cols - 1 - figures * 9 < 44 ? cols - 1 - figures * 9 : 44;
    c.name = first - 2;
    c.both = first;
    c.a = first + 9;
    c.b = first + 18;
    if (wide) {
        c.jaccard = first + 27;
        c.rank = first + 36;
    }
    return c;
}

static void draw_pair_heads(region r, int row)
{
    pair_columns c = pair_columns_for(r.cols);
    draw_text(r, row, 2, c.name - 1, ROLE_HEAD, "layers");
    draw_right(r, row, c.both, 8, ROLE_HEAD, "both");
    draw_right(r, row, c.a, 8, ROLE_HEAD, "gone");
    draw_right(r, row, c.b, 8, ROLE_HEAD, "new");
    if (c.rank) {
        draw_right(r, row, c.jaccard, 8, ROLE_HEAD, "Jaccard");
        draw_right(r, row, c.rank, 8, ROLE_HEAD, "ranks");
    }
}

static void draw_pair(void *user, region r, int line, uint32_t index, style on)
{
    const compare_picture *p = user;
    const compare_count *count = &p->found->pair[index];
    pair_columns c = pair_columns_for(r.cols);
    char text[160];
    if (index == p->only)
        draw_text(r, line, 0, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    snprintf(text, sizeof text, "%s %s %s", app_layer_name(p->a, count->source),
             draw_glyph(GLYPH_ARROW), app_layer_name(p->a, count->target));
    draw_text(r, line, 2, c.name - 1, ROLE_NAME | on, text);
    const uint64_t figure[] = {count->both, count->only_a, count->only_b};
    const int at[] = {c.both, c.a, c.b};
    for (int i = 0; i < 3; i++) {
        show_count(text, figure[i]);
        draw_right(r, line, at[i], 8, ROLE_NUMBER | on,
                   text_width(text) <= 8 ? text : show_short(text, figure[i]));
    }
    if (c.rank) {
        draw_right(r, line, c.jaccard, 8, ROLE_NUMBER | on,
                   show_ratio(text, compare_jaccard(count)));
        draw_right(r, line, c.rank, 8, ROLE_NUMBER | on, show_ratio(text, count->rank));
    }
}

/* -- changes ---------------------------------------------------------------------------------- */

typedef struct change_columns {
    int bar, at_change, at_a, at_b, at_names;
} change_columns;

static change_columns change_columns_for(int cols)
{
    change_columns c = {.bar = cols >= 100 ? 12 : cols >= 70 ? 6 : 0};
    c.at_change = c.bar ? c.bar + 1 : 0;
    c.at_names = c.at_change + 9;
    if (cols >= 60) {
        c.at_a = c.at_names;
        c.at_b = c.at_a + 9;
        c.at_names = c.at_b + 10;
    }
    return c;
}

static void draw_change_heads(const compare_picture *p, region r, int row)
{
    change_columns c = change_columns_for(r.cols);
    char text[32];
    draw_right(r, row, 0, c.at_change + 8, ROLE_HEAD, "change");
    if (c.at_a) {
        snprintf(text, sizeof text, "fit %lld", (long long)p->fit_a);
        draw_right(r, row, c.at_a, 8, ROLE_HEAD, text);
        snprintf(text, sizeof text, "fit %lld", (long long)p->fit_b);
        draw_right(r, row, c.at_b, 8, ROLE_HEAD, text);
    }
    snprintf(text, sizeof text, "of %s", strength_name(p->a->measure));
    draw_text(r, row, c.at_names, r.cols - c.at_names, ROLE_HEAD, text);
}

static void draw_strength(region r, int line, int col, float x, style on)
{
    char text[24];
    if (x == 0)
        draw_right(r, line, col, 8, ROLE_DIM | on, draw_glyph(GLYPH_DASH));
    else
        draw_right(r, line, col, 8, (x < 0 ? ROLE_NEGATIVE : ROLE_NUMBER) | on,
                   show_figure(text, (double)x));
}

static void draw_change(void *user, region r, int line, uint32_t index, style on)
{
    const compare_picture *p = user;
    const compare_change *first = &p->found->change[p->listed[0]];
    const compare_change *change = &p->found->change[p->listed[index]];
    change_columns c = change_columns_for(r.cols);
    char text[160];
    uint32_t feature = 0;
    double value = (double)change->b - (double)change->a;
    style sign = (value < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on;
    if (c.bar)
        draw_bar(r, line, 0, c.bar, sign, fabs(value) / fabs((double)first->b - (double)first->a));
    draw_right(r, line, c.at_change, 8, sign, show_figure(text, value));
    if (c.at_a) {
        draw_strength(r, line, c.at_a, change->a, on);
        draw_strength(r, line, c.at_b, change->b, on);
    }
    int col = c.at_names;
    const uint32_t node[] = {change->source, change->target};
    for (int i = 0; i < 2; i++) {
        uint32_t position = compare_position(p->found, node[i], &feature);
        app_feature_name(p->a, text, sizeof text, position, feature);
        if (i)
            col += draw_text(r, line, col, 2, ROLE_DIM | on, draw_glyph(GLYPH_ARROW)) + 1;
        col += draw_text(r, line, col, r.cols - col, ROLE_NAME | on, text) + 1;
        int room = i ? r.cols - col : (r.cols - col) / 2 - 10;
        if (room > 8)
            col += draw_text(r, line, col, room, ROLE_LABEL | on,
                             app_label(p->a, position, feature)) +
                   1;
    }
}

/* -- the whole -------------------------------------------------------------------------------- */

void compare_draw(const compare_picture *p, region body)
{
    enum { WIDEST = 160 }; /* beyond that the eye loses the row */
    bool low = body.rows < 14;
    int row = 0;
    body.cols = body.cols < WIDEST ? body.cols : WIDEST;
    if (!p->fit_a) {
        draw_text(body, 0, 0, body.cols, ROLE_DIM,
                  "nothing to compare: 3 goes to the fits, C there compares two");
        return;
    }
    draw_fit(p, body, row++, p->fit_a, low ? "" : "from ");
    draw_fit(p, body, row++, p->fit_b, low ? "" : "to   ");
    if (!p->found) {
        draw_text(body, row, 0, body.cols, ROLE_DIM, "comparing");
        return;
    }
    draw_totals(p, body, row++);
    int room = body.rows - row - (low ? 1 : 3), pairs = (int)p->found->pair_count;
    if (low)
        pairs = p->in_pairs ? room : 0;
    else if (pairs > room / 2 - 1)
        pairs = room / 2 - 1;
    if (pairs > 0) {
        row += !low;
        draw_pair_heads(region_part(body, row++, 0, 1, body.cols - 1), 0);
        list_draw(p->pairs, region_part(body, row, 0, pairs, body.cols), p->in_pairs, draw_pair,
                  (void *)(uintptr_t)p);
        row += pairs + !low;
    }
    if (low && p->in_pairs)
        return;
    region r = region_part(body, row + 1, 0, body.rows - row - 2 + low, body.cols);
    draw_change_heads(p, body, row);
    list_draw(p->changes, r, !p->in_pairs, draw_change, (void *)(uintptr_t)p);
    if (p->changes->count == 0)
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "no edge has changed");
    if (!low)
        draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM, WEIGHTS_REMINDER);
}
