/* Drawing the Sample view: the document's tokens with the activity under them, and below the two
 * lists of what is active at the present one. */
#ifndef UI_SAMPLE_DRAW_H
#define UI_SAMPLE_DRAW_H

#include "ui/sample_state.h"

/* Scrolls the text (v->top) so that the sample is in sight. */
void sample_draw(app *a, sample_state *v, region body);

#endif
