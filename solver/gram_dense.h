/* The table of inner products of a dense layer, all of it at once. */
#ifndef SOLVER_GRAM_DENSE_H
#define SOLVER_GRAM_DENSE_H

#include "solver/gram.h"

#include <stdatomic.h>

/* out[c] = <p[c], q>, each with the bits it would have alone. */
void gram_dense_entries(const lasso_design *design, const uint32_t p[4], uint32_t q, float out[4]);

/* Fills what the table lacks, on so many threads. Not doing so, for want of memory or because
 * the solve was cancelled, costs time and nothing else: rows are filled when they are needed. */
void gram_dense_fill(const lasso_design *design, unsigned threads, const atomic_bool *cancel);

#endif
