/* The dialog that starts `debias`: does a classifier lean on an attribute that it should not know
 * of, and what does it do without the features that carry it? */
#ifndef UI_DEBIAS_DIALOG_H
#define UI_DEBIAS_DIALOG_H

#include "ui/app.h"

/* What the study lacks for it, a clause without a full stop; empty: nothing. held_out: documents.
 */
const char *debias_lacks(const target_set *targets, uint32_t held_out);

/* Opens it with this fit of a class variable to start from; 0: the newest that there is, or else a
 * new one. False, and says so, when debias_lacks has something to say. */
bool debias_dialog_open(app *a, int64_t fit_id);

#endif
