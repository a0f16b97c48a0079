/* Results do not depend, to the last bit, on threads, memory, blocks or the order of targets. */
#include "solver/design.h"
#include "solver/gram_dense.h"
#include "src/base/memory.h"
#include "tests/unit/solver_problem.h"

#include <stdlib.h>
#include <string.h>

static void expect_one_result(const matrix *x, const matrix *y, lasso_settings settings)
{
    solution first = problem_solve(x, y, &settings, NULL, 0);
    static const unsigned threads[] = {2, 7};
    static const uint64_t memories[] = {1, 400, 4000, 20000};
    static const uint32_t blocks[] = {1, 5, 1000};
    for (unsigned i = 0; i < 2; i++) {
        lasso_settings other = settings;
        other.threads = threads[i];
        other.block = 3;
        solution s = problem_solve(x, y, &other, NULL, 0);
        solution_expect_same(&first, &s);
        solution_release(&s);
    }
    for (unsigned i = 0; i < 4; i++) {
        lasso_settings other = settings;
        other.memory = memories[i];
        solution s = problem_solve(x, y, &other, NULL, 0);
        solution_expect_same(&first, &s);
        solution_release(&s);
    }
    for (unsigned i = 0; i < 3; i++) {
        lasso_settings other = settings;
        other.block = blocks[i];
        solution s = problem_solve(x, y, &other, NULL, 0);
        solution_expect_same(&first, &s);
        solution_release(&s);
    }
    uint32_t *order = mem_alloc(y->cols * sizeof *order);
    for (uint32_t i = 0; i < y->cols; i++)
        order[i] = (i * 7 + 3) % y->cols;
    solution shuffled = problem_solve(x, y, &settings, order, y->cols);
    for (uint32_t i = 0; i < y->cols; i++) {
        solution one = {.count = 1, .result = &first.result[order[i]]};
        solution two = {.count = 1, .result = &shuffled.result[i]};
        solution_expect_same(&one, &two);
    }
    solution alone = problem_solve(x, y, &settings, order, 1);
    solution one = {.count = 1, .result = &first.result[order[0]]};
    solution_expect_same(&one, &alone);
    solution_release(&alone);
    solution_release(&shuffled);
    solution_release(&first);
    free(order);
}

Test(solver_same_bits, sparse)
{
    matrix x = problem_sparse(400, 150, 21);
    matrix y = problem_targets(&x, 40, false, 22);
    expect_one_result(&x, &y, problem_settings(LASSO_OF_TARGET, 0.05, 0));
    expect_one_result(&x, &y, problem_settings(LASSO_OF_PAIR, 0.01, 2));
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_same_bits, dense)
{
    matrix x = problem_dense(1300, 50, 23);
    matrix y = problem_targets(&x, 20, true, 24);
    expect_one_result(&x, &y, problem_settings(LASSO_OF_TARGET, 0.05, 0));
    expect_one_result(&x, &y, problem_settings(LASSO_PARENTS, 4, 2));
    matrix_release(&x);
    matrix_release(&y);
}

/* More targets than share a pass, by one and by many, and more features than a panel holds. */
Test(solver_same_bits, dense_batches, .timeout = 300)
{
    static const uint32_t targets[] = {1, 7, 32, 33, 64, 65};
    for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++) {
        matrix x = problem_dense(1100, i % 2 ? 101 : 13, 30 + i);
        matrix y = problem_targets(&x, targets[i], true, 40 + i);
        expect_one_result(&x, &y, problem_settings(LASSO_OF_TARGET, 0.03, i % 2 ? 2 : 0));
        matrix_release(&x);
        matrix_release(&y);
    }
}

/* A table filled at once has the bits of one filled row by row, whatever the threads. */
Test(solver_same_bits, dense_table)
{
    static const uint32_t widths[] = {2, 5, 95, 96, 97, 205};
    for (unsigned i = 0; i < sizeof widths / sizeof *widths; i++) {
        matrix x = problem_dense(1030, widths[i], 50 + i);
        for (uint32_t k = 0; k < x.rows; k++) /* out of float's range when squared */
            x.value[k] *= 1e-25F;
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
        error err;
        lasso_design *rows;
        lasso_design *whole;
        cr_assert_eq(lasso_design_create(&rows, &x, &settings, &err), STATUS_OK);
        cr_assert_eq(lasso_design_create(&whole, &x, &settings, &err), STATUS_OK);
        uint32_t size = rows->size;
        uint32_t *all = mem_alloc(size * sizeof *all);
        float *one = mem_alloc(size * sizeof *one);
        float *two = mem_alloc(size * sizeof *two);
        double *scratch = mem_zero(size, sizeof *scratch);
        for (uint32_t k = 0; k < size; k++)
            all[k] = k;
        gram_row(whole, size / 2, all, size, two, scratch); /* some rows are there already */
        gram_dense_fill(whole, 1 + i % 3, NULL);
        for (uint32_t k = 0; k < size; k++) {
            cr_assert_eq(whole->gram.use[k], 255);
            gram_row(rows, k, all, size, one, scratch);
            const float *row = gram_whole_row(whole, k, all, two, scratch);
            cr_assert_arr_eq(one, row, size * sizeof *one, "%u wide, row %u", widths[i], k);
        }
        free(all);
        free(one);
        free(two);
        free(scratch);
        lasso_design_free(rows);
        lasso_design_free(whole);
        matrix_release(&x);
    }
}

Test(solver_same_bits, mixed)
{
    matrix x = problem_sparse(400, 150, 25);
    matrix y = problem_targets(&x, 24, true, 26);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.05, 0);
    settings.scale = true;
    expect_one_result(&x, &y, settings);
    matrix_release(&x);
    matrix_release(&y);
}

/* The table and what is computed on the fly, entry by entry. */
Test(solver_same_bits, gram_entries)
{
    for (unsigned dense = 0; dense < 2; dense++) {
        matrix x = dense ? problem_dense(1100, 60, 27) : problem_sparse(500, 200, 28);
        lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
        error err;
        lasso_design *whole;
        cr_assert_eq(lasso_design_create(&whole, &x, &settings, &err), STATUS_OK);
        cr_assert_eq(whole->gram.hot, whole->size);
        settings.memory = 1;
        lasso_design *none;
        cr_assert_eq(lasso_design_create(&none, &x, &settings, &err), STATUS_OK);
        cr_assert_eq(none->gram.hot, 0);
        uint32_t size = whole->size;
        uint32_t *all = mem_alloc(size * sizeof *all);
        float *one = mem_alloc(size * sizeof *one);
        float *two = mem_alloc(size * sizeof *two);
        double *scratch = mem_zero(size, sizeof *scratch);
        for (uint32_t k = 0; k < size; k++)
            all[k] = k;
        for (uint32_t k = 0; k < size; k++) {
            gram_row(whole, k, all, size, one, scratch);
            gram_row(none, k, all, size, two, scratch);
            cr_assert_arr_eq(one, two, size * sizeof *one, "row %u", k);
            cr_assert_eq(one[k], 1);
            for (uint32_t j = 0; j < size; j++) { /* few at a time: another way inside */
                gram_row(none, k, &all[j], 1, two, scratch);
                cr_assert_eq(one[j], two[0]);
            }
        }
        free(all);
        free(one);
        free(two);
        free(scratch);
        lasso_design_free(whole);
        lasso_design_free(none);
        matrix_release(&x);
    }
}
