#include "src/circuit/ablation.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the edges that count, by target ---- */

static bool counts(const circuit *c, const uint32_t *from, const circuit_edge *e)
{
    uint32_t only = from[circuit_position(c, e->target, NULL)];
    return only == UINT32_MAX || circuit_position(c, e->source, NULL) == only;
}

static status take_edges(const circuit *c, const uint32_t *from, ablation *a, error *err)
{
    a->in_start = calloc((size_t)c->node_count + 2, sizeof *a->in_start);
    a->source = mem_try(c->edge_count, sizeof *a->source);
    a->weight = mem_try(c->edge_count, sizeof *a->weight);
    a->edge_rank = mem_try(c->edge_count, sizeof *a->edge_rank);
    if (!a->in_start || !a->source || !a->weight || !a->edge_rank)
        return error_memory(err, "the surrogate of a circuit");
    uint32_t at = 0;
    for (uint32_t n = 0; n < c->node_count; n++) {
        a->in_start[n] = at;
        for (uint32_t k = c->in_start[n]; k < c->in_start[n + 1]; k++) {
            const circuit_edge *e = &c->edge[c->in[k]];
            if (!counts(c, from, e))
                continue;
            a->source[at] = e->source;
            a->weight[at++] = e->weight;
        }
    }
    a->in_start[c->node_count] = at;
    return STATUS_OK;
}

/* ---- ranks ---- */

typedef struct ranked {
    double strength;
    uint32_t place;
} ranked;

static int stronger(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->strength != b->strength)
        return a->strength < b->strength ? 1 : -1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* rank[i] of the strengths above 0; returns how many there are. */
static uint32_t rank_all(ranked *list, uint32_t count, uint32_t *rank)
{
    uint32_t positive = 0;
    for (uint32_t i = 0; i < count; i++) {
        rank[i] = ABLATION_UNRANKED;
        if (list[i].strength > 0 && isfinite(list[i].strength))
            list[positive++] = list[i];
    }
    qsort(list, positive, sizeof *list, stronger);
    for (uint32_t i = 0; i < positive; i++)
        rank[list[i].place] = i;
    return positive;
}

/* squares[n]: the sum over outputs of the squared gradient of the whole surrogate at node n. */
static void square_gradients(const ablation *a, double *gradient, double *squares)
{
    for (uint32_t o = 0; o < a->outputs; o++) {
        ablation_sweep(a, ABLATION_EDGES, UINT32_MAX, false, o, gradient);
        for (uint32_t n = 0; n < a->node_count; n++)
            squares[n] += gradient[n] * gradient[n];
    }
}

static status rank(ablation *a, const double *sd, error *err)
{
    uint32_t edges = a->in_start[a->node_count];
    uint32_t most = edges > a->node_count ? edges : a->node_count;
    double *gradient = mem_try(a->node_count, sizeof *gradient);
    double *squares = calloc((size_t)a->node_count + 1, sizeof *squares);
    ranked *list = mem_try(most, sizeof *list);
    a->node_rank = mem_try(a->node_count, sizeof *a->node_rank);
    a->node_strength = mem_try(a->node_count, sizeof *a->node_strength);
    status code = gradient && squares && list && a->node_rank && a->node_strength
                      ? STATUS_OK
                      : error_memory(err, "the surrogate of a circuit");
    if (code == STATUS_OK) {
        memset(a->edge_rank, 0, edges * sizeof *a->edge_rank); /* for now all are kept */
        square_gradients(a, gradient, squares);
        for (uint32_t n = 0; n < a->node_count; n++) {
            bool output = n >= a->first_output;
            a->node_strength[n] = output ? 0 : sd[n] * sqrt(squares[n]);
            list[n] = (ranked){a->node_strength[n], n};
        }
        a->nodes = rank_all(list, a->node_count, a->node_rank);
        for (uint32_t n = 0; n < a->node_count; n++)
            for (uint32_t k = a->in_start[n]; k < a->in_start[n + 1]; k++)
                list[k] =
                    (ranked){fabs((double)a->weight[k]) * sd[a->source[k]] * sqrt(squares[n]), k};
        a->edges = rank_all(list, edges, a->edge_rank);
    }
    free(gradient);
    free(squares);
    free(list);
    return code;
}

status ablation_create(const circuit *c, const uint32_t *from, const double *sd, ablation *out,
                       error *err)
{
    *out = (ablation){.node_count = c->node_count,
                      .first_output = c->layer_first[c->layer_count - 1]};
    out->outputs = c->node_count - out->first_output;
    status code = take_edges(c, from, out, err);
    if (code == STATUS_OK)
        code = rank(out, sd, err);
    if (code != STATUS_OK)
        ablation_release(out);
    return code;
}

void ablation_release(ablation *a)
{
    free(a->in_start);
    free(a->source);
    free(a->weight);
    free(a->edge_rank);
    free(a->node_rank);
    free(a->node_strength);
    *a = (ablation){0};
}

/* ---- gradients ---- */

static bool stays(uint32_t rank, uint32_t kept, bool complement)
{
    return (rank < kept) != complement;
}

void ablation_sweep(const ablation *a, ablation_part part, uint32_t kept, bool complement,
                    uint32_t output, double *gradient)
{
    memset(gradient, 0, a->node_count * sizeof *gradient);
    gradient[a->first_output + output] = 1;
    /* edges lead to greater numbers: a node's gradient is whole when it is come to */
    for (uint32_t n = a->node_count; n-- > 0;) {
        if (gradient[n] == 0)
            continue;
        if (part == ABLATION_NODES && n < a->first_output &&
            !stays(a->node_rank[n], kept, complement)) {
            gradient[n] = 0;
            continue;
        }
        for (uint32_t k = a->in_start[n]; k < a->in_start[n + 1]; k++)
            if (part == ABLATION_NODES || stays(a->edge_rank[k], kept, complement))
                gradient[a->source[k]] += (double)a->weight[k] * gradient[n];
    }
}

uint32_t ablation_steps(uint32_t count, uint32_t most, uint32_t *out)
{
    uint32_t steps = 0;
    for (uint32_t i = 0; i < most && count > 0; i++) {
        double part = most > 1 ? (double)i / (most - 1) : 1;
        uint32_t step = (uint32_t)lround(pow(count, part));
        if (i + 1 == most || step > count)
            step = count;
        if (steps == 0 || step > out[steps - 1])
            out[steps++] = step;
    }
    return steps;
}
