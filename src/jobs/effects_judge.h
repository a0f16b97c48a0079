/* A fit held against the interventions that its study has measured, beside two circuits that it
 * should beat: plain covariance, which needs no fit, with as many edges as the fit has among the
 * cells that are judged; and the plain Lasso, that is, the same fit (the same lambdas) with ridge
 * 0. */
#ifndef JOBS_EFFECTS_JUDGE_H
#define JOBS_EFFECTS_JUDGE_H

#include "db/fit.h"
#include "db/layer.h"
#include "src/circuit/calibration.h"
#include "src/circuit/effects_score.h"

#include <stdatomic.h>

typedef struct effects_pair {
    uint32_t source, target;                  /* positions */
    uint32_t removed;                         /* source features that were removed */
    effects_score circuit, covariance, lasso; /* lasso.cells is 0 when it was not fitted */
    double covariance_all; /* average precision of covariance with all cells as edges */
} effects_pair;

typedef struct effects_report {
    int64_t fit_id;
    double cut;
    effects_pair *pair; /* those that could be judged, as the fit has them */
    uint32_t pair_count;
    uint32_t unmeasured; /* pairs of the fit without effects, */
    uint32_t unfinished; /* or with effects, but not fitted to their end: not judged */
    effects_pair all;    /* effects_score_mean of the pairs; source and target are 0 */
    effect_cell *edge;   /* all edges judged (source and target are nodes: circuit.h), those that
                            disagree most first */
    uint32_t edge_count;
    calibration_bin bin[CALIBRATION_BINS]; /* of these edges */
    size_t bins;
} effects_report;

typedef struct effects_options {
    double cut;                /* |effect| above it counts as moved */
    bool no_lasso;             /* do without the second baseline, which takes a fit */
    unsigned threads;          /* 0: all */
    uint64_t memory;           /* of the Lasso; 0: default */
    const atomic_bool *cancel; /* may be NULL */
    /* Of all the work, 0 to 1; may be NULL. Called by the calling thread, or one at a time. */
    void (*progress)(void *user, double fraction);
    void *user;
} effects_options;

/* A fit with ridge 0 is itself the plain Lasso, and is not fitted again.
 * STATUS_INPUT: no such fit, nothing was measured between its layers, or no measured pair is
 * finished. STATUS_INTERRUPTED, STATUS_MACHINE. Free *out with effects_report_free. */
status effects_judge(db *d, const layer_set *layers, int64_t fit_id,
                     const effects_options *options, effects_report **out, error *err);
void effects_report_free(effects_report *r); /* NULL is fine */

/* "the circuit beats covariance in 5 of 5 layer pairs: average precision 0.58 against 0.51", or
 * that it does not. */
void effects_verdict(const effects_report *r, char *text, size_t capacity);

/* Whether its mean average precision is above that of covariance, whether cut to as many edges or
 * not. */
bool effects_beat_covariance(const effects_pair *pair);

#endif
