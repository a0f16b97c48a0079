/* Whether what was predicted is what was measured: on average, in order, and bin by bin.
 *
 * x is predicted, y measured; both are finite, n of each. */
#ifndef CIRCUIT_CALIBRATION_H
#define CIRCUIT_CALIBRATION_H

#include "src/base/error.h"

#include <stddef.h>

enum { CALIBRATION_BINS = 10 };

/* The slope through the origin of y against x (least squares): 1 is calibrated, below 1 is
 * predicted too large. NaN when x is 0 throughout. */
double calibration_slope(const double *x, const double *y, size_t n);

/* Spearman's rank correlation, equal values sharing their mean rank, as scipy.stats.spearmanr. NaN
 * when x or y does not vary. STATUS_MACHINE: memory. */
status calibration_rank(const double *x, const double *y, size_t n, double *out, error *err);

typedef struct calibration_bin {
    size_t count;
    double from, to;            /* least and greatest x */
    double predicted, measured; /* means */
    double deviation;           /* of y, within the bin (population) */
} calibration_bin;

/* Cuts the points by x, ascending, into CALIBRATION_BINS bins with as many points each as can be;
 * equal x keep the order given. *bins: how many have points (n, if fewer). STATUS_MACHINE:
 * memory. */
status calibration_curve(const double *x, const double *y, size_t n,
                         calibration_bin out[CALIBRATION_BINS], size_t *bins, error *err);

#endif
