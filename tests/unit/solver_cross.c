/* Cross-validation: held-out errors recomputed the long way, any number of threads, and what
 * becomes of it when samples of one document sit on both sides. */
#include "solver/cross.h"
#include "solver/subset.h"
#include "tests/unit/solver_problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 90, COLS = 10, FOLDS = 3 };

static uint32_t fold[ROWS];
static cross_folds folds = {fold, FOLDS};
static matrix x;
static double real[ROWS], class[ROWS];

static void make(void)
{
    generator g = {21};
    x = problem_sparse(ROWS, COLS, 4);
    for (uint32_t i = 0; i < ROWS; i++) {
        fold[i] = i / 5 % FOLDS;
        real[i] = generator_normal(&g);
    }
    for (uint32_t k = 0; k < 3; k++)
        for (uint64_t e = x.col_start[k]; e < x.col_start[k + 1]; e++)
            real[x.row[e]] += (double)x.value[e];
    for (uint32_t i = 0; i < ROWS; i++)
        class[i] = real[i] < 0 ? 0 : real[i] < 1 ? 1 : 2;
}

static void unmake(void)
{
    matrix_release(&x);
}

TestSuite(cross, .init = make, .fini = unmake);

static double entry(const matrix *m, uint32_t i, uint32_t k)
{
    for (uint64_t e = m->col_start[k]; e < m->col_start[k + 1]; e++)
        if (m->row[e] == i)
            return (double)m->value[e];
    return 0;
}

/* Minus twice the log-likelihood, or the squared error, of sample i. */
static double error_of(const variable *v, const variable_point *p, uint32_t i)
{
    double eta[4] = {0};
    uint32_t outputs = variable_outputs(v);
    for (uint32_t c = 0; c < outputs; c++)
        eta[c] = p->intercept[c];
    for (uint32_t w = 0; w < p->count; w++)
        eta[p->weight[w].output] += p->weight[w].weight * entry(&x, i, p->weight[w].feature);
    if (v->kind == VARIABLE_REAL)
        return pow(v->value[i] - eta[0], 2);
    double sum = 0;
    for (uint32_t c = 0; c < outputs; c++)
        sum += exp(eta[c]);
    return -2 * log(exp(eta[(uint32_t)v->value[i]]) / sum);
}

/* Mean held-out error of each fold at one lambda: its own subset, its own fit, its own score. */
static void long_way(const variable *v, const variable_settings *settings, double lambda,
                     double expected[FOLDS])
{
    for (uint32_t f = 0; f < FOLDS; f++) {
        uint8_t keep[ROWS];
        double value[ROWS];
        variable part = *v;
        part.rows = 0;
        part.value = value;
        for (uint32_t i = 0; i < ROWS; i++) {
            keep[i] = fold[i] != f;
            if (keep[i])
                value[part.rows++] = v->value[i];
        }
        matrix train;
        variable_path path;
        error err = {0};
        cr_assert_eq(subset_rows(&x, keep, &train, &err), STATUS_OK);
        cr_assert_eq(variable_solve(&train, &part, settings, &lambda, 1, NULL, NULL, &path, &err),
                     STATUS_OK, "%s", err.message);
        expected[f] = 0;
        for (uint32_t i = 0; i < ROWS; i++)
            if (!keep[i])
                expected[f] += error_of(v, &path.point[0], i) / (ROWS - part.rows);
        variable_path_release(&path);
        matrix_release(&train);
    }
}

static cross_curve run(const variable *v, const variable_settings *settings, const double *lambda,
                       uint32_t count, unsigned threads)
{
    cross_curve curve;
    error err = {0};
    cr_assert_eq(
        cross_variable(&x, v, settings, lambda, count, &folds, threads, NULL, NULL, &curve, &err),
        STATUS_OK, "%s", err.message);
    return curve;
}

static void check_curve(const variable *v)
{
    static const double lambda[] = {0.3, 0.1, 0.05, 0.02, 0.002};
    enum { COUNT = 5 };
    variable_settings settings = variable_defaults();
    settings.tolerance = 1e-10;
    cross_curve curve = run(v, &settings, lambda, COUNT, 1);
    cr_assert_eq(curve.count, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        double e[FOLDS];
        long_way(v, &settings, lambda[i], e);
        double mean = (e[0] + e[1] + e[2]) / 3; /* folds of one size */
        double spread = (pow(e[0] - mean, 2) + pow(e[1] - mean, 2) + pow(e[2] - mean, 2)) / 3;
        cr_expect_float_eq(curve.point[i].error, mean, 1e-6, "lambda %g: %g, not %g", lambda[i],
                           curve.point[i].error, mean);
        cr_expect_float_eq(curve.point[i].deviation, sqrt(spread / 2), 1e-6);
        cr_expect_geq(curve.point[i].error, curve.point[curve.least].error);
        double reach = curve.point[curve.least].error + curve.point[curve.least].deviation;
        cr_expect(i < curve.sparsest ? curve.point[i].error > reach
                                     : i > curve.sparsest || curve.point[i].error <= reach);
        cr_expect_eq(isnan(curve.point[i].accuracy), v->kind == VARIABLE_REAL);
    }
    for (unsigned threads = 2; threads <= 7; threads += 5) {
        cross_curve other = run(v, &settings, lambda, COUNT, threads);
        for (uint32_t i = 0; i < COUNT; i++) {
            cr_expect_eq(memcmp(&curve.point[i].error, &other.point[i].error, sizeof(double)), 0);
            cr_expect_eq(
                memcmp(&curve.point[i].deviation, &other.point[i].deviation, sizeof(double)), 0);
        }
        cross_curve_release(&other);
    }
    cross_curve_release(&curve);
}

Test(cross, errors_of_numbers)
{
    variable v = {.kind = VARIABLE_REAL, .rows = ROWS, .value = real};
    check_curve(&v);
}

Test(cross, errors_of_classes)
{
    variable v = {.kind = VARIABLE_CLASS, .classes = 3, .rows = ROWS, .value = class};
    check_curve(&v);
}

/* Two classes: accuracy counts the likelier class, chance is the larger share. */
Test(cross, accuracy)
{
    static const double lambda[] = {10};
    double y[ROWS];
    double ones = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        ones += y[i] = i % 3 != 0;
    variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = ROWS, .value = y};
    variable_settings settings = variable_defaults();
    cross_curve curve = run(&v, &settings, lambda, 1, 1);
    cr_expect_float_eq(curve.point[0].accuracy, ones / ROWS, 1e-12);
    cross_curve_release(&curve);
}

/* Every document has a feature of its own and a value of its own: nothing can be learnt of one
 * document from the others. Folds by document say so; folds by sample claim to predict. */
Test(cross, folds_by_document_do_not_leak)
{
    enum { DOCUMENTS = 18, TOKENS = 5 };
    static const double lambda[] = {0.5, 0.01, 0.001};
    double values[ROWS * DOCUMENTS] = {0};
    double y[ROWS];
    generator g = {3};
    for (uint32_t document = 0; document < DOCUMENTS; document++) {
        double of_document = generator_normal(&g);
        for (uint32_t t = 0; t < TOKENS; t++) {
            uint32_t i = document * TOKENS + t;
            values[i * DOCUMENTS + document] = 1 + 0.1 * generator_uniform(&g);
            y[i] = of_document;
        }
    }
    matrix own = problem_literal(ROWS, DOCUMENTS, false, values);
    variable v = {.kind = VARIABLE_REAL, .rows = ROWS, .value = y};
    variable_settings settings = variable_defaults();
    uint32_t by_sample[ROWS];
    cross_folds leaky = {by_sample, FOLDS};
    cross_curve honest;
    cross_curve leaking;
    error err;
    for (uint32_t i = 0; i < ROWS; i++)
        by_sample[i] = i % FOLDS;
    cr_assert_eq(
        cross_variable(&own, &v, &settings, lambda, 3, &folds, 1, NULL, NULL, &honest, &err),
        STATUS_OK);
    cr_assert_eq(
        cross_variable(&own, &v, &settings, lambda, 3, &leaky, 1, NULL, NULL, &leaking, &err),
        STATUS_OK);
    cr_expect_gt(honest.point[2].error, 0.9 * honest.point[0].error);
    cr_expect_lt(leaking.point[2].error, 0.1 * leaking.point[0].error);
    cross_curve_release(&honest);
    cross_curve_release(&leaking);
    matrix_release(&own);
}

static void expect_refusal(const variable *v, cross_folds bad, status code, const char *part)
{
    static const double lambda[] = {0.1};
    variable_settings settings = variable_defaults();
    cross_curve curve;
    error err = {0};
    cr_expect_eq(cross_variable(&x, v, &settings, lambda, 1, &bad, 2, NULL, NULL, &curve, &err),
                 code);
    cr_expect(strstr(err.message, part) != NULL, "expected '%s': %s", part, err.message);
    cr_expect_null(curve.point);
}

Test(cross, refusals)
{
    variable v = {.kind = VARIABLE_CLASS, .classes = 4, .rows = ROWS, .value = class};
    expect_refusal(&v, (cross_folds){fold, 1}, STATUS_USAGE, "1 folds");
    expect_refusal(&v, (cross_folds){fold, 2}, STATUS_USAGE, "fold 3 of 2");
    expect_refusal(&v, (cross_folds){fold, 4}, STATUS_USAGE, "fold 4 of 4 has no samples");
    class[7] = 3;
    expect_refusal(&v, folds, STATUS_INPUT, "without fold 2 of 3: class 3 has no samples");
    variable_settings settings = variable_defaults();
    cross_curve curve;
    error err = {0};
    atomic_bool cancel = true;
    double lambda = 0.1;
    class[7] = 0;
    v.classes = 3;
    cr_expect_eq(
        cross_variable(&x, &v, &settings, &lambda, 1, &folds, 2, &cancel, NULL, &curve, &err),
        STATUS_INTERRUPTED);
}

/* ---- pairs ---- */

typedef struct sums {
    const matrix *y;
    const uint8_t *keep;
    double error[COLS];
} sums;

static bool score(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    sums *s = user;
    (void)first;
    for (uint32_t t = 0; t < count; t++) {
        const lasso_result *r = &results[t];
        double squares = 0;
        uint32_t held = 0;
        for (uint32_t i = 0; i < ROWS; i++) {
            if (s->keep[i])
                continue;
            double left = entry(s->y, i, r->target) - r->intercept;
            for (uint32_t j = 0; j < r->parents; j++)
                left -= r->weight[j] * entry(&x, i, r->source[j]);
            squares += left * left;
            held++;
        }
        s->error[r->target] = squares / held;
    }
    return true;
}

static double variance(const matrix *m, uint32_t k)
{
    double mean = 0;
    double squares = 0;
    for (uint32_t i = 0; i < ROWS; i++)
        mean += entry(m, i, k) / ROWS;
    for (uint32_t i = 0; i < ROWS; i++)
        squares += pow(entry(m, i, k) - mean, 2) / ROWS;
    return squares;
}

/* The pair's held-out error at one lambda, the long way, over the targets that vary. */
static double pair_error(const matrix *y, lasso_settings settings, double lambda)
{
    double sum = 0;
    settings.rule = LASSO_ABSOLUTE;
    settings.lambda = lambda;
    for (uint32_t f = 0; f < FOLDS; f++) {
        uint8_t keep[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            keep[i] = fold[i] != f;
        matrix train_x;
        matrix train_y;
        lasso_design *design;
        lasso_report report;
        error err;
        sums s = {.y = y, .keep = keep};
        lasso_hooks hooks = {.user = &s, .block = score};
        cr_assert_eq(subset_rows(&x, keep, &train_x, &err), STATUS_OK);
        cr_assert_eq(subset_rows(y, keep, &train_y, &err), STATUS_OK);
        cr_assert_eq(lasso_design_create(&design, &train_x, &settings, &err), STATUS_OK);
        cr_assert_eq(lasso_solve(design, &train_y, NULL, 0, &settings, &hooks, &report, &err),
                     STATUS_OK);
        uint32_t varying = 0;
        double of_fold = 0;
        for (uint32_t k = 0; k < COLS; k++)
            if (variance(y, k) > 0) {
                of_fold += s.error[k] / variance(y, k);
                varying++;
            }
        sum += of_fold / varying / FOLDS;
        lasso_design_free(design);
        matrix_release(&train_x);
        matrix_release(&train_y);
    }
    return sum;
}

Test(cross, lambda_of_a_pair)
{
    matrix y = problem_targets(&x, COLS, false, 5);
    lasso_settings settings = lasso_defaults();
    cross_search search = cross_search_defaults();
    search.points = 6;
    search.fraction = 0.01;
    settings.ridge = 0.5;
    settings.tolerance = 1e-8;
    for (int one = 0; one < 2; one++) {
        double lambda;
        double lambda_max;
        cross_curve curve;
        error err;
        search.one_deviation = one;
        cr_assert_eq(cross_choose_lambda(&x, &y, &settings, &search, &folds, NULL, &lambda,
                                         &lambda_max, &curve, &err),
                     STATUS_OK);
        cr_assert_eq(curve.count, 6);
        cr_expect_float_eq(curve.point[0].lambda, lambda_max, 1e-12 * lambda_max);
        cr_expect_float_eq(curve.point[5].lambda, 0.01 * lambda_max, 1e-12 * lambda_max);
        for (uint32_t i = 0; i < curve.count; i++)
            cr_expect_float_eq(curve.point[i].error,
                               pair_error(&y, settings, curve.point[i].lambda), 1e-4);
        cr_expect_eq(lambda, curve.point[one ? curve.sparsest : curve.least].lambda);
        double again;
        settings.threads = 5;
        cr_assert_eq(cross_choose_lambda(&x, &y, &settings, &search, &folds, NULL, &again,
                                         &lambda_max, NULL, &err),
                     STATUS_OK);
        cr_expect_eq(memcmp(&again, &lambda, sizeof lambda), 0);
        cross_curve_release(&curve);
    }
    matrix_release(&y);
}

Test(cross, a_pair_of_constants_has_no_lambda)
{
    double zeros[ROWS * 2] = {0};
    matrix y = problem_literal(ROWS, 2, false, zeros);
    lasso_settings settings = lasso_defaults();
    cross_search search = cross_search_defaults();
    double lambda = 1;
    double lambda_max = 1;
    error err;
    cr_assert_eq(cross_choose_lambda(&x, &y, &settings, &search, &folds, NULL, &lambda,
                                     &lambda_max, NULL, &err),
                 STATUS_OK);
    cr_expect_eq(lambda, 0);
    cr_expect_eq(lambda_max, 0);
    atomic_bool cancel = true;
    matrix_release(&y);
    y = problem_targets(&x, COLS, false, 5);
    cr_expect_eq(cross_choose_lambda(&x, &y, &settings, &search, &folds, &cancel, &lambda,
                                     &lambda_max, NULL, &err),
                 STATUS_INTERRUPTED);
    search.fraction = 1;
    cr_expect_eq(cross_choose_lambda(&x, &y, &settings, &search, &folds, NULL, &lambda,
                                     &lambda_max, NULL, &err),
                 STATUS_USAGE);
    matrix_release(&y);
}
