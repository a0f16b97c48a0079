#include "src/circuit/summary.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Varying targets as they are read. */
typedef struct gather {
    summary *s;
    summary_list all;
    uint32_t capacity;
    uint32_t pair, target_first, target_features;
    bool foreign;
} gather;

static int by_r2(const void *left, const void *right)
{
    const summary_target *a = left, *b = right;
    if (a->r2 != b->r2)
        return a->r2 < b->r2 ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static int by_gap(const void *left, const void *right)
{
    const summary_target *a = left, *b = right;
    if (a->gap != b->gap)
        return a->gap > b->gap ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static int by_strength(const void *left, const void *right)
{
    const summary_hub *a = left, *b = right;
    if (a->strength != b->strength)
        return a->strength > b->strength ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

/* -- targets ------------------------------------------------------------------------------- */

static void count_bins(summary *s, const summary_target *t)
{
    int gap = t->gap > 0 ? (int)floor(log10((double)t->gap)) + 16 : 0;
    int r2 = (int)floor((double)t->r2 * SUMMARY_R2_BINS);
    gap = gap < 0 ? 0 : gap >= SUMMARY_GAP_BINS ? SUMMARY_GAP_BINS - 1 : gap;
    r2 = r2 < 0 ? 0 : r2 >= SUMMARY_R2_BINS ? SUMMARY_R2_BINS - 1 : r2;
    s->gap_bin[gap]++;
    s->r2_bin[r2]++;
}

static bool gather_target(void *user, const fit_target *of)
{
    gather *g = user;
    summary_pair *pair = &g->s->pair[g->pair];
    g->foreign = of->feature >= g->target_features;
    if (g->foreign)
        return false;
    pair->done++;
    if (strcmp(of->state, "constant") == 0) {
        pair->constant++;
        return true;
    }
    pair->converged += strcmp(of->state, "converged") == 0;
    pair->orphans += of->parents == 0;
    if (g->all.count == g->capacity) {
        g->capacity = g->capacity ? 2 * g->capacity : 4096;
        g->all.item = mem_grow(g->all.item, g->capacity, sizeof *g->all.item);
    }
    summary_target *t = &g->all.item[g->all.count++];
    *t = (summary_target){.node = g->target_first + of->feature,
                          .pair = g->pair,
                          .parents = of->parents,
                          .r2 = (float)of->r2,
                          .gap = (float)of->gap};
    count_bins(g->s, t);
    return true;
}

static double median(const summary_target *sorted, uint32_t count)
{
    if (count == 0)
        return 0;
    return ((double)sorted[(count - 1) / 2].r2 + (double)sorted[count / 2].r2) / 2;
}

/* Figures of the pair whose targets are item[first..). */
static void finish_pair(gather *g, uint32_t first)
{
    summary_pair *pair = &g->s->pair[g->pair];
    summary_target *item = g->all.item + first;
    uint32_t count = g->all.count - first;
    double parents = 0;
    if (count > 0)
        qsort(item, count, sizeof *item, by_r2);
    for (uint32_t i = 0; i < count; i++) {
        pair->worst_gap = fmax(pair->worst_gap, (double)item[i].gap);
        parents += item[i].parents;
    }
    pair->median_r2 = median(item, count);
    pair->mean_parents = count ? parents / count : 0;
    g->s->constant += pair->constant;
    g->s->varying += count;
    g->s->worst_gap = fmax(g->s->worst_gap, pair->worst_gap);
}

static void append(summary_list *list, const summary_target *t)
{
    if ((list->count & (list->count - 1)) == 0)
        list->item =
            mem_grow(list->item, list->count ? 2 * (size_t)list->count : 1, sizeof *list->item);
    list->item[list->count++] = *t;
}

/* The lists, out of all targets by R2. */
static void make_lists(summary *s, summary_list *all)
{
    if (all->count == 0)
        return;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].parents == 0)
            append(&s->orphans, &all->item[i]); /* by pair still */
    qsort(all->item, all->count, sizeof *all->item, by_r2);
    s->median_r2 = median(all->item, all->count);
    for (uint32_t i = 0; i < all->count; i++) {
        const summary_target *t = &all->item[i];
        if ((double)t->gap > s->tolerance)
            append(&s->unconverged, t);
        if (t->parents > 0 && s->least.count < SUMMARY_MOST)
            append(&s->least, t);
    }
    if (s->unconverged.count > 0)
        qsort(s->unconverged.item, s->unconverged.count, sizeof *s->unconverged.item, by_gap);
}

static status load_targets(db *d, const layer_set *layers, const fit *f, gather *g, error *err)
{
    uint32_t *layer_first = mem_zero((size_t)layers->count + 1, sizeof *layer_first);
    for (uint32_t l = 0; l < layers->count; l++)
        layer_first[l + 1] = layer_first[l] + layers->item[l].features;
    status code = STATUS_OK;
    for (g->pair = 0; code == STATUS_OK && g->pair < f->pair_count; g->pair++) {
        const fit_pair *from = &f->pair[g->pair];
        const layer *source = layer_by_id(layers, from->source_layer);
        const layer *target = layer_by_id(layers, from->target_layer);
        uint32_t first = g->all.count;
        if (!source || !target) {
            code = error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                             (long long)f->id);
            break;
        }
        g->s->pair[g->pair] = (summary_pair){.source = source->position,
                                             .target = target->position,
                                             .targets = from->targets,
                                             .edges = from->edges,
                                             .wired_alone = from->wired_alone};
        g->s->wired |= from->wired_alone > 0;
        g->target_first = layer_first[target->position];
        g->target_features = target->features;
        code = fit_each_target(d, from->id, gather_target, g, err);
        if (code == STATUS_OK && g->foreign)
            code =
                error_set(err, STATUS_INPUT, "fit %lld has a target that its layer does not have",
                          (long long)f->id);
        if (code == STATUS_OK)
            finish_pair(g, first);
    }
    free(layer_first);
    return code;
}

/* -- hubs ---------------------------------------------------------------------------------- */

/* How many targets a layer's features could have: all that vary, of the layers that it is fitted
 * to. */
static double reachable(const summary *s, uint32_t source)
{
    double sum = 0;
    for (uint32_t p = 0; p < s->pair_count; p++) {
        uint32_t varying = 0;
        if (s->pair[p].source != source)
            continue;
        for (uint32_t q = 0; q < s->pair_count; q++) { /* a joint fit counts them with one pair */
            uint32_t there = s->pair[q].done - s->pair[q].constant;
            if (s->pair[q].target == s->pair[p].target && there > varying)
                varying = there;
        }
        sum += varying;
    }
    return sum;
}

static void make_hubs(summary *s, const circuit *c)
{
    double *own = mem_zero((size_t)c->node_count + 1, sizeof *own);
    s->measure = c->ranked_by;
    for (uint32_t e = 0; e < c->edge_count; e++)
        own[c->edge[e].source] += fabs(circuit_strength(c, &c->edge[e]));
    /* the best SUMMARY_MOST of each layer, then of all */
    uint32_t capacity = 2 * SUMMARY_MOST;
    s->hub = mem_alloc(capacity * sizeof *s->hub);
    for (uint32_t l = 0; l < c->layer_count; l++) {
        double whole = 0, reach = reachable(s, l);
        for (uint32_t n = c->layer_first[l]; n < c->layer_first[l + 1]; n++)
            whole += own[n];
        for (uint32_t n = c->layer_first[l]; n < c->layer_first[l + 1]; n++) {
            uint32_t children = c->out_start[n + 1] - c->out_start[n];
            if (own[n] <= 0)
                continue;
            s->hub[s->hub_count++] = (summary_hub){.node = n,
                                                   .children = children,
                                                   .reach = reach > 0 ? children / reach : 0,
                                                   .strength = own[n] / whole};
            if (s->hub_count == capacity) {
                qsort(s->hub, s->hub_count, sizeof *s->hub, by_strength);
                s->hub_count = SUMMARY_MOST;
            }
        }
    }
    qsort(s->hub, s->hub_count, sizeof *s->hub, by_strength);
    s->hub_count = s->hub_count < SUMMARY_MOST ? s->hub_count : SUMMARY_MOST;
    free(own);
}

/* -- the whole ----------------------------------------------------------------------------- */

status summary_load(db *d, const layer_set *layers, int64_t fit_id, const circuit *c,
                    summary **out, error *err)
{
    fit f = {0};
    *out = NULL;
    status code = fit_get(d, fit_id, &f, err);
    if (code != STATUS_OK)
        return code;
    summary *s = mem_zero(1, sizeof *s);
    s->fit_id = f.id;
    s->tolerance = f.tolerance;
    s->pair = mem_zero((size_t)f.pair_count + 1, sizeof *s->pair);
    s->pair_count = f.pair_count;
    gather g = {.s = s};
    code = load_targets(d, layers, &f, &g, err);
    fit_release(&f);
    if (code == STATUS_OK) {
        make_lists(s, &g.all);
        if (c)
            make_hubs(s, c);
        *out = s;
    } else {
        summary_free(s);
    }
    free(g.all.item);
    return code;
}

void summary_free(summary *s)
{
    if (!s)
        return;
    free(s->pair);
    free(s->unconverged.item);
    free(s->orphans.item);
    free(s->least.item);
    free(s->hub);
    free(s);
}
