/* Coordinate descent on a working set W, in Gram form.
 *
 *     minimise over u   1/2 u'Gu - c'u + sum lambda_j |u_j| + 1/2 sum kappa_j u_j^2
 *
 * With g = c - G u - kappa u at hand, the exact minimum along coordinate j is
 * u_j <- soft(g_j + (1 + kappa_j) u_j, lambda_j) / (1 + kappa_j), and moving u_j by d moves g by
 * -d G_j: a step costs |W| multiply-adds on contiguous memory, whatever the number of samples.
 * Rows of G are fetched when a coordinate first moves; most of W never does.
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

#define NO_ROW UINT32_MAX

enum { MOST_SWEEPS = 4000, SWEEPS_A_CHECK = 8 };

status descent_space_create(descent_space *space, const lasso_design *design, error *err)
{
    size_t size = design->size;
    *space = (descent_space){
        .start_u = mem_try(size, sizeof *space->start_u),
        .start_g = mem_try(size, sizeof *space->start_g),
        .active = mem_try(size, sizeof *space->active),
        .row_at = mem_try(size, sizeof *space->row_at),
        .gram_scratch = mem_try(size, sizeof *space->gram_scratch),
    };
    if (!space->start_u || !space->start_g || !space->active || !space->row_at ||
        !space->gram_scratch)
        return error_memory(err, "a working set");
    memset(space->gram_scratch, 0, size * sizeof *space->gram_scratch);
    return STATUS_OK;
}

void descent_space_release(descent_space *space)
{
    free(space->start_u);
    free(space->start_g);
    free(space->active);
    free(space->row_at);
    free(space->gram_scratch);
    free(space->pool);
    *space = (descent_space){0};
}

/* The Gram rows of one problem. */
typedef struct gram_rows {
    subproblem *problem;
    descent_space *space;
    uint32_t count;
    bool failed;
} gram_rows;

static const float *row_of(gram_rows *rows, uint32_t j)
{
    subproblem *p = rows->problem;
    descent_space *space = rows->space;
    if (space->row_at[j] == NO_ROW) {
        size_t needed = ((size_t)rows->count + 1) * p->size;
        if (needed > space->pool_length) {
            size_t length = needed + needed / 2 + 4096;
            float *grown = realloc(space->pool, length * sizeof *grown);
            if (!grown) {
                rows->failed = true;
                return NULL;
            }
            space->pool = grown;
            space->pool_length = length;
        }
        space->row_at[j] = rows->count++;
        gram_row(p->design, p->rank[j], p->rank, p->size,
                 space->pool + (size_t)space->row_at[j] * p->size, space->gram_scratch);
    }
    return space->pool + (size_t)space->row_at[j] * p->size;
}

static inline double soft(double z, double threshold)
{
    return z > threshold ? z - threshold : z < -threshold ? z + threshold : 0;
}

/* Minimises along coordinate j; whether it moved. */
static inline bool move(gram_rows *rows, uint32_t j)
{
    subproblem *p = rows->problem;
    double curvature = 1 + p->ridge[j];
    double next = soft(p->g[j] + curvature * p->u[j], p->threshold[j]) / curvature;
    double step = next - p->u[j];
    if (step == 0)
        return false;
    const float *row = row_of(rows, j);
    if (!row)
        return false;
    p->design->vector->subtract(p->g, row, step, p->size);
    p->g[j] -= p->ridge[j] * step;
    p->u[j] = next;
    return true;
}

/* Relative duality gap within W, for a target of unit length: P(0) = 1/2. */
static double inner_gap(const subproblem *p, const descent_space *space)
{
    double rr = p->rr;
    double ug = 0;
    double l1 = 0;
    double worst = 1;
    for (uint32_t j = 0; j < p->size; j++) {
        rr -= (p->u[j] - space->start_u[j]) * (space->start_g[j] + p->g[j]);
        ug += p->u[j] * p->g[j];
        l1 += p->threshold[j] * fabs(p->u[j]);
        if (fabs(p->g[j]) > worst * p->threshold[j])
            worst = fabs(p->g[j]) / p->threshold[j];
    }
    double s = 1 / worst;
    double primal = 0.5 * rr + l1;
    double dual = s * (rr + ug) - 0.5 * s * s * rr;
    return (primal - dual) / 0.5;
}

static uint32_t collect_active(const subproblem *p, uint32_t *active)
{
    uint32_t count = 0;
    for (uint32_t j = 0; j < p->size; j++)
        if (p->u[j] != 0)
            active[count++] = j;
    return count;
}

bool descent_run(subproblem *problem, descent_space *space)
{
    uint32_t size = problem->size;
    gram_rows rows = {.problem = problem, .space = space};
    memcpy(space->start_u, problem->u, size * sizeof *space->start_u);
    memcpy(space->start_g, problem->g, size * sizeof *space->start_g);
    for (uint32_t j = 0; j < size; j++)
        space->row_at[j] = NO_ROW;

    for (uint32_t sweep = 0; sweep < MOST_SWEEPS && !rows.failed; sweep += SWEEPS_A_CHECK) {
        bool moved = false;
        for (uint32_t j = 0; j < size; j++)
            moved |= move(&rows, j);
        if (!moved || inner_gap(problem, space) <= problem->tolerance)
            break;
        uint32_t count = collect_active(problem, space->active);
        for (uint32_t k = 0; k < SWEEPS_A_CHECK && moved; k++) {
            moved = false;
            for (uint32_t i = 0; i < count; i++)
                moved |= move(&rows, space->active[i]);
        }
        if (problem->cancel && atomic_load_explicit(problem->cancel, memory_order_relaxed))
            break;
    }
    return !rows.failed;
}
