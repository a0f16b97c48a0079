/* Correlations of a dense layer are a matrix product, and bound by arithmetic: it is made in
 * float (product.c), at twice the speed of double and half its memory.
 *
 * As in a sweep (sweep.c), what float cannot rule out is computed again in double from the data,
 * and so is every parent: nothing that float touched is in a certificate. How wrong it can be:
 * a column is centred by s, its mean in float, and rounded, x = fl(z - s); a residual of unit
 * length is rounded; the sum runs in chains of at most 128 products (the plain kernels': in
 * double), which are then added in double. With
 *
 *     a_k = 2^-24 sqrt(M) |mu_k| / |z_k - mu_k|,    |z_k - s| <= |z_k - mu_k| (1 + a_k)
 *
 * the product is off by less than (128 + 4 + 2) 2^-24 |z_k - s|, and by nothing for the shift of
 * the mean, as the residual sums to zero: `dense_error` is 144 of the 2^-24, for terms of second
 * order, and for the inner products of gradient.c, which are rounded once more. Underflow costs
 * less than that margin as long as a column's length is not beyond 1e-12 or 1e12; other columns
 * are left to double. */
#include "solver/dense.h"

void dense_lay(product *p, const lasso_design *design, const lane *l, const double *r, uint32_t t)
{
    double unit = l->r.rr > 0 ? 1 / sqrt(l->r.rr) : 0;
    double mean = l->r.sum / design->rows;
    for (uint32_t block = 0; block < product_blocks(design); block++) {
        const double *from = r + (size_t)block * TILE_ROWS;
        float *to = product_vector(p, t, block);
        for (uint32_t i = 0; i < product_rows(design, block); i++)
            to[i] = (float)((from[i] - mean) * unit);
    }
}

bool dense_pass(product *p, const lasso_design *design, const lane *lanes,
                const atomic_bool *cancel)
{
    uint32_t used = 1;
    for (uint32_t t = 0; t < p->lanes && t < WIDE_LANES; t++)
        used = lanes[t].busy ? t + 1 : used;
    return product_form(p, design, 0, design->size, used, cancel);
}

double dense_exact(const lasso_design *design, uint32_t rank, const double *r, double sum)
{
    design_column z = design_get(design, rank);
    return design->vector->dot(z.value, r, design->rows) - design->mean[rank] * sum;
}

dense_doubt dense_estimates(const product *p, const lasso_design *design, const lane *l,
                            const double *r, uint32_t t, double *g)
{
    double length = sqrt(l->r.rr);
    const double *found = product_of(p, design, t);
    for (uint32_t k = 0; k < design->size; k++)
        g[k] = design_is_ordinary(design, k) ? found[(size_t)k * TILE_B] * length
                                             : dense_exact(design, k, r, l->r.sum);
    return (dense_doubt){dense_error * length, dense_error * length};
}

static double doubt_of(const lasso_design *design, uint32_t rank, dense_doubt doubt)
{
    return design->norm[rank] * (doubt.all + doubt.shifted * dense_shift(design, rank));
}

void dense_largest(const lasso_design *design, lane *l, const double *r, double *g,
                   dense_doubt doubt)
{
    double least = 0; /* lambda_max is not below */
    for (uint32_t k = 0; k < design->size; k++)
        least = fmax(least, (fabs(g[k]) - doubt_of(design, k, doubt)) / design->penalty[k]);
    l->worst = 0;
    for (uint32_t k = 0; k < design->size; k++) {
        if ((fabs(g[k]) + doubt_of(design, k, doubt)) / design->penalty[k] < least)
            continue;
        g[k] = dense_exact(design, k, r, l->r.sum);
        l->worst = fmax(l->worst, fabs(g[k]) / design->penalty[k]);
    }
    l->lambda_max = l->worst;
}

bool dense_candidates(const lasso_design *design, lane *l, const double *g)
{
    const kernels *v = design->vector;
    double limit = l->limit * screen_slack;
    l->violator_count = 0;
    for (size_t k = 0;; k++) {
        k = v->next_above(g, design->penalty, limit, k, design->size);
        if (k == design->size)
            return true;
        if (!lane_has(l, (uint32_t)k) && !lane_note(l, (violator){(uint32_t)k, g[k]}))
            return false;
    }
}

bool dense_settle(const lasso_design *design, lane *l, const double *r, double *g,
                  dense_doubt doubt)
{
    for (uint32_t k = 0; k < design->size; k++) {
        bool member = lane_has(l, k);
        double bound = l->threshold * screen_slack * design->penalty[k];
        if ((member && l->u[l->place[k]] != 0) ||
            !(fabs(g[k]) + doubt_of(design, k, doubt) <= bound))
            g[k] = dense_exact(design, k, r, l->r.sum);
    }
    l->worst = 0;
    for (uint32_t j = 0; j < l->size; j++) {
        uint32_t k = l->rank[j];
        double penalty = design->penalty[k];
        double weight = l->u[j] * (l->y.norm * design->inverse[k]);
        l->g[j] = g[k] - design->ridge[k] * weight;
        l->worst = fmax(l->worst, fabs(l->g[j]) / penalty);
    }
    if (!dense_candidates(design, l, g))
        return false;
    for (uint32_t v = 0; v < l->violator_count; v++)
        if (screen_exceeds(l->violators[v].g, design->penalty[l->violators[v].rank], l->threshold))
            l->worst =
                fmax(l->worst, fabs(l->violators[v].g) / design->penalty[l->violators[v].rank]);
    l->certified = true;
    return true;
}
