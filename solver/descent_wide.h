/* The inner solver for working sets too large for a Gram matrix. */
#ifndef SOLVER_DESCENT_WIDE_H
#define SOLVER_DESCENT_WIDE_H

#include "solver/certificate.h"

/* Some sweeps of coordinate descent over c's working set, changing u (which c borrows).
 * threshold: M lambda, for unscaled y. r: scratch, rows long. */
void descent_wide(const lasso_design *design, const candidate *c, double *u, double threshold,
                  double *r, const atomic_bool *cancel);

#endif
