/* The linear surrogate of a circuit that leads to a target variable, and what of it a part of the
 * circuit carries.
 *
 * Features that no fitted layer leads to (the roots) have their recorded activations, those of
 * later layers are what the fit's edges make of them, up to the layers that a target fit reads,
 * whose weights end in its predictors eta. (Of layer pairs that were fitted one by one, the
 * nearest source layer's edges; of a joint fit, all.) What is not in a part is mean-ablated: it
 * has its mean in every sample (src/circuit/ablation.h).
 *
 * m, the metric, is the mean over all samples of how much eta is on the sample's side:
 * (2y - 1) eta for a binary variable; eta of its class less the mean of the others for more
 * classes; (y - mean y) eta / var y for numbers, the slope of the prediction on y. It is linear in
 * eta and eta in the roots' activations, so one pass over the roots' layers says how much each
 * gradient counts, and every part then costs a sweep over the edges, whatever the number of
 * samples. One layer's activations are in memory at a time. */
#ifndef JOBS_SURROGATE_H
#define JOBS_SURROGATE_H

#include "db/variable.h"
#include "solver/variable.h"
#include "src/circuit/ablation.h"

typedef struct surrogate {
    db *connection;
    const layer_set *layers;
    const fit *fit;
    const variable_fit *v;
    circuit *c; /* on to the variable */
    ablation a;
    variable y;
    double *y_value;
    double *mean, *sd; /* by node, from the workspace's statistics */
    bool *root;        /* by position: no fitted layer leads to it */
    double *pull;      /* outputs x node_count: what a unit of gradient at a root adds to m */
    double *gradient;  /* node_count */
} surrogate;

typedef struct surrogate_facts {
    double empty, full,
        real; /* m: all ablated, none, and of the target fit on what was recorded */
    double score_full, score_real; /* accuracy, or R2 for numbers */
} surrogate_facts;

/* Of a finished fit of layer pairs and a finished fit of a target variable, at its chosen point;
 * all borrowed until surrogate_close. STATUS_INPUT: values that are no classes. */
status surrogate_open(surrogate *s, db *d, const layer_set *layers, const fit *f,
                      const variable_fit *v, error *err);
void surrogate_close(surrogate *s); /* a zeroed one is fine */

/* Reads the activations; before surrogate_metric. STATUS_INTERRUPTED: cancelled. */
status surrogate_read(surrogate *s, const atomic_bool *cancel, surrogate_facts *out, error *err);

/* m(part) - m(empty), with the `kept` strongest nodes or edges, or (complement) all but them. */
double surrogate_metric(surrogate *s, ablation_part part, uint32_t kept, bool complement);

#endif
