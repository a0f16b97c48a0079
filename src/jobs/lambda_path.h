/* A fit at many lambdas, to choose one by: from the largest down to the last, log-spaced, every
 * target from its solution before (solver/lasso.h), every point certified.
 *
 * What comes out is a summary of each point. Nothing is stored: the edges of twenty points take
 * many times the room of one, and a fit at the chosen lambda, an ordinary one with all that fits
 * have, takes less time than the path did. */
#ifndef JOBS_LAMBDA_PATH_H
#define JOBS_LAMBDA_PATH_H

#include "src/jobs/fit.h"

/* Of one regression at one lambda. */
typedef struct path_point {
    double asked;  /* as --lambda would say it: absolute, or a fraction */
    double lambda; /* of the pair; 0 with LASSO_OF_TARGET */
    uint32_t targets, constant, unconverged;
    uint64_t edges;
    double parents; /* mean, of the targets that vary; so are the next two */
    double r2;
    double worst_gap; /* their largest */
} path_point;

typedef struct path_options {
    uint32_t points; /* 2 or more */
    unsigned threads;
    uint64_t memory; /* as in fit_run_options */
    /* One regression is done: `points` of them, borrowed, largest lambda first. source is NULL
     * when it has all source layers of a joint fit at once. */
    void (*each)(void *user, const layer *source, const layer *target, const path_point *point);
    void (*progress)(void *user,
                     double fraction); /* ten times a second, any thread; may be NULL */
    void *user;
    const atomic_bool *cancel; /* may be NULL */
} path_options;

/* request->settings.lambda is the last point. STATUS_USAGE: what fit_create refuses, a rule that
 * is not a lambda or a fraction, a last lambda of 0 or not below the largest, points, too little
 * memory. STATUS_PARTIAL: done, but some targets are above the tolerance at some points.
 * STATUS_INTERRUPTED: cancelled. */
status lambda_path_run(db *d, const layer_set *layers, const fit_request *request,
                       const path_options *options, error *err);

#endif
