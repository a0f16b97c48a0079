#include "src/circuit/calibration.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

double calibration_slope(const double *x, const double *y, size_t n)
{
    double xy = 0;
    double xx = 0;
    for (size_t i = 0; i < n; i++) {
        xy += x[i] * y[i];
        xx += x[i] * x[i];
    }
    return xx > 0 ? xy / xx : (double)NAN;
}

typedef struct place {
    double value;
    size_t index;
} place;

/* By value, then by index: the order of equal values is that given. */
static int compare_places(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static place *sort_places(const double *value, size_t n)
{
    place *sorted = mem_try(n, sizeof *sorted);
    if (!sorted)
        return NULL;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (place){value[i], i};
    qsort(sorted, n, sizeof *sorted, compare_places);
    return sorted;
}

/* Ranks less their mean, so that they sum to zero; NULL when there is no memory. */
static double *centred_ranks(const double *value, size_t n)
{
    place *sorted = sort_places(value, n);
    double *rank = mem_try(n, sizeof *rank);
    for (size_t first = 0, end; sorted && rank && first < n; first = end) {
        for (end = first + 1; end < n && sorted[end].value <= sorted[first].value; end++)
            continue;
        double shared = ((double)first + (double)(end - 1)) / 2 - ((double)n - 1) / 2;
        for (size_t i = first; i < end; i++)
            rank[sorted[i].index] = shared;
    }
    if (!sorted) {
        free(rank);
        rank = NULL;
    }
    free(sorted);
    return rank;
}

status calibration_rank(const double *x, const double *y, size_t n, double *out, error *err)
{
    double *u = centred_ranks(x, n);
    double *v = centred_ranks(y, n);
    double uv = 0;
    double uu = 0;
    double vv = 0;
    for (size_t i = 0; u && v && i < n; i++) {
        uv += u[i] * v[i];
        uu += u[i] * u[i];
        vv += v[i] * v[i];
    }
    *out = uu > 0 && vv > 0 ? uv / sqrt(uu * vv) : (double)NAN;
    status code = u && v ? STATUS_OK : error_memory(err, "a rank correlation");
    free(u);
    free(v);
    return code;
}

static calibration_bin fill_bin(const place *sorted, const double *y, size_t count)
{
    calibration_bin b = {.count = count, .from = sorted[0].value, .to = sorted[count - 1].value};
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        b.predicted += sorted[i].value / (double)count;
        b.measured += y[sorted[i].index] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        double off = y[sorted[i].index] - b.measured;
        squares += off * off;
    }
    b.deviation = sqrt(squares / (double)count);
    return b;
}

status calibration_curve(const double *x, const double *y, size_t n,
                         calibration_bin out[CALIBRATION_BINS], size_t *bins, error *err)
{
    place *sorted = sort_places(x, n);
    *bins = 0;
    if (!sorted)
        return error_memory(err, "a calibration curve");
    size_t wanted = n < CALIBRATION_BINS ? n : CALIBRATION_BINS;
    for (size_t b = 0; b < wanted; b++) {
        size_t first = b * n / wanted;
        size_t end = (b + 1) * n / wanted;
        out[(*bins)++] = fill_bin(sorted + first, y, end - first);
    }
    free(sorted);
    return STATUS_OK;
}
