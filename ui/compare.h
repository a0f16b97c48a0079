/* What other views may ask of the Compare view. */
#ifndef UI_COMPARE_H
#define UI_COMPARE_H

#include "ui/app.h"

/* Compares fit `b` against fit `a`. */
unsigned compare_go(app *a, int64_t fit_a, int64_t fit_b);

#endif
