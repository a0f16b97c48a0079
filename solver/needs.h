/* How much memory a solve takes, from the shapes of its layers alone: what decides, before any
 * work starts, how many threads a memory setting allows and how large a table. */
#ifndef SOLVER_NEEDS_H
#define SOLVER_NEEDS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct layer_shape {
    uint32_t rows, cols;
    uint64_t entries; /* stored ones; rows * cols when dense */
    bool dense;
} layer_shape;

/* Bytes that coordinate descent takes at most. */
typedef struct solve_needs {
    uint64_t shared; /* the prepared source layer, but for its table of inner products */
    uint64_t thread; /* each thread's, two blocks of results in which every feature is a parent
                        among it */
    uint64_t table;  /* the whole table of inner products: more is of no use */
} solve_needs;

/* The layer itself, as matrix.h has it. */
uint64_t layer_shape_bytes(const layer_shape *layer);

/* Of a path of `points` (1: a solve) for all columns of y on x, in blocks of `block` targets. */
solve_needs solve_needs_measure(const layer_shape *x, const layer_shape *y, uint32_t block,
                                uint32_t points);

#endif
