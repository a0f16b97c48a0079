/* Cross-validation: which lambda predicts samples that the fit has not seen.
 *
 * Every sample belongs to one of K folds; each fold is predicted by what the others taught. The
 * caller makes the folds, and must put samples that depend on each other (tokens of one document)
 * into the same fold: else the held-out error is that of memory, not of the surrogate. */
#ifndef SOLVER_CROSS_H
#define SOLVER_CROSS_H

#include "solver/lasso.h"
#include "solver/variable.h"

typedef struct cross_folds {
    const uint32_t *of; /* rows: the fold of each sample, from 0 */
    uint32_t count;     /* K, 2 or more; every fold and its complement have samples */
} cross_folds;

typedef struct cross_point {
    double lambda;
    double error;     /* held out, a sample: see below; folds weighted by their samples */
    double deviation; /* standard error of that mean, from its spread over the folds */
    double accuracy;  /* held-out samples whose class is predicted; NaN for numbers */
} cross_point;

typedef struct cross_curve {
    uint32_t count;
    cross_point *point; /* lambda descending */
    uint32_t least;     /* the point with the least error */
    uint32_t sparsest;  /* the largest lambda within one standard error of it */
} cross_curve;

void cross_curve_release(cross_curve *curve);

/* A target variable at each lambda (descending; usually those of a path on all samples). Error:
 * squared error, or deviance (minus twice the log-likelihood). Folds run on several threads
 * (0: all); results do not depend on how many. `done` (may be NULL) counts points. Errors as
 * variable_solve; STATUS_INPUT also when all samples of a class are in one fold. */
status cross_variable(const matrix *x, const variable *v, const variable_settings *settings,
                      const double *lambda, uint32_t count, const cross_folds *folds,
                      unsigned threads, const atomic_bool *cancel, atomic_uint *done,
                      cross_curve *out, error *err);

/* How a pair's lambda is looked for. */
typedef struct cross_search {
    uint32_t points;    /* lambdas tried, from the pair's lambda_max down */
    double fraction;    /* in (0, 1): the last of them */
    uint32_t targets;   /* how many targets stand for all; spread over the layer */
    bool one_deviation; /* take the largest lambda within one standard error of the best */
} cross_search;

/* 16 points down to 0.001, 256 targets, the one-standard-error rule */
cross_search cross_search_defaults(void);

/* One lambda for a layer pair. Error: squared error over the target's variance, averaged over the
 * targets, so that 1 is the mean's. Sets *lambda, *lambda_max (on all samples) and, unless it is
 * NULL, *curve. settings: ridge, scale, threads and memory count; its rule and lambda do not.
 * A pair without a varying target or source: lambda 0 of 0. STATUS_INTERRUPTED when `cancel` (may
 * be NULL) was set meanwhile. */
status cross_choose_lambda(const matrix *x, const matrix *y, const lasso_settings *settings,
                           const cross_search *search, const cross_folds *folds,
                           const atomic_bool *cancel, double *lambda, double *lambda_max,
                           cross_curve *curve, error *err);

#endif
