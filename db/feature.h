/* Features: labels and the statistics that a dashboard shows. */
#ifndef DB_FEATURE_H
#define DB_FEATURE_H

#include "db/db.h"

#define FEATURE_BINS 24

typedef struct feature_stats {
    uint32_t active;
    double mean, sd, active_mean, minimum, maximum;
    uint32_t histogram[FEATURE_BINS]; /* nonzero values, equal bins from least to greatest */
} feature_stats;

/* Statistics of features first .. first + count - 1. */
status feature_add(db *d, int64_t layer_id, uint32_t first, const feature_stats *stats,
                   uint32_t count, error *err);
/* label and source as imported (raw; NULL takes it away); also what full-text search finds. No
 * such feature: STATUS_INPUT. */
status feature_set_label(db *d, int64_t layer_id, uint32_t feature, const char *label,
                         const char *source, error *err);

typedef struct feature_row {
    int64_t layer_id;
    uint32_t feature;
    uint32_t active;
    float mean, sd, active_mean, minimum, maximum;
    const char *label; /* NULL: none. Raw: clean it before showing. Owned by the table */
} feature_row;

/* Many rows with their labels in one arena. */
typedef struct feature_table {
    feature_row *row;
    uint32_t count;
    char *labels;
} feature_table;

/* All features of a layer by index (row[i].feature == i). */
status feature_list(db *d, int64_t layer_id, feature_table *out, error *err);

/* Features of any layer (layer_id 0) or one whose label matches all words of `words`, each as a
 * prefix, best first, at most `limit`. Words are data, never query syntax. When there are none,
 * or `words` has neither letter nor digit: those whose label contains the text as it stands
 * (all labelled ones for an empty text), by layer and index. */
status feature_search(db *d, const char *words, int64_t layer_id, uint32_t limit,
                      feature_table *out, error *err);
void feature_table_release(feature_table *table);

typedef struct feature_detail {
    feature_stats stats;
    char *label, *label_source; /* raw; may be NULL */
} feature_detail;

status feature_get(db *d, int64_t layer_id, uint32_t feature, feature_detail *out, error *err);
void feature_detail_release(feature_detail *detail);

#endif
