/* Fits of target variables: a path of lambdas, with the weights at each point of it. */
#ifndef DB_VARIABLE_H
#define DB_VARIABLE_H

#include "db/fit.h"

typedef struct variable_fit_point {
    const char *state; /* converged, unconverged, constant */
    double lambda, gap, explained;
    uint32_t features;                    /* with a nonzero weight in some output */
    double held_out, deviation, accuracy; /* NaN: not known */
} variable_fit_point;

typedef struct variable_fit {
    /* kind target; lambda: the last point's as a part of lambda_max, as asked for; seed: of the
     * folds; no pairs */
    fit base;
    int64_t target_id;
    char *target;    /* its name; ignored when adding */
    uint32_t points; /* of the path, as asked for */
    uint32_t folds;  /* 0: not cross-validated */
    bool least;      /* the chosen point is that of the least held-out error */
    bool train_only; /* fitted on the training documents alone */
    int64_t *layer;  /* layer_count, in computation order */
    uint32_t layer_count;

    /* what came of it; zeros until it is done */
    uint32_t outputs; /* linear predictors: 1, or one a class */
    double lambda_max, null_loss;
    uint32_t chosen; /* the point to look at first */
    double seconds;
    variable_fit_point *point; /* lambda descending */
    uint32_t point_count;
} variable_fit;

typedef struct variable_fit_weight {
    uint32_t output;
    int64_t layer;
    uint32_t feature;
    double weight, standardised;
} variable_fit_weight;

/* A queued fit with its layers, in one transaction. Sets base's id, kind, state and time. */
status variable_fit_add(db *d, variable_fit *f, error *err);
/* Stores what came of it but the weights, and sets its state to done; the weights follow, point by
 * point, before the caller's transaction is committed. Findings of an earlier run are replaced. */
status variable_fit_finish(db *d, variable_fit *f, error *err);
/* intercept: outputs of them. */
status variable_fit_add_weights(db *d, int64_t fit_id, uint32_t point, const double *intercept,
                                uint32_t outputs, const variable_fit_weight *weight,
                                uint32_t count, error *err);

/* STATUS_INPUT when there is no such fit of a target variable. */
status variable_fit_get(db *d, int64_t fit_id, variable_fit *out, error *err);
void variable_fit_release(variable_fit *f);

typedef struct variable_fit_set {
    variable_fit *item; /* newest first */
    uint32_t count;
} variable_fit_set;

status variable_fit_list(db *d, variable_fit_set *out, error *err);
void variable_fit_set_release(variable_fit_set *set);

/* The weights of one point, by output, layer and feature, and its intercepts (f->outputs of
 * them). Free *weight and *intercept. */
status variable_fit_weights(db *d, const variable_fit *f, uint32_t point, double **intercept,
                            variable_fit_weight **weight, uint32_t *count, error *err);

#endif
