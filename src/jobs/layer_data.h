/* A layer as fits need it: its activations and what turns coefficients into edge strengths. */
#ifndef JOBS_LAYER_DATA_H
#define JOBS_LAYER_DATA_H

#include "db/layer.h"

typedef struct layer_data {
    int64_t layer_id;     /* 0: nothing is loaded */
    matrix m;             /* samples x features */
    double *sd;           /* per feature */
    double *active_mean;  /* per feature, over the samples where it is not zero */
} layer_data;

/* Loads the layer unless it is loaded already. */
status layer_data_load(layer_data *data, db *d, const layer *from, error *err);
void layer_data_release(layer_data *data); /* a zeroed one is fine */

/* Several layers side by side, in the order given: features of the first, then of the second, ...
 * Dense if all are, else sparse. The parts stay as they are. */
status layer_data_stack(layer_data *out, const layer_data *part, uint32_t parts, error *err);

#endif
