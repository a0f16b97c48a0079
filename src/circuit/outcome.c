#include "src/circuit/outcome.h"

#include "db/feature.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct extension {
    db *d;
    const layer_set *layers;
    const circuit *c;
    const variable_fit *f;
    feature_table *table; /* by position; read when first asked for */
    circuit_edge *edge;   /* those of c, then the variable's */
    uint32_t count;
} extension;

/* The mean of a feature where it is active. */
static status active_mean(extension *x, const layer *in, uint32_t feature, double *out, error *err)
{
    feature_table *table = &x->table[in->position];
    status code = table->row ? STATUS_OK : feature_list(x->d, in->id, table, err);
    *out =
        code == STATUS_OK && feature < table->count ? (double)table->row[feature].active_mean : 0;
    return code;
}

static status add_weight(extension *x, const variable_fit_weight *w, error *err)
{
    const layer *in = layer_by_id(x->layers, w->layer);
    double mean = 0;
    if (!in || w->feature >= in->features || w->output >= x->f->outputs)
        return error_set(err, STATUS_INPUT, "fit %lld has a weight of no feature",
                         (long long)x->f->base.id);
    status code = active_mean(x, in, w->feature, &mean, err);
    x->edge[x->count++] = (circuit_edge){.source = circuit_node(x->c, in->position, w->feature),
                                         .target = x->c->node_count + w->output,
                                         .weight = (float)w->weight,
                                         .standardised = (float)w->standardised,
                                         .removal = (float)(w->weight * mean),
                                         .wired = NAN};
    return code;
}

static status add_weights(extension *x, uint32_t point, error *err)
{
    double *intercept = NULL;
    variable_fit_weight *weight = NULL;
    uint32_t count = 0;
    status code = variable_fit_weights(x->d, x->f, point, &intercept, &weight, &count, err);
    if (code == STATUS_OK && count > UINT32_MAX - x->c->edge_count)
        code = error_memory(err, "a circuit");
    if (code == STATUS_OK) {
        x->edge = mem_try((size_t)x->c->edge_count + count, sizeof *x->edge);
        if (!x->edge)
            code = error_memory(err, "a circuit");
    }
    if (code == STATUS_OK && x->c->edge_count) {
        memcpy(x->edge, x->c->edge, x->c->edge_count * sizeof *x->edge);
        x->count = x->c->edge_count;
    }
    for (uint32_t w = 0; w < count && code == STATUS_OK; w++)
        code = add_weight(x, &weight[w], err);
    free(intercept);
    free(weight);
    return code;
}

static status build(extension *x, circuit **out, error *err)
{
    uint32_t layers = x->c->layer_count;
    uint32_t *features = mem_alloc(((size_t)layers + 1) * sizeof *features);
    for (uint32_t l = 0; l < layers; l++)
        features[l] = x->c->layer_first[l + 1] - x->c->layer_first[l];
    features[layers] = x->f->outputs;
    circuit_edge *given = x->edge;
    x->edge = NULL; /* the circuit's now */
    status code = circuit_build(layers + 1, features, given, x->count, x->c->ranked_by, out, err);
    if (code == STATUS_OK)
        (*out)->fit_id = x->c->fit_id;
    free(features);
    return code;
}

status circuit_with_outcome(db *d, const layer_set *layers, const circuit *c,
                            const variable_fit *f, uint32_t point, circuit **out, error *err)
{
    extension x = {.d = d, .layers = layers, .c = c, .f = f};
    *out = NULL;
    if (f->outputs > UINT32_MAX - c->node_count)
        return error_memory(err, "a circuit");
    x.table = mem_zero((size_t)layers->count + 1, sizeof *x.table);
    status code = add_weights(&x, point, err);
    if (code == STATUS_OK)
        code = build(&x, out, err);
    for (uint32_t l = 0; l < layers->count; l++)
        feature_table_release(&x.table[l]);
    free(x.table);
    free(x.edge);
    return code;
}
