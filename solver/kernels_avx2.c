/* The kernels for AVX2 with FMA. */
#include "solver/kernels_kinds.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static size_t avx2_sweep(const sweep_layer *z, uint32_t first, uint32_t last,
                              const sweep_lanes *lanes, sweep_hit *hits)
{
    const __m256 sign = _mm256_set1_ps(-0.0F);
    size_t found = 0;
    for (uint32_t k = first; k < last; k++) {
        const sweep_column *c = &z->column[k];
        if (c->norm * lanes->reach < c->penalty)
            continue;
        __m256 s0 = _mm256_setzero_ps();
        __m256 s1 = _mm256_setzero_ps();
        __m256 s2 = _mm256_setzero_ps();
        __m256 s3 = _mm256_setzero_ps();
        uint64_t e = z->start[k];
        uint64_t end = z->start[k + 1];
        for (; e + 2 <= end; e += 2) {
            const float *r0 = lanes->residual + (size_t)z->row[e] * SWEEP_LANES;
            const float *r1 = lanes->residual + (size_t)z->row[e + 1] * SWEEP_LANES;
            __m256 v0 = _mm256_set1_ps(z->value[e]);
            __m256 v1 = _mm256_set1_ps(z->value[e + 1]);
            s0 = _mm256_fmadd_ps(v0, _mm256_load_ps(r0), s0);
            s1 = _mm256_fmadd_ps(v0, _mm256_load_ps(r0 + 8), s1);
            s2 = _mm256_fmadd_ps(v1, _mm256_load_ps(r1), s2);
            s3 = _mm256_fmadd_ps(v1, _mm256_load_ps(r1 + 8), s3);
        }
        if (e < end) {
            const float *r0 = lanes->residual + (size_t)z->row[e] * SWEEP_LANES;
            __m256 v0 = _mm256_set1_ps(z->value[e]);
            s0 = _mm256_fmadd_ps(v0, _mm256_load_ps(r0), s0);
            s1 = _mm256_fmadd_ps(v0, _mm256_load_ps(r0 + 8), s1);
        }
        uint32_t mask = 0;
        for (int half = 0; half < 2; half++) {
            __m256 sum = half ? _mm256_add_ps(s1, s3) : _mm256_add_ps(s0, s2);
            __m256 total = _mm256_load_ps(lanes->sum + half * 8);
            __m256 limit = _mm256_load_ps(lanes->limit + half * 8);
            __m256 g =
                _mm256_andnot_ps(sign, _mm256_fnmadd_ps(_mm256_set1_ps(c->mean), total, sum));
            __m256 bound =
                _mm256_fmsub_ps(limit, _mm256_set1_ps(c->penalty), _mm256_set1_ps(c->error));
            mask |= (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(g, bound, _CMP_NLE_UQ))
                    << (half * 8);
        }
        if (mask)
            hits[found++] = (sweep_hit){k, mask};
    }
    return found;
}

AVX2 static double avx2_dot(const float *z, const double *v, size_t count)
{
    __m256d s0 = _mm256_setzero_pd();
    __m256d s1 = _mm256_setzero_pd();
    __m256d s2 = _mm256_setzero_pd();
    __m256d s3 = _mm256_setzero_pd();
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        s0 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i)), _mm256_loadu_pd(v + i), s0);
        s1 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 4)), _mm256_loadu_pd(v + i + 4),
                             s1);
        s2 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 8)), _mm256_loadu_pd(v + i + 8),
                             s2);
        s3 = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 12)),
                             _mm256_loadu_pd(v + i + 12), s3);
    }
    double part[4];
    _mm256_storeu_pd(part, _mm256_add_pd(_mm256_add_pd(s0, s1), _mm256_add_pd(s2, s3)));
    double sum = (part[0] + part[1]) + (part[2] + part[3]);
    for (; i < count; i++)
        sum += (double)z[i] * v[i];
    return sum;
}

AVX2 static void avx2_moments(const double *v, size_t count, double *sum, double *squares)
{
    __m256d s0 = _mm256_setzero_pd();
    __m256d s1 = _mm256_setzero_pd();
    __m256d q0 = _mm256_setzero_pd();
    __m256d q1 = _mm256_setzero_pd();
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256d a = _mm256_loadu_pd(v + i);
        __m256d b = _mm256_loadu_pd(v + i + 4);
        s0 = _mm256_add_pd(s0, a);
        s1 = _mm256_add_pd(s1, b);
        q0 = _mm256_fmadd_pd(a, a, q0);
        q1 = _mm256_fmadd_pd(b, b, q1);
    }
    double s[4];
    double q[4];
    _mm256_storeu_pd(s, _mm256_add_pd(s0, s1));
    _mm256_storeu_pd(q, _mm256_add_pd(q0, q1));
    *sum = (s[0] + s[1]) + (s[2] + s[3]);
    *squares = (q[0] + q[1]) + (q[2] + q[3]);
    for (; i < count; i++) {
        *sum += v[i];
        *squares += v[i] * v[i];
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

const kernels kernels_avx2 = {
    .name = "avx2",
    .sweep = avx2_sweep,
    .pick = plain_pick,
    .dot = avx2_dot,
    .moments = avx2_moments,
    .subtract = avx2_subtract,
    .subtract_float = avx2_subtract_float,
    .next_above = plain_next_above,
    .finish_row = plain_finish_row,
    .centred_dots = avx2_centred_dots,
    .centred_tile = avx2_centred_tile,
    .centre = avx2_centre,
};
#endif
