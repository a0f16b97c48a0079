/* Running a fit: layers come out of the workspace, targets go through the solver, every block
 * of finished targets goes back in one transaction. The command line and the screen run the same
 * functions. */
#ifndef JOBS_FIT_H
#define JOBS_FIT_H

#include "db/fit.h"
#include "db/layer.h"
#include "solver/lasso.h"
#include "src/wiring/needs.h"

#include <stddef.h>

typedef struct fit_request {
    lasso_settings settings; /* threads and memory are of the run, not of the fit: not stored */
    struct fit_request_pair {
        int64_t source_layer, target_layer; /* layer ids; the source's position is smaller */
    } * pair;
    uint32_t pair_count;
    bool joint; /* every target on all its source layers at once (README, the method); else each
                   pair is a fit of its own */
    bool wiring; /* pairs that fit_pair_wireable says use their autoencoders; not in a joint fit */
} fit_request;

/* Fills in the pairs among `chosen` layers (positions ascending; NULL: all layers): each on the
 * one before it, or each on every one before it. Free them with fit_request_release. */
void fit_request_adjacent(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                          uint32_t count);
void fit_request_all(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                     uint32_t count);
void fit_request_release(fit_request *request);

/* Whether both layers have an autoencoder, of one width: then what the block between them adds can
 * be told in the directions of both. */
bool fit_pair_wireable(const layer *source, const layer *target);

/* What the wiring of such a pair takes, if the regression has `edges`. */
wiring_needs fit_wiring_needs(const layer *source, const layer *target, uint64_t edges);

/* How many of the request's pairs use their autoencoders; 0 without `wiring`. */
uint32_t fit_wired_pairs(const layer_set *layers, const fit_request *request);

/* Edges that only the wiring speaks for: checks that fit the regression anew leave them out. */
uint64_t fit_wired_alone(const fit *f);

/* STATUS_USAGE: settings, layers out of order, no pair. */
status fit_request_check(const layer_set *layers, const fit_request *request, error *err);

/* Checks the request and stores it as a queued fit. */
status fit_create(db *d, const layer_set *layers, const fit_request *request, int64_t *fit_id,
                  error *err);

/* What the fit's lambda is. */
lasso_rule fit_rule(const fit *f);

/* "lambda 0.005 of the pair's maximum, ridge 0.25, scale none": how a fit was asked for, with
 * ", with wiring" if it has; `lambda` is the word or sign to use. */
void fit_describe(const fit *f, const char *lambda, char *text, size_t capacity);

/* STATUS_INPUT: the fit has a ridge that is the same for all features of a layer, which no solve
 * has any more. Such a fit can be looked at, but neither continued nor repeated. */
status fit_check_ridge(const fit *f, error *err);

/* The hashes of the layers that the pairs touch, in computation order: what a fit saw. Free it. */
char *fit_data_hash(const layer_set *layers, const fit_pair *pair, uint32_t pairs);

/* STATUS_INPUT: a layer of the fit is not in the study, or is not as the fit saw it. */
status fit_check_data(const layer_set *layers, const fit *f, error *err);

/* How a fit stands; a value, copied freely. */
typedef struct fit_progress {
    int64_t fit_id;
    fit_state state;
    uint32_t pair, pairs; /* the pair at work, from 0 */
    uint32_t source_position, target_position;
    bool of_variable;
    uint32_t targets, done; /* of a target variable: points of the path. Else over all pairs, in
                               the workspace already or solved */
    uint64_t edges;         /* of a target variable: features of the chosen point */
    uint32_t unconverged;
    double worst_gap;
    double rate;                  /* targets a second in this run; 0: not known yet */
    double seconds, seconds_left; /* of this run; left < 0: not known yet */
    char message[256];            /* why it failed; safe to show */
} fit_progress;

typedef struct fit_run_options {
    unsigned threads; /* 0: all */
    uint64_t memory;  /* bytes that the process may take, for layer pairs; 0: no limit, and caches
                         of  the default size (memory_plan.h) */
    bool take_over;   /* resume although another machine claims to be running it */
    void (*progress)(void *user,
                     const fit_progress *progress); /* ten times a second, any thread */
    void *user;
    const atomic_bool *cancel; /* may be NULL */
} fit_run_options;

/* Runs or resumes a queued, cancelled, failed or cut-off fit, of layer pairs or of a target
 * variable (variable.h), to its end. *last is how it ended. STATUS_PARTIAL: done, but some targets
 * are above the tolerance. STATUS_INTERRUPTED: cancelled; every finished block is kept.
 * STATUS_USAGE: too little memory. STATUS_INPUT: no such fit, its data changed, or somebody runs
 * it already. */
status fit_run(const char *study, int64_t fit_id, const fit_run_options *options,
               fit_progress *last, error *err);

/* Whether whoever the fit says runs it is still there: a running fit without a live runner was
 * cut off and can be resumed. A runner on another machine counts as alive. */
bool fit_is_cut_off(const fit *f);

/* Whether nobody meant it to stop: it was cut off, or its program left while it ran. */
bool fit_was_interrupted(const fit *f);

/* The message of a cancelled fit whose program left. */
#define FIT_PROGRAM_LEFT "the program ended before the fit did"

/* What a person is told of the fit's state: its name, or "cut off". */
const char *fit_state_shown(const fit *f);

#endif
