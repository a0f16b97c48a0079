#include "src/jobs/slide_circuit.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

status slide_own_lambda(db *d, const layer_set *layers, int64_t fit_id, int64_t target_layer,
                        uint32_t target, double *lambda, error *err)
{
    fit f = {0};
    fit_target facts = {0};
    bool found = false;
    status code = fit_get(d, fit_id, &f, err);
    for (uint32_t p = 0; code == STATUS_OK && !found && p < f.pair_count; p++)
        if (f.pair[p].target_layer == target_layer && layer_by_id(layers, target_layer))
            code = fit_target_get(d, f.pair[p].id, target, &facts, &found, err);
    if (code == STATUS_OK && !found)
        code = error_set(err, STATUS_INPUT, "fit %lld has not solved this target",
                         (long long)f.id);
    fit_release(&f);
    *lambda = facts.lambda;
    return code;
}

status slide_circuit(const layer_set *layers, const layer *target_layer, uint32_t target,
                     const slide_result *result, strength ranked_by, circuit **out, error *err)
{
    uint32_t *features = mem_alloc((layers->count + 1) * sizeof *features);
    uint32_t *first = mem_zero(layers->count + 1, sizeof *first);
    circuit_edge *list = mem_alloc((result->edges + 1) * sizeof *list);
    for (uint32_t l = 0; l < layers->count; l++) {
        features[l] = layers->item[l].features;
        first[l + 1] = first[l] + features[l];
    }
    for (uint32_t k = 0; k < result->edges; k++) {
        const slide_edge *e = &result->edge[k];
        const layer *source = layer_by_id(layers, e->source_layer);
        list[k] = (circuit_edge){.source = first[source->position] + e->source,
                                 .target = first[target_layer->position] + target,
                                 .weight = (float)e->weight,
                                 .standardised = (float)e->standardised,
                                 .removal = (float)e->removal,
                                 .wired = NAN};
    }
    status code =
        circuit_build(layers->count, features, list, result->edges, ranked_by, out, err);
    free(features);
    free(first);
    return code;
}
