/* A circuit that goes on to a target variable.
 *
 * The linear predictors of a target fit (one, or one a class) become the features of a layer
 * after the last, and the weights at one point of its path the edges that lead there. So whatever
 * walks a circuit, strongest paths above all, walks on to the variable. An edge's standardised
 * weight is that of the fit: weight * sd(feature), for numbers / sd(variable); its removal is
 * weight * the feature's mean where it is active, as for edges between features. */
#ifndef CIRCUIT_OUTCOME_H
#define CIRCUIT_OUTCOME_H

#include "db/variable.h"
#include "src/circuit/circuit.h"

/* Copies c, ranked as c is, with the variable as layer c->layer_count: its features are the
 * outputs of f, in order. `layers` must be the study's. A weight of no feature: STATUS_INPUT. */
status circuit_with_outcome(db *d, const layer_set *layers, const circuit *c,
                            const variable_fit *f, uint32_t point, circuit **out, error *err);

#endif
