/* What other views may ask of the Paths view. */
#ifndef UI_PATHS_H
#define UI_PATHS_H

#include "ui/paths_find.h"

/* `{` and `}` at a feature: marks it as the beginning or end of paths, or takes the mark away. */
unsigned paths_mark(app *a, action_id what, uint32_t position, uint32_t feature);

/* The strongest paths between the present marks in the present circuit, or NULL: not here yet (it
 * has been asked for and the screen is drawn again when it comes), or there is no circuit. */
const path_listing *paths_listing(app *a);

/* Whether a listing has been asked for and is on its way. */
bool paths_coming(const app *a);

/* `from 2.resid_post/3 "..." to ...`: what a listing is of, in words. Returns out. */
char *paths_subject(app *a, const path_listing *l, char *out, size_t capacity);

#endif
