/* Debiasing against known answers: what the spurious features do is known, since the data are made
 * so; what figures mean is scikit-learn's word. */
#include "src/jobs/debias.h"

#include "db/variable.h"
#include "src/jobs/check.h"
#include "src/jobs/engine.h"
#include "src/jobs/variable.h"
#include "tests/unit/debias_fixture.h"

#include <criterion/criterion.h>
#include <poll.h>

static char *path;
static db *d;
static layer_set layers;
static error err;

#define OK(call) cr_assert_eq((call), STATUS_OK, "%s", err.message)

static void open_study(void)
{
    path = biased_study();
    OK(db_open(&d, path, DB_WRITE, &err));
    OK(layer_list(d, &layers, &err));
}

static void close_study(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(debias, .init = open_study, .fini = close_study);

/* numpy 1.24, scikit-learn 1.2.1, with g, l and a the digits below as arrays:
 *   accuracy_score(l, g)
 *   accuracy_score(l[(l == c) & (a == b)], g[(l == c) & (a == b)]) for c in 0, 1, 2 for b in 0, 1
 *   accuracy_score(a, np.array([0, 1, 0])[g]) */
Test(debias, figures_as_scikit_learn_has_them)
{
    static const char guessed[] = "012012001221012011200210";
    static const char labels[] = "012112021021002012210210";
    static const char attributes[] = "010101011001101101001100";
    static const double groups[] = {0.6, 1, 0.75, 0.75, 1, 0.6};
    uint32_t guess[24], label[24], attribute[24], size[] = {5, 3, 4, 4, 3, 5};
    const uint32_t usual[] = {0, 1, 0};
    for (int i = 0; i < 24; i++) {
        guess[i] = (uint32_t)(guessed[i] - '0');
        label[i] = (uint32_t)(labels[i] - '0');
        attribute[i] = (uint32_t)(attributes[i] - '0');
    }
    debias_report r = {.labels = 3, .attributes = 2, .size = size, .held = 24};
    debias_scores s = {0};
    debias_score(guess, label, attribute, 24, usual, &r, &s);
    cr_expect_float_eq(s.accuracy, 0.75, 1e-15);
    cr_expect_float_eq(s.leakage, 0.5, 1e-15);
    cr_expect_float_eq(s.worst, 0.6, 1e-15);
    for (int g = 0; g < 6; g++)
        cr_expect_float_eq(s.group[g], groups[g], 1e-15);
    free(s.group);
    debias_score(label, label, attribute, 24, usual, &r, &s);
    cr_expect(s.accuracy == 1 && s.worst == 1, "a perfect classifier");
    free(s.group);
    for (int i = 0; i < 24; i++)
        guess[i] = (label[i] + 1) % 3;
    debias_score(guess, label, attribute, 24, usual, &r, &s);
    cr_expect(s.accuracy == 0 && s.worst == 0, "a useless one");
    free(s.group);
}

static int64_t fit_label(const char *name)
{
    variable_request request = variable_request_usual(false);
    fit_run_options how = {.threads = 1};
    fit_progress last;
    int64_t id = 0;
    request.target = name;
    request.layer = &layers.item[0].id;
    request.layer_count = 1;
    request.train_only = true;
    OK(variable_create(d, &layers, &request, &id, &err));
    OK(fit_run(path, id, &how, &last, &err));
    return id;
}

static status judge(int64_t fit_id, const char *attribute, const char *features, bool retrain,
                    check_report *out)
{
    check_request request = {.fit_id = fit_id, .kind = "debias"};
    check_run_options how = {.threads = 1};
    check_progress last;
    int64_t id = 0;
    request.settings = check_settings_open();
    request.settings.attribute = (char *)(uintptr_t)attribute;
    request.settings.features = (char *)(uintptr_t)features;
    request.settings.retrain = retrain;
    err = (error){0};
    status code = check_create(d, &layers, &request, &id, &err);
    if (code == STATUS_OK)
        code = check_run(path, id, &how, &last, &err);
    if (code == STATUS_OK)
        code = check_get_report(d, id, out, &err);
    return code;
}

#define FIGURE(r, name) check_figure_of(r, 0, 0, name)
#define LOUD            "only/5\nonly/6\nonly/7\n"

Test(debias, without_the_spurious_features_it_comes_near_the_oracle)
{
    check_report r;
    OK(judge(fit_label("job"), "gender", LOUD, true, &r));
    cr_expect_eq(FIGURE(&r, "held out"), BIASED_HELD);
    cr_expect_eq(FIGURE(&r, "chance"), 0.5);
    cr_expect_eq(FIGURE(&r, "tied"), 1);
    cr_expect(FIGURE(&r, "spurious") == 3 && FIGURE(&r, "used") == 3);
    double oracle = FIGURE(&r, "oracle worst");
    cr_expect_gt(oracle, 0.7);
    cr_expect_lt(FIGURE(&r, "before worst"), 0.4, "%g", FIGURE(&r, "before worst"));
    cr_expect_gt(FIGURE(&r, "before leakage"), 0.75);
    cr_expect_gt(FIGURE(&r, "before feature leakage"), 0.9);
    cr_expect_float_eq(FIGURE(&r, "zeroed leakage"), 0.5, 0.07);
    cr_expect_gt(FIGURE(&r, "averaged worst"), oracle - 0.08);
    cr_expect_float_eq(FIGURE(&r, "averaged leakage"), 0.5, 0.07);
    cr_expect_gt(FIGURE(&r, "retrained worst"), oracle - 0.08, "%g, oracle %g",
                 FIGURE(&r, "retrained worst"), oracle);
    cr_expect_float_eq(FIGURE(&r, "retrained leakage"), 0.5, 0.07);
    cr_expect_float_eq(FIGURE(&r, "retrained feature leakage"), 0.5, 0.07);
    cr_expect_float_eq(FIGURE(&r, "zeroed feature leakage"), 0.5, 0.07);
    cr_expect_gt(FIGURE(&r, "oracle feature leakage"), 0.8, "it sees the loud features");
    cr_expect_eq(FIGURE(&r, "before worst size"), 100);
    fit f;
    OK(fit_get(d, r.about.fit_id, &f, &err));
    char *said = check_kind_find("debias")->say(&r, &layers, &f);
    cr_expect(strstr(said, "On 400 held-out samples") &&
                  strstr(said, "taking away 3 features (3 with"),
              "%s", said);
    cr_expect(strstr(said, "not what the model computes") != NULL);
    free(said);
    said = check_kind_find("debias")->verdict(&r);
    cr_expect(strstr(said, "retrained without 3 features: worst group right in"), "%s", said);
    free(said);
    fit_release(&f);
    check_report_release(&r);
}

/* scikit-learn 1.2.1 on the same data: tests/unit/fixtures/debias.py */
Test(debias, classifiers_as_scikit_learn_has_them)
{
    static const struct {
        const char *name;
        double features, accuracy, worst, leakage;
    } rows[] = {{"before", 11, 0.6775, 0.35, 0.7875},
                {"zeroed", 8, 0.6775, 0.35, 0.4975},
                {"averaged", 8, 0.875, 0.84, 0.515},
                {"retrained", 14, 0.88, 0.86, 0.51}};
    check_report r;
    OK(judge(fit_label("job"), "gender", LOUD, true, &r));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double expected[] = {rows[i].features, rows[i].accuracy, rows[i].worst,
                                   rows[i].leakage};
        static const char *const names[] = {"features", "accuracy", "worst", "leakage"};
        for (int n = 0; n < 4; n++) {
            char figure[CHECK_NAME];
            snprintf(figure, sizeof figure, "%s %s", rows[i].name, names[n]);
            cr_expect_float_eq(FIGURE(&r, figure), expected[n], 1e-12, "%s: %g", figure,
                               FIGURE(&r, figure));
        }
    }
    check_report_release(&r);
}

Test(debias, nothing_named_changes_nothing)
{
    static const char *const names[] = {"features", "accuracy", "worst", "leakage",
                                        "feature leakage"};
    check_report r;
    OK(judge(fit_label("job"), "gender", NULL, true, &r));
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        char before[CHECK_NAME], zeroed[CHECK_NAME], retrained[CHECK_NAME];
        snprintf(before, sizeof before, "before %s", names[n]);
        snprintf(zeroed, sizeof zeroed, "zeroed %s", names[n]);
        snprintf(retrained, sizeof retrained, "retrained %s", names[n]);
        cr_expect_eq(FIGURE(&r, before), FIGURE(&r, zeroed), "%s", names[n]);
        cr_expect_eq(FIGURE(&r, before), FIGURE(&r, retrained), "%s", names[n]);
    }
    check_report_release(&r);
}

/* With every feature named there is nothing left but the intercept. */
Test(debias, everything_named_leaves_nothing)
{
    char *all = calloc(BIASED_FEATURES, 16);
    check_report r;
    for (int k = 0; k < BIASED_FEATURES; k++)
        sprintf(all + strlen(all), "only/%d\n", k);
    OK(judge(fit_label("job"), "gender", all, true, &r));
    cr_expect_eq(FIGURE(&r, "zeroed features"), 0);
    cr_expect_eq(FIGURE(&r, "zeroed accuracy"), 0.5);
    cr_expect_eq(FIGURE(&r, "zeroed worst"), 0);
    cr_expect_eq(FIGURE(&r, "retrained features"), 0);
    cr_expect_eq(FIGURE(&r, "retrained accuracy"), 0.5);
    cr_expect_float_eq(FIGURE(&r, "zeroed feature leakage"), 0.5, 0.05);
    check_report_release(&r);
    free(all);
}

static void refuse(int64_t fit_id, const char *attribute, const char *features, const char *part)
{
    check_report r = {0};
    cr_expect_eq(judge(fit_id, attribute, features, false, &r), STATUS_INPUT, "%s", part);
    cr_expect(strstr(err.message, part) != NULL, "expected '%s': %s", part, err.message);
    check_report_release(&r);
}

Test(debias, what_cannot_be_judged)
{
    int64_t job = fit_label("job");
    refuse(job, NULL, "", "it needs an attribute");
    refuse(job, "nobody", "", "there is no target variable 'nobody'");
    refuse(job, "number", "", "'number' has no classes");
    refuse(job, "job", "", "is the label itself");
    refuse(job, "lonely", "", "no held-out sample has label 1 with attribute 1");
    refuse(job, "gender", "only/30", "reads no feature 'only/30'");
    refuse(job, "gender", "other/3", "reads no feature 'other/3'");
    refuse(job, "gender", "only", "expected LAYER/INDEX");
    variable_request request = variable_request_usual(false);
    fit_run_options how = {.threads = 1};
    fit_progress last;
    int64_t id = 0;
    request.target = "rare";
    request.layer = &layers.item[0].id;
    request.layer_count = 1;
    request.train_only = true;
    OK(variable_create(d, &layers, &request, &id, &err));
    cr_expect_eq(fit_run(path, id, &how, &last, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "'rare': class 2 has no samples") != NULL, "%s", err.message);
    request.target = "job";
    request.train_only = false;
    OK(variable_create(d, &layers, &request, &id, &err));
    OK(fit_run(path, id, &how, &last, &err));
    refuse(id, "gender", "", "has seen the held-out documents too");
}

/* What is named by number is stored by name, in order and once. */
Test(debias, named_by_number)
{
    int64_t only = layers.item[0].id, id = 0;
    check_feature feature[] = {{only, 7}, {only, 5}, {only, 7}, {only, 6}, {only, 5}};
    target_set targets;
    check c = {0};
    check_settings stored;
    OK(target_list(d, &targets, &err));
    check_request request = {.fit_id = fit_label("job"),
                             .kind = "debias",
                             .settings = check_settings_open(),
                             .attribute_id = target_find(&targets, "gender")->id,
                             .feature = feature,
                             .features = 5};
    OK(check_create(d, &layers, &request, &id, &err));
    OK(check_get(d, id, &c, &err));
    OK(check_settings_of(&c, &stored, &err));
    cr_expect_str_eq(stored.attribute, "gender");
    cr_expect_str_eq(stored.features, LOUD);
    request.attribute_id = 99;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
    request.attribute_id = target_find(&targets, "gender")->id;
    feature[0].layer_id = 99;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
    check_settings_release(&stored);
    check_release(&c);
    target_set_release(&targets);
}

/* Stopped and resumed, the fit is still checked. When it is done before the word to stop comes,
 * there is nothing to resume. */
Test(debias, the_check_follows_a_resumed_fit)
{
    queue *news = NULL;
    engine *e = NULL;
    char attribute[] = "gender";
    variable_request request = variable_request_usual(false);
    check_request then = {.kind = "debias", .settings = check_settings_open()};
    bool cancelled = false, checked = false;
    request.target = "job";
    request.layer = &layers.item[0].id;
    request.layer_count = 1;
    request.train_only = true;
    request.settings.points = 200;
    request.settings.fraction = 1e-3;
    request.settings.tolerance = 1e-10;
    then.settings.attribute = attribute;
    OK(queue_create(&news, &err));
    OK(engine_start(&e, path, 1, news, &err));
    engine_fit_variable(e, &request, &then);
    while (!checked) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m)) {
            cr_assert(m->kind != ENGINE_FAILED, "%s", ((const error *)m->payload)->message);
            const fit_progress *p = m->payload;
            if (m->kind == ENGINE_CHECK)
                checked |= ((const check_progress *)m->payload)->state == FIT_DONE;
            else if (p->state == FIT_CANCELLED && !cancelled) {
                cancelled = true;
                engine_resume(e, p->fit_id);
            } else if (!cancelled)
                engine_cancel(e, p->fit_id);
        }
    }
    engine_stop(e);
    queue_free(news);
}

/* One wish: a fit, and the check of it as soon as it is done. */
Test(debias, the_engine_fits_and_then_checks)
{
    queue *news = NULL;
    engine *e = NULL;
    char attribute[] = "gender";
    int64_t only = layers.item[0].id;
    check_feature feature[] = {{only, 5}, {only, 6}, {only, 7}};
    variable_request request = variable_request_usual(false);
    check_request then = {.kind = "debias", .settings = check_settings_open()};
    check_progress done = {0};
    request.target = "job";
    request.layer = &layers.item[0].id;
    request.layer_count = 1;
    request.train_only = true;
    then.settings.attribute = attribute;
    then.feature = feature;
    then.features = 3;
    OK(queue_create(&news, &err));
    OK(engine_start(&e, path, 1, news, &err));
    engine_fit_variable(e, &request, &then);
    memset(attribute, 'x', sizeof attribute - 1); /* all was copied */
    memset(feature, 0, sizeof feature);
    while (!done.check_id) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m)) {
            const check_progress *p = m->payload;
            cr_assert(m->kind != ENGINE_FAILED, "%s", ((const error *)m->payload)->message);
            if (m->kind == ENGINE_CHECK && p->state == FIT_DONE)
                done = *p;
        }
    }
    check_report r = {0};
    variable_fit f = {0};
    OK(check_get_report(d, done.check_id, &r, &err));
    OK(variable_fit_get(d, r.about.fit_id, &f, &err));
    cr_expect_str_eq(f.target, "job");
    cr_expect(f.base.state == FIT_DONE && f.train_only);
    cr_expect_eq(check_figure_of(&r, 0, 0, "spurious"), 3);
    variable_fit_release(&f);
    check_report_release(&r);
    engine_stop(e);
    queue_free(news);
}
