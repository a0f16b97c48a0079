/* Synthetic layer pairs with the skew of SAE features and a planted sparse circuit. */
#ifndef TESTS_BENCH_GEN_H
#define TESTS_BENCH_GEN_H

#include "src/base/matrix.h"

typedef struct gen_size {
    const char *name;
    uint32_t rows, cols;
    double entries_a_row;
} gen_size;

/* tiny, small, medium, large; ends with a NULL name. */
extern const gen_size gen_sizes[];

/* Source x and target y, both rows x cols, from a seed alone. Ends the program when out of
 * memory. */
void gen_pair(const gen_size *size, uint64_t seed, matrix *x, matrix *y);

#endif
