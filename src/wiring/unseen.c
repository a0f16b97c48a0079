#include "src/wiring/unseen.h"

#include "solver/subset.h"
#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/wiring/response.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEITHER = 2 };
/* Some tokens (the first of a text, in many models) are a hundred times louder than all others,
 * and always the same: they would be all that is measured. */
static const double loud = 10; /* times the median of the samples' squares */

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

/* What a sample's squares of the stream after may be at most. */
static double find_bound(const double *squares, uint32_t rows)
{
    double *sorted = mem_alloc((rows ? rows : 1) * sizeof *sorted);
    memcpy(sorted, squares, rows * sizeof *sorted);
    qsort(sorted, rows, sizeof *sorted, by_size);
    double median = rows ? sorted[rows / 2] : 0;
    free(sorted);
    return median > 0 ? loud * median : INFINITY;
}

/* In which half each sample is: by its set of active features alone. Loud ones are in neither. */
static uint8_t *divide(const stream *s)
{
    const matrix *z = &s->source;
    uint64_t *set = mem_zero(z->rows ? z->rows : 1, sizeof *set);
    double *squares = mem_zero(z->rows ? z->rows : 1, sizeof *squares);
    uint8_t *half = mem_alloc(z->rows ? z->rows : 1);
    for (size_t i = 0; i < (size_t)z->rows * s->width; i++)
        squares[i / s->width] += (double)s->after[i] * (double)s->after[i];
    double bound = find_bound(squares, z->rows);
    for (uint32_t k = 0; k < z->cols; k++) {
        uint64_t seed = k;
        uint64_t bits = random_bits(&seed);
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            if (z->value[e] != 0)
                set[z->row[e]] += bits;
    }
    for (uint32_t i = 0; i < z->rows; i++)
        half[i] = squares[i] > bound ? NEITHER : (uint8_t)(random_bits(&set[i]) & 1);
    free(set);
    free(squares);
    return half;
}

/* The samples of one half as a stream of few coordinates. */
static status take_half(const stream *s, const uint8_t *half, uint8_t which, uint32_t width,
                        stream *out, error *err)
{
    uint8_t *keep = mem_alloc(s->rows ? s->rows : 1);
    for (uint32_t i = 0; i < s->rows; i++)
        keep[i] = half[i] == which;
    *out = (stream){.width = width};
    status code = subset_rows(&s->source, keep, &out->source, err);
    out->rows = code == STATUS_OK ? out->source.rows : 0;
    out->after = mem_try((size_t)out->rows * width, sizeof *out->after);
    out->added = mem_try((size_t)out->rows * width, sizeof *out->added);
    if (code == STATUS_OK && (!out->after || !out->added))
        code = error_memory(err, "half of the residual stream");
    size_t at = 0;
    for (uint32_t i = 0; code == STATUS_OK && i < s->rows; i++)
        for (uint32_t c = 0; keep[i] && c < width; c++, at++) {
            size_t from = i * (size_t)s->width + (size_t)c * s->width / width;
            out->after[at] = s->after[from];
            out->added[at] = s->added[from];
        }
    free(keep);
    return code;
}

/* (mean of what is added) - (mean of z)'C: a sample's forecast is that and its z'C. */
static void find_base(const stream *seen, const float *answer, double *base)
{
    size_t width = seen->width;
    const matrix *z = &seen->source;
    memset(base, 0, width * sizeof *base);
    for (size_t i = 0; i < seen->rows; i++)
        for (size_t c = 0; c < width; c++)
            base[c] += (double)seen->added[i * width + c] / seen->rows;
    for (uint32_t k = 0; k < z->cols; k++) {
        double sum = 0;
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            sum += (double)z->value[e];
        for (size_t c = 0; c < width; c++)
            base[c] -= sum / seen->rows * (double)answer[k * width + c];
    }
}

static double about_mean(const float *x, size_t rows, size_t width)
{
    double sum = 0;
    for (size_t c = 0; c < width; c++) {
        double mean = 0;
        for (size_t i = 0; i < rows; i++)
            mean += (double)x[i * width + c] / (double)rows;
        for (size_t i = 0; i < rows; i++)
            sum += ((double)x[i * width + c] - mean) * ((double)x[i * width + c] - mean);
    }
    return sum;
}

/* The squares of what is added to the other half, less its forecast; infinite without memory. */
static double left_over(const stream *seen, const stream *other, const float *answer)
{
    size_t width = seen->width, cells = other->rows * width;
    const matrix *z = &other->source;
    double *left = mem_try(cells, sizeof *left);
    if (!left)
        return INFINITY;
    double *base = mem_alloc(width * sizeof *base);
    find_base(seen, answer, base);
    for (size_t i = 0; i < cells; i++)
        left[i] = (double)other->added[i] - base[i % width];
    for (uint32_t k = 0; k < z->cols; k++)
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            for (size_t c = 0; c < width; c++)
                left[z->row[e] * width + c] -= (double)z->value[e] * (double)answer[k * width + c];
    double sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += left[i] * left[i];
    free(left);
    free(base);
    return sum;
}

status unseen_measure(const stream *s, unsigned threads, const atomic_bool *cancel, unseen *out,
                      error *err)
{
    uint32_t width = s->width < UNSEEN_WIDTH ? s->width : UNSEEN_WIDTH;
    stream half[2] = {{0}, {0}};
    double left = 0, added = 0, after = 0;
    uint8_t *side = divide(s);
    float *answer = mem_try((size_t)s->source.cols * width, sizeof *answer);
    status code = answer ? take_half(s, side, 0, width, &half[0], err)
                         : error_memory(err, "a layer's answers in the residual stream");
    if (code == STATUS_OK)
        code = take_half(s, side, 1, width, &half[1], err);
    for (int i = 0; i < 2 && code == STATUS_OK; i++) {
        const stream *seen = &half[1 - i], *other = &half[i];
        double about = about_mean(other->added, other->rows, width);
        added += about;
        after += about_mean(other->after, other->rows, width);
        bool learned = seen->rows > 0 && other->rows > 0;
        if (learned)
            code = response_measure(seen, threads, cancel, answer, err);
        learned = learned && code == STATUS_OK;
        left += learned ? left_over(seen, other, answer) : about;
        if (code == STATUS_INPUT) { /* half of the samples have no answer: nothing is foretold */
            code = STATUS_OK;
            if (err)
                *err = (error){0};
        }
    }
    if (code == STATUS_OK && isinf(left))
        code = error_memory(err, "half of the residual stream");
    free(side);
    free(answer);
    stream_release(&half[0]);
    stream_release(&half[1]);
    left = fmin(left, added); /* a forecast that is worse than none is not used */
    out->share = added > 0 ? sqrt(1 - left / added) : 0;
    out->unknown = after > 0 ? fmin(1, left / after) : 0;
    return code;
}
