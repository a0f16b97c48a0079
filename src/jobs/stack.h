/* Layers side by side, as one source layer. */
#ifndef JOBS_STACK_H
#define JOBS_STACK_H

#include "src/jobs/layer_data.h"

typedef struct stack {
    layer_data data; /* columns of all layers; dense if all layers are */
    uint32_t count;
    int64_t *layer;  /* count ids, in computation order */
    uint32_t *first; /* count + 1: the first column of each */
    char *hash;      /* of the layers' data: what a fit saw */
} stack;

/* Sets all but the data, which stay empty: the order and the hash. Errors as stack_load. */
status stack_arrange(stack *s, const layer_set *layers, const int64_t *id, uint32_t count,
                     error *err);
/* Loads the layers (ids, any order). STATUS_USAGE: none, one twice, or one not in the study. */
status stack_load(stack *s, db *d, const layer_set *layers, const int64_t *id, uint32_t count,
                  error *err);
void stack_release(stack *s);

typedef struct stack_column {
    int64_t layer_id;
    uint32_t feature;
} stack_column;

/* What a column of the matrix is. */
stack_column stack_find(const stack *s, uint32_t column);
/* The other way round; false: there is no such column. */
bool stack_column_of(const stack *s, int64_t layer_id, uint32_t feature, uint32_t *column);

#endif
