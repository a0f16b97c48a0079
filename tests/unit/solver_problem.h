/* Random problems for the solver's tests, and a way to keep what a solve returned. */
#ifndef TESTS_SOLVER_PROBLEM_H
#define TESTS_SOLVER_PROBLEM_H

#include "solver/lasso.h"

#include <criterion/criterion.h>

typedef struct generator {
    uint64_t state;
} generator;

double generator_uniform(generator *g);
double generator_normal(generator *g);

/* Some columns fire often, most rarely, with common causes; nonnegative. */
matrix problem_sparse(uint32_t rows, uint32_t cols, uint64_t seed);

/* The same, dense storage, signed, with means. */
matrix problem_dense(uint32_t rows, uint32_t cols, uint64_t seed);

/* Targets that depend on a few columns of x: dense storage or sparse. */
matrix problem_targets(const matrix *x, uint32_t cols, bool dense, uint64_t seed);

/* A matrix from values written out row by row (rows * cols), zeros not stored when sparse. */
matrix problem_literal(uint32_t rows, uint32_t cols, bool dense, const double *values);

/* Deep copies of all results of a solve, in the order asked for. */
typedef struct solution {
    lasso_report report;
    uint32_t count;
    lasso_result *result;
} solution;

/* Prepares the design, solves, keeps; fails the test on any error. targets NULL: all. */
solution problem_solve(const matrix *x, const matrix *y, const lasso_settings *settings,
                       const uint32_t *targets, uint32_t count);
void solution_release(solution *s);

/* Every result has the same bits. */
void solution_expect_same(const solution *a, const solution *b);

/* One thread, the given lambda rule, tolerance 1e-8. */
lasso_settings problem_settings(lasso_rule rule, double lambda, double ridge);

#endif
