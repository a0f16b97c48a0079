#include "solver/variable_part.h"

#include "solver/subset.h"
#include "src/base/memory.h"

#include <stdlib.h>

status variable_part_create(variable_part *out, const matrix *x, const variable *v,
                            const uint8_t *keep, error *err)
{
    *out = (variable_part){.v = *v, .value = mem_try(v->rows, sizeof *out->value)};
    out->v.rows = 0;
    if (!out->value)
        return error_memory(err, "a part of the samples");
    for (uint32_t i = 0; i < v->rows; i++)
        if (keep[i])
            out->value[out->v.rows++] = v->value[i];
    out->v.value = out->value;
    return subset_rows(x, keep, &out->x, err);
}

void variable_part_release(variable_part *p)
{
    matrix_release(&p->x);
    free(p->value);
    *p = (variable_part){0};
}
