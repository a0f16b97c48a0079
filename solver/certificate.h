/* Residuals and relative duality gaps, in double, from the data. */
#ifndef SOLVER_CERTIFICATE_H
#define SOLVER_CERTIFICATE_H

#include "solver/design.h"

/* One target column with its coefficients: all that a certificate needs beside the design. */
typedef struct candidate {
    const matrix *y;
    uint32_t column;
    const column_moments *moments; /* of that column */
    uint32_t size;
    const uint32_t *rank;
    const double *u; /* a_k = u_k |y - ybar| / |z_k - mu_k| */
} candidate;

static inline double candidate_weight(const lasso_design *design, const candidate *c, uint32_t j)
{
    return c->u[j] * (c->moments->norm * design->inverse[c->rank[j]]);
}

/* What is left of the target: r = y - Z a - b with the best intercept b. */
typedef struct residual {
    double intercept;
    double sum; /* of r: zero but for rounding */
    double rr;  /* |r - mean(r)|^2 */
    double ry;  /* r'(y - ybar) */
} residual;

/* Fills r (rows long). */
residual residual_compute(const lasso_design *design, const candidate *c, double *r);

/* The gap of coefficients with this residual, given worst = max over k of
 * |(z_k - mu_k)'r - kappa_k a_k| / p_k; threshold = M lambda, on the same scale. */
double certificate_gap(const lasso_design *design, const candidate *c, const residual *r,
                       double worst, double threshold);

/* At lambda = 0 with a ridge: what a feature with g = (z_k - mu_k)'r - kappa_k a_k adds to the
 * gap. */
double certificate_ridge_part(const lasso_design *design, const candidate *c, uint32_t rank,
                              double g);

#endif
