#include "src/jobs/stack.h"

#include "db/feature.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

static bool wanted(const layer *l, const int64_t *id, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (id[i] == l->id)
            return true;
    return false;
}

/* Sets s->layer and s->first, and how many stored entries there are. */
static status arrange(stack *s, const layer_set *layers, const int64_t *id, uint32_t count,
                      uint64_t *entries, error *err)
{
    const layer *before = NULL;
    s->layer = mem_alloc(count * sizeof *s->layer);
    s->first = mem_zero((size_t)count + 1, sizeof *s->first);
    s->hash = mem_copy_text("");
    *entries = 0;
    for (uint32_t l = 0; l < layers->count && s->count < count; l++) {
        const layer *now = &layers->item[l];
        if (!wanted(now, id, count))
            continue;
        if (before && before->dense != now->dense)
            return error_set(err, STATUS_USAGE,
                             "layers side by side are all sparse or all dense, but '%s' is %s and "
                             "'%s' is %s",
                             before->name, before->dense ? "dense" : "sparse", now->name,
                             now->dense ? "dense" : "sparse");
        if (now->features > UINT32_MAX - s->first[s->count])
            return error_set(err, STATUS_USAGE, "too many features side by side");
        char *longer = mem_format("%s%s%u:%s", s->hash, before ? " " : "", l, now->hash);
        free(s->hash);
        s->hash = longer;
        s->layer[s->count] = now->id;
        s->first[s->count + 1] = s->first[s->count] + now->features;
        s->count++;
        *entries += now->nonzeros;
        before = now;
    }
    return s->count == count && count > 0
               ? STATUS_OK
               : error_set(err, STATUS_USAGE,
                           count ? "a layer is named twice, or is not in the study"
                                 : "a target variable needs at least one layer");
}

static status load_deviations(stack *s, db *d, uint32_t number, error *err)
{
    feature_table table = {0};
    uint32_t features = s->first[number + 1] - s->first[number];
    status code = feature_list(d, s->layer[number], &table, err);
    if (code == STATUS_OK && table.count != features)
        code = error_set(err, STATUS_INPUT, "layer %u has statistics of %u features, expected %u",
                         number + 1, table.count, features);
    for (uint32_t f = 0; code == STATUS_OK && f < features; f++)
        s->sd[s->first[number] + f] = (double)table.row[f].sd;
    feature_table_release(&table);
    return code;
}

/* Appends a layer's columns; `at` counts stored entries. */
static void append(stack *s, uint32_t number, const matrix *m, uint64_t *at)
{
    uint64_t entries = matrix_entries(m);
    memcpy(s->m.value + *at, m->value, entries * sizeof *m->value);
    if (!m->dense) {
        memcpy(s->m.row + *at, m->row, entries * sizeof *m->row);
        for (uint32_t k = 0; k <= m->cols; k++)
            s->m.col_start[s->first[number] + k] = *at + m->col_start[k];
    }
    *at += entries;
}

static status load_columns(stack *s, db *d, const layer_set *layers, uint64_t entries, error *err)
{
    const layer *only = layer_by_id(layers, s->layer[0]);
    if (s->count == 1)
        return layer_load(d, only, &s->m, err);
    uint64_t at = 0;
    status code = matrix_create(&s->m, only->samples, s->first[s->count], only->dense, entries,
                                err);
    for (uint32_t l = 0; l < s->count && code == STATUS_OK; l++) {
        matrix m = {0};
        code = layer_load(d, layer_by_id(layers, s->layer[l]), &m, err);
        if (code == STATUS_OK &&
            (m.rows != s->m.rows || (!m.dense && at + matrix_entries(&m) > entries)))
            code = error_set(err, STATUS_INPUT,
                             "layer %u has %u samples and %llu entries: not what the study says",
                             l + 1, m.rows, (unsigned long long)matrix_entries(&m));
        if (code == STATUS_OK)
            append(s, l, &m, &at);
        matrix_release(&m);
    }
    return code;
}

status stack_load(stack *s, db *d, const layer_set *layers, const int64_t *id, uint32_t count,
                  error *err)
{
    uint64_t entries = 0;
    *s = (stack){0};
    status code = arrange(s, layers, id, count, &entries, err);
    if (code == STATUS_OK) {
        s->sd = mem_try(s->first[s->count], sizeof *s->sd);
        if (!s->sd)
            code = error_memory(err, "the features of the layers");
    }
    for (uint32_t l = 0; l < s->count && code == STATUS_OK; l++)
        code = load_deviations(s, d, l, err);
    if (code == STATUS_OK)
        code = load_columns(s, d, layers, entries, err);
    if (code != STATUS_OK)
        stack_release(s);
    return code;
}

void stack_release(stack *s)
{
    matrix_release(&s->m);
    free(s->layer);
    free(s->first);
    free(s->sd);
    free(s->hash);
    *s = (stack){0};
}

stack_column stack_find(const stack *s, uint32_t column)
{
    uint32_t l = 0;
    while (column >= s->first[l + 1])
        l++;
    return (stack_column){s->layer[l], column - s->first[l]};
}
