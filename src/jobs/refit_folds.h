/* Refits on all documents but some, and how well they predict those and their own. */
#ifndef JOBS_REFIT_FOLDS_H
#define JOBS_REFIT_FOLDS_H

#include "src/jobs/refit.h"

/* Of one target, over the folds so far: |y - prediction|^2 and |y - mean|^2, the mean being that
 * of the samples which the refit saw; on these samples, and on those held out. */
typedef struct refit_sums {
    double error_in, deviation_in, error_out, deviation_out;
} refit_sums;

/* Refits the regression on the samples whose fold is not f, and adds to sum (by target column).
 * `fold`: of each sample. */
status refit_fold(refit *r, const refit_regression *g, const uint32_t *fold, uint32_t f,
                  refit_sums *sum, error *err);

/* 1 - errors / deviations; NaN when there was nothing to explain. */
double refit_explained(double errors, double deviations);

#endif
