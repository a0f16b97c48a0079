/* A search over the labels of the whole study, done on the reader's thread. */
#ifndef UI_FEATURES_SEARCH_H
#define UI_FEATURES_SEARCH_H

#include "src/circuit/label_index.h"
#include "ui/app.h"

enum { FEATURES_FOUND_MOST = 2000 };

typedef struct features_found {
    feature_table table; /* best first; labels clean */
    label_match how;
    char **label; /* owns them */
    char **noted; /* owns those with the user's notes over them; NULL: nothing is noted */
} features_found;

/* Asks; the answer is READ_SEARCH with a features_found. Each new ask replaces the last. The index
 * belongs to the reader's thread until that has ended. */
void features_search(app *a, label_index *x, const char *words);
/* Lets the index be read while the user still types; nothing is answered that matters. */
void features_search_prepare(app *a, label_index *x);
/* Lays the user's notes over the labels, as they are now. */
void features_found_note(features_found *f, const note_set *set);

void features_found_free(void *found); /* NULL is fine */

#endif
