/* Lambda rules, hooks, and the vector kernels against plain C. */
#include "solver/kernels.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(solver_rules, pair_uses_the_largest_maximum_of_all_targets)
{
    matrix x = problem_sparse(200, 60, 51);
    matrix y = problem_targets(&x, 150, false, 52);
    lasso_settings each = problem_settings(LASSO_OF_TARGET, 0.5, 0);
    solution s = problem_solve(&x, &y, &each, NULL, 0);
    double most = 0;
    for (uint32_t t = 0; t < s.count; t++)
        most = fmax(most, s.result[t].lambda_max);
    cr_assert_eq(s.report.lambda_max, most);
    cr_assert_eq(s.report.lambda, 0);
    solution_release(&s);

    lasso_settings pair = problem_settings(LASSO_OF_PAIR, 0.1, 0);
    uint32_t few[] = {5, 3};
    s = problem_solve(&x, &y, &pair, few, 2);
    cr_assert_eq(s.report.lambda, 0.1 * most);
    cr_assert_eq(s.result[0].lambda, 0.1 * most);
    cr_assert_eq(s.result[1].target, 3);
    solution_release(&s);
    matrix_release(&x);
    matrix_release(&y);
}

static void expect_found(const matrix *x, const matrix *y, lasso_rule rule, double wanted,
                         double ridge, double within)
{
    lasso_settings settings = problem_settings(rule, wanted, ridge);
    settings.tolerance = 1e-6;
    solution s = problem_solve(x, y, &settings, NULL, 0);
    double found = (double)s.report.edges;
    if (rule == LASSO_PARENTS)
        found /= s.report.targets - s.report.constant;
    cr_assert_float_eq(found, wanted, within * wanted, "%g found, wanted %g", found, wanted);
    lasso_settings absolute = settings;
    absolute.rule = LASSO_ABSOLUTE;
    absolute.lambda = s.report.lambda;
    solution again = problem_solve(x, y, &absolute, NULL, 0);
    solution_expect_same(&s, &again);
    solution_release(&s);
    solution_release(&again);
}

/* Half a percent, and an edge or two that a finer tolerance decides otherwise. */
Test(solver_rules, wanted_number_of_parents_and_edges, .timeout = 60)
{
    matrix x = problem_sparse(400, 100, 53);
    matrix y = problem_targets(&x, 60, false, 54);
    for (unsigned ridge = 0; ridge <= 2; ridge += 2) {
        expect_found(&x, &y, LASSO_PARENTS, 0.5, ridge, 0.05);
        expect_found(&x, &y, LASSO_PARENTS, 3, ridge, 0.015);
        expect_found(&x, &y, LASSO_PARENTS, 40, ridge, 0.01);
        expect_found(&x, &y, LASSO_EDGES, 60, ridge, 0.03);
        expect_found(&x, &y, LASSO_EDGES, 700, ridge, 0.01);
    }
    matrix_release(&y);
    y = problem_targets(&x, 3000, false, 55); /* more than are sampled */
    expect_found(&x, &y, LASSO_PARENTS, 5, 2, 0.05);
    expect_found(&x, &y, LASSO_EDGES, 15000, 2, 0.05);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_rules, more_parents_than_there_are)
{
    matrix x = problem_sparse(100, 8, 56);
    matrix y = problem_targets(&x, 5, false, 57);
    lasso_settings settings = problem_settings(LASSO_PARENTS, 50, 2);
    solution s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_geq(s.report.edges, 20);
    solution_release(&s);
    settings.lambda = 0;
    s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_eq(s.report.edges, 0);
    solution_release(&s);
    matrix_release(&x);
    matrix_release(&y);
}

typedef struct watcher {
    uint32_t blocks, results, stop_after, cancel_after;
    atomic_bool cancel;
    atomic_uint done;
    bool seen[64];
} watcher;

static void see(watcher *w, uint32_t first, const lasso_result *results, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_eq(results[i].target, first + i);
        cr_assert_not(w->seen[first + i]);
        w->seen[first + i] = true;
    }
    w->results += count;
}

static bool watch(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    watcher *w = user;
    cr_assert_eq(first % 7, 0);
    see(w, first, results, count);
    return ++w->blocks != w->stop_after;
}

/* Cancels after so many calls. */
static bool watch_pieces(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    watcher *w = user;
    see(w, first, results, count);
    if (++w->blocks == w->cancel_after)
        atomic_store(&w->cancel, true);
    return true;
}

Test(solver_rules, blocks_and_stopping)
{
    matrix x = problem_sparse(200, 60, 58);
    matrix y = problem_targets(&x, 64, false, 59);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
    settings.block = 7;
    settings.threads = 2;
    lasso_design *design;
    lasso_report report;
    error err;
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    watcher w = {0};
    lasso_hooks hooks = {.user = &w, .block = watch, .cancel = &w.cancel, .done = &w.done};
    cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err), STATUS_OK);
    cr_assert_eq(w.blocks, 10);
    cr_assert_eq(w.results, 64);
    cr_assert_eq(w.done, 64);
    cr_assert_not(report.stopped);

    watcher stopper = {.stop_after = 2};
    hooks.user = &stopper;
    cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err), STATUS_OK);
    cr_assert_eq(stopper.blocks, 2);
    cr_assert_eq(report.targets, stopper.results);
    cr_assert(report.stopped);

    /* whatever counts as done when the solve is cancelled has been handed over */
    uint32_t beyond_blocks = 0;
    for (unsigned after = 1; after <= 5; after++) {
        watcher leaver = {.cancel_after = after};
        lasso_hooks its = {.user = &leaver,
                           .block = watch_pieces,
                           .cancel = &leaver.cancel,
                           .done = &leaver.done};
        cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, &its, &report, &err), STATUS_OK);
        cr_assert(report.stopped);
        cr_assert_eq(leaver.results, leaver.done);
        cr_assert_eq(report.targets, leaver.done);
        beyond_blocks += leaver.results % 7;
    }
    cr_assert_gt(beyond_blocks, 0);

    atomic_store(&w.cancel, true);
    cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err), STATUS_OK);
    cr_assert(report.stopped);
    cr_assert_eq(report.targets, 0);
    double lambda;
    double lambda_max;
    settings.rule = LASSO_OF_PAIR;
    cr_assert_eq(lasso_choose_lambda(design, &y, &settings, &w.cancel, &lambda, &lambda_max, &err),
                 STATUS_INTERRUPTED);
    cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err), STATUS_OK);
    cr_assert(report.stopped);
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
}

static void judge_sums(const kernels *v, generator *g)
{
    enum { MOST = 1025 };
    float z[MOST];
    double w[MOST];
    for (size_t i = 0; i < MOST; i++) {
        z[i] = (float)generator_normal(g);
        w[i] = generator_normal(g) + 1;
    }
    static const size_t lengths[] = {0, 1, 7, 8, 9, 31, 32, 33, 100, MOST};
    for (unsigned n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        double expected[3] = {0};
        double sum;
        double squares;
        for (size_t i = 0; i < lengths[n]; i++) {
            expected[0] += (double)z[i] * w[i];
            expected[1] += w[i];
            expected[2] += w[i] * w[i];
        }
        v->moments(w, lengths[n], &sum, &squares);
        cr_assert_float_eq(v->dot(z, w, lengths[n]), expected[0], 1e-11, "%s", v->name);
        cr_assert_float_eq(sum, expected[1], 1e-11, "%s", v->name);
        cr_assert_float_eq(squares, expected[2], 1e-11, "%s", v->name);
    }
}

/* A tile has the bits of its entries formed alone. */
static void judge_tile(const kernels *v, generator *g)
{
    float *values = mem_alloc((TILE_A + TILE_B) * TILE_ROWS * sizeof *values);
    float *centred = mem_alloc((TILE_A + TILE_B) * TILE_ROWS * sizeof *centred);
    static const float mean = 0.7F;
    for (size_t i = 0; i < (TILE_A + TILE_B) * TILE_ROWS; i++)
        values[i] = (float)generator_normal(g) + 1;
    for (size_t c = 0; c < TILE_A + TILE_B; c++)
        v->centre(centred + c * TILE_ROWS, values + c * TILE_ROWS, mean, TILE_ROWS);
    const float *a[TILE_A];
    const float *raw[TILE_A];
    const float *b[TILE_B];
    for (size_t c = 0; c < TILE_A; c++) {
        a[c] = centred + c * TILE_ROWS;
        raw[c] = values + c * TILE_ROWS;
    }
    for (size_t c = 0; c < TILE_B; c++)
        b[c] = centred + (TILE_A + c) * TILE_ROWS;
    static const size_t lengths[] = {0, 1, 7, 8, 15, 16, 17, 33, TILE_ROWS};
    for (unsigned n = 0; n < sizeof lengths / sizeof *lengths; n++) {
        static const float means[TILE_A] = {mean, mean, mean, mean};
        double tile[TILE_A * TILE_B] = {0};
        v->centred_tile(a, b, lengths[n], tile);
        for (size_t q = 0; q < TILE_B; q++) {
            double alone[TILE_A];
            v->centred_dots(raw, means, values + (TILE_A + q) * TILE_ROWS, mean, lengths[n],
                            alone);
            for (size_t p = 0; p < TILE_A; p++)
                cr_assert_eq(tile[p * TILE_B + q], alone[p], "%s, %zu rows", v->name, lengths[n]);
        }
    }
    free(values);
    free(centred);
}

Test(solver_rules, dense_kernels)
{
    generator g = {61};
    const kernels *const *all = kernels_all();
    for (unsigned n = 0; all[n]; n++) {
        judge_sums(all[n], &g);
        judge_tile(all[n], &g);
    }
}

Test(solver_rules, kernels_agree_with_plain_c)
{
    generator g = {60};
    const kernels *const *all = kernels_all();
    const kernels *plain = all[0];
    enum { ROWS = 2100 };
    double *lanes = aligned_alloc(64, (size_t)ROWS * 8 * sizeof *lanes);
    float *values = mem_alloc(4 * ROWS * sizeof *values);
    for (size_t i = 0; i < (size_t)ROWS * 8; i++)
        lanes[i] = generator_normal(&g);
    for (size_t i = 0; i < 4 * (size_t)ROWS; i++)
        values[i] = (float)generator_normal(&g) + 3;
    static const size_t lengths[] = {0, 1, 2, 3, 5, 8, 31, 32, 33, 1023, 1024, 1025, ROWS};
    for (unsigned n = 0; all[n]; n++) {
        for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            size_t length = lengths[i];
            const float *column[4] = {values, values + ROWS, values + 2 * ROWS, values + 3 * ROWS};
            static const float means[4] = {3, 2, 3.5F, 0};
            double one[4];
            double two[4];
            plain->centred_dots(column, means, values + ROWS, 3, length, one);
            all[n]->centred_dots(column, means, values + ROWS, 3, length, two);
            for (unsigned c = 0; c < 4; c++)
                cr_assert_float_eq(one[c], two[c], 1e-5 * (double)(length + 1), "%s",
                                   all[n]->name);
            double *p = mem_zero(ROWS, sizeof *p);
            double *q = mem_zero(ROWS, sizeof *q);
            plain->subtract(p, values, 0.7, length);
            all[n]->subtract(q, values, 0.7, length);
            for (size_t k = 0; k < ROWS; k++)
                cr_assert_float_eq(p[k], q[k], 1e-14, "%s", all[n]->name);
            float *a = mem_zero(ROWS, sizeof *a);
            float *b = mem_zero(ROWS, sizeof *b);
            plain->subtract_float(a, values, 0.7F, length);
            all[n]->subtract_float(b, values, 0.7F, length);
            for (size_t k = 0; k < ROWS; k++)
                cr_assert_float_eq((double)a[k], (double)b[k], 1e-6, "%s", all[n]->name);
            /* the same bits in every kind: the table of inner products depends on it */
            memcpy(q, p, ROWS * sizeof *q);
            plain->finish_row(a, p, 9, 0.3, lanes, 0.7, lanes + 1, length);
            all[n]->finish_row(b, q, 9, 0.3, lanes, 0.7, lanes + 1, length);
            cr_assert_arr_eq(a, b, length * sizeof *a);
            cr_assert_arr_eq(p, q, ROWS * sizeof *p);
            for (size_t from = 0; from < length; from += 5)
                cr_assert_eq(plain->next_above(lanes, lanes + ROWS, 4, from, length),
                             all[n]->next_above(lanes, lanes + ROWS, 4, from, length));
            free(a);
            free(b);
            free(p);
            free(q);
        }
    }
    free(lanes);
    free(values);
}
