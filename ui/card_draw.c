#include "ui/card_state.h"
#include "ui/pointer.h"
#include "ui/standing.h"

#include <math.h>
#include <stdio.h>

enum { BESIDE = 76 /* columns from which parents and children share lines */ };

/* -- the head: label, figures, histogram --------------------------------------------------- */

/* Pairs of word and figure, one behind the other, going to the next line where they do not fit.
 * Returns the lines taken. */
static int draw_figures(app *a, const feature_row *f, const char *source, region r, int row,
                        int width)
{
    const layer *l = app_layer(a, a->layer);
    l = l && l->id == f->layer_id ? l : layer_by_id(&a->study->layers, f->layer_id);
    char text[6][24];
    double density = l && l->samples ? (double)f->active / l->samples : 0.0;
    const struct {
        const char *word, *value;
    } pair[] = {{"density", show_share(text[0], density)},
                {"active", show_count(text[1], f->active)},
                {"mean", show_figure(text[2], (double)f->mean)},
                {"sd", show_figure(text[3], (double)f->sd)},
                {"min", f->minimum < 0 ? show_figure(text[4], (double)f->minimum) : ""},
                {"max", show_figure(text[5], (double)f->maximum)},
                {"label by", source}};
    int line = 0, col = 0;
    for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
        if (!pair[i].value || !*pair[i].value)
            continue;
        int word = text_width(pair[i].word), wide = word + 1 + text_width(pair[i].value);
        if (col > 0 && col + wide > width) {
            line++;
            col = 0;
        }
        draw_text(r, row + line, col, width - col, ROLE_DIM, pair[i].word);
        draw_text(r, row + line, col + word + 1, width - col - word - 1,
                  i + 1 < sizeof pair / sizeof *pair ? ROLE_NUMBER : ROLE_DIM, pair[i].value);
        col += wide + 2;
    }
    return line + 1;
}

/* Bars over the range of the nonzero values, and below them its ends. The least nonzero value of
 * a nonnegative feature is not known: it is where activity begins. */
static void draw_bins(const feature_stats *stats, region r, int row, int col, int rows)
{
    draw_histogram(r, row, col, rows, ROLE_BAR, stats->histogram, FEATURE_BINS);
    char text[24];
    draw_text(r, row + rows, col, FEATURE_BINS - 9, ROLE_DIM,
              stats->minimum < 0 ? show_figure(text, stats->minimum) : "active, up to");
    draw_right(r, row + rows, col + FEATURE_BINS - 8, 8, ROLE_DIM,
               show_figure(text, stats->maximum));
}

/* -- samples ------------------------------------------------------------------------------- */

/* The tokens round the strongest one, which stands in brackets and is always in sight. */
static void draw_context(const card_example *e, region r, int row, int col, int width, style on)
{
    int total = 0, peak = 0, peak_width = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        if (i == e->peak) {
            peak = total;
            peak_width = e->token[i].width + 2;
        }
        total += e->token[i].width + (i == e->peak ? 2 : 0);
    }
    /* how many columns of the text are out of sight on the left */
    int hidden = 0;
    if (total > width && e->peak < e->count) {
        hidden = peak - width / 2 + peak_width / 2;
        hidden = hidden > total - width ? total - width : hidden;
        hidden = hidden > peak - 1 ? peak - 1 : hidden;
        hidden = hidden < 0 ? 0 : hidden;
    }
    bool before = hidden > 0 || e->cut_before;
    region line = region_part(r, row, col, 1, width);
    int at = before && hidden == 0 ? 1 : -hidden;
    int first = width; /* column of the first token in sight */
    uint32_t i = 0;
    for (; i < e->count && at < width; i++) {
        const card_token *t = &e->token[i];
        int start = before ? 1 : 0, used = 0;
        const char *text = t->text;
        if (at < start && at + t->width > start && i != e->peak) { /* its end is in sight */
            text += text_fit(t->text, start - at, &used);
            if (used < start - at)
                text = t->text + text_fit(t->text, start - at + 1, &used);
        }
        if (at + used >= start && at + used < first)
            first = at + used;
        if (i == e->peak) {
            draw_text(line, 0, at, 1, ROLE_DIM | on, "[");
            draw_text(line, 0, at + 1, width - at - 2, ROLE_ACTIVE | on, t->text);
            draw_text(line, 0, at + 1 + t->width, 1, ROLE_DIM | on, "]");
            at += t->width + 2;
            continue;
        }
        if (at + used >= start)
            draw_text(line, 0, at + used, width - at - used,
                      (t->value > 0.0f ? ROLE_LABEL : ROLE_TEXT) | on, text);
        at += t->width;
    }
    if (before)
        draw_text(line, 0, first - 1, 1, ROLE_DIM | on, draw_glyph(GLYPH_ELLIPSIS));
    if (i < e->count || at > width || e->cut_after)
        draw_text(line, 0, at < width ? at : width - 1, 1, ROLE_DIM | on,
                  draw_glyph(GLYPH_ELLIPSIS));
}

/* A row that can be opened; the cursor is on it while the card has the keys. */
static style draw_item(const card *c, region r, int row, card_list in, uint32_t at, bool focused)
{
    style on = focused && in == c->in && at == c->at ? ON_CURSOR : 0;
    if (row < 0 || row >= r.rows)
        return on;
    pointer_own(region_part(r, row, 0, 1, r.cols), (int)(in * CARD_LIST_STEP + at), focused);
    if (on)
        draw_ground(r, row, 0, r.cols, ROLE_TEXT | on);
    return on;
}

static void draw_samples(const card *c, region r, int row, int count, bool focused)
{
    bool here =
        c->samples && c->samples->layer == c->position && c->samples->feature == c->feature;
    draw_text(r, row, 0, r.cols, ROLE_HEAD, "strongest samples");
    if (c->trouble[0])
        draw_text(r, row + 1, 0, r.cols, ROLE_ERROR, c->trouble);
    else if (here && c->samples->count == 0)
        draw_text(r, row + 1, 0, r.cols, ROLE_DIM, "it is never active");
    for (uint32_t i = 0; here && i < c->samples->count && (int)i < count; i++) {
        char text[24];
        const card_example *e = &c->samples->example[i];
        style on = draw_item(c, r, row + 1 + (int)i, CARD_SAMPLES, i, focused);
        draw_right(r, row + 1 + (int)i, 0, 8, ROLE_NUMBER | on,
                   show_figure(text, (double)e->value));
        draw_context(e, r, row + 1 + (int)i, 9, r.cols - 9, on);
    }
}

/* -- parents and children ------------------------------------------------------------------ */

/* How many there are, or why there are none. */
static void draw_edges_head(app *a, const card *c, bool parents, region r, int row, uint32_t shown)
{
    const char *head = parents ? "parents" : "children";
    char text[24], shown_text[24];
    uint32_t node = card_node(a, c);
    draw_text(r, row, 0, r.cols, ROLE_HEAD, head);
    int col = text_width(head) + 1;
    if (node == NOTHING) {
        draw_text(r, row, col, r.cols - col, ROLE_DIM, a->fit_id ? "" : "no fit yet: 1, then f");
        return;
    }
    const uint32_t *start = parents ? a->circuit->in_start : a->circuit->out_start;
    uint32_t all = start[node + 1] - start[node];
    bool fitted = standing_has_layer(a, app_fit(a), c->position, parents);
    if (all == 0)
        draw_text(r, row, col, r.cols - col, ROLE_DIM,
                  fitted    ? "none in this fit"
                  : parents ? "no pair into this layer"
                            : "no pair out of this layer");
    else if (shown < all)
        draw_format(r, row, col, ROLE_DIM, "%s of %s above the threshold",
                    show_count(shown_text, shown), show_count(text, all));
    else
        draw_format(r, row, col, ROLE_DIM, "%s", show_count(text, all));
}

/* One end's list of edges: the strongest `count`, with name, label, bar and figure. */
static void draw_edges(app *a, const card *c, card_list in, region r, int row, int count,
                       bool focused)
{
    bool parents = in == CARD_PARENTS;
    char text[24], name[128];
    uint32_t shown = 0;
    const uint32_t *ends = card_edges(a, c, parents, &shown);
    draw_edges_head(a, c, parents, r, row, shown);
    uint32_t visible = shown < (uint32_t)count ? shown : (uint32_t)count;
    int wide = 0;
    for (uint32_t i = 0; i < visible; i++) {
        const circuit_edge *e = &a->circuit->edge[ends[i]];
        app_node_name(a, name, sizeof name, parents ? e->source : e->target);
        wide = text_width(name) > wide ? text_width(name) : wide;
    }
    wide = wide > r.cols / 2 ? r.cols / 2 : wide;
    int bar = r.cols >= 50 ? 8 : 4, figure = r.cols - 8;
    double strongest =
        shown ? fabs(circuit_strength(a->circuit, &a->circuit->edge[ends[0]])) : 1.0;
    strongest = strongest > 0 ? strongest : 1.0;
    for (uint32_t i = 0; i < visible; i++) {
        const circuit_edge *e = &a->circuit->edge[ends[i]];
        uint32_t other = parents ? e->source : e->target;
        double value = circuit_strength(a->circuit, e);
        int at = row + 1 + (int)i;
        style on = draw_item(c, r, at, in, i, focused);
        style sign = (value < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on;
        draw_text(r, at, 0, wide, ROLE_NAME | on, app_node_name(a, name, sizeof name, other));
        draw_text(r, at, wide + 1, figure - bar - wide - 3, ROLE_LABEL | on,
                  app_node_label(a, other));
        draw_bar(r, at, figure - bar - 1, bar, sign, fabs(value) / strongest);
        draw_right(r, at, figure, 8, sign, app_show_strength(text, a->circuit, e));
    }
}

/* -- the whole ----------------------------------------------------------------------------- */

/* How many lines each part gets. */
typedef struct plan {
    bool bins_right, edges_beside;
    int label, bins, head; /* lines of label, of bars, of all above the samples */
    int examples, edges;
    int gap; /* blank lines between the parts */
    int lines;
} plan;

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int count_edges(const app *a, const card *c)
{
    const circuit *of = a->circuit;
    uint32_t node = card_node(a, c);
    if (node == NOTHING)
        return 1;
    uint32_t in = of->in_start[node + 1] - of->in_start[node];
    uint32_t out = of->out_start[node + 1] - of->out_start[node];
    return most(1, least(in > out ? (int)in : (int)out, CARD_EDGES));
}

static plan arrange(region r, bool whole, const char *label, int figures, int examples, int edges)
{
    plan p = {.bins_right = r.cols >= 64, .edges_beside = r.cols >= BESIDE};
    int width = p.bins_right ? r.cols - FEATURE_BINS - 2 : r.cols;
    bool low = r.rows < 14 && !whole;
    p.label = count_wrapped(width, low ? 1 : 3, label);
    p.bins = low && p.bins_right ? most(1, p.label + figures - 1) : low ? 0 : 3;
    p.head = p.label + figures;
    if (p.bins_right)
        p.head = most(p.head, p.bins + 1);
    else if (p.bins)
        p.head += p.bins + 1;
    int lists = p.edges_beside ? 1 : 2;
    p.gap = whole || r.rows - p.head > 20;
    p.examples = examples;
    p.edges = edges;
    if (!whole) {
        int room = r.rows - p.head - 1 - lists - p.gap * (1 + lists);
        p.examples = most(1, least(examples, (room + 1) / (1 + lists)));
        p.edges = most(0, least(edges, (room - p.examples) / lists));
        p.examples = most(1, least(examples, room - p.edges * lists));
    }
    p.lines = p.head + 1 + p.examples + lists * (1 + p.edges) + p.gap * (1 + lists);
    return p;
}

/* Which rows there are to go to; the line of the head of each list, from the card's own top. */
static void count_rows(const app *a, card *c, const plan *p, int line[CARD_LISTS])
{
    bool here =
        c->samples && c->samples->layer == c->position && c->samples->feature == c->feature;
    line[CARD_SAMPLES] = p->head + p->gap;
    line[CARD_PARENTS] = line[CARD_SAMPLES] + 1 + p->examples + p->gap;
    line[CARD_CHILDREN] = line[CARD_PARENTS] + (p->edges_beside ? 0 : 1 + p->edges + p->gap);
    c->count[CARD_SAMPLES] = here ? c->samples->count : 0;
    card_edges(a, c, true, &c->count[CARD_PARENTS]);
    card_edges(a, c, false, &c->count[CARD_CHILDREN]);
    for (card_list l = 0; l < CARD_LISTS; l++) {
        uint32_t most_rows = (uint32_t)(l == CARD_SAMPLES ? p->examples : p->edges);
        c->count[l] = c->count[l] < most_rows ? c->count[l] : most_rows;
    }
    c->beside = p->edges_beside;
    if (c->at >= c->count[c->in])
        c->at = c->count[c->in] ? c->count[c->in] - 1 : 0;
}

/* The row at hand is in sight; on the first row the head is too, as far as it goes. */
static void follow(card *c, const int head[CARD_LISTS], int lines, int high)
{
    int line = head[c->in] + 1 + (int)c->at;
    if (c->at == 0 && c->in == CARD_SAMPLES && line < high)
        c->hidden = 0;
    c->hidden = line < c->hidden ? line : c->hidden;
    c->hidden = line >= c->hidden + high ? line - high + 1 : c->hidden;
    c->hidden = most(0, least(c->hidden, lines - high));
}

void card_draw(app *a, card *c, region r, bool focused)
{
    const feature_table *table = c->position == NOTHING ? NULL : app_table(a, c->position);
    if (!table || c->feature >= table->count || r.rows < 1 || r.cols < 12)
        return;
    const feature_row *f = &table->row[c->feature];
    const card_detail *d =
        c->detail && c->detail->position == c->position && c->detail->feature == c->feature
            ? c->detail
            : NULL;
    const char *label = f->label && *f->label ? f->label : "no label";
    const char *source = d ? d->of.label_source : "";
    bool bins_right = r.cols >= 64;
    int width = bins_right ? r.cols - FEATURE_BINS - 2 : r.cols;
    int figures = draw_figures(a, f, source, (region){0, 0, 0, 0}, 0, width);
    int examples = c->samples ? (int)most((int)c->samples->count, 1) : CARD_EXAMPLES;
    plan p = arrange(r, focused, label, figures, examples, count_edges(a, c));
    int head[CARD_LISTS];
    count_rows(a, c, &p, head);
    if (focused)
        follow(c, head, p.lines, r.rows);
    else
        c->hidden = 0;
    int top = -c->hidden;
    draw_wrapped(r, top, width, p.label, f->label ? ROLE_LABEL : ROLE_DIM, label);
    draw_figures(a, f, source, r, top + p.label, width);
    if (d && p.bins)
        draw_bins(&d->of.stats, r, bins_right ? top : top + p.label + figures,
                  bins_right ? r.cols - FEATURE_BINS : 0, p.bins);
    draw_samples(c, r, top + head[CARD_SAMPLES], p.examples, focused);
    int half = p.edges_beside ? (r.cols - 3) / 2 : r.cols;
    region left = region_part(r, 0, 0, r.rows, half);
    region right = p.edges_beside ? region_part(r, 0, half + 3, r.rows, r.cols - half - 3) : r;
    draw_edges(a, c, CARD_PARENTS, left, top + head[CARD_PARENTS], p.edges, focused);
    draw_edges(a, c, CARD_CHILDREN, right, top + head[CARD_CHILDREN], p.edges, focused);
}
