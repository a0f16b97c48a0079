/* With threshold L = M lambda and weights p_k,
 *
 *     P(a) = 1/2 |r|^2 + 1/2 sum kappa_k a_k^2 + L sum p_k |a_k|
 *
 * is the objective times M. It is a Lasso on augmented data: rows sqrt(kappa_k) e_k below Z, zeros
 * below y, residual (r, -sqrt(kappa_k) a_k). Scaling that residual by
 * s = min(1, L / worst) makes it dual feasible, and
 *
 *     D = s r'y - s^2/2 (|r|^2 + sum kappa_k a_k^2)
 *
 * is a lower bound on the minimum. Reported: (P - D) / P(0), P(0) = 1/2 |y - ybar|^2.
 *
 * At lambda = 0 that s is 0, and the bound says nothing. With kappa_k > 0 there is no need of scaling:
 * (r, w) is feasible for the w that solves sqrt(kappa_k) w_k = -(z_k - mu_k)'r, and
 *
 *     D = r'y - 1/2 |r|^2 - sum ((z_k - mu_k)'r)^2 / (2 kappa_k),
 *     P - D = sum g_k^2 / (2 kappa_k),   g_k = (z_k - mu_k)'r - kappa_k a_k,
 *
 * over all features. At lambda = kappa = 0, least squares, the only feasible multiple of r is 0: the
 * gap is |r|^2 / |y - ybar|^2, which vanishes where the target is matched exactly and says no more
 * otherwise.
 *
 * Everything here is recomputed from the data and the coefficients as they will be stored; nothing comes
 * from the inner solver's recursions. */
#include "solver/certificate.h"

#include <math.h>

static void subtract_column(const lasso_design *design, uint32_t rank, double a, double *r)
{
    design_column z = design_get(design, rank);
    if (z.row) {
        for (uint64_t e = 0; e < z.count; e++)
            r[z.row[e]] -= a * (double)z.value[e];
    } else {
        design->vector->subtract(r, z.value, a, z.count);
    }
}

residual residual_compute(const lasso_design *design, const candidate *c, double *r)
{
    const matrix *y = c->y;
    residual out = {.intercept = c->moments->mean};
    for (uint32_t j = 0; j < c->size; j++)
        if (c->u[j] != 0)
            out.intercept -= design->mean[c->rank[j]] * candidate_weight(design, c, j);
    uint64_t start = y->dense ? (uint64_t)c->column * y->rows : y->col_start[c->column];
    uint64_t count = y->dense ? y->rows : y->col_start[c->column + 1] - start;
    const float *value = y->value + start;
    const uint32_t *row = y->dense ? NULL : y->row + start;

    for (uint32_t i = 0; i < design->rows; i++)
        r[i] = -out.intercept;
    for (uint64_t e = 0; e < count; e++)
        r[row ? row[e] : e] += (double)value[e];
    for (uint32_t j = 0; j < c->size; j++)
        if (c->u[j] != 0)
            subtract_column(design, c->rank[j], candidate_weight(design, c, j), r);

    double squares[4] = {0};
    double sums[4] = {0};
    uint32_t i = 0;
    for (; i + 4 <= design->rows; i += 4) {
        for (uint32_t k = 0; k < 4; k++) {
            sums[k] += r[i + k];
            squares[k] += r[i + k] * r[i + k];
        }
    }
    for (; i < design->rows; i++) {
        sums[0] += r[i];
        squares[0] += r[i] * r[i];
    }
    out.sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    out.rr = (squares[0] + squares[1]) + (squares[2] + squares[3]);
    out.rr -= out.sum * out.sum / design->rows;
    for (uint64_t e = 0; e < count; e++)
        out.ry += r[row ? row[e] : e] * (double)value[e];
    out.ry -= out.sum * c->moments->mean;
    return out;
}

double certificate_gap(const lasso_design *design, const candidate *c, const residual *r,
                       double worst, double threshold)
{
    double l1 = 0;
    double l2 = 0;
    for (uint32_t j = 0; j < c->size; j++) {
        uint32_t k = c->rank[j];
        double weight = candidate_weight(design, c, j);
        l1 += design->penalty[k] * fabs(weight);
        l2 += design->ridge[k] * weight * weight;
    }
    double rr = r->rr + l2;
    double s = worst > threshold ? threshold / worst : 1;
    double primal = 0.5 * rr + threshold * l1;
    double dual = s * r->ry - 0.5 * s * s * rr;
    return fmax(0, (primal - dual) / (0.5 * c->moments->norm * c->moments->norm));
}

double certificate_ridge_part(const lasso_design *design, const candidate *c, uint32_t rank,
                              double g)
{
    double off = g / c->moments->norm;
    return off * off / design->ridge[rank];
}
