/* Fits: what was asked, how far it got, what came out. */
#ifndef DB_FIT_H
#define DB_FIT_H

#include "db/db.h"

#define FIT_STATE_LIST(X)                                                                         \
    X(FIT_QUEUED, "queued")                                                                       \
    X(FIT_RUNNING, "running")                                                                     \
    X(FIT_DONE, "done")                                                                           \
    X(FIT_CANCELLED, "cancelled")                                                                 \
    X(FIT_FAILED, "failed")

typedef enum fit_state {
#define FIT_STATE_ENUM(name, text) name,
    FIT_STATE_LIST(FIT_STATE_ENUM)
#undef FIT_STATE_ENUM
} fit_state;

const char *fit_state_name(fit_state state);

typedef struct fit_pair {
    int64_t id;
    int64_t source_layer, target_layer;
    bool lambda_known;
    double lambda, lambda_max;
    uint32_t targets, done, converged, constant;
    uint64_t edges;       /* all of them */
    uint64_t wired_alone; /* of these, the ones that only the wiring speaks for */
    double worst_gap, seconds;
} fit_pair;

typedef struct fit {
    int64_t id;
    char kind[16]; /* pairwise */
    char rule[16]; /* absolute, pair, target, parents */
    double lambda, ridge;
    bool ridge_of_layer; /* one for all features: made before it followed theirs; read only */
    bool scale;
    bool wiring; /* pairs use their layers' autoencoders where both have theirs */
    double tolerance;
    int64_t seed;
    fit_state state;
    char *runner;  /* who runs it, or ran it last; NULL: nobody yet */
    char *message; /* why it failed; NULL otherwise */
    char *data_hash;
    int64_t created, started, finished; /* unix seconds; 0: not yet */
    fit_pair *pair;                     /* by position of the source, then the target layer */
    uint32_t pair_count;
} fit;

typedef struct fit_set {
    fit *item; /* newest first */
    uint32_t count;
} fit_set;

/* A queued fit with its pairs, in one transaction. Sets f's id, state and time, and the ids of
 * its pairs; ids are never used again. */
status fit_add(db *d, fit *f, error *err);
/* Fits of layer pairs; those of target variables are listed in variable.h. */
status fit_list(db *d, fit_set *out, error *err);
/* STATUS_INPUT when there is no such fit. fit_id 0: the newest of layer pairs that has edges or is
 * done. */
status fit_get(db *d, int64_t fit_id, fit *out, error *err);
void fit_release(fit *f);
void fit_set_release(fit_set *set);

/* Takes a fit that is queued, cancelled, failed, or running under `stale_runner` (may be NULL),
 * for `runner`, and starts its clock. *taken is false when somebody else has it, or it is done. */
status fit_claim(db *d, int64_t fit_id, const char *runner, const char *stale_runner, bool *taken,
                 error *err);
status fit_set_state(db *d, int64_t fit_id, fit_state state, const char *message, error *err);
status fit_delete(db *d, int64_t fit_id, error *err);
status fit_pair_set_lambda(db *d, int64_t pair_id, bool known, double lambda, double lambda_max,
                           error *err);

typedef struct fit_target {
    uint32_t feature;
    const char *state; /* converged, unconverged, constant */
    double lambda, lambda_max, intercept, r2, gap;
    uint32_t parents;
    double stretch; /* of its edges' removals: src/jobs/strength.h; 1 without parents */
} fit_target;

typedef struct edge {
    uint32_t source, target;     /* features */
    double weight, standardised; /* of the regression; 0: only the wiring speaks for the edge */
    double removal;  /* fall of the target: what the regression says, or, in a pair with a wiring,
                        edge_removal of both, what one of them does not find being 0 */
    double wired;    /* what the wiring says; NAN: the pair has none */
    int64_t pair_id; /* when adding, 0: that of its target; of another pair in a joint fit, whose
                        targets have parents in every earlier layer */
} edge;

/* A wired edge's removal: the mean of what regression and wiring say, the wiring's counting twice,
 * as it is the better estimate (README, "Wiring"). */
double edge_removal(double regression, double wired);

/* What the regression says of an edge's removal; of a pair without wiring, the removal. */
double edge_by_regression(double removal, double wired);

/* Whether only the wiring speaks for an edge: the regression, which has no edges of weight 0,
 * knows nothing of it. EDGES_OF_REGRESSION says in SQL which ones remain. */
bool edge_wired_alone(double weight, double wired);
#define EDGES_OF_REGRESSION "NOT (weight = 0 AND wired IS NOT NULL)"

/* One block of finished targets with all their edges, and the pairs' counts, in one transaction.
 * A target that is there already (two runners took the same fit) is left as it is, with its
 * edges, and not counted again. The pair is gone: STATUS_INPUT. */
status fit_add_block(db *d, int64_t pair_id, const fit_target *targets, uint32_t target_count,
                     const edge *edges, uint64_t edge_count, double seconds, error *err);

/* done[f] is set for every target feature of the pair that is finished (features entries). */
status fit_done_targets(db *d, int64_t pair_id, uint8_t *done, uint32_t features, error *err);

/* One target's facts; *found is false when it is not finished. */
status fit_target_get(db *d, int64_t pair_id, uint32_t feature, fit_target *out, bool *found,
                      error *err);

/* Calls `each` for all finished targets of a pair, by feature; false from it stops. */
status fit_each_target(db *d, int64_t pair_id, bool (*each)(void *user, const fit_target *t),
                       void *user, error *err);

/* Calls `each` for all edges of a pair, by target, then source; false from it stops. */
status fit_each_edge(db *d, int64_t pair_id, bool (*each)(void *user, const edge *e), void *user,
                     error *err);

/* Which figure of an edge. */
typedef enum edge_figure { EDGE_REMOVAL, EDGE_WEIGHT, EDGE_STANDARDISED } edge_figure;

/* One figure of all edges of a pair, by target, then source; those that only the wiring speaks for
 * have but a removal. Free all three arrays. More than 2^32 - 1 edges are STATUS_MACHINE. */
status fit_load_figures(db *d, int64_t pair_id, edge_figure which, uint32_t **source,
                        uint32_t **target, float **figure, uint32_t *count, error *err);

#endif
