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

/* The facts of one point in a line: `lambda 0.00206, 13 features, explained 0.61`. Returns out. */
char *target_fit_point(char *out, size_t capacity, const variable_fit *f, uint32_t point);

#endif
