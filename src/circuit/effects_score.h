/* A circuit held against measured interventions: what really moved when a feature was removed.
 *
 * What is judged is every cell (removed source feature, feature of the target layer). A removal
 * that lowers the target is a positive edge, so an edge predicts the effect -removal, and no edge
 * predicts 0. */
#ifndef CIRCUIT_EFFECTS_SCORE_H
#define CIRCUIT_EFFECTS_SCORE_H

#include "src/base/error.h"

#include <stdint.h>

#define EFFECTS_CUT 0.05 /* |effect| above it counts as moved, unless told otherwise */

enum { EFFECTS_PLACES = 3 };
extern const uint32_t effects_place[EFFECTS_PLACES]; /* 100, 300, 1000 */

typedef struct effect_cell {
    uint32_t source, target; /* as the caller numbers them */
    double predicted;        /* 0 where there is no edge */
    double measured;
    bool edge;
} effect_cell;

typedef struct effects_score {
    uint64_t cells;           /* judged */
    uint64_t moved;           /* of these: |measured| above the cut */
    uint64_t edges;           /* cells with an edge */
    uint64_t found;           /* moved, and there is an edge */
    double average_precision; /* of |predicted| at finding what moved; equal ones are one step */
    double precision[EFFECTS_PLACES]; /* share that moved, of the 100, 300, 1000 strongest edges;
                                         NaN where the circuit has fewer */
    double sign_agreement;            /* of the edges found: share with the measured sign */
    double rank_correlation;          /* Spearman's, of predicted and measured over the edges */
    double slope; /* measured against predicted, over the edges; 1 is calibrated */
} effects_score;

/* cell: count cells, each at most once, among them all with an edge or an effect; `cells` is how
 * many there are in all. Shares of nothing are NaN. STATUS_MACHINE: memory. */
status effects_score_cells(const effect_cell *cell, uint32_t count, uint64_t cells, double cut,
                           effects_score *out, error *err);

enum { EFFECTS_GROUPS = 64 };

/* The average precision without some of the sources, for each of `groups` groups of them:
 * source[i] (as the cells number them, ascending) is in group i % groups. What of it does not
 * depend on which sources happened to be removed shows in how little these differ. Each source has
 * `targets` cells. */
status effects_score_without(const effect_cell *cell, uint32_t count, const uint32_t *source,
                             uint32_t sources, uint64_t targets, double cut, uint32_t groups,
                             double *out, error *err);

/* How much more average precision one circuit has than another. */
typedef struct effects_gain {
    double mean, error; /* the difference, and its standard error (jackknife over groups of removed
                           features; NaN when it cannot be told) */
} effects_gain;

/* first, second: with all sources, and without each group. */
effects_gain effects_gain_of(double first, double second, const double *first_without,
                             const double *second_without, uint32_t groups);
/* Of the mean over layer pairs, whose removed features have nothing to do with each other. */
effects_gain effects_gain_mean(const effects_gain *part, uint32_t parts);

/* Several pairs as one: counts are sums; all else is the mean over the pairs that have it, so that
 * pairs weigh the same. */
effects_score effects_score_mean(const effects_score *pair, uint32_t pairs);

/* Moves the edges to the front of cell[0..count), those that disagree most with what was measured
 * (by |measured - predicted|) first, and returns how many there are. */
uint32_t effects_score_worst(effect_cell *cell, uint32_t count);

/* What is wrong with an edge: "sign" when it moved the other way, "nothing moved" when |measured|
 * is not above the cut, else "too large" or "too small". */
const char *effects_disagreement(const effect_cell *cell, double cut);

#endif
