/* One target from its column to its certificate, as a state that takes part in shared passes. */
#ifndef SOLVER_TARGET_H
#define SOLVER_TARGET_H

#include "solver/descent.h"
#include "solver/gradient.h"
#include "solver/sweep.h"

/* What all targets of a solve have in common. */
typedef struct target_rules {
    const lasso_design *design;
    const matrix *y;
    lasso_settings settings;
    const double *level; /* points: lambdas, or with LASSO_OF_TARGET fractions; descending */
    uint32_t points;
    uint32_t wide_lanes; /* dense layers: targets that share a pass, at most WIDE_LANES */
    unsigned max_rounds;
    double lipschitz; /* FISTA only */
    const atomic_bool *cancel;
} target_rules;

/* One thread's memory, for SWEEP_LANES targets in flight, or up to WIDE_LANES of a dense layer. */
typedef struct workspace {
    lane lanes[WIDE_LANES];
    uint32_t lane_count;
    sweep_space sweep;                 /* sparse layers */
    product product;                   /* dense layers */
    double *r;                         /* rows */
    double *correlation;               /* by rank */
    double *u, *g, *threshold, *ridge; /* the inner problem, at most design->size */
    descent_space space;
    gradient_space gradient;
} workspace;

status workspace_create(workspace *w, const target_rules *rules, error *err);
void workspace_release(workspace *w);

typedef enum target_step {
    TARGET_WAITS,       /* for the next pass */
    TARGET_READY,       /* to advance: it needs no pass */
    TARGET_DONE,        /* the lane holds its result at l->point */
    TARGET_INTERRUPTED, /* cancelled */
    TARGET_NO_MEMORY
} target_step;

/* One pass over the data for all busy lanes. */
target_step target_pass(workspace *w, const target_rules *rules);

/* Puts a target into lane t. */
target_step target_begin(workspace *w, const target_rules *rules, uint32_t t, uint32_t slot,
                         uint32_t column);

/* Goes on after a pass. */
target_step target_advance(workspace *w, const target_rules *rules, uint32_t t);

/* After the result of a point that is not the last: begins the next. */
target_step target_next(workspace *w, const target_rules *rules, uint32_t t);

/* Frees the lane for another target. */
void target_end(workspace *w, uint32_t t);

/* The result of a lane that is done; `source` and `weight` take its parents (room for
 * lane->size), ascending columns. */
void target_result(const workspace *w, const target_rules *rules, uint32_t t, uint32_t *source,
                   double *weight, lasso_result *result);

/* The lambda of unscaled y is that of the problem as solved times this: 1, or sd_y. */
double target_lambda_scale(const lasso_design *design, const column_moments *y);

/* For the methods: the lane's coefficients as a certificate sees them, and the step that fixes
 * the thresholds of a point of the path once l->lambda_max is known. */
candidate target_candidate(const lane *l, const target_rules *rules);
void target_enter(lane *l, const target_rules *rules, uint32_t point);

/* The gap of the lane's coefficients, from its r, worst, g and violators. */
double target_gap(const lane *l, const target_rules *rules);

#endif
