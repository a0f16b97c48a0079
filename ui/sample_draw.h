/* Drawing the Sample view: the document's tokens with the activity under them, and below the two
 * lists of what is active at the present one. */
#ifndef UI_SAMPLE_DRAW_H
#define UI_SAMPLE_DRAW_H

#include "ui/sample_lists.h"

typedef struct sample_picture {
    app *a;
    uint32_t sample;
    const sample_text *text;    /* NULL: not here yet */
    sample_layer *const *layer; /* by position */
    uint32_t layers, layers_read;
    const float *shade; /* by token */
    float shade_most;
    bool by_all;                /* shaded by all features together */
    uint32_t position, feature; /* shaded by; NOTHING: none */
    const sample_lists *lists;
    list *features, *edges;
    bool on_edges, zoomed;
    int top; /* first line of the text that shows; kept by drawing */
} sample_picture;

void sample_draw(sample_picture *p, region body);

#endif
