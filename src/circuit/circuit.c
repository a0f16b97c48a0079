#include "src/circuit/circuit.h"

#include "src/base/memory.h"
#include "src/circuit/trust.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *strength_name(strength s)
{
    static const char *const names[] = {
#define STRENGTH_NAME(name, text, meaning) [name] = text,
        STRENGTH_LIST(STRENGTH_NAME)
#undef STRENGTH_NAME
    };
    return names[s];
}

bool strength_find(const char *name, strength *out)
{
    for (*out = STRENGTH_REMOVAL; *out <= STRENGTH_STANDARDISED; ++*out)
        if (strcmp(name, strength_name(*out)) == 0)
            return true;
    return false;
}

double circuit_strength(const circuit *c, const circuit_edge *e)
{
    switch (c->ranked_by) {
    case STRENGTH_WEIGHT: return (double)e->weight;
    case STRENGTH_STANDARDISED: return (double)e->standardised;
    case STRENGTH_REMOVAL: break;
    }
    return (double)e->removal;
}

uint32_t circuit_node(const circuit *c, uint32_t position, uint32_t feature)
{
    return c->layer_first[position] + feature;
}

uint32_t circuit_position(const circuit *c, uint32_t node, uint32_t *feature)
{
    uint32_t low = 0;
    uint32_t high = c->layer_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (c->layer_first[middle] <= node)
            low = middle;
        else
            high = middle;
    }
    if (feature)
        *feature = node - c->layer_first[low];
    return low;
}

uint32_t circuit_count(const circuit *c, const uint32_t *list, uint32_t count, double threshold)
{
    uint32_t low = 0;
    uint32_t high = list ? count : c->edge_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const circuit_edge *e = &c->edge[list ? list[middle] : middle];
        if (fabs(circuit_strength(c, e)) >= threshold)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

typedef struct gather {
    circuit *c;
    uint32_t capacity;
    uint32_t source_first, source_features;
    uint32_t target_first, target_features;
    bool overflow, foreign;
} gather;

static bool gather_edge(void *user, const edge *e)
{
    gather *g = user;
    circuit *c = g->c;
    if (e->source >= g->source_features || e->target >= g->target_features) {
        g->foreign = true;
        return false;
    }
    if (c->edge_count == g->capacity) {
        if (g->capacity > UINT32_MAX / 2) {
            g->overflow = true;
            return false;
        }
        g->capacity = g->capacity ? 2 * g->capacity : 4096;
        circuit_edge *grown = realloc(c->edge, (size_t)g->capacity * sizeof *grown);
        if (!grown) {
            g->overflow = true;
            return false;
        }
        c->edge = grown;
    }
    c->edge[c->edge_count++] = (circuit_edge){.source = g->source_first + e->source,
                                              .target = g->target_first + e->target,
                                              .weight = (float)e->weight,
                                              .standardised = (float)e->standardised,
                                              .removal = (float)e->removal,
                                              .wired = (float)e->wired};
    return true;
}

bool circuit_wired_alone(const circuit_edge *e)
{
    return edge_wired_alone((double)e->weight, (double)e->wired);
}

double circuit_regression(const circuit_edge *e)
{
    double removal = (double)e->removal, wired = (double)e->wired;
    if (circuit_wired_alone(e))
        return (double)NAN;
    /* each float is within half of FLT_EPSILON of what it stands for; as much again is left for a
     * threshold that was written with eight digits */
    double sizes = isnan(wired) ? fabs(removal) : 3 * fabs(removal) + 2 * fabs(wired);
    return fabs(edge_by_regression(removal, wired)) + (double)FLT_EPSILON * sizes;
}

/* |strength| as bits that order as the number does: for nonnegative floats they are the same. */
static uint32_t sort_key(const circuit *c, const circuit_edge *e)
{
    float magnitude = (float)fabs(circuit_strength(c, e));
    uint32_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    return ~bits; /* strongest first */
}

/* Stable radix sort, 11 bits a pass: millions of edges in a fraction of a second, ties in the
 * order of the workspace. */
static status sort_edges(circuit *c, error *err)
{
    enum { BITS = 11, BUCKETS = 1 << BITS, PASSES = 3 };
    circuit_edge *other = mem_try(c->edge_count, sizeof *other);
    if (!other)
        return error_memory(err, "sorting a circuit");
    for (unsigned pass = 0; pass < PASSES; pass++) {
        uint32_t start[BUCKETS + 1] = {0};
        for (uint32_t i = 0; i < c->edge_count; i++)
            start[((sort_key(c, &c->edge[i]) >> (BITS * pass)) & (BUCKETS - 1)) + 1]++;
        for (unsigned b = 0; b < BUCKETS; b++)
            start[b + 1] += start[b];
        for (uint32_t i = 0; i < c->edge_count; i++)
            other[start[(sort_key(c, &c->edge[i]) >> (BITS * pass)) & (BUCKETS - 1)]++] =
                c->edge[i];
        circuit_edge *swap = c->edge;
        c->edge = other;
        other = swap;
    }
    free(other);
    return STATUS_OK;
}

/* Lists of edge indices by one end, and what `link` (may be NULL) says of each. Edges are visited
 * strongest first, so each list is too. */
static status link_edges(const circuit *c, bool by_source, uint32_t **start, uint32_t **list,
                         circuit_link *link, error *err)
{
    uint32_t *first = *start = calloc((size_t)c->node_count + 2, sizeof *first);
    uint32_t *index = *list = mem_try(c->edge_count, sizeof *index);
    if (!first || !index)
        return error_memory(err, "a circuit");
    /* shifted by two, so that filling leaves first[n] at the start of n's list */
    for (uint32_t i = 0; i < c->edge_count; i++)
        first[(by_source ? c->edge[i].source : c->edge[i].target) + 2]++;
    for (uint32_t n = 2; n < c->node_count + 2; n++)
        first[n] += first[n - 1];
    for (uint32_t i = 0; i < c->edge_count; i++) {
        uint32_t at = first[(by_source ? c->edge[i].source : c->edge[i].target) + 1]++;
        index[at] = i;
        if (link)
            link[at] = (circuit_link){c->edge[i].source, c->edge[i].standardised};
    }
    return STATUS_OK;
}

static status gather_edges(db *d, const layer_set *layers, const fit *f, circuit *c, error *err)
{
    gather g = {.c = c};
    for (uint32_t p = 0; p < f->pair_count; p++) {
        const layer *source = layer_by_id(layers, f->pair[p].source_layer);
        const layer *target = layer_by_id(layers, f->pair[p].target_layer);
        if (!source || !target)
            return error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                             (long long)f->id);
        if (source->position >= target->position)
            return error_set(err, STATUS_INPUT,
                             "fit %lld has a pair of layers that runs backwards",
                             (long long)f->id);
        g.source_first = c->layer_first[source->position];
        g.source_features = source->features;
        g.target_first = c->layer_first[target->position];
        g.target_features = target->features;
        status code = fit_each_edge(d, f->pair[p].id, gather_edge, &g, err);
        if (code != STATUS_OK)
            return code;
        if (g.foreign)
            return error_set(err, STATUS_INPUT,
                             "fit %lld has an edge to a feature that its layer does not have",
                             (long long)f->id);
        if (g.overflow)
            return error_memory(err, "a circuit");
    }
    return STATUS_OK;
}

static circuit *create(uint32_t layer_count, strength ranked_by)
{
    circuit *c = mem_zero(1, sizeof *c);
    atomic_init(&c->holders, 1);
    c->ranked_by = ranked_by;
    c->layer_count = layer_count;
    c->layer_first = mem_zero((size_t)layer_count + 1, sizeof *c->layer_first);
    return c;
}

/* Sorts and links the edges that c has; gives c out, or frees it. */
static status finish(circuit *c, circuit **out, error *err)
{
    status code = sort_edges(c, err);
    if (code == STATUS_OK)
        code = link_edges(c, true, &c->out_start, &c->out, NULL, err);
    c->in_link = mem_try(c->edge_count, sizeof *c->in_link);
    if (code == STATUS_OK && !c->in_link)
        code = error_memory(err, "a circuit");
    if (code == STATUS_OK)
        code = link_edges(c, false, &c->in_start, &c->in, c->in_link, err);
    if (code == STATUS_OK)
        *out = c;
    else
        circuit_free(c);
    return code;
}

status circuit_load(db *d, const layer_set *layers, int64_t fit_id, strength ranked_by,
                    circuit **out, error *err)
{
    fit f = {0};
    *out = NULL;
    status code = fit_get(d, fit_id, &f, err);
    if (code != STATUS_OK)
        return code;
    circuit *c = create(layers->count, ranked_by);
    c->fit_id = f.id;
    c->wiring = f.wiring;
    for (uint32_t l = 0; l < layers->count; l++)
        c->layer_first[l + 1] = c->layer_first[l] + layers->item[l].features;
    c->node_count = c->layer_first[layers->count];
    code = gather_edges(d, layers, &f, c, err);
    fit_release(&f);
    if (code != STATUS_OK) {
        circuit_free(c);
        return code;
    }
    code = finish(c, out, err);
    if (code == STATUS_OK)
        code = trust_load(c, d, layers, err);
    if (code != STATUS_OK && *out) {
        circuit_free(*out);
        *out = NULL;
    }
    return code;
}

status circuit_build(uint32_t layer_count, const uint32_t *layer_features, circuit_edge *edges,
                     uint32_t edge_count, strength ranked_by, circuit **out, error *err)
{
    *out = NULL;
    circuit *c = create(layer_count, ranked_by);
    for (uint32_t l = 0; l < layer_count; l++)
        c->layer_first[l + 1] = c->layer_first[l] + layer_features[l];
    c->node_count = c->layer_first[layer_count];
    c->edge = edges;
    c->edge_count = edge_count;
    return finish(c, out, err);
}

circuit *circuit_hold(circuit *c)
{
    atomic_fetch_add(&c->holders, 1);
    return c;
}

void circuit_free(circuit *c)
{
    if (!c || atomic_fetch_sub(&c->holders, 1) > 1)
        return;
    free(c->layer_first);
    free(c->edge);
    free(c->out_start);
    free(c->out);
    free(c->in_start);
    free(c->in);
    free(c->in_link);
    free(c->frequency);
    free(c->fdr);
    free(c);
}
