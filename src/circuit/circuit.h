/* A circuit in memory: all edges of one fit, strongest first, with adjacency both ways.
 *
 * A node is a feature's number in the whole study: layer_first[position of its layer] + index.
 * Every list is sorted by decreasing strength, so the edges at or above a threshold are always
 * the first ones of a list, and raising a threshold costs a binary search. A circuit never
 * changes once made; it can be read from any thread, and each thread that wants to keep it holds
 * it. Edges lead from a layer to a later one, so a node's parents have smaller numbers than it. */
#ifndef CIRCUIT_CIRCUIT_H
#define CIRCUIT_CIRCUIT_H

#include "db/fit.h"
#include "db/layer.h"

#include <stdatomic.h>

/* strength, name, what is shown and ranked */
#define STRENGTH_LIST(X)                                                                          \
    X(STRENGTH_REMOVAL, "removal", "fall of the target if the source were removed where active")  \
    X(STRENGTH_WEIGHT, "weight", "coefficient on the data's own scale")                           \
    X(STRENGTH_STANDARDISED, "standardised", "coefficient between standardised features")

typedef enum strength {
#define STRENGTH_ENUM(name, text, meaning) name,
    STRENGTH_LIST(STRENGTH_ENUM)
#undef STRENGTH_ENUM
} strength;

const char *strength_name(strength s);
bool strength_find(const char *name, strength *out); /* false: there is none of that name */

typedef struct circuit_edge {
    uint32_t source, target;             /* nodes */
    float weight, standardised, removal; /* weight 0, wired: see circuit_wired_alone */
    float wired; /* what the wiring says the removal is; NAN: the pair has none */
} circuit_edge;

/* An edge as seen from its target: what a search over the whole circuit looks at. */
typedef struct circuit_link {
    uint32_t source;
    float standardised;
} circuit_link;

typedef struct circuit {
    atomic_uint holders;
    int64_t fit_id;
    bool wiring; /* of the fit: edges may say what the wiring says */
    strength ranked_by;
    uint32_t layer_count;
    uint32_t *layer_first; /* by position: first node; layer_count + 1 entries */
    uint32_t node_count;
    circuit_edge *edge; /* strongest first */
    uint32_t edge_count;
    /* children of node n: edge[out[out_start[n] .. out_start[n+1]-1]]; parents likewise */
    uint32_t *out_start, *out, *in_start, *in;
    circuit_link *in_link; /* beside `in`, so that a walk over all parents reads in order */
    /* what trust checks say, by edge, NaN: nothing; NULL: there is no such check (see trust.h) */
    float *frequency; /* share of the halves of the documents in which it comes back */
    float *fdr; /* estimated false discovery rate of its pair's edges of at least its |removal|,
                   as the regression has it; 1 if only the wiring speaks for it */
} circuit;

/* All edges of the fit that are in the workspace now, of a running fit too. `layers` must be the
 * study's. More than 2^32 - 1 edges are STATUS_MACHINE. */
status circuit_load(db *d, const layer_set *layers, int64_t fit_id, strength ranked_by,
                    circuit **out, error *err);

/* The same from edges in memory (malloc; they become the circuit's, also on failure), in any
 * order; equally strong ones keep theirs. layer_features: how many features each layer has. */
status circuit_build(uint32_t layer_count, const uint32_t *layer_features, circuit_edge *edges,
                     uint32_t edge_count, strength ranked_by, circuit **out, error *err);

/* One more holder, that is, one more circuit_free before it is gone. Returns c. */
circuit *circuit_hold(circuit *c);
void circuit_free(circuit *c); /* NULL is fine */

/* Whether only the wiring speaks for an edge (see db/fit.h). */
bool circuit_wired_alone(const circuit_edge *e);

/* |removal| as the regression has it, NaN: only the wiring speaks for the edge. Got back from
 * floats, so given at the upper end of what their rounding leaves open: no edge falls below a
 * threshold that is its own strength. */
double circuit_regression(const circuit_edge *e);

/* |strength| and signed strength of an edge in the circuit's ranking. */
double circuit_strength(const circuit *c, const circuit_edge *e);

uint32_t circuit_node(const circuit *c, uint32_t position, uint32_t feature);
/* Position of a node's layer; *feature (may be NULL) gets its index there. */
uint32_t circuit_position(const circuit *c, uint32_t node, uint32_t *feature);

/* How many of list[0..count) (edge indices, strongest first; NULL: the whole circuit's edges) have
 * |strength| >= threshold. */
uint32_t circuit_count(const circuit *c, const uint32_t *list, uint32_t count, double threshold);

#endif
