/* What the Fits view knows: shared by its keys (fits.c) and its drawing (fits_draw.c). */
#ifndef UI_FITS_H
#define UI_FITS_H

#include "ui/app.h"
#include "ui/list.h"

typedef struct fits_state {
    app *a;
    list fits, pairs;
    int64_t at_fit; /* the fit under the cursor: kept when newer ones come on top */
    int name_width; /* of the longest short name of a layer */
    int64_t marked; /* the fit to compare others with; 0: the one before */
    bool in_pairs, zoomed;
} fits_state;

/* The fit in a row, the one under the cursor; NULL: none. */
const fit *fits_at(const app *a, uint32_t row);
const fit *fits_here(const fits_state *v);
/* The one at hand as one of a target variable; NULL: it is of layer pairs. */
const variable_fit *fits_variable_here(const fits_state *v);

void fits_draw(app *a, void *self, region body);

#endif
