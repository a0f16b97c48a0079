#include "src/circuit/sample.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* An edge with what sorting looks at. */
typedef struct ranked {
    uint64_t pair; /* source position, target position */
    sample_edge of;
} ranked;

static int compare(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->pair != b->pair)
        return a->pair < b->pair ? -1 : 1;
    float x = fabsf(a->of.carried), y = fabsf(b->of.carried);
    if (x != y)
        return x > y ? -1 : 1;
    return (a->of.edge > b->of.edge) - (a->of.edge < b->of.edge);
}

static uint32_t count_edges(const circuit *c, const sample_activation *active, uint32_t count)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < count; i++)
        if (active[i].node < c->node_count)
            edges += c->out_start[active[i].node + 1] - c->out_start[active[i].node];
    return edges;
}

static void gather(const circuit *c, const sample_activation *active, uint32_t count, ranked *all)
{
    uint32_t edges = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t node = active[i].node;
        if (node >= c->node_count)
            continue;
        uint64_t source = circuit_position(c, node, NULL);
        for (uint32_t k = c->out_start[node]; k < c->out_start[node + 1]; k++) {
            const circuit_edge *e = &c->edge[c->out[k]];
            all[edges++] = (ranked){.pair = source << 32 | circuit_position(c, e->target, NULL),
                                    .of = {c->out[k], e->weight * active[i].value}};
        }
    }
}

void sample_circuit_make(sample_circuit *out, const circuit *c, const sample_activation *active,
                         uint32_t count)
{
    *out = (sample_circuit){.edge_count = count_edges(c, active, count)};
    ranked *all = mem_alloc(((size_t)out->edge_count + 1) * sizeof *all);
    gather(c, active, count, all);
    qsort(all, out->edge_count, sizeof *all, compare);
    out->edge = mem_alloc(((size_t)out->edge_count + 1) * sizeof *out->edge);
    for (uint32_t i = 0; i < out->edge_count; i++) {
        out->edge[i] = all[i].of;
        if (i == 0 || all[i].pair != all[i - 1].pair) {
            out->pair = mem_grow(out->pair, (size_t)out->pair_count + 1, sizeof *out->pair);
            out->pair[out->pair_count++] = (sample_pair){.source = (uint32_t)(all[i].pair >> 32),
                                                         .target = (uint32_t)all[i].pair,
                                                         .start = i};
        }
        out->pair[out->pair_count - 1].count++;
    }
    free(all);
}

void sample_circuit_release(sample_circuit *s)
{
    free(s->edge);
    free(s->pair);
    *s = (sample_circuit){0};
}
