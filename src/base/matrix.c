#include "src/base/matrix.h"

#include "src/base/memory.h"

#include <stdlib.h>

status matrix_create(matrix *m, uint32_t rows, uint32_t cols, bool dense, uint64_t nonzeros,
                     error *err)
{
    *m = (matrix){.rows = rows, .cols = cols, .dense = dense};
    if (dense) {
        m->value = mem_try((size_t)rows * cols, sizeof *m->value);
    } else {
        m->col_start = mem_try((size_t)cols + 1, sizeof *m->col_start);
        m->row = mem_try(nonzeros, sizeof *m->row);
        m->value = mem_try(nonzeros, sizeof *m->value);
    }
    if (!m->value || (!dense && (!m->col_start || !m->row))) {
        matrix_release(m);
        return error_memory(err, "an activation matrix");
    }
    return STATUS_OK;
}

void matrix_release(matrix *m)
{
    free(m->col_start);
    free(m->row);
    free(m->value);
    *m = (matrix){0};
}

uint64_t matrix_entries(const matrix *m)
{
    return m->dense ? (uint64_t)m->rows * m->cols : m->col_start[m->cols];
}
