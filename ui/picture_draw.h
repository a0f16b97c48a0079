/* How a layered picture looks in the terminal. */
#ifndef UI_PICTURE_DRAW_H
#define UI_PICTURE_DRAW_H

#include "ui/picture_words.h"

typedef struct picture_shown {
    app *a;
    const circuit *c;
    const picture *p;
    const picture_outcome *outcome;
    uint32_t cursor; /* box */
    int top, left;   /* what of it is on the screen; kept between drawings */
    char subject[256];
} picture_shown;

/* Boxes of one layer for which the body has room. */
uint32_t picture_fits(region body);

/* Draws; top and left follow the cursor. */
void picture_draw(picture_shown *s, region body);

#endif
