#include "ui/edges_draw.h"

#include "ui/edges.h"
#include "ui/pointer.h"
#include "ui/standing.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of one edge. A width of 0: not shown. */
typedef struct columns {
    int source, source_label, bar, figure, target, target_label;
    int at_bar, at_figure, at_target;
} columns;

typedef struct drawing {
    const edges_picture *p;
    columns col;
    bool short_names; /* the head above says the layers */
    double strongest;
} drawing;

/* ` lambda 0.012` of a layer pair behind its name, if it is known and there is room. */
static void draw_lambda(const edges_picture *p, region r, int row, int col, uint32_t pair, style s)
{
    char text[24];
    const fit *f = app_fit(p->a);
    const layer *from = app_layer(p->a, p->rows->pair[pair].source);
    const layer *to = app_layer(p->a, p->rows->pair[pair].target);
    for (uint32_t i = 0; f && from && to && i < f->pair_count; i++)
        if (f->pair[i].source_layer == from->id && f->pair[i].target_layer == to->id &&
            f->pair[i].lambda_known && r.cols - col > 16)
            draw_format(r, row, col, s, "%s %s", draw_glyph(GLYPH_LAMBDA),
                        show_figure(text, f->pair[i].lambda));
}

/* -- what is listed ------------------------------------------------------------------------ */

/* `children of 3.resid_post/12  "its label"`, or whose edges these all are. */
static void draw_subject(const edges_picture *p, region r, int row)
{
    app *a = p->a;
    char name[160];
    if (p->choice->mode == CIRCUIT_ALL) {
        if (p->choice->pair >= p->rows->pair_count) {
            draw_text(r, row, 0, r.cols, ROLE_HEAD, "all edges");
            return;
        }
        const edges_pair *pair = &p->rows->pair[p->choice->pair];
        snprintf(name, sizeof name, "%s %s %s", app_layer_name(a, pair->source),
                 draw_glyph(GLYPH_ARROW), app_layer_name(a, pair->target));
        int used = draw_text(r, row, 0, r.cols, ROLE_HEAD, name);
        draw_lambda(p, r, row, used + 2, p->choice->pair, ROLE_DIM);
        return;
    }
    const char *word = p->choice->mode == CIRCUIT_PARENTS ? "parents of " : "children of ";
    int col = draw_text(r, row, 0, r.cols, ROLE_HEAD, word);
    app_node_name(a, name, sizeof name, p->choice->focus);
    col += draw_text(r, row, col, r.cols - col, ROLE_NAME, name) + 1;
    draw_text(r, row, col, r.cols - col, ROLE_LABEL, app_node_label(a, p->choice->focus));
}

/* `812 of 9,214 edges shown: 8,402 below 0.05`: what is hidden is always said. */
static void draw_counts(const edges_picture *p, region r, int row)
{
    const edges_rows *rows = p->rows;
    char shown[24], all[24], below[24], filtered[24], text[512];
    size_t n = (size_t)snprintf(text, sizeof text, "%s of %s edge%s shown",
                                show_count(shown, rows->shown), show_count(all, rows->all),
                                rows->all == 1 ? "" : "s");
    if (rows->kept > rows->shown)
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s below %g",
                              show_count(below, rows->kept - rows->shown), p->choice->threshold);
    const char *sign = p->choice->sign > 0   ? "not positive"
                       : p->choice->sign < 0 ? "not negative"
                                             : "";
    if (rows->all > rows->kept) {
        n += (size_t)snprintf(text + n, sizeof text - n, ", %s %s",
                              show_count(filtered, rows->all - rows->kept), sign);
        if (p->words[0])
            n += (size_t)snprintf(text + n, sizeof text - n, "%swithout \"%s\"",
                                  *sign ? " or " : "", p->words);
        if (p->filter[0])
            n += (size_t)snprintf(text + n, sizeof text - n, "%snot %s",
                                  *sign || p->words[0] ? " or " : "", p->filter);
        const circuit *c = rows->c;
        if (c && !c->frequency && edge_filter_asks(p->filtered, EDGE_STABLE))
            snprintf(text + n, sizeof text - n, "; no stability check of this fit");
        else if (c && !c->fdr && edge_filter_asks(p->filtered, EDGE_FDR))
            snprintf(text + n, sizeof text - n, "; no null check of this fit");
    }
    draw_text(r, row, 0, r.cols, rows->shown < rows->all ? ROLE_WARNING : ROLE_DIM, text);
}

static void draw_settings(const edges_picture *p, region r, int row)
{
    const fit *f = app_fit(p->a);
    char settings[256];
    if (!f)
        return;
    app_fit_settings(settings, sizeof settings, f);
    const char *state = "";
    for (uint32_t i = 0; i < p->a->study->fits.count; i++)
        if (p->a->study->fits.item[i].id == f->id)
            state = p->a->study->fit_state[i];
    bool done = f->state == FIT_DONE;
    draw_format(r, row, 0, done ? ROLE_DIM : ROLE_WARNING, "fit %lld%s%s: %s", (long long)f->id,
                done ? "" : ", ", done ? "" : state, settings);
}

/* -- rows ---------------------------------------------------------------------------------- */

static int digits(uint32_t n)
{
    int count = 1;
    while (n >= 10) {
        n /= 10;
        count++;
    }
    return count;
}

/* Whether a feature of the layer may stand in the list: it has a pair with the focus. */
static bool may_show(const edges_picture *p, uint32_t position)
{
    if (p->choice->mode == CIRCUIT_ALL)
        return true;
    uint32_t focus = circuit_position(p->rows->c, p->choice->focus, NULL);
    for (uint32_t i = 0; i < p->rows->pair_count; i++) {
        const edges_pair *pair = &p->rows->pair[i];
        if (p->choice->mode == CIRCUIT_PARENTS ? pair->target == focus && pair->source == position
                                               : pair->source == focus && pair->target == position)
            return true;
    }
    return false;
}

/* The widest name a node of the shown lists may have. */
static int name_width(const edges_picture *p, bool short_names)
{
    const circuit *c = p->rows->c;
    int widest = 1;
    for (uint32_t l = 0; l < c->layer_count; l++) {
        if (!may_show(p, l))
            continue;
        int width = digits(c->layer_first[l + 1] - c->layer_first[l]);
        if (!short_names)
            width += 1 + text_width(app_layer_name(p->a, l));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static columns lay_out(const edges_picture *p, int cols, bool short_names)
{
    bool both = p->choice->mode == CIRCUIT_ALL;
    columns c = {.figure = 8, .bar = cols >= 100 ? 12 : cols >= 60 ? 6 : 0};
    int name = name_width(p, short_names), ends = both ? 2 : 1;
    int arrow = text_width(draw_glyph(GLYPH_ARROW)) + 1;
    int room = cols - c.figure - 1 - (c.bar ? c.bar + 1 : 0) - (both ? arrow : 0);
    name = name > room / ends - 6 ? room / ends - 6 : name;
    name = name < 3 ? 3 : name;
    int label = room / ends - name - 2;
    label = label < 0 ? 0 : label;
    int at = 0;
    if (both) {
        c.source = name;
        c.source_label = label;
        at = name + 1 + label + 1;
    }
    c.at_bar = at;
    at += c.bar ? c.bar + 1 : 0;
    c.at_figure = at;
    at += c.figure + 1 + (both ? arrow : 0);
    c.at_target = at;
    c.target = name;
    c.target_label = cols - at - name - 1 > 0 ? cols - at - name - 1 : 0;
    return c;
}

static void draw_heads(const drawing *d, region r, int row)
{
    const columns *c = &d->col;
    const char *measure = strength_name(d->p->a->measure);
    bool parents = d->p->choice->mode == CIRCUIT_PARENTS;
    if (c->source) {
        draw_text(r, row, 0, c->source + c->source_label, ROLE_HEAD, "source");
        pointer_action(region_part(r, row, 0, 1, c->at_bar), ACT_SORT, 1);
    }
    int width = c->figure + (c->bar ? c->bar + 1 : 0);
    int wide = text_width(measure);
    draw_text(r, row, wide < width ? c->at_bar + width - wide : c->at_bar, width, ROLE_HEAD,
              measure);
    pointer_action(region_part(r, row, c->at_bar, 1, width), ACT_SORT, 2);
    pointer_action(region_part(r, row, c->at_target, 1, r.cols), ACT_SORT, parents ? 1 : 3);
    draw_text(r, row, c->at_target, r.cols, ROLE_HEAD, parents ? "source" : "target");
}

static void draw_group_head(const drawing *d, region r, int line, const edges_group *g, style on)
{
    app *a = d->p->a;
    const edges_pair *pair = &d->p->rows->pair[g->pair];
    char shown[24], all[24], text[160], counts[64];
    snprintf(text, sizeof text, "%s %s %s %s", g->folded ? "+" : "-",
             app_layer_name(a, pair->source), draw_glyph(GLYPH_ARROW),
             app_layer_name(a, pair->target));
    int col = draw_text(r, line, 0, r.cols, ROLE_HEAD | on, text) + 2;
    if (g->shown < g->all)
        snprintf(counts, sizeof counts, "%s of %s", show_count(shown, g->shown),
                 show_count(all, g->all));
    else
        snprintf(counts, sizeof counts, "%s", show_count(all, g->all));
    col += draw_text(r, line, col, r.cols - col, ROLE_NUMBER | on, counts) + 2;
    draw_lambda(d->p, r, line, col, g->pair, ROLE_DIM | on);
}

static void draw_end(const drawing *d, region r, int line, int col, int width, int label,
                     uint32_t node, style on)
{
    char name[160];
    uint32_t feature = 0;
    if (d->short_names) {
        circuit_position(d->p->rows->c, node, &feature);
        snprintf(name, sizeof name, "%*u", width, feature);
    } else {
        app_node_name(d->p->a, name, sizeof name, node);
    }
    draw_text(r, line, col, width, ROLE_NAME | on, name);
    draw_text(r, line, col + width + 1, label, ROLE_LABEL | on, app_node_label(d->p->a, node));
    draw_found(r, line, col + width + 1, label, ROLE_ACTIVE | on, app_node_label(d->p->a, node),
               d->p->words);
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const drawing *d = user;
    const columns *c = &d->col;
    uint32_t id = NO_EDGE;
    const edges_group *g = edges_rows_at(d->p->rows, index, &id);
    if (!g)
        return;
    if (id == NO_EDGE) {
        draw_group_head(d, r, line, g, on);
        return;
    }
    const circuit_edge *e = &d->p->rows->c->edge[id];
    double value = circuit_strength(d->p->rows->c, e);
    style sign = (value < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on;
    char text[24];
    if (c->source) {
        draw_end(d, r, line, 0, c->source, c->source_label, e->source, on);
        draw_text(r, line, c->at_figure + c->figure + 1, 2, ROLE_DIM | on,
                  draw_glyph(GLYPH_ARROW));
    }
    /* what is between bar and figure is of their style: on a slow link each change of it costs */
    draw_ground(r, line, c->bar ? c->at_bar : c->at_figure,
                c->at_figure + c->figure - (c->bar ? c->at_bar : c->at_figure), sign);
    if (c->bar)
        draw_bar(r, line, c->at_bar, c->bar, sign, fabs(value) / d->strongest);
    draw_right(r, line, c->at_figure, c->figure, sign, app_show_strength(text, d->p->rows->c, e));
    draw_end(d, r, line, c->at_target, c->target, c->target_label,
             d->p->choice->mode == CIRCUIT_PARENTS ? e->source : e->target, on);
}

/* -- the whole ----------------------------------------------------------------------------- */

/* Whether some pair of the fit could have had the edges that are not there. */
static bool is_in_fit(const edges_picture *p)
{
    uint32_t position = circuit_position(p->a->circuit, p->choice->focus, NULL);
    return standing_has_layer(p->a, app_fit(p->a), position, p->choice->mode == CIRCUIT_PARENTS);
}

/* What stands where edges would, and what to do about it. */
static void draw_empty(const edges_picture *p, region r)
{
    app *a = p->a;
    const fit *f = app_fit(a);
    char name[160];
    const edges_rows *rows = p->rows;
    if (!a->study)
        return;
    if (!a->fit_id || !f)
        draw_text(r, 0, 0, r.cols, ROLE_DIM,
                  a->study->fits.count
                      ? "no fit is open: 3 goes to the fits, Enter opens one"
                      : "no fit yet: 1 goes to the study, f there fits its layers");
    else if (!a->circuit)
        draw_format(r, 0, 0, ROLE_DIM, "reading the edges of fit %lld", (long long)a->fit_id);
    else if (a->circuit->edge_count == 0)
        draw_text(r, 0, 0, r.cols, ROLE_DIM,
                  f->state == FIT_DONE
                      ? "the fit found no edge: a smaller lambda finds more (f in the study)"
                      : "no edge yet: 3 shows how far the fit is");
    else if (rows->all == 0 && slider_circuit(p->slider))
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "no parent at this lambda: ( lowers it");
    else if (rows->all == 0 && p->choice->mode != CIRCUIT_ALL && !is_in_fit(p))
        draw_format(r, 0, 0, ROLE_DIM, "fit %lld has no pair %s %s: f in Study fits one",
                    (long long)f->id, p->choice->mode == CIRCUIT_PARENTS ? "into" : "out of",
                    app_layer_name(a, circuit_position(a->circuit, p->choice->focus, NULL)));
    else if (rows->all == 0 && p->choice->mode != CIRCUIT_ALL)
        draw_format(r, 0, 0, ROLE_DIM, "%s has no %s in this fit; %s",
                    app_node_name(a, name, sizeof name, p->choice->focus),
                    p->choice->mode == CIRCUIT_PARENTS ? "parents" : "children",
                    p->choice->mode == CIRCUIT_PARENTS ? "] shows its children"
                                                       : "[ shows its parents");
    else if (rows->kept == 0)
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "no edge passes the filters: a shows all edges");
    else if (rows->shown == 0)
        draw_format(r, 0, 0, ROLE_DIM, "no edge at or above %g: - lowers the threshold",
                    p->choice->threshold);
}

static void draw_reminder(const edges_picture *p, region r, int row)
{
    static const char *const meaning[] = {
#define STRENGTH_MEANING(name, text, what) [name] = text ": " what,
        STRENGTH_LIST(STRENGTH_MEANING)
#undef STRENGTH_MEANING
    };
    if (r.cols < text_width(WEIGHTS_REMINDER)) {
        draw_text(r, row, 0, r.cols, ROLE_DIM, "a ranking, not causal effects");
        return;
    }
    int col = draw_text(r, row, 0, r.cols, ROLE_DIM, WEIGHTS_REMINDER) + 2;
    const char *what = meaning[p->a->measure];
    if (r.cols - col >= text_width(what))
        draw_right(r, row, col, r.cols - col, ROLE_DIM, what);
}

/* What speaks for an edge: `removal 0.365: regression 0.310, wiring 0.420; weight 0.12, ...`. */
static void draw_witnesses(const edges_picture *p, region r, int row, const circuit_edge *e)
{
    char removal[24], regression[24], wired[24], weight[24], standardised[24];
    show_figure(removal, (double)e->removal);
    show_figure(regression, edge_by_regression((double)e->removal, (double)e->wired));
    show_figure(wired, (double)e->wired);
    show_figure(weight, (double)e->weight);
    show_figure(standardised, (double)e->standardised);
    if (circuit_wired_alone(e))
        draw_format(r, row, 0, ROLE_DIM,
                    "removal %s: wiring %s; weight %s, only the wiring speaks for it", removal,
                    wired, draw_glyph(GLYPH_DASH));
    else if (slider_circuit(p->slider))
        draw_format(r, row, 0, ROLE_DIM, "removal %s: the regression alone, at this lambda",
                    removal);
    else if (isnan(e->wired))
        draw_format(r, row, 0, ROLE_DIM,
                    "removal %s: the pair has no wiring; weight %s, standardised %s", removal,
                    weight, standardised);
    else
        draw_format(r, row, 0, ROLE_DIM,
                    "removal %s: regression %s, wiring %s; weight %s, standardised %s", removal,
                    regression, wired, weight, standardised);
}

/* The ends of the edge under the cursor, labels in whole: columns cut them; and, in a region that
 * has a line more, what speaks for it. */
static void draw_at_hand(const edges_picture *p, region r)
{
    uint32_t id = NO_EDGE;
    char name[2][160];
    if (p->list->cursor < p->list->count)
        edges_rows_at(p->rows, p->list->cursor, &id);
    draw_rule(r, 0, 0, r.cols, ROLE_BORDER);
    if (!p->rested || p->list->count == 0)
        return;
    if (id == NO_EDGE) {
        draw_text(r, 1, 0, r.cols, ROLE_DIM, "a layer pair: Enter folds it away and back");
        draw_text(r, 2, 0, r.cols, ROLE_DIM, "> shows one pair alone, a all of them again");
        return;
    }
    const circuit_edge *e = &p->rows->c->edge[id];
    const uint32_t end[2] = {e->source, e->target};
    int wide = 0, arrow = text_width(draw_glyph(GLYPH_ARROW)) + 1;
    for (int i = 0; i < 2; i++) {
        app_node_name(p->a, name[i], sizeof name[i], end[i]);
        wide = text_width(name[i]) > wide ? text_width(name[i]) : wide;
    }
    draw_text(r, 2, 0, arrow, ROLE_DIM, draw_glyph(GLYPH_ARROW));
    for (int i = 0; i < 2; i++) {
        draw_text(r, 1 + i, arrow, wide, ROLE_NAME, name[i]);
        draw_text(r, 1 + i, arrow + wide + 1, r.cols - arrow - wide - 1, ROLE_LABEL,
                  app_node_label(p->a, end[i]));
    }
    if (r.rows > 3)
        draw_witnesses(p, r, 3, e);
}

void edges_draw(const edges_picture *p, region body)
{
    enum { ROOMY = 18 };
    int at_hand = p->a->circuit && p->a->circuit->wiring ? 4 : 3;
    bool low = body.rows < 14;
    int row = 0;
    if (!p->a->circuit || !app_fit(p->a)) {
        draw_empty(p, body);
        return;
    }
    draw_subject(p, body, row++);
    draw_counts(p, body, row++);
    if (slider_on(p->slider))
        slider_draw(p->slider, body, row++);
    else if (!low)
        draw_settings(p, body, row++);
    draw_reminder(p, body, body.rows - 1);
    const edges_rows *rows = p->rows;
    drawing d = {.p = p,
                 .short_names = rows->heads || p->choice->pair < rows->pair_count,
                 .strongest = 1.0};
    d.short_names = d.short_names && p->choice->mode == CIRCUIT_ALL;
    uint32_t count = edges_rows_count(rows), most = NO_EDGE;
    for (uint32_t g = 0; g < rows->group_count; g++) {
        const edges_group *of = &rows->group[g];
        if (of->shown && !rows->by_name)
            most = !of->edge ? 0 : of->edge[0] < most ? of->edge[0] : most;
    }
    if (most != NO_EDGE || rows->by_name)
        d.strongest = fabs(circuit_strength(rows->c, &rows->c->edge[rows->by_name ? 0 : most]));
    d.strongest = d.strongest > 0 ? d.strongest : 1.0;
    int foot = body.rows >= ROOMY ? 1 + at_hand : 1;
    region r = region_part(body, row + 1, 0, body.rows - row - 1 - foot, body.cols);
    if (foot > 1)
        draw_at_hand(p, region_part(body, body.rows - foot, 0, at_hand, body.cols));
    bool bar = count > (uint32_t)(r.rows > 0 ? r.rows : 0);
    d.col = lay_out(p, body.cols - (bar ? 2 : 0), d.short_names);
    draw_heads(&d, region_part(body, row, 0, 1, body.cols - (bar ? 2 : 0)), 0);
    if (count == 0 || rows->shown == 0)
        draw_empty(p, region_part(r, rows->heads ? (int)rows->group_count : 0, 0, r.rows, r.cols));
    list_draw(p->list, r, true, draw_row, &d);
}
