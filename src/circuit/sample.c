#include "src/circuit/sample.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
    const sample_edge *a = left;
    const sample_edge *b = right;
    float x = fabsf(a->carried);
    float y = fabsf(b->carried);
    if (x != y)
        return x > y ? -1 : 1;
    return (a->edge > b->edge) - (a->edge < b->edge);
}

/* heap[0] is the weakest of those kept; lets it sink to where it belongs. */
static void sink(sample_edge *heap, uint32_t count)
{
    for (uint32_t at = 0, child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare(&heap[child + 1], &heap[child]) > 0)
            child++;
        if (compare(&heap[at], &heap[child]) >= 0)
            break;
        sample_edge swap = heap[at];
        heap[at] = heap[child];
        heap[child] = swap;
    }
}

/* Keeps the `most` strongest of a pair: only few of many edges get past the weakest one kept. */
static void keep(sample_edge *kept, sample_pair *pair, uint32_t most, sample_edge e)
{
    pair->all++;
    if (pair->count < most) {
        kept[pair->count++] = e;
        if (pair->count == most) { /* full: weakest first is a heap */
            qsort(kept, most, sizeof *kept, compare);
            for (uint32_t i = 0; i < most / 2; i++) {
                sample_edge swap = kept[i];
                kept[i] = kept[most - 1 - i];
                kept[most - 1 - i] = swap;
            }
        }
    } else if (compare(&e, &kept[0]) < 0) {
        kept[0] = e;
        sink(kept, most);
    }
}

/* An edge whose source is active, and its layer pair: source * layers + target. */
typedef struct lit {
    uint32_t pair;
    sample_edge of;
} lit;

/* All of them, and how many of each pair. The edges lie anywhere in memory: they are visited once.
 */
static lit *light(const circuit *c, const sample_activation *active, uint32_t count,
                  uint32_t *edges, uint32_t *of_pair)
{
    uint32_t room = 0;
    for (uint32_t i = 0; i < count; i++)
        room += c->out_start[active[i].node + 1] - c->out_start[active[i].node];
    lit *all = mem_alloc(((size_t)room + 1) * sizeof *all);
    *edges = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t node = active[i].node;
        uint32_t source = circuit_position(c, node, NULL);
        for (uint32_t k = c->out_start[node]; k < c->out_start[node + 1]; k++) {
            const circuit_edge *e = &c->edge[c->out[k]];
            if (circuit_wired_alone(e)) /* it carries nothing by weight */
                continue;
            uint32_t pair = source * c->layer_count + circuit_position(c, e->target, NULL);
            all[(*edges)++] = (lit){pair, {c->out[k], e->weight * active[i].value}};
            of_pair[pair]++;
        }
    }
    return all;
}

/* A pair for each that has edges, with room for what it keeps; of_pair[] becomes its number. */
static void make_pairs(sample_circuit *out, const circuit *c, uint32_t *of_pair, uint32_t most)
{
    uint32_t room = 0;
    for (uint32_t p = 0; p < c->layer_count * c->layer_count; p++) {
        uint32_t edges = of_pair[p];
        if (edges == 0)
            continue;
        out->pair = mem_grow(out->pair, (size_t)out->pair_count + 1, sizeof *out->pair);
        out->pair[out->pair_count] = (sample_pair){
            .source = p / c->layer_count, .target = p % c->layer_count, .start = room};
        room += edges < most ? edges : most;
        of_pair[p] = out->pair_count++;
    }
    out->edge = mem_alloc(((size_t)room + 1) * sizeof *out->edge);
}

void sample_circuit_make(sample_circuit *out, const circuit *c, const sample_activation *active,
                         uint32_t count, uint32_t most)
{
    *out = (sample_circuit){0};
    uint32_t *of_pair = mem_zero((size_t)c->layer_count * c->layer_count + 1, sizeof *of_pair);
    lit *all = light(c, active, count, &out->edge_count, of_pair);
    make_pairs(out, c, of_pair, most);
    for (uint32_t i = 0; i < out->edge_count; i++) {
        sample_pair *pair = &out->pair[of_pair[all[i].pair]];
        keep(out->edge + pair->start, pair, most, all[i].of);
    }
    for (uint32_t p = 0; p < out->pair_count; p++)
        qsort(out->edge + out->pair[p].start, out->pair[p].count, sizeof *out->edge, compare);
    free(all);
    free(of_pair);
}

void sample_circuit_release(sample_circuit *s)
{
    free(s->edge);
    free(s->pair);
    *s = (sample_circuit){0};
}
