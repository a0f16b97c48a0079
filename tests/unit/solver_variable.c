/* Target variables against the oracle: every point's gap recomputed from the data, objectives
 * against a plain proximal gradient, for all losses, storages, ridges and scales. */
#include "solver/variable.h"
#include "solver/variable_dense.h"
#include "tests/oracle/variable_oracle.h"
#include "tests/unit/solver_problem.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Values that follow a few columns of x, with noise. */
static double *make_values(const matrix *x, variable_kind kind, uint32_t classes, uint64_t seed)
{
    generator g = {seed};
    double *value = calloc(x->rows, sizeof *value);
    for (uint32_t k = 0; k < x->cols; k += 3) {
        double weight = generator_normal(&g);
        uint64_t start = x->dense ? (uint64_t)k * x->rows : x->col_start[k];
        uint64_t count = x->dense ? x->rows : x->col_start[k + 1] - start;
        for (uint64_t e = 0; e < count; e++)
            value[x->dense ? e : x->row[start + e]] += weight * (double)x->value[start + e];
    }
    for (uint32_t i = 0; i < x->rows; i++) {
        value[i] += generator_normal(&g);
        if (kind == VARIABLE_BINARY)
            value[i] = value[i] > 0.3;
        else if (kind == VARIABLE_CLASS) /* the first ones make sure that each class is there */
            value[i] =
                i < classes ? i : fmin(classes - 1, fmax(0, floor(value[i] + classes / 2.0)));
    }
    if (kind == VARIABLE_BINARY)
        value[0] = 1 - value[1];
    return value;
}

static void expand(const variable_path *path, uint32_t point, uint32_t cols, double *a)
{
    memset(a, 0, (size_t)path->outputs * cols * sizeof *a);
    const variable_point *p = &path->point[point];
    for (uint32_t w = 0; w < p->count; w++)
        a[(size_t)p->weight[w].output * cols + p->weight[w].feature] = p->weight[w].weight;
}

static void judge(const matrix *x, const variable *v, const variable_settings *settings)
{
    error err = {0};
    variable_path path;
    cr_assert_eq(variable_solve(x, v, settings, NULL, 0, NULL, NULL, &path, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(path.count, settings->points);
    variable_oracle o = variable_oracle_create(x, (oracle_loss)v->kind, v->classes, v->value,
                                               settings->ridge, settings->scale);
    double *a = calloc((size_t)path.outputs * x->cols, sizeof *a);
    double *b = calloc(path.outputs, sizeof *b);
    cr_expect_eq(path.point[0].features, settings->points > 1 ? 0 : path.point[0].features);
    for (uint32_t i = 0; i < path.count; i++) {
        const variable_point *p = &path.point[i];
        double balance;
        expand(&path, i, x->cols, a);
        double gap = variable_oracle_gap(&o, p->lambda, a, p->intercept, &balance);
        cr_assert(p->converged && p->gap <= settings->tolerance, "point %u: gap %g", i, p->gap);
        cr_assert_leq(gap, 1.5 * settings->tolerance, "point %u: gap %g, told %g", i, gap, p->gap);
        cr_assert_geq(gap, -1e-12);
        cr_assert_leq(balance, 1e-10, "point %u: residuals sum to %g", i, balance);
        if (settings->ridge == 0)
            cr_assert_float_eq(gap, p->gap, 1e-9, "point %u: gap %g, told %g", i, gap, p->gap);
        if (i > 0) {
            cr_assert_lt(p->lambda, path.point[i - 1].lambda);
            cr_assert_geq(p->explained, path.point[i - 1].explained - 1e-6);
        }
    }
    uint32_t last = path.count - 1;
    expand(&path, last, x->cols, a);
    double found =
        variable_oracle_objective(&o, path.point[last].lambda, a, path.point[last].intercept);
    double best = variable_oracle_solve(&o, path.point[last].lambda, 4000, a, b);
    cr_assert_leq(found, best + settings->tolerance * o.null, "%g above %g", found - best, best);
    cr_assert_geq(found, best - 1e-4 * o.null, "%g below %g", best - found, best);
    free(a);
    free(b);
    variable_oracle_release(&o);
    variable_path_release(&path);
}

static void judge_all(const matrix *x, double ridge, bool scale)
{
    for (variable_kind kind = VARIABLE_REAL; kind <= VARIABLE_CLASS; kind++) {
        uint32_t classes = kind == VARIABLE_CLASS ? 4 : 2;
        double *value = make_values(x, kind, classes, 5 + kind);
        variable v = {.kind = kind, .classes = classes, .rows = x->rows, .value = value};
        variable_settings settings = variable_defaults();
        settings.points = 8;
        settings.fraction = 0.05;
        settings.ridge = ridge;
        settings.scale = scale;
        judge(x, &v, &settings);
        free(value);
    }
}

Test(variable, sparse_layers)
{
    matrix x = problem_sparse(150, 30, 1);
    for (int way = 0; way < 4; way++)
        judge_all(&x, way & 1 ? 0.5 : 0, way & 2);
    matrix_release(&x);
}

Test(variable, dense_layers)
{
    matrix x = problem_dense(120, 20, 2);
    for (int way = 0; way < 4; way++)
        judge_all(&x, way & 1 ? 0.5 : 0, way & 2);
    matrix_release(&x);
}

Test(variable, more_features_than_samples)
{
    matrix x = problem_sparse(40, 120, 3);
    judge_all(&x, 0, false);
    judge_all(&x, 0.3, true);
    matrix_release(&x);
}

static void solve(const matrix *x, const variable *v, const variable_settings *settings,
                  variable_path *path)
{
    error err = {0};
    cr_assert_eq(variable_solve(x, v, settings, NULL, 0, NULL, NULL, path, &err), STATUS_OK, "%s",
                 err.message);
}

/* Columns that are the same, or constant, in all kinds of data. */
Test(variable, duplicate_and_constant_columns)
{
    enum { ROWS = 60, COLS = 6 };
    double values[ROWS * COLS];
    double y[ROWS];
    generator g = {7};
    for (int i = 0; i < ROWS; i++) {
        double z = fmax(0, generator_normal(&g));
        double row[COLS] = {z, z, 2 * z, 3.25, 0, fmax(0, generator_normal(&g))};
        memcpy(values + i * COLS, row, sizeof row);
        y[i] = z + 0.5 * generator_normal(&g) > 0.5;
    }
    for (int dense = 0; dense < 2; dense++) {
        matrix x = problem_literal(ROWS, COLS, dense, values);
        variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = ROWS, .value = y};
        variable_settings settings = variable_defaults();
        judge(&x, &v, &settings);
        variable_path path;
        solve(&x, &v, &settings, &path);
        for (uint32_t i = 0; i < path.count; i++)
            for (uint32_t w = 0; w < path.point[i].count; w++) {
                cr_expect_neq(path.point[i].weight[w].feature, 3);
                cr_expect_neq(path.point[i].weight[w].feature, 4);
            }
        variable_path_release(&path);
        matrix_release(&x);
    }
}

/* One feature tells the classes apart: without lambda the weight would be infinite. */
Test(variable, separable_classes_end_with_a_gap)
{
    enum { ROWS = 40 };
    double values[ROWS * 2];
    double y[ROWS];
    for (int i = 0; i < ROWS; i++) {
        y[i] = i % 2;
        values[2 * i] = y[i] * (1 + i % 5);
        values[2 * i + 1] = i % 7;
    }
    matrix x = problem_literal(ROWS, 2, false, values);
    for (variable_kind kind = VARIABLE_BINARY; kind <= VARIABLE_CLASS; kind++) {
        variable v = {.kind = kind, .classes = 2, .rows = ROWS, .value = y};
        variable_settings settings = variable_defaults();
        variable_path path;
        settings.fraction = 1e-6;
        solve(&x, &v, &settings, &path);
        for (uint32_t i = 0; i < path.count; i++) {
            cr_expect(isfinite(path.point[i].gap));
            cr_expect_leq(path.point[i].gap, settings.tolerance, "point %u: %g", i,
                          path.point[i].gap);
        }
        cr_expect_gt(path.point[path.count - 1].explained, 0.999);
        variable_path_release(&path);
    }
    matrix_release(&x);
}

Test(variable, a_class_of_one_sample)
{
    matrix x = problem_sparse(80, 12, 9);
    double *y = make_values(&x, VARIABLE_BINARY, 2, 3);
    y[17] = 2;
    variable v = {.kind = VARIABLE_CLASS, .classes = 3, .rows = x.rows, .value = y};
    variable_settings settings = variable_defaults();
    settings.points = 6;
    settings.fraction = 0.1;
    judge(&x, &v, &settings);
    free(y);
    matrix_release(&x);
}

Test(variable, a_constant_number_has_no_features)
{
    matrix x = problem_sparse(30, 5, 4);
    double y[30];
    for (int i = 0; i < 30; i++)
        y[i] = -2.5;
    variable v = {.kind = VARIABLE_REAL, .rows = 30, .value = y};
    variable_settings settings = variable_defaults();
    variable_path path;
    solve(&x, &v, &settings, &path);
    cr_expect(path.constant);
    cr_expect_eq(path.count, 1);
    cr_expect_eq(path.point[0].count, 0);
    cr_expect_eq(path.point[0].gap, 0);
    cr_expect_eq(path.point[0].intercept[0], -2.5);
    variable_path_release(&path);
    matrix_release(&x);
}

Test(variable, a_layer_of_constants_predicts_nothing)
{
    double values[20] = {0};
    double y[10] = {0, 1, 1, 0, 1, 1, 1, 0, 1, 1};
    matrix x = problem_literal(10, 2, false, values);
    variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = 10, .value = y};
    variable_settings settings = variable_defaults();
    variable_path path;
    solve(&x, &v, &settings, &path);
    cr_expect_eq(path.lambda_max, 0);
    variable_path_release(&path);
    matrix_release(&x);
}

/* The answer follows the units of the data, from the tiniest to the largest. */
Test(variable, any_units)
{
    static const double units[][2] = {{1, 1e-300}, {1, 1e300}, {1e30, 1}, {1e-30, 1}};
    double values[50 * 4];
    double y[50];
    double scaled[50 * 4];
    double scaled_y[50];
    generator g = {11};
    for (int i = 0; i < 50 * 4; i++)
        values[i] = (double)(float)fmax(0, generator_normal(&g));
    for (int i = 0; i < 50; i++)
        y[i] = values[4 * i] - values[4 * i + 2] + 0.2 * generator_normal(&g);
    variable_settings settings = variable_defaults();
    settings.scale = true;
    matrix x = problem_literal(50, 4, false, values);
    variable v = {.kind = VARIABLE_REAL, .rows = 50, .value = y};
    variable_path plain;
    solve(&x, &v, &settings, &plain);
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        for (int i = 0; i < 50 * 4; i++)
            scaled[i] = units[u][0] * values[i];
        for (int i = 0; i < 50; i++)
            scaled_y[i] = units[u][1] * y[i];
        matrix other = problem_literal(50, 4, false, scaled);
        variable w = {.kind = VARIABLE_REAL, .rows = 50, .value = scaled_y};
        variable_path path;
        solve(&other, &w, &settings, &path);
        const variable_point *a = &plain.point[19];
        const variable_point *b = &path.point[19];
        cr_assert_eq(a->count, b->count);
        cr_assert(b->converged);
        for (uint32_t k = 0; k < a->count; k++)
            cr_expect_float_eq(b->weight[k].weight * units[u][0] / units[u][1],
                               a->weight[k].weight, 1e-4);
        variable_path_release(&path);
        matrix_release(&other);
    }
    variable_path_release(&plain);
    matrix_release(&x);
}

Test(variable, the_same_bits_again)
{
    matrix x = problem_sparse(100, 25, 6);
    for (variable_kind kind = VARIABLE_REAL; kind <= VARIABLE_CLASS; kind++) {
        double *y = make_values(&x, kind, 3, 8);
        variable v = {.kind = kind, .classes = 3, .rows = x.rows, .value = y};
        variable_settings settings = variable_defaults();
        variable_path one;
        variable_path two;
        if (kind == VARIABLE_BINARY)
            v.classes = 2;
        solve(&x, &v, &settings, &one);
        solve(&x, &v, &settings, &two);
        for (uint32_t i = 0; i < one.count; i++) {
            cr_assert_eq(one.point[i].count, two.point[i].count);
            cr_assert_eq(memcmp(&one.point[i].gap, &two.point[i].gap, sizeof(double)), 0);
            for (uint32_t w = 0; w < one.point[i].count; w++)
                cr_assert_eq(memcmp(&one.point[i].weight[w].weight, &two.point[i].weight[w].weight,
                                    sizeof(double)),
                             0);
        }
        variable_path_release(&one);
        variable_path_release(&two);
        free(y);
    }
    matrix_release(&x);
}

/* A point does not depend on the points before it. */
Test(variable, one_lambda_is_a_point_of_the_path)
{
    matrix x = problem_sparse(100, 25, 6);
    double *y = make_values(&x, VARIABLE_BINARY, 2, 8);
    variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = x.rows, .value = y};
    variable_settings settings = variable_defaults();
    settings.tolerance = 1e-10;
    variable_path all;
    variable_path one;
    error err;
    solve(&x, &v, &settings, &all);
    cr_assert_eq(
        variable_solve(&x, &v, &settings, &all.point[15].lambda, 1, NULL, NULL, &one, &err),
        STATUS_OK);
    cr_assert_eq(one.point[0].count, all.point[15].count);
    for (uint32_t w = 0; w < one.point[0].count; w++)
        cr_expect_float_eq(one.point[0].weight[w].weight, all.point[15].weight[w].weight, 1e-4);
    variable_path_release(&all);
    variable_path_release(&one);
    free(y);
    matrix_release(&x);
}

Test(variable, cancelled)
{
    matrix x = problem_sparse(100, 25, 6);
    double *y = make_values(&x, VARIABLE_CLASS, 3, 8);
    variable v = {.kind = VARIABLE_CLASS, .classes = 3, .rows = x.rows, .value = y};
    variable_settings settings = variable_defaults();
    variable_path path;
    error err;
    atomic_bool cancel = true;
    cr_expect_eq(variable_solve(&x, &v, &settings, NULL, 0, &cancel, NULL, &path, &err),
                 STATUS_INTERRUPTED);
    cr_expect_null(path.point);
    free(y);
    matrix_release(&x);
}

static void expect_refusal(const matrix *x, variable v, variable_settings settings,
                           const double *lambda, uint32_t count, status code, const char *part)
{
    error err = {0};
    variable_path path;
    cr_expect_eq(variable_solve(x, &v, &settings, lambda, count, NULL, NULL, &path, &err), code,
                 "expected '%s': %s", part, err.message);
    cr_expect(strstr(err.message, part) != NULL, "expected '%s': %s", part, err.message);
}

Test(variable, refusals)
{
    matrix x = problem_sparse(20, 5, 4);
    double y[20] = {0, 1, 0, 1};
    variable_settings good = variable_defaults();
    variable_settings bad;
    variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = 20, .value = y};
    static const double rising[] = {0.1, 0.2};
    static const double zero[] = {0};

#define REFUSED(field, what, part)                                                                \
    bad = good;                                                                                   \
    bad.field = what;                                                                             \
    expect_refusal(&x, v, bad, NULL, 0, STATUS_USAGE, part)
    REFUSED(points, 0, "path of 0 points");
    REFUSED(fraction, 0, "lambda 0 of its maximum");
    REFUSED(fraction, 1.5, "lambda 1.5");
    REFUSED(fraction, (double)NAN, "lambda nan");
    REFUSED(ridge, -1, "ridge -1");
    REFUSED(tolerance, 0, "tolerance 0");
    expect_refusal(&x, v, good, rising, 2, STATUS_USAGE, "lambda 0.2");
    expect_refusal(&x, v, good, zero, 1, STATUS_USAGE, "lambda 0");

    v.rows = 19;
    expect_refusal(&x, v, good, NULL, 0, STATUS_USAGE, "19 samples, expected 20");
    v.rows = 20;
    v.kind = VARIABLE_CLASS;
    v.classes = 3;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "class 2 has no samples");
    v.classes = 1;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "1 class, expected at least 2");
    v.kind = VARIABLE_BINARY;
    y[7] = 7.5;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "sample 7: class 7.5");
    y[7] = (double)NAN;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "sample 7");
    v.kind = VARIABLE_REAL;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "sample 7: the value is not finite");
    for (int i = 0; i < 20; i++)
        y[i] = 1;
    v.kind = VARIABLE_BINARY;
    expect_refusal(&x, v, good, NULL, 0, STATUS_INPUT, "class 0 has no samples");
    matrix_release(&x);
}

/* Every machine's loops against plain sums, at lengths that leave a rest. */
Test(variable, dense_loops)
{
    enum { MOST = 70 };
    float z[MOST];
    double v[MOST];
    double w[MOST];
    generator g = {13};
    for (int i = 0; i < MOST; i++) {
        z[i] = (float)generator_normal(&g);
        v[i] = generator_normal(&g);
        w[i] = generator_uniform(&g);
    }
    for (const dense_loops *const *loops = dense_loops_all(); *loops; loops++)
        for (size_t count = 0; count <= MOST; count++) {
            double sum = 0;
            double r[MOST];
            memcpy(r, v, sizeof r);
            for (size_t i = 0; i < count; i++)
                sum += (double)z[i] * v[i];
            cr_expect_float_eq((*loops)->dot(z, v, count), sum, 1e-13, "%s", (*loops)->name);
            (*loops)->subtract(r, z, w, 0.7, count);
            for (size_t i = 0; i < MOST; i++)
                cr_expect_float_eq(r[i], v[i] - (i < count ? 0.7 * (double)z[i] * w[i] : 0), 1e-14,
                                   "%s", (*loops)->name);
        }
}
