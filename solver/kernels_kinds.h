/* The kinds of kernels: plain C, and two for x86-64. */
#ifndef SOLVER_KERNELS_KINDS_H
#define SOLVER_KERNELS_KINDS_H

#include "solver/kernels.h"

extern const kernels kernels_plain;

/* Those of kernels_plain that another kind has no better one for. */
void plain_pick(float *out, const float *row, const kernel_pick *picks, size_t count);
size_t plain_next_above(const double *g, const double *penalty, double limit, size_t from,
                        size_t count);
void plain_finish_row(float *out, double *sums, double rows, double mean, const double *means,
                      double inverse, const double *inverses, size_t count);

#if defined(__x86_64__)
extern const kernels kernels_avx2, kernels_avx512;
#endif

#endif
