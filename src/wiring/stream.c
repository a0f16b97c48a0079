#include "src/wiring/stream.h"

#include "solver/subset.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* At most so many samples, and so many pre-activations of the target layer. */
enum { MOST_ROWS = 16384 };
static const uint64_t most_cells = (uint64_t)1 << 28;

uint32_t stream_rows(uint32_t rows, uint32_t features)
{
    uint64_t most = most_cells / (features ? features : 1);
    most = most < MOST_ROWS ? most : MOST_ROWS;
    return most < rows ? (uint32_t)most : rows;
}

/* x += the layer's activations times its decoder's directions */
static void put_back(const matrix *z, const autoencoder *a, float *x)
{
    size_t width = a->width;
    for (uint32_t k = 0; k < z->cols; k++) {
        const float *direction = a->decoder + k * width;
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++) {
            float *row = x + z->row[e] * width;
            for (size_t i = 0; i < width; i++)
                row[i] += z->value[e] * direction[i];
        }
    }
}

/* The sum of all squares about the coordinates' means over the samples. */
static double spread(const stream *s, const float *x)
{
    double squares = 0, rows = s->rows ? s->rows : 1;
    double *mean = mem_zero(s->width, sizeof *mean);
    for (size_t i = 0; i < s->rows; i++)
        for (size_t c = 0; c < s->width; c++) {
            double value = (double)x[i * s->width + c];
            mean[c] += value;
            squares += value * value;
        }
    for (size_t c = 0; c < s->width; c++) {
        mean[c] /= rows;
        squares -= rows * mean[c] * mean[c];
    }
    free(mean);
    return squares;
}

static void find_added(stream *s, const float *bias)
{
    size_t cells = (size_t)s->rows * s->width;
    for (size_t i = 0; i < cells; i++)
        s->added[i] = s->after[i] + bias[i % s->width] - s->before[i];
    s->handed_on = spread(s, s->added) < spread(s, s->after);
    for (size_t i = 0; i < cells && !s->handed_on; i++)
        s->added[i] = s->after[i] + bias[i % s->width];
}

status stream_create(stream *s, const matrix *source, const autoencoder *from,
                     const matrix *target, const autoencoder *to, error *err)
{
    *s = (stream){.rows = stream_rows(target->rows, target->cols), .width = to->width};
    uint8_t *keep = mem_zero((size_t)target->rows + 1, 1);
    for (uint32_t i = 0; i < s->rows; i++)
        keep[(uint64_t)i * target->rows / s->rows] = 1;
    status code = subset_rows(source, keep, &s->source, err);
    if (code == STATUS_OK)
        code = subset_rows(target, keep, &s->target, err);
    free(keep);
    size_t cells = (size_t)s->rows * s->width;
    if (code == STATUS_OK) {
        s->before = mem_try(cells, sizeof *s->before);
        s->after = mem_try(cells, sizeof *s->after);
        s->added = mem_try(cells, sizeof *s->added);
        if (!s->before || !s->after || !s->added)
            code = error_memory(err, "the residual stream of two layers");
    }
    if (code == STATUS_OK) {
        for (size_t i = 0; i < s->rows; i++)
            memcpy(s->before + i * s->width, from->decoder_bias, s->width * sizeof *s->before);
        memset(s->after, 0, cells * sizeof *s->after);
        put_back(&s->source, from, s->before);
        put_back(&s->target, to, s->after);
        find_added(s, to->decoder_bias);
    } else {
        stream_release(s);
    }
    return code;
}

void stream_release(stream *s)
{
    matrix_release(&s->source);
    matrix_release(&s->target);
    free(s->before);
    free(s->after);
    free(s->added);
    *s = (stream){0};
}
