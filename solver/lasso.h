/* The Lasso for all targets of a layer pair: what a caller sees of the solver.
 *
 * Source layer Z (M samples x D features), one target column y at a time, with an unpenalised
 * intercept b:
 *
 *     minimise over a, b   1/(2M) |y - Z a - b 1|^2 + lambda |a|_1 + 1/2 sum kappa_k a_k^2
 *
 *     kappa_k = ridge sqrt(var_k vbar)
 *
 * var_k is the population variance of column k and vbar the mean of Z's non-constant columns'
 * (after scaling, if any: then kappa_k = ridge), so `ridge` has no unit; ridge 0 is the Lasso of
 * the paper (arXiv 2606.16939, section 3.3). A ridge that is the same for all columns weighs on
 * the loud ones least, and lets near copies of a parent in; one in proportion to var_k shares
 * between all members of a family alike, and shrinks what the loud ones do. This is between the
 * two. Constant columns of Z are never predictors; a constant target has no coefficients. With
 * `scale` every column of Z and y is divided by its population standard deviation first;
 * lambda then refers to the scaled problem, and the coefficients are returned on the data's own
 * scale all the same.
 *
 * Every result carries its relative duality gap (P(a) - D(theta)) / P(0), computed in double
 * precision from the data, theta the residual scaled into the dual-feasible set (of the Lasso on
 * augmented data when ridge > 0; certificate.c says what lambda 0 has instead). Results do not
 * depend on the number of threads, the order of the targets or the memory setting, to the last
 * bit.
 *
 * The solver never prints, never touches a file and never keeps what it was lent.
 *
 * Why it is fast, and where: a target is solved on a small working set that grows (target.c), by
 * coordinate descent on that set's Gram matrix (descent.c), which is formed from a table that all
 * targets share and from the few samples in which rare features fire (gram.c, gram_set.c). Which
 * features are missing is looked up for sixteen targets in one pass over the data, in float, with
 * a bound on what float can get wrong; what the bound leaves open, and the certificate, are
 * computed in double (sweep.c). Dense layers are matrix products in float, bounded alike
 * (product.c, dense.c, gradient.c, gram_dense.c). Threads share out targets (solve.c); nothing
 * they share can change a bit.
 */
#ifndef SOLVER_LASSO_H
#define SOLVER_LASSO_H

#include "src/base/error.h"
#include "src/base/matrix.h"

#include <stdatomic.h>
#include <stdint.h>

/* rule, name in files and on the command line, meaning */
#define LASSO_RULE_LIST(X)                                                                        \
    X(LASSO_ABSOLUTE, "absolute", "lambda as given")                                              \
    X(LASSO_OF_PAIR, "pair", "a fraction of the pair's lambda_max: one lambda for all targets")   \
    X(LASSO_OF_TARGET, "target", "a fraction of each target's own lambda_max")                    \
    X(LASSO_PARENTS, "parents",                                                                   \
      "one lambda a pair, found so that targets have this many parents")                          \
    X(LASSO_EDGES, "edges", "one lambda a pair, found so that the pair has this many edges")      \
    X(LASSO_CROSS, "cv", "one lambda a pair, cross-validated in this many folds: see cross.h")

typedef enum lasso_rule {
#define LASSO_RULE_ENUM(name, text, meaning) name,
    LASSO_RULE_LIST(LASSO_RULE_ENUM)
#undef LASSO_RULE_ENUM
} lasso_rule;

typedef enum lasso_method {
    LASSO_DESCENT, /* coordinate descent on working sets: what production runs */
    LASSO_FISTA    /* the paper's algorithm, the reference: small problems only */
} lasso_method;

typedef struct lasso_settings {
    lasso_rule rule;
    double lambda; /* >= 0: absolute value, what the rule says */
    const double
        *target_lambda; /* LASSO_ABSOLUTE: instead, a lambda for each column of y; may be NULL */
    double ridge;       /* rho >= 0, no unit */
    bool scale;         /* divide columns by their standard deviation */
    double tolerance;   /* > 0: relative duality gap that counts as converged */
    lasso_method method;
    unsigned max_rounds; /* budget a target: working-set rounds or FISTA iterations; 0: default */
    unsigned threads;    /* 0: as many as the machine has */
    uint64_t memory;     /* bytes that shared caches may take; 0: default */
    uint32_t block;      /* targets in one call of hooks.block; 0: default */
} lasso_settings;

/* The paper's Lasso: ridge 0, one lambda a pair at 0.005 of its maximum, scale none, tolerance
 * 1e-6. */
lasso_settings lasso_defaults(void);

/* STATUS_USAGE with a sentence when a setting makes no sense (NaN, negative, zero tolerance). */
status lasso_settings_check(const lasso_settings *settings, error *err);

/* state of one target, name in files, meaning */
#define LASSO_STATE_LIST(X)                                                                       \
    X(LASSO_CONVERGED, "converged", "gap at or below the tolerance")                              \
    X(LASSO_UNCONVERGED, "unconverged", "out of budget; kept with the gap it reached")            \
    X(LASSO_CONSTANT, "constant", "the target does not vary; it has no parents")

typedef enum lasso_state {
#define LASSO_STATE_ENUM(name, text, meaning) name,
    LASSO_STATE_LIST(LASSO_STATE_ENUM)
#undef LASSO_STATE_ENUM
} lasso_state;

typedef struct lasso_result {
    uint32_t target; /* column of the target layer */
    uint32_t point;  /* of a path; 0 of a solve */
    lasso_state state;
    double lambda;     /* as used in the objective above (of the scaled problem with scale) */
    double lambda_max; /* smallest lambda at which this target has no parents */
    double intercept;  /* on the data's own scale */
    double r2;         /* 1 - |residual|^2 / |y - mean|^2 on these samples */
    double gap;        /* relative duality gap */
    uint32_t parents;
    const uint32_t *source; /* parents: ascending columns of the source layer */
    const double *weight;   /* parents: coefficients on the data's own scale */
} lasso_result;

/* The prepared source layer: means, deviations, row access. Read-only once made, shared by all
 * threads; it borrows `x`, which must outlive it. */
typedef struct lasso_design lasso_design;

status lasso_design_create(lasso_design **out, const matrix *x, const lasso_settings *settings,
                           error *err);
void lasso_design_free(lasso_design *design); /* NULL is fine */

typedef struct lasso_hooks {
    void *user;
    /* A block of targets is done: `count` results, borrowed for the call, in the order in which
     * they were asked for; `first` is the index of results[0] in that order. Blocks arrive in any
     * order, one call at a time; of a solve that is cancelled also what is finished of a block.
     * Returning false stops the solve. May be NULL. */
    bool (*block)(void *user, uint32_t first, const lasso_result *results, uint32_t count);
    const atomic_bool *cancel; /* polled every few hundred coordinate updates; may be NULL */
    atomic_uint *done;         /* counts targets done, for a progress bar; may be NULL */
} lasso_hooks;

typedef struct lasso_report {
    double lambda;     /* the pair's lambda; 0 with LASSO_OF_TARGET */
    double lambda_max; /* largest over the targets asked for */
    uint32_t targets, converged, unconverged, constant;
    uint64_t edges;
    double worst_gap;
    double seconds;
    bool stopped; /* cancelled, or the block hook said so: fewer blocks than asked for */
} lasso_report;

/* Solves targets[0..count) (columns of y; NULL: all) on the design.
 *
 * y has the design's number of rows; settings->ridge and settings->scale are those that the
 * design was made with (else STATUS_USAGE). LASSO_OF_PAIR, _PARENTS and _EDGES choose lambda from
 * *all* columns of y, so that a resumed fit uses the same lambda; lasso_choose_lambda does that
 * alone. Not converging, or being stopped, is an outcome (see report), not an error. Errors: usage
 * (settings, shapes), STATUS_MACHINE (memory, threads). */
status lasso_solve(const lasso_design *design, const matrix *y, const uint32_t *targets,
                   uint32_t count, const lasso_settings *settings, const lasso_hooks *hooks,
                   lasso_report *report, error *err);

/* Solves each target at every lambda of a grid, from the largest down, each from the solution
 * before: a path of 20 points costs about two and a half times as much as its last point.
 *
 * grid[0..points): finite, zero or more, descending; what settings->rule (absolute, pair or
 * target) reads; settings->lambda does not count. The block hook gets the results of `count`
 * targets, results[i * points + p] being target i at grid[p]. report has one for each point. Every
 * result has its own certificate; method LASSO_DESCENT only. All else as lasso_solve. */
status lasso_path(const lasso_design *design, const matrix *y, const uint32_t *targets,
                  uint32_t count, const lasso_settings *settings, const double *grid,
                  uint32_t points, const lasso_hooks *hooks, lasso_report *report, error *err);

/* Turns any pair-wide rule into an absolute lambda: *lambda, and the pair's *lambda_max.
 * STATUS_INTERRUPTED when `cancel` (may be NULL) was set meanwhile. */
status lasso_choose_lambda(const lasso_design *design, const matrix *y,
                           const lasso_settings *settings, const atomic_bool *cancel,
                           double *lambda, double *lambda_max, error *err);

#endif
