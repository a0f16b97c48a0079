#include "ui/tree_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of one row; a width of 0: not shown. */
typedef struct columns {
    int bar, figure, path;
    int at_figure, at_path, at_tree;
    bool wide; /* two columns a level, not one */
} columns;

typedef struct drawing {
    const tree_picture *p;
    columns col;
} drawing;

static columns lay_out(int cols)
{
    columns c = {.figure = 8,
                 .bar = cols >= 100  ? 12
                        : cols >= 70 ? 6
                                     : 0,
                 .path = cols >= 56 ? 10 : 0};
    c.at_figure = c.bar ? c.bar + 1 : 0;
    c.at_path = c.at_figure + c.figure;
    c.at_tree = c.at_path + c.path + 1;
    c.wide = cols >= 60;
    return c;
}

/* -- above ----------------------------------------------------------------------------------- */

static void draw_subject(const tree_picture *p, region r, int row)
{
    char name[160];
    uint32_t root = p->t->row[0].node;
    int col = draw_text(r, row, 0, r.cols, ROLE_HEAD,
                        p->t->parents ? "tree of parents of " : "tree of children of ");
    col += draw_text(r, row, col, r.cols - col, ROLE_NAME,
                     app_node_name(p->a, name, sizeof name, root));
    draw_text(r, row, col + 1, r.cols - col - 1, ROLE_LABEL, app_node_label(p->a, root));
}

/* `56 rows; hidden: 214 beyond 10 a feature, 12 below 0.05`: what is hidden is always said. */
static void draw_counts(const tree_picture *p, region r, int row)
{
    char rows[24], beyond[24], weak[24], text[256];
    size_t n = (size_t)snprintf(text, sizeof text, "%s row%s", show_count(rows, p->t->count),
                                p->t->count == 1 ? "" : "s");
    if (p->beyond + p->weak > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "; hidden: ");
    if (p->beyond > 0)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s beyond %u a feature%s",
                              show_count(beyond, p->beyond), p->t->most, p->weak ? ", " : "");
    if (p->weak > 0)
        snprintf(text + n, sizeof text - n, "%s below %g", show_count(weak, p->weak),
                 p->t->threshold);
    draw_text(r, row, 0, r.cols, p->beyond + p->weak ? ROLE_WARNING : ROLE_DIM, text);
}

static void draw_settings(const tree_picture *p, region r, int row)
{
    const fit *f = app_fit(p->a);
    char settings[256];
    if (f)
        draw_format(r, row, 0, ROLE_DIM, "fit %lld: %s", (long long)f->id,
                    app_fit_settings(settings, sizeof settings, f));
}

static void draw_heads(const tree_picture *p, region r, int row, const columns *c)
{
    const char *measure = strength_name(p->t->c->ranked_by);
    int wide = text_width(measure), end = c->at_figure + c->figure;
    draw_text(r, row, end > wide ? end - wide : 0, r.cols, ROLE_HEAD, measure);
    if (c->path)
        draw_right(r, row, c->at_path, c->path, ROLE_HEAD, "path");
    draw_text(r, row, c->at_tree, r.cols, ROLE_HEAD, "feature");
}

/* -- rows ------------------------------------------------------------------------------------ */

/* The lines that lead to a row, from the root's level on; returns the column behind them. */
static int draw_lines(const drawing *d, region r, int line, uint32_t index, style on)
{
    enum { THROUGH, TEE, LAST, BLANK };
    static const char *const lines[2][2][4] = {{{"|", "|", "`", " "}, {"| ", "|-", "`-", "  "}},
                                               {{"│", "├", "└", " "}, {"│ ", "├─", "└─", "  "}}};
    const char *const *part = lines[text_is_utf8()][d->col.wide];
    const tree *t = d->p->t;
    int step = d->col.wide ? 2 : 1, depth = t->row[index].depth;
    for (uint32_t i = index, at = index; i != 0; i = t->row[i].parent) {
        bool last = tree_is_last(t, i);
        draw_text(r, line, d->col.at_tree + (t->row[i].depth - 1) * step, step, ROLE_BORDER | on,
                  part[i == at ? (last ? LAST : TEE) : (last ? BLANK : THROUGH)]);
    }
    return d->col.at_tree + depth * step;
}

/* `14 more: 9 beyond 10, 5 below 0.05`, or `9 more beyond 10` */
static void draw_rest(const drawing *d, region r, int line, int col, const tree_row *row, style on)
{
    const tree *t = d->p->t;
    char more[24], beyond[24], weak[24], text[160];
    tree_edges e = tree_edges_of(t, row->parent);
    size_t n = (size_t)snprintf(text, sizeof text, "%s more", show_count(more, e.all - e.shown));
    bool both = e.strong > e.shown && e.all > e.strong;
    if (both)
        n += (size_t)snprintf(text + n, sizeof text - n, ": %s",
                              show_count(beyond, e.strong - e.shown));
    if (e.strong > e.shown)
        n += (size_t)snprintf(text + n, sizeof text - n, " beyond %s%s", show_count(more, e.shown),
                              both ? ", " : " ");
    if (e.all > e.strong)
        snprintf(text + n, sizeof text - n, "%s%sbelow %g",
                 both ? show_count(weak, e.all - e.strong) : "",
                 both || e.strong == e.shown ? " " : "", t->threshold);
    draw_text(r, line, col, r.cols - col, ROLE_DIM | on, text);
}

static void draw_feature(const drawing *d, region r, int line, int col, uint32_t index, style on)
{
    app *a = d->p->a;
    const tree *t = d->p->t;
    const tree_row *row = &t->row[index];
    char name[160], text[48];
    uint32_t all = tree_edges_of(t, index).all;
    draw_text(r, line, col, 1, ROLE_KEY | on, row->open ? "-" : all ? "+" : " ");
    col += 2;
    app_node_name(a, name, sizeof name, row->node);
    col += draw_text(r, line, col, r.cols - col, ROLE_NAME | on, name) + 1;
    if (!row->open && all > 0) {
        snprintf(text, sizeof text, "(%u)", all);
        col += draw_text(r, line, col, r.cols - col, ROLE_DIM | on, text) + 1;
    }
    if (t->seen[row->node] > 1) { /* elsewhere in the tree too */
        snprintf(text, sizeof text, "%s%u", draw_glyph(GLYPH_TIMES), t->seen[row->node]);
        col += draw_text(r, line, col, r.cols - col, ROLE_PICKED | on, text) + 1;
    }
    draw_text(r, line, col, r.cols - col, ROLE_LABEL | on, app_node_label(a, row->node));
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const drawing *d = user;
    const columns *c = &d->col;
    const tree *t = d->p->t;
    const tree_row *row = &t->row[index];
    char text[24];
    int col = draw_lines(d, r, line, index, on);
    if (row->rest) {
        draw_rest(d, r, line, col + (d->col.wide ? 1 : 0), row, on);
        return;
    }
    draw_feature(d, r, line, col, index, on);
    if (row->edge == TREE_NONE)
        return;
    double value = circuit_strength(t->c, &t->c->edge[row->edge]);
    style sign = (value < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE) | on;
    if (c->bar)
        draw_bar(r, line, 0, c->bar, sign, fabs(value) / d->p->strongest);
    draw_right(r, line, c->at_figure, c->figure, sign,
               app_show_strength(text, t->c, &t->c->edge[row->edge]));
    if (c->path)
        draw_right(r, line, c->at_path, c->path,
                   (row->weight < 0 ? ROLE_NEGATIVE : ROLE_NUMBER) | on,
                   row->weight == 0 ? draw_glyph(GLYPH_DASH) : show_figure(text, row->weight));
}

/* -- the whole ------------------------------------------------------------------------------- */

void tree_draw(const tree_picture *p, region body)
{
    bool low = body.rows < 14;
    int row = 0;
    draw_subject(p, body, row++);
    draw_counts(p, body, row++);
    if (!low)
        draw_settings(p, body, row++);
    region r = region_part(body, row + 1, 0, body.rows - row - 2, body.cols);
    drawing d = {.p = p, .col = lay_out(body.cols)};
    draw_heads(p, body, row, &d.col);
    list_draw(p->list, r, true, draw_row, &d);
    const char *path = "path: product of standardised weights from the root";
    int used = draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM,
                         body.cols < text_width(WEIGHTS_REMINDER) ? "a ranking, not causal effects"
                                                                  : WEIGHTS_REMINDER) +
               2;
    if (body.cols - used >= text_width(path))
        draw_right(body, body.rows - 1, used, body.cols - used, ROLE_DIM, path);
}
