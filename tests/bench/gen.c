/* Source features fire at log-normal rates (sigma 1.6, at most half of the samples), six times
 * as often in samples whose topic (one of 32) is one of their two, so that they come in
 * correlated families; values are log-normal times a scale of each feature's own. A target is
 * the positive part of a weighted sum of 1 + Poisson(2) source features (at most 8; half of the
 * targets continue the feature of the same number), with noise where a parent fires and some
 * firing without cause, cut so that it fires at a log-normal rate of its own.
 *
 * Dense features are normals with means, correlated through 4 of 64 common factors each; a
 * target is a weighted sum of 40 features, with noise. */
#include "tests/bench/gen.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOPICS = 32, MOST_PARENTS = 8, FACTORS = 64, LOADS = 4, DENSE_PARENTS = 40 };

const gen_size gen_sizes[] = {
    {"tiny", 500, 256, 24},
    {"small", 2000, 1024, 64},
    {"medium", 8551, 8192, 64},
    {"large", 8551, 32768, 64},
    {"narrow", 8551, 4096, 64},
    {"half", 8551, 16384, 64},
    {"short", 4276, 8192, 64},
    {"tall", 17102, 8192, 64},
    {"dense768", 8551, 768, 0},
    {"dense2048", 8551, 2048, 0},
    {"dense4096", 8551, 4096, 0},
    {NULL, 0, 0, 0},
};

typedef struct stream {
    uint64_t state;
} stream;

/* splitmix64 */
static uint64_t draw(stream *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

static double uniform(stream *r)
{
    return ((double)(draw(r) >> 11) + 0.5) * 0x1p-53;
}

static double normal(stream *r)
{
    return sqrt(-2 * log(uniform(r))) * cos(6.283185307179586 * uniform(r));
}

static uint32_t below(stream *r, uint32_t n)
{
    return (uint32_t)(uniform(r) * n);
}

static uint32_t poisson(stream *r, double mean)
{
    uint32_t count = 0;
    if (mean > 30)
        return (uint32_t)fmax(0, round(mean + sqrt(mean) * normal(r)));
    for (double left = exp(-mean), p = uniform(r); p > left; p *= uniform(r))
        count++;
    return count;
}

/* Log-normal firing rates that sum to `total`, none above a half. */
static double *draw_rates(stream *r, uint32_t cols, double total)
{
    double *rate = mem_alloc(cols * sizeof *rate);
    for (uint32_t k = 0; k < cols; k++)
        rate[k] = exp(1.6 * normal(r));
    for (unsigned pass = 0; pass < 20; pass++) {
        double capped = 0;
        double free_sum = 0;
        for (uint32_t k = 0; k < cols; k++) {
            if (rate[k] >= 0.5 && pass > 0)
                capped += 0.5;
            else
                free_sum += rate[k];
        }
        double factor = (total - capped) / free_sum;
        for (uint32_t k = 0; k < cols; k++)
            rate[k] = rate[k] >= 0.5 && pass > 0 ? 0.5 : fmin(0.5, rate[k] * factor);
    }
    return rate;
}

typedef struct column_list {
    uint64_t count, room;
    uint32_t *row;
    float *value;
} column_list;

static void append(column_list *list, uint32_t row, double value)
{
    if (list->count == list->room) {
        list->room = 2 * list->room + 1024;
        list->row = mem_grow(list->row, list->room, sizeof *list->row);
        list->value = mem_grow(list->value, list->room, sizeof *list->value);
    }
    list->row[list->count] = row;
    list->value[list->count++] = (float)value;
}

/* The list becomes the columns of m; start has one offset a column and the end. */
static void adopt(matrix *m, const gen_size *size, uint64_t *start, column_list *list)
{
    *m = (matrix){.rows = size->rows,
                  .cols = size->cols,
                  .col_start = start,
                  .row = mem_grow(list->row, list->count, sizeof *list->row),
                  .value = mem_grow(list->value, list->count, sizeof *list->value)};
}

static double *draw_source(stream *r, const gen_size *size, matrix *x, double *scale)
{
    double *rate = draw_rates(r, size->cols, size->entries_a_row);
    uint32_t *topic = mem_alloc(size->rows * sizeof *topic);
    uint64_t *start = mem_zero((size_t)size->cols + 1, sizeof *start);
    column_list list = {0};
    for (uint32_t i = 0; i < size->rows; i++)
        topic[i] = below(r, TOPICS);
    double off = 1 - 1.0 / TOPICS;
    double shrink = 1 / (1 + 5 * (1 - off * off));
    for (uint32_t k = 0; k < size->cols; k++) {
        uint32_t one = below(r, TOPICS);
        uint32_t two = below(r, TOPICS);
        scale[k] = exp(0.6 * normal(r));
        for (uint32_t i = 0; i < size->rows; i++) {
            bool on = topic[i] == one || topic[i] == two;
            if (uniform(r) < fmin(0.9, (on ? 6 : 1) * rate[k] * shrink))
                append(&list, i, scale[k] * exp(0.5 * normal(r)));
        }
        start[k + 1] = list.count;
    }
    adopt(x, size, start, &list);
    free(topic);
    return rate;
}

static uint32_t find(const double *cumulated, uint32_t count, double u)
{
    uint32_t low = 0;
    uint32_t high = count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (cumulated[middle] < u)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int descending(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return a < b ? 1 : a > b ? -1 : 0;
}

static void draw_targets(stream *r, const gen_size *size, const matrix *x, const double *rate,
                         const double *scale, matrix *y)
{
    double *target_rate = draw_rates(r, size->cols, size->entries_a_row);
    double *cumulated = mem_alloc(size->cols * sizeof *cumulated);
    double *level = mem_alloc(size->rows * sizeof *level);
    double *sorted = mem_alloc(size->rows * sizeof *sorted);
    bool *touched = mem_alloc(size->rows * sizeof *touched);
    uint64_t *start = mem_zero((size_t)size->cols + 1, sizeof *start);
    column_list list = {0};
    double total = 0;
    for (uint32_t k = 0; k < size->cols; k++)
        cumulated[k] = total += pow(rate[k], 0.7);
    for (uint32_t t = 0; t < size->cols; t++) {
        memset(level, 0, size->rows * sizeof *level);
        memset(touched, 0, size->rows * sizeof *touched);
        uint32_t parents = 1 + poisson(r, 2);
        parents = parents < MOST_PARENTS ? parents : MOST_PARENTS;
        for (uint32_t p = 0; p < parents; p++) {
            uint32_t k = find(cumulated, size->cols, total * uniform(r));
            if (p == 0 && uniform(r) < 0.5)
                k = t;
            double weight = (0.3 + uniform(r)) / scale[k];
            if (uniform(r) < 0.15)
                weight = -weight;
            for (uint64_t e = x->col_start[k]; e < x->col_start[k + 1]; e++) {
                level[x->row[e]] += weight * (double)x->value[e];
                touched[x->row[e]] = true;
            }
        }
        for (uint32_t i = 0; i < size->rows; i++)
            if (touched[i])
                level[i] += 0.3 * normal(r);
        uint32_t stray = poisson(r, 0.15 * target_rate[t] * size->rows + 0.5);
        for (uint32_t s = 0; s < stray; s++)
            level[below(r, size->rows)] += 0.8 * exp(0.4 * normal(r));
        uint32_t positive = 0;
        for (uint32_t i = 0; i < size->rows; i++)
            if (level[i] > 0)
                sorted[positive++] = level[i];
        qsort(sorted, positive, sizeof *sorted, descending);
        uint32_t wanted = (uint32_t)fmax(1, round(target_rate[t] * size->rows));
        double cut = wanted < positive ? sorted[wanted] : 0;
        double unit = exp(0.6 * normal(r));
        for (uint32_t i = 0; i < size->rows; i++)
            if (level[i] > cut)
                append(&list, i, unit * (level[i] - cut));
        start[t + 1] = list.count;
    }
    adopt(y, size, start, &list);
    free(target_rate);
    free(cumulated);
    free(level);
    free(sorted);
    free(touched);
}

static void create_dense(matrix *m, const gen_size *size)
{
    *m = (matrix){.rows = size->rows, .cols = size->cols, .dense = true};
    m->value = mem_alloc((size_t)size->rows * size->cols * sizeof *m->value);
}

static void draw_dense(stream *r, const gen_size *size, matrix *x, matrix *y)
{
    double *factor = mem_alloc((size_t)FACTORS * size->rows * sizeof *factor);
    for (size_t i = 0; i < (size_t)FACTORS * size->rows; i++)
        factor[i] = normal(r);
    create_dense(x, size);
    create_dense(y, size);
    for (uint32_t k = 0; k < size->cols; k++) {
        float *column = x->value + (size_t)k * size->rows;
        double mean = normal(r);
        double scale = exp(0.4 * normal(r));
        const double *common[LOADS];
        double load[LOADS];
        for (uint32_t f = 0; f < LOADS; f++) {
            common[f] = factor + (size_t)below(r, FACTORS) * size->rows;
            load[f] = 0.5 * normal(r);
        }
        for (uint32_t i = 0; i < size->rows; i++) {
            double value = normal(r);
            for (uint32_t f = 0; f < LOADS; f++)
                value += load[f] * common[f][i];
            column[i] = (float)(mean + scale * value);
        }
    }
    for (uint32_t t = 0; t < size->cols; t++) {
        float *column = y->value + (size_t)t * size->rows;
        for (uint32_t i = 0; i < size->rows; i++)
            column[i] = (float)(2 * normal(r));
        for (uint32_t p = 0; p < DENSE_PARENTS; p++) {
            const float *parent = x->value + (size_t)below(r, size->cols) * size->rows;
            float weight = (float)normal(r);
            for (uint32_t i = 0; i < size->rows; i++)
                column[i] += weight * parent[i];
        }
    }
    free(factor);
}

void gen_pair(const gen_size *size, uint64_t seed, matrix *x, matrix *y)
{
    stream r = {.state = seed * 0x2545f4914f6cdd1dU + 1};
    if (size->entries_a_row == 0) {
        draw_dense(&r, size, x, y);
        return;
    }
    double *scale = mem_alloc(size->cols * sizeof *scale);
    double *rate = draw_source(&r, size, x, scale);
    draw_targets(&r, size, x, rate, scale, y);
    free(rate);
    free(scale);
}
