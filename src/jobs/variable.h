/* Fitting a target variable: layers and values come out of the workspace, a path (and its
 * cross-validation) through the solver, and the whole of it goes back in one transaction. */
#ifndef JOBS_VARIABLE_H
#define JOBS_VARIABLE_H

#include "db/layer.h"
#include "solver/variable.h"

typedef struct variable_request {
    const char *target;    /* name of the variable */
    const int64_t *layer;  /* ids: their features side by side, in computation order */
    uint32_t layer_count;
    variable_settings settings;
    uint32_t folds;        /* of documents; 0: no cross-validation */
    uint64_t seed;         /* which documents go together */
    bool least_error;      /* choose the least held-out error, not the sparsest near it */
} variable_request;

typedef struct variable_progress {
    uint32_t done, points; /* of the path, in all folds */
    double seconds;
} variable_progress;

typedef struct variable_run_options {
    unsigned threads; /* 0: all */
    void (*progress)(void *user, const variable_progress *progress); /* from another thread */
    void *user;
    const atomic_bool *cancel; /* may be NULL */
} variable_run_options;

/* Fits and stores. *fit_id: the stored fit. STATUS_PARTIAL: stored, but some points are above the
 * tolerance. STATUS_USAGE: the request; STATUS_INPUT: no such variable, or its values do not fit
 * its kind; STATUS_INTERRUPTED: cancelled, nothing is stored. */
status variable_run(const char *study, const variable_request *request,
                    const variable_run_options *options, int64_t *fit_id, error *err);

#endif
