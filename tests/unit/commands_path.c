/* `fit --path`: every point is what a fit at its lambda comes to, and what makes no sense is
 * refused. */
#include "db/fit.h"
#include "src/base/memory.h"
#include "src/base/text.h"
#include "src/jobs/fit.h"
#include "tests/unit/study_fixture.h"

#include <jansson.h>

#include "tests/unit/command_fixture.h"

static char *study_path;

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    study_path = fixture_study();
}

static void tear_down(void)
{
    fixture_remove(study_path);
}

TestSuite(path, .init = set_up, .fini = tear_down);

typedef struct alone {
    double r2;
    uint32_t varying;
} alone;

static bool add_r2(void *user, const fit_target *t)
{
    alone *a = user;
    if (strcmp(t->state, "constant") != 0) {
        a->r2 += t->r2;
        a->varying++;
    }
    return true;
}

static double number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    cr_assert(json_is_number(value) || json_is_null(value), "%s", name);
    return json_number_value(value);
}

/* Holds a point against a fit of its own, which begins from nothing. */
static void judge_point(db *d, const layer_set *layers, const fit_request *request,
                        const json_t *point, uint32_t pair)
{
    int64_t id = 0;
    fit f = {0};
    error why = {0};
    fit_progress last;
    fit_run_options options = {.threads = 1};
    fit_request one = *request;
    one.settings.lambda = number(point, "lambda");
    if (one.settings.rule != LASSO_ABSOLUTE && one.settings.lambda == 1) {
        cr_expect_eq(number(point, "edges"), 0);
        cr_expect_eq(number(point, "worst_gap"), 0);
        return;
    }
    cr_assert_eq(fit_create(d, layers, &one, &id, &why), STATUS_OK, "%s", why.message);
    cr_assert_eq(fit_run(study_path, id, &options, &last, &why), STATUS_OK, "%s", why.message);
    cr_assert_eq(fit_get(d, id, &f, &why), STATUS_OK);
    alone a = {0};
    uint64_t edges = 0;
    for (uint32_t p = 0; p < f.pair_count; p++)
        if (f.pair[p].target_layer == f.pair[pair].target_layer) {
            cr_assert_eq(fit_each_target(d, f.pair[p].id, add_r2, &a, &why), STATUS_OK);
            edges += f.pair[p].edges;
            if (one.settings.rule != LASSO_OF_TARGET && f.pair[p].targets > 0)
                cr_expect_float_eq(number(point, "absolute"), f.pair[p].lambda,
                                   1e-8 * f.pair[p].lambda);
        }
    cr_expect_float_eq(number(point, "edges"), (double)edges, 1 + 0.005 * (double)edges);
    cr_expect_float_eq(number(point, "r2"), a.r2 / a.varying, 1e-5);
    cr_expect_float_eq(number(point, "parents"), number(point, "edges") / a.varying, 1e-6);
    cr_expect_leq(number(point, "worst_gap"), 1e-6);
    cr_expect_eq(number(point, "unconverged"), 0);
    fit_release(&f);
}

/* The lines that were said: `points` for each of the fit's regressions, lambdas falling. */
static void judge_path(lasso_rule rule, bool joint, double last, uint32_t points)
{
    db *d = NULL;
    layer_set layers = {0};
    cr_assert_eq(db_open(&d, study_path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_set fits = {0};
    cr_assert_eq(fit_list(d, &fits, &err), STATUS_OK);
    cr_assert_eq(fits.count, 0, "a path stores nothing");
    fit_set_release(&fits);
    fit_request request = {.settings = lasso_defaults(), .joint = joint};
    request.settings.rule = rule;
    if (joint)
        fit_request_all(&request, &layers, NULL, 0);
    else
        fit_request_adjacent(&request, &layers, NULL, 0);
    char *save = NULL;
    uint32_t count = 0;
    double before = INFINITY, ratio = 0;
    for (char *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_t *point = json_loads(line, 0, NULL);
        cr_assert_not_null(point, "%s", line);
        uint32_t i = count % points;
        double lambda = number(point, "lambda");
        cr_assert_eq(number(point, "point"), i + 1);
        cr_assert(i == 0 || lambda < before);
        if (i > 1)
            cr_assert_float_eq(lambda / before, ratio, 1e-6 * ratio, "log-spaced");
        ratio = lambda / before;
        before = lambda;
        if (i + 1 == points)
            cr_assert_float_eq(lambda, last, 1e-9 * last);
        judge_point(d, &layers, &request, point, count / points);
        json_decref(point);
        count++;
    }
    cr_assert_eq(count, points * (FIXTURE_LAYERS - 1));
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
}

Test(path, fractions_of_the_pairs_maximum)
{
    cr_assert_eq(RUN("fit", study_path, "--path", "6", "--lambda", "0.01", "--json"), STATUS_OK,
                 "%s", err.message);
    judge_path(LASSO_OF_PAIR, false, 0.01, 6);
}

Test(path, fractions_of_each_targets_maximum)
{
    cr_assert_eq(RUN("fit", study_path, "--path", "4", "--rule", "target", "--json", "--memory",
                     "64M", "--threads", "3"),
                 STATUS_OK, "%s", err.message);
    judge_path(LASSO_OF_TARGET, false, 0.05, 4);
}

Test(path, absolute)
{
    cr_assert_eq(
        RUN("fit", study_path, "--path", "3", "--rule", "absolute", "--lambda", "0.003", "--json"),
        STATUS_OK, "%s", err.message);
    judge_path(LASSO_ABSOLUTE, false, 0.003, 3);
}

Test(path, joint)
{
    cr_assert_eq(RUN("fit", study_path, "--path", "3", "--joint", "--lambda", "0.02", "--json"),
                 STATUS_OK, "%s", err.message);
    judge_path(LASSO_OF_PAIR, true, 0.02, 3);
}

Test(path, a_table_for_people)
{
    cr_assert_eq(RUN("fit", study_path, "--path", "3"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "parents"), "%s", said);
    cr_expect(strstr(said, "blocks.1.hook"), "%s", said);
    cr_expect(strstr(said, "the same command with its --lambda"), "%s", said);
}

Test(path, points_above_the_tolerance_are_told_by_the_status)
{
    cr_expect_eq(RUN("fit", study_path, "--path", "3", "--tolerance", "1e-18"), STATUS_PARTIAL);
    cr_expect(strstr(said, "worst_gap"), "%s", said);
}

/* Refused with a word of why, and before anything is said. */
#define REFUSED(word, ...)                                                                        \
    cr_expect_eq(RUN("fit", study_path, __VA_ARGS__), STATUS_USAGE, "%s", word);                  \
    cr_expect(strstr(err.message, word), "%s", err.message);                                      \
    cr_expect_str_eq(said, "")

Test(path, of_no_points)
{
    REFUSED("2 to 1000", "--path", "0");
}
Test(path, of_one_point)
{
    REFUSED("2 to 1000", "--path", "1");
}
Test(path, of_too_many)
{
    REFUSED("2 to 1000", "--path", "1001");
}
Test(path, of_beyond_counting)
{
    REFUSED("2 to 1000", "--path", "99999999999");
}
Test(path, of_no_number)
{
    REFUSED("--path", "--path", "many");
}
Test(path, to_lambda_zero)
{
    REFUSED("lambda 0", "--path", "5", "--lambda", "0");
}
Test(path, to_the_maximum)
{
    REFUSED("less than 1", "--path", "5", "--lambda", "1");
}
Test(path, to_no_lambda)
{
    REFUSED("nan", "--path", "5", "--lambda", "nan");
}
Test(path, of_parents)
{
    REFUSED("rule pair", "--path", "5", "--rule", "parents");
}
Test(path, of_folds)
{
    REFUSED("rule pair", "--path", "5", "--rule", "cv");
}
Test(path, and_resume)
{
    REFUSED("--resume", "--path", "5", "--resume", "1");
}
Test(path, and_estimate)
{
    REFUSED("--estimate", "--path", "5", "--estimate");
}
Test(path, in_too_little_memory)
{
    REFUSED("at least", "--path", "5", "--memory", "1M");
}
Test(path, to_a_lambda_above_all)
{
    REFUSED("without edges", "--path", "5", "--rule", "absolute", "--lambda", "1000");
}
