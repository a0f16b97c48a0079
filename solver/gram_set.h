/* All inner products within a working set of a sparse layer. */
#ifndef SOLVER_GRAM_SET_H
#define SOLVER_GRAM_SET_H

#include "solver/lasso.h"

#include <stddef.h>

/* One thread's memory; `matrix` grows with the largest working set. */
typedef struct gram_set {
    float *matrix;   /* row j, from j * stride on: <j, 0> .. <j, size - 1>; 64-aligned */
    uint32_t stride; /* at least the size of the working set */
    size_t room;     /* floats in matrix */
    uint32_t *start; /* rows + 2: where the members that fire in each sample are listed */
    struct gram_fire *fire;
    size_t fire_room;
    struct kernel_pick *picks; /* where the popular members are in a row of the table */
    uint32_t pick_count;
    double *mean, *inverse, *sums; /* of the rare members */
    float *fresh;                  /* a row that is not in the table */
    double *scratch;               /* zeros, as many */
} gram_set;

status gram_set_create(gram_set *set, const lasso_design *design, error *err);
void gram_set_release(gram_set *set);

/* Forms the matrix of the working set rank[0..size), ascending. False: out of memory. */
bool gram_set_form(gram_set *set, const lasso_design *design, const uint32_t *rank, uint32_t size);

#endif
