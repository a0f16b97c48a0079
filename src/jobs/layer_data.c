#include "src/jobs/layer_data.h"

#include "db/feature.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

void layer_data_release(layer_data *data)
{
    matrix_release(&data->m);
    free(data->sd);
    free(data->active_mean);
    *data = (layer_data){0};
}

status layer_data_load(layer_data *data, db *d, const layer *from, error *err)
{
    if (data->layer_id == from->id)
        return STATUS_OK;
    layer_data_release(data);
    feature_table table = {0};
    status code = feature_list(d, from->id, &table, err);
    if (code != STATUS_OK)
        return code;
    data->sd = mem_alloc(from->features * sizeof *data->sd);
    data->active_mean = mem_alloc(from->features * sizeof *data->active_mean);
    if (table.count != from->features)
        code =
            error_set(err, STATUS_INPUT, "layer '%s' has statistics of %u features, expected %u",
                      from->name, table.count, from->features);
    for (uint32_t f = 0; code == STATUS_OK && f < table.count; f++) {
        data->sd[f] = (double)table.row[f].sd;
        data->active_mean[f] = (double)table.row[f].active_mean;
    }
    feature_table_release(&table);
    if (code == STATUS_OK)
        code = layer_load(d, from, &data->m, err);
    if (code != STATUS_OK)
        layer_data_release(data);
    else
        data->layer_id = from->id;
    return code;
}

/* Appends the columns of a part to a sparse stack; a dense part gives all its entries. */
static void append_sparse(matrix *out, uint32_t at, uint64_t *entries, const matrix *part)
{
    for (uint32_t c = 0; c < part->cols; c++) {
        out->col_start[at + c] = *entries;
        if (part->dense) {
            for (uint32_t r = 0; r < part->rows; r++)
                out->row[*entries + r] = r;
            memcpy(out->value + *entries, part->value + (size_t)c * part->rows,
                   part->rows * sizeof *out->value);
            *entries += part->rows;
        } else {
            uint64_t first = part->col_start[c];
            uint64_t count = part->col_start[c + 1] - first;
            memcpy(out->row + *entries, part->row + first, count * sizeof *out->row);
            memcpy(out->value + *entries, part->value + first, count * sizeof *out->value);
            *entries += count;
        }
    }
}

status layer_data_stack(layer_data *out, const layer_data *part, uint32_t parts, error *err)
{
    bool dense = true;
    uint64_t cols = 0;
    uint64_t entries = 0;
    *out = (layer_data){0};
    for (uint32_t p = 0; p < parts; p++) {
        dense &= part[p].m.dense;
        cols += part[p].m.cols;
        entries += matrix_entries(&part[p].m);
    }
    if (cols > UINT32_MAX)
        return error_set(err, STATUS_MACHINE, "%llu features side by side are too many",
                         (unsigned long long)cols);
    status code = matrix_create(&out->m, part[0].m.rows, (uint32_t)cols, dense, entries, err);
    if (code != STATUS_OK)
        return code;
    out->sd = mem_alloc(cols * sizeof *out->sd);
    out->active_mean = mem_alloc(cols * sizeof *out->active_mean);
    uint32_t at = 0;
    entries = 0;
    for (uint32_t p = 0; p < parts; p++) {
        const matrix *m = &part[p].m;
        memcpy(out->sd + at, part[p].sd, m->cols * sizeof *out->sd);
        memcpy(out->active_mean + at, part[p].active_mean, m->cols * sizeof *out->active_mean);
        if (dense)
            memcpy(out->m.value + (size_t)at * m->rows, m->value,
                   (size_t)m->cols * m->rows * sizeof *out->m.value);
        else
            append_sparse(&out->m, at, &entries, m);
        at += m->cols;
    }
    if (!dense)
        out->m.col_start[cols] = entries;
    return STATUS_OK;
}
