/* Coordinate descent on the residual itself: a step along feature k costs the entries of its
 * column, twice, and nothing has to be stored but r. It serves targets with thousands of
 * parents (lambda near zero), where a Gram matrix of the working set would cost more memory than
 * such a fit deserves.
 *
 * r is kept up to a constant: moving a_k by d changes the true residual by -d (z_k - mu_k), of
 * which only -d z_k is carried out. As (z_k - mu_k)'1 = 0, the constant never enters
 * (z_k - mu_k)'r = z_k'r - mu_k sum(r). */
#include "solver/descent_wide.h"

#include <math.h>

enum { SWEEPS = 20, STEPS_A_POLL = 256 };

static void move(design_column z, double step, double *r)
{
    for (uint64_t e = 0; e < z.count; e++)
        r[z.row ? z.row[e] : e] -= step * (double)z.value[e];
}

void descent_wide(const lasso_design *design, const candidate *c, double *u, double threshold,
                  double *r, const atomic_bool *cancel)
{
    residual now = residual_compute(design, c, r);
    double sum = now.sum;
    uint64_t steps = 0;
    for (unsigned sweep = 0; sweep < SWEEPS; sweep++) {
        for (uint32_t j = 0; j < c->size; j++) {
            if (++steps % STEPS_A_POLL == 0 && cancel && atomic_load(cancel))
                return;
            uint32_t k = c->rank[j];
            design_column z = design_get(design, k);
            double penalty = design->penalty[k];
            double old = candidate_weight(design, c, j);
            double curvature = design->norm[k] * design->norm[k] + design->ridge[k];
            double pull =
                design_dot(z, r) - design->mean[k] * sum + design->norm[k] * design->norm[k] * old;
            double excess = fabs(pull) - threshold * penalty;
            u[j] = excess > 0
                       ? copysign(excess, pull) / curvature * (design->norm[k] / c->moments->norm)
                       : 0;
            double step = candidate_weight(design, c, j) - old;
            if (step == 0)
                continue;
            move(z, step, r);
            sum -= step * design->rows * design->mean[k];
        }
    }
}
