#include "solver/kernels.h"

#include <math.h>
#include <stdbool.h>

static void plain_sparse_dots(const uint32_t *row, const float *value, size_t count,
                              const double *lanes, double *out)
{
    for (int t = 0; t < LANES; t++)
        out[t] = 0;
    for (size_t e = 0; e < count; e++) {
        const double *r = lanes + (size_t)row[e] * LANES;
        double v = (double)value[e];
        for (int t = 0; t < LANES; t++)
            out[t] += v * r[t];
    }
}

static void plain_dense_dots(const float *const column[WIDE_COLUMNS], size_t rows, size_t next,
                             const double *lanes, double *out)
{
    (void)next;
    for (int c = 0; c < WIDE_COLUMNS; c++) {
        for (size_t i = 0; i < rows; i++) {
            double v = (double)column[c][i];
            for (size_t t = 0; t < WIDE_LANES; t++)
                out[(size_t)c * WIDE_LANES + t] += v * lanes[i * WIDE_LANES + t];
        }
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

static uint32_t plain_judge(double *product, double mean, const double *sum, double penalty,
                            const double *limit, const double *worst)
{
    uint32_t found = 0;
    for (uint32_t t = 0; t < LANES; t++) {
        product[t] -= mean * sum[t];
        found |= (uint32_t)(fabs(product[t]) > limit[t] * penalty) << t;
        found |= (uint32_t)(fabs(product[t]) > worst[t] * penalty) << (LANES + t);
    }
    return found;
}

static size_t plain_next_above(const double *g, const double *penalty, double limit, size_t from,
                               size_t count)
{
    while (from < count && !(fabs(g[from]) > limit * penalty[from]))
        from++;
    return from;
}

static void plain_finish_row(float *out, double *sums, double rows, double mean,
                             const double *means, double inverse, const double *inverses,
                             size_t count)
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

static const kernels plain = {
    .name = "plain",
    .sparse_dots = plain_sparse_dots,
    .dense_dots = plain_dense_dots,
    .subtract = plain_subtract,
    .subtract_float = plain_subtract_float,
    .judge = plain_judge,
    .next_above = plain_next_above,
    .finish_row = plain_finish_row,
    .centred_dots = plain_centred_dots,
    .centred_tile = plain_centred_tile,
    .centre = plain_centre,
};

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2   __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma")))

/* Two accumulators a lane group hide the latency of the multiply-add. */
AVX512 static void avx512_sparse_dots(const uint32_t *row, const float *value, size_t count,
                                      const double *lanes, double *out)
{
    __m512d s0 = _mm512_setzero_pd();
    __m512d s1 = _mm512_setzero_pd();
    __m512d s2 = _mm512_setzero_pd();
    __m512d s3 = _mm512_setzero_pd();
    size_t e = 0;
    for (; e + 4 <= count; e += 4) {
        s0 = _mm512_fmadd_pd(_mm512_set1_pd((double)value[e]),
                             _mm512_load_pd(lanes + (size_t)row[e] * LANES), s0);
        s1 = _mm512_fmadd_pd(_mm512_set1_pd((double)value[e + 1]),
                             _mm512_load_pd(lanes + (size_t)row[e + 1] * LANES), s1);
        s2 = _mm512_fmadd_pd(_mm512_set1_pd((double)value[e + 2]),
                             _mm512_load_pd(lanes + (size_t)row[e + 2] * LANES), s2);
        s3 = _mm512_fmadd_pd(_mm512_set1_pd((double)value[e + 3]),
                             _mm512_load_pd(lanes + (size_t)row[e + 3] * LANES), s3);
    }
    for (; e < count; e++)
        s0 = _mm512_fmadd_pd(_mm512_set1_pd((double)value[e]),
                             _mm512_load_pd(lanes + (size_t)row[e] * LANES), s0);
    _mm512_store_pd(out, _mm512_add_pd(_mm512_add_pd(s0, s1), _mm512_add_pd(s2, s3)));
}

/* The columns as doubles first: the products then broadcast them from memory, which is free. */
AVX512 static void avx512_dense_dots(const float *const column[WIDE_COLUMNS], size_t rows,
                                     size_t next, const double *lanes, double *out)
{
    enum { STRIDE = WIDE_ROWS + 8 }; /* not a power of two: the columns would share cache sets */
    _Alignas(64) double wide[STRIDE * WIDE_COLUMNS];
    __m512d sum[WIDE_COLUMNS][4];
    for (size_t c = 0; c < WIDE_COLUMNS; c++) {
        size_t i = 0;
        for (; i + 8 <= rows; i += 8)
            _mm512_store_pd(wide + c * STRIDE + i,
                            _mm512_cvtps_pd(_mm256_loadu_ps(column[c] + i)));
        for (; i < rows; i++)
            wide[c * STRIDE + i] = (double)column[c][i];
    }
#pragma GCC unroll 6
    for (int c = 0; c < WIDE_COLUMNS; c++)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++)
            sum[c][v] = _mm512_load_pd(out + c * WIDE_LANES + v * 8);
    for (size_t i = 0; i < rows; i++) {
        if (i % 16 == 0)
            for (size_t c = 0; c < WIDE_COLUMNS; c++)
                __builtin_prefetch(
                    (const void *)((uintptr_t)column[c] + (next + i) * sizeof(float)));
        const double *r = lanes + i * WIDE_LANES;
        __m512d r0 = _mm512_load_pd(r);
        __m512d r1 = _mm512_load_pd(r + 8);
        __m512d r2 = _mm512_load_pd(r + 16);
        __m512d r3 = _mm512_load_pd(r + 24);
#pragma GCC unroll 6
        for (size_t c = 0; c < WIDE_COLUMNS; c++) {
            __m512d z = _mm512_set1_pd(wide[c * STRIDE + i]);
            sum[c][0] = _mm512_fmadd_pd(z, r0, sum[c][0]);
            sum[c][1] = _mm512_fmadd_pd(z, r1, sum[c][1]);
            sum[c][2] = _mm512_fmadd_pd(z, r2, sum[c][2]);
            sum[c][3] = _mm512_fmadd_pd(z, r3, sum[c][3]);
        }
    }
#pragma GCC unroll 6
    for (int c = 0; c < WIDE_COLUMNS; c++)
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++)
            _mm512_store_pd(out + c * WIDE_LANES + v * 8, sum[c][v]);
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

AVX512 static uint32_t avx512_judge(double *product, double mean, const double *sum,
                                    double penalty, const double *limit, const double *worst)
{
    __m512d p = _mm512_set1_pd(penalty);
    __m512d g =
        _mm512_fnmadd_pd(_mm512_set1_pd(mean), _mm512_load_pd(sum), _mm512_load_pd(product));
    __m512d size = _mm512_abs_pd(g);
    _mm512_store_pd(product, g);
    uint32_t above = _mm512_cmp_pd_mask(size, _mm512_mul_pd(_mm512_load_pd(limit), p), _CMP_GT_OQ);
    uint32_t worse = _mm512_cmp_pd_mask(size, _mm512_mul_pd(_mm512_load_pd(worst), p), _CMP_GT_OQ);
    return above | worse << LANES;
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

static const kernels avx512 = {
    .name = "avx512",
    .sparse_dots = avx512_sparse_dots,
    .dense_dots = avx512_dense_dots,
    .subtract = avx512_subtract,
    .subtract_float = avx512_subtract_float,
    .judge = avx512_judge,
    .next_above = avx512_next_above,
    .finish_row = avx512_finish_row,
    .centred_dots = avx512_centred_dots,
    .centred_tile = avx512_centred_tile,
    .centre = avx512_centre,
};

AVX2 static void avx2_sparse_dots(const uint32_t *row, const float *value, size_t count,
                                  const double *lanes, double *out)
{
    __m256d s0 = _mm256_setzero_pd();
    __m256d s1 = _mm256_setzero_pd();
    __m256d s2 = _mm256_setzero_pd();
    __m256d s3 = _mm256_setzero_pd();
    size_t e = 0;
    for (; e + 2 <= count; e += 2) {
        const double *r0 = lanes + (size_t)row[e] * LANES;
        const double *r1 = lanes + (size_t)row[e + 1] * LANES;
        __m256d v0 = _mm256_set1_pd((double)value[e]);
        __m256d v1 = _mm256_set1_pd((double)value[e + 1]);
        s0 = _mm256_fmadd_pd(v0, _mm256_load_pd(r0), s0);
        s1 = _mm256_fmadd_pd(v0, _mm256_load_pd(r0 + 4), s1);
        s2 = _mm256_fmadd_pd(v1, _mm256_load_pd(r1), s2);
        s3 = _mm256_fmadd_pd(v1, _mm256_load_pd(r1 + 4), s3);
    }
    if (e < count) {
        const double *r0 = lanes + (size_t)row[e] * LANES;
        __m256d v0 = _mm256_set1_pd((double)value[e]);
        s0 = _mm256_fmadd_pd(v0, _mm256_load_pd(r0), s0);
        s1 = _mm256_fmadd_pd(v0, _mm256_load_pd(r0 + 4), s1);
    }
    _mm256_store_pd(out, _mm256_add_pd(s0, s2));
    _mm256_store_pd(out + 4, _mm256_add_pd(s1, s3));
}

/* Three columns by half the lanes: twelve accumulators of sixteen registers. */
AVX2 static void avx2_dense_dots(const float *const column[WIDE_COLUMNS], size_t rows, size_t next,
                                 const double *lanes, double *out)
{
    (void)next;
    _Alignas(64) double wide[WIDE_ROWS * WIDE_COLUMNS];
    for (size_t i = 0; i < rows; i++)
        for (size_t c = 0; c < WIDE_COLUMNS; c++)
            wide[i * WIDE_COLUMNS + c] = (double)column[c][i];
    for (size_t part = 0; part < 4; part++) {
        size_t first = part / 2 * 3;
        size_t half = part % 2 * (WIDE_LANES / 2);
        double *to = out + first * WIDE_LANES + half;
        __m256d sum[3][4];
#pragma GCC unroll 3
        for (int c = 0; c < 3; c++)
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                sum[c][v] = _mm256_load_pd(to + c * WIDE_LANES + v * 4);
        for (size_t i = 0; i < rows; i++) {
            const double *z = wide + i * WIDE_COLUMNS + first;
            const double *r = lanes + i * WIDE_LANES + half;
            __m256d z0 = _mm256_set1_pd(z[0]);
            __m256d z1 = _mm256_set1_pd(z[1]);
            __m256d z2 = _mm256_set1_pd(z[2]);
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++) {
                __m256d lane = _mm256_load_pd(r + v * 4);
                sum[0][v] = _mm256_fmadd_pd(z0, lane, sum[0][v]);
                sum[1][v] = _mm256_fmadd_pd(z1, lane, sum[1][v]);
                sum[2][v] = _mm256_fmadd_pd(z2, lane, sum[2][v]);
            }
        }
#pragma GCC unroll 3
        for (int c = 0; c < 3; c++)
#pragma GCC unroll 4
            for (int v = 0; v < 4; v++)
                _mm256_store_pd(to + c * WIDE_LANES + v * 4, sum[c][v]);
    }
}

AVX2 static void avx2_subtract(double *g, const float *row, double step, size_t count)
{
    __m256d s = _mm256_set1_pd(step);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        __m256d v = _mm256_cvtps_pd(_mm_loadu_ps(row + i));
        _mm256_storeu_pd(g + i, _mm256_fnmadd_pd(s, v, _mm256_loadu_pd(g + i)));
    }
    for (; i < count; i++)
        g[i] -= step * (double)row[i];
}

AVX2 static void avx2_subtract_float(float *g, const float *row, float step, size_t count)
{
    __m256 s = _mm256_set1_ps(step);
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(g + i,
                         _mm256_fnmadd_ps(s, _mm256_loadu_ps(row + i), _mm256_loadu_ps(g + i)));
    for (; i < count; i++)
        g[i] -= step * row[i];
}

AVX2 static void avx2_centred_dots(const float *const a[4], const float mean_a[4], const float *b,
                                   float mean_b, size_t count, double out[4])
{
    __m256 mb = _mm256_set1_ps(mean_b);
    for (int c = 0; c < 4; c++)
        out[c] = 0;
    for (size_t start = 0; start < count; start += TILE_ROWS) {
        size_t end = count - start < TILE_ROWS ? count : start + TILE_ROWS;
        __m256 sum[4];
        for (int c = 0; c < 4; c++)
            sum[c] = _mm256_setzero_ps();
        size_t i = start;
        for (; i + 8 <= end; i += 8) {
            __m256 b0 = _mm256_sub_ps(_mm256_loadu_ps(b + i), mb);
            for (int c = 0; c < 4; c++) {
                __m256 a0 = _mm256_sub_ps(_mm256_loadu_ps(a[c] + i), _mm256_set1_ps(mean_a[c]));
                sum[c] = _mm256_fmadd_ps(a0, b0, sum[c]);
            }
        }
        for (int c = 0; c < 4; c++) {
            float part[8];
            _mm256_storeu_ps(part, sum[c]);
            for (int t = 0; t < 8; t++)
                out[c] += (double)part[t];
            for (size_t k = i; k < end; k++)
                out[c] += (double)(a[c][k] - mean_a[c]) * (double)(b[k] - mean_b);
        }
    }
}

/* Four by two at a time: eight accumulators of sixteen registers. */
AVX2 static void avx2_centred_tile(const float *const a[TILE_A], const float *const b[TILE_B],
                                   size_t count, double *out)
{
    for (int pair = 0; pair < TILE_B; pair += 2) {
        __m256 sum[TILE_A][2];
#pragma GCC unroll 4
        for (int p = 0; p < TILE_A; p++)
            sum[p][0] = sum[p][1] = _mm256_setzero_ps();
        size_t i = 0;
        for (; i + 8 <= count; i += 8) {
            __m256 y0 = _mm256_loadu_ps(b[pair] + i);
            __m256 y1 = _mm256_loadu_ps(b[pair + 1] + i);
#pragma GCC unroll 4
            for (int p = 0; p < TILE_A; p++) {
                __m256 x = _mm256_loadu_ps(a[p] + i);
                sum[p][0] = _mm256_fmadd_ps(x, y0, sum[p][0]);
                sum[p][1] = _mm256_fmadd_ps(x, y1, sum[p][1]);
            }
        }
#pragma GCC unroll 4
        for (int p = 0; p < TILE_A; p++) {
            for (int q = 0; q < 2; q++) {
                double *to = out + p * TILE_B + pair + q;
                float part[8];
                _mm256_storeu_ps(part, sum[p][q]);
                for (int t = 0; t < 8; t++)
                    *to += (double)part[t];
                for (size_t k = i; k < count; k++)
                    *to += (double)a[p][k] * (double)b[pair + q][k];
            }
        }
    }
}

AVX2 static void avx2_centre(float *out, const float *in, float mean, size_t count)
{
    __m256 m = _mm256_set1_ps(mean);
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        _mm256_storeu_ps(out + i, _mm256_sub_ps(_mm256_loadu_ps(in + i), m));
    for (; i < count; i++)
        out[i] = in[i] - mean;
}

static const kernels avx2 = {
    .name = "avx2",
    .sparse_dots = avx2_sparse_dots,
    .dense_dots = avx2_dense_dots,
    .subtract = avx2_subtract,
    .subtract_float = avx2_subtract_float,
    .judge = plain_judge,
    .next_above = plain_next_above,
    .finish_row = plain_finish_row,
    .centred_dots = avx2_centred_dots,
    .centred_tile = avx2_centred_tile,
    .centre = avx2_centre,
};

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl");
}

const kernels *kernels_choose(void)
{
    return has_avx512() ? &avx512 : has_avx2() ? &avx2 : &plain;
}

const kernels *const *kernels_all(void)
{
    static const kernels *const up_to_avx512[] = {&plain, &avx2, &avx512, NULL};
    static const kernels *const up_to_avx2[] = {&plain, &avx2, NULL};
    static const kernels *const only_plain[] = {&plain, NULL};
    return has_avx512() ? up_to_avx512 : has_avx2() ? up_to_avx2 : only_plain;
}

#else

const kernels *kernels_choose(void)
{
    return &plain;
}

const kernels *const *kernels_all(void)
{
    static const kernels *const only_plain[] = {&plain, NULL};
    return only_plain;
}

#endif
