/* A circuit as one sample sees it: an edge matters there as much as its source is active.
 *
 * What an edge carries at a sample is weight * activation of the source: its term in the
 * surrogate's sum for the target. Edges are ranked by the size of that (METHOD: |a| * |z|), pair
 * by pair; those whose source is silent carry nothing and are left out. */
#ifndef CIRCUIT_SAMPLE_H
#define CIRCUIT_SAMPLE_H

#include "src/circuit/circuit.h"

typedef struct sample_activation {
    uint32_t node;
    float value;
} sample_activation;

typedef struct sample_edge {
    uint32_t edge; /* in the circuit */
    float carried; /* weight * activation of the source */
} sample_edge;

/* Edges between two layers: edge[start] .. edge[start + count - 1] of the whole. */
typedef struct sample_pair {
    uint32_t source, target; /* positions */
    uint32_t start, count;
    uint32_t all; /* with those that were too many to keep */
} sample_pair;

typedef struct sample_circuit {
    sample_edge *edge;   /* by pair, strongest first */
    uint32_t edge_count; /* with those that are not kept */
    sample_pair *pair;   /* by source, then target */
    uint32_t pair_count;
} sample_circuit;

/* `active`: nodes of the circuit that are not silent, each once, in any order. Of each pair the
 * `most` strongest edges are kept (at least 1). */
void sample_circuit_make(sample_circuit *out, const circuit *c, const sample_activation *active,
                         uint32_t count, uint32_t most);
void sample_circuit_release(sample_circuit *s);

#endif
