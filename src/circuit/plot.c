#include "src/circuit/plot.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ACROSS = 2, DOWN = 4 }; /* dots of a cell */

void plot_create(plot *p, int rows, int cols, plot_axis x, plot_axis y)
{
    size_t cells = (size_t)rows * (size_t)cols;
    *p = (plot){rows, cols, x, y, mem_zero(cells, 1), mem_zero(cells, 1)};
}

void plot_release(plot *p)
{
    free(p->dots);
    free(p->pen);
    *p = (plot){0};
}

/* 0 at the axis' beginning, 1 at its end; NaN where it has no place. */
static double along(const plot_axis *axis, double value)
{
    if (!axis->logarithmic)
        return (value - axis->from) / (axis->to - axis->from);
    return value > 0 ? log(value / axis->from) / log(axis->to / axis->from) : (double)NAN;
}

int plot_place(const plot_axis *axis, int places, double value)
{
    double at = along(axis, value);
    return at >= 0 && at <= 1 ? (int)lround(at * (places - 1)) : -1;
}

/* A dot by its number from the left, and from above. */
static void set_dot(plot *p, int dot, int line, uint8_t pen)
{
    /* Braille numbers its dots 1 2 3 7 down the left column and 4 5 6 8 down the right one */
    static const uint8_t bit[DOWN][ACROSS] = {
        {0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    size_t cell = (size_t)(line / DOWN) * (size_t)p->cols + (size_t)(dot / ACROSS);
    p->dots[cell] |= bit[line % DOWN][dot % ACROSS];
    p->pen[cell] = pen;
}

void plot_dot(plot *p, double x, double y, uint8_t pen)
{
    int dot = plot_place(&p->x, p->cols * ACROSS, x);
    int line = plot_place(&p->y, p->rows * DOWN, y);
    if (dot >= 0 && line >= 0)
        set_dot(p, dot, p->rows * DOWN - 1 - line, pen);
}

static bool is_inked(plot_stroke stroke, long step)
{
    return stroke == PLOT_SOLID || (stroke == PLOT_DASHED ? step % 6 < 4 : step % 4 == 0);
}

void plot_line(plot *p, double x0, double y0, double x1, double y1, plot_stroke stroke,
               uint8_t pen)
{
    double wide = p->cols * ACROSS - 1, high = p->rows * DOWN - 1;
    double fx = along(&p->x, x0) * wide, fy = along(&p->y, y0) * high;
    double tx = along(&p->x, x1) * wide, ty = along(&p->y, y1) * high;
    double length = fmax(fabs(tx - fx), fabs(ty - fy));
    if (!isfinite(length))
        return;
    /* cut to what can be inside, so that a steep line does not take for ever */
    double begin = 0, end = 1;
    const double from[2] = {fx, fy}, by[2] = {tx - fx, ty - fy}, most[2] = {wide, high};
    for (int k = 0; k < 2; k++) {
        if (by[k] == 0) {
            if (from[k] < 0 || from[k] > most[k])
                return;
            continue;
        }
        double low = -from[k] / by[k], top = (most[k] - from[k]) / by[k];
        begin = fmax(begin, fmin(low, top));
        end = fmin(end, fmax(low, top));
    }
    if (begin > end)
        return;
    long steps = lround(ceil(length * (end - begin)));
    for (long i = 0; i <= steps; i++) {
        double t = steps ? begin + (end - begin) * (double)i / (double)steps : begin;
        long dot = lround(fx + t * by[0]), line = lround(fy + t * by[1]);
        /* a pattern is told by its place, so that short pieces of a curve make one stroke */
        long place = fabs(by[0]) >= fabs(by[1]) ? dot : line;
        if (dot >= 0 && dot <= (long)wide && line >= 0 && line <= (long)high &&
            is_inked(stroke, place))
            set_dot(p, (int)dot, p->rows * DOWN - 1 - (int)line, pen);
    }
}

/* What comes nearest in ASCII: where in the cell's height there are dots. */
static char plain(uint8_t dots)
{
    bool above = dots & (0x01 | 0x08), below = dots & (0x40 | 0x80);
    bool between = dots & (0x02 | 0x10 | 0x04 | 0x20);
    int count = 0;
    for (int bits = dots; bits; bits >>= 1)
        count += bits & 1;
    if (count >= 6)
        return '#';
    if (above && below)
        return between ? '|' : ':';
    if (above)
        return between ? '"' : '\'';
    if (below)
        return between ? ',' : '.';
    return '-';
}

const char *plot_cell(const plot *p, int row, int col, bool utf8, char out[4])
{
    uint8_t dots = p->dots[(size_t)row * (size_t)p->cols + (size_t)col];
    memset(out, 0, 4);
    if (dots && utf8) { /* U+2800 and the dots, in UTF-8 */
        out[0] = (char)0xE2;
        out[1] = (char)(0xA0 | dots >> 6);
        out[2] = (char)(0x80 | (dots & 0x3F));
    } else if (dots) {
        out[0] = plain(dots);
    }
    return out;
}
