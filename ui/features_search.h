/* A search over the labels of the whole study, done by the workspace on the reader's thread. */
#ifndef UI_FEATURES_SEARCH_H
#define UI_FEATURES_SEARCH_H

#include "ui/app.h"

enum { FEATURES_FOUND_MOST = 2000 };

typedef struct features_found {
    feature_table table; /* best first; labels clean */
    char **label;        /* owns them */
    char **noted;        /* owns those with the user's notes over them; NULL: nothing is noted */
} features_found;

/* Asks; the answer is READ_SEARCH with a features_found. Each new ask replaces the last. */
void features_search(app *a, const char *words);
/* Lays the user's notes over the labels, as they are now. */
void features_found_note(features_found *f, const note_set *set);

void features_found_free(void *found); /* NULL is fine */

#endif
