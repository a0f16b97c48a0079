/* Paths of lambdas: every point against the oracle, the same bits whatever threads, memory, blocks
 * and order, and what a path refuses. */
#include "src/base/memory.h"
#include "tests/oracle/oracle.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 7 };

/* All results, target by target and point by point, in the order asked for. */
static bool keep(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    solution *s = user;
    for (uint32_t i = 0; i < count * POINTS; i++) {
        lasso_result *to = &s->result[first * POINTS + i];
        *to = results[i];
        cr_assert_eq(to->point, i % POINTS);
        cr_assert_eq(to->target, results[i / POINTS * POINTS].target);
        uint32_t *source = mem_alloc(to->parents * sizeof *source);
        double *weight = mem_alloc(to->parents * sizeof *weight);
        memcpy(source, results[i].source, to->parents * sizeof *source);
        memcpy(weight, results[i].weight, to->parents * sizeof *weight);
        to->source = source;
        to->weight = weight;
    }
    return true;
}

static solution solve_path(const matrix *x, const matrix *y, const lasso_settings *settings,
                           const double *grid, const uint32_t *targets, uint32_t count)
{
    uint32_t asked = targets ? count : y->cols;
    solution s = {.count = asked * POINTS};
    s.result = mem_zero(s.count, sizeof *s.result);
    lasso_design *design = NULL;
    lasso_report report[POINTS];
    error err = {0};
    atomic_uint done = 0;
    cr_assert_eq(lasso_design_create(&design, x, settings, &err), STATUS_OK, "%s", err.message);
    lasso_hooks hooks = {.user = &s, .block = keep, .done = &done};
    cr_assert_eq(
        lasso_path(design, y, targets, count, settings, grid, POINTS, &hooks, report, &err),
        STATUS_OK, "%s", err.message);
    cr_assert_eq(done, asked);
    for (uint32_t p = 0; p < POINTS; p++) {
        uint64_t edges = 0;
        for (uint32_t i = 0; i < asked; i++)
            edges += s.result[i * POINTS + p].parents;
        cr_assert_eq(report[p].targets, asked);
        cr_assert_eq(report[p].edges, edges);
        cr_assert(!report[p].stopped);
    }
    lasso_design_free(design);
    return s;
}

static void make_grid(double *grid, double first, double last)
{
    for (uint32_t p = 0; p < POINTS; p++)
        grid[p] = first * pow(last / first, (double)p / (POINTS - 1));
}

/* Every point has the oracle's gap, and the parents and weights of a solve at its lambda. */
static void judge(const matrix *x, const matrix *y, const lasso_settings *settings,
                  const double *grid)
{
    solution s = solve_path(x, y, settings, grid, NULL, 0);
    oracle o = oracle_create(x, settings->ridge, settings->scale);
    double *target = mem_alloc(x->rows * sizeof *target);
    double *found = mem_alloc(x->cols * sizeof *found);
    double *expected = mem_alloc(x->cols * sizeof *expected);
    for (uint32_t p = 0; p < POINTS; p++) {
        lasso_settings one = *settings;
        one.lambda = grid[p];
        solution alone = problem_solve(x, y, &one, NULL, 0);
        for (uint32_t t = 0; t < y->cols; t++) {
            const lasso_result *r = &s.result[t * POINTS + p];
            const lasso_result *q = &alone.result[t];
            double mean;
            double sd;
            cr_assert_eq(r->state, q->state);
            cr_assert_float_eq(r->lambda, q->lambda, 1e-12 * q->lambda);
            cr_assert_eq(r->lambda_max, q->lambda_max);
            oracle_target(&o, y, t, target, &mean, &sd);
            if (sd == 0)
                continue;
            oracle_import(&o, sd, r->parents, r->source, r->weight, found);
            oracle_import(&o, sd, q->parents, q->source, q->weight, expected);
            double gap = oracle_gap(&o, target, r->lambda, found, NULL);
            cr_assert_leq(gap, settings->tolerance * 1.01, "target %u at %u: gap %g", t, p, gap);
            cr_assert_float_eq(gap, r->gap, 1e-11, "target %u at %u: gap %g, told %g", t, p, gap,
                               r->gap);
            for (uint32_t k = 0; k < x->cols && (settings->ridge > 0 || x->rows > x->cols); k++)
                cr_assert_float_eq(found[k] * o.sd[k], expected[k] * o.sd[k],
                                   3e-3 * (settings->scale ? 1 : sd), "target %u, source %u", t,
                                   k);
        }
        solution_release(&alone);
    }
    free(target);
    free(found);
    free(expected);
    oracle_release(&o);
    solution_release(&s);
}

static void expect_one_path(const matrix *x, const matrix *y, lasso_settings settings,
                            const double *grid)
{
    solution first = solve_path(x, y, &settings, grid, NULL, 0);
    static const struct {
        unsigned threads;
        uint64_t memory;
        uint32_t block;
    } ways[] = {{2, 0, 0}, {7, 0, 3}, {1, 1, 5}, {2, 4000, 1}, {1, 20000, 1000}};
    for (unsigned i = 0; i < sizeof ways / sizeof *ways; i++) {
        lasso_settings other = settings;
        other.threads = ways[i].threads;
        other.memory = ways[i].memory;
        other.block = ways[i].block;
        solution s = solve_path(x, y, &other, grid, NULL, 0);
        solution_expect_same(&first, &s);
        solution_release(&s);
    }
    uint32_t *order = mem_alloc(y->cols * sizeof *order);
    for (uint32_t i = 0; i < y->cols; i++)
        order[i] = (i * 7 + 3) % y->cols;
    solution shuffled = solve_path(x, y, &settings, grid, order, y->cols);
    for (uint32_t i = 0; i < y->cols; i++) {
        solution one = {.count = POINTS, .result = &first.result[order[i] * POINTS]};
        solution two = {.count = POINTS, .result = &shuffled.result[i * POINTS]};
        solution_expect_same(&one, &two);
    }
    solution_release(&shuffled);
    solution_release(&first);
    free(order);
}

Test(solver_path, sparse, .timeout = 300)
{
    matrix x = problem_sparse(400, 150, 81);
    matrix y = problem_targets(&x, 40, false, 82);
    for (uint64_t e = y.col_start[3]; e < y.col_start[4]; e++)
        y.value[e] = 0; /* one that is constant */
    double grid[POINTS];
    for (unsigned way = 0; way < 4; way++) {
        lasso_settings settings =
            problem_settings(way & 1 ? LASSO_OF_PAIR : LASSO_OF_TARGET, 0, way & 2 ? 2 : 0);
        settings.scale = way == 2;
        make_grid(grid, way & 1 ? 0.8 : 1.2, 0.01);
        judge(&x, &y, &settings, grid);
        expect_one_path(&x, &y, settings, grid);
    }
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_path, dense, .timeout = 300)
{
    matrix x = problem_dense(600, 50, 83);
    matrix y = problem_targets(&x, 40, true, 84);
    double grid[POINTS];
    for (unsigned way = 0; way < 3; way++) {
        lasso_settings settings =
            problem_settings(way == 1 ? LASSO_ABSOLUTE : LASSO_OF_TARGET, 0, way == 2 ? 1 : 0);
        make_grid(grid, 1, 0.01);
        judge(&x, &y, &settings, grid);
        expect_one_path(&x, &y, settings, grid);
    }
    matrix_release(&x);
    matrix_release(&y);
}

/* Steps so large that working sets multiply, and equal neighbours. */
Test(solver_path, odd_grids, .timeout = 300)
{
    static const double grid[POINTS] = {2, 1, 1, 0.3, 0.3, 0.002, 0.002};
    matrix x = problem_sparse(300, 60, 85);
    matrix y = problem_targets(&x, 20, true, 86);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0, 0.5);
    judge(&x, &y, &settings, grid);
    expect_one_path(&x, &y, settings, grid);
    matrix_release(&x);
    matrix_release(&y);
}

Test(solver_path, refuses)
{
    matrix x = problem_sparse(50, 10, 87);
    matrix y = problem_targets(&x, 3, false, 88);
    lasso_settings settings = problem_settings(LASSO_OF_TARGET, 0, 0);
    lasso_design *design;
    lasso_report report[2];
    error err;
    cr_assert_eq(lasso_design_create(&design, &x, &settings, &err), STATUS_OK);
    static const double bad[][2] = {{0.1, 0.2}, {0.1, -1}, {(double)NAN, 0}, {INFINITY, 0}};
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(lasso_path(design, &y, NULL, 0, &settings, bad[i], 2, NULL, report, &err),
                     STATUS_USAGE);
    static const double good[2] = {0.2, 0.1};
    cr_assert_eq(lasso_path(design, &y, NULL, 0, &settings, good, 2, NULL, report, &err),
                 STATUS_OK);
    cr_assert_eq(lasso_path(design, &y, NULL, 0, &settings, good, 0, NULL, report, &err),
                 STATUS_USAGE);
    settings.rule = LASSO_PARENTS;
    cr_assert_eq(lasso_path(design, &y, NULL, 0, &settings, good, 2, NULL, report, &err),
                 STATUS_USAGE);
    settings.rule = LASSO_OF_TARGET;
    settings.method = LASSO_FISTA;
    cr_assert_eq(lasso_path(design, &y, NULL, 0, &settings, good, 2, NULL, report, &err),
                 STATUS_USAGE);
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
}
