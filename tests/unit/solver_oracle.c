/* Every target of random problems against the oracle: gap, optimality conditions, coefficients,
 * lambda_max, intercept and R2, for sparse and dense layers, with and without ridge and scale. */
#include "src/base/memory.h"
#include "tests/oracle/oracle.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>

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
