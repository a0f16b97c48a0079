#include "ui/trust_draw.h"

#include <math.h>
#include <stdio.h>

static const struct {
    const char *name, *brief;
} list_names[] = {
#define TRUST_NAME(id, name, brief) {name, brief},
    TRUST_LIST(TRUST_NAME)
#undef TRUST_NAME
};

uint32_t trust_count(const summary *s, trust_list which)
{
    switch (which) {
    case TRUST_PAIRS: return s->pair_count;
    case TRUST_UNCONVERGED: return s->unconverged.count;
    case TRUST_ORPHANS: return s->orphans.count;
    case TRUST_HUBS: return s->hub_count;
    case TRUST_LEAST: return s->least.count;
    case TRUST_LISTS: break;
    }
    return 0;
}

static const summary_target *target_at(const summary *s, trust_list which, uint32_t index)
{
    const summary_list *l = which == TRUST_UNCONVERGED ? &s->unconverged
                            : which == TRUST_ORPHANS   ? &s->orphans
                                                       : &s->least;
    return &l->item[index];
}

/* -- above: what it says, and does not ----------------------------------------------------- */

#define SAYS_WHAT "a small gap certifies the optimisation; R2 tells how much these samples explain"
#define SAYS_NOT  "neither says that the circuit is real"

static int draw_meaning(region r, int row)
{
    bool low = r.rows < 12;
    if (r.cols < 80)
        draw_text(r, row, 0, r.cols, ROLE_DIM, low ? "of the fit; not that it is real" : SAYS_NOT);
    else if (r.cols >= 130)
        draw_text(r, row, 0, r.cols, ROLE_DIM, SAYS_WHAT "; " SAYS_NOT);
    else
        draw_text(r, row, 0, r.cols, ROLE_DIM, SAYS_WHAT ";");
    if (r.cols < 80 || r.cols >= 130)
        return 1;
    draw_text(r, row + 1, 0, r.cols, ROLE_DIM, SAYS_NOT);
    return 2;
}

static void draw_settings(const trust_picture *p, region r, int row)
{
    const fit *f = app_fit(p->a);
    char settings[256];
    if (f)
        draw_format(r, row, 0, f->state == FIT_DONE ? ROLE_NAME : ROLE_WARNING, "fit %lld%s: %s",
                    (long long)f->id, f->state == FIT_DONE ? "" : ", unfinished",
                    app_fit_settings(settings, sizeof settings, f));
}

/* A head, bars of `wide` columns each, and what the ends of the axis are. */
static void draw_bins(region r, const uint32_t *bins, int n, int rows, const char *head,
                      const char *low, const char *high)
{
    uint32_t wide[4 * SUMMARY_GAP_BINS];
    int times = r.cols / n < 1 ? 1 : r.cols / n > 4 ? 4 : r.cols / n;
    for (int i = 0; i < n * times; i++)
        wide[i] = bins[i / times];
    draw_text(r, 0, 0, r.cols, ROLE_HEAD, head);
    draw_histogram(r, 1, 0, rows, ROLE_BAR, wide, n * times);
    draw_text(r, 1 + rows, 0, n * times / 2, ROLE_DIM, low);
    draw_right(r, 1 + rows, n * times / 2, n * times - n * times / 2, ROLE_DIM, high);
}

/* Both distributions; returns the lines taken. */
static int draw_distributions(const summary *s, region r, int row)
{
    char gap[24], count[24], gap_head[96], r2_head[96], mark[24];
    snprintf(gap_head, sizeof gap_head, "relative duality gap, worst %s",
             show_figure(gap, s->worst_gap));
    snprintf(r2_head, sizeof r2_head, "R2 of %s targets, median %.2f",
             show_count(count, s->varying), s->median_r2);
    if (r.rows < 15 || r.cols < 72) {
        draw_text(r, row, 0, r.cols, s->unconverged.count ? ROLE_WARNING : ROLE_TEXT, gap_head);
        draw_text(r, row + 1, 0, r.cols, ROLE_TEXT, r2_head);
        return 2;
    }
    int rows = r.rows >= 30 ? 5 : 3, half = r.cols / 2 - 2;
    region left = region_part(r, row, 0, rows + 3, half),
           right = region_part(r, row, half + 3, rows + 3, half);
    draw_bins(left, s->gap_bin, SUMMARY_GAP_BINS, rows, gap_head, "to 1e-15", "1");
    draw_bins(right, s->r2_bin, SUMMARY_R2_BINS, rows, r2_head, "0", "1");
    /* where the tolerance stands among the decades */
    int times = left.cols / SUMMARY_GAP_BINS,
        decade = (int)floor(log10(s->tolerance > 0 ? s->tolerance : 1)) + 16;
    times = times < 1 ? 1 : times > 4 ? 4 : times;
    if (decade > 3 && decade < SUMMARY_GAP_BINS - 2) {
        snprintf(mark, sizeof mark, "%s%s", draw_glyph(GLYPH_UP), "tolerance");
        draw_text(left, 1 + rows, decade * times, left.cols - decade * times - 2, ROLE_DIM, mark);
    }
    return rows + 3;
}

/* -- below: the lists ---------------------------------------------------------------------- */

/* Columns of a pair's figures, from the right; 0: no room. */
typedef struct columns {
    int targets, constant, orphans, parents, edges, r2, gap, name;
} columns;

/* Figures stay near the names that they are of, however wide the screen. */
enum { WIDEST = 110 };

static columns lay_out(int cols)
{
    columns c = {0};
    int at = cols < WIDEST ? cols : WIDEST;
    c.gap = at -= 8;
    c.r2 = at -= 7;
    if (cols >= 60)
        c.edges = at -= 9;
    if (cols >= 60)
        c.parents = at -= 8;
    if (cols >= 84)
        c.orphans = at -= 11;
    if (cols >= 84)
        c.constant = at -= 9;
    if (cols >= 50)
        c.targets = at -= 8;
    c.name = at - 1;
    return c;
}

static void draw_pair_heads(region r, const columns *c)
{
    draw_text(r, 0, 0, c->name, ROLE_HEAD, "pair");
    if (c->targets)
        draw_right(r, 0, c->targets, 7, ROLE_HEAD, "targets");
    if (c->constant)
        draw_right(r, 0, c->constant, 8, ROLE_HEAD, "constant");
    if (c->orphans)
        draw_right(r, 0, c->orphans, 10, ROLE_HEAD, "no parents");
    if (c->parents)
        draw_right(r, 0, c->parents, 7, ROLE_HEAD, "parents");
    if (c->edges)
        draw_right(r, 0, c->edges, 8, ROLE_HEAD, "edges");
    draw_right(r, 0, c->r2, 6, ROLE_HEAD, "R2");
    draw_right(r, 0, c->gap, 8, ROLE_HEAD, "gap");
}

static void draw_pair(const trust_picture *p, region r, int line, uint32_t index, style on)
{
    const summary_pair *pair = &p->s->pair[index];
    columns c = lay_out(r.cols);
    char text[160];
    uint32_t varying = pair->done - pair->constant;
    int col =
        draw_text(r, line, 0, c.name, ROLE_NAME | on, app_layer_name(p->a, pair->source)) + 1;
    col += draw_text(r, line, col, c.name - col, ROLE_DIM | on, draw_glyph(GLYPH_ARROW)) + 1;
    draw_text(r, line, col, c.name - col, ROLE_NAME | on, app_layer_name(p->a, pair->target));
    if (c.targets)
        draw_right(r, line, c.targets, 7,
                   (pair->done < pair->targets ? ROLE_WARNING : ROLE_NUMBER) | on,
                   show_count(text, pair->done));
    if (c.constant)
        draw_right(r, line, c.constant, 8, ROLE_NUMBER | on, show_count(text, pair->constant));
    if (c.orphans)
        draw_right(r, line, c.orphans, 10, ROLE_NUMBER | on, show_count(text, pair->orphans));
    if (c.edges)
        draw_right(r, line, c.edges, 8, ROLE_NUMBER | on, show_short(text, pair->edges));
    if (varying == 0)
        return;
    snprintf(text, sizeof text, "%.1f", pair->mean_parents);
    if (c.parents)
        draw_right(r, line, c.parents, 7, ROLE_NUMBER | on, text);
    snprintf(text, sizeof text, "%.2f", pair->median_r2);
    draw_right(r, line, c.r2, 6, ROLE_NUMBER | on, text);
    draw_right(r, line, c.gap, 8, (pair->converged < varying ? ROLE_WARNING : ROLE_NUMBER) | on,
               show_figure(text, pair->worst_gap));
}

static int name_width(const trust_picture *p)
{
    char text[24];
    int widest = 0;
    for (uint32_t i = 0; i < p->a->study->layers.count; i++) {
        snprintf(text, sizeof text, "/%u", p->a->study->layers.item[i].features);
        int width = text_width(app_layer_name(p->a, i)) + text_width(text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Name and label of a node, up to `end`. A study without the fit's circuit has names all the same.
 */
static void draw_node(const trust_picture *p, region r, int line, int end, uint32_t node, style on)
{
    char name[160];
    uint32_t position = 0, feature = node;
    while (position + 1 < p->a->study->layers.count &&
           feature >= p->a->study->layers.item[position].features)
        feature -= p->a->study->layers.item[position++].features;
    int wide = name_width(p);
    wide = wide > end / 2 ? end / 2 : wide;
    app_feature_name(p->a, name, sizeof name, position, feature);
    draw_text(r, line, 0, wide, ROLE_NAME | on, name);
    draw_text(r, line, wide + 1, end - wide - 1, ROLE_LABEL | on,
              app_label(p->a, position, feature));
}

static void draw_target(const trust_picture *p, region r, int line, uint32_t index, style on)
{
    const summary_target *t = target_at(p->s, p->which, index);
    char text[24];
    int at = r.cols - 8;
    bool bad = (double)t->gap > p->s->tolerance;
    draw_right(r, line, at, 8, (bad ? ROLE_WARNING : ROLE_NUMBER) | on,
               show_figure(text, (double)t->gap));
    snprintf(text, sizeof text, "%.3f", (double)t->r2);
    draw_right(r, line, at -= 7, 6, ROLE_NUMBER | on, text);
    if (r.cols >= 60)
        draw_right(r, line, at -= 8, 7, ROLE_NUMBER | on, show_count(text, t->parents));
    draw_node(p, r, line, at - 1, t->node, on);
}

static void draw_hub(const trust_picture *p, region r, int line, uint32_t index, style on)
{
    const summary_hub *h = &p->s->hub[index];
    char text[24];
    int at = r.cols - 8;
    draw_right(r, line, at, 8, ROLE_NUMBER | on, show_share(text, h->strength));
    if (r.cols >= 60)
        draw_bar(r, line, at -= 6, 6, ROLE_BAR | on, h->strength / p->s->hub[0].strength);
    draw_right(r, line, at -= 7, 6, ROLE_NUMBER | on, show_share(text, h->reach));
    if (r.cols >= 60)
        draw_right(r, line, at -= 9, 8, ROLE_NUMBER | on, show_count(text, h->children));
    draw_node(p, r, line, at - 1, h->node, on);
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const trust_picture *p = user;
    if (p->which == TRUST_PAIRS)
        draw_pair(p, r, line, index, on);
    else if (p->which == TRUST_HUBS)
        draw_hub(p, r, line, index, on);
    else
        draw_target(p, r, line, index, on);
}

static void draw_heads(const trust_picture *p, region r)
{
    if (p->which == TRUST_PAIRS) {
        columns c = lay_out(r.cols);
        draw_pair_heads(r, &c);
        return;
    }
    int at = r.cols - 8;
    bool hubs = p->which == TRUST_HUBS;
    draw_text(r, 0, 0, at, ROLE_HEAD, "feature");
    draw_right(r, 0, at, 8, ROLE_HEAD, hubs ? "strength" : "gap");
    if (hubs && r.cols >= 60)
        at -= 6;
    draw_right(r, 0, at -= 7, 6, ROLE_HEAD, hubs ? "reach" : "R2");
    if (r.cols >= 60)
        draw_right(r, 0, hubs ? at - 9 : at - 8, hubs ? 8 : 7, ROLE_HEAD,
                   hubs ? "children" : "parents");
}

/* The lists' names and lengths, the present one marked; in little room only that one. */
static void draw_names(const trust_picture *p, region r, int row)
{
    char count[24];
    int col = 0;
    bool brief = r.cols < 110, one = r.cols < 72;
    for (int i = 0; i < TRUST_LISTS; i++) {
        bool here = (trust_list)i == p->which;
        if (one && !here)
            continue;
        uint32_t n = trust_count(p->s, (trust_list)i);
        bool bad = i == TRUST_UNCONVERGED && n > 0;
        col += draw_text(r, row, col, r.cols - col, here ? ROLE_KEY : ROLE_HEAD,
                         brief && !one ? list_names[i].brief : list_names[i].name);
        col += 4 + draw_text(r, row, col + 1, r.cols - col,
                             bad    ? ROLE_WARNING
                             : here ? ROLE_NUMBER
                                    : ROLE_DIM,
                             show_count(count, n));
    }
    if (one)
        col += 1 + draw_format(r, row, col, ROLE_DIM, "%d of %d", (int)p->which + 1, TRUST_LISTS);
    draw_text(r, row, col, 3, ROLE_KEY, "Tab");
}

/* One line on the list at hand. */
static const char *about(const trust_picture *p)
{
    switch (p->which) {
    case TRUST_PAIRS: return "parents: a target's, on average; R2: the median; gap: the worst";
    case TRUST_UNCONVERGED:
        return p->s->unconverged.count
                   ? "not solved to the tolerance: their edges may still change"
                   : "every target is solved to the tolerance";
    case TRUST_ORPHANS:
        return p->s->orphans.count
                   ? "they vary, and nothing in the layer before helps to tell how, at this lambda"
                   : "every target that varies has parents";
    case TRUST_HUBS:
        return "strength: share of what leaves the layer; reach: share of its possible targets";
    case TRUST_LEAST: return "they have parents that explain little";
    case TRUST_LISTS: break;
    }
    return "";
}

/* -- the whole ----------------------------------------------------------------------------- */

static void draw_empty(const trust_picture *p, region r)
{
    const app *a = p->a;
    if (!a->study)
        return;
    if (!a->fit_id)
        draw_text(r, 0, 0, r.cols, ROLE_DIM,
                  a->study->fits.count
                      ? "no fit is open: 3 goes to the fits, Enter opens one"
                      : "no fit yet: 1 goes to the study, f there fits its layers");
    else
        draw_format(r, 0, 0, ROLE_DIM, "reading what fit %lld found", (long long)a->fit_id);
}

void trust_draw(const trust_picture *p, region body)
{
    int row = 0;
    if (!p->s || !p->a->study) {
        draw_empty(p, body);
        return;
    }
    draw_settings(p, body, row++);
    if (!p->zoomed) {
        row += draw_meaning(body, row);
        row += body.rows >= 16;
        row += draw_distributions(p->s, body, row);
    }
    draw_names(p, body, row++);
    region r = region_part(body, row, 0, body.rows - row, body.cols);
    bool bar = p->list->count > (uint32_t)(r.rows > 2 ? r.rows - 2 : 0);
    draw_heads(p, region_part(r, 0, 0, 1, r.cols - (bar ? 1 : 0)));
    trust_picture user = *p;
    list_draw(p->list, region_part(r, 1, 0, r.rows - 2, r.cols), true, draw_row, &user);
    draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM, about(p));
}
