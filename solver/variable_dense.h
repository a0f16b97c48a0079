/* The two inner loops over a column of a dense layer, for AVX2 with FMA and in plain C. A result
 * depends on its arguments and the machine alone. */
#ifndef SOLVER_VARIABLE_DENSE_H
#define SOLVER_VARIABLE_DENSE_H

#include <stddef.h>

typedef struct dense_loops {
    const char *name;
    /* sum of z[i] v[i] */
    double (*dot)(const float *z, const double *v, size_t count);
    /* r[i] -= step z[i] w[i] */
    void (*subtract)(double *r, const float *z, const double *w, double step, size_t count);
} dense_loops;

/* The best the machine can run. */
const dense_loops *dense_loops_choose(void);

/* All that the machine can run, plain C first; NULL after the last. For tests. */
const dense_loops *const *dense_loops_all(void);

#endif
