/* FISTA, the algorithm of the paper, as the reference that production is held against. */
#ifndef SOLVER_FISTA_H
#define SOLVER_FISTA_H

#include "solver/target.h"

/* The step's denominator: largest eigenvalue of the normalised, centred Gram matrix with ridge. */
status fista_lipschitz(const lasso_design *design, const atomic_bool *cancel, double *lipschitz,
                       error *err);

/* Solves the target of lane t from begin to end. */
target_step fista_run(workspace *w, const target_rules *rules, uint32_t t);

#endif
