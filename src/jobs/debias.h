/* Does a classifier lean on an attribute that it should not know of, and what does it do without
 * the features that carry it? (Bias in Bios, as SHIFT and the paper use it.)
 *
 * A classifier of a label was fitted on training samples in which the attribute goes with the
 * label; it is judged on held-out samples in which it should not. Groups are the pairs (label,
 * attribute) there. Five classifiers are compared, all judged on the same held-out samples:
 *
 *     before     as it was fitted
 *     zeroed     the same, with the activations of the spurious features set to 0
 *     averaged   the same, with them set to their mean over the training samples: the intercept,
 *                which had counted on them, stays right on average
 *     retrained  fitted anew on the training samples without the spurious features
 *     oracle     fitted on one half of the held-out samples and judged on the other, both ways
 *
 * The last two take lambda as the same part of their own lambda_max. Of each:
 *
 *     accuracy   share of held-out samples whose class is predicted
 *     worst      the same in the group where it is least
 *     leakage    share of held-out samples whose attribute is guessed from the prediction alone,
 *                by the attribute that is most frequent among the training samples of the
 *                predicted class
 *     feature_leakage  share of held-out samples whose attribute is predicted by a logistic or
 *                softmax Lasso on the features that the classifier still uses, fitted on one half
 *                of the held-out samples and judged on the other, both ways
 *
 * With two balanced attributes a leakage of one half tells nothing. */
#ifndef JOBS_DEBIAS_H
#define JOBS_DEBIAS_H

#include "solver/variable.h"

#define DEBIAS_ROW_LIST(X)                                                                        \
    X(DEBIAS_BEFORE, "before")                                                                    \
    X(DEBIAS_ZEROED, "zeroed")                                                                    \
    X(DEBIAS_AVERAGED, "averaged")                                                                \
    X(DEBIAS_RETRAINED, "retrained")                                                              \
    X(DEBIAS_ORACLE, "oracle")

typedef enum debias_row {
#define DEBIAS_ROW_ENUM(id, word) id,
    DEBIAS_ROW_LIST(DEBIAS_ROW_ENUM)
#undef DEBIAS_ROW_ENUM
        DEBIAS_ROWS
} debias_row;

const char *debias_row_name(debias_row row);

typedef struct debias_scores {
    bool known;      /* the row was asked for */
    double features; /* that it uses; of the oracle, the mean of its two */
    double accuracy, worst, leakage, feature_leakage;
    uint32_t worst_label, worst_attribute;
    double *group; /* labels x attributes: accuracy in each */
} debias_scores;

typedef struct debias_report {
    debias_scores row[DEBIAS_ROWS];
    uint32_t labels, attributes;
    uint32_t *size; /* labels x attributes: held-out samples of each group */
    uint32_t held;  /* held-out samples */
    double chance;  /* share of the attribute that most of them have: what guessing gets */
    double tied;    /* share of training samples whose attribute their label's usual one is */
} debias_report;

typedef struct debias_data {
    const matrix *x;
    const variable *label, *attribute; /* of all samples; binary or class */
    const uint8_t *held;               /* by sample: judged, not trained, on it */
    const uint32_t *half;              /* of the held-out samples, in order: 0 or 1 */
} debias_data;

typedef struct debias_request {
    const variable_point *before; /* fitted on the samples that are not held out */
    variable_settings settings;   /* a path to the same part of lambda_max; its end is taken */
    const uint8_t *spurious;      /* by column of x */
    bool retrain;
    const atomic_bool *cancel; /* may be NULL */
    atomic_uint *part;         /* counts what is done, of debias_parts; may be NULL */
} debias_request;

/* How much there is to do. */
uint32_t debias_parts(const debias_request *request);

/* STATUS_INPUT: a group without held-out samples, a side without samples, or a class that one half
 * does not have; STATUS_INTERRUPTED; STATUS_MACHINE. Free with debias_report_release. */
status debias_judge(const debias_data *data, const debias_request *request, debias_report *out,
                    error *err);
void debias_report_release(debias_report *r); /* a zeroed one is fine */

/* ---- for debias_judge, and its tests ---- */

/* Predictions against truths: fills in accuracy, worst, leakage and group of *out. `guess`, label
 * and attribute: classes of `count` samples; usual: by label, the attribute that goes with it;
 * size: as in debias_report, none of them 0. */
void debias_score(const uint32_t *guess, const uint32_t *label, const uint32_t *attribute,
                  uint32_t count, const uint32_t *usual, const debias_report *r,
                  debias_scores *out);

#endif
