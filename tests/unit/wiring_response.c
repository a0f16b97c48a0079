/* The ridge regression of what is added on the features, against a solve of the same problem by
 * elimination, from whole columns. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/response.h"

#include <criterion/criterion.h>

/* 11 coordinates: more than one pass, the last of them not full. The last two features: constant,
 * and never active. */
enum { ROWS = 240, COLS = 32, WIDTH = 11, CONSTANT = COLS - 2, SILENT = COLS - 1 };

typedef struct problem {
    float z[ROWS * COLS];
    stream s;
} problem;

static problem *problem_make(uint64_t seed)
{
    problem *p = mem_zero(1, sizeof *p);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < SILENT; k++) {
            double rate = 0.9 * exp(-0.14 * (double)k); /* from nearly always to three samples */
            bool active = made_uniform(&seed) < rate;
            p->z[i * COLS + k] = active ? (float)(0.5 + (double)(k % 5) * made_uniform(&seed)) : 0;
        }
    for (size_t i = 0; i < ROWS; i++)
        p->z[i * COLS + CONSTANT] = 1.75F;
    p->s = (stream){.rows = ROWS, .width = WIDTH, .source = made_matrix(ROWS, COLS, p->z)};
    p->s.added = mem_zero(ROWS * WIDTH, sizeof *p->s.added);
    for (size_t c = 0; c < WIDTH; c++)
        for (size_t i = 0; i < ROWS; i++) {
            const float *z = p->z + i * COLS;
            double value = 3 + made_normal(&seed) + (double)z[c] - 2 * (double)z[2 * c + 3];
            p->s.added[i * WIDTH + c] = (float)value;
        }
    return p;
}

static void problem_free(problem *p)
{
    stream_release(&p->s);
    free(p);
}

/* a (n x n) x = b, overwriting both: x in b. */
static void eliminate(double *a, double *b, size_t n)
{
    for (size_t k = 0; k < n; k++)
        for (size_t i = k + 1; i < n; i++) {
            double factor = a[i * n + k] / a[k * n + k];
            for (size_t c = k; c < n; c++)
                a[i * n + c] -= factor * a[k * n + c];
            b[i] -= factor * b[k];
        }
    for (size_t k = n; k-- > 0;) {
        for (size_t c = k + 1; c < n; c++)
            b[k] -= a[k * n + c] * b[c];
        b[k] /= a[k * n + k];
    }
}

/* The answer of coordinate c to the features that vary. */
static void solve_directly(const problem *p, size_t c, double out[SILENT])
{
    enum { N = CONSTANT };
    double *a = mem_zero((size_t)N * N, sizeof *a), mean[N] = {0}, vbar = 0;
    for (size_t k = 0; k < N; k++)
        for (size_t i = 0; i < ROWS; i++)
            mean[k] += (double)p->z[i * COLS + k] / ROWS;
    for (size_t k = 0; k < N; k++) {
        out[k] = 0;
        for (size_t i = 0; i < ROWS; i++) {
            double centred = (double)p->z[i * COLS + k] - mean[k];
            out[k] += centred * (double)p->s.added[i * WIDTH + c] / ROWS;
            for (size_t l = 0; l < N; l++)
                a[k * N + l] += centred * ((double)p->z[i * COLS + l] - mean[l]) / ROWS;
        }
        vbar += a[k * N + k] / N;
    }
    for (size_t k = 0; k < N; k++)
        a[k * N + k] += sqrt(a[k * N + k] * vbar);
    eliminate(a, out, N);
    free(a);
}

Test(wiring_response, is_the_ridge_regression)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        problem *p = problem_make(seed);
        float *got = mem_alloc(COLS * WIDTH * sizeof *got);
        cr_assert_eq(response_measure(&p->s, 1, NULL, got, NULL), STATUS_OK);
        for (size_t c = 0; c < WIDTH; c++) {
            double want[SILENT], squares = 0, off = 0;
            solve_directly(p, c, want);
            for (size_t k = 0; k < CONSTANT; k++) {
                squares += want[k] * want[k];
                off += pow((double)got[k * WIDTH + c] - want[k], 2);
            }
            cr_expect_gt(squares, 0.1);
            cr_expect_leq(sqrt(off / squares), 3e-3, "coordinate %zu: off by %g of it", c,
                          sqrt(off / squares));
            cr_expect_eq(got[CONSTANT * WIDTH + c], 0);
            cr_expect_eq(got[SILENT * WIDTH + c], 0);
        }
        free(got);
        problem_free(p);
    }
}

Test(wiring_response, is_the_same_with_any_number_of_threads)
{
    static const unsigned threads[] = {2, 3, 7};
    problem *p = problem_make(5);
    float one[COLS * WIDTH], other[COLS * WIDTH];
    cr_assert_eq(response_measure(&p->s, 1, NULL, one, NULL), STATUS_OK);
    for (size_t t = 0; t < 3; t++) {
        memset(other, 0xff, sizeof other);
        cr_assert_eq(response_measure(&p->s, threads[t], NULL, other, NULL), STATUS_OK);
        cr_expect_eq(memcmp(one, other, sizeof one), 0, "%u threads", threads[t]);
    }
    problem_free(p);
}

Test(wiring_response, is_nothing_where_nothing_varies)
{
    problem *p = problem_make(6);
    float got[COLS * WIDTH];
    memset(p->s.added, 0, ROWS * WIDTH * sizeof *p->s.added);
    cr_assert_eq(response_measure(&p->s, 1, NULL, got, NULL), STATUS_OK);
    for (size_t i = 0; i < COLS * WIDTH; i++)
        cr_expect_eq(got[i], 0);

    matrix_release(&p->s.source);
    memset(p->z, 0, sizeof p->z);
    p->s.source = made_matrix(ROWS, COLS, p->z);
    p->s.added[3] = 1;
    memset(got, 0xff, sizeof got);
    cr_assert_eq(response_measure(&p->s, 1, NULL, got, NULL), STATUS_OK);
    for (size_t i = 0; i < COLS * WIDTH; i++)
        cr_expect_eq(got[i], 0);
    problem_free(p);
}

Test(wiring_response, of_no_samples_is_nothing)
{
    stream s = {.width = WIDTH, .source = made_matrix(0, COLS, NULL)};
    s.added = mem_zero(1, sizeof *s.added);
    float got[COLS * WIDTH];
    memset(got, 0xff, sizeof got);
    cr_assert_eq(response_measure(&s, 2, NULL, got, NULL), STATUS_OK);
    for (size_t i = 0; i < COLS * WIDTH; i++)
        cr_expect_eq(got[i], 0);
    stream_release(&s);
}

/* An answer that was not reached is none. */
Test(wiring_response, that_is_not_found_is_refused)
{
    problem *p = problem_make(8);
    float got[COLS * WIDTH];
    error err = {0};
    p->s.added[5] = INFINITY;
    cr_expect_eq(response_measure(&p->s, 2, NULL, got, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "conjugate gradients"), "%s", err.message);
    problem_free(p);
}

Test(wiring_response, can_be_cancelled)
{
    problem *p = problem_make(7);
    float got[COLS * WIDTH];
    atomic_bool cancel = true;
    error err = {0};
    cr_expect_eq(response_measure(&p->s, 2, &cancel, got, &err), STATUS_INTERRUPTED);
    cr_expect_eq(err.code, STATUS_INTERRUPTED);
    problem_free(p);
}
