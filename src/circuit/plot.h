/* Dots and lines on a plane of text cells: 2 x 4 dots a cell in Braille, and a stand-in in ASCII.
 *
 * Axes are linear or logarithmic. What lies outside them is not drawn; a line that leaves them is
 * drawn as far as it is inside. */
#ifndef CIRCUIT_PLOT_H
#define CIRCUIT_PLOT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct plot_axis {
    double from, to; /* from < to; of a logarithmic axis above 0 */
    bool logarithmic;
} plot_axis;

typedef enum plot_stroke { PLOT_SOLID, PLOT_DASHED, PLOT_DOTTED } plot_stroke;

typedef struct plot {
    int rows, cols; /* cells */
    plot_axis x, y; /* y grows upwards */
    uint8_t *dots;  /* by cell, row by row: a Braille pattern's eight bits */
    uint8_t *pen;   /* by cell: what drew there last */
} plot;

/* rows and cols at least 1. */
void plot_create(plot *p, int rows, int cols, plot_axis x, plot_axis y);
void plot_release(plot *p); /* a zeroed one is fine */

/* `pen` is any number of the caller's, such as which series it is. Not finite: nothing is drawn.
 */
void plot_dot(plot *p, double x, double y, uint8_t pen);
void plot_line(plot *p, double x0, double y0, double x1, double y1, plot_stroke stroke,
               uint8_t pen);

/* Where a value stands on an axis of so many places, 0 to places - 1; -1: outside. */
int plot_place(const plot_axis *axis, int places, double value);

/* The cell as text into out (at least 4 bytes), which is returned; "" where nothing is drawn. */
const char *plot_cell(const plot *p, int row, int col, bool utf8, char out[4]);

#endif
