#include "ui/sample_lists.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

static int by_strength(const void *left, const void *right)
{
    const active_feature *a = left, *b = right;
    float x = fabsf(a->value), y = fabsf(b->value);
    if (x != y)
        return x > y ? -1 : 1;
    return (a->feature > b->feature) - (a->feature < b->feature);
}

static void add_group(sample_list *l, sample_group group)
{
    l->group = mem_grow(l->group, (size_t)l->group_count + 1, sizeof *l->group);
    l->group[l->group_count++] = group;
    l->rows += 1 + group.count;
    l->items += group.count;
}

static void add_layer(sample_lists *lists, const sample_layer *from, uint32_t sample)
{
    const sample_rows *rows = &from->rows;
    if (sample < rows->first || sample - rows->first >= rows->count)
        return;
    uint64_t first = rows->start[sample - rows->first];
    uint32_t all = (uint32_t)(rows->start[sample - rows->first + 1] - first);
    uint32_t kept = lists->active_count;
    lists->active = mem_grow(lists->active, (size_t)kept + all + 1, sizeof *lists->active);
    active_feature *own = lists->active + kept;
    for (uint32_t i = 0; i < all; i++)
        own[i] =
            (active_feature){from->position, rows->feature[first + i], rows->value[first + i]};
    qsort(own, all, sizeof *own, by_strength);
    uint32_t count = all < ACTIVE_MOST ? all : ACTIVE_MOST;
    add_group(&lists->features, (sample_group){.source = from->position,
                                               .target = from->position,
                                               .start = kept,
                                               .count = count,
                                               .all = all});
    lists->active_count = kept + count;
}

static void add_edges(sample_lists *lists, const circuit *c, uint32_t most)
{
    sample_activation *active = mem_alloc(((size_t)lists->active_count + 1) * sizeof *active);
    uint32_t count = 0;
    for (uint32_t i = 0; i < lists->active_count; i++) {
        const active_feature *f = &lists->active[i];
        if (f->position < c->layer_count)
            active[count++] =
                (sample_activation){circuit_node(c, f->position, f->feature), f->value};
    }
    sample_circuit_make(&lists->at, c, active, count, most);
    for (uint32_t p = 0; p < lists->at.pair_count; p++) {
        const sample_pair *pair = &lists->at.pair[p];
        add_group(&lists->edges, (sample_group){.source = pair->source,
                                                .target = pair->target,
                                                .start = pair->start,
                                                .count = pair->count,
                                                .all = pair->all});
    }
    free(active);
}

void sample_lists_make(sample_lists *lists, sample_layer *const *read, uint32_t layers,
                       uint32_t sample, const circuit *c, uint32_t edges)
{
    sample_lists_release(lists);
    for (uint32_t i = 0; i < layers; i++)
        if (read[i])
            add_layer(lists, read[i], sample);
    if (c)
        add_edges(lists, c, edges);
}

void sample_lists_release(sample_lists *lists)
{
    free(lists->active);
    sample_circuit_release(&lists->at);
    free(lists->features.group);
    free(lists->edges.group);
    *lists = (sample_lists){0};
}

const sample_group *sample_list_at(const sample_list *l, uint32_t row, uint32_t *item)
{
    for (uint32_t g = 0; g < l->group_count; g++) {
        const sample_group *of = &l->group[g];
        if (row <= of->count) {
            *item = row == 0 ? NOTHING : of->start + row - 1;
            return of;
        }
        row -= 1 + of->count;
    }
    *item = NOTHING;
    return NULL;
}

uint32_t sample_list_row(const sample_list *l, uint32_t item)
{
    uint32_t row = 0;
    for (uint32_t g = 0; g < l->group_count; g++) {
        const sample_group *of = &l->group[g];
        if (item >= of->start && item - of->start < of->count)
            return row + 1 + item - of->start;
        row += 1 + of->count;
    }
    return 0;
}
