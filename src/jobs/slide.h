/* One target of a finished fit at another lambda, at once: what a key held down on the screen
 * asks for. The target's source and target layers stay in memory between two questions, so that
 * an answer costs one small solve, exact and certified like every other. It is the regression that
 * is solved: there is no wiring in it, and removals are what the regression says. */
#ifndef JOBS_SLIDE_H
#define JOBS_SLIDE_H

#include "db/fit.h"
#include "db/layer.h"
#include "solver/lasso.h"

typedef struct slide slide;

/* Reads the layers of the fit's target layer: its source layer, or in a joint fit all of them.
 * STATUS_INPUT when the fit has no such target layer. */
status slide_open(slide **out, db *d, const layer_set *layers, int64_t fit_id,
                  int64_t target_layer, error *err);
void slide_close(slide *s); /* NULL is fine */

typedef struct slide_edge {
    int64_t source_layer;
    uint32_t source; /* feature */
    double weight, standardised, removal;
} slide_edge;

typedef struct slide_result {
    lasso_state state;
    double lambda, lambda_max, r2, gap;
    slide_edge *edge; /* strongest removal first */
    uint32_t edges;
} slide_result;

/* Solves one target feature at an absolute lambda; everything else is as the fit has it. Free the
 * result with slide_result_release. */
status slide_solve(slide *s, uint32_t target, double lambda, slide_result *out, error *err);
void slide_result_release(slide_result *result);

#endif
