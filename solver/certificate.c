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
 * At lambda = 0 that s is 0, and the bound says nothing. With kappa_k > 0 there is no need of
 * scaling: (r, w) is feasible for the w that solves sqrt(kappa_k) w_k = -(z_k - mu_k)'r, and
 *
 *     D = r'y - 1/2 |r|^2 - sum ((z_k - mu_k)'r)^2 / (2 kappa_k),
 *     P - D = sum g_k^2 / (2 kappa_k),   g_k = (z_k - mu_k)'r - kappa_k a_k,
 *
 * over all features. At lambda = kappa = 0, least squares, the only feasible multiple of r is 0:
 * the gap is |r|^2 / |y - ybar|^2, which vanishes where the target is matched exactly and says no
 * more otherwise.
 *
 * Everything here is recomputed from the data and the coefficients as they will be stored; nothing
 * comes from the inner solver's recursions. */
#include "solver/certificate.h"

#include <math.h>

enum { PIECE = 1024 };

/* The target less its intercept. */
static void begin_residual(const candidate *c, double intercept, double *r)
{
    const matrix *y = c->y;
    if (y->dense) {
        const float *value = y->value + (size_t)c->column * y->rows;
        for (uint32_t i = 0; i < y->rows; i++)
            r[i] = (double)value[i] - intercept;
        return;
    }
    for (uint32_t i = 0; i < y->rows; i++)
        r[i] = -intercept;
    for (uint64_t e = y->col_start[c->column]; e < y->col_start[c->column + 1]; e++)
        r[y->row[e]] += (double)y->value[e];
}

static void subtract_sparse(const lasso_design *design, const candidate *c, double *r)
{
    for (uint32_t j = 0; j < c->size; j++) {
        if (c->u[j] == 0)
            continue;
        design_column z = design_get(design, c->rank[j]);
        double a = candidate_weight(design, c, j);
        for (uint64_t e = 0; e < z.count; e++)
            r[z.row[e]] -= a * (double)z.value[e];
    }
}

/* Some samples of all parents, then the next: a piece of r stays in the first-level cache. The
 * next parent's piece is fetched meanwhile: it is a page of its own, which no core foresees. */
static void subtract_dense(const lasso_design *design, const candidate *c, double *r)
{
    for (uint32_t first = 0; first < design->rows; first += PIECE) {
        uint32_t rows = design->rows - first < PIECE ? design->rows - first : PIECE;
        for (uint32_t j = 0; j < c->size;) {
            uint32_t next = j + 1;
            while (next < c->size && c->u[next] == 0)
                next++;
            if (next < c->size) {
                const float *coming = design_get(design, c->rank[next]).value + first;
                for (uint32_t i = 0; i < rows; i += 16)
                    __builtin_prefetch(coming + i);
            }
            if (c->u[j] != 0)
                design->vector->subtract(r + first, design_get(design, c->rank[j]).value + first,
                                         candidate_weight(design, c, j), rows);
            j = next;
        }
    }
}

static double dot_target(const lasso_design *design, const candidate *c, const double *r)
{
    const matrix *y = c->y;
    if (y->dense)
        return design->vector->dot(y->value + (size_t)c->column * y->rows, r, y->rows);
    double sum = 0;
    for (uint64_t e = y->col_start[c->column]; e < y->col_start[c->column + 1]; e++)
        sum += r[y->row[e]] * (double)y->value[e];
    return sum;
}

residual residual_compute(const lasso_design *design, const candidate *c, double *r)
{
    residual out = {.intercept = c->moments->mean};
    for (uint32_t j = 0; j < c->size; j++)
        if (c->u[j] != 0)
            out.intercept -= design->mean[c->rank[j]] * candidate_weight(design, c, j);
    begin_residual(c, out.intercept, r);
    if (design->x->dense)
        subtract_dense(design, c, r);
    else
        subtract_sparse(design, c, r);
    design->vector->moments(r, design->rows, &out.sum, &out.rr);
    out.rr -= out.sum * out.sum / design->rows;
    out.ry = dot_target(design, c, r) - out.sum * c->moments->mean;
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
