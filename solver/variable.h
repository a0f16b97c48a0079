/* Sparse regression of a target variable on a layer: what a caller sees.
 *
 * Source layer Z (M samples x D features), one value y per sample, coefficients a and an
 * unpenalised intercept b, one of each an output:
 *
 *     minimise over a, b   L(y, Z a + b) + lambda |a|_1 + 1/2 sum kappa_k a_k^2
 *
 * L is the mean over samples of half the squared error (real), or of minus the log-likelihood:
 * logistic (binary), softmax with coefficients for every class (class; glmnet's symmetric,
 * ungrouped form). kappa, `scale`, constant columns and the relative duality gap
 * (P - D) / P(0) are as in lasso.h; with `scale` the values of a real variable are divided by
 * their deviation too. P(0) is the objective at a = 0 with the best intercept.
 *
 * With two or any even number of classes the Lasso's softmax coefficients need not be unique
 * (adding one constant to a feature's coefficients changes no prediction, and the l1 norm is
 * least on the whole interval between the two middle ones); predictions are.
 *
 * A path runs on one thread: its bits depend on its arguments alone. */
#ifndef SOLVER_VARIABLE_H
#define SOLVER_VARIABLE_H

#include "src/base/error.h"
#include "src/base/matrix.h"

#include <stdatomic.h>
#include <stdint.h>

typedef enum variable_kind { VARIABLE_REAL, VARIABLE_BINARY, VARIABLE_CLASS } variable_kind;

typedef struct variable {
    variable_kind kind;
    uint32_t classes;    /* class: 2 or more; binary: 2; real: ignored */
    uint32_t rows;       /* samples */
    const double *value; /* rows: finite; binary and class: class numbers from 0 */
} variable;

/* Linear predictors: one for a real or a binary variable (of class 1), else one a class. */
static inline uint32_t variable_outputs(const variable *v)
{
    return v->kind == VARIABLE_CLASS ? v->classes : 1;
}

typedef struct variable_settings {
    uint32_t points;     /* of the path, from lambda_max down, equally spaced in logarithms */
    double fraction;     /* in (0, 1]: the last point's lambda, as a part of lambda_max */
    double ridge;        /* rho >= 0, no unit */
    bool scale;          /* divide columns (and real values) by their standard deviation */
    double tolerance;    /* > 0: relative duality gap that counts as converged */
    unsigned max_rounds; /* working sets tried a point; 0: default */
} variable_settings;

/* 20 points down to 0.02 lambda_max, ridge 0, scale none, tolerance 1e-6 */
variable_settings variable_defaults(void);

/* STATUS_USAGE with a sentence when a setting makes no sense. */
status variable_settings_check(const variable_settings *settings, error *err);

typedef struct variable_weight {
    uint32_t output;  /* 0, or the class */
    uint32_t feature; /* column of the layer */
    double weight;    /* on the data's own scale */
} variable_weight;

typedef struct variable_point {
    double lambda;
    double gap;        /* relative duality gap; NaN: never looked at (cancelled) */
    bool converged;    /* gap at or below the tolerance */
    double explained;  /* 1 - L / L(0): of the variance, or of the deviance */
    uint32_t features; /* with a nonzero weight in some output */
    double *intercept; /* outputs; those of classes sum to zero */
    uint32_t count;
    variable_weight *weight; /* count: by output, then feature */
} variable_point;

typedef struct variable_path {
    uint32_t outputs;
    bool constant;     /* a real variable that does not vary: one point without weights */
    double lambda_max; /* smallest lambda at which all weights are zero */
    double null_loss;  /* L at a = 0 with the best intercept */
    uint32_t count;
    variable_point *point; /* lambda descending */
} variable_path;

/* The whole path, each point from the one before. `lambda` (count of them, > 0, descending)
 * replaces the grid of the settings; NULL: the grid. `done` (may be NULL) counts points.
 * Not reaching the tolerance is an outcome, not an error. Errors: STATUS_USAGE (settings, rows),
 * STATUS_INPUT (a value that is no class, a class without samples), STATUS_INTERRUPTED,
 * STATUS_MACHINE (memory). Nothing is kept of an interrupted or failed path. */
status variable_solve(const matrix *x, const variable *v, const variable_settings *settings,
                      const double *lambda, uint32_t count, const atomic_bool *cancel,
                      atomic_uint *done, variable_path *out, error *err);
void variable_path_release(variable_path *path);

/* The linear predictors of a point on samples that it need not have seen: eta[c * x->rows + i] =
 * intercept + z_i a of output c. */
void variable_predict(const matrix *x, const variable_point *point, uint32_t outputs, double *eta);
/* The class that the predictors of sample i speak for; between equals the lower one. */
uint32_t variable_likeliest(const double *eta, uint32_t rows, uint32_t outputs, uint32_t i);

/* How well one point predicts other samples: sums over them. */
typedef struct variable_score {
    double loss;    /* squared errors, or deviances (minus twice the log-likelihood) */
    uint32_t right; /* samples whose class has the largest predictor; 0 for a real variable */
} variable_score;

/* Scores a point on x and v, samples it need not have seen. STATUS_MACHINE: memory. */
status variable_score_point(const matrix *x, const variable *v, const variable_point *point,
                            variable_score *out, error *err);

#endif
