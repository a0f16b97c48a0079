#include "ui/card.h"

#include "src/base/memory.h"
#include "ui/card_samples.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EDGES_WHOLE = 12, BESIDE = 76 /* columns from which parents and children share lines */ };

/* What the reader says of a feature, texts clean. */
typedef struct detail {
    uint32_t position, feature;
    feature_detail of;
} detail;

struct card {
    uint32_t position, feature; /* shown */
    detail *detail;             /* as read last, perhaps of another feature; NULL: none */
    card_samples *samples;      /* likewise */
    char trouble[ERROR_LENGTH]; /* why the reader could not */
};

/* -- reading ------------------------------------------------------------------------------- */

static void free_detail(void *result)
{
    detail *d = result;
    if (d)
        feature_detail_release(&d->of);
    free(d);
}

static status read_detail(db *d, void *ask, void **result, error *err)
{
    const card_question *q = ask;
    detail *made = mem_zero(1, sizeof *made);
    made->position = q->of.position;
    made->feature = q->feature;
    status code = feature_get(d, q->of.id, q->feature, &made->of, err);
    if (code != STATUS_OK) {
        free(made);
        return code;
    }
    char **texts[] = {&made->of.label, &made->of.label_source};
    for (size_t i = 0; i < 2; i++) {
        char *clean = text_clean(*texts[i]);
        free(*texts[i]);
        *texts[i] = clean;
    }
    *result = made;
    return STATUS_OK;
}

card *card_create(void)
{
    card *c = mem_zero(1, sizeof *c);
    c->position = c->feature = NOTHING;
    return c;
}

void card_free(card *c)
{
    if (!c)
        return;
    free_detail(c->detail);
    card_samples_free(c->samples);
    free(c);
}

void card_forget(card *c)
{
    c->position = c->feature = NOTHING;
}

void card_show(app *a, card *c, uint32_t position, uint32_t feature)
{
    if (position == c->position && feature == c->feature)
        return;
    c->position = position;
    c->feature = feature;
    c->trouble[0] = '\0';
    const layer *l = app_layer(a, position);
    if (!l || feature == NOTHING)
        return;
    app_ask(a, &(reader_question){.kind = READ_CARD,
                                  .work = read_detail,
                                  .ask = card_question_make(l, feature),
                                  .release_ask = card_question_free,
                                  .release = free_detail});
    app_ask(a, &(reader_question){.kind = READ_SAMPLES,
                                  .work = card_samples_read,
                                  .ask = card_question_make(l, feature),
                                  .release_ask = card_question_free,
                                  .release = card_samples_free});
}

bool card_answer(app *a, card *c, int kind, reader_answer *answer)
{
    if (kind != READ_CARD && kind != READ_SAMPLES)
        return false;
    if (answer->code != STATUS_OK) {
        snprintf(c->trouble, sizeof c->trouble, "%s", answer->err.message);
    } else if (kind == READ_CARD) {
        free_detail(c->detail);
        c->detail = answer->result;
        answer->result = NULL;
    } else {
        card_samples_free(c->samples);
        c->samples = answer->result;
        answer->result = NULL;
    }
    app_dirty(a);
    return true;
}

/* -- the head: label, figures, histogram --------------------------------------------------- */

/* Text over several lines, parted at blanks where it can be; the last one ends in an ellipsis when
 * there is more. Returns the lines taken, at least one. */
static int draw_wrapped(region r, int row, int width, int lines, style s, const char *text)
{
    int line = 0;
    for (; line < lines - 1; line++) {
        size_t bytes = text_fit(text, width, NULL), cut = bytes;
        if (!text[bytes])
            break;
        while (cut > 0 && text[cut] != ' ')
            cut--;
        if (cut < bytes / 2)
            cut = bytes;
        char piece[1024];
        snprintf(piece, sizeof piece, "%.*s", (int)(cut < sizeof piece ? cut : sizeof piece - 1),
                 text);
        draw_text(r, row + line, 0, width, s, piece);
        text += cut;
        text += *text == ' ';
    }
    draw_text(r, row + line, 0, width, s, text);
    return line + 1;
}

/* The same without drawing. */
static int count_wrapped(int width, int lines, const char *text)
{
    return draw_wrapped((region){0, 0, 0, 0}, 0, width, lines, ROLE_TEXT, text);
}

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
static void draw_context(const card_example *e, region r, int row, int col, int width)
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
            draw_text(line, 0, at, 1, ROLE_DIM, "[");
            draw_text(line, 0, at + 1, width - at - 2, ROLE_ACTIVE, t->text);
            draw_text(line, 0, at + 1 + t->width, 1, ROLE_DIM, "]");
            at += t->width + 2;
            continue;
        }
        if (at + used >= start)
            draw_text(line, 0, at + used, width - at - used,
                      t->value > 0.0f ? ROLE_LABEL : ROLE_TEXT, text);
        at += t->width;
    }
    if (before)
        draw_text(line, 0, first - 1, 1, ROLE_DIM, draw_glyph(GLYPH_ELLIPSIS));
    if (i < e->count || at > width || e->cut_after)
        draw_text(line, 0, at < width ? at : width - 1, 1, ROLE_DIM, draw_glyph(GLYPH_ELLIPSIS));
}

static void draw_samples(const card *c, region r, int row, int count)
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
        draw_right(r, row + 1 + (int)i, 0, 8, ROLE_NUMBER, show_figure(text, (double)e->value));
        draw_context(e, r, row + 1 + (int)i, 9, r.cols - 9);
    }
}

/* -- parents and children ------------------------------------------------------------------ */

/* One end's list of edges: the strongest `count`, with name, label, bar and figure. */
static void draw_edges(app *a, uint32_t node, bool parents, region r, int row, int count)
{
    const circuit *c = a->circuit;
    const char *head = parents ? "parents" : "children";
    char text[24], name[128], shown_text[24];
    draw_text(r, row, 0, r.cols, ROLE_HEAD, head);
    int col = text_width(head) + 1;
    if (!c || node >= c->node_count) {
        draw_text(r, row, col, r.cols - col, ROLE_DIM,
                  a->fit_id ? "" : "no fit yet: 1, then f");
        return;
    }
    const uint32_t *start = parents ? c->in_start : c->out_start;
    const uint32_t *ends = (parents ? c->in : c->out) + start[node];
    uint32_t all = start[node + 1] - start[node];
    uint32_t shown = circuit_count(c, ends, all, a->threshold);
    if (all == 0)
        draw_text(r, row, col, r.cols - col, ROLE_DIM, "none in this fit");
    else if (shown < all)
        draw_format(r, row, col, ROLE_DIM, "%s of %s above the threshold",
                    show_count(shown_text, shown), show_count(text, all));
    else
        draw_format(r, row, col, ROLE_DIM, "%s", show_count(text, all));

    uint32_t visible = shown < (uint32_t)count ? shown : (uint32_t)count;
    int wide = 0;
    for (uint32_t i = 0; i < visible; i++) {
        const circuit_edge *e = &c->edge[ends[i]];
        app_node_name(a, name, sizeof name, parents ? e->source : e->target);
        wide = text_width(name) > wide ? text_width(name) : wide;
    }
    wide = wide > r.cols / 2 ? r.cols / 2 : wide;
    int bar = r.cols >= 50 ? 8 : 4, figure = r.cols - 8;
    double strongest = shown ? fabs(circuit_strength(c, &c->edge[ends[0]])) : 1.0;
    for (uint32_t i = 0; i < visible; i++) {
        const circuit_edge *e = &c->edge[ends[i]];
        uint32_t other = parents ? e->source : e->target;
        double value = circuit_strength(c, e);
        role sign = value < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE;
        int at = row + 1 + (int)i;
        draw_text(r, at, 0, wide, ROLE_NAME, app_node_name(a, name, sizeof name, other));
        draw_text(r, at, wide + 1, figure - bar - wide - 3, ROLE_LABEL, app_node_label(a, other));
        draw_bar(r, at, figure - bar - 1, bar, sign, fabs(value) / strongest);
        draw_right(r, at, figure, 8, sign, show_figure(text, value));
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

static void count_edges(const app *a, uint32_t node, int *edges)
{
    const circuit *c = a->circuit;
    *edges = 1;
    if (!c || node >= c->node_count)
        return;
    uint32_t in = c->in_start[node + 1] - c->in_start[node];
    uint32_t out = c->out_start[node + 1] - c->out_start[node];
    uint32_t both = in > out ? in : out;
    *edges = most(1, both < EDGES_WHOLE ? (int)both : EDGES_WHOLE);
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

void card_draw(app *a, card *c, region r, bool whole, int *scroll)
{
    const feature_table *table = c->position == NOTHING ? NULL : app_table(a, c->position);
    if (!table || c->feature >= table->count || r.rows < 1 || r.cols < 12)
        return;
    const feature_row *f = &table->row[c->feature];
    const detail *d =
        c->detail && c->detail->position == c->position && c->detail->feature == c->feature
            ? c->detail
            : NULL;
    const char *label = f->label && *f->label ? f->label : "no label";
    const char *source = d ? d->of.label_source : "";
    uint32_t node = a->circuit && c->position < a->circuit->layer_count
                        ? circuit_node(a->circuit, c->position, c->feature)
                        : NOTHING;

    int edges = 1;
    count_edges(a, node, &edges);
    bool bins_right = r.cols >= 64;
    int width = bins_right ? r.cols - FEATURE_BINS - 2 : r.cols;
    int figures = draw_figures(a, f, source, (region){0, 0, 0, 0}, 0, width);
    int examples = c->samples ? (int)most((int)c->samples->count, 1) : CARD_EXAMPLES;
    plan p = arrange(r, whole, label, figures, examples, edges);

    int hidden = whole && scroll ? most(0, least(*scroll, p.lines - r.rows)) : 0;
    if (scroll)
        *scroll = hidden;
    int row = -hidden;
    draw_wrapped(r, row, width, p.label, f->label ? ROLE_LABEL : ROLE_DIM, label);
    draw_figures(a, f, source, r, row + p.label, width);
    if (d && p.bins)
        draw_bins(&d->of.stats, r, bins_right ? row : row + p.label + figures,
                  bins_right ? r.cols - FEATURE_BINS : 0, p.bins);
    row += p.head + p.gap;
    draw_samples(c, r, row, p.examples);
    row += 1 + p.examples + p.gap;
    if (p.edges_beside) {
        int half = (r.cols - 3) / 2;
        region left = region_part(r, 0, 0, r.rows, half);
        region right = region_part(r, 0, half + 3, r.rows, r.cols - half - 3);
        draw_edges(a, node, true, left, row, p.edges);
        draw_edges(a, node, false, right, row, p.edges);
    } else {
        draw_edges(a, node, true, r, row, p.edges);
        draw_edges(a, node, false, r, row + 1 + p.edges + p.gap, p.edges);
    }
}
