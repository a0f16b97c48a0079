/* Minus the conjugate of each loss bounds the minimum from below. With residuals u that sum to
 * zero in every output, and s = min(1, lambda / worst),
 *
 *     D = - 1/M sum over i of loss*(-s u_i) - s^2/2 sum kappa_k a_k^2
 *
 * is the dual objective of the Lasso on augmented data (rows sqrt(M kappa_k) e_k below Z) at
 * its residual scaled into the feasible set, as in certificate.c. For the three losses
 *
 *     real     -loss*(-s u) = s u y - (s u)^2 / 2
 *     binary   the entropy of (e, 1 - e), e = s |u|
 *     class    the entropy of s mu + (1 - s) (the sample's own class)
 *
 * At a = 0 with the best intercept D equals P(0), so the gap is 0 from lambda_max up. */
#include "solver/variable_certificate.h"

#include <math.h>

static double entropy(double q)
{
    return q > 0 ? -q * log(q) : 0;
}

/* M times the dual's loss part, for one sample. */
static double dual_of_sample(const variable_model *m, const variable_problem *p, uint32_t i,
                             double s)
{
    if (p->kind == VARIABLE_REAL) {
        double u = s * (p->y[i] - m->eta[i]);
        return u * p->y[i] - 0.5 * u * u;
    }
    if (p->kind == VARIABLE_BINARY) {
        /* 1 - probability as exp(-lse): exact where it is small */
        double e = s * (p->class[i] ? exp(-m->lse[i]) : exp(m->eta[i] - m->lse[i]));
        return entropy(e) - (1 - e) * (e < 1 ? log1p(-e) : 0);
    }
    double sum = 0;
    double others = 0;
    for (uint32_t c = 0; c < p->outputs; c++)
        if (c != p->class[i]) {
            double q = s * exp(m->eta[(size_t)c * p->rows + i] - m->lse[i]);
            sum += entropy(q);
            others += q;
        }
    return sum - (1 - others) * (others < 1 ? log1p(-others) : 0);
}

bool variable_certify(variable_model *m, const variable_problem *p, double lambda,
                      double *gradient, double *u, variable_certificate *out)
{
    variable_model_refresh(m, p);
    if (!variable_model_balance(m, p))
        return false;
    double absolute = 0;
    double squares = 0;
    *out = (variable_certificate){.loss = variable_model_loss(m, p)};
    for (uint32_t c = 0; c < p->outputs; c++) {
        variable_model_residual(m, p, c, u);
        double sum = 0;
        for (uint32_t i = 0; i < p->rows; i++)
            sum += u[i];
        for (uint32_t j = 0; j < p->size; j++) {
            size_t at = (size_t)c * p->size + j;
            variable_column z = variable_get(p, j);
            double a = m->a[at];
            gradient[at] = (variable_dot(&z, u) - p->mean[j] * sum) / p->rows;
            out->worst = fmax(out->worst, fabs(gradient[at] - p->ridge[j] * a) / p->penalty[j]);
            absolute += p->penalty[j] * fabs(a);
            squares += p->ridge[j] * a * a;
        }
    }
    double s = out->worst > lambda ? lambda / out->worst : 1;
    double dual = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        dual += dual_of_sample(m, p, i, s);
    double primal = out->loss + lambda * absolute + 0.5 * squares;
    dual = dual / p->rows - s * s * 0.5 * squares;
    out->gap = fmax(0, (primal - dual) / p->null_loss);
    return true;
}
