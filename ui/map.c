#include "ui/map.h"

#include "src/base/memory.h"
#include "ui/pointer.h"

#include <stdio.h>
#include <stdlib.h>

enum { CELL = 6, HEAD = 20 }; /* columns of a cell, and of the layers' names before them */

void map_make(map *m, const study *s)
{
    free(m->cell);
    m->layers = s ? s->layers.count : 0;
    m->cell = mem_zero((size_t)m->layers * m->layers + 1, sizeof *m->cell);
    /* newest first: a cell keeps what comes first */
    for (uint32_t f = 0; s && f < s->fits.count; f++)
        for (uint32_t p = 0; p < s->fits.item[f].pair_count; p++) {
            const fit_pair *pair = &s->fits.item[f].pair[p];
            const layer *from = layer_by_id(&s->layers, pair->source_layer);
            const layer *to = layer_by_id(&s->layers, pair->target_layer);
            if (!from || !to || pair->edges == 0)
                continue;
            map_cell *cell = &m->cell[(size_t)(from - s->layers.item) * m->layers +
                                      (size_t)(to - s->layers.item)];
            if (!cell->pair)
                *cell = (map_cell){&s->fits.item[f], pair};
        }
    if (m->layers > 0) {
        m->row = m->row < m->layers ? m->row : m->layers - 1;
        m->col = m->col < m->layers ? m->col : m->layers - 1;
    }
}

void map_release(map *m)
{
    free(m->cell);
    m->cell = NULL;
    m->layers = 0;
}

const map_cell *map_at(const map *m, uint32_t from, uint32_t to)
{
    static const map_cell none;
    return from < m->layers && to < m->layers ? &m->cell[(size_t)from * m->layers + to] : &none;
}

static uint32_t moved(uint32_t at, int64_t by, uint32_t count)
{
    int64_t to = (int64_t)at + by;
    return to < 0 ? 0 : to >= count ? count - 1 : (uint32_t)to;
}

/* Only later layers depend on earlier ones: the cursor stays right of the diagonal. */
static void keep_right(map *m, bool by_row)
{
    if (m->row + 1 >= m->layers)
        m->row = m->layers - 2;
    if (m->col > m->row)
        return;
    if (by_row || m->col == 0)
        m->col = m->row + 1;
    else
        m->row = m->col - 1;
}

void map_click(map *m, int number)
{
    if (m->layers < 2 || (uint32_t)number >= m->layers * m->layers)
        return;
    m->row = (uint32_t)number / m->layers;
    m->col = (uint32_t)number % m->layers;
    keep_right(m, true);
}

bool map_act(map *m, action_id act, int count)
{
    int64_t times = count > 0 ? count : 1;
    if (m->layers < 2)
        return false;
    switch (act) {
    case ACT_DOWN:
    case ACT_UP: m->row = moved(m->row, act == ACT_DOWN ? times : -times, m->layers); break;
    case ACT_RIGHT:
    case ACT_LEFT: m->col = moved(m->col, act == ACT_RIGHT ? times : -times, m->layers); break;
    case ACT_TOP:
        m->row = 0;
        m->col = 1;
        break;
    case ACT_BOTTOM:
        m->row = m->layers - 2;
        m->col = m->layers - 1;
        break;
    default: return false;
    }
    keep_right(m, act != ACT_LEFT);
    return true;
}

/* The first layer is never a target and the last never a source: no column, no row for them. */
int map_width(const map *m)
{
    return m->layers < 2 ? 0 : HEAD + CELL * (int)(m->layers - 1);
}

static void scroll(uint32_t *first, uint32_t at, uint32_t shown)
{
    if (at < *first)
        *first = at;
    else if (shown > 0 && at - *first >= shown)
        *first = at - shown + 1;
}

static void draw_cell(const map *m, const app *a, region r, int line, int col, uint32_t from,
                      uint32_t to, style on)
{
    char text[24];
    const map_cell *cell = map_at(m, from, to);
    if (on)
        draw_ground(r, line, col, CELL, ROLE_TEXT | on);
    if (cell->pair)
        draw_right(r, line, col, CELL - 1,
                   (cell->newest->id == a->fit_id ? ROLE_NAME : ROLE_NUMBER) | on,
                   show_short(text, cell->pair->edges));
    else if (from < to)
        draw_right(r, line, col, CELL - 1, ROLE_DIM | on, draw_glyph(GLYPH_DOT));
}

void map_draw(map *m, const app *a, region r, bool focused)
{
    if (m->layers < 2 || r.rows < 2 || r.cols < HEAD + CELL)
        return;
    keep_right(m, true);
    uint32_t cols = (uint32_t)((r.cols - HEAD) / CELL), rows = (uint32_t)(r.rows - 1);
    m->left = m->left < 1 ? 1 : m->left;
    scroll(&m->left, m->col, cols);
    scroll(&m->top, m->row, rows);
    draw_format(r, 0, 0, ROLE_HEAD, "edges from %s to", draw_glyph(GLYPH_DOWN));
    for (uint32_t c = 0; c < cols && m->left + c < m->layers; c++) {
        char number[24];
        snprintf(number, sizeof number, "%u", m->left + c);
        draw_right(r, 0, HEAD + CELL * (int)c, CELL - 1, ROLE_HEAD, number);
    }
    for (uint32_t i = 0; i < rows && m->top + i + 1 < m->layers; i++) {
        uint32_t from = m->top + i;
        int line = 1 + (int)i;
        char number[24];
        snprintf(number, sizeof number, "%u", from);
        draw_right(r, line, 0, 3, ROLE_DIM, number);
        draw_text(r, line, 4, HEAD - 5, ROLE_NAME, app_layer_name(a, from));
        for (uint32_t c = 0; c < cols && m->left + c < m->layers; c++) {
            uint32_t to = m->left + c;
            bool here = focused && from == m->row && to == m->col;
            pointer_own(region_part(r, line, HEAD + CELL * (int)c, 1, CELL),
                        (int)(from * m->layers + to), focused);
            draw_cell(m, a, r, line, HEAD + CELL * (int)c, from, to, here ? ON_CURSOR : 0);
        }
    }
}
