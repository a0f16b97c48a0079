/* A target variable from the workspace and back: folds of whole documents, layers side by side. */
#include "src/jobs/variable.h"

#include "db/document.h"
#include "db/fit.h"
#include "db/target.h"
#include "db/variable.h"
#include "src/jobs/engine.h"
#include "src/jobs/folds.h"
#include "src/jobs/stack.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>
#include <poll.h>

enum { TOKENS = 8, DOCUMENTS = FIXTURE_SAMPLES / TOKENS };

static char *path;
static db *d;
static layer_set layers;
static error err;

#define OK(call) cr_assert_eq((call), STATUS_OK, "%s", err.message)

/* `signal` follows feature 3 of layer 1; `hit` says whether that is active; `grade` has three
 * classes; `document` has a value for every document that nothing predicts. */
static void add_variables(void)
{
    double signal[FIXTURE_SAMPLES] = {0};
    double hit[FIXTURE_SAMPLES] = {0};
    double grade[FIXTURE_SAMPLES];
    double of_document[FIXTURE_SAMPLES];
    uint64_t seed = 5;
    uint32_t *sample;
    float *value;
    uint64_t count;
    OK(layer_load_feature(d, &layers.item[1], 3, &sample, &value, &count, &err));
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        of_document[i] = i % TOKENS ? of_document[i - 1] : fixture_random(&seed);
        grade[i] = i % 3;
    }
    for (uint64_t e = 0; e < count; e++) {
        signal[sample[e]] = 2 * (double)value[e];
        hit[sample[e]] = 1;
        grade[sample[e]] = 2;
    }
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++)
        signal[i] += 0.1 * fixture_random(&seed);
    free(sample);
    free(value);
    OK(target_add(d, "signal", TARGET_REAL, NULL, signal, FIXTURE_SAMPLES, &err));
    OK(target_add(d, "hit", TARGET_BINARY, "[\"no\", \"yes\"]", hit, FIXTURE_SAMPLES, &err));
    OK(target_add(d, "grade", TARGET_CLASS, "[\"a\", \"b\", \"c\"]", grade, FIXTURE_SAMPLES,
                  &err));
    OK(target_add(d, "wide", TARGET_CLASS, "[\"a\", \"b\", \"c\", \"d\"]", grade, FIXTURE_SAMPLES,
                  &err));
    OK(target_add(d, "document", TARGET_REAL, NULL, of_document, FIXTURE_SAMPLES, &err));
}

static void open_study(void)
{
    path = fixture_study();
    OK(db_open(&d, path, DB_WRITE, &err));
    OK(layer_list(d, &layers, &err));
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        OK(document_add(d, i, NULL, "text", NULL, i * TOKENS, TOKENS, &err));
    add_variables();
}

static void close_study(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(variable_job, .init = open_study, .fini = close_study);

static variable_request request_for(const char *name, const int64_t *id, uint32_t count)
{
    variable_request request = {.target = name, .layer = id, .layer_count = count};
    request.settings = variable_defaults();
    request.settings.points = 10;
    return request;
}

/* Asked for and run, as one call. */
static status variable_fit_now(const variable_request *request, const fit_run_options *options,
                               int64_t *id)
{
    fit_progress last;
    status code = variable_create(d, &layers, request, id, &err);
    return code == STATUS_OK ? fit_run(path, *id, options, &last, &err) : code;
}

static variable_fit run(const variable_request *request, unsigned threads)
{
    fit_run_options options = {.threads = threads};
    int64_t id = 0;
    variable_fit f;
    err = (error){0};
    OK(variable_fit_now(request, &options, &id));
    OK(variable_fit_get(d, id, &f, &err));
    return f;
}

Test(variable_job, finds_what_the_variable_follows)
{
    static const char *const names[] = {"signal", "hit", "grade"};
    for (size_t n = 0; n < 3; n++) {
        variable_request request = request_for(names[n], &layers.item[1].id, 1);
        request.folds = 5;
        variable_fit f = run(&request, 2);
        cr_expect_eq(f.point_count, 10);
        cr_expect_eq(f.outputs, n == 2 ? 3 : 1);
        cr_expect_eq(f.folds, 5);
        double *intercept;
        variable_fit_weight *w;
        uint32_t count;
        OK(variable_fit_weights(d, &f, f.chosen, &intercept, &w, &count, &err));
        uint32_t best = 0;
        for (uint32_t i = 0; i < count; i++)
            if (fabs(w[i].standardised) > fabs(w[best].standardised))
                best = i;
        cr_assert_gt(count, 0);
        cr_expect_eq(w[best].feature, 3);
        cr_expect_eq(w[best].layer, layers.item[1].id);
        for (uint32_t i = 0; i < f.point_count; i++) {
            cr_expect_str_eq(f.point[i].state, "converged");
            cr_expect(isfinite(f.point[i].held_out));
            cr_expect_eq(isnan(f.point[i].accuracy), n == 0);
        }
        cr_expect_lt(f.point[f.chosen].held_out, f.point[0].held_out);
        free(intercept);
        free(w);
        variable_fit_release(&f);
    }
}

/* Layers in any order: the columns are in computation order, and weights find their way home. */
Test(variable_job, layers_side_by_side)
{
    int64_t both[] = {layers.item[1].id, layers.item[0].id};
    stack s;
    OK(stack_load(&s, d, &layers, both, 2, &err));
    cr_expect_eq(s.data.m.cols, 2 * FIXTURE_FEATURES);
    cr_expect_eq(s.layer[0], layers.item[0].id);
    for (uint32_t l = 0; l < 2; l++) {
        matrix one;
        OK(layer_load(d, &layers.item[l], &one, &err));
        for (uint32_t k = 0; k < one.cols; k++) {
            uint32_t column = l * FIXTURE_FEATURES + k;
            stack_column from = stack_find(&s, column);
            cr_expect(from.layer_id == layers.item[l].id && from.feature == k);
            uint64_t count = one.col_start[k + 1] - one.col_start[k];
            cr_assert_eq(s.data.m.col_start[column + 1] - s.data.m.col_start[column], count);
            cr_expect_eq(memcmp(s.data.m.value + s.data.m.col_start[column],
                                one.value + one.col_start[k], count * sizeof *one.value),
                         0);
            cr_expect_eq(memcmp(s.data.m.row + s.data.m.col_start[column],
                                one.row + one.col_start[k], count * sizeof *one.row),
                         0);
        }
        matrix_release(&one);
    }
    stack_release(&s);
    variable_request request = request_for("signal", both, 2);
    variable_fit f = run(&request, 1);
    cr_expect_eq(f.layer_count, 2);
    double *intercept;
    variable_fit_weight *w;
    uint32_t count;
    OK(variable_fit_weights(d, &f, 5, &intercept, &w, &count, &err));
    cr_assert_gt(count, 0);
    uint32_t best = 0;
    for (uint32_t i = 0; i < count; i++)
        if (fabs(w[i].standardised) > fabs(w[best].standardised))
            best = i;
    cr_expect(w[best].feature == 3 && w[best].layer == layers.item[1].id);
    free(intercept);
    free(w);
    variable_fit_release(&f);
    int64_t twice[] = {both[0], both[0]};
    cr_expect_eq(stack_load(&s, d, &layers, twice, 2, &err), STATUS_USAGE);
    cr_expect_eq(stack_load(&s, d, &layers, NULL, 0, &err), STATUS_USAGE);
}

Test(variable_job, the_same_with_any_number_of_threads)
{
    variable_request request = request_for("grade", &layers.item[1].id, 1);
    request.folds = 4;
    variable_fit a = run(&request, 1);
    variable_fit b = run(&request, 3);
    cr_expect_eq(a.chosen, b.chosen);
    for (uint32_t i = 0; i < a.point_count; i++)
        cr_expect_eq(memcmp(&a.point[i].held_out, &b.point[i].held_out, sizeof(double)), 0);
    variable_fit_release(&a);
    variable_fit_release(&b);
}

/* No document is on both sides, folds are of one size, and the seed matters. */
Test(variable_job, folds_hold_whole_documents)
{
    uint32_t *fold;
    uint32_t *other;
    uint32_t samples[7] = {0};
    OK(folds_by_document(d, FIXTURE_SAMPLES, 7, 1, &fold, &err));
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        cr_assert_lt(fold[i], 7);
        cr_assert(i % TOKENS == 0 || fold[i] == fold[i - 1], "a document in two folds");
        samples[fold[i]]++;
    }
    for (int f = 0; f < 7; f++)
        cr_expect(samples[f] >= DOCUMENTS / 7 * TOKENS &&
                  samples[f] <= (DOCUMENTS / 7 + 1) * TOKENS);
    OK(folds_by_document(d, FIXTURE_SAMPLES, 7, 1, &other, &err));
    cr_expect_eq(memcmp(fold, other, FIXTURE_SAMPLES * sizeof *fold), 0);
    free(other);
    OK(folds_by_document(d, FIXTURE_SAMPLES, 7, 2, &other, &err));
    cr_expect_neq(memcmp(fold, other, FIXTURE_SAMPLES * sizeof *fold), 0);
    free(other);
    free(fold);
    cr_expect_eq(folds_by_document(d, FIXTURE_SAMPLES, DOCUMENTS + 1, 1, &fold, &err),
                 STATUS_USAGE);
    cr_expect_eq(folds_by_document(d, FIXTURE_SAMPLES, 1, 1, &fold, &err), STATUS_USAGE);
}

/* Nothing predicts a document's value but its own tokens: were they on both sides, the held-out
 * error would fall along the path. */
Test(variable_job, a_document_does_not_predict_itself)
{
    variable_request request = request_for("document", &layers.item[0].id, 1);
    request.folds = 5;
    request.settings.fraction = 0.001;
    variable_fit f = run(&request, 1);
    cr_expect_eq(f.chosen, 0);
    for (uint32_t i = 1; i < f.point_count; i++)
        cr_expect_gt(f.point[i].held_out, 0.97 * f.point[0].held_out);
    variable_fit_release(&f);
}

/* A refusal before it is stored leaves no fit; a run that ends early leaves one without a path,
 * which says why. */
static void expect_refusal(const variable_request *request, const fit_run_options *options,
                           status code, const char *part, fit_state left)
{
    int64_t id;
    err = (error){0};
    cr_expect_eq(variable_fit_now(request, options, &id), code, "%s", err.message);
    cr_expect(strstr(err.message, part) != NULL, "expected '%s': %s", part, err.message);
    variable_fit_set set;
    error other;
    cr_assert_eq(variable_fit_list(d, &set, &other), STATUS_OK);
    cr_expect_eq(set.count, left != FIT_DONE);
    if (set.count) {
        const fit *base = &set.item[0].base;
        cr_expect_eq(base->state, left);
        cr_expect_eq(set.item[0].point_count, 0);
        cr_expect(left != FIT_FAILED || strstr(base->message, part) != NULL);
        OK(fit_delete(d, id, &other));
    }
    variable_fit_set_release(&set);
}

Test(variable_job, refusals_leave_no_path)
{
    fit_run_options options = {.threads = 1};
    variable_request request = request_for("nobody", &layers.item[0].id, 1);
    expect_refusal(&request, &options, STATUS_INPUT, "no target variable 'nobody'", FIT_DONE);
    request.target = "wide";
    expect_refusal(&request, &options, STATUS_INPUT, "'wide': class 3 has no samples", FIT_FAILED);
    request.target = "hit";
    request.folds = 1;
    expect_refusal(&request, &options, STATUS_USAGE, "1 fold", FIT_DONE);
    request.folds = DOCUMENTS + 1;
    expect_refusal(&request, &options, STATUS_USAGE, "as many documents", FIT_FAILED);
    request.folds = 3;
    request.settings.fraction = 0;
    expect_refusal(&request, &options, STATUS_USAGE, "lambda 0", FIT_DONE);
    request.settings.fraction = 0.1;
    int64_t nowhere = 99;
    request.layer = &nowhere;
    expect_refusal(&request, &options, STATUS_USAGE, "not in the study", FIT_DONE);
    request.layer = &layers.item[0].id;
    atomic_bool cancel = true;
    options.cancel = &cancel;
    expect_refusal(&request, &options, STATUS_INTERRUPTED, "interrupted", FIT_CANCELLED);
}

Test(variable_job, a_cancelled_fit_runs_when_it_is_resumed)
{
    atomic_bool cancel = true;
    fit_run_options options = {.threads = 1, .cancel = &cancel};
    variable_request request = request_for("signal", &layers.item[1].id, 1);
    int64_t id;
    fit_progress last;
    cr_expect_eq(variable_fit_now(&request, &options, &id), STATUS_INTERRUPTED);
    atomic_store(&cancel, false);
    OK(fit_run(path, id, &options, &last, &err));
    cr_expect(last.state == FIT_DONE && last.done == 10 && last.targets == 10);
    variable_fit f;
    OK(variable_fit_get(d, id, &f, &err));
    cr_expect(f.base.state == FIT_DONE && f.point_count == 10);
    variable_fit_release(&f);
}

/* Held-out documents whose values contradict the others change nothing. */
Test(variable_job, training_documents_alone)
{
    double value[FIXTURE_SAMPLES], lie[FIXTURE_SAMPLES];
    uint64_t seed = 11;
    for (uint32_t i = 0; i < FIXTURE_SAMPLES; i++) {
        bool held = i / TOKENS % 3 == 0;
        value[i] = fixture_random(&seed);
        lie[i] = held ? 100 * fixture_random(&seed) : value[i];
    }
    OK(target_add(d, "truth", TARGET_REAL, NULL, value, FIXTURE_SAMPLES, &err));
    OK(target_add(d, "lie", TARGET_REAL, NULL, lie, FIXTURE_SAMPLES, &err));
    for (uint32_t i = 0; i < DOCUMENTS; i += 3)
        OK(document_hold_out(d, i, &err));
    variable_request request = request_for("truth", &layers.item[1].id, 1);
    request.train_only = true;
    request.folds = 4;
    variable_fit a = run(&request, 1);
    request.target = "lie";
    variable_fit b = run(&request, 2);
    request.train_only = false;
    variable_fit c = run(&request, 1);
    cr_expect(a.train_only && a.lambda_max == b.lambda_max && c.lambda_max != b.lambda_max);
    for (uint32_t i = 0; i < a.point_count; i++)
        cr_expect(a.point[i].held_out == b.point[i].held_out &&
                  a.point[i].features == b.point[i].features);
    variable_fit_release(&a);
    variable_fit_release(&b);
    variable_fit_release(&c);
    for (uint32_t i = 0; i < DOCUMENTS; i++)
        OK(document_hold_out(d, i, &err));
    request.train_only = true;
    fit_run_options options = {.threads = 1};
    int64_t id;
    cr_expect_eq(variable_fit_now(&request, &options, &id), STATUS_INPUT);
    cr_expect(strstr(err.message, "every document is held out") != NULL, "%s", err.message);
}

/* Waits until the engine reports that a fit of a variable reached a state. */
static fit_progress await_state(queue *news, fit_state state)
{
    for (;;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        fit_progress found = {0};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m)) {
            cr_assert_eq(m->kind, ENGINE_PROGRESS);
            if (((const fit_progress *)m->payload)->state == state)
                found = *(const fit_progress *)m->payload;
        }
        if (found.fit_id)
            return found;
    }
}

Test(variable_job, the_engine_runs_it_behind)
{
    queue *news = NULL;
    engine *e = NULL;
    char name[] = "hit";
    int64_t on[] = {layers.item[1].id};
    variable_request request = request_for(name, on, 1);
    request.folds = 3;
    OK(queue_create(&news, &err));
    OK(engine_start(&e, path, 1, news, &err));
    engine_fit_variable(e, &request, NULL);
    memset(name, 'x', 3); /* the request was copied */
    on[0] = 0;
    fit_progress done = await_state(news, FIT_DONE);
    cr_expect(done.of_variable && done.done == 40 && done.targets == 40 && done.pairs == 1);
    variable_fit f;
    OK(variable_fit_get(d, done.fit_id, &f, &err));
    cr_expect(f.base.state == FIT_DONE && f.folds == 3 &&
              f.point[f.chosen].features == done.edges);
    cr_expect_str_eq(f.target, "hit");
    variable_fit_release(&f);
    engine_delete(e, done.fit_id);
    await_state(news, FIT_CANCELLED);
    cr_expect_eq(variable_fit_get(d, done.fit_id, &f, &err), STATUS_INPUT);
    engine_stop(e);
    queue_free(news);
}

/* What waits when the program leaves is there the next time, marked. */
Test(variable_job, what_waits_when_the_engine_stops_is_kept)
{
    queue *news = NULL;
    engine *e = NULL;
    variable_request request = request_for("signal", &layers.item[1].id, 1);
    variable_fit_set set;
    OK(queue_create(&news, &err));
    OK(engine_start(&e, path, 1, news, &err));
    for (int i = 0; i < 3; i++)
        engine_fit_variable(e, &request, NULL);
    engine_stop(e);
    OK(variable_fit_list(d, &set, &err));
    cr_expect_eq(set.count, 3);
    for (uint32_t i = 0; i < set.count; i++)
        cr_expect(set.item[i].base.state == FIT_DONE || fit_was_interrupted(&set.item[i].base));
    variable_fit_set_release(&set);
    queue_free(news);
}
