/* Coordinate descent on a working set W, in Gram form.
 *
 *     minimise over u   1/2 u'Gu - c'u + sum lambda_j |u_j| + 1/2 sum kappa_j u_j^2
 *
 * With g = c - G u - kappa u at hand, the exact minimum along coordinate j is
 * u_j <- soft(g_j + (1 + kappa_j) u_j, lambda_j) / (1 + kappa_j), and moving u_j by d moves g by
 * -d G_j: a step costs |W| multiply-adds on contiguous memory, whatever the number of samples.
 * In a sparse layer all of G is formed first (gram_set.c); in a dense one rows of it are fetched
 * when a coordinate first moves.
 *
 * Precision. Steps are taken with float rows of G, and g is kept as a double that is right plus
 * a float that holds how far it has moved since: half the memory traffic of double, and the
 * float's error shrinks with the moves. Every so often g is recomputed from all moves together in
 * double. (A float g cannot reach a gap of 1e-7: it cannot tell g_j from lambda_j.)
 *
 * Stopping. With r the (augmented) residual, and theta = s r where s = min(1, 1 / max |g_j| /
 * lambda_j), the gap needs |r|^2 and r'y only, and both follow from g: with d = u - u_0,
 * |r|^2 = |r_0|^2 - d'(g_0 + g) and r'y = |r|^2 + u'g. */
#include "solver/descent.h"

#include "solver/design.h"
#include "solver/newton.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_ROW UINT32_MAX

/* Looking whether the gap is small costs little beside a sweep: two sweeps over the coordinates
 * that are not zero before the next look at all take 40 % fewer steps than eight did. Where many
 * rounds have not helped, descent crawls, and would be cut short by a look so soon. */
enum { MOST_CYCLES = 50, TURNS_A_REFRESH = 20, ACTIVE_SWEEPS = 2, STUBBORN_SWEEPS = 8 };

status descent_space_create(descent_space *space, const lasso_design *design, error *err)
{
    size_t size = design->size;
    *space = (descent_space){
        .start_u = mem_try(size, sizeof *space->start_u),
        .start_g = mem_try(size, sizeof *space->start_g),
        .quick = mem_try(size, sizeof *space->quick),
        .active = mem_try(size, sizeof *space->active),
        .row_at = mem_try(size, sizeof *space->row_at),
    };
    if (!space->start_u || !space->start_g || !space->quick || !space->active || !space->row_at)
        return error_memory(err, "a working set");
    return design->x->dense ? STATUS_OK : gram_set_create(&space->set, design, err);
}

void descent_space_release(descent_space *space)
{
    free(space->start_u);
    free(space->start_g);
    free(space->quick);
    free(space->active);
    free(space->row_at);
    gram_set_release(&space->set);
    free(space->pool);
    *space = (descent_space){0};
}

/* A problem being solved. */
typedef struct descent {
    subproblem *problem;
    descent_space *space;
    uint32_t rows; /* of the Gram matrix fetched so far */
    bool failed;
} descent;

static const float *row_of(descent *d, uint32_t j)
{
    const subproblem *p = d->problem;
    descent_space *space = d->space;
    if (!p->design->x->dense)
        return space->set.matrix + (size_t)j * space->set.stride;
    if (space->row_at[j] == NO_ROW) {
        size_t needed = ((size_t)d->rows + 1) * p->size;
        if (needed > space->pool_length) {
            size_t length = needed + needed / 2 + 4096;
            float *grown = realloc(space->pool, length * sizeof *grown);
            if (!grown) {
                d->failed = true;
                return NULL;
            }
            space->pool = grown;
            space->pool_length = length;
        }
        space->row_at[j] = d->rows++;
        gram_row(p->design, p->rank[j], p->rank, p->size,
                 space->pool + (size_t)space->row_at[j] * p->size);
    }
    return space->pool + (size_t)space->row_at[j] * p->size;
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

static bool move(descent *d, uint32_t j)
{
    subproblem *p = d->problem;
    float *quick = d->space->quick;
    float step = minimise(p, j, p->g[j] + (double)quick[j]);
    if (step == 0)
        return false;
    const float *row = row_of(d, j);
    if (!row)
        return false;
    p->design->vector->subtract_float(quick, row, step, p->size);
    quick[j] -= (float)(p->ridge[j] * (double)step);
    return true;
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

static void sweep_active(descent *d)
{
    uint32_t count = collect_active(d->problem, d->space->active);
    uint32_t sweeps = d->problem->stubborn ? STUBBORN_SWEEPS : ACTIVE_SWEEPS;
    bool moved = true;
    for (uint32_t k = 0; k < sweeps && moved; k++) {
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
    if (!problem->design->x->dense &&
        !gram_set_form(&space->set, problem->design, problem->rank, problem->size))
        return false;
    for (uint32_t j = 0; j < problem->size; j++)
        space->row_at[j] = NO_ROW;
    memcpy(space->start_u, problem->u, problem->size * sizeof *space->start_u);
    memset(space->quick, 0, problem->size * sizeof *space->quick);
    memcpy(space->start_g, problem->g, problem->size * sizeof *space->start_g);
    double before = INFINITY;
    for (uint32_t cycle = 0; cycle < MOST_CYCLES && !d.failed; cycle++) {
        descend_quickly(&d, 0.5 * problem->tolerance);
        refresh(&d);
        double gap = gap_within(problem, space);
        if (gap <= problem->tolerance)
            break;
        /* cycles that hardly help are left to a bounded number of rounds, or to Newton steps */
        if (gap > (problem->stubborn ? 0.9 : 0.99) * before) {
            if (!problem->stubborn || !newton_run(problem))
                break;
            refresh(&d);
        }
        before = gap;
        if (problem->cancel && atomic_load_explicit(problem->cancel, memory_order_relaxed))
            break;
    }
    return !d.failed;
}
