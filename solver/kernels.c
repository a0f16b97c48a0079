#include "solver/kernels.h"

#include <math.h>
#include <stdbool.h>

/* Float partial sums are moved to a double after this many rows. */
enum { CHUNK = 1024 };

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

static void plain_dense_dots(const float *const column[4], size_t rows, const double *lanes,
                             double *out)
{
    for (int c = 0; c < 4 * LANES; c++)
        out[c] = 0;
    for (size_t i = 0; i < rows; i++) {
        for (int c = 0; c < 4; c++) {
            double v = (double)column[c][i];
            for (int t = 0; t < LANES; t++)
                out[c * LANES + t] += v * lanes[i * LANES + (size_t)t];
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

AVX512 static void avx512_dense_dots(const float *const column[4], size_t rows,
                                     const double *lanes, double *out)
{
    __m512d even[4];
    __m512d odd[4];
    for (int c = 0; c < 4; c++)
        even[c] = odd[c] = _mm512_setzero_pd();
    size_t i = 0;
    for (; i + 2 <= rows; i += 2) {
        __m512d r0 = _mm512_load_pd(lanes + i * LANES);
        __m512d r1 = _mm512_load_pd(lanes + (i + 1) * LANES);
        for (int c = 0; c < 4; c++) {
            even[c] = _mm512_fmadd_pd(_mm512_set1_pd((double)column[c][i]), r0, even[c]);
            odd[c] = _mm512_fmadd_pd(_mm512_set1_pd((double)column[c][i + 1]), r1, odd[c]);
        }
    }
    if (i < rows) {
        __m512d r0 = _mm512_load_pd(lanes + i * LANES);
        for (int c = 0; c < 4; c++)
            even[c] = _mm512_fmadd_pd(_mm512_set1_pd((double)column[c][i]), r0, even[c]);
    }
    for (int c = 0; c < 4; c++)
        _mm512_store_pd(out + c * LANES, _mm512_add_pd(even[c], odd[c]));
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

AVX512 static void avx512_centred_dots(const float *const a[4], const float mean_a[4],
                                       const float *b, float mean_b, size_t count, double out[4])
{
    __m512 ma[4];
    __m512 mb = _mm512_set1_ps(mean_b);
    for (int c = 0; c < 4; c++) {
        ma[c] = _mm512_set1_ps(mean_a[c]);
        out[c] = 0;
    }
    for (size_t start = 0; start < count; start += CHUNK) {
        size_t end = count - start < CHUNK ? count : start + CHUNK;
        __m512 even[4];
        __m512 odd[4];
        for (int c = 0; c < 4; c++)
            even[c] = odd[c] = _mm512_setzero_ps();
        size_t i = start;
        for (; i + 32 <= end; i += 32) {
            __m512 b0 = _mm512_sub_ps(_mm512_loadu_ps(b + i), mb);
            __m512 b1 = _mm512_sub_ps(_mm512_loadu_ps(b + i + 16), mb);
            for (int c = 0; c < 4; c++) {
                __m512 a0 = _mm512_sub_ps(_mm512_loadu_ps(a[c] + i), ma[c]);
                __m512 a1 = _mm512_sub_ps(_mm512_loadu_ps(a[c] + i + 16), ma[c]);
                even[c] = _mm512_fmadd_ps(a0, b0, even[c]);
                odd[c] = _mm512_fmadd_ps(a1, b1, odd[c]);
            }
        }
        for (int c = 0; c < 4; c++) {
            out[c] += (double)_mm512_reduce_add_ps(_mm512_add_ps(even[c], odd[c]));
            for (size_t k = i; k < end; k++)
                out[c] += (double)(a[c][k] - mean_a[c]) * (double)(b[k] - mean_b);
        }
    }
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

AVX2 static void avx2_dense_dots(const float *const column[4], size_t rows, const double *lanes,
                                 double *out)
{
    __m256d low[4];
    __m256d high[4];
    for (int c = 0; c < 4; c++)
        low[c] = high[c] = _mm256_setzero_pd();
    for (size_t i = 0; i < rows; i++) {
        __m256d r0 = _mm256_load_pd(lanes + i * LANES);
        __m256d r1 = _mm256_load_pd(lanes + i * LANES + 4);
        for (int c = 0; c < 4; c++) {
            __m256d v = _mm256_set1_pd((double)column[c][i]);
            low[c] = _mm256_fmadd_pd(v, r0, low[c]);
            high[c] = _mm256_fmadd_pd(v, r1, high[c]);
        }
    }
    for (int c = 0; c < 4; c++) {
        _mm256_store_pd(out + c * LANES, low[c]);
        _mm256_store_pd(out + c * LANES + 4, high[c]);
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
    for (size_t start = 0; start < count; start += CHUNK) {
        size_t end = count - start < CHUNK ? count : start + CHUNK;
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
