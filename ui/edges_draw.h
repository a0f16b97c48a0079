/* Drawing the Circuit view: what is listed and what is hidden, above; the edges; the reminder of
 * what their figures mean, below. */
#ifndef UI_EDGES_DRAW_H
#define UI_EDGES_DRAW_H

#include "src/circuit/filter.h"
#include "ui/app.h"
#include "ui/edges_rows.h"
#include "ui/slider.h"

typedef struct edges_picture {
    app *a;
    const edges_rows *rows;
    const edges_choice *choice;
    const char *words, *filter;  /* "" : none */
    const edge_filter *filtered; /* what `filter` says */
    list *list;
    const slider *slider;
    bool rested; /* the labels of the edge at hand are wanted in whole */
} edges_picture;

void edges_draw(const edges_picture *p, region body);

#endif
