/* Which features the table shows, and in which order: an array of row numbers, filtered and
 * sorted, so that a layer of 131,072 features is rearranged in a few milliseconds and drawn by its
 * visible rows alone. */
#ifndef UI_FEATURES_ROWS_H
#define UI_FEATURES_ROWS_H

#include "db/feature.h"
#include "db/layer.h"
#include "db/note.h"
#include "src/circuit/circuit.h"
#include "src/circuit/filter.h"

/* column, head, columns on the screen, whether the first sort by it shows the greatest first.
 * The head of the label column takes what the others leave. */
#define FEATURE_COLUMN_LIST(X)                                                                    \
    X(COLUMN_INDEX, "index", 6, false)                                                            \
    X(COLUMN_LABEL, "label", 0, false)                                                            \
    X(COLUMN_DENSITY, "density", 8, true)                                                         \
    X(COLUMN_MEAN, "mean", 8, true)                                                               \
    X(COLUMN_MAX, "max", 8, true)                                                                 \
    X(COLUMN_IN, "in", 5, true)                                                                   \
    X(COLUMN_OUT, "out", 5, true)

typedef enum feature_column {
#define FEATURE_COLUMN_ENUM(id, head, width, falling) id,
    FEATURE_COLUMN_LIST(FEATURE_COLUMN_ENUM)
#undef FEATURE_COLUMN_ENUM
        COLUMN_COUNT
} feature_column;

const char *feature_column_head(feature_column column);
int feature_column_width(feature_column column);
bool feature_column_falls(feature_column column);

typedef struct feature_order {
    feature_column column;
    bool turned;   /* against the column's usual direction */
    bool as_found; /* no sorting: search results, best first */
    bool hide_dead;
    const char *words; /* all of them in the label, in any order; "" : every feature */
    filter filter;     /* what else must hold */
} feature_order;

typedef struct feature_rows {
    uint32_t *item; /* places in the table */
    uint32_t count;
    uint32_t dead; /* hidden because they are never active */
    bool fuzzy;    /* no label had the words: these have their letters */
} feature_rows;

/* The rows of `table` (clean labels) in this order. The circuit (NULL: none) gives degrees. Where
 * no label has the words, those that have their letters in this order are taken; they come best
 * first unless another column than the index is asked for. */
void feature_rows_make(feature_rows *rows, const feature_table *table, const layer_set *layers,
                       const note_set *notes, const circuit *c, const feature_order *order);
void feature_rows_release(feature_rows *rows);

/* Where a feature of a layer stands in the rows; UINT32_MAX: it does not. */
uint32_t feature_rows_find(const feature_rows *rows, const feature_table *table, int64_t layer_id,
                           uint32_t feature);

/* Whether a row passes a filter, its notes and degrees looked up where the filter needs them. */
bool feature_row_passes(const filter *f, const feature_row *row, const layer_set *layers,
                        const note_set *notes, const circuit *c);

/* Edges into and out of a row's feature. */
void feature_degrees(const circuit *c, const layer_set *layers, const feature_row *row,
                     uint32_t *in, uint32_t *out);

/* Whether every word of `words` occurs in the clean label. */
bool label_has_words(const char *label, const char *words);

#endif
