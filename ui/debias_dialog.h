/* The dialog that starts `debias`: does a classifier lean on an attribute that it should not know
 * of, and what does it do without the features that carry it? */
#ifndef UI_DEBIAS_DIALOG_H
#define UI_DEBIAS_DIALOG_H

#include "ui/app.h"

/* Opens it with this fit of a class variable to start from; 0: the newest that there is, or else a
 * new one. False, and says so, when the study has not two variables with classes. */
bool debias_dialog_open(app *a, int64_t fit_id);

#endif
