/* Faithfulness of circuits on the surrogate, against the surrogate run forwards over every sample
 * from what is in the workspace, and against circuits that are known. */
#include "db/target.h"
#include "db/variable.h"
#include "src/jobs/check.h"
#include "src/jobs/variable.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

enum { NODES = FIXTURE_LAYERS * FIXTURE_FEATURES };

static char *path;
static db *d;
static layer_set layers;
static error err;
static int64_t pairs; /* the fit of layer pairs */

#define OK(call) cr_assert_eq((call), STATUS_OK, "%s", err.message)

static double active[FIXTURE_SAMPLES][NODES];

static void read_activations(void)
{
    for (uint32_t l = 0; l < FIXTURE_LAYERS; l++) {
        matrix m;
        OK(layer_load(d, &layers.item[l], &m, &err));
        for (uint32_t k = 0; k < m.cols; k++)
            for (uint64_t e = m.col_start[k]; e < m.col_start[k + 1]; e++)
                active[m.row[e]][l * FIXTURE_FEATURES + k] = (double)m.value[e];
        matrix_release(&m);
    }
}

/* `signal` follows feature 3 of the last layer, `grade` says which of two features is active. */
static void add_variables(void)
{
    static double signal[FIXTURE_SAMPLES], grade[FIXTURE_SAMPLES];
    uint64_t seed = 8;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        const double *last = active[i] + 2 * FIXTURE_FEATURES;
        signal[i] = last[3] + 0.05 * fixture_random(&seed);
        grade[i] = last[5] > 0 ? 1 : last[9] > 0 ? 2 : 0;
    }
    OK(target_add(d, "signal", TARGET_REAL, NULL, signal, FIXTURE_SAMPLES, &err));
    OK(target_add(d, "grade", TARGET_CLASS, "[\"a\", \"b\", \"c\"]", grade, FIXTURE_SAMPLES,
                  &err));
}

static void open_study(void)
{
    fit_request request = {.settings = lasso_defaults()};
    fit_run_options how = {.threads = 1};
    fit_progress last;
    path = fixture_study();
    OK(db_open(&d, path, DB_WRITE, &err));
    OK(layer_list(d, &layers, &err));
    read_activations();
    add_variables();
    request.settings.ridge = 0; /* which shrinks what is handed on, at each step */
    fit_request_adjacent(&request, &layers, NULL, 0);
    OK(fit_create(d, &layers, &request, &pairs, &err));
    fit_request_release(&request);
    OK(fit_run(path, pairs, &how, &last, &err));
}

static void close_study(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(faithfulness, .init = open_study, .fini = close_study);

static int64_t fit_variable(const char *name, uint32_t layer_at)
{
    variable_request request = variable_request_usual(false);
    fit_run_options how = {.threads = 1};
    fit_progress last;
    int64_t id = 0;
    request.target = name;
    request.layer = &layers.item[layer_at].id;
    request.layer_count = 1;
    OK(variable_create(d, &layers, &request, &id, &err));
    OK(fit_run(path, id, &how, &last, &err));
    return id;
}

static status judge(int64_t fit_id, int64_t target_fit, const char *measured, check_report *out)
{
    check_request request = {.fit_id = fit_id, .kind = "faithfulness"};
    check_run_options how = {.threads = 1};
    check_progress last;
    int64_t id = 0;
    request.settings = check_settings_open();
    request.settings.target_fit = (uint64_t)target_fit;
    request.settings.measured = (char *)(uintptr_t)measured;
    err = (error){0};
    status code = check_create(d, &layers, &request, &id, &err);
    if (code == STATUS_OK)
        code = check_run(path, id, &how, &last, &err);
    if (code == STATUS_OK)
        code = check_get_report(d, id, out, &err);
    return code;
}

#define FIGURE(r, name) check_figure_of(r, 0, 0, name)

/* -- the oracle ------------------------------------------------------------------------------ */

static double weight[NODES][NODES]; /* of source on target */
static double output_weight[NODES][3];
static double mean[NODES];
static double strength[NODES];

static bool take_edge(void *user, const edge *e)
{
    uint32_t source_layer = *(uint32_t *)user;
    weight[source_layer * FIXTURE_FEATURES + e->source]
          [(source_layer + 1) * FIXTURE_FEATURES + e->target] = e->weight;
    return true;
}

static bool take_strength(void *user, uint32_t feature, double value)
{
    strength[*(uint32_t *)user * FIXTURE_FEATURES + feature] = value;
    return true;
}

static void read_surrogate(int64_t target_fit, int64_t check_id)
{
    fit f;
    variable_fit v;
    double *intercept;
    variable_fit_weight *w;
    uint32_t count;
    OK(fit_get(d, pairs, &f, &err));
    for (uint32_t p = 0; p < f.pair_count; p++)
        OK(fit_each_edge(d, f.pair[p].id, take_edge, &p, &err));
    fit_release(&f);
    OK(variable_fit_get(d, target_fit, &v, &err));
    OK(variable_fit_weights(d, &v, v.chosen, &intercept, &w, &count, &err));
    for (uint32_t i = 0; i < count; i++)
        output_weight[layer_by_id(&layers, w[i].layer)->position * FIXTURE_FEATURES + w[i].feature]
                     [w[i].output] = w[i].weight;
    free(intercept);
    free(w);
    variable_fit_release(&v);
    for (uint32_t n = 0; n < NODES; n++)
        for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++)
            mean[n] += active[i][n] / FIXTURE_SAMPLES;
    for (uint32_t l = 0; l < FIXTURE_LAYERS; l++)
        OK(check_each_value(d, check_id, 0, layers.item[l].id, "strength", take_strength, &l,
                            &err));
}

/* m(part) - m(empty), every sample from the first layer on; in[n]: whether a node is kept. */
static double forwards(const bool *in, const double *y, uint32_t classes)
{
    double sum = 0, y_mean = 0, variance = 0;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++)
        y_mean += y[i] / FIXTURE_SAMPLES;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++)
        variance += (y[i] - y_mean) * (y[i] - y_mean) / FIXTURE_SAMPLES;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        double z[NODES] = {0}, eta[3] = {0};
        for (uint32_t n = 0; n < NODES; n++) {
            if (n < FIXTURE_FEATURES)
                z[n] = active[i][n] - mean[n];
            for (uint32_t s = 0; s < n; s++)
                z[n] += weight[s][n] * z[s];
            if (!in[n])
                z[n] = 0;
            for (uint32_t o = 0; o < 3; o++)
                eta[o] += output_weight[n][o] * z[n];
        }
        if (classes == 0)
            sum += (y[i] - y_mean) * eta[0] / variance;
        else
            for (uint32_t o = 0; o < classes; o++)
                sum += ((uint32_t)y[i] == o ? 1 : -1 / (classes - 1.0)) * eta[o];
    }
    return sum / FIXTURE_SAMPLES;
}

static void keep_strongest(bool *in, uint32_t kept, bool complement)
{
    for (uint32_t n = 0; n < NODES; n++) {
        uint32_t stronger = 0;
        for (uint32_t o = 0; o < NODES; o++)
            stronger += strength[o] > strength[n] || (strength[o] == strength[n] && o < n);
        in[n] = (stronger < kept) != complement;
    }
}

static void compare_curves(const char *name, uint32_t classes)
{
    static const char *const series[] = {"node faithfulness", "node completeness"};
    int64_t target_fit = fit_variable(name, 2);
    check_report r;
    bool in[NODES];
    double *y;
    uint32_t samples;
    OK(judge(pairs, target_fit, NULL, &r));
    read_surrogate(target_fit, r.about.id);
    OK(target_load(d, classes ? 2 : 1, &y, &samples, &err));
    keep_strongest(in, NODES, false);
    double full = forwards(in, y, classes);
    cr_expect_float_eq(FIGURE(&r, "m full") - FIGURE(&r, "m empty"), full, 1e-5 * full);
    for (int s = 0; s < 2; s++) {
        uint32_t count = 0;
        const check_point *p = check_curve_of(&r, 0, 0, series[s], &count);
        cr_assert_gt(count, 8);
        for (uint32_t i = 0; i < count; i++) {
            keep_strongest(in, (uint32_t)p[i].x, s == 1);
            cr_expect_float_eq(p[i].y, forwards(in, y, classes) / full, 1e-4, "%s at %g: %g, %g",
                               series[s], p[i].x, p[i].y, forwards(in, y, classes) / full);
        }
        cr_expect_float_eq(p[count - 1].y, s == 0, 1e-12);
    }
    free(y);
    check_report_release(&r);
}

Test(faithfulness, of_a_number_as_the_surrogate_run_forwards)
{
    compare_curves("signal", 0);
}

Test(faithfulness, of_classes_as_the_surrogate_run_forwards)
{
    compare_curves("grade", 3);
}

/* -- known answers --------------------------------------------------------------------------- */

/* The variable hangs on feature 3 of each layer: three nodes say it all, and without them little
 * is left. */
Test(faithfulness, a_chain_is_found)
{
    check_report r;
    uint32_t count = 0;
    OK(judge(pairs, fit_variable("signal", 2), NULL, &r));
    check_value *top;
    OK(check_top_values(d, r.about.id, "strength", true, 3, &top, &count, &err));
    cr_assert_eq(count, 3);
    for (uint32_t i = 0; i < 3; i++)
        cr_expect_eq(top[i].feature, 3);
    free(top);
    const check_point *p = check_curve_of(&r, 0, 0, "node faithfulness", &count);
    for (uint32_t i = 0; i < count; i++)
        if (p[i].x >= 3)
            cr_expect_gt(p[i].y, 0.8, "%g nodes: %g", p[i].x, p[i].y);
    p = check_curve_of(&r, 0, 0, "node completeness", &count);
    for (uint32_t i = 0; i < count; i++)
        if (p[i].x >= 3)
            cr_expect_lt(p[i].y, 0.2);
    p = check_curve_of(&r, 0, 0, "edge faithfulness", &count);
    for (uint32_t i = 0; i < count; i++)
        if (p[i].x >= 3)
            cr_expect_gt(p[i].y, 0.8, "two edges and a weight: %g", p[i].y);
    cr_expect_leq(FIGURE(&r, "nodes 80"), 3);
    cr_expect_gt(FIGURE(&r, "score real"), 0.9);
    /* of the last layer's variance 16 parts of 21 come from the first; the Lasso shrinks a little
     */
    cr_expect(FIGURE(&r, "reach") > 0.55 && FIGURE(&r, "reach") < 0.8, "%g", FIGURE(&r, "reach"));
    fit f;
    OK(fit_get(d, pairs, &f, &err));
    char *said = check_kind_find("faithfulness")->say(&r, &layers, &f);
    cr_expect(strstr(said, "On the linear surrogate") != NULL, "%s", said);
    free(said);
    said = check_kind_find("faithfulness")->verdict(&r);
    cr_expect(strstr(said, "linear surrogate") && strlen(said) < 150, "%s", said);
    free(said);
    fit_release(&f);
    check_report_release(&r);
}

static char *write_file(const char *text)
{
    char *file = malloc(strlen(path) + 8);
    sprintf(file, "%s.tsv", path);
    FILE *out = fopen(file, "w");
    fputs(text, out);
    fclose(out);
    return file;
}

Test(faithfulness, what_was_measured_stands_beside)
{
    int64_t target_fit = fit_variable("signal", 2);
    check_report r;
    uint32_t count = 0;
    char *file = write_file("# kept\tvalue\n1\t0.25\n\n40\t-0.5\n");
    OK(judge(pairs, target_fit, file, &r));
    const check_point *p = check_curve_of(&r, 0, 0, "measured", &count);
    cr_assert_eq(count, 2);
    cr_expect(p[0].x == 1 && p[0].y == 0.25 && p[1].x == 40 && p[1].y == -0.5);
    check_report_release(&r);
    free(file);
    file = write_file("1\t0.25\nmany\t0.5\n");
    cr_expect_eq(judge(pairs, target_fit, file, &r), STATUS_INPUT);
    cr_expect(strstr(err.message, "line 2: expected a number of kept nodes") != NULL, "%s",
              err.message);
    unlink(file);
    cr_expect_eq(judge(pairs, target_fit, file, &r), STATUS_INPUT);
    free(file);
}

Test(faithfulness, what_it_is_not_for)
{
    check_report r;
    cr_expect_eq(judge(pairs, 0, NULL, &r), STATUS_INPUT);
    cr_expect(strstr(err.message, "no target variable is fitted on a layer") != NULL, "%s",
              err.message);
    int64_t first = fit_variable("signal", 0);
    cr_expect_eq(judge(pairs, first, NULL, &r), STATUS_INPUT);
    cr_expect(strstr(err.message, "reads no layer that fit 1 leads to") != NULL, "%s",
              err.message);
    cr_expect_eq(judge(first, 0, NULL, &r), STATUS_INPUT);
    cr_expect(strstr(err.message, "is of a target variable") != NULL, "%s", err.message);
    cr_expect_eq(judge(pairs, 77, NULL, &r), STATUS_INPUT);
}
