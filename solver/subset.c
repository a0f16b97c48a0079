#include "solver/subset.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

static void copy_sparse_rows(const matrix *x, const uint32_t *place, const uint8_t *keep,
                             matrix *out)
{
    uint64_t at = 0;
    for (uint32_t k = 0; k < x->cols; k++) {
        out->col_start[k] = at;
        for (uint64_t e = x->col_start[k]; e < x->col_start[k + 1]; e++)
            if (keep[x->row[e]]) {
                out->row[at] = place[x->row[e]];
                out->value[at++] = x->value[e];
            }
    }
    out->col_start[x->cols] = at;
}

static void copy_dense_rows(const matrix *x, const uint8_t *keep, matrix *out)
{
    float *to = out->value;
    for (uint32_t k = 0; k < x->cols; k++)
        for (uint32_t i = 0; i < x->rows; i++)
            if (keep[i])
                *to++ = x->value[(size_t)k * x->rows + i];
}

status subset_rows(const matrix *x, const uint8_t *keep, matrix *out, error *err)
{
    *out = (matrix){0};
    uint32_t *place = mem_try(x->rows, sizeof *place);
    if (!place)
        return error_memory(err, "a part of the samples");
    uint32_t rows = 0;
    for (uint32_t i = 0; i < x->rows; i++)
        if (keep[i])
            place[i] = rows++;
    uint64_t kept = 0;
    for (uint64_t e = 0; !x->dense && e < x->col_start[x->cols]; e++)
        kept += keep[x->row[e]] != 0;
    status code = matrix_create(out, rows, x->cols, x->dense, kept, err);
    if (code == STATUS_OK && x->dense)
        copy_dense_rows(x, keep, out);
    else if (code == STATUS_OK)
        copy_sparse_rows(x, place, keep, out);
    free(place);
    return code;
}

status subset_columns(const matrix *x, const uint32_t *column, uint32_t count, matrix *out,
                      error *err)
{
    uint64_t kept = 0;
    for (uint32_t c = 0; !x->dense && c < count; c++)
        kept += x->col_start[column[c] + 1] - x->col_start[column[c]];
    status code = matrix_create(out, x->rows, count, x->dense, kept, err);
    if (code != STATUS_OK)
        return code;
    uint64_t at = 0;
    for (uint32_t c = 0; c < count; c++) {
        uint64_t start = x->dense ? (uint64_t)column[c] * x->rows : x->col_start[column[c]];
        uint64_t entries = x->dense ? x->rows : x->col_start[column[c] + 1] - start;
        memcpy(out->value + at, x->value + start, entries * sizeof *out->value);
        if (!x->dense) {
            memcpy(out->row + at, x->row + start, entries * sizeof *out->row);
            out->col_start[c] = at;
        }
        at += entries;
    }
    if (!x->dense)
        out->col_start[count] = at;
    return STATUS_OK;
}
