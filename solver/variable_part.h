/* Some of the samples, as a layer and a target variable of their own. */
#ifndef SOLVER_VARIABLE_PART_H
#define SOLVER_VARIABLE_PART_H

#include "solver/variable.h"

typedef struct variable_part {
    matrix x;
    variable v; /* its values are `value` */
    double *value;
} variable_part;

/* The samples with keep[i] != 0 (x->rows of them), in order; copies. STATUS_MACHINE: memory. */
status variable_part_create(variable_part *out, const matrix *x, const variable *v,
                            const uint8_t *keep, error *err);
void variable_part_release(variable_part *p); /* a zeroed one is fine */

#endif
