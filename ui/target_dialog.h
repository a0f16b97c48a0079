/* The dialog that starts a fit of a target variable. */
#ifndef UI_TARGET_DIALOG_H
#define UI_TARGET_DIALOG_H

#include "db/variable.h"
#include "ui/app.h"

/* On the chosen layers (positions, ascending), side by side. Copies. */
void target_dialog_open(app *a, const uint32_t *chosen, uint32_t count);

/* With another fit's variable, layers and settings to start from. */
void target_dialog_open_like(app *a, const variable_fit *like);

#endif
