/* Coordinate descent on a working set W, in Gram form.
 *
 *     minimise over u   1/2 u'Gu - c'u + sum lambda_j |u_j| + 1/2 sum kappa_j u_j^2
 *
 * With g = c - G u - kappa u at hand, the exact minimum along coordinate j is
 * u_j <- soft(g_j + (1 + kappa_j) u_j, lambda_j) / (1 + kappa_j), and moving u_j by d moves g by
 * -d G_j: a step costs |W| multiply-adds on contiguous memory, whatever the number of samples.
 * Rows of G are fetched when a coordinate first moves; most of W never does.
 *
 * Precision. Steps are taken with float rows of G, and g is kept as a double that is right plus
 * a float that holds how far it has moved since: eight bytes less a step than in double, and the
 * float's error shrinks with the moves. Every so often g is recomputed from all moves together
 * in double. (A float g cannot reach a gap of 1e-7: it cannot tell g_j from lambda_j.)
 *
 * Stopping. With r the (augmented) residual, and theta = s r where s = min(1, 1 / max |g_j| /
 * lambda_j), the gap needs |r|^2 and r'y only, and both follow from g: with d = u - u_0,
 * |r|^2 = |r_0|^2 - d'(g_0 + g) and r'y = |r|^2 + u'g. */
#include "solver/descent.h"

#include "solver/design.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CYCLES = 50, TURNS_A_REFRESH = 20, ACTIVE_SWEEPS = 8, COMPACT_SWEEPS = 12 };

/* Entries of Gram rows that active sweeps would walk, from which on copying pays. */
static const size_t compact_from = (size_t)1 << 15;

/* Floats of a pool that a lane may keep between rounds: 16 MiB. */
static const size_t kept_length = (size_t)4 << 20;

status gram_rows_create(gram_rows *rows, const lasso_design *design, error *err)
{
    *rows = (gram_rows){.at = mem_try(design->size, sizeof *rows->at),
                        .filled = mem_try(design->size, sizeof *rows->filled)};
    return rows->at && rows->filled ? STATUS_OK : error_memory(err, "a working set");
}

void gram_rows_release(gram_rows *rows)
{
    free(rows->at);
    free(rows->filled);
    free(rows->pool);
    *rows = (gram_rows){0};
}

void gram_rows_forget(gram_rows *rows)
{
    rows->stride = 0;
    rows->count = 0;
    if (rows->length > kept_length) {
        free(rows->pool);
        rows->pool = NULL;
        rows->length = 0;
    }
}

status descent_space_create(descent_space *space, const lasso_design *design, error *err)
{
    size_t size = design->size;
    *space = (descent_space){
        .start_u = mem_try(size, sizeof *space->start_u),
        .start_g = mem_try(size, sizeof *space->start_g),
        .before = mem_try(size, sizeof *space->before),
        .base = mem_try(size, sizeof *space->base),
        .quick = mem_try(size, sizeof *space->quick),
        .active = mem_try(size, sizeof *space->active),
        .gram_scratch = mem_try(size, sizeof *space->gram_scratch),
    };
    if (!space->start_u || !space->start_g || !space->before || !space->base || !space->quick || !space->active || !space->gram_scratch)
        return error_memory(err, "a working set");
    memset(space->gram_scratch, 0, size * sizeof *space->gram_scratch);
    return STATUS_OK;
}

void descent_space_release(descent_space *space)
{
    free(space->start_u);
    free(space->start_g);
    free(space->before);
    free(space->base);
    free(space->quick);
    free(space->active);
    free(space->compact);
    free(space->gram_scratch);
    *space = (descent_space){0};
}

/* A problem being solved. */
typedef struct descent {
    subproblem *problem;
    descent_space *space;
    bool failed;
} descent;

/* Makes rows for a working set of this size: those of before are kept if there is room. */
static void fit_rows(gram_rows *rows, uint32_t size)
{
    if (size <= rows->stride)
        return;
    rows->stride = 2 * size + 64;
    rows->count = 0;
    for (uint32_t j = 0; j < size; j++)
        rows->at[j] = NO_ROW;
}

static const float *row_of(descent *d, uint32_t j)
{
    subproblem *p = d->problem;
    gram_rows *rows = p->rows;
    if (rows->at[j] == NO_ROW) {
        size_t needed = ((size_t)rows->count + 1) * rows->stride;
        if (needed > rows->length) {
            size_t length = needed + needed / 2 + 4096;
            float *grown = realloc(rows->pool, length * sizeof *grown);
            if (!grown) {
                d->failed = true;
                return NULL;
            }
            rows->pool = grown;
            rows->length = length;
        }
        rows->filled[rows->count] = 0;
        rows->at[j] = rows->count++;
    }
    uint32_t at = rows->at[j];
    float *row = rows->pool + (size_t)at * rows->stride;
    uint32_t filled = rows->filled[at];
    if (filled < p->size) {
        gram_row(p->design, p->rank[j], p->rank + filled, p->size - filled, row + filled,
                 d->space->gram_scratch);
        rows->filled[at] = p->size;
    }
    return row;
}

static inline double soft(double z, double threshold)
{
    return z > threshold ? z - threshold : z < -threshold ? z + threshold : 0;
}

/* Minimises along coordinate j, whose gradient is g; the step, rounded to float. */
static inline float minimise(subproblem *p, uint32_t j, double g)
{
    double curvature = 1 + p->ridge[j];
    double next = soft(g + curvature * p->u[j], p->threshold[j]) / curvature;
    float step = (float)(next - p->u[j]);
    if (step != 0)
        p->u[j] = next;
    return step;
}

/* space->quick after u_j moved by step. */
static inline void follow(descent *d, uint32_t j, float step)
{
    subproblem *p = d->problem;
    const float *row = row_of(d, j);
    if (!row)
        return;
    p->design->vector->subtract_float(d->space->quick, row, step, p->size);
    d->space->quick[j] -= (float)(p->ridge[j] * (double)step);
}

static bool move(descent *d, uint32_t j)
{
    float step = minimise(d->problem, j, d->problem->g[j] + (double)d->space->quick[j]);
    if (step != 0)
        follow(d, j, step);
    return step != 0;
}

/* Relative duality gap within W. */
static double gap_within(const subproblem *p, const descent_space *space)
{
    double rr = p->rr;
    double ug = 0;
    double l1 = 0;
    double worst = 1;
    for (uint32_t j = 0; j < p->size; j++) {
        double g = p->g[j] + (double)space->quick[j];
        double size = fabs(g);
        if (size > worst * p->threshold[j])
            worst = size / p->threshold[j];
        if (p->u[j] == 0 && space->start_u[j] == 0)
            continue;
        rr -= (p->u[j] - space->start_u[j]) * (space->start_g[j] + g);
        ug += p->u[j] * g;
        l1 += p->threshold[j] * fabs(p->u[j]);
    }
    double s = 1 / worst;
    double primal = 0.5 * rr + l1;
    double dual = s * (rr + ug) - 0.5 * s * s * rr;
    return (primal - dual) / 0.5; /* a target of unit length: P(0) = 1/2 */
}

static uint32_t collect_active(const subproblem *p, uint32_t *active)
{
    uint32_t count = 0;
    for (uint32_t j = 0; j < p->size; j++)
        if (p->u[j] != 0)
            active[count++] = j;
    return count;
}

/* Sweeps over the active coordinates on a copy of their part of the Gram matrix: half the memory
 * traffic a step or less, and what is left fits a nearer cache. False: out of memory. */
static bool sweep_compact(descent *d, uint32_t count)
{
    subproblem *p = d->problem;
    descent_space *space = d->space;
    const uint32_t *active = space->active;
    size_t stride = (count + 15U) & ~15U;
    size_t length = (count + 1) * stride;
    if (length > space->compact_length) {
        free(space->compact);
        space->compact_length = 0;
        space->compact = mem_try(length, sizeof *space->compact);
        if (!space->compact)
            return false;
        space->compact_length = length;
    }
    float *g = space->compact + count * stride;
    memset(g, 0, stride * sizeof *g);
    for (uint32_t i = 0; i < count; i++) {
        const float *row = row_of(d, active[i]);
        float *to = space->compact + i * stride;
        if (!row)
            return false;
        for (uint32_t k = 0; k < count; k++)
            to[k] = row[active[k]];
        for (size_t k = count; k < stride; k++)
            to[k] = 0;
        space->base[i] = p->g[active[i]] + (double)space->quick[active[i]];
        space->before[i] = p->u[active[i]];
    }
    bool moved = true;
    for (uint32_t k = 0; k < COMPACT_SWEEPS && moved; k++) {
        moved = false;
        for (uint32_t i = 0; i < count; i++) {
            float step = minimise(p, active[i], space->base[i] + (double)g[i]);
            if (step == 0)
                continue;
            p->design->vector->subtract_float(g, space->compact + i * stride, step, stride);
            g[i] -= (float)(p->ridge[active[i]] * (double)step);
            moved = true;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        float step = (float)(p->u[active[i]] - space->before[i]);
        if (step != 0)
            follow(d, active[i], step);
    }
    return true;
}

static void sweep_active(descent *d)
{
    uint32_t count = collect_active(d->problem, d->space->active);
    if ((size_t)count * d->problem->size >= compact_from) {
        d->failed |= !sweep_compact(d, count);
        return;
    }
    bool moved = true;
    for (uint32_t k = 0; k < ACTIVE_SWEEPS && moved; k++) {
        moved = false;
        for (uint32_t i = 0; i < count; i++)
            moved |= move(d, d->space->active[i]);
    }
}

/* Descends in float until the gap seems small, or falls slowly: float may be why. */
static void descend_quickly(descent *d, double tolerance)
{
    subproblem *p = d->problem;
    double before = INFINITY;
    for (uint32_t turn = 0; turn < TURNS_A_REFRESH && !d->failed; turn++) {
        bool moved = false;
        for (uint32_t j = 0; j < p->size; j++)
            moved |= move(d, j);
        double gap = gap_within(p, d->space);
        if (!moved || gap <= tolerance || gap > 0.7 * before)
            return;
        before = gap;
        sweep_active(d);
        if (p->cancel && atomic_load_explicit(p->cancel, memory_order_relaxed))
            return;
    }
}

/* g = g_0 - (G + kappa)(u - u_0), in double. */
static void refresh(descent *d)
{
    subproblem *p = d->problem;
    descent_space *space = d->space;
    memcpy(p->g, space->start_g, p->size * sizeof *p->g);
    memset(space->quick, 0, p->size * sizeof *space->quick);
    for (uint32_t j = 0; j < p->size && !d->failed; j++) {
        double step = p->u[j] - space->start_u[j];
        if (step == 0)
            continue;
        const float *row = row_of(d, j);
        if (!row)
            return;
        p->design->vector->subtract(p->g, row, step, p->size);
        p->g[j] -= p->ridge[j] * step;
    }
}

bool descent_run(subproblem *problem, descent_space *space)
{
    descent d = {.problem = problem, .space = space};
    fit_rows(problem->rows, problem->size);
    memcpy(space->start_u, problem->u, problem->size * sizeof *space->start_u);
    memset(space->quick, 0, problem->size * sizeof *space->quick);
    memcpy(space->start_g, problem->g, problem->size * sizeof *space->start_g);
    double before = INFINITY;
    for (uint32_t cycle = 0; cycle < MOST_CYCLES && !d.failed; cycle++) {
        descend_quickly(&d, 0.5 * problem->tolerance);
        refresh(&d);
        double gap = gap_within(problem, space);
        /* cycles that hardly help, at lambda near zero, are left to a bounded number of rounds */
        if (gap <= problem->tolerance || gap > 0.99 * before)
            break;
        before = gap;
        if (problem->cancel && atomic_load_explicit(problem->cancel, memory_order_relaxed))
            break;
    }
    if (problem->rows->length > kept_length)
        gram_rows_forget(problem->rows);
    return !d.failed;
}
