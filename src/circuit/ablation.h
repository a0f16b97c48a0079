/* Parts of a circuit, and what its linear surrogate still says of a target variable with only
 * them.
 *
 * The circuit leads to the linear predictors of a variable (outcome.h). Along its edges deviations
 * from the mean are propagated: d_j = sum over parents i of a_ij d_i, begun by the recorded
 * activations of the features that no fitted layer leads to (the roots). Mean-ablating a node is
 * d = 0 there; ablating an edge is leaving it out of that sum, so that its target gets the mean of
 * its source. All of it is linear, so a predictor is its mean plus the sum over roots r of
 * g_r d_r, where g, the gradient, comes from one sweep backwards over the edges that are left.
 *
 * Nodes are ranked by how much the predictors move, over all paths, when the node moves by its
 * standard deviation: sd_j |g_j|; edges by the same of what passes through them,
 * |a_ij| sd_i |g_j|. |.| over several outputs is the root of the sum of squares. Between equals
 * the smaller number comes first. */
#ifndef CIRCUIT_ABLATION_H
#define CIRCUIT_ABLATION_H

#include "src/circuit/circuit.h"

/* The one that is not ranked: nothing leads from it to an output, or it never varies. */
#define ABLATION_UNRANKED UINT32_MAX

typedef struct ablation {
    uint32_t node_count; /* outputs included: the last of them */
    uint32_t first_output, outputs;
    uint32_t *in_start; /* by node: its edges in the next three; node_count + 1 entries */
    uint32_t *source;
    float *weight;
    uint32_t *edge_rank;   /* 0: the strongest */
    uint32_t *node_rank;   /* by node; likewise; outputs are unranked */
    double *node_strength; /* by node */
    uint32_t nodes, edges; /* how many are ranked */
} ablation;

typedef enum ablation_part { ABLATION_NODES, ABLATION_EDGES } ablation_part;

/* `c`: a circuit with the variable as its last layer. from[p] (by position of the target's layer,
 * the variable's included) says of which layer's edges the target is the sum, or UINT32_MAX: of
 * all (pairs that were fitted one by one each explain the whole target: the nearest one counts).
 * sd: by node. STATUS_MACHINE: memory. */
status ablation_create(const circuit *c, const uint32_t *from, const double *sd, ablation *out,
                       error *err);
void ablation_release(ablation *a); /* a zeroed one is fine */

/* The gradient of one output with the `kept` strongest nodes or edges only, or (complement) with
 * all but them; gradient: node_count doubles. kept = nodes (or edges): the whole surrogate. */
void ablation_sweep(const ablation *a, ablation_part part, uint32_t kept, bool complement,
                    uint32_t output, double *gradient);

/* About `most` different numbers from 1 to `count`, equally spaced in logarithms, ascending, the
 * last one `count`; returns how many. out: `most` entries. */
uint32_t ablation_steps(uint32_t count, uint32_t most, uint32_t *out);

#endif
