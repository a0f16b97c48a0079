/* Drawing the Tree view: what hangs from what and what is hidden, above; the rows; the reminder of
 * what their figures mean, below. */
#ifndef UI_TREE_DRAW_H
#define UI_TREE_DRAW_H

#include "src/circuit/tree.h"
#include "ui/app.h"

typedef struct tree_picture {
    app *a;
    const tree *t;
    list *list;
    double strongest;      /* |strength| of its edges, for the bars */
    uint64_t weak, beyond; /* hidden edges of what is unfolded */
} tree_picture;

void tree_draw(const tree_picture *p, region body);

#endif
