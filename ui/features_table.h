/* Drawing the table of features: which columns the width allows, and their cells. */
#ifndef UI_FEATURES_TABLE_H
#define UI_FEATURES_TABLE_H

#include "ui/app.h"
#include "ui/features_rows.h"

/* The heads on r's first line, the rows below. `named`: rows are of several layers and show
 * their whole names. words: are searched for, and marked in labels. table may be NULL: heads only.
 */
void features_table_draw(app *a, list *l, const feature_rows *rows, const feature_table *table,
                         const feature_order *order, bool named, const char *words, region r,
                         bool focused);

#endif
