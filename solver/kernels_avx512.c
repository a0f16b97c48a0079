/* The kernels for AVX-512. */
#include "solver/kernels_kinds.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma")))

/* Four accumulators hide the latency of the multiply-add. */
AVX512 static size_t avx512_sweep(const sweep_layer *z, uint32_t first, uint32_t last,
                                  const sweep_lanes *lanes, sweep_hit *hits)
{
    const float *r = lanes->residual;
    const uint32_t *row = z->row;
    const float *value = z->value;
    __m512 limit = _mm512_load_ps(lanes->limit);
    __m512 total = _mm512_load_ps(lanes->sum);
    size_t found = 0;
    for (uint32_t k = first; k < last; k++) {
        const sweep_column *c = &z->column[k];
        if (c->norm * lanes->reach < c->penalty)
            continue;
        __m512 s0 = _mm512_setzero_ps();
        __m512 s1 = _mm512_setzero_ps();
        __m512 s2 = _mm512_setzero_ps();
        __m512 s3 = _mm512_setzero_ps();
        uint64_t e = z->start[k];
        uint64_t end = z->start[k + 1];
        for (; e + 4 <= end; e += 4) {
            s0 = _mm512_fmadd_ps(_mm512_set1_ps(value[e]),
                                 _mm512_load_ps(r + (size_t)row[e] * SWEEP_LANES), s0);
            s1 = _mm512_fmadd_ps(_mm512_set1_ps(value[e + 1]),
                                 _mm512_load_ps(r + (size_t)row[e + 1] * SWEEP_LANES), s1);
            s2 = _mm512_fmadd_ps(_mm512_set1_ps(value[e + 2]),
                                 _mm512_load_ps(r + (size_t)row[e + 2] * SWEEP_LANES), s2);
            s3 = _mm512_fmadd_ps(_mm512_set1_ps(value[e + 3]),
                                 _mm512_load_ps(r + (size_t)row[e + 3] * SWEEP_LANES), s3);
        }
        for (; e < end; e++)
            s0 = _mm512_fmadd_ps(_mm512_set1_ps(value[e]),
                                 _mm512_load_ps(r + (size_t)row[e] * SWEEP_LANES), s0);
        __m512 sum = _mm512_add_ps(_mm512_add_ps(s0, s1), _mm512_add_ps(s2, s3));
        __m512 g = _mm512_abs_ps(_mm512_fnmadd_ps(_mm512_set1_ps(c->mean), total, sum));
        __m512 bound =
            _mm512_fmsub_ps(limit, _mm512_set1_ps(c->penalty), _mm512_set1_ps(c->error));
        __mmask16 mask = _mm512_cmp_ps_mask(g, bound, _CMP_NLE_UQ);
        if (mask)
            hits[found++] = (sweep_hit){k, mask};
    }
    return found;
}

AVX512 static void avx512_pick(float *out, const float *row, const kernel_pick *picks,
                               size_t count)
{
    for (size_t i = 0; i < count; i++) {
        __m512 all =
            _mm512_maskz_loadu_ps(picks[i].mask, row + (size_t)picks[i].group * PICK_GROUP);
        _mm512_storeu_ps(out, _mm512_maskz_compress_ps(picks[i].mask, all));
        out += __builtin_popcount(picks[i].mask);
    }
}

AVX512 static double avx512_dot(const float *z, const double *v, size_t count)
{
    __m512d s0 = _mm512_setzero_pd();
    __m512d s1 = _mm512_setzero_pd();
    __m512d s2 = _mm512_setzero_pd();
    __m512d s3 = _mm512_setzero_pd();
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        s0 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(z + i)), _mm512_loadu_pd(v + i), s0);
        s1 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(z + i + 8)),
                             _mm512_loadu_pd(v + i + 8), s1);
        s2 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(z + i + 16)),
                             _mm512_loadu_pd(v + i + 16), s2);
        s3 = _mm512_fmadd_pd(_mm512_cvtps_pd(_mm256_loadu_ps(z + i + 24)),
                             _mm512_loadu_pd(v + i + 24), s3);
    }
    double sum = _mm512_reduce_add_pd(_mm512_add_pd(_mm512_add_pd(s0, s1), _mm512_add_pd(s2, s3)));
    for (; i < count; i++)
        sum += (double)z[i] * v[i];
    return sum;
}

AVX512 static void avx512_moments(const double *v, size_t count, double *sum, double *squares)
{
    __m512d s0 = _mm512_setzero_pd();
    __m512d s1 = _mm512_setzero_pd();
    __m512d q0 = _mm512_setzero_pd();
    __m512d q1 = _mm512_setzero_pd();
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512d a = _mm512_loadu_pd(v + i);
        __m512d b = _mm512_loadu_pd(v + i + 8);
        s0 = _mm512_add_pd(s0, a);
        s1 = _mm512_add_pd(s1, b);
        q0 = _mm512_fmadd_pd(a, a, q0);
        q1 = _mm512_fmadd_pd(b, b, q1);
    }
    *sum = _mm512_reduce_add_pd(_mm512_add_pd(s0, s1));
    *squares = _mm512_reduce_add_pd(_mm512_add_pd(q0, q1));
    for (; i < count; i++) {
        *sum += v[i];
        *squares += v[i] * v[i];
    }
}

AVX512 static void avx512_subtract(double *g, const float *row, double step, size_t count)
{
    __m512d s = _mm512_set1_pd(step);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m512d v = _mm512_cvtps_pd(_mm256_loadu_ps(row + i));
        _mm512_storeu_pd(g + i, _mm512_fnmadd_pd(s, v, _mm512_loadu_pd(g + i)));
    }
    if (i < count) {
        __mmask8 rest = (__mmask8)((1U << (count - i)) - 1U);
        __m512d v = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(rest, row + i));
        __m512d old = _mm512_maskz_loadu_pd(rest, g + i);
        _mm512_mask_storeu_pd(g + i, rest, _mm512_fnmadd_pd(s, v, old));
    }
}

AVX512 static void avx512_subtract_float(float *g, const float *row, float step, size_t count)
{
    __m512 s = _mm512_set1_ps(step);
    size_t i = 0;
    for (; i + 32 <= count; i += 32) {
        __m512 a = _mm512_fnmadd_ps(s, _mm512_loadu_ps(row + i), _mm512_loadu_ps(g + i));
        __m512 b = _mm512_fnmadd_ps(s, _mm512_loadu_ps(row + i + 16), _mm512_loadu_ps(g + i + 16));
        _mm512_storeu_ps(g + i, a);
        _mm512_storeu_ps(g + i + 16, b);
    }
    for (; i < count; i += 16) {
        size_t left = count - i;
        __mmask16 some = (__mmask16)(left < 16 ? (1U << left) - 1U : 0xffffU);
        __m512 old = _mm512_maskz_loadu_ps(some, g + i);
        _mm512_mask_storeu_ps(g + i, some,
                              _mm512_fnmadd_ps(s, _mm512_maskz_loadu_ps(some, row + i), old));
    }
}

AVX512 static size_t avx512_next_above(const double *g, const double *penalty, double limit,
                                       size_t from, size_t count)
{
    __m512d l = _mm512_set1_pd(limit);
    for (; from + 8 <= count; from += 8) {
        __m512d size = _mm512_abs_pd(_mm512_loadu_pd(g + from));
        __m512d bound = _mm512_mul_pd(l, _mm512_loadu_pd(penalty + from));
        uint32_t above = _mm512_cmp_pd_mask(size, bound, _CMP_GT_OQ);
        if (above)
            return from + (size_t)__builtin_ctz(above);
    }
    return plain_next_above(g, penalty, limit, from, count);
}

AVX512 static void avx512_finish_row(float *out, double *sums, double rows, double mean,
                                     const double *means, double inverse, const double *inverses,
                                     size_t count)
{
    __m512d m = _mm512_set1_pd(mean);
    __m512d n = _mm512_set1_pd(rows);
    __m512d f = _mm512_set1_pd(inverse);
    size_t q = 0;
    for (; q + 8 <= count; q += 8) {
        __m512d shift = _mm512_mul_pd(n, _mm512_mul_pd(m, _mm512_loadu_pd(means + q)));
        __m512d centred = _mm512_sub_pd(_mm512_loadu_pd(sums + q), shift);
        __m512d unit = _mm512_mul_pd(f, _mm512_loadu_pd(inverses + q));
        _mm256_storeu_ps(out + q, _mm512_cvtpd_ps(_mm512_mul_pd(centred, unit)));
        _mm512_storeu_pd(sums + q, _mm512_setzero_pd());
    }
    plain_finish_row(out + q, sums + q, rows, mean, means + q, inverse, inverses + q, count - q);
}

AVX512 static void avx512_centred_dots(const float *const a[TILE_A], const float mean_a[TILE_A],
                                       const float *b, float mean_b, size_t count,
                                       double out[TILE_A])
{
    __m512 mb = _mm512_set1_ps(mean_b);
    for (int c = 0; c < TILE_A; c++)
        out[c] = 0;
    for (size_t start = 0; start < count; start += TILE_ROWS) {
        size_t end = count - start < TILE_ROWS ? count : start + TILE_ROWS;
        __m512 sum[TILE_A];
        for (int c = 0; c < TILE_A; c++)
            sum[c] = _mm512_setzero_ps();
        size_t i = start;
        for (; i + 16 <= end; i += 16) {
            __m512 y = _mm512_sub_ps(_mm512_loadu_ps(b + i), mb);
            for (int c = 0; c < TILE_A; c++) {
                __m512 x = _mm512_sub_ps(_mm512_loadu_ps(a[c] + i), _mm512_set1_ps(mean_a[c]));
                sum[c] = _mm512_fmadd_ps(x, y, sum[c]);
            }
        }
        for (int c = 0; c < TILE_A; c++) {
            out[c] += (double)_mm512_reduce_add_ps(sum[c]);
            for (size_t k = i; k < end; k++)
                out[c] += (double)(a[c][k] - mean_a[c]) * (double)(b[k] - mean_b);
        }
    }
}

AVX512 static void avx512_centred_tile(const float *const a[TILE_A], const float *const b[TILE_B],
                                       size_t count, double *out)
{
    __m512 sum[TILE_A][TILE_B];
#pragma GCC unroll 4
    for (int p = 0; p < TILE_A; p++)
#pragma GCC unroll 6
        for (int q = 0; q < TILE_B; q++)
            sum[p][q] = _mm512_setzero_ps();
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        __m512 x[TILE_A];
#pragma GCC unroll 4
        for (int p = 0; p < TILE_A; p++)
            x[p] = _mm512_loadu_ps(a[p] + i);
#pragma GCC unroll 6
        for (int q = 0; q < TILE_B; q++) {
            __m512 y = _mm512_loadu_ps(b[q] + i);
#pragma GCC unroll 4
            for (int p = 0; p < TILE_A; p++)
                sum[p][q] = _mm512_fmadd_ps(x[p], y, sum[p][q]);
        }
    }
#pragma GCC unroll 4
    for (int p = 0; p < TILE_A; p++) {
#pragma GCC unroll 6
        for (int q = 0; q < TILE_B; q++) {
            double *to = out + p * TILE_B + q;
            *to += (double)_mm512_reduce_add_ps(sum[p][q]);
            for (size_t k = i; k < count; k++)
                *to += (double)a[p][k] * (double)b[q][k];
        }
    }
}

AVX512 static void avx512_centre(float *out, const float *in, float mean, size_t count)
{
    __m512 m = _mm512_set1_ps(mean);
    size_t i = 0;
    for (; i + 16 <= count; i += 16)
        _mm512_storeu_ps(out + i, _mm512_sub_ps(_mm512_loadu_ps(in + i), m));
    for (; i < count; i++)
        out[i] = in[i] - mean;
}

const kernels kernels_avx512 = {
    .name = "avx512",
    .sweep = avx512_sweep,
    .pick = avx512_pick,
    .dot = avx512_dot,
    .moments = avx512_moments,
    .subtract = avx512_subtract,
    .subtract_float = avx512_subtract_float,
    .next_above = avx512_next_above,
    .finish_row = avx512_finish_row,
    .centred_dots = avx512_centred_dots,
    .centred_tile = avx512_centred_tile,
    .centre = avx512_centre,
};
#endif
