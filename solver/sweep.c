/* A feature k is rightly zero when |(z_k - mu_k)'r| <= L p_k (L = M lambda). Nearly all features
 * are within that bound by far, so a pass need not know their products well: it is made in float,
 * for sixteen targets at once, whose residuals lie side by side, so that every entry of Z that is
 * loaded serves sixteen multiply-adds on one cache line. What the pass cannot rule out, rounding
 * errors included, is computed again in double from the data, and so are the working sets'
 * features: nothing that float touched is in a certificate, or in a result.
 *
 * How wrong the pass can be. Residuals are scaled to unit length. Rounding them to float, and a
 * product over n entries that is summed in two chains or more, errs by less than
 *
 *     (n / 2 + 8) 2^-24 sum |z_ik| |r_i|  <=  (n / 2 + 8) 2^-24 |z_k|
 *
 * (Higham's bound for sums in any order, and Cauchy-Schwarz): `error` below, a percent larger for
 * the terms of second order, and no smaller than what underflow may lose. What overflows becomes
 * infinite or no number, and is then not ruled out. The bounds it is compared with are made
 * smaller by more than their own rounding.
 *
 * Columns with |z_k - mu_k| |r| < L p_k in every lane need no product at all. Columns are taken
 * as they lie in memory. */
#include "solver/sweep.h"

#include "src/base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_A_POLL = 4096 };

/* More than a float's rounding, a few times over. */
static const double margin = 1e-6;

status sweep_layer_create(sweep_layer *layer, const lasso_design *design, error *err)
{
    const matrix *x = design->x;
    *layer = (sweep_layer){.start = x->col_start,
                           .row = x->row,
                           .value = x->value,
                           .column = mem_try(x->cols, sizeof *layer->column)};
    if (!layer->column)
        return error_memory(err, "the columns of a source layer");
    for (uint32_t k = 0; k < x->cols; k++) {
        uint32_t rank = design->rank_of[k];
        layer->column[k] = (sweep_column){.penalty = INFINITY};
        if (rank == NO_RANK)
            continue;
        double norm = design->norm[rank];
        double mean = design->mean[rank];
        double whole = sqrt(norm * norm + x->rows * mean * mean);
        double terms = 0.5 * (double)(x->col_start[k + 1] - x->col_start[k]) + 8;
        layer->column[k] = (sweep_column){
            .mean = (float)mean,
            .penalty = (float)(design->penalty[rank] * (1 - margin)),
            .norm = (float)(norm * (1 + margin)) + FLT_MIN,
            .error = (float)(1.01 * terms * 0x1p-24 * whole) + FLT_MIN,
        };
    }
    return STATUS_OK;
}

void sweep_layer_release(sweep_layer *layer)
{
    free(layer->column);
    *layer = (sweep_layer){0};
}

status sweep_space_create(sweep_space *space, const lasso_design *design, error *err)
{
    size_t bytes = (size_t)design->rows * SWEEP_LANES * sizeof(float);
    uint32_t hits = design->x->cols < COLUMNS_A_POLL ? design->x->cols : COLUMNS_A_POLL;
    *space = (sweep_space){.lanes = aligned_alloc(64, sizeof *space->lanes),
                           .hits = mem_try(hits, sizeof *space->hits)};
    if (space->lanes)
        *space->lanes = (sweep_lanes){.residual = aligned_alloc(64, bytes ? bytes : 64)};
    if (!space->lanes || !space->hits || !space->lanes->residual)
        return error_memory(err, "the solver's threads");
    memset(space->lanes->residual, 0, bytes);
    return STATUS_OK;
}

void sweep_space_release(sweep_space *space)
{
    if (space->lanes)
        free(space->lanes->residual);
    free(space->lanes);
    free(space->hits);
    *space = (sweep_space){0};
}

/* |r|, of which l->r has the centred part. */
static double length_of(const lasso_design *design, const lane *l)
{
    return sqrt(l->r.rr + l->r.sum * l->r.sum / design->rows);
}

void sweep_lay(sweep_space *space, const lasso_design *design, const lane *l, uint32_t t)
{
    double length = length_of(design, l);
    double unit = length > 0 ? 1 / length : 0;
    float *to = space->lanes->residual + t;
    for (size_t i = 0; i < design->rows; i++)
        to[i * SWEEP_LANES] = (float)(l->residual[i] * unit);
}

/* What the kernel compares with. */
static void set_limits(sweep_lanes *side, const lasso_design *design, const lane *lanes)
{
    side->reach = 0;
    for (uint32_t t = 0; t < SWEEP_LANES; t++) {
        const lane *l = &lanes[t];
        double length = l->busy ? length_of(design, l) : 0;
        double limit = l->busy ? l->limit * screen_slack : INFINITY;
        side->sum[t] = length > 0 ? (float)(l->r.sum / length) : 0;
        side->limit[t] = (float)((length > 0 ? limit / length : limit) * (1 - margin));
        if (l->busy && length > 0)
            side->reach = fmaxf(side->reach, (float)(length / limit * (1 + margin)));
    }
}

/* The exact products of a column that the kernel could not rule out. */
static bool judge_hit(const lasso_design *design, lane *lanes, sweep_hit hit)
{
    uint32_t rank = design->rank_of[hit.column];
    if (rank == NO_RANK)
        return true;
    double penalty = design->penalty[rank];
    design_column z = design_get(design, rank);
    for (uint32_t left = hit.lanes; left; left &= left - 1) {
        lane *l = &lanes[__builtin_ctz(left)];
        if (!l->busy || lane_has(l, rank))
            continue;
        double g = design_dot(z, l->residual) - design->mean[rank] * l->r.sum;
        if (!screen_exceeds(g, penalty, l->limit))
            continue;
        if (!lane_note(l, (violator){rank, g}))
            return false;
        l->worst = fmax(l->worst, fabs(g) / penalty);
    }
    return true;
}

/* The working set's own: from the data, unless violators make another round certain; then what the
 * inner solver left will do. */
static void judge_members(const lasso_design *design, lane *l)
{
    l->certified = l->certify || screen_may_be_done(l, design);
    for (uint32_t j = 0; j < l->size; j++) {
        uint32_t rank = l->rank[j];
        double penalty = design->penalty[rank];
        if (l->certified) {
            double weight = l->u[j] * (l->y.norm * design->inverse[rank]);
            double product = design_dot(design_get(design, rank), l->residual);
            l->g[j] = product - design->mean[rank] * l->r.sum - design->ridge[rank] * weight;
        }
        l->worst = fmax(l->worst, fabs(l->g[j]) / penalty);
    }
}

status sweep_pass(sweep_space *space, const lasso_design *design, lane *lanes,
                  const atomic_bool *cancel)
{
    set_limits(space->lanes, design, lanes);
    for (uint32_t t = 0; t < SWEEP_LANES; t++) {
        lanes[t].violator_count = 0;
        lanes[t].worst = 0;
    }
    uint32_t count = design->x->cols;
    for (uint32_t first = 0; first < count; first += COLUMNS_A_POLL) {
        if (cancel && atomic_load(cancel))
            return STATUS_INTERRUPTED;
        uint32_t last = count - first < COLUMNS_A_POLL ? count : first + COLUMNS_A_POLL;
        size_t hits =
            design->vector->sweep(&design->sweep, first, last, space->lanes, space->hits);
        for (size_t h = 0; h < hits; h++)
            if (!judge_hit(design, lanes, space->hits[h]))
                return STATUS_MACHINE;
    }
    for (uint32_t t = 0; t < SWEEP_LANES; t++)
        if (lanes[t].busy)
            judge_members(design, &lanes[t]);
    return STATUS_OK;
}
