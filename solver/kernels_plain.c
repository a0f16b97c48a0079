/* The kernels in plain C: what every machine can run, and what the tests hold the others to. */
#include "solver/kernels_kinds.h"

#include <math.h>

static size_t plain_sweep(const sweep_layer *z, uint32_t first, uint32_t last,
                          const sweep_lanes *lanes, sweep_hit *hits)
{
    size_t found = 0;
    for (uint32_t k = first; k < last; k++) {
        const sweep_column *c = &z->column[k];
        if (c->norm * lanes->reach < c->penalty)
            continue;
        float sum[2][SWEEP_LANES] = {{0}};
        for (uint64_t e = z->start[k]; e < z->start[k + 1]; e++) {
            const float *r = lanes->residual + (size_t)z->row[e] * SWEEP_LANES;
            for (int t = 0; t < SWEEP_LANES; t++)
                sum[e & 1][t] += z->value[e] * r[t];
        }
        uint32_t mask = 0;
        for (int t = 0; t < SWEEP_LANES; t++) {
            float size = fabsf(sum[0][t] + sum[1][t] - c->mean * lanes->sum[t]);
            mask |= (uint32_t) !(size <= lanes->limit[t] * c->penalty - c->error) << t;
        }
        if (mask)
            hits[found++] = (sweep_hit){k, mask};
    }
    return found;
}

void plain_pick(float *out, const float *row, const kernel_pick *picks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t left = picks[i].mask; left; left &= left - 1)
            *out++ = row[picks[i].group * PICK_GROUP + __builtin_ctz(left)];
}

static double plain_dot(const float *z, const double *v, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)z[i] * v[i];
    return sum;
}

static void plain_moments(const double *v, size_t count, double *sum, double *squares)
{
    *sum = *squares = 0;
    for (size_t i = 0; i < count; i++) {
        *sum += v[i];
        *squares += v[i] * v[i];
    }
}

static void plain_subtract(double *g, const float *row, double step, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g[i] -= step * (double)row[i];
}

static void plain_subtract_float(float *g, const float *row, float step, size_t count)
{
    for (size_t i = 0; i < count; i++)
        g[i] -= step * row[i];
}

size_t plain_next_above(const double *g, const double *penalty, double limit, size_t from,
                        size_t count)
{
    while (from < count && !(fabs(g[from]) > limit * penalty[from]))
        from++;
    return from;
}

void plain_finish_row(float *out, double *sums, double rows, double mean, const double *means,
                      double inverse, const double *inverses, size_t count)
{
    for (size_t q = 0; q < count; q++) {
        double centred = sums[q] - rows * (mean * means[q]);
        out[q] = (float)(centred * (inverse * inverses[q]));
        sums[q] = 0;
    }
}

static void plain_centred_dots(const float *const a[4], const float mean_a[4], const float *b,
                               float mean_b, size_t count, double out[4])
{
    for (int c = 0; c < 4; c++) {
        out[c] = 0;
        for (size_t i = 0; i < count; i++)
            out[c] += (double)(a[c][i] - mean_a[c]) * (double)(b[i] - mean_b);
    }
}

static void plain_centred_tile(const float *const a[TILE_A], const float *const b[TILE_B],
                               size_t count, double *out)
{
    for (int p = 0; p < TILE_A; p++)
        for (int q = 0; q < TILE_B; q++)
            for (size_t i = 0; i < count; i++)
                out[p * TILE_B + q] += (double)a[p][i] * (double)b[q][i];
}

static void plain_centre(float *out, const float *in, float mean, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i] = in[i] - mean;
}

const kernels kernels_plain = {
    .name = "plain",
    .sweep = plain_sweep,
    .pick = plain_pick,
    .dot = plain_dot,
    .moments = plain_moments,
    .subtract = plain_subtract,
    .subtract_float = plain_subtract_float,
    .next_above = plain_next_above,
    .finish_row = plain_finish_row,
    .centred_dots = plain_centred_dots,
    .centred_tile = plain_centred_tile,
    .centre = plain_centre,
};
