/* One pass over a sparse layer for sixteen targets: which features break their bound. */
#ifndef SOLVER_SWEEP_H
#define SOLVER_SWEEP_H

#include "solver/screen.h"

/* What a design keeps for its sweeps. */
status sweep_layer_create(sweep_layer *layer, const lasso_design *design, error *err);
void sweep_layer_release(sweep_layer *layer);

/* One thread's memory. */
typedef struct sweep_space {
    sweep_lanes *lanes;
    sweep_hit *hits;
} sweep_space;

status sweep_space_create(sweep_space *space, const lasso_design *design, error *err);
void sweep_space_release(sweep_space *space);

/* Lays the residual of lane t beside the others. */
void sweep_lay(sweep_space *space, const lasso_design *design, const lane *l, uint32_t t);

/* Sets worst and violators of each busy lane, and, where it is certified, g. STATUS_INTERRUPTED:
 * cancelled meanwhile; STATUS_MACHINE: out of memory. */
status sweep_pass(sweep_space *space, const lasso_design *design, lane *lanes,
                  const atomic_bool *cancel);

#endif
