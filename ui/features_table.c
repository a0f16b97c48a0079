#include "ui/features_table.h"

#include "ui/pointer.h"

#include <stdio.h>

enum { LABEL_LEAST = 18 };

typedef struct drawing {
    app *a;
    const feature_rows *rows;
    const feature_table *table;
    bool named;
    const char *words; /* that are searched for */
    int at[COLUMN_COUNT], width[COLUMN_COUNT]; /* width 0: not shown */
} drawing;

/* Columns are left out, the least telling first, until the label has room. */
static void lay_out(drawing *d, int cols)
{
    static const feature_column leave_out[] = {COLUMN_MEAN, COLUMN_MAX, COLUMN_IN, COLUMN_OUT,
                                               COLUMN_DENSITY};
    int taken = 0;
    for (feature_column c = 0; c < COLUMN_COUNT; c++) {
        d->width[c] = feature_column_width(c);
        if (c == COLUMN_INDEX && d->named)
            d->width[c] = cols >= 60 ? 20 : 14;
        taken += d->width[c] + (c > 0);
    }
    for (size_t i = 0; i < sizeof leave_out / sizeof *leave_out && cols - taken < LABEL_LEAST;
         i++) {
        taken -= d->width[leave_out[i]] + 1;
        d->width[leave_out[i]] = 0;
    }
    d->width[COLUMN_LABEL] = cols - taken > 0 ? cols - taken : 0;
    int at = 0;
    for (feature_column c = 0; c < COLUMN_COUNT; c++) {
        d->at[c] = at;
        at += d->width[c] ? d->width[c] + 1 : 0;
    }
}

static void draw_heads(const drawing *d, const feature_order *order, region r)
{
    for (feature_column c = 0; c < COLUMN_COUNT; c++) {
        if (!d->width[c])
            continue;
        char head[32];
        pointer_action(region_part(r, 0, d->at[c], 1, d->width[c]), ACT_SORT, (int)c + 1);
        bool sorted = !order->as_found && order->column == c;
        bool falls = feature_column_falls(c) != order->turned;
        snprintf(head, sizeof head, "%s%s", feature_column_head(c),
                 sorted ? draw_glyph(falls ? GLYPH_DOWN : GLYPH_UP) : "");
        if (c == COLUMN_LABEL || (c == COLUMN_INDEX && d->named))
            draw_text(r, 0, d->at[c], d->width[c], ROLE_HEAD, head);
        else
            draw_right(r, 0, d->at[c], d->width[c], ROLE_HEAD, head);
    }
}

static void draw_figure(const drawing *d, region r, int line, feature_column c, style s,
                        const char *text)
{
    if (d->width[c])
        draw_right(r, line, d->at[c], d->width[c], s, text);
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const drawing *d = user;
    const feature_row *row = &d->table->row[d->rows->item[index]];
    const layer_set *layers = &d->a->study->layers;
    const layer *l = layer_by_id(layers, row->layer_id);
    char text[24], name[128];
    if (d->named) {
        app_feature_name(d->a, name, sizeof name, l ? l->position : 0, row->feature);
        draw_text(r, line, d->at[COLUMN_INDEX], d->width[COLUMN_INDEX], ROLE_NAME | on, name);
    } else {
        snprintf(text, sizeof text, "%u", row->feature);
        draw_figure(d, r, line, COLUMN_INDEX, ROLE_NAME | on, text);
    }
    bool dead = row->active == 0;
    style figure = (dead ? ROLE_DIM : ROLE_NUMBER) | on;
    draw_text(r, line, d->at[COLUMN_LABEL], d->width[COLUMN_LABEL],
              (dead ? ROLE_DIM : ROLE_LABEL) | on, row->label ? row->label : "");
    draw_found(r, line, d->at[COLUMN_LABEL], d->width[COLUMN_LABEL], ROLE_ACTIVE | on, row->label,
               d->words);
    double density = l && l->samples ? (double)row->active / l->samples : 0.0;
    draw_figure(d, r, line, COLUMN_DENSITY, figure, show_share(text, density));
    draw_figure(d, r, line, COLUMN_MEAN, figure, show_figure(text, (double)row->mean));
    draw_figure(d, r, line, COLUMN_MAX, figure, show_figure(text, (double)row->maximum));
    uint32_t in, out;
    feature_degrees(d->a->circuit, layers, row, &in, &out);
    draw_figure(d, r, line, COLUMN_IN, (in ? ROLE_NUMBER : ROLE_DIM) | on,
                in ? show_short(text, in) : draw_glyph(GLYPH_DASH));
    draw_figure(d, r, line, COLUMN_OUT, (out ? ROLE_NUMBER : ROLE_DIM) | on,
                out ? show_short(text, out) : draw_glyph(GLYPH_DASH));
}

void features_table_draw(app *a, list *l, const feature_rows *rows, const feature_table *table,
                         const feature_order *order, bool named, const char *words, region r,
                         bool focused)
{
    drawing d = {.a = a, .rows = rows, .table = table, .named = named, .words = words};
    bool bar = rows->count > (uint32_t)(r.rows > 1 ? r.rows - 1 : 0);
    lay_out(&d, r.cols - (bar ? 2 : 0));
    draw_heads(&d, order, r);
    if (table)
        list_draw(l, region_part(r, 1, 0, r.rows - 1, r.cols), focused, draw_row, &d);
}
