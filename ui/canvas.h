/* A plane of cells on which lines and boxes are drawn, larger than the screen if need be. Lines
 * that meet where one of them is pinned down join; elsewhere they cross, one passing over the
 * other. Lit lines pass over all others. */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include "ui/draw.h"

#include <stdbool.h>

typedef struct canvas_cell {
    uint8_t arms;           /* CANVAS_... */
    bool pinned;            /* its arms belong together */
    bool lit, upright_over; /* of a crossing: the vertical line passes over */
    bool head;              /* an arrow's */
    style look;
} canvas_cell;

typedef struct canvas {
    int rows, cols;
    canvas_cell *cell;
} canvas;

void canvas_create(canvas *c, int rows, int cols);
void canvas_release(canvas *c);

/* A line between two cells of one row or one column, both included; `pin` its ends to what else
 * is, or comes to be, there. */
void canvas_across(canvas *c, int row, int from, int to, style look, bool lit, bool pin);
void canvas_down(canvas *c, int col, int from, int to, style look, bool lit, bool pin);

/* One cell of a box's side. */
void canvas_side(canvas *c, int row, int col, style look, bool lit);

/* The cell becomes an arrow's head, pointing right. */
void canvas_head(canvas *c, int row, int col, style look, bool lit);

/* The part of the canvas from (top, left) on, into the region. */
void canvas_draw(const canvas *c, region r, int top, int left);

#endif
