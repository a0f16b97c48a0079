#include "src/jobs/stack.h"

#include "src/base/memory.h"

#include <stdlib.h>

static bool wanted(const layer *l, const int64_t *id, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (id[i] == l->id)
            return true;
    return false;
}

status stack_arrange(stack *s, const layer_set *layers, const int64_t *id, uint32_t count,
                     error *err)
{
    *s = (stack){0};
    s->layer = mem_alloc(count * sizeof *s->layer);
    s->first = mem_zero((size_t)count + 1, sizeof *s->first);
    s->hash = mem_copy_text("");
    for (uint32_t l = 0; l < layers->count && s->count < count; l++) {
        const layer *now = &layers->item[l];
        if (!wanted(now, id, count))
            continue;
        if (now->features > UINT32_MAX - s->first[s->count])
            return error_set(err, STATUS_USAGE, "too many features side by side");
        char *longer = mem_format("%s%s%u:%s", s->hash, s->count ? " " : "", l, now->hash);
        free(s->hash);
        s->hash = longer;
        s->layer[s->count] = now->id;
        s->first[s->count + 1] = s->first[s->count] + now->features;
        s->count++;
    }
    return s->count == count && count > 0
               ? STATUS_OK
               : error_set(err, STATUS_USAGE,
                           count ? "a layer is named twice, or is not in the study"
                                 : "a target variable needs at least one layer");
}

status stack_load(stack *s, db *d, const layer_set *layers, const int64_t *id, uint32_t count,
                  error *err)
{
    layer_data *part = mem_zero((size_t)count + 1, sizeof *part);
    status code = stack_arrange(s, layers, id, count, err);
    for (uint32_t l = 0; l < count && code == STATUS_OK; l++)
        code = layer_data_load(&part[l], d, layer_by_id(layers, s->layer[l]), err);
    if (code == STATUS_OK && count == 1) {
        s->data = part[0];
        part[0] = (layer_data){0};
    } else if (code == STATUS_OK) {
        code = layer_data_stack(&s->data, part, count, err);
    }
    for (uint32_t l = 0; l < count; l++)
        layer_data_release(&part[l]);
    free(part);
    if (code != STATUS_OK)
        stack_release(s);
    return code;
}

void stack_release(stack *s)
{
    layer_data_release(&s->data);
    free(s->layer);
    free(s->first);
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

bool stack_column_of(const stack *s, int64_t layer_id, uint32_t feature, uint32_t *column)
{
    for (uint32_t l = 0; l < s->count; l++)
        if (s->layer[l] == layer_id && feature < s->first[l + 1] - s->first[l]) {
            *column = s->first[l] + feature;
            return true;
        }
    return false;
}
