/* Results do not depend, to the last bit, on threads, memory, blocks or the order of targets. */
#include "solver/design.h"
#include "solver/gram_dense.h"
#include "solver/gram_set.h"
#include "src/base/memory.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
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
    static const uint32_t targets[] = {1, 7, 64, 65, 96, 97};
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
        for (uint32_t k = 0; k < size; k++)
            all[k] = k;
        gram_row(whole, size / 2, all, size, two); /* some rows are there already */
        gram_dense_fill(whole, 1 + i % 3, NULL);
        for (uint32_t k = 0; k < size; k++) {
            cr_assert_neq(whole->gram.use[k], 0);
            gram_row(rows, k, all, size, one);
            const float *row = gram_whole_row(whole, k, all, two);
            cr_assert_arr_eq(one, row, size * sizeof *one, "%u wide, row %u", widths[i], k);
        }
        free(all);
        free(one);
        free(two);
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

static lasso_design *design_with(const matrix *x, uint64_t memory)
{
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0.1, 0);
    settings.memory = memory;
    lasso_design *design;
    error err;
    cr_assert_eq(lasso_design_create(&design, x, &settings, &err), STATUS_OK);
    return design;
}

/* The table of a dense layer and what is computed on the fly, entry by entry. */
Test(solver_same_bits, dense_entries)
{
    matrix x = problem_dense(1100, 60, 27);
    lasso_design *whole = design_with(&x, 0);
    lasso_design *none = design_with(&x, 1);
    cr_assert_eq(whole->gram.hot, whole->size);
    cr_assert_eq(none->gram.hot, 0);
    uint32_t size = whole->size;
    uint32_t all[60];
    float one[60];
    float two[60];
    for (uint32_t k = 0; k < size; k++)
        all[k] = k;
    for (uint32_t k = 0; k < size; k++) {
        gram_row(whole, k, all, size, one);
        gram_row(none, k, all, size, two);
        cr_assert_arr_eq(one, two, size * sizeof *one, "row %u", k);
        cr_assert_eq(one[k], 1);
        for (uint32_t j = 0; j < size; j++) { /* few at a time: another way inside */
            gram_row(none, k, &all[j], 1, two);
            cr_assert_eq(one[j], two[0]);
        }
    }
    lasso_design_free(whole);
    lasso_design_free(none);
    matrix_release(&x);
}

/* <p, q> of columns of a sparse layer, written out. */
static double entry_of(const lasso_design *design, uint32_t p, uint32_t q)
{
    const matrix *x = design->x;
    long double moment[5] = {0};
    for (uint32_t i = 0; i < x->rows; i++) {
        long double v[2] = {0};
        for (unsigned c = 0; c < 2; c++) {
            uint32_t k = design->column[c ? q : p];
            for (uint64_t e = x->col_start[k]; e < x->col_start[k + 1]; e++)
                if (x->row[e] == i)
                    v[c] = (long double)x->value[e];
        }
        moment[0] += v[0];
        moment[1] += v[1];
        moment[2] += v[0] * v[0];
        moment[3] += v[1] * v[1];
        moment[4] += v[0] * v[1];
    }
    long double rows = x->rows;
    return (double)((moment[4] - moment[0] * moment[1] / rows) /
                    sqrtl((moment[2] - moment[0] * moment[0] / rows) *
                          (moment[3] - moment[1] * moment[1] / rows)));
}

/* The matrix of a working set of a sparse layer that is wider than its table: right, and the same
 * whatever the table holds. */
Test(solver_same_bits, working_set, .timeout = 300)
{
    matrix x = problem_sparse(150, 1400, 28);
    lasso_design *whole = design_with(&x, 0);
    lasso_design *some = design_with(&x, 400 * 4096);
    lasso_design *none = design_with(&x, 1);
    cr_assert_gt(whole->size, whole->gram.width + 50);
    cr_assert_eq(whole->gram.hot, whole->size);
    cr_assert_eq(some->gram.hot, 400);
    cr_assert_eq(none->gram.hot, 0);
    lasso_design *const design[] = {whole, some, none};
    gram_set set[3];
    error err;
    for (unsigned d = 0; d < 3; d++)
        cr_assert_eq(gram_set_create(&set[d], design[d], &err), STATUS_OK);
    generator g = {29};
    for (unsigned turn = 0; turn < 40; turn++) { /* the more often, the more the table holds */
        uint32_t rank[90];
        uint32_t size = 0;
        for (uint32_t k = (uint32_t)(30 * generator_uniform(&g)); k < whole->size && size < 90;
             k += 1 + (uint32_t)(30 * generator_uniform(&g)))
            rank[size++] = k;
        for (unsigned d = 0; d < 3; d++)
            cr_assert(gram_set_form(&set[d], design[d], rank, size));
        for (uint32_t j = 0; j < size; j++)
            for (unsigned d = 1; d < 3; d++)
                cr_assert_arr_eq(set[0].matrix + j * set[0].stride,
                                 set[d].matrix + j * set[d].stride, size * sizeof(float));
        for (uint32_t j = 0; turn == 39 && j < size; j += 7)
            for (uint32_t k = 0; k < size; k++)
                cr_assert_float_eq(set[0].matrix[j * set[0].stride + k],
                                   entry_of(whole, rank[j], rank[k]), 1e-6, "%u and %u", rank[j],
                                   rank[k]);
    }
    for (unsigned d = 0; d < 3; d++) {
        gram_set_release(&set[d]);
        lasso_design_free(design[d]);
    }
    matrix_release(&x);
}
