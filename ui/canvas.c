#include "ui/canvas.h"

#include "src/base/memory.h"
#include "src/base/text.h"

#include <stdlib.h>

enum { NORTH = 1, EAST = 2, SOUTH = 4, WEST = 8, UPRIGHT = NORTH | SOUTH, LEVEL = EAST | WEST };

void canvas_create(canvas *c, int rows, int cols)
{
    c->rows = rows;
    c->cols = cols;
    c->cell = mem_zero((size_t)rows * (size_t)cols, sizeof *c->cell);
}

void canvas_release(canvas *c)
{
    free(c->cell);
    *c = (canvas){0};
}

static canvas_cell *cell_at(const canvas *c, int row, int col)
{
    bool inside = row >= 0 && row < c->rows && col >= 0 && col < c->cols;
    return inside ? &c->cell[(size_t)row * (size_t)c->cols + (size_t)col] : NULL;
}

static void add(canvas *c, int row, int col, int arms, style look, bool lit, bool pin)
{
    canvas_cell *cell = cell_at(c, row, col);
    if (!cell || (cell->lit && !lit))
        return;
    if (lit && !cell->lit && !cell->pinned && !pin) /* over what it crosses; what it joins stays */
        *cell = (canvas_cell){0};
    if (arms & UPRIGHT && !(arms & LEVEL))
        cell->upright_over = true;
    cell->arms |= (uint8_t)arms;
    cell->pinned |= pin;
    cell->lit = lit;
    cell->look = look;
}

void canvas_across(canvas *c, int row, int from, int to, style look, bool lit, bool pin)
{
    for (int col = from; col <= to; col++)
        add(c, row, col, (col > from ? WEST : 0) | (col < to ? EAST : 0), look, lit,
            pin && (col == from || col == to));
}

void canvas_down(canvas *c, int col, int from, int to, style look, bool lit, bool pin)
{
    for (int row = from; row <= to; row++)
        add(c, row, col, (row > from ? NORTH : 0) | (row < to ? SOUTH : 0), look, lit,
            pin && (row == from || row == to));
}

void canvas_side(canvas *c, int row, int col, style look, bool lit)
{
    add(c, row, col, UPRIGHT, look, lit, true);
}

void canvas_head(canvas *c, int row, int col, style look, bool lit)
{
    add(c, row, col, 0, look, lit, true);
    canvas_cell *cell = cell_at(c, row, col);
    if (cell && cell->lit == lit)
        cell->head = true;
}

static const char *glyph_of(const canvas_cell *cell)
{
    /* by arms: north 1, east 2, south 4, west 8 */
    static const char *const fine[] = {" ", "╵", "╶", "└", "╷", "│", "┌", "├",
                                       "╴", "┘", "─", "┴", "┐", "┤", "┬", "┼"};
    static const char *const plain[] = {" ", "|", "-", "+", "|", "|", "+", "+",
                                        "-", "+", "-", "+", "+", "+", "+", "+"};
    int arms = cell->arms;
    if (cell->head)
        return text_is_utf8() ? "▸" : ">";
    if (!cell->pinned && arms & UPRIGHT && arms & LEVEL)
        arms = cell->upright_over ? UPRIGHT : LEVEL;
    return text_is_utf8() ? fine[arms] : plain[arms];
}

void canvas_draw(const canvas *c, region r, int top, int left)
{
    for (int row = 0; row < r.rows; row++)
        for (int col = 0; col < r.cols; col++) {
            const canvas_cell *cell = cell_at(c, top + row, left + col);
            if (cell && (cell->arms || cell->head))
                draw_text(r, row, col, 1, cell->look, glyph_of(cell));
        }
}
