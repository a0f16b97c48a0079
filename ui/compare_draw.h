/* Drawing the Compare view: which fits and how much they share, above; layer pairs; the greatest
 * changes. */
#ifndef UI_COMPARE_DRAW_H
#define UI_COMPARE_DRAW_H

#include "src/circuit/compare.h"
#include "ui/app.h"

typedef struct compare_picture {
    app *a;
    int64_t fit_a, fit_b;
    const comparison *found; /* NULL: nothing is here yet */
    const uint32_t *listed; /* the changes that are listed */
    uint32_t only;          /* the layer pair they are of, or NOTHING: of all */
    list *pairs, *changes;
    bool in_pairs;
} compare_picture;

void compare_draw(const compare_picture *p, region body);

#endif
