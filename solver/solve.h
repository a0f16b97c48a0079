/* Solving targets at a lambda that is already chosen. */
#ifndef SOLVER_SOLVE_H
#define SOLVER_SOLVE_H

#include "solver/lasso.h"

/* STATUS_USAGE when the shapes do not fit, or the design was prepared for another problem. */
status solve_check(const lasso_design *design, const matrix *y, const uint32_t *targets,
                   uint32_t count, const lasso_settings *settings, error *err);

/* As lasso_path, after its checks: level[0..points) are lambdas, or fractions with
 * LASSO_OF_TARGET; `report` is zeroed by the caller. */
status solve_run(const lasso_design *design, const matrix *y, const uint32_t *targets,
                 uint32_t count, const lasso_settings *settings, const double *level,
                 uint32_t points, const lasso_hooks *hooks, lasso_report *report, error *err);

#endif
