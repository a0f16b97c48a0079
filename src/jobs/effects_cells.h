/* The cells of one layer pair in which a circuit is held against measured effects: every feature
 * of the target layer, for each source feature that was really removed. */
#ifndef JOBS_EFFECTS_CELLS_H
#define JOBS_EFFECTS_CELLS_H

#include "db/effect.h"
#include "src/circuit/effects_score.h"
#include "src/jobs/layer_data.h"

typedef struct effects_grid {
    const layer *source, *target;        /* borrowed */
    uint32_t source_first, target_first; /* their first features, as cells are numbered */
    uint32_t *removed;                   /* source features, ascending */
    uint32_t removed_count;
    uint32_t *place; /* by source feature: 1 + its place in `removed`; 0: was not removed */
    effect *effect;  /* by source, then target */
    uint32_t effect_count;
    double cut;
} effects_grid;

/* removed_count is 0 when nothing was measured between the layers. STATUS_INPUT: effects of
 * features that the layers do not have. */
status effects_grid_load(effects_grid *g, db *d, const layer *source, const layer *target,
                         double cut, error *err);
void effects_grid_release(effects_grid *g);

/* Edges of removed features, gathered in any order. */
typedef struct effects_edges {
    effect_cell *item; /* `measured` is not known yet */
    uint32_t count, room;
} effects_edges;

/* Adds an edge, unless its source was not removed. `removal` as fits have it. */
void effects_edges_add(effects_edges *edges, const effects_grid *g, uint32_t source,
                       uint32_t target, double removal);

/* Turns the edges into cells: sorts them, sets what was measured, and adds the cells with an
 * effect and no edge. edges->item is then what effects_score_cells wants. */
void effects_edges_complete(effects_edges *edges, const effects_grid *g);
void effects_edges_release(effects_edges *edges);

/* What no fit is needed for: covariance times the source's mean where it is active, as removal;
 * or, with `coactive`, times the mean over the same samples of the source where the target is
 * active too, and 0 elsewhere, because a silent target cannot fall. Adds the `most` strongest of
 * all cells; *precision is the average precision of all of them. STATUS_MACHINE: memory (24 bytes
 * a cell). */
status effects_covariance(const effects_grid *g, const matrix *source, const double *active_mean,
                          const matrix *target, bool coactive, uint64_t most, effects_edges *edges,
                          double *precision, error *err);

#endif
