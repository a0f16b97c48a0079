#include "ui/sample_draw.h"

#include "ui/pointer.h"

#include <math.h>
#include <stdio.h>

typedef struct sample_picture {
    app *a;
    sample_state *v;
} sample_picture;

enum { WIDE = 100 /* columns from which both lists show */ };

/* -- the text ------------------------------------------------------------------------------ */

/* Where tokens stand when they are wrapped at `cols`. */
typedef struct flow {
    const sample_text *text;
    int cols;
    uint32_t next; /* token to place */
    int line, col; /* where it goes */
} flow;

/* Places the next token; false: there is none. */
static bool place_token(flow *f, int *line, int *col)
{
    if (f->next >= f->text->count)
        return false;
    int width = f->text->token[f->next].width;
    width = width < f->cols ? width : f->cols;
    if (f->col > 0 && f->col + width > f->cols) {
        f->line++;
        f->col = 0;
    }
    *line = f->line;
    *col = f->col;
    f->col += width;
    f->next++;
    return true;
}

static uint32_t token_at_hand(const sample_picture *p)
{
    return p->v->text->by_token ? p->v->sample - p->v->text->first_token : NOTHING;
}

/* How many lines the text takes, and which one holds the token at hand. */
static int count_lines(const sample_picture *p, int cols, int *present)
{
    flow f = {.text = p->v->text, .cols = cols};
    int line = 0, col = 0;
    *present = 0;
    while (place_token(&f, &line, &col))
        if (f.next - 1 == token_at_hand(p))
            *present = line;
    return p->v->text->count ? line + 1 : 0;
}

static void draw_level(region r, int row, int col, int width, style s, double level)
{
    static const char *const steps[2][8] = {{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
                                            {".", ".", ":", ":", "=", "=", "#", "#"}};
    int step = (int)ceil(level * 8) - 1;
    step = step < 0 ? 0 : step > 7 ? 7 : step;
    for (int i = 0; i < width; i++)
        draw_text(r, row, col + i, 1, s, steps[text_is_utf8() ? 0 : 1][step]);
}

/* Lines of text, each with a line below it that shows how strong the activity is. */
static void draw_tokens(const sample_picture *p, region r)
{
    int present = 0, lines = r.rows / 2, all = count_lines(p, r.cols, &present);
    if (present < p->v->top || present >= p->v->top + lines)
        p->v->top = present - lines / 2;
    p->v->top = p->v->top > all - lines ? all - lines : p->v->top;
    p->v->top = p->v->top < 0 ? 0 : p->v->top;
    flow f = {.text = p->v->text, .cols = r.cols};
    for (int line, col; place_token(&f, &line, &col);) {
        uint32_t i = f.next - 1;
        if (line < p->v->top || line >= p->v->top + lines)
            continue;
        int row = 2 * (line - p->v->top);
        const sample_token *t = &p->v->text->token[i];
        int width = t->width < r.cols ? t->width : r.cols;
        float value = p->v->text->by_token ? fabsf(p->v->shade[i]) : 0.0f;
        style on = i == token_at_hand(p) ? ON_CURSOR : 0;
        role r_text = value > 0.5f * p->v->shade_most ? ROLE_ACTIVE : ROLE_TEXT;
        if (p->v->text->by_token)
            pointer_own(region_part(r, row, col, 2, width), (int)i, !p->v->on_edges);
        draw_ground(r, row, col, width, r_text | on);
        draw_text(r, row, col, width, r_text | on, t->text);
        if (value > 0.0f)
            draw_level(r, row + 1, col, width, on ? ROLE_ACTIVE : ROLE_BAR,
                       (double)(value / p->v->shade_most));
    }
}

/* `story-011  token 34 of 129  sample 1,583`. */
static void draw_head(const sample_picture *p, region r)
{
    char at[24], all[24], text[160];
    const sample_text *t = p->v->text;
    int col = 0;
    if (t->name[0])
        col = 2 + draw_text(r, 0, 0, r.cols / 3, ROLE_NAME, t->name);
    if (t->by_token)
        snprintf(text, sizeof text, "token %s of %s", show_count(at, p->v->sample - t->first + 1),
                 show_count(all, t->samples));
    else if (t->samples > 1)
        snprintf(text, sizeof text, "row %s of %s", show_count(at, p->v->sample - t->first + 1),
                 show_count(all, t->samples));
    else
        snprintf(text, sizeof text,
                 t->count ? "one sample: figures are of the whole document" : "no text");
    col += 2 + draw_text(r, 0, col, r.cols - col, ROLE_HEAD, text);
    col += draw_format(r, 0, col, ROLE_DIM, "sample %s", show_count(at, p->v->sample));
    if (t->cut_before || t->cut_after)
        draw_text(r, 0, col + 2, r.cols - col - 2, ROLE_DIM, "(a part of the text)");
}

/* What the line under the text shows. */
static void draw_shade(const sample_picture *p, region r)
{
    app *a = p->a;
    char name[160], here[24], most[24];
    float value = 0.0f;
    if (!p->v->text->by_token && p->v->text->count > 0) {
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "tokens have no activity of their own here");
        return;
    }
    if (p->v->text->by_token && p->v->sample - p->v->text->first_token < p->v->text->count)
        value = p->v->shade[p->v->sample - p->v->text->first_token];
    if (sample_state_shaded_by_all(p->v)) {
        draw_format(r, 0, 0, ROLE_DIM,
                    "shade: all features, together %s here, %s at most in this text",
                    show_figure(here, (double)value), show_figure(most, (double)p->v->shade_most));
        return;
    }
    snprintf(name, sizeof name, "%s here, %s at most",
             value == 0.0f ? "silent" : show_figure(here, (double)value),
             show_figure(most, (double)p->v->shade_most));
    int right = text_width(name);
    draw_text(r, 0, r.cols - right, right, value == 0.0f ? ROLE_DIM : ROLE_NUMBER, name);
    int col = draw_text(r, 0, 0, 7, ROLE_DIM, "shade: ");
    app_feature_name(a, name, sizeof name, p->v->position, p->v->feature);
    col += 1 + draw_text(r, 0, col, r.cols - right - 1 - col, ROLE_NAME, name);
    draw_text(r, 0, col, r.cols - right - 1 - col, ROLE_LABEL,
              app_label(a, p->v->position, p->v->feature));
}

/* -- the lists ----------------------------------------------------------------------------- */

typedef struct listing {
    const sample_picture *p;
    int name;         /* columns of an index */
    double strongest; /* carried by an edge */
} listing;

static int index_width(const sample_picture *p)
{
    int widest = 1;
    for (uint32_t i = 0; i < p->a->study->layers.count; i++) {
        int width = 1;
        for (uint32_t n = p->a->study->layers.item[i].features; n > 10; n = (n + 9) / 10)
            width++;
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void draw_group(const sample_picture *p, region r, int line, const sample_group *g,
                       style on)
{
    char text[160], count[24], all[24];
    if (g->source == g->target)
        snprintf(text, sizeof text, "%s", app_layer_name(p->a, g->source));
    else
        snprintf(text, sizeof text, "%s %s %s", app_layer_name(p->a, g->source),
                 draw_glyph(GLYPH_ARROW), app_layer_name(p->a, g->target));
    int col = 2 + draw_text(r, line, 0, r.cols, ROLE_HEAD | on, text);
    if (g->count < g->all)
        draw_format(r, line, col, ROLE_NUMBER | on, "strongest %s of %s",
                    show_count(count, g->count), show_count(all, g->all));
    else
        draw_text(r, line, col, r.cols - col, ROLE_NUMBER | on, show_count(count, g->count));
}

/* Index, label, the value as a share of the feature's greatest, the value. */
static void draw_feature(void *user, region r, int line, uint32_t index, style on)
{
    const listing *d = user;
    const sample_picture *p = d->p;
    uint32_t item = NOTHING;
    const sample_group *g = sample_list_at(&p->v->lists.features, index, &item);
    if (!g || item == NOTHING) {
        if (g)
            draw_group(p, r, line, g, on);
        return;
    }
    const active_feature *f = &p->v->lists.active[item];
    const feature_table *table = app_table(p->a, f->position);
    char text[24];
    int bar = r.cols >= 60 ? 8 : r.cols >= 36 ? 5 : 0, figure = r.cols - 7;
    snprintf(text, sizeof text, "%u", f->feature);
    draw_right(r, line, 0, d->name, ROLE_NAME | on, text);
    draw_text(r, line, d->name + 1, figure - (bar ? bar + 1 : 0) - d->name - 2, ROLE_LABEL | on,
              app_label(p->a, f->position, f->feature));
    role sign = f->value < 0 ? ROLE_NEGATIVE : ROLE_BAR;
    if (bar && table && f->feature < table->count) {
        const feature_row *row = &table->row[f->feature];
        float most = f->value < 0 ? -row->minimum : row->maximum;
        draw_bar(r, line, figure - bar - 1, bar, sign | on,
                 most > 0 ? (double)(fabsf(f->value) / most) : 0.0);
    }
    draw_right(r, line, figure, 7, ROLE_NUMBER | on, show_figure(text, (double)f->value));
}

static void draw_end(const listing *d, region r, int line, int col, int width, uint32_t position,
                     uint32_t feature, role label, style on)
{
    char text[24];
    snprintf(text, sizeof text, "%u", feature);
    draw_right(r, line, col, d->name, (label == ROLE_DIM ? ROLE_DIM : ROLE_NAME) | on, text);
    draw_text(r, line, col + d->name + 1, width - d->name - 1, label | on,
              app_label(d->p->a, position, feature));
}

/* Source, what the edge carries, target: dim where it is silent. */
static void draw_edge(void *user, region r, int line, uint32_t index, style on)
{
    const listing *d = user;
    const sample_picture *p = d->p;
    const circuit *c = p->a->circuit;
    uint32_t item = NOTHING;
    const sample_group *g = sample_list_at(&p->v->lists.edges, index, &item);
    if (!g || item == NOTHING) {
        if (g)
            draw_group(p, r, line, g, on);
        return;
    }
    const sample_edge *e = &p->v->lists.at.edge[item];
    uint32_t from = 0, to = 0;
    circuit_position(c, c->edge[e->edge].source, &from);
    circuit_position(c, c->edge[e->edge].target, &to);
    int bar = r.cols >= 70 ? 6 : 0, arrow = text_width(draw_glyph(GLYPH_ARROW)) + 1;
    int room = r.cols - 8 - arrow - (bar ? bar + 1 : 0), end = room / 2, at = end;
    role sign = e->carried < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE;
    char text[24];
    draw_end(d, r, line, 0, end - 1, g->source, from, ROLE_LABEL, on);
    if (bar) {
        draw_bar(r, line, at, bar, sign | on, fabs((double)e->carried) / d->strongest);
        at += bar + 1;
    }
    draw_right(r, line, at, 7, sign | on, show_figure(text, (double)e->carried));
    draw_text(r, line, at + 8, arrow, ROLE_DIM | on, draw_glyph(GLYPH_ARROW));
    bool silent = sample_value(p->v->layer[g->target], p->v->sample, to) == 0.0f;
    draw_end(d, r, line, at + 8 + arrow, r.cols - at - 8 - arrow, g->target, to,
             silent ? ROLE_DIM : ROLE_LABEL, on);
}

/* Heads of the lists, the one with the cursor brighter; returns the columns taken. */
static int draw_list_head(region r, int col, bool here, const char *text, uint32_t count)
{
    char figure[24];
    int used = draw_text(r, 0, col, r.cols - col, here ? ROLE_KEY : ROLE_HEAD, text);
    used += 1 + draw_text(r, 0, col + used + 1, r.cols - col - used - 1,
                          here ? ROLE_NUMBER : ROLE_DIM, show_count(figure, count));
    return used;
}

/* Why there are no edges. */
static const char *no_edges(const sample_picture *p)
{
    if (!p->a->fit_id)
        return "no fit yet: f in Study starts one";
    if (!p->a->circuit)
        return "reading the circuit";
    return p->v->layers_read < p->v->layers ? "" : "no edge leaves what is active here";
}

static void draw_features(const sample_picture *p, region r, bool focused)
{
    listing d = {.p = p, .name = index_width(p)};
    list_draw(&p->v->features, r, focused, draw_feature, &d);
    if (p->v->lists.features.rows == 0 && p->v->layers_read == p->v->layers)
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "no feature is active here");
}

static void draw_edges(const sample_picture *p, region r, bool focused)
{
    listing d = {.p = p, .name = index_width(p), .strongest = 1e-30};
    for (uint32_t i = 0; i < p->v->lists.at.pair_count; i++) {
        const sample_edge *e = &p->v->lists.at.edge[p->v->lists.at.pair[i].start];
        d.strongest = fmax(d.strongest, fabs((double)e->carried));
    }
    if (p->a->circuit)
        list_draw(&p->v->edges, r, focused, draw_edge, &d);
    if (p->v->lists.edges.rows == 0)
        draw_text(r, 0, 0, r.cols, ROLE_DIM, no_edges(p));
}

static void draw_lists(const sample_picture *p, region r)
{
    region rows = region_part(r, 1, 0, r.rows - 1, r.cols);
    const char *active = r.cols < 56 ? "active" : "active features";
    const char *edges = r.cols < 56 ? "edges" : "edges, by weight and activity of the source";
    if (r.cols >= WIDE) {
        int half = r.cols * 2 / 5;
        draw_list_head(r, 0, !p->v->on_edges, active, p->v->lists.features.items);
        draw_list_head(r, half + 2, p->v->on_edges, edges, p->v->lists.at.edge_count);
        draw_column(r, 1, half, r.rows - 1, ROLE_BORDER);
        draw_features(p, region_part(rows, 0, 0, rows.rows, half - 1), !p->v->on_edges);
        draw_edges(p, region_part(rows, 0, half + 2, rows.rows, r.cols - half - 2),
                   p->v->on_edges);
    } else {
        int col = draw_list_head(r, 0, !p->v->on_edges, active, p->v->lists.features.items);
        int room = p->v->layers_read < p->v->layers ? r.cols - 22 : r.cols;
        draw_list_head(region_part(r, 0, 0, 1, room), col + 3, p->v->on_edges, edges,
                       p->v->lists.at.edge_count);
        if (p->v->on_edges)
            draw_edges(p, rows, true);
        else
            draw_features(p, rows, true);
    }
    if (p->v->layers_read < p->v->layers)
        draw_format(region_part(r, 0, r.cols - 20, 1, 20), 0, 0, ROLE_DIM,
                    "reading layer %u of %u", p->v->layers_read + 1, p->v->layers);
}

/* -- the whole ----------------------------------------------------------------------------- */

void sample_draw(app *a, sample_state *v, region body)
{
    const sample_picture picture = {a, v}, *p = &picture;
    int row = 0;
    if (!v->text || v->sample == NOTHING) {
        draw_text(body, 0, 0, body.cols, ROLE_DIM,
                  p->a->study ? "reading the sample" : "opening the study");
        return;
    }
    draw_head(p, region_part(body, row++, 0, 1, body.cols));
    draw_shade(p, region_part(body, row++, 0, 1, body.cols));
    int present = 0, lines = (body.rows * 2 / 5 - 1) / 2,
        all = count_lines(p, body.cols, &present);
    lines = lines < 1 ? 1 : lines > all ? all : lines;
    if (!p->v->zoomed && all > 0) {
        draw_tokens(p, region_part(body, row, 0, 2 * lines, body.cols));
        row += 2 * lines;
    }
    draw_lists(p, region_part(body, row, 0, body.rows - row - 1, body.cols));
    draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM,
              body.cols < text_width(WEIGHTS_REMINDER) ? "a ranking, not causal effects"
                                                       : WEIGHTS_REMINDER);
}
