/* A pass over a dense layer of D features and M samples costs M D multiply-adds a target. Once
 * one pass has given all c_k = (z_k - mu_k)'y, the same of a residual follows from the inner
 * products of the features,
 *
 *     (z_k - mu_k)'r = c_k - sum over j of <z_k - mu_k, z_j - mu_j> a_j
 *
 * for D multiply-adds a parent, and so does |r|^2. Working sets grow on these until no feature is
 * missing, and the certificate comes from them too: they are off by no more than
 *
 *     |z_k - mu_k| |y| (e (1 + a_k) + sum over j of (e (1 + a_k) (1 + a_j) + a_k a_j + f) |u_j|),
 *
 * e the error of a product in float and a_k what the shift of a mean can do (dense.c; the shifts
 * of two columns add M times their product). f is that of adding n parents' rows in float, four
 * times as fast as in double: (n + 3) 2^-24 of an entry, which is at most 1 and what it may be off
 * by. Nearly all features are within their bound by more than that. The inner solver needs its
 * gradients better, in double: those of members are its own, those of a feature that enters are
 * summed again. The parents and the few others are computed from the data in double, residual
 * first: a target costs one pass in float, and in double one column for each parent, twice.
 *
 * Where memory does not hold the table its rows are formed again and again: the same bits,
 * slowly. */
#include "solver/gradient.h"

#include "solver/descent.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

status gradient_space_create(gradient_space *space, const lasso_design *design, error *err)
{
    size_t size = design->x->dense ? design->size : 0;
    *space = (gradient_space){
        .base = mem_try(size, sizeof *space->base),
        .g = mem_try(size, sizeof *space->g),
        .off = mem_try(size, sizeof *space->off),
        .moved = mem_try(size, sizeof *space->moved),
        .row = mem_try(size, sizeof *space->row),
        .all = mem_try(size, sizeof *space->all),
    };
    if (!space->base || !space->g || !space->off || !space->moved || !space->row || !space->all)
        return error_memory(err, "the gradients of a dense layer");
    for (uint32_t k = 0; k < size; k++)
        space->all[k] = k;
    return STATUS_OK;
}

void gradient_space_release(gradient_space *space)
{
    free(space->base);
    free(space->g);
    free(space->off);
    free(space->moved);
    free(space->row);
    free(space->all);
    *space = (gradient_space){0};
}

void gradient_start(gradient_space *space, const lasso_design *design)
{
    memset(space->off, 0, design->size * sizeof *space->off);
}

/* The ridge times a of a member: what its g lacks of (z - mean)'r. */
static double ridge_part(const lasso_design *design, const lane *l, uint32_t j)
{
    uint32_t k = l->rank[j];
    return design->ridge[k] * l->u[j] * l->y.norm * design->inverse[k];
}

bool gradient_screen(gradient_space *space, const lasso_design *design, lane *l)
{
    float *moved = space->moved;
    double *g = space->g;
    memset(moved, 0, design->size * sizeof *moved);
    for (uint32_t j = 0; j < l->size; j++)
        if (l->u[j] != 0)
            design->vector->subtract_float(
                moved, gram_whole_row(design, l->rank[j], space->all, space->row), (float)l->u[j],
                design->size);
    for (uint32_t k = 0; k < design->size; k++)
        g[k] = space->base[k] + (double)moved[k] * (l->y.norm * design->norm[k]);
    double rr = l->y.norm * l->y.norm;
    for (uint32_t j = 0; j < l->size && l->size <= GRAM_LIMIT; j++) {
        if (l->u[j] == 0)
            continue; /* the sum above stands, which gradient_doubt bounds */
        uint32_t k = l->rank[j];
        g[k] = l->g[j] + ridge_part(design, l, j) - space->off[j];
        rr -= l->u[j] * l->y.norm * design->inverse[k] * (space->base[k] + g[k]);
    }
    l->r.rr = rr;
    double limit = l->limit;
    l->limit = l->threshold;
    bool able = dense_candidates(design, l, g);
    l->limit = limit;
    return able;
}

void gradient_enter(gradient_space *space, const lasso_design *design, lane *l, uint32_t first)
{
    for (uint32_t j = first; j < l->size; j++) {
        double moved = 0;
        gram_row(design, l->rank[j], l->rank, first, space->row);
        for (uint32_t i = 0; i < first; i++)
            moved += (double)space->row[i] * l->u[i];
        l->g[j] = space->base[l->rank[j]] - moved * l->y.norm * design->norm[l->rank[j]];
    }
}

dense_doubt gradient_doubt(const gradient_space *space, const lasso_design *design, const lane *l)
{
    dense_doubt doubt = space->doubt;
    double parents = 3; /* and the roundings of a step and of an entry */
    for (uint32_t j = 0; j < l->size; j++)
        parents += l->u[j] != 0;
    double rounded = parents * dense_rounding;
    for (uint32_t j = 0; j < l->size; j++) {
        double shift = dense_shift(design, l->rank[j]);
        double step = fabs(l->u[j]) * l->y.norm;
        doubt.all += (dense_error * (1 + shift) * (1 + rounded) + rounded) * step;
        doubt.shifted += (dense_error * (1 + shift) + shift) * (1 + rounded) * step;
    }
    return doubt;
}

bool gradient_settle(gradient_space *space, const lasso_design *design, lane *l, const double *r)
{
    dense_doubt doubt = gradient_doubt(space, design, l);
    for (uint32_t j = 0; j < l->size; j++)
        space->off[j] = -space->g[l->rank[j]];
    if (!dense_settle(design, l, r, space->g, doubt))
        return false;
    for (uint32_t j = 0; j < l->size; j++)
        space->off[j] += space->g[l->rank[j]];
    return true;
}
