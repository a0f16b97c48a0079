#include "src/circuit/trust.h"

#include "db/check.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

static float *unknown(uint32_t edges)
{
    float *list = mem_try((size_t)edges + 1, sizeof *list);
    for (uint32_t i = 0; list && i < edges; i++)
        list[i] = NAN;
    return list;
}

/* ---- how often an edge comes back ---- */

typedef struct placing {
    circuit *c;
    uint32_t source_first, source_features, target_first, target_features;
} placing;

static bool place_frequencies(void *user, const check_edges *e)
{
    const placing *k = user;
    circuit *c = k->c;
    if (e->target >= k->target_features)
        return true; /* of another study's layer: not believed */
    uint32_t node = k->target_first + e->target;
    for (uint32_t i = c->in_start[node]; i < c->in_start[node + 1]; i++) {
        uint32_t source =
            c->edge[c->in[i]].source - k->source_first; /* wraps: not of this layer */
        uint32_t low = 0, high = e->count;
        if (source >= k->source_features)
            continue;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (e->source[middle] < source)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < e->count && e->source[low] == source)
            c->frequency[c->in[i]] = e->value[low];
    }
    return true;
}

static status load_frequencies(circuit *c, db *d, const layer_set *layers, const fit *f,
                               int64_t check_id, error *err)
{
    status code = STATUS_OK;
    c->frequency = unknown(c->edge_count);
    if (!c->frequency)
        return error_memory(err, "a circuit");
    for (uint32_t p = 0; p < f->pair_count && code == STATUS_OK; p++) {
        const layer *source = layer_by_id(layers, f->pair[p].source_layer);
        const layer *target = layer_by_id(layers, f->pair[p].target_layer);
        placing k = {c, c->layer_first[source->position], source->features,
                     c->layer_first[target->position], target->features};
        code = check_each_edges(d, check_id, source->id, target->id, "frequency",
                                place_frequencies, &k, err);
    }
    for (uint32_t i = 0; i < c->edge_count; i++)
        if (circuit_wired_alone(&c->edge[i])) /* halves are fitted without the wiring */
            c->frequency[i] = 0;
    return code;
}

/* ---- how many as strong are false ---- */

/* The curves of a pair of layers: thresholds descend, rates ascend. */
typedef struct rates {
    const check_point *threshold, *fdr;
    uint32_t count;
} rates;

/* That of the weakest threshold of the curve which the edge reaches, or of the first above it. */
static float rate_at(const rates *r, double removal)
{
    uint32_t low = 0, high = r->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (r->threshold[middle].y <= removal)
            high = middle;
        else
            low = middle + 1;
    }
    return low < r->count ? (float)r->fdr[low].y : NAN;
}

static void find_rates(const check_report *r, const layer_set *layers, const fit *f, rates *table)
{
    for (uint32_t p = 0; p < f->pair_count; p++) {
        int64_t from = f->pair[p].source_layer, to = f->pair[p].target_layer;
        uint32_t thresholds = 0, count = 0;
        rates found = {.threshold = check_curve_of(r, from, to, "threshold", &thresholds)};
        found.fdr = check_curve_of(r, from, to, "fdr", &count);
        found.count = thresholds < count ? thresholds : count;
        table[layer_by_id(layers, from)->position * layers->count +
              layer_by_id(layers, to)->position] = found;
    }
}

static status load_rates(circuit *c, db *d, const layer_set *layers, const fit *f,
                         int64_t check_id, error *err)
{
    check_report report = {0};
    c->fdr = unknown(c->edge_count);
    if (!c->fdr)
        return error_memory(err, "a circuit");
    status code = check_get_report(d, check_id, &report, err);
    if (code != STATUS_OK)
        return code;
    rates *table = mem_zero((size_t)layers->count * layers->count + 1, sizeof *table);
    find_rates(&report, layers, f, table);
    for (uint32_t i = 0; i < c->edge_count; i++) {
        const circuit_edge *e = &c->edge[i];
        uint32_t from = circuit_position(c, e->source, NULL);
        uint32_t to = circuit_position(c, e->target, NULL);
        c->fdr[i] = circuit_wired_alone(e)
                        ? 1
                        : rate_at(&table[from * layers->count + to], circuit_regression(e));
    }
    free(table);
    check_report_release(&report);
    return STATUS_OK;
}

status trust_load(circuit *c, db *d, const layer_set *layers, error *err)
{
    fit f = {0};
    int64_t stability = 0, null = 0;
    status code = check_newest(d, c->fit_id, "stability", &stability, err);
    if (code == STATUS_OK)
        code = check_newest(d, c->fit_id, "null", &null, err);
    if (code != STATUS_OK || (!stability && !null))
        return code;
    code = fit_get(d, c->fit_id, &f, err);
    if (code == STATUS_OK && stability)
        code = load_frequencies(c, d, layers, &f, stability, err);
    if (code == STATUS_OK && null)
        code = load_rates(c, d, layers, &f, null, err);
    fit_release(&f);
    return code;
}

/* ---- only some edges ---- */

/* 9 of 10 halves are 0.9, and a rate of 0.05 is 0.05, whatever a float makes of it. */
static double share(const float *list, uint32_t i)
{
    return list ? round((double)list[i] * 1e7) / 1e7 : (double)NAN;
}

void trust_figures(const circuit *c, uint32_t i, double figure[EDGE_COLUMNS])
{
    figure[EDGE_STABLE] = share(c->frequency, i);
    figure[EDGE_FDR] = share(c->fdr, i);
    figure[EDGE_REGRESSION] = circuit_regression(&c->edge[i]);
}

static bool keeps(const circuit *c, uint32_t i, double stable, double fdr)
{
    double figure[EDGE_COLUMNS];
    trust_figures(c, i, figure);
    return (isnan(stable) || figure[EDGE_STABLE] >= stable) &&
           (isnan(fdr) || figure[EDGE_FDR] <= fdr);
}

static status missing(const circuit *c, const char *kind, error *err)
{
    return error_set(err, STATUS_INPUT,
                     "fit %lld has no finished check '%s': circuitlasso check STUDY %s --fit %lld "
                     "makes one",
                     (long long)c->fit_id, kind, kind, (long long)c->fit_id);
}

status trust_filter(const circuit *c, double stable, double fdr, circuit **out, error *err)
{
    *out = NULL;
    if (!isnan(stable) && !c->frequency)
        return missing(c, "stability", err);
    if (!isnan(fdr) && !c->fdr)
        return missing(c, "null", err);
    uint32_t count = 0;
    circuit_edge *kept = mem_try((size_t)c->edge_count + 1, sizeof *kept);
    float *frequency = c->frequency ? unknown(c->edge_count) : NULL;
    float *rate = c->fdr ? unknown(c->edge_count) : NULL;
    uint32_t *features = mem_alloc(c->layer_count * sizeof *features);
    status code = kept && !frequency == !c->frequency && !rate == !c->fdr
                      ? STATUS_OK
                      : error_memory(err, "a part of a circuit");
    for (uint32_t i = 0; code == STATUS_OK && i < c->edge_count; i++) {
        if (!keeps(c, i, stable, fdr))
            continue;
        kept[count] = c->edge[i];
        if (frequency)
            frequency[count] = c->frequency[i];
        if (rate)
            rate[count] = c->fdr[i];
        count++;
    }
    for (uint32_t l = 0; l < c->layer_count; l++)
        features[l] = c->layer_first[l + 1] - c->layer_first[l];
    if (code == STATUS_OK) /* it keeps the order of edges that are sorted already */
        code = circuit_build(c->layer_count, features, kept, count, c->ranked_by, out, err);
    else
        free(kept);
    free(features);
    if (code != STATUS_OK) {
        free(frequency);
        free(rate);
        return code;
    }
    (*out)->fit_id = c->fit_id;
    (*out)->wiring = c->wiring;
    (*out)->frequency = frequency;
    (*out)->fdr = rate;
    return STATUS_OK;
}
