/* Active-set Newton steps for the working set's problem (descent.c states it).
 *
 * Nearly dependent columns (features of one family, or of a layer that sees few distinct inputs)
 * make coordinate descent crawl: at the sample's embedding layer it left gaps of 1e-2 after
 * thousands of sweeps. On the coordinates A that are not zero, with their signs held, the
 * objective is quadratic, and its minimum is one linear system away:
 *
 *     (G_AA + kappa) d = g_A - lambda_A sign(u_A)
 *
 * The step along d ends at the first sign change; that coordinate becomes zero and leaves A.
 * Every step lowers the objective, and A only shrinks, so the loop ends; coordinate descent lets
 * others in again. G_AA is formed in double from the data, as float would not carry a factor of
 * a nearly singular matrix. Columns that depend on those before them (their pivot vanishes) stay
 * where they are. */
#include "solver/newton.h"

#include "solver/design.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_STEPS = 64 };

/* A pivot below this part of its diagonal is a column that the others explain. */
static const double dependent = 1e-11;

typedef struct newton {
    const subproblem *p;
    uint32_t count; /* |A| */
    uint32_t *at;   /* members of the working set in A */
    double *matrix; /* count x count: G_AA + kappa */
    double *factor; /* lower triangle of its Cholesky factor */
    double *gap;    /* g - lambda sign(u), then d */
    double *column; /* one column of the data, by sample */
} newton;

/* G_AA + kappa: inner products of centred columns of unit length. */
static void form_matrix(newton *n)
{
    const lasso_design *design = n->p->design;
    for (uint32_t i = 0; i < n->count; i++) {
        uint32_t rank = n->p->rank[n->at[i]];
        design_column z = design_get(design, rank);
        uint64_t count = z.row ? z.count : design->rows;
        for (uint64_t e = 0; e < count; e++)
            n->column[z.row ? z.row[e] : e] = (double)z.value[e];
        for (uint32_t j = 0; j <= i; j++) {
            uint32_t other = n->p->rank[n->at[j]];
            double inner = design_dot(design_get(design, other), n->column) -
                           design->rows * design->mean[rank] * design->mean[other];
            n->matrix[(size_t)i * n->count + j] = n->matrix[(size_t)j * n->count + i] =
                inner * design->inverse[rank] * design->inverse[other];
        }
        n->matrix[(size_t)i * n->count + i] = 1 + n->p->ridge[n->at[i]];
        for (uint64_t e = 0; e < count; e++)
            n->column[z.row ? z.row[e] : e] = 0;
    }
}

/* Cholesky, row by row; a vanishing pivot is marked by a zero on the diagonal. */
static void factorise(newton *n)
{
    uint32_t size = n->count;
    for (uint32_t i = 0; i < size; i++) {
        double *row = n->factor + (size_t)i * size;
        for (uint32_t j = 0; j <= i; j++) {
            const double *other = n->factor + (size_t)j * size;
            double sum = n->matrix[(size_t)i * size + j];
            for (uint32_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = other[j] > 0 ? sum / other[j] : 0;
            else
                row[i] = sum > dependent * n->matrix[(size_t)i * size + i] ? sqrt(sum) : 0;
        }
    }
}

/* gap becomes the solution of (factor factor') d = gap, zero where the pivot vanished. */
static void solve(newton *n)
{
    uint32_t size = n->count;
    double *d = n->gap;
    for (uint32_t i = 0; i < size; i++) {
        const double *row = n->factor + (size_t)i * size;
        for (uint32_t k = 0; k < i; k++)
            d[i] -= row[k] * d[k];
        d[i] = row[i] > 0 ? d[i] / row[i] : 0;
    }
    for (uint32_t i = size; i-- > 0;) {
        for (uint32_t k = i + 1; k < size; k++)
            d[i] -= n->factor[(size_t)k * size + i] * d[k];
        double pivot = n->factor[(size_t)i * size + i];
        d[i] = pivot > 0 ? d[i] / pivot : 0;
    }
}

/* Moves along d to its end or to the first sign change. True: to its end. */
static bool step(newton *n)
{
    const subproblem *p = n->p;
    double length = 1;
    for (uint32_t i = 0; i < n->count; i++) {
        double u = p->u[n->at[i]];
        if (u * n->gap[i] < 0 && -u / n->gap[i] < length)
            length = -u / n->gap[i];
    }
    for (uint32_t i = 0; i < n->count; i++) {
        double *u = &p->u[n->at[i]];
        double moved = *u + length * n->gap[i];
        bool crosses = *u * n->gap[i] < 0 && -*u / n->gap[i] <= length;
        *u = length < 1 && crosses ? 0 : moved;
    }
    for (uint32_t i = 0; i < n->count; i++) {
        const double *row = n->matrix + (size_t)i * n->count;
        double change = 0;
        for (uint32_t k = 0; k < n->count; k++)
            change += row[k] * n->gap[k];
        p->g[n->at[i]] -= length * change;
    }
    return length >= 1;
}

/* Coordinates that became zero leave A, with their rows and columns. */
static void shrink(newton *n)
{
    uint32_t size = n->count;
    uint32_t kept = 0;
    uint32_t *from = n->at; /* from[kept] is written only after it was read */
    double *out = n->matrix;
    uint32_t *place = malloc(size * sizeof *place);
    if (!place) {
        n->count = 0;
        return;
    }
    for (uint32_t i = 0; i < size; i++)
        if (n->p->u[n->at[i]] != 0)
            place[kept++] = i;
    for (uint32_t i = 0; i < kept; i++)
        for (uint32_t j = 0; j < kept; j++)
            *out++ = n->matrix[(size_t)place[i] * size + place[j]];
    for (uint32_t i = 0; i < kept; i++)
        from[i] = from[place[i]];
    n->count = kept;
    free(place);
}

bool newton_run(subproblem *p)
{
    newton n = {.p = p};
    for (uint32_t j = 0; j < p->size; j++)
        n.count += p->u[j] != 0;
    if (n.count == 0 || n.count > NEWTON_MOST)
        return false;
    size_t square = (size_t)n.count * n.count;
    n.at = mem_try(n.count, sizeof *n.at);
    n.matrix = mem_try(square, sizeof *n.matrix);
    n.factor = mem_try(square, sizeof *n.factor);
    n.gap = mem_try(n.count, sizeof *n.gap);
    n.column = calloc(p->design->rows, sizeof *n.column);
    bool able = n.at && n.matrix && n.factor && n.gap && n.column;
    if (able) {
        uint32_t i = 0;
        for (uint32_t j = 0; j < p->size; j++)
            if (p->u[j] != 0)
                n.at[i++] = j;
        form_matrix(&n);
    }
    for (uint32_t steps = 0; able && n.count > 0 && steps < MOST_STEPS; steps++) {
        if (p->cancel && atomic_load_explicit(p->cancel, memory_order_relaxed))
            break;
        for (uint32_t i = 0; i < n.count; i++) {
            uint32_t j = n.at[i];
            n.gap[i] = p->g[j] - copysign(p->threshold[j], p->u[j]);
        }
        factorise(&n);
        solve(&n);
        if (step(&n))
            break;
        shrink(&n);
    }
    free(n.at);
    free(n.matrix);
    free(n.factor);
    free(n.gap);
    free(n.column);
    return able;
}
