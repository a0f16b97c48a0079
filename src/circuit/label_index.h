/* All labels of a study in memory, so that each letter of a search over 400,000 of them is
 * answered within a few hundredths of a second. */
#ifndef CIRCUIT_LABEL_INDEX_H
#define CIRCUIT_LABEL_INDEX_H

#include "db/feature.h"

/* How labels were found. */
typedef enum label_match {
    LABEL_FUZZY,    /* they have the letters, in this order */
    LABEL_CONTAINS, /* they contain the text as it stands */
    LABEL_WORDS     /* they have words that begin with each of these */
} label_match;

typedef struct label_index label_index;

label_index *label_index_create(void);
void label_index_free(label_index *x); /* NULL is fine */

/* Reads what is not read yet, layer by layer; what an interrupt cuts off goes on at the next
 * call. `stamp` is any text that changes when the study's layers do: then all is read anew. */
status label_index_read(label_index *x, db *d, const char *stamp, error *err);

/* At most `limit` features whose label, or what the user noted on them, matches in the best way
 * that any does; best first, in order of layers where they are equal. An empty text finds nothing.
 * Labels are raw. label_index_read comes first. */
status label_index_search(label_index *x, db *d, const char *text, uint32_t limit,
                          feature_table *out, label_match *how, error *err);

#endif
