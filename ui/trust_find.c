/* What is listed of one check: the head of each list, over all layer pairs. */
#include "src/base/memory.h"
#include "ui/app.h"
#include "ui/trust_read.h"

#include <math.h>
#include <stdlib.h>

typedef struct findings_ask {
    int64_t check_id, fit_id;
    uint32_t done;
    const trust_look *look;
    double cut;
    circuit *c; /* held */
} findings_ask;

static void ask_free(void *asked)
{
    findings_ask *ask = asked;
    circuit_free(ask->c);
    free(ask);
}

void trust_findings_free(void *findings)
{
    trust_findings *f = findings;
    for (int i = 0; f && i < TRUST_LISTS; i++)
        free(f->list[i].item);
    if (f)
        free(f->dot);
    free(f);
}

/* Items as they are found, in the order that the list wants them; only the head is kept. */
typedef struct gathering {
    db *d;
    const findings_ask *ask;
    const trust_list_look *look;
    const circuit *c;
    uint32_t source_position, target_position;
    trust_listed *to;
    double *key;     /* of the items gathered, beside them */
    double *removal; /* by source feature, while a target's edges are looked at */
    uint32_t room;
} gathering;

typedef struct keyed {
    double key;
    trust_item item;
} keyed;

static int by_key(const void *left, const void *right)
{
    const keyed *a = left, *b = right;
    if (a->key != b->key)
        return a->key > b->key ? -1 : 1;
    if (a->item.target != b->item.target)
        return a->item.target < b->item.target ? -1 : 1;
    return (a->item.source > b->item.source) - (a->item.source < b->item.source);
}

/* Keeps the TRUST_MOST first. */
static void cut_down(gathering *g)
{
    uint32_t count = g->to->count;
    keyed *all = mem_alloc((count + 1) * sizeof *all);
    for (uint32_t i = 0; i < count; i++)
        all[i] = (keyed){g->key[i], g->to->item[i]};
    qsort(all, count, sizeof *all, by_key);
    g->to->count = count < TRUST_MOST ? count : TRUST_MOST;
    for (uint32_t i = 0; i < g->to->count; i++) {
        g->key[i] = all[i].key;
        g->to->item[i] = all[i].item;
    }
    free(all);
}

static void take_item(gathering *g, double key, trust_item item)
{
    if (isnan(key))
        return;
    g->to->all++;
    if (g->to->count == g->room)
        cut_down(g);
    g->key[g->to->count] = key;
    g->to->item[g->to->count++] = item;
}

/* The edge's removal in the circuit; NaN: the circuit has not the edge. */
static void find_removals(gathering *g, uint32_t node)
{
    const circuit *c = g->c;
    for (uint32_t at = c->in_start[node]; at < c->in_start[node + 1]; at++) {
        const circuit_edge *e = &c->edge[c->in[at]];
        uint32_t feature = 0;
        if (circuit_position(c, e->source, &feature) == g->source_position)
            g->removal[feature] = (double)e->removal;
    }
}

static void forget_removals(gathering *g, uint32_t node)
{
    const circuit *c = g->c;
    for (uint32_t at = c->in_start[node]; at < c->in_start[node + 1]; at++) {
        uint32_t feature = 0;
        circuit_position(c, c->edge[c->in[at]].source, &feature);
        g->removal[feature] = (double)NAN;
    }
}

static double key_of(const gathering *g, double value, double removal)
{
    switch (g->look->order) {
    case TRUST_GREATEST: return value;
    case TRUST_LARGEST: return fabs(value);
    case TRUST_UNSTABLE: return value < g->ask->cut ? fabs(removal) : (double)NAN;
    case TRUST_DISAGREEING: return fabs(value + removal);
    }
    return (double)NAN;
}

static bool take_edges(void *user, const check_edges *e)
{
    gathering *g = user;
    const circuit *c = g->c;
    uint32_t first = c->layer_first[g->source_position];
    uint32_t sources = c->layer_first[g->source_position + 1] - first;
    uint32_t node = c->layer_first[g->target_position] + e->target;
    if (node >= c->layer_first[g->target_position + 1])
        return true;
    find_removals(g, node);
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->source[i] >= sources)
            continue;
        double value = (double)e->value[i], removal = g->removal[e->source[i]];
        bool measured = g->look->order == TRUST_DISAGREEING;
        trust_item item = {
            first + e->source[i], node, {value, measured ? -removal : removal, (double)NAN}};
        take_item(g, key_of(g, value, removal), item);
    }
    forget_removals(g, node);
    return true;
}

static bool take_value(void *user, uint32_t feature, double value)
{
    gathering *g = user;
    uint32_t node = g->c->layer_first[g->target_position] + feature;
    trust_item item = {NOTHING, node, {value, (double)NAN, (double)NAN}};
    if (node < g->c->layer_first[g->target_position + 1])
        take_item(g, key_of(g, value, 0), item);
    return true;
}

/* A value of the targets of a pair, by feature. */
typedef struct column {
    double *value;
    uint32_t features;
} column;

static bool take_column(void *user, uint32_t feature, double value)
{
    column *c = user;
    if (feature < c->features)
        c->value[feature] = value;
    return true;
}

static status read_column(gathering *g, const layer *from, const layer *to, const char *name,
                          column *out, error *err)
{
    *out = (column){mem_alloc((to->features + 1) * sizeof *out->value), to->features};
    for (uint32_t i = 0; i < to->features; i++)
        out->value[i] = (double)NAN;
    return check_each_value(g->d, g->ask->check_id, from->id, to->id, name, take_column, out, err);
}

/* Further values of the targets that were listed since `begin` of this pair. */
static status read_also(gathering *g, const layer *from, const layer *to, error *err)
{
    status code = STATUS_OK;
    for (int k = 0; k < TRUST_VALUES - 1 && g->look->also[k] && code == STATUS_OK; k++) {
        column also;
        code = read_column(g, from, to, g->look->also[k], &also, err);
        uint32_t first = g->c->layer_first[g->target_position];
        for (uint32_t i = 0; i < g->to->count; i++) {
            uint32_t feature = g->to->item[i].target - first;
            if (g->to->item[i].target >= first && feature < also.features &&
                isnan(g->to->item[i].value[k + 1]))
                g->to->item[i].value[k + 1] = also.value[feature];
        }
        free(also.value);
    }
    return code;
}

static status read_scatter(gathering *g, const layer *from, const layer *to, trust_findings *out,
                           error *err)
{
    const trust_chart *chart = &g->ask->look->chart;
    column x = {0}, y = {0};
    status code = read_column(g, from, to, chart->axis[0], &x, err);
    if (code == STATUS_OK)
        code = read_column(g, from, to, chart->axis[1], &y, err);
    if (code == STATUS_OK) {
        size_t room = (size_t)out->dots + to->features;
        out->dot = mem_grow(out->dot, room + 1, sizeof *out->dot);
        for (uint32_t i = 0; i < to->features; i++)
            if (!isnan(x.value[i]) && !isnan(y.value[i]))
                out->dot[out->dots++] =
                    (trust_dot){from->id, to->id, (float)x.value[i], (float)y.value[i]};
    }
    free(x.value);
    free(y.value);
    return code;
}

static status read_list(gathering *g, const layer *from, const layer *to, error *err)
{
    if (g->look->edges)
        return check_each_edges(g->d, g->ask->check_id, from->id, to->id, g->look->value,
                                take_edges, g, err);
    status code = check_each_value(g->d, g->ask->check_id, from->id, to->id, g->look->value,
                                   take_value, g, err);
    return code == STATUS_OK ? read_also(g, from, to, err) : code;
}

/* One list, or the scatter (l is TRUST_LISTS), over all pairs of the fit. */
static status read_pairs(gathering *g, const layer_set *layers, const fit *f, int l,
                         trust_findings *out, error *err)
{
    status code = STATUS_OK;
    bool scatter = l == TRUST_LISTS;
    for (uint32_t p = 0; p < f->pair_count && code == STATUS_OK; p++) {
        const layer *from = layer_by_id(layers, f->pair[p].source_layer);
        const layer *to = layer_by_id(layers, f->pair[p].target_layer);
        if (!from || !to)
            continue;
        g->source_position = from->position;
        g->target_position = to->position;
        code = scatter ? read_scatter(g, from, to, out, err) : read_list(g, from, to, err);
    }
    return code;
}

static void prepare(gathering *g, const layer_set *layers)
{
    uint32_t widest = 0;
    for (uint32_t l = 0; l < layers->count; l++)
        widest = layers->item[l].features > widest ? layers->item[l].features : widest;
    g->removal = mem_alloc(((size_t)widest + 1) * sizeof *g->removal);
    for (uint32_t i = 0; i <= widest; i++)
        g->removal[i] = (double)NAN;
    g->room = 4 * TRUST_MOST;
    g->key = mem_alloc(g->room * sizeof *g->key);
}

static status read_findings(db *d, void *asked, void **result, error *err)
{
    const findings_ask *ask = asked;
    layer_set layers = {0};
    fit f = {0};
    trust_findings *out = mem_zero(1, sizeof *out);
    gathering g = {.d = d, .ask = ask, .c = ask->c};
    out->check_id = ask->check_id;
    out->done = ask->done;
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = fit_get(d, ask->fit_id, &f, err);
    if (code == STATUS_OK && layers.count != ask->c->layer_count)
        code = error_set(err, STATUS_INPUT, "the study's layers have changed meanwhile");
    if (code == STATUS_OK)
        prepare(&g, &layers);
    for (int l = 0; l < TRUST_LISTS && code == STATUS_OK; l++) {
        g.look = &ask->look->list[l];
        g.to = &out->list[l];
        if (!g.look->value)
            break;
        g.to->item = mem_alloc(g.room * sizeof *g.to->item);
        code = read_pairs(&g, &layers, &f, l, out, err);
        cut_down(&g);
    }
    if (code == STATUS_OK && ask->look->chart.axis[0])
        code = read_pairs(&g, &layers, &f, TRUST_LISTS, out, err);
    free(g.removal);
    free(g.key);
    fit_release(&f);
    layer_set_release(&layers);
    if (code == STATUS_OK)
        *result = out;
    else
        trust_findings_free(out);
    return code;
}

void trust_ask_findings(reader *r, const trust_check *of, circuit *c)
{
    findings_ask *ask = mem_zero(1, sizeof *ask);
    check_settings s;
    ask->check_id = of->report.about.id;
    ask->fit_id = of->report.about.fit_id;
    ask->done = of->report.about.done;
    ask->look = of->look;
    ask->c = circuit_hold(c);
    if (check_settings_of(&of->report.about, &s, NULL) == STATUS_OK) {
        ask->cut = s.cut;
        check_settings_release(&s);
    }
    reader_ask(r, &(reader_question){.kind = READ_FINDINGS,
                                     .work = read_findings,
                                     .ask = ask,
                                     .release_ask = ask_free,
                                     .release = trust_findings_free});
}
