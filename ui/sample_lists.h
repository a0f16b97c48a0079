/* The two lists of the Sample view: the features that are active at a sample, layer by layer, and
 * the edges that they light up, layer pair by layer pair; strongest first. */
#ifndef UI_SAMPLE_LISTS_H
#define UI_SAMPLE_LISTS_H

#include "src/circuit/sample.h"
#include "ui/sample_read.h"

enum { ACTIVE_MOST = 256 /* listed of a layer: of a dense one everything is active */ };

typedef struct active_feature {
    uint32_t position, feature;
    float value;
} active_feature;

/* Items under one head. */
typedef struct sample_group {
    uint32_t source, target; /* positions; of features both are their layer's */
    uint32_t start, count;   /* items */
    uint32_t all;            /* the same with those that are too many to list */
} sample_group;

typedef struct sample_list {
    sample_group *group;
    uint32_t group_count;
    uint32_t rows, items; /* rows: heads and items */
} sample_list;

typedef struct sample_lists {
    active_feature *active; /* items of `features` */
    uint32_t active_count;
    sample_circuit at; /* its edges are the items of `edges` */
    sample_list features, edges;
} sample_lists;

/* Of a sample. read[position] is NULL where it is not read yet; c may be NULL. At most `edges` of
 * a layer pair are listed. */
void sample_lists_make(sample_lists *lists, sample_layer *const *read, uint32_t layers,
                       uint32_t sample, const circuit *c, uint32_t edges);
void sample_lists_release(sample_lists *lists);

/* The group of a row, NULL when there is no such row; *item is NOTHING for its head. */
const sample_group *sample_list_at(const sample_list *l, uint32_t row, uint32_t *item);
/* The row of an item. */
uint32_t sample_list_row(const sample_list *l, uint32_t item);

#endif
