/* What a slide found, as a circuit: the parents of one target at another lambda, for everything
 * that lists or draws the edges of a fit. */
#ifndef JOBS_SLIDE_CIRCUIT_H
#define JOBS_SLIDE_CIRCUIT_H

#include "src/circuit/circuit.h"
#include "src/jobs/slide.h"

/* The lambda at which the fit solved the target: where a slide begins. STATUS_INPUT when the fit
 * has not come to this target yet. */
status slide_own_lambda(db *d, const layer_set *layers, int64_t fit_id, int64_t target_layer,
                        uint32_t target, double *lambda, error *err);

/* A circuit over the study's nodes whose only edges are the result's. */
status slide_circuit(const layer_set *layers, const layer *target_layer, uint32_t target,
                     const slide_result *result, strength ranked_by, circuit **out, error *err);

#endif
