/* How the Paths view looks. */
#ifndef UI_PATHS_DRAW_H
#define UI_PATHS_DRAW_H

#include "ui/paths.h"

/* A row of the list: a path, or one of its places when it is unfolded. */
typedef struct paths_row {
    uint32_t path, place; /* place NOTHING: the path itself */
} paths_row;

typedef struct paths_picture {
    app *a;
    const path_listing *listing; /* NULL: not here */
    const bool *unfolded;        /* by path */
    list *list;
} paths_picture;

paths_row paths_row_at(const path_listing *l, const bool *unfolded, uint32_t row);

/* "persists: 81% of 70 parents; weakest step": what is said of a place of a path; brief leaves the
 * reasons out. Returns out. */
char *paths_reading(app *a, const path_listing *l, paths_row at, bool brief, char *out,
                    size_t capacity);

void paths_draw(const paths_picture *p, region body);

#endif
