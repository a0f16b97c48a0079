/* One layer's activation matrix in memory: samples x features, by columns.
 *
 * Sparse (SAE layers): compressed columns; column k holds the entries
 * col_start[k] .. col_start[k+1]-1, row indices strictly ascending. Dense (neuron and component
 * layers): `value` holds rows * cols floats, one column after the other; row and col_start are
 * NULL. Values are finite. */
#ifndef BASE_MATRIX_H
#define BASE_MATRIX_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct matrix {
    uint32_t rows; /* samples */
    uint32_t cols; /* features */
    bool dense;
    uint64_t *col_start; /* sparse: cols + 1 */
    uint32_t *row;       /* sparse: col_start[cols] */
    float *value;        /* sparse: col_start[cols]; dense: rows * cols */
} matrix;

/* Takes memory for `nonzeros` entries (ignored when dense). Contents are not set. */
status matrix_create(matrix *m, uint32_t rows, uint32_t cols, bool dense, uint64_t nonzeros,
                     error *err);

/* Frees what m owns; m may be zeroed or already released. */
void matrix_release(matrix *m);

/* Stored entries: nonzeros of a sparse matrix, rows * cols of a dense one. */
uint64_t matrix_entries(const matrix *m);

#endif
