#include "src/jobs/effects_cells.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

status effects_grid_load(effects_grid *g, db *d, const layer *source, const layer *target,
                         double cut, error *err)
{
    *g = (effects_grid){.source = source, .target = target, .cut = cut};
    status code = effect_load(d, source->id, target->id, &g->effect, &g->effect_count, err);
    if (code != STATUS_OK || g->effect_count == 0)
        return code;
    g->place = mem_zero(source->features, sizeof *g->place);
    g->removed = mem_alloc(source->features * sizeof *g->removed);
    for (uint32_t i = 0; i < g->effect_count; i++) {
        const effect *e = &g->effect[i];
        if (e->source >= source->features || e->target >= target->features) {
            effects_grid_release(g);
            return error_set(
                err, STATUS_INPUT,
                "the study has an effect of feature %u of '%s' on feature %u of '%s', "
                "of which it has %u and %u",
                e->source, source->name, e->target, target->name, source->features,
                target->features);
        }
        if (g->place[e->source] == 0) {
            g->removed[g->removed_count++] = e->source;
            g->place[e->source] = g->removed_count;
        }
    }
    return STATUS_OK;
}

void effects_grid_release(effects_grid *g)
{
    free(g->removed);
    free(g->place);
    free(g->effect);
    *g = (effects_grid){0};
}

static void append(effects_edges *edges, effect_cell cell)
{
    if (edges->count == edges->room) {
        edges->room = edges->room ? 2 * edges->room : 1024;
        edges->item = mem_grow(edges->item, edges->room, sizeof *edges->item);
    }
    edges->item[edges->count++] = cell;
}

void effects_edges_add(effects_edges *edges, const effects_grid *g, uint32_t source,
                       uint32_t target, double removal)
{
    if (source < g->source->features && g->place[source] != 0)
        append(edges, (effect_cell){.source = g->source_first + source,
                                    .target = g->target_first + target,
                                    .predicted = -removal,
                                    .edge = true});
}

static int by_place(const void *a, const void *b)
{
    const effect_cell *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->target > y->target) - (x->target < y->target);
}

void effects_edges_complete(effects_edges *edges, const effects_grid *g)
{
    uint32_t edge_count = edges->count;
    uint32_t at = 0;
    if (edge_count > 0)
        qsort(edges->item, edge_count, sizeof *edges->item, by_place);
    for (uint32_t i = 0; i < g->effect_count; i++) {
        effect_cell cell = {.source = g->source_first + g->effect[i].source,
                            .target = g->target_first + g->effect[i].target,
                            .measured = g->effect[i].effect};
        while (at < edge_count && by_place(&edges->item[at], &cell) < 0)
            at++;
        if (at < edge_count && by_place(&edges->item[at], &cell) == 0)
            edges->item[at].measured = cell.measured;
        else
            append(edges, cell);
    }
}

void effects_edges_release(effects_edges *edges)
{
    free(edges->item);
    *edges = (effects_edges){0};
}
