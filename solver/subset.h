/* Parts of a matrix, copied. */
#ifndef SOLVER_SUBSET_H
#define SOLVER_SUBSET_H

#include "src/base/matrix.h"

/* The samples with keep[i] != 0 (x->rows of them), in order. */
status subset_rows(const matrix *x, const uint8_t *keep, matrix *out, error *err);

/* The columns named, in that order. */
status subset_columns(const matrix *x, const uint32_t *column, uint32_t count, matrix *out,
                      error *err);

#endif
