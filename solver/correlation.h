/* Z~'v for one vector, exactly, in double: the target's own correlations, and FISTA's gradients.
 */
#ifndef SOLVER_CORRELATION_H
#define SOLVER_CORRELATION_H

#include "solver/design.h"

/* Whether correlation_of_target costs less than a lane of a pass over the data. */
bool correlation_is_cheap(const lasso_design *design, const matrix *y, uint32_t column);

/* out[rank] = (z_rank - mean)'y for every rank, from the rows that y touches (sparse layers). */
void correlation_of_target(const lasso_design *design, const matrix *y, uint32_t column,
                           double y_sum, double *out);

/* out[rank] = (z_rank - mean)'v, v with the given sum, one column after the other. */
void correlation_of_vector(const lasso_design *design, const double *v, double sum, double *out);

#endif
