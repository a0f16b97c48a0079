#include "src/circuit/compare_side.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

void compare_edges_release(compare_edges *e)
{
    free(e->source);
    free(e->target);
    free(e->strength);
    *e = (compare_edges){0};
}

void compare_side_release(compare_side *side)
{
    for (uint32_t p = 0; p < side->pairs; p++)
        compare_edges_release(&side->pair[p]);
    free(side->pair);
    free(side->study);
    free(side->pair_id);
    *side = (compare_side){0};
}

/* ---- a fit ---- */

static const layer *same_layer(const layer_set *common, const layer *own)
{
    for (uint32_t l = 0; own && l < common->count; l++)
        if (strcmp(common->item[l].name, own->name) == 0)
            return &common->item[l];
    return NULL;
}

static status check_same(const char *path, const layer *own, const layer *other, error *err)
{
    return !other || own->features == other->features
               ? STATUS_OK
               : error_set(
                     err, STATUS_INPUT,
                     "'%s': layer '%s' has %u features, but %u in the other study: these are "
                     "not the same features",
                     path, own->name, own->features, other->features);
}

static int by_layers(const void *a, const void *b)
{
    const compare_edges *x = a, *y = b;
    if (x->source_layer != y->source_layer)
        return x->source_layer < y->source_layer ? -1 : 1;
    return (x->target_layer > y->target_layer) - (x->target_layer < y->target_layer);
}

/* Pairs in the order of the common study; `count` carries each one's place in the fit meanwhile.
 */
static void sort_pairs(compare_side *side, const fit *f)
{
    qsort(side->pair, side->pairs, sizeof *side->pair, by_layers);
    for (uint32_t p = 0; p < side->pairs; p++) {
        side->pair_id[p] = f->pair[side->pair[p].count].id;
        side->pair[p].count = 0;
    }
}

status compare_side_of_fit(compare_side *out, db *d, const char *path, const layer_set *own,
                           const layer_set *common, int64_t fit_id, strength measure, error *err)
{
    fit f = {0};
    *out = (compare_side){.study = mem_copy_text(path), .measure = measure};
    status code = fit_get(d, fit_id, &f, err);
    out->pair = mem_zero((size_t)f.pair_count + 1, sizeof *out->pair);
    out->pair_id = mem_zero((size_t)f.pair_count + 1, sizeof *out->pair_id);
    for (uint32_t p = 0; code == STATUS_OK && p < f.pair_count; p++) {
        const layer *from = layer_by_id(own, f.pair[p].source_layer);
        const layer *to = layer_by_id(own, f.pair[p].target_layer);
        const layer *source = same_layer(common, from);
        const layer *target = same_layer(common, to);
        if (source && target && source->position < target->position)
            out->pair[out->pairs++] = (compare_edges){
                .source_layer = source->position, .target_layer = target->position, .count = p};
        else
            out->left_out++;
        code = check_same(path, from, source, err);
        if (code == STATUS_OK)
            code = check_same(path, to, target, err);
    }
    if (code == STATUS_OK && out->pairs > 0)
        sort_pairs(out, &f);
    fit_release(&f);
    if (code != STATUS_OK)
        compare_side_release(out);
    return code;
}

static status read_fit(const compare_side *side, uint32_t i, compare_edges *out, error *err)
{
    static const edge_figure figures[] = {[STRENGTH_REMOVAL] = EDGE_REMOVAL,
                                          [STRENGTH_WEIGHT] = EDGE_WEIGHT,
                                          [STRENGTH_STANDARDISED] = EDGE_STANDARDISED};
    db *d = NULL;
    status code = db_open(&d, side->study, DB_READ, err);
    if (code == STATUS_OK)
        code = fit_load_figures(d, side->pair_id[i], figures[side->measure], &out->source,
                                &out->target, &out->strength, &out->count, err);
    db_close(d);
    return code;
}

static status check_edges(const compare_side *side, const compare_edges *e,
                          const uint32_t *layer_first, error *err)
{
    const uint32_t *s = &layer_first[e->source_layer], *t = &layer_first[e->target_layer];
    for (uint32_t i = 0; i < e->count; i++)
        if (e->source[i] >= s[1] - s[0] || e->target[i] >= t[1] - t[0])
            return error_set(err, STATUS_INPUT,
                             "'%s' has an edge to a feature that its layer does not have",
                             side->study);
    return STATUS_OK;
}

status compare_side_read(const compare_side *side, uint32_t i, const uint32_t *layer_first,
                         compare_edges *out, bool *borrowed, error *err)
{
    *out = side->pair[i];
    *borrowed = !side->study;
    if (*borrowed)
        return STATUS_OK;
    status code = read_fit(side, i, out, err);
    return code == STATUS_OK ? check_edges(side, out, layer_first, err) : code;
}

/* ---- edges one by one ---- */

static compare_edges *pair_for(compare_side *side, uint32_t source_layer, uint32_t target_layer)
{
    for (uint32_t p = side->pairs; p-- > 0;)
        if (side->pair[p].source_layer == source_layer &&
            side->pair[p].target_layer == target_layer)
            return &side->pair[p];
    side->pair = mem_grow(side->pair, (size_t)side->pairs + 1, sizeof *side->pair);
    side->pair[side->pairs] =
        (compare_edges){.source_layer = source_layer, .target_layer = target_layer};
    return &side->pair[side->pairs++];
}

void compare_side_add(compare_side *side, uint32_t source_layer, uint32_t source,
                      uint32_t target_layer, uint32_t target, float strength_of_it)
{
    compare_edges *e = pair_for(side, source_layer, target_layer);
    if (e->count == e->room) {
        e->room = e->room ? 2 * e->room : 256;
        e->source = mem_grow(e->source, e->room, sizeof *e->source);
        e->target = mem_grow(e->target, e->room, sizeof *e->target);
        e->strength = mem_grow(e->strength, e->room, sizeof *e->strength);
    }
    e->source[e->count] = source;
    e->target[e->count] = target;
    e->strength[e->count++] = strength_of_it;
}

typedef struct one_edge {
    uint32_t target, source;
    float strength;
} one_edge;

static int by_target(const void *a, const void *b)
{
    const one_edge *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

/* Returns the place of an edge that is there twice, or count. */
static uint32_t sort_edges(compare_edges *e)
{
    one_edge *list = mem_alloc(e->count * sizeof *list);
    uint32_t twice = e->count;
    for (uint32_t i = 0; i < e->count; i++)
        list[i] = (one_edge){e->target[i], e->source[i], e->strength[i]};
    qsort(list, e->count, sizeof *list, by_target);
    for (uint32_t i = 0; i < e->count; i++) {
        e->target[i] = list[i].target;
        e->source[i] = list[i].source;
        e->strength[i] = list[i].strength;
        if (i > 0 && by_target(&list[i], &list[i - 1]) == 0)
            twice = i;
    }
    free(list);
    return twice;
}

void compare_side_sort(compare_side *side, const compare_edges **pair, uint32_t *twice)
{
    if (pair)
        *pair = NULL;
    if (side->pairs > 0)
        qsort(side->pair, side->pairs, sizeof *side->pair, by_layers);
    for (uint32_t p = 0; p < side->pairs; p++) {
        uint32_t place = sort_edges(&side->pair[p]);
        if (pair && place < side->pair[p].count) {
            *pair = &side->pair[p];
            *twice = place;
        }
    }
}
