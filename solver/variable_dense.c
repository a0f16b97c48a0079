#include "solver/variable_dense.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Four sums, so that additions need not wait for each other. */
static double dot_plain(const float *z, const double *v, size_t count)
{
    double sum[4] = {0};
    size_t whole = count - count % 4;
    for (size_t i = 0; i < whole; i += 4)
        for (unsigned k = 0; k < 4; k++)
            sum[k] += (double)z[i + k] * v[i + k];
    for (size_t i = whole; i < count; i++)
        sum[0] += (double)z[i] * v[i];
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static void subtract_plain(double *r, const float *z, const double *w, double step, size_t count)
{
    for (size_t i = 0; i < count; i++)
        r[i] -= step * (double)z[i] * w[i];
}

static const dense_loops plain = {"plain", dot_plain, subtract_plain};

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static double dot_avx2(const float *z, const double *v,
                                                           size_t count)
{
    __m256d a = _mm256_setzero_pd();
    __m256d b = a;
    __m256d c = a;
    __m256d d = a;
    size_t whole = count - count % 16;
    for (size_t i = 0; i < whole; i += 16) {
        a = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i)), _mm256_loadu_pd(v + i), a);
        b = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 4)), _mm256_loadu_pd(v + i + 4),
                            b);
        c = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 8)), _mm256_loadu_pd(v + i + 8),
                            c);
        d = _mm256_fmadd_pd(_mm256_cvtps_pd(_mm_loadu_ps(z + i + 12)), _mm256_loadu_pd(v + i + 12),
                            d);
    }
    double part[4];
    _mm256_storeu_pd(part, _mm256_add_pd(_mm256_add_pd(a, b), _mm256_add_pd(c, d)));
    double rest = dot_plain(z + whole, v + whole, count - whole);
    return ((part[0] + part[1]) + (part[2] + part[3])) + rest;
}

__attribute__((target("avx2,fma"))) static void
subtract_avx2(double *r, const float *z, const double *w, double step, size_t count)
{
    __m256d steps = _mm256_set1_pd(step);
    size_t whole = count - count % 4;
    for (size_t i = 0; i < whole; i += 4) {
        __m256d scaled = _mm256_mul_pd(steps, _mm256_cvtps_pd(_mm_loadu_ps(z + i)));
        _mm256_storeu_pd(r + i,
                         _mm256_fnmadd_pd(scaled, _mm256_loadu_pd(w + i), _mm256_loadu_pd(r + i)));
    }
    subtract_plain(r + whole, z + whole, w + whole, step, count - whole);
}

static const dense_loops avx2 = {"avx2", dot_avx2, subtract_avx2};
#endif

const dense_loops *const *dense_loops_all(void)
{
    static const dense_loops *const only_plain[] = {&plain, NULL};
#if defined(__x86_64__)
    static const dense_loops *const both[] = {&plain, &avx2, NULL};
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return both;
#endif
    return only_plain;
}

const dense_loops *dense_loops_choose(void)
{
    const dense_loops *const *all = dense_loops_all();
    while (all[1])
        all++;
    return *all;
}
