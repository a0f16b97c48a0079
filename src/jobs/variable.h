/* Fitting a target variable: asked for and stored as a queued fit, run by fit_run like any other.
 * Layers and values come out of the workspace, a path (and its cross-validation) through the
 * solver, and the whole of it goes back in one transaction: a run that ends early leaves nothing,
 * and the next one begins anew. */
#ifndef JOBS_VARIABLE_H
#define JOBS_VARIABLE_H

#include "db/variable.h"
#include "solver/variable.h"
#include "src/jobs/fit.h"

struct target; /* db/target.h */

typedef struct variable_request {
    const char *target;   /* name of the variable; not looked at when target_id is given */
    int64_t target_id;    /* 0: by name */
    const int64_t *layer; /* ids: their features side by side, in computation order */
    uint32_t layer_count;
    variable_settings settings;
    uint32_t folds;   /* of documents; 0: no cross-validation */
    uint64_t seed;    /* which documents go together */
    bool least_error; /* choose the least held-out error, not the sparsest near it */
    bool train_only;  /* see the training documents alone */
} variable_request;

/* The usual settings of a path, or of one that is cross-validated, which goes further down. */
variable_request variable_request_usual(bool cross_validated);

/* Checks the request and stores it as a queued fit. STATUS_USAGE: settings, layers; STATUS_INPUT:
 * no such variable. */
status variable_create(db *d, const layer_set *layers, const variable_request *request,
                       int64_t *fit_id, error *err);

/* What a target variable's kind is called by the solver. */
variable_kind variable_kind_of(const struct target *t);

/* The values of a variable as the solver takes them. Free *value. */
status variable_load(db *d, const struct target *t, variable *v, double **value, error *err);

/* For fit_run: the work on a fit that this process holds, from reading the layers to storing what
 * came of it. Counts points in *last; several below the tolerance are last->unconverged.
 * STATUS_INPUT: the activations have changed, the values do not fit the variable's kind, or no
 * document is for training. STATUS_INTERRUPTED: nothing is stored. */
status variable_run(db *d, const layer_set *layers, int64_t fit_id, const fit_run_options *options,
                    fit_progress *last, error *err);

/* "20 lambdas down to 0.02 of the maximum, ridge 0, scale none": how a fit was asked for; `lambda`
 * is the word or sign to use. */
void variable_describe(const variable_fit *f, const char *lambda, char *text, size_t capacity);

#endif
