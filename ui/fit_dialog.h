/* The dialog that starts a fit. */
#ifndef UI_FIT_DIALOG_H
#define UI_FIT_DIALOG_H

#include "ui/app.h"

/* Of adjacent pairs of the chosen layers (positions, ascending; NULL: all layers). Copies. */
void fit_dialog_open(app *a, const uint32_t *chosen, uint32_t count);

/* With another fit's layers and settings to start from. */
void fit_dialog_open_like(app *a, const fit *like);

#endif
