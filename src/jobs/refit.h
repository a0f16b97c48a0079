/* The regressions of a finished fit, solved again: on some documents, or with targets that were
 * put out of step with their sources. Everything else is as in the fit: the lambda of each target
 * (absolute), ridge, scale, and in a joint fit all sources at once.
 *
 * Refits are solved to a relative duality gap of 1e-5 (or the fit's own tolerance if that is
 * larger): far below what resampling makes of a coefficient, but an edge at the very margin of
 * existence can come out on either side. */
#ifndef JOBS_REFIT_H
#define JOBS_REFIT_H

#include "src/jobs/check.h"
#include "src/jobs/layer_data.h"
#include "solver/lasso.h"

/* One of the source layers that stand side by side. */
typedef struct refit_part {
    int64_t source_layer;
    int64_t pair_id;
    uint32_t first; /* its first column in the source */
} refit_part;

/* A regression: a layer pair, or in a joint fit a target layer with all its sources. */
typedef struct refit_regression {
    int64_t source_layer; /* of the pair that has the targets (joint: the nearest source) */
    int64_t target_layer;
    int64_t pair_id;
    const refit_part *part;
    uint32_t parts;
    const layer_data *source, *target;
    const uint32_t *targets; /* columns of the target that vary, ascending */
    uint32_t target_count;
    const double *lambda;  /* by target column: the fit's; 0 where it does not vary */
    const double *stretch; /* by target column: the fit's */
} refit_regression;

typedef struct refit refit;

/* What every check that refits needs, for its `applies`: why[0] says what is missing. *documents
 * of the study; a sample without a document is one of its own. */
status refit_applies(db *d, const layer_set *layers, const fit *f, uint32_t *documents, char *why,
                     size_t capacity, error *err);

/* `job` is borrowed. Documents are counted here: STATUS_INPUT when a layer has no samples. */
status refit_open(refit **out, check_job *job, error *err);
void refit_close(refit *r); /* NULL is fine */

uint32_t refit_count(const refit *r); /* regressions */

/* Which document each sample belongs to, from 0, in order. */
const uint32_t *refit_document(const refit *r, uint32_t *samples, uint32_t *documents);

/* Reads the layers of regression i; lets go of those that only the one before needed. *out is
 * valid until the next call. */
status refit_load(refit *r, uint32_t i, refit_regression *out, error *err);

/* Settings for a design and a solve of this fit. lambda: by column of y; borrowed. */
lasso_settings refit_settings(const refit *r, const double *lambda);

/* Solves the targets of the regression on a design; STATUS_INTERRUPTED when the check was
 * cancelled. `block` as in lasso_hooks. Counts into the job's parts. */
status refit_solve(refit *r, const refit_regression *g, const lasso_design *design,
                   const matrix *y, const double *lambda,
                   bool (*block)(void *user, uint32_t first, const lasso_result *results,
                                 uint32_t count),
                   void *user, error *err);

#endif
