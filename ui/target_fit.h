/* The features of a target variable's fit, ranked, for each class and each point of the path: a
 * page over the view. */
#ifndef UI_TARGET_FIT_H
#define UI_TARGET_FIT_H

#include "db/variable.h"
#include "ui/app.h"

typedef struct target_page target_page;

/* Opens the page at a point of the path; reads the weights behind it. The fit must be done. */
void target_fit_open(app *a, const variable_fit *f, uint32_t point);

/* True: the answer was for the page. */
bool target_fit_answer(app *a, int kind, reader_answer *answer);

/* What Fits says of it below the list: a point of the path in a line, and one sentence on what to
 * do about it, or how far it is. */
void target_fit_draw_point(region r, int line, const variable_fit *f, uint32_t point, style on);
void target_fit_draw_hint(const app *a, const fit *f, region r);

#endif
