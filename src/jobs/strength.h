/* How strong the edges of a fit are: what stands beside their coefficients.
 *
 * Source features z_k, target y, coefficients a, the fit's predictions p = Z a + b:
 *
 *     standardised_k = a_k sd(z_k) / sd(y)
 *     removal_k      = s a_k (sum of z_k over the samples where z_k and y are active)
 *                            / (number of samples where z_k is active)
 *     s              = cov(y, p) / var(p)
 *
 * Active means not zero. The removal is by how much the surrogate says that the target falls if
 * the source is removed where it is active: a target that is silent there cannot fall. Penalties
 * pull all coefficients of a target towards zero; s, least squares of the target on its own fit,
 * undoes what they have in common, and is 1 or more at the minimum. */
#ifndef JOBS_STRENGTH_H
#define JOBS_STRENGTH_H

#include "solver/lasso.h"
#include "src/jobs/layer_data.h"

typedef struct edge_strength {
    double standardised, removal;
} edge_strength;

/* Of every edge of one target, in the order of r->source (columns of `source`), and s, which is 1
 * without edges. out: r->parents of them; y: scratch, a number per sample, all zero before and
 * after. */
double strength_measure(const layer_data *source, const layer_data *target, const lasso_result *r,
                        float *y, edge_strength *out);

#endif
