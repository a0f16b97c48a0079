/* Data and settings at the edge: each solved rightly, or refused in words. */
#include "src/base/memory.h"
#include "tests/oracle/oracle.h"
#include "tests/unit/solver_problem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Gap within tolerance by the oracle; returns how many parents all targets have. */
static uint64_t expect_certified(const matrix *x, const matrix *y, lasso_settings settings)
{
    solution s = problem_solve(x, y, &settings, NULL, 0);
    oracle o = oracle_create(x, settings.ridge, settings.scale);
    double *target = mem_alloc(x->rows * sizeof *target);
    double *a = mem_alloc(x->cols * sizeof *a);
    for (uint32_t t = 0; t < s.count; t++) {
        const lasso_result *r = &s.result[t];
        double mean;
        double sd;
        oracle_target(&o, y, t, target, &mean, &sd);
        cr_assert_eq(r->state, sd > 0 ? LASSO_CONVERGED : LASSO_CONSTANT, "target %u", t);
        for (uint32_t j = 0; j < r->parents; j++)
            cr_assert(o.sd[r->source[j]] > 0, "constant source %u is a parent", r->source[j]);
        oracle_import(&o, sd, r->parents, r->source, r->weight, a);
        double gap = oracle_gap(&o, target, r->lambda, a, NULL);
        cr_assert_leq(gap, settings.tolerance * 1.1, "target %u: gap %g", t, gap);
    }
    uint64_t edges = s.report.edges;
    free(target);
    free(a);
    oracle_release(&o);
    solution_release(&s);
    return edges;
}

static void expect_certified_all_ways(const matrix *x, const matrix *y)
{
    for (unsigned variant = 0; variant < 4; variant++) {
        lasso_settings settings =
            problem_settings(LASSO_OF_TARGET, variant & 1 ? 0.02 : 0.2, variant & 2 ? 2 : 0);
        settings.scale = variant == 3;
        settings.tolerance = 1e-6;
        expect_certified(x, y, settings);
    }
}

/* Source columns: copies, multiples and the negative of others, constants, zeros, one nonzero. */
static matrix awkward(bool dense, uint64_t seed)
{
    enum { ROWS = 90, PLAIN = 20, COLS = 30 };
    matrix plain = problem_sparse(ROWS, PLAIN, seed);
    double *values = mem_zero((size_t)ROWS * COLS, sizeof *values);
    for (uint32_t k = 0; k < PLAIN; k++)
        for (uint64_t e = plain.col_start[k]; e < plain.col_start[k + 1]; e++)
            values[(size_t)plain.row[e] * COLS + k] = (double)plain.value[e];
    for (uint32_t i = 0; i < ROWS; i++) {
        double *row = &values[(size_t)i * COLS];
        row[20] = row[3];
        row[21] = row[3];
        row[22] = -row[4];
        row[23] = 1000 * row[5];
        row[24] = 1e-6 * row[6];
        row[25] = 7;
        row[26] = 0;
        row[27] = i == 17;
        row[28] = i == ROWS - 1 ? -3 : 0;
        row[29] = 1 + row[7];
    }
    matrix m = problem_literal(ROWS, COLS, dense, values);
    free(values);
    matrix_release(&plain);
    return m;
}

Test(solver_edges, duplicates_multiples_constants_single_entries)
{
    for (unsigned dense = 0; dense < 2; dense++) {
        matrix x = awkward(dense, 31);
        matrix y = problem_targets(&x, 20, dense, 32);
        expect_certified_all_ways(&x, &y);
        expect_certified_all_ways(&x, &x); /* each target equals a predictor */
        matrix_release(&x);
        matrix_release(&y);
    }
}

Test(solver_edges, zero_and_constant_targets)
{
    matrix x = problem_sparse(50, 10, 33);
    double *values = mem_zero(50 * 3, sizeof *values);
    for (unsigned i = 0; i < 50; i++) {
        values[i * 3 + 1] = 4.5;
        values[i * 3 + 2] = i % 2;
    }
    for (unsigned dense = 0; dense < 2; dense++) {
        matrix y = problem_literal(50, 3, dense, values);
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
        solution s = problem_solve(&x, &y, &settings, NULL, 0);
        cr_assert_eq(s.result[0].state, LASSO_CONSTANT);
        cr_assert_eq(s.result[1].state, LASSO_CONSTANT);
        cr_assert_eq(s.result[1].intercept, 4.5);
        cr_assert_eq(s.result[1].parents, 0);
        cr_assert_eq(s.result[1].gap, 0);
        cr_assert_eq(s.result[2].state, LASSO_CONVERGED);
        cr_assert_eq(s.report.constant, 2);
        solution_release(&s);
        matrix_release(&y);
    }
    free(values);
    matrix_release(&x);
}

Test(solver_edges, one_sample_and_none)
{
    static const double values[] = {1, 0, 3};
    for (uint32_t rows = 0; rows < 2; rows++) {
        for (unsigned dense = 0; dense < 2; dense++) {
            matrix x = problem_literal(rows, 3, dense, values);
            lasso_settings settings = problem_settings(LASSO_OF_PAIR, 0.1, 2);
            solution s = problem_solve(&x, &x, &settings, NULL, 0);
            cr_assert_eq(s.report.constant, 3);
            cr_assert_eq(s.report.edges, 0);
            solution_release(&s);
            settings = problem_settings(LASSO_PARENTS, 2, 0);
            s = problem_solve(&x, &x, &settings, NULL, 0);
            cr_assert_eq(s.report.edges, 0);
            solution_release(&s);
            matrix_release(&x);
        }
    }
}

Test(solver_edges, all_sources_constant)
{
    static const double values[] = {1, 0, 1, 0, 1, 0};
    static const double target[] = {1, 2, 5};
    matrix x = problem_literal(3, 2, false, values);
    matrix y = problem_literal(3, 1, true, target);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 2);
    solution s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_eq(s.result[0].state, LASSO_CONVERGED);
    cr_assert_eq(s.result[0].parents, 0);
    cr_assert_eq(s.result[0].lambda_max, 0);
    cr_assert_float_eq(s.result[0].intercept, 8.0 / 3, 1e-12);
    solution_release(&s);
    matrix_release(&x);
    matrix_release(&y);
}

static void multiply(matrix *m, float factor)
{
    for (uint64_t e = 0; e < matrix_entries(m); e++)
        m->value[e] *= factor;
}

Test(solver_edges, huge_and_tiny_scales)
{
    /* the first: sums of a column, and products of any two values, are beyond float */
    static const float factors[] = {1e37F, 1e30F, 1e-30F, 1e-40F};
    for (unsigned f = 0; f < 4; f++) {
        for (unsigned dense = 0; dense < 2; dense++) {
            matrix x = dense ? problem_dense(80, 20, 34) : problem_sparse(80, 20, 34);
            matrix y = problem_targets(&x, 8, dense, 35);
            multiply(&x, factors[f]);
            expect_certified_all_ways(&x, &y);
            multiply(&y, factors[3 - f]);
            expect_certified_all_ways(&x, &y);
            matrix_release(&x);
            matrix_release(&y);
        }
    }
}

Test(solver_edges, columns_of_very_different_scales)
{
    matrix x = problem_sparse(80, 20, 36);
    matrix y = problem_targets(&x, 8, false, 37);
    for (uint32_t k = 0; k < x.cols; k++)
        for (uint64_t e = x.col_start[k]; e < x.col_start[k + 1]; e++)
            x.value[e] *= powf(10, (float)(k % 7) * 5 - 15);
    expect_certified_all_ways(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_edges, lambda_at_and_above_its_maximum)
{
    matrix x = problem_sparse(100, 30, 38);
    matrix y = problem_targets(&x, 10, false, 39);
    for (unsigned scale = 0; scale < 2; scale++) {
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 1, 2);
        settings.scale = scale;
        cr_assert_eq(expect_certified(&x, &y, settings), 0);
        settings = problem_settings(LASSO_OF_PAIR, 1, 0);
        settings.scale = scale;
        cr_assert_eq(expect_certified(&x, &y, settings), 0);
        settings = problem_settings(LASSO_ABSOLUTE, 1e9, 0);
        settings.scale = scale;
        solution s = problem_solve(&x, &y, &settings, NULL, 0);
        for (uint32_t t = 0; t < s.count; t++) {
            cr_assert_eq(s.result[t].parents, 0);
            cr_assert_eq(s.result[t].gap, 0);
            cr_assert_eq(s.result[t].lambda, 1e9);
        }
        solution_release(&s);
    }
    matrix_release(&x);
    matrix_release(&y);
}

/* The minimum at lambda 0: (Z'Z / M + kappa) a = Z'y / M, by Gaussian elimination. */
static void solve_ridge(const oracle *o, const double *y, double *a)
{
    uint32_t size = o->cols;
    double *m = mem_zero((size_t)size * (size + 1), sizeof *m);
    for (uint32_t i = 0; i < size; i++) {
        const double *z = o->z + (size_t)i * o->rows;
        for (uint32_t r = 0; r < o->rows; r++) {
            for (uint32_t j = 0; j < size; j++)
                m[i * (size + 1) + j] += z[r] * o->z[(size_t)j * o->rows + r] / o->rows;
            m[i * (size + 1) + size] += z[r] * y[r] / o->rows;
        }
        m[i * (size + 1) + i] += o->sd[i] > 0 ? o->kappa[i] : 1; /* constant: stays at 0 */
    }
    for (uint32_t i = 0; i < size; i++) /* positive definite: needs no pivoting */
        for (uint32_t j = i + 1; j < size; j++) {
            double part = m[j * (size + 1) + i] / m[i * (size + 1) + i];
            for (uint32_t k = i; k <= size; k++)
                m[j * (size + 1) + k] -= part * m[i * (size + 1) + k];
        }
    for (uint32_t i = size; i-- > 0;) {
        a[i] = m[i * (size + 1) + size];
        for (uint32_t k = i + 1; k < size; k++)
            a[i] -= m[i * (size + 1) + k] * a[k];
        a[i] /= m[i * (size + 1) + i];
    }
    free(m);
}

/* The objective at lambda 0, over that of no coefficients. */
static double ridge_objective(const oracle *o, const double *y, const double *a)
{
    double rr = 0;
    double yy = 0;
    double l2 = 0;
    for (uint32_t i = 0; i < o->rows; i++) {
        double r = y[i];
        for (uint32_t k = 0; k < o->cols; k++)
            r -= a[k] * o->z[(size_t)k * o->rows + i];
        rr += r * r;
        yy += y[i] * y[i];
    }
    for (uint32_t k = 0; k < o->cols; k++)
        l2 += o->kappa[k] * a[k] * a[k];
    return (rr + o->rows * l2) / yy;
}

/* At lambda 0 with a ridge: how far each target is above the minimum is within the gap told, which
 * is small when the target counts as converged and no more than `most` otherwise. */
static void judge_ridge(const matrix *x, const matrix *y, const lasso_settings *settings,
                        double most)
{
    solution s = problem_solve(x, y, settings, NULL, 0);
    oracle o = oracle_create(x, settings->ridge, settings->scale);
    double *target = mem_alloc(x->rows * sizeof *target);
    double *found = mem_alloc(x->cols * sizeof *found);
    double *best = mem_alloc(x->cols * sizeof *best);
    for (uint32_t t = 0; t < s.count; t++) {
        const lasso_result *r = &s.result[t];
        double mean;
        double sd;
        oracle_target(&o, y, t, target, &mean, &sd);
        oracle_import(&o, sd, r->parents, r->source, r->weight, found);
        solve_ridge(&o, target, best);
        double above = ridge_objective(&o, target, found) - ridge_objective(&o, target, best);
        cr_assert_leq(above, r->gap + 1e-12, "target %u: %g above, gap %g", t, above, r->gap);
        cr_assert_leq(r->gap, most, "target %u: gap %g", t, r->gap);
        if (most <= settings->tolerance)
            cr_assert_eq(r->state, LASSO_CONVERGED);
    }
    free(target);
    free(found);
    free(best);
    oracle_release(&o);
    solution_release(&s);
}

Test(solver_edges, lambda_zero_with_a_ridge, .timeout = 120)
{
    for (unsigned variant = 0; variant < 8; variant++) {
        bool dense = variant & 1;
        uint32_t rows = variant & 4 ? 300 : 60; /* more samples than features, and fewer */
        matrix x = dense ? problem_dense(rows, 80, 40) : problem_sparse(rows, 80, 40);
        matrix y = problem_targets(&x, 5, dense, 41);
        lasso_settings settings = problem_settings(LASSO_ABSOLUTE, 0, 0.5);
        settings.scale = variant & 2;
        judge_ridge(&x, &y, &settings, settings.tolerance);
        settings.max_rounds = 1;
        judge_ridge(&x, &y, &settings, INFINITY);
        if (variant < 2) {
            settings.max_rounds = 0;
            settings.method = LASSO_FISTA;
            judge_ridge(&x, &y, &settings, settings.tolerance);
        }
        matrix_release(&x);
        matrix_release(&y);
    }
}

/* Without a ridge, where no certificate says more than what is left of the target, that is told.
 */
Test(solver_edges, lambda_zero_ends, .timeout = 60)
{
    matrix x = problem_sparse(300, 80, 40);
    matrix y = problem_targets(&x, 5, false, 41);
    lasso_settings settings = problem_settings(LASSO_ABSOLUTE, 0, 0);
    solution s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_eq(s.report.unconverged, 5);
    cr_assert_eq(s.report.lambda, 0);
    for (uint32_t t = 0; t < s.count; t++)
        cr_assert_float_eq(s.result[t].gap, 1 - s.result[t].r2, 1e-9);
    solution_release(&s);
    s = problem_solve(&x, &x, &settings, NULL, 0); /* targets that are matched */
    for (uint32_t t = 0; t < s.count; t++)
        cr_assert(s.result[t].state != LASSO_UNCONVERGED, "target %u: gap %g", t, s.result[t].gap);
    solution_release(&s);
    settings = problem_settings(LASSO_OF_TARGET, 1e-9, 0);
    s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_eq(s.report.converged + s.report.unconverged + s.report.constant, 5);
    for (uint32_t t = 0; t < s.count; t++)
        cr_assert(isfinite(s.result[t].gap) && isfinite(s.result[t].r2));
    solution_release(&s);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_edges, budget_is_kept_and_told)
{
    matrix x = problem_sparse(300, 100, 42);
    matrix y = problem_targets(&x, 10, false, 43);
    for (unsigned fista = 0; fista < 2; fista++) {
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.01, 0);
        settings.tolerance = 1e-14;
        settings.max_rounds = 1;
        settings.method = fista ? LASSO_FISTA : LASSO_DESCENT;
        solution s = problem_solve(&x, &y, &settings, NULL, 0);
        cr_assert_gt(s.report.unconverged, 0);
        cr_assert_gt(s.report.worst_gap, 1e-14);
        for (uint32_t t = 0; t < s.count; t++)
            if (s.result[t].state == LASSO_UNCONVERGED)
                cr_assert_gt(s.result[t].gap, 1e-14);
        solution_release(&s);
    }
    matrix_release(&x);
    matrix_release(&y);
}

static void expect_refused(lasso_settings settings)
{
    error err;
    cr_assert_eq(lasso_settings_check(&settings, &err), STATUS_USAGE);
    cr_assert_neq(err.message[0], '\0');
}

Test(solver_edges, settings_that_make_no_sense)
{
    static const double wrong[] = {NAN, -1, INFINITY};
    error err;
    lasso_settings settings = lasso_defaults();
    cr_assert_eq(lasso_settings_check(&settings, &err), STATUS_OK);
    for (unsigned i = 0; i < 3; i++) {
        settings = lasso_defaults();
        settings.lambda = wrong[i];
        expect_refused(settings);
        settings = lasso_defaults();
        settings.ridge = wrong[i];
        expect_refused(settings);
        settings = lasso_defaults();
        settings.tolerance = wrong[i];
        expect_refused(settings);
    }
    settings = lasso_defaults();
    settings.tolerance = 0;
    expect_refused(settings);
    settings = lasso_defaults();
    settings.rule = (lasso_rule)9;
    expect_refused(settings);
    settings = lasso_defaults();
    settings.method = (lasso_method)9;
    expect_refused(settings);
}

Test(solver_edges, shapes_and_designs_that_do_not_fit)
{
    matrix x = problem_sparse(30, 10, 44);
    matrix y = problem_sparse(31, 4, 45);
    lasso_settings settings = lasso_defaults();
    lasso_design *design;
    lasso_report report;
    error err;
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    cr_assert_eq(lasso_solve(design, &y, NULL, 0, &settings, NULL, &report, &err), STATUS_USAGE);
    uint32_t target = 10;
    cr_assert_eq(lasso_solve(design, &x, &target, 1, &settings, NULL, &report, &err),
                 STATUS_USAGE);
    settings.ridge = 0.25;
    cr_assert_eq(lasso_solve(design, &x, NULL, 0, &settings, NULL, &report, &err), STATUS_USAGE);
    double lambda;
    double lambda_max;
    cr_assert_eq(lasso_choose_lambda(design, &x, &settings, NULL, &lambda, &lambda_max, &err),
                 STATUS_USAGE);
    lasso_design_free(design);
    lasso_design_free(NULL);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_edges, no_targets)
{
    matrix x = problem_sparse(30, 10, 46);
    lasso_settings settings = lasso_defaults();
    uint32_t none = 0;
    solution s = problem_solve(&x, &x, &settings, &none, 0);
    cr_assert_eq(s.report.targets, 0);
    cr_assert_not(s.report.stopped);
    solution_release(&s);
    matrix_release(&x);
}

/* A layer that sees few distinct inputs, as an embedding does: 400 samples of 40 kinds, and
 * features that are smooth in them, so that its columns are nearly dependent. Coordinate descent
 * alone leaves gaps of 1e-3 and more here. */
Test(edges, nearly_dependent_columns_still_converge)
{
    enum { ROWS = 400, KINDS = 40, COLS = 60, TARGETS = 12 };
    double *x = mem_zero(ROWS * COLS, sizeof *x);
    double *y = mem_zero(ROWS * TARGETS, sizeof *y);
    for (uint32_t i = 0; i < ROWS; i++) {
        double kind = i % KINDS;
        for (uint32_t k = 0; k < COLS; k++) {
            double distance = (kind - (double)k * KINDS / COLS) / 3;
            x[i * COLS + k] = exp(-distance * distance);
        }
        for (uint32_t t = 0; t < TARGETS; t++)
            y[i * TARGETS + t] = sin(kind * (t + 1) / 9) + 0.3 * cos(kind * kind);
    }
    matrix source = problem_literal(ROWS, COLS, false, x);
    matrix target = problem_literal(ROWS, TARGETS, false, y);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.001, 0);
    settings.tolerance = 1e-6;
    cr_expect_gt(expect_certified(&source, &target, settings), 0);
    matrix_release(&source);
    matrix_release(&target);
    free(x);
    free(y);
}
