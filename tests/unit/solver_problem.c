#include "tests/unit/solver_problem.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double generator_uniform(generator *g)
{
    uint64_t z = g->state += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return ((double)((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

double generator_normal(generator *g)
{
    double radius = sqrt(-2 * log(generator_uniform(g)));
    return radius * cos(6.283185307179586 * generator_uniform(g));
}

matrix problem_literal(uint32_t rows, uint32_t cols, bool dense, const double *values)
{
    matrix m;
    error err;
    cr_assert_eq(matrix_create(&m, rows, cols, dense, (uint64_t)rows * cols, &err), STATUS_OK);
    uint64_t at = 0;
    for (uint32_t k = 0; k < cols; k++) {
        if (!dense)
            m.col_start[k] = at;
        for (uint32_t i = 0; i < rows; i++) {
            double v = values[(size_t)i * cols + k];
            if (!dense && v == 0)
                continue;
            if (!dense)
                m.row[at] = i;
            m.value[at++] = (float)v;
        }
    }
    if (!dense)
        m.col_start[cols] = at;
    return m;
}

static double *causes(uint32_t rows, generator *g)
{
    double *cause = mem_alloc(rows * sizeof *cause);
    for (uint32_t i = 0; i < rows; i++)
        cause[i] = generator_uniform(g);
    return cause;
}

matrix problem_sparse(uint32_t rows, uint32_t cols, uint64_t seed)
{
    generator g = {seed};
    double *values = mem_zero((size_t)rows * cols, sizeof *values);
    double *cause = causes(rows, &g);
    for (uint32_t k = 0; k < cols; k++) {
        double rate = fmin(0.5, 0.03 * exp(1.2 * generator_normal(&g)));
        double where = generator_uniform(&g);
        double scale = exp(0.6 * generator_normal(&g));
        for (uint32_t i = 0; i < rows; i++) {
            double near = fabs(cause[i] - where) < 0.1 ? 4 : 0.5;
            if (generator_uniform(&g) < rate * near)
                values[(size_t)i * cols + k] = scale * exp(0.5 * generator_normal(&g));
        }
    }
    matrix m = problem_literal(rows, cols, false, values);
    free(values);
    free(cause);
    return m;
}

matrix problem_dense(uint32_t rows, uint32_t cols, uint64_t seed)
{
    generator g = {seed};
    double *values = mem_alloc((size_t)rows * cols * sizeof *values);
    double *cause = causes(rows, &g);
    for (uint32_t k = 0; k < cols; k++) {
        double mean = 3 * generator_normal(&g);
        double scale = exp(0.6 * generator_normal(&g));
        double load = generator_normal(&g);
        for (uint32_t i = 0; i < rows; i++)
            values[(size_t)i * cols + k] = mean + scale * (generator_normal(&g) + load * cause[i]);
    }
    matrix m = problem_literal(rows, cols, true, values);
    free(values);
    free(cause);
    return m;
}

matrix problem_targets(const matrix *x, uint32_t cols, bool dense, uint64_t seed)
{
    generator g = {seed};
    double *values = mem_zero((size_t)x->rows * cols, sizeof *values);
    for (uint32_t t = 0; t < cols; t++) {
        for (unsigned p = 0; p < 4; p++) {
            uint32_t k = (uint32_t)(generator_uniform(&g) * x->cols);
            double weight = generator_normal(&g);
            uint64_t start = x->dense ? (uint64_t)k * x->rows : x->col_start[k];
            uint64_t end = x->dense ? start + x->rows : x->col_start[k + 1];
            for (uint64_t e = start; e < end; e++) {
                uint32_t i = x->dense ? (uint32_t)(e - start) : x->row[e];
                values[(size_t)i * cols + t] += weight * (double)x->value[e];
            }
        }
        for (uint32_t i = 0; i < x->rows; i++) {
            double *v = &values[(size_t)i * cols + t];
            *v += 0.2 * generator_normal(&g) * (dense || *v != 0);
            if (!dense && *v < 0)
                *v = 0;
        }
    }
    matrix m = problem_literal(x->rows, cols, dense, values);
    free(values);
    return m;
}

static bool keep(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    solution *s = user;
    for (uint32_t i = 0; i < count; i++) {
        lasso_result *to = &s->result[first + i];
        *to = results[i];
        uint32_t *source = mem_alloc(to->parents * sizeof *source);
        double *weight = mem_alloc(to->parents * sizeof *weight);
        memcpy(source, results[i].source, to->parents * sizeof *source);
        memcpy(weight, results[i].weight, to->parents * sizeof *weight);
        to->source = source;
        to->weight = weight;
    }
    return true;
}

solution problem_solve(const matrix *x, const matrix *y, const lasso_settings *settings,
                       const uint32_t *targets, uint32_t count)
{
    solution s = {.count = targets ? count : y->cols};
    s.result = mem_zero(s.count, sizeof *s.result);
    lasso_design *design = NULL;
    error err = {0};
    cr_assert_eq(lasso_design_create(&design, x, settings, &err), STATUS_OK, "%s", err.message);
    lasso_hooks hooks = {.user = &s, .block = keep};
    cr_assert_eq(lasso_solve(design, y, targets, count, settings, &hooks, &s.report, &err),
                 STATUS_OK, "%s", err.message);
    lasso_design_free(design);
    cr_assert_eq(s.report.targets, s.count);
    return s;
}

void solution_release(solution *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free((void *)s->result[i].source);
        free((void *)s->result[i].weight);
    }
    free(s->result);
    *s = (solution){0};
}

void solution_expect_same(const solution *a, const solution *b)
{
    cr_assert_eq(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++) {
        const lasso_result *p = &a->result[i];
        const lasso_result *q = &b->result[i];
        cr_assert_eq(p->target, q->target);
        cr_assert_eq(p->state, q->state);
        cr_assert_eq(p->parents, q->parents, "target %u: %u and %u parents", p->target, p->parents,
                     q->parents);
        double one[5] = {p->lambda, p->lambda_max, p->intercept, p->r2, p->gap};
        double two[5] = {q->lambda, q->lambda_max, q->intercept, q->r2, q->gap};
        cr_assert_arr_eq(one, two, sizeof one, "target %u: another figure", p->target);
        cr_assert_arr_eq(p->source, q->source, p->parents * sizeof *p->source);
        cr_assert_arr_eq(p->weight, q->weight, p->parents * sizeof *p->weight,
                         "target %u: other weights", p->target);
    }
}

lasso_settings problem_settings(lasso_rule rule, double lambda, double ridge)
{
    lasso_settings s = lasso_defaults();
    s.rule = rule;
    s.lambda = lambda;
    s.ridge = ridge;
    s.threads = 1;
    s.tolerance = 1e-8;
    return s;
}
