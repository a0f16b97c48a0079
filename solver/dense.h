/* One pass over a dense layer for many targets: which features break their bound. */
#ifndef SOLVER_DENSE_H
#define SOLVER_DENSE_H

#include "solver/product.h"
#include "solver/screen.h"

/* Lays the residual r of the lane, which l->r belongs to, beside those of the others. */
void dense_lay(product *p, const lasso_design *design, const lane *l, const double *r, uint32_t t);

/* Forms the products of all features with the residuals of the busy lanes. False: the solve was
 * cancelled meanwhile. */
bool dense_pass(product *p, const lasso_design *design, const lane *lanes,
                const atomic_bool *cancel);

/* How far estimates of (z_k - mu_k)'r may be off: |z_k - mu_k| (all + shifted * dense_shift(k)).
 */
typedef struct dense_doubt {
    double all, shifted;
} dense_doubt;

/* g[k]: the products of lane t, by rank. Columns that float cannot carry are exact. `r` as in
 * dense_lay. */
dense_doubt dense_estimates(const product *p, const lasso_design *design, const lane *l,
                            const double *r, uint32_t t, double *g);

/* A float's rounding, and what a product of unit columns in float tiles can be off by. */
static const double dense_rounding = 0x1p-24;
static const double dense_error = 144 * 0x1p-24;

/* How far a mean in float may lie from the mean, in deviations: a_k in dense.c. */
static inline double dense_shift(const lasso_design *design, uint32_t rank)
{
    return dense_rounding * sqrt(design->rows) * fabs(design->mean[rank]) * design->inverse[rank];
}

/* (z_k - mu_k)'r in double, r with the given sum. */
double dense_exact(const lasso_design *design, uint32_t rank, const double *r, double sum);

/* No coefficients yet, g being estimates of the correlations: sets lambda_max exactly, in `worst`
 * too. What had to be computed for it replaces its estimate. */
void dense_largest(const lasso_design *design, lane *l, const double *r, double *g,
                   dense_doubt doubt);

/* Features outside the working set with |g_k| above l->limit become the lane's violators. False:
 * out of memory. */
bool dense_candidates(const lasso_design *design, lane *l, const double *g);

/* The certificate's part of all features, from estimates g of (z_k - mu_k)'r: what they leave
 * open, and the parents, is computed from the data. Sets g, worst and violators of the lane.
 * False: out of memory. */
bool dense_settle(const lasso_design *design, lane *l, const double *r, double *g,
                  dense_doubt doubt);

#endif
