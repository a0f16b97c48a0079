#include "ui/paths_draw.h"

#include "src/circuit/propagation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIGURE = 10, LEAST_CELL = 4, WIDE_CELL = 8 };

/* A path's row: a cell for each layer that listed paths pass, from `first` to `last`. */
typedef struct cells {
    uint32_t first, last; /* positions */
    int width, gap;       /* of a cell, and of what stands between two */
    int at;               /* column of the first */
} cells;

typedef struct drawing {
    const paths_picture *p;
    cells cell;
    int name; /* columns of a whole name */
} drawing;

/* A path of one step has no weaker one to tell it from. */
static bool is_weakest(const circuit_path *p, uint32_t step)
{
    return p->length > 1 && p->weakest == step;
}

paths_row paths_row_at(const path_listing *l, const bool *unfolded, uint32_t row)
{
    for (uint32_t path = 0; path < l->set.count; path++) {
        uint32_t places = unfolded[path] ? l->set.item[path].length + 1 : 0;
        if (row == 0)
            return (paths_row){path, NOTHING};
        if (row <= places)
            return (paths_row){path, row - 1};
        row -= places + 1;
    }
    return (paths_row){NOTHING, NOTHING};
}

char *paths_reading(app *a, const path_listing *l, paths_row at, bool brief, char *out,
                    size_t capacity)
{
    const circuit_path *p = &l->set.item[at.path];
    uint32_t node = path_node(l->c, p, at.place);
    char said[96] = "begins";
    if (at.place > 0) {
        propagation step = propagation_of_step(
            l->c, l->threshold, p->edge[at.place - 1],
            path_node_label(a, l, path_node(l->c, p, at.place - 1)), path_node_label(a, l, node));
        if (brief)
            snprintf(said, sizeof said, "%s %.0f%%", propagation_word(step.reading),
                     100 * step.share);
        else
            propagation_say(&step, said, sizeof said);
    }
    const char *end = "";
    if (at.place == p->length)
        end = propagation_word(propagation_of_end(l->c, l->threshold, node).reading);
    bool weakest = at.place > 0 && is_weakest(p, at.place - 1);
    snprintf(out, capacity, "%s%s%s%s", said, weakest ? "; weakest" : "", *end ? "; " : "", end);
    return out;
}

/* The arrow of a step; the weakest of a path has another one. */
static const char *arrow(bool weakest)
{
    return !weakest ? draw_glyph(GLYPH_ARROW) : text_is_utf8() ? "⇢" : "~>";
}

/* -- rows ---------------------------------------------------------------------------------- */

static cells lay_out(const path_listing *l, int cols)
{
    cells c = {.first = UINT32_MAX, .at = 2 + FIGURE + 1};
    for (uint32_t i = 0; i < l->set.count; i++) {
        const circuit_path *p = &l->set.item[i];
        uint32_t from = circuit_position(l->c, path_node(l->c, p, 0), NULL);
        uint32_t to = circuit_position(l->c, path_node(l->c, p, p->length), NULL);
        c.first = from < c.first ? from : c.first;
        c.last = to > c.last ? to : c.last;
    }
    int count = (int)(c.last - c.first) + 1, wide = text_width(draw_glyph(GLYPH_ARROW));
    for (c.gap = wide + 2; c.gap >= wide; c.gap--) {
        c.width = (cols - c.at - (count - 1) * c.gap) / count;
        if (c.width >= WIDE_CELL)
            break;
    }
    c.gap = c.gap < wide ? wide : c.gap;
    return c;
}

static void draw_cell(const drawing *d, region r, int line, int col, int width, uint32_t node,
                      style on)
{
    char text[16];
    uint32_t feature = 0;
    const char *label = path_node_label(d->p->a, d->p->listing, node);
    if (node >= d->p->listing->of->node_count) { /* the head has the target's name */
        draw_text(r, line, col, width, ROLE_LABEL | on,
                  *label ? label : d->p->listing->target_name);
        return;
    }
    circuit_position(d->p->listing->c, node, &feature);
    snprintf(text, sizeof text, "%u", feature);
    int used = draw_text(r, line, col, width, ROLE_NAME | on, text) + 1;
    if (width - used >= 2)
        draw_text(r, line, col + used, width - used, ROLE_LABEL | on, label);
}

static void draw_arrow(region r, int line, int col, bool weakest, style on)
{
    draw_text(r, line, col, 2, (weakest ? ROLE_WARNING : ROLE_DIM) | on, arrow(weakest));
}

/* Where there is no room for a cell a layer: one node behind the other. */
static void draw_flow(const drawing *d, region r, int line, const circuit_path *p, style on)
{
    const circuit *c = d->p->listing->c;
    int col = d->cell.at, wide = text_width(draw_glyph(GLYPH_ARROW));
    for (uint32_t step = 0; step <= p->length && col < r.cols; step++) {
        char text[16];
        uint32_t feature = 0;
        if (step > 0) {
            draw_arrow(r, line, col, is_weakest(p, step - 1), on);
            col += wide;
        }
        circuit_position(c, path_node(c, p, step), &feature);
        snprintf(text, sizeof text, "%u", feature);
        col += draw_text(r, line, col, r.cols - col, ROLE_NAME | on, text);
    }
}

static void draw_steps(const drawing *d, region r, int line, const circuit_path *p, style on)
{
    const cells *cell = &d->cell;
    const circuit *c = d->p->listing->c;
    int wide = text_width(draw_glyph(GLYPH_ARROW)), end = 0;
    for (uint32_t step = 0; step <= p->length; step++) {
        uint32_t node = path_node(c, p, step);
        int nth = (int)(circuit_position(c, node, NULL) - cell->first);
        int col = cell->at + nth * (cell->width + cell->gap);
        if (step > 0) {
            int at = col - cell->gap + (cell->gap - wide) / 2;
            if (at > end + 1) /* over layers that the path does not pass */
                draw_rule(r, line, end + 1, at - end - 1, ROLE_DIM | on);
            draw_arrow(r, line, at, is_weakest(p, step - 1), on);
        }
        draw_cell(d, r, line, col, cell->width, node, on);
        end = col + cell->width;
    }
}

/* An unfolded path's line: arrow, name, weight, reading, label. */
static void draw_place(const drawing *d, region r, int line, paths_row at, style on)
{
    app *a = d->p->a;
    const path_listing *l = d->p->listing;
    const circuit_path *p = &l->set.item[at.path];
    uint32_t node = path_node(l->c, p, at.place);
    char text[160];
    int col = 4 + text_width(draw_glyph(GLYPH_ARROW)) + 1;
    if (at.place > 0)
        draw_arrow(r, line, 4, is_weakest(p, at.place - 1), on);
    draw_text(r, line, col, d->name, ROLE_NAME | on,
              path_node_name(a, l, node, text, sizeof text));
    col += d->name + 1;
    if (at.place > 0) {
        double weight = (double)l->c->edge[p->edge[at.place - 1]].standardised;
        draw_right(r, line, col, FIGURE - 1, (weight < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on,
                   show_figure(text, weight));
    }
    col += FIGURE;
    int room = r.cols - col;
    bool brief = room < 90;
    int reading = brief ? (room < 26 ? room : 26) : 64;
    paths_reading(a, l, at, brief, text, sizeof text);
    bool weakest = at.place > 0 && is_weakest(p, at.place - 1);
    draw_text(r, line, col + 1, reading - 1, (weakest ? ROLE_WARNING : ROLE_TEXT) | on, text);
    col += reading + 1;
    draw_text(r, line, col, r.cols - col, ROLE_LABEL | on, path_node_label(a, l, node));
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const drawing *d = user;
    const path_listing *l = d->p->listing;
    paths_row at = paths_row_at(l, d->p->unfolded, index);
    if (at.path == NOTHING)
        return;
    if (at.place != NOTHING) {
        draw_place(d, r, line, at, on);
        return;
    }
    const circuit_path *p = &l->set.item[at.path];
    char text[24];
    draw_text(r, line, 0, 1, ROLE_DIM | on, d->p->unfolded[at.path] ? "-" : "+");
    if (at.path < l->pinned)
        draw_text(r, line, 1, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    draw_right(r, line, 2, FIGURE - 1, (p->weight < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on,
               show_figure(text, p->weight));
    if (d->cell.width >= LEAST_CELL)
        draw_steps(d, r, line, p, on);
    else
        draw_flow(d, r, line, p, on);
}

/* -- round the rows ------------------------------------------------------------------------ */

/* One end: its name, and its label in so many columns. Returns the columns taken. */
static int draw_end(app *a, region r, int row, int col, path_end end, int label)
{
    char name[160];
    int from = col;
    app_feature_name(a, name, sizeof name, end.layer, end.feature);
    col += draw_text(r, row, col, r.cols - col, ROLE_NAME, name) + 1;
    col += draw_text(r, row, col, label, ROLE_LABEL, app_label(a, end.layer, end.feature));
    return col - from;
}

static void draw_subject(app *a, const path_listing *l, region r)
{
    bool from = l->from.layer != NOTHING, to = l->to.layer != NOTHING || l->target;
    int label = from && to ? r.cols / 2 - 24 : r.cols;
    int col = draw_text(r, 0, 0, r.cols, ROLE_HEAD,
                        from ? "from "
                        : to ? "into "
                             : "through the whole circuit");
    if (from)
        col += draw_end(a, r, 0, col, l->from, label);
    if (from && to)
        col += draw_text(r, 0, col + 1, r.cols, ROLE_HEAD, "to ") + 1;
    if (l->target)
        draw_text(r, 0, col, r.cols - col, ROLE_NAME, l->target_name);
    else if (to)
        draw_end(a, r, 0, col, l->to, r.cols - col);
    if (!from && !to)
        draw_text(r, 0, col + 2, r.cols - col - 2, ROLE_DIM,
                  "{ and } mark where paths begin and end");
}

static char *show_paths(char *out, double n)
{
    if (n < 1e9)
        return show_count(out, (uint64_t)n);
    snprintf(out, 24, "%.1e", n);
    return out;
}

static void draw_counts(const path_listing *l, region r, int row)
{
    char shown[24], all[24], hidden[24], text[256];
    int n =
        snprintf(text, sizeof text, "%s of %s path%s", show_count(shown, l->set.count - l->pinned),
                 show_paths(all, l->set.all), l->set.all == 1 ? "" : "s");
    if (l->pinned > 0 || l->absent > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " and %u pinned", l->pinned);
    if (l->absent > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, " (%u not in this fit)", l->absent);
    if (l->set.hidden > 0)
        n += snprintf(text + n, sizeof text - (size_t)n, ", without %s edges below %g",
                      show_count(hidden, l->set.hidden), l->threshold);
    snprintf(text + n, sizeof text - (size_t)n, "; %s weakest step", arrow(true));
    draw_text(r, row, 0, r.cols, l->set.hidden > 0 ? ROLE_WARNING : ROLE_DIM, text);
}

static void draw_heads(const drawing *d, region r, int row)
{
    const cells *c = &d->cell;
    draw_right(r, row, 2, FIGURE - 1, ROLE_HEAD, "weight");
    if (c->width < LEAST_CELL) {
        draw_text(r, row, c->at, r.cols, ROLE_HEAD, "features");
        return;
    }
    for (uint32_t position = c->first; position <= c->last; position++)
        draw_text(r, row, c->at + (int)(position - c->first) * (c->width + c->gap), c->width,
                  ROLE_HEAD,
                  position < d->p->listing->of->layer_count ? app_layer_name(d->p->a, position)
                                                            : d->p->listing->target_name);
}

static void draw_reminder(region r, int row)
{
    static const char meaning[] = "weight: product of the standardised weights";
    if (r.cols < text_width(WEIGHTS_REMINDER)) {
        draw_text(r, row, 0, r.cols, ROLE_DIM, "a ranking, not causal effects");
        return;
    }
    int col = draw_text(r, row, 0, r.cols, ROLE_DIM, WEIGHTS_REMINDER) + 2;
    if (r.cols - col >= text_width(meaning))
        draw_right(r, row, col, r.cols - col, ROLE_DIM, meaning);
}

/* What stands where paths would, and what to do about it. */
static void draw_empty(app *a, const path_listing *l, region r, int row)
{
    const char *text = "finding the strongest paths";
    if (!a->study)
        return;
    if (!app_fit(a))
        text = a->study->fits.count ? "no fit is open: 3 goes to the fits, Enter opens one"
                                    : "no fit yet: 1 goes to the study, f there fits its layers";
    else if (!a->circuit)
        text = "reading the circuit";
    else if (l && l->target && !l->target_fit)
        text = "no finished fit of this variable yet: 1 and V make one";
    else if (l && l->from.layer != NOTHING && l->to.layer != NOTHING &&
             l->from.layer >= l->to.layer)
        text = "paths lead from earlier layers to later ones: mark the ends the other way round";
    else if (l && l->set.hidden > 0)
        text = "no path over edges this strong: - lowers the threshold, d forgets the ends";
    else if (l)
        text = "no path: d forgets the ends, { and } in Features or Circuit mark others";
    draw_text(r, row, 0, r.cols, ROLE_DIM, text);
}

static int name_width(const path_listing *l, app *a, int most)
{
    int widest = 1;
    char name[160];
    for (uint32_t i = 0; i < l->set.count; i++)
        for (uint32_t step = 0; step <= l->set.item[i].length; step++) {
            int width = text_width(
                path_node_name(a, l, path_node(l->c, &l->set.item[i], step), name, sizeof name));
            widest = width > widest ? width : widest;
        }
    return widest < most ? widest : most;
}

void paths_draw(const paths_picture *p, region body)
{
    const path_listing *l = p->listing;
    int row = 0;
    if (!l) {
        draw_empty(p->a, l, body, 0);
        return;
    }
    draw_subject(p->a, l, region_part(body, row++, 0, 1, body.cols));
    if (l->set.count == 0) {
        draw_empty(p->a, l, body, row + 1);
        return;
    }
    draw_counts(l, body, row++);
    drawing d = {
        .p = p, .cell = lay_out(l, body.cols - 1), .name = name_width(l, p->a, body.cols / 3)};
    draw_heads(&d, body, row++);
    draw_reminder(body, body.rows - 1);
    region r = region_part(body, row, 0, body.rows - row - 1, body.cols);
    list_draw(p->list, r, true, draw_row, &d);
    if (l->set.count == l->pinned) /* nothing but what was pinned */
        draw_empty(p->a, l, region_part(r, (int)p->list->count + 1, 0, 1, r.cols), 0);
}
