/* What measured interventions say of one layer pair's circuit, and of the two circuits that it
 * should beat; and what several pairs say together. */
#ifndef CIRCUIT_EFFECTS_PAIR_H
#define CIRCUIT_EFFECTS_PAIR_H

#include "src/circuit/calibration.h"
#include "src/circuit/effects_score.h"

typedef struct effects_pair {
    uint32_t source, target;                  /* positions */
    uint32_t removed;                         /* source features that were removed */
    effects_score circuit, covariance, lasso; /* cells 0: was done without */
    effects_score coactive;                   /* covariance, but only where both are active */
    double covariance_all; /* average precision of covariance with all cells as edges */
    double coactive_all;   /* likewise */
    effects_gain gain;     /* of the circuit over covariance with as many edges */
    effect_cell *edge;     /* the circuit's (source and target are nodes: circuit.h), those that
                              disagree most first */
    uint32_t edge_count;
    calibration_bin bin[CALIBRATION_BINS]; /* of these edges */
    size_t bins;
} effects_pair;

void effects_pair_release(effects_pair *pair);

/* Fills `bin` from `edge`. */
status effects_pair_calibrate(effects_pair *pair, error *err);

/* Counts are sums, all else means over the pairs; edges and their bins those of all pairs
 * together. source and target are 0. */
status effects_pair_mean(const effects_pair *pair, uint32_t pairs, effects_pair *out, error *err);

/* How a circuit stands against covariance. */
typedef struct effects_standing {
    uint32_t pairs, better;     /* better: pairs where the circuit's average precision is higher */
    double circuit, covariance; /* mean average precisions, covariance's the better of with as
                                   many edges and with all */
    effects_gain gain;
    double coactive; /* as covariance, of covariance where both are active; NaN: not known */
} effects_standing;

/* Whether the difference is more than chance explains: the gain lies two standard errors or more
 * from 0. 1: the circuit is better; -1: covariance is; 0: that is open. */
int effects_standing_sign(const effects_standing *s);

effects_standing effects_standing_of(const effects_pair *pair, uint32_t pairs,
                                     const effects_pair *mean);

/* In a sentence; free it. */
char *effects_standing_say(const effects_standing *s);

#endif
