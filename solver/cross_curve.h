/* What both cross-validations share: folds checked, errors of folds turned into a curve. */
#ifndef SOLVER_CROSS_CURVE_H
#define SOLVER_CROSS_CURVE_H

#include "solver/cross.h"

/* STATUS_USAGE unless there are two folds or more and each has samples. */
status cross_check_folds(const cross_folds *folds, uint32_t rows, error *err);

/* keep[i] = whether sample i is in the fold (held) or outside it; returns how many are. */
uint32_t cross_mark(const cross_folds *folds, uint32_t rows, uint32_t fold, bool held,
                    uint8_t *keep);

/* error[f * count + i]: mean held-out error of fold f at lambda[i]; samples[f]: its size.
 * Accuracies are left NaN. */
status cross_curve_create(cross_curve *out, const double *lambda, uint32_t count,
                          const double *fold_error, const uint32_t *samples, uint32_t folds,
                          error *err);

#endif
