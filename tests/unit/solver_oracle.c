/* Every target of random problems against the oracle: gap, optimality conditions, coefficients,
 * lambda_max, intercept and R2, for sparse and dense layers, with and without ridge and scale. */
#include "solver/descent_wide.h"
#include "src/base/memory.h"
#include "tests/oracle/oracle.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void judge(const matrix *x, const matrix *y, const lasso_settings *settings)
{
    solution s = problem_solve(x, y, settings, NULL, 0);
    oracle o = oracle_create(x, settings->ridge, settings->scale);
    double *target = mem_alloc(x->rows * sizeof *target);
    double *found = mem_alloc(x->cols * sizeof *found);
    double *expected = mem_alloc(x->cols * sizeof *expected);
    for (uint32_t t = 0; t < s.count; t++) {
        const lasso_result *r = &s.result[t];
        double mean;
        double sd;
        oracle_target(&o, y, t, target, &mean, &sd);
        double lambda_max = oracle_lambda_max(&o, target);
        cr_assert_float_eq(r->lambda_max, lambda_max, 1e-9 * lambda_max, "target %u", t);
        oracle_import(&o, sd, r->parents, r->source, r->weight, found);
        double kkt;
        double gap = oracle_gap(&o, target, r->lambda, found, &kkt);
        cr_assert_eq(r->state, sd > 0 ? LASSO_CONVERGED : LASSO_CONSTANT);
        cr_assert_leq(gap, settings->tolerance * 1.01, "target %u: gap %g", t, gap);
        cr_assert_float_eq(gap, r->gap, 1e-11, "target %u: gap %g, told %g", t, gap, r->gap);
        cr_assert_leq(kkt, 2e-2, "target %u: optimality broken by %g", t, kkt);

        double intercept = mean;
        for (uint32_t j = 0; j < r->parents; j++) {
            cr_assert_neq(r->weight[j], 0);
            cr_assert(j == 0 || r->source[j] > r->source[j - 1]);
            intercept -= r->weight[j] * o.mean[r->source[j]];
        }
        cr_assert_float_eq(r->intercept, intercept, 1e-9 * (1 + fabs(intercept)));
        if (settings->ridge == 0 && x->rows <= x->cols)
            continue; /* the minimiser need not be unique */
        oracle_solve(&o, target, r->lambda, 1e-13, 20000, expected);
        for (uint32_t k = 0; k < x->cols; k++)
            cr_assert_float_eq(found[k] * o.sd[k], expected[k] * o.sd[k],
                               3e-3 * (settings->scale ? 1 : sd), "target %u, source %u", t, k);
    }
    free(target);
    free(found);
    free(expected);
    oracle_release(&o);
    solution_release(&s);
}

static void judge_all_settings(const matrix *x, const matrix *y)
{
    static const double fractions[] = {0.5, 0.1, 0.02};
    for (unsigned f = 0; f < 3; f++) {
        for (unsigned variant = 0; variant < 4; variant++) {
            lasso_settings settings =
                problem_settings(LASSO_OF_TARGET, fractions[f], variant & 1 ? 2 : 0);
            settings.scale = (variant & 2) != 0;
            judge(x, y, &settings);
        }
    }
}

Test(solver_oracle, sparse)
{
    matrix x = problem_sparse(300, 80, 1);
    matrix y = problem_targets(&x, 25, false, 2);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_oracle, dense)
{
    matrix x = problem_dense(203, 41, 3);
    matrix y = problem_targets(&x, 21, true, 4);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

/* More targets than share a pass, more samples than a block of it, more features than a panel. */
Test(solver_oracle, dense_over_all_blocks, .timeout = 300)
{
    matrix x = problem_dense(1037, 103, 19);
    matrix y = problem_targets(&x, 98, true, 20);
    for (unsigned variant = 0; variant < 4; variant++) {
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, variant & 1 ? 2 : 0);
        settings.scale = (variant & 2) != 0;
        settings.threads = 2;
        judge(&x, &y, &settings);
    }
    matrix_release(&x);
    matrix_release(&y);
}

/* Too wide for gradients from inner products: a pass for every round. */
Test(solver_oracle, very_wide_dense, .timeout = 300)
{
    matrix x = problem_dense(60, 8200, 29);
    matrix y = problem_targets(&x, 3, true, 30);
    for (unsigned variant = 0; variant < 2; variant++) {
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.3, variant & 1 ? 2 : 0);
        judge(&x, &y, &settings);
    }
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_oracle, sparse_source_dense_target)
{
    matrix x = problem_sparse(150, 60, 5);
    matrix y = problem_targets(&x, 11, true, 6);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_oracle, dense_source_sparse_target)
{
    matrix x = problem_dense(120, 30, 7);
    matrix y = problem_targets(&x, 9, false, 8);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_oracle, fewer_samples_than_features)
{
    matrix x = problem_sparse(60, 200, 9);
    matrix y = problem_targets(&x, 20, false, 10);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
    x = problem_dense(40, 90, 11);
    y = problem_targets(&x, 10, true, 12);
    judge_all_settings(&x, &y);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_oracle, fista_agrees_with_descent)
{
    matrix x = problem_sparse(200, 50, 13);
    matrix y = problem_targets(&x, 12, false, 14);
    for (unsigned variant = 0; variant < 4; variant++) {
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, variant & 1 ? 2 : 0);
        settings.scale = (variant & 2) != 0;
        settings.tolerance = 1e-10;
        solution descent = problem_solve(&x, &y, &settings, NULL, 0);
        settings.method = LASSO_FISTA;
        judge(&x, &y, &settings);
        solution fista = problem_solve(&x, &y, &settings, NULL, 0);
        for (uint32_t t = 0; t < y.cols; t++) {
            cr_assert_eq(fista.result[t].lambda_max, fista.result[t].lambda_max);
            cr_assert_float_eq(fista.result[t].r2, descent.result[t].r2, 1e-6);
        }
        solution_release(&descent);
        solution_release(&fista);
    }
    matrix_release(&x);
    matrix_release(&y);
}

/* The inner solver that very large working sets get, by itself. */
static void judge_wide(const matrix *x, const matrix *y, bool scale)
{
    lasso_settings settings = problem_settings(LASSO_ABSOLUTE, 1e-3, 1);
    settings.scale = scale;
    lasso_design *design;
    error err;
    cr_assert_eq(lasso_design_create(&design, x, &settings, &err), STATUS_OK);
    oracle o = oracle_create(x, settings.ridge, scale);
    double *target = mem_alloc(x->rows * sizeof *target);
    double *r = mem_alloc(x->rows * sizeof *r);
    double *u = mem_alloc(x->cols * sizeof *u);
    double *a = mem_zero(x->cols, sizeof *a);
    uint32_t *all = mem_alloc(x->cols * sizeof *all);
    for (uint32_t k = 0; k < design->size; k++)
        all[k] = k;
    for (uint32_t t = 0; t < y->cols; t++) {
        double mean;
        double sd;
        oracle_target(&o, y, t, target, &mean, &sd);
        double lambda = 0.01 * oracle_lambda_max(&o, target);
        column_moments moments = column_measure(y, t);
        memset(u, 0, x->cols * sizeof *u);
        candidate c = {.y = y, .column = t, .moments = &moments, .size = design->size};
        c.rank = all;
        c.u = u;
        for (unsigned round = 0; round < 200; round++)
            descent_wide(design, &c, u, x->rows * lambda * (scale ? sd : 1), r, NULL);
        for (uint32_t j = 0; j < design->size; j++) {
            double weight = candidate_weight(design, &c, j);
            uint32_t k = design->column[j];
            a[k] = scale ? weight * o.sd[k] / sd : weight;
        }
        cr_assert_leq(oracle_gap(&o, target, lambda, a, NULL), 1e-9, "target %u", t);
    }
    free(target);
    free(r);
    free(u);
    free(a);
    free(all);
    oracle_release(&o);
    lasso_design_free(design);
}

Test(solver_oracle, wide_descent)
{
    for (unsigned variant = 0; variant < 4; variant++) {
        bool dense = variant & 1;
        matrix x = dense ? problem_dense(90, 30, 15) : problem_sparse(90, 30, 15);
        matrix y = problem_targets(&x, 6, dense, 16);
        judge_wide(&x, &y, variant & 2);
        matrix_release(&x);
        matrix_release(&y);
    }
}

/* More members than a Gram matrix is made for: the whole way through the wide descent. */
Test(solver_oracle, thousands_of_parents, .timeout = 120)
{
    matrix x = problem_dense(30, 4300, 17);
    matrix y = problem_targets(&x, 1, true, 18);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 1e-3, 300);
    settings.tolerance = 1e-7;
    solution s = problem_solve(&x, &y, &settings, NULL, 0);
    cr_assert_gt(s.result[0].parents, 4096);
    solution_release(&s);
    judge(&x, &y, &settings);
    matrix_release(&x);
    matrix_release(&y);
}
