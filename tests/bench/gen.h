/* Synthetic layer pairs with a planted sparse circuit: with the skew of SAE features, or dense. */
#ifndef TESTS_BENCH_GEN_H
#define TESTS_BENCH_GEN_H

#include "src/base/matrix.h"

typedef struct gen_size {
    const char *name;
    uint32_t rows, cols;
    double entries_a_row; /* 0: a dense layer of correlated normals */
} gen_size;

/* tiny, small, medium, large, ..., dense4096; ends with a NULL name. */
extern const gen_size gen_sizes[];

/* Source x and target y, both rows x cols, from a seed alone. Ends the program when out of
 * memory. */
void gen_pair(const gen_size *size, uint64_t seed, matrix *x, matrix *y);

#endif
