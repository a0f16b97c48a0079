/* How well a fit was solved and how much it explains: distributions above, lists below. */
#include "ui/edges.h"
#include "ui/pointer.h"
#include "ui/trust_draw.h"

#include <math.h>
#include <stdio.h>

/* list, its name, its name where there is little room */
#define SOLVED_LIST(X)                                                                            \
    X(SOLVED_PAIRS, "layer pairs", "pairs")                                                       \
    X(SOLVED_UNCONVERGED, "above the tolerance", "above tol.")                                    \
    X(SOLVED_ORPHANS, "without parents", "no parents")                                            \
    X(SOLVED_HUBS, "explain most", "hubs")                                                        \
    X(SOLVED_LEAST, "explained least", "least")

typedef enum solved_list {
#define SOLVED_ENUM(id, name, brief) id,
    SOLVED_LIST(SOLVED_ENUM)
#undef SOLVED_ENUM
        SOLVED_LISTS
} solved_list;

typedef struct solved_picture {
    app *a;
    const summary *s;
    solved_list which;
} solved_picture;

static uint32_t count_of(const summary *s, solved_list which)
{
    switch (which) {
    case SOLVED_PAIRS: return s->pair_count;
    case SOLVED_UNCONVERGED: return s->unconverged.count;
    case SOLVED_ORPHANS: return s->orphans.count;
    case SOLVED_HUBS: return s->hub_count;
    case SOLVED_LEAST: return s->least.count;
    case SOLVED_LISTS: break;
    }
    return 0;
}

uint32_t solved_tabs(const summary *s, trust_tab tab[TRUST_TABS])
{
    static const char *const names[][2] = {
#define SOLVED_NAME(id, name, brief) {name, brief},
        SOLVED_LIST(SOLVED_NAME)
#undef SOLVED_NAME
    };
    for (int i = 0; i < SOLVED_LISTS; i++)
        tab[i] = (trust_tab){TAB_SOLVED,
                             i,
                             names[i][0],
                             names[i][1],
                             count_of(s, (solved_list)i),
                             count_of(s, (solved_list)i)};
    return SOLVED_LISTS;
}

static const summary_target *target_at(const summary *s, solved_list which, uint32_t index)
{
    const summary_list *l = which == SOLVED_UNCONVERGED ? &s->unconverged
                            : which == SOLVED_ORPHANS   ? &s->orphans
                                                        : &s->least;
    return &l->item[index];
}

uint32_t solved_node(const summary *s, uint32_t tab, uint32_t row)
{
    if (!s || tab >= SOLVED_LISTS || tab == SOLVED_PAIRS || row >= count_of(s, (solved_list)tab))
        return NOTHING;
    return tab == SOLVED_HUBS ? s->hub[row].node : target_at(s, (solved_list)tab, row)->node;
}

const summary_pair *solved_pair(const summary *s, uint32_t tab, uint32_t row)
{
    return s && tab == SOLVED_PAIRS && row < s->pair_count ? &s->pair[row] : NULL;
}

int solved_opens(uint32_t tab)
{
    return tab == SOLVED_HUBS      ? CIRCUIT_CHILDREN
           : tab == SOLVED_ORPHANS ? CIRCUIT_USUAL
                                   : CIRCUIT_PARENTS;
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
    int targets, constant, orphans, parents, edges, wired, r2, gap, name;
} columns;

/* Figures stay near the names that they are of, however wide the screen. */
enum { WIDEST = 110 };

static columns lay_out(const summary *s, int cols)
{
    columns c = {0};
    int at = cols < WIDEST ? cols : WIDEST;
    c.gap = at -= 8;
    c.r2 = at -= 7;
    if (cols >= 72 && s->wired)
        c.wired = at -= 8;
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
    if (c->wired)
        draw_right(r, 0, c->wired, 7, ROLE_HEAD, "wired");
    draw_right(r, 0, c->r2, 6, ROLE_HEAD, "R2");
    draw_right(r, 0, c->gap, 8, ROLE_HEAD, "gap");
}

static void draw_pair(const solved_picture *p, region r, int line, uint32_t index, style on)
{
    const summary_pair *pair = &p->s->pair[index];
    columns c = lay_out(p->s, r.cols);
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
    if (c.wired)
        draw_right(r, line, c.wired, 7, ROLE_NUMBER | on, show_short(text, pair->wired_alone));
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

static void draw_target(const solved_picture *p, region r, int line, uint32_t index, style on)
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
    page_draw_node(p->a, r, line, 0, at - 1, t->node, on);
}

static void draw_hub(const solved_picture *p, region r, int line, uint32_t index, style on)
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
    page_draw_node(p->a, r, line, 0, at - 1, h->node, on);
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const solved_picture *p = user;
    if (p->which == SOLVED_PAIRS)
        draw_pair(p, r, line, index, on);
    else if (p->which == SOLVED_HUBS)
        draw_hub(p, r, line, index, on);
    else
        draw_target(p, r, line, index, on);
}

static void draw_heads(const solved_picture *p, region r)
{
    if (p->which == SOLVED_PAIRS) {
        columns c = lay_out(p->s, r.cols);
        draw_pair_heads(r, &c);
        return;
    }
    int at = r.cols - 8;
    bool hubs = p->which == SOLVED_HUBS;
    draw_text(r, 0, 0, at, ROLE_HEAD, "feature");
    draw_right(r, 0, at, 8, ROLE_HEAD, hubs ? "strength" : "gap");
    if (hubs && r.cols >= 60)
        at -= 6;
    draw_right(r, 0, at -= 7, 6, ROLE_HEAD, hubs ? "reach" : "R2");
    if (r.cols >= 60)
        draw_right(r, 0, hubs ? at - 9 : at - 8, hubs ? 8 : 7, ROLE_HEAD,
                   hubs ? "children" : "parents");
}

/* The same where parents are not all that have an edge. */
static const char *about_wired(const solved_picture *p)
{
    switch (p->which) {
    case SOLVED_PAIRS:
        return "parents: mean, regression's; wired: of the wiring alone; R2: median; gap: worst";
    case SOLVED_ORPHANS:
        return p->s->orphans.count
                   ? "the regression finds no parents for them at this lambda; the wiring may"
                   : "every target that varies has parents in the regression";
    default: return NULL;
    }
}

/* One line on the list at hand. */
static const char *about(const solved_picture *p)
{
    const char *wired = p->s->wired ? about_wired(p) : NULL;
    if (wired)
        return wired;
    switch (p->which) {
    case SOLVED_PAIRS: return "parents: a target's, on average; R2: the median; gap: the worst";
    case SOLVED_UNCONVERGED:
        return p->s->unconverged.count
                   ? "not solved to the tolerance: their edges may still change"
                   : "every target is solved to the tolerance";
    case SOLVED_ORPHANS:
        return p->s->orphans.count
                   ? "they vary, and nothing in the layer before helps to tell how, at this lambda"
                   : "every target that varies has parents";
    case SOLVED_HUBS:
        return "strength: share of what leaves the layer; reach: share of its possible targets";
    case SOLVED_LEAST: return "they have parents that explain little";
    case SOLVED_LISTS: break;
    }
    return "";
}

/* -- the whole ----------------------------------------------------------------------------- */

void solved_draw(app *a, trust_state *v, region body, bool focused)
{
    int row = 0;
    trust_tab tab[TRUST_TABS];
    solved_picture p = {a, v->s, focused && v->at < SOLVED_LISTS ? (solved_list)v->at : 0};
    if (!a->fit_id) {
        draw_text(body, 0, 0, body.cols, ROLE_DIM, "no fit is open");
        return;
    }
    if (!v->s || !a->study) {
        draw_format(body, 0, 0, ROLE_DIM, "reading what fit %lld found", (long long)a->fit_id);
        return;
    }
    if (!v->zoomed || !focused) {
        row += draw_meaning(body, row);
        row += body.rows >= 16;
        row += draw_distributions(v->s, body, row);
    }
    page_draw_tabs(v, tab, solved_tabs(v->s, tab), body, row++);
    region r = region_part(body, row, 0, body.rows - row, body.cols);
    list preview = {.count = tab[0].count, .page = 1}, *l = focused ? &v->tab[v->at] : &preview;
    bool bar = l->count > (uint32_t)(r.rows > 2 ? r.rows - 2 : 0);
    draw_heads(&p, region_part(r, 0, 0, 1, r.cols - (bar ? 1 : 0)));
    list_draw(l, region_part(r, 1, 0, r.rows - 2, r.cols), focused, draw_row, &p);
    draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM, about(&p));
}
