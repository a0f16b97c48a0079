/* A fit that is run, cancelled, resumed or left by a dead process ends with the same circuit. */
#include "src/jobs/check.h"
#include "src/jobs/engine.h"
#include "src/jobs/fit.h"
#include "src/jobs/runner.h"
#include "src/jobs/slide.h"
#include "tests/unit/change_fixture.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>
#include <poll.h>

static char *path;
static db *d;
static layer_set layers;

static void open_study(void)
{
    error err = {0};
    path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
}

static void close_study(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(fit, .init = open_study, .fini = close_study);

static int64_t ask(void)
{
    error err = {0};
    int64_t id = 0;
    fit_request request = {.settings = lasso_defaults()};
    request.settings.lambda = 0.02;
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(request.pair_count, FIXTURE_LAYERS - 1);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    return id;
}

static status run_fit(int64_t id, const atomic_bool *cancel, fit_progress *last)
{
    error err = {0};
    fit_run_options options = {.threads = 2, .cancel = cancel};
    return fit_run(path, id, &options, last, &err);
}

typedef struct edges {
    edge list[4096];
    size_t count;
} edges;

static bool collect(void *user, const edge *e)
{
    edges *all = user;
    all->list[all->count++] = *e;
    return all->count < 4096;
}

static edges *edges_of(int64_t id)
{
    fit f = {0};
    edges *all = calloc(1, sizeof *all);
    cr_assert_eq(fit_get(d, id, &f, NULL), STATUS_OK);
    for (uint32_t p = 0; p < f.pair_count; p++)
        cr_assert_eq(fit_each_edge(d, f.pair[p].id, collect, all, NULL), STATUS_OK);
    fit_release(&f);
    return all;
}

static void same_edges(int64_t a, int64_t b)
{
    edges *x = edges_of(a);
    edges *y = edges_of(b);
    cr_assert_eq(x->count, y->count);
    cr_assert_gt(x->count, 0);
    cr_expect_eq(memcmp(x->list, y->list, x->count * sizeof x->list[0]), 0);
    free(x);
    free(y);
}

Test(fit, finds_the_planted_circuit)
{
    fit_progress last;
    int64_t id = ask();
    cr_assert_eq(run_fit(id, NULL, &last), STATUS_OK, "%s", last.message);
    cr_expect_eq(last.state, FIT_DONE);
    cr_expect_eq(last.done, 2 * FIXTURE_FEATURES);
    cr_expect_leq(last.worst_gap, 1e-6);
    fit f = {0};
    cr_assert_eq(fit_get(d, id, &f, NULL), STATUS_OK);
    cr_expect_eq(f.state, FIT_DONE);
    cr_expect_eq(f.pair[1].constant, 1, "feature 7 of the last layer never fires");
    edges *all = calloc(1, sizeof *all);
    cr_assert_eq(fit_each_edge(d, f.pair[0].id, collect, all, NULL), STATUS_OK);
    uint32_t strongest[FIXTURE_FEATURES] = {0};
    double best[FIXTURE_FEATURES] = {0};
    for (size_t i = 0; i < all->count; i++)
        if (fabs(all->list[i].standardised) > best[all->list[i].target]) {
            best[all->list[i].target] = fabs(all->list[i].standardised);
            strongest[all->list[i].target] = all->list[i].source;
        }
    for (uint32_t t = 0; t < FIXTURE_FEATURES; t++)
        cr_expect_eq(strongest[t], t, "target %u: strongest parent %u", t, strongest[t]);
    free(all);
    fit_release(&f);
}

Test(fit, edge_strengths_follow_their_definitions)
{
    fit_progress last;
    int64_t id = ask();
    cr_assert_eq(run_fit(id, NULL, &last), STATUS_OK);
    fit f = {0};
    feature_table source = {0};
    feature_table target = {0};
    cr_assert_eq(fit_get(d, id, &f, NULL), STATUS_OK);
    cr_assert_eq(feature_list(d, f.pair[0].source_layer, &source, NULL), STATUS_OK);
    cr_assert_eq(feature_list(d, f.pair[0].target_layer, &target, NULL), STATUS_OK);
    edges *all = calloc(1, sizeof *all);
    cr_assert_eq(fit_each_edge(d, f.pair[0].id, collect, all, NULL), STATUS_OK);
    for (size_t i = 0; i < all->count; i++) {
        const edge *e = &all->list[i];
        /* the figure itself: jobs_strength.c */
        double whole = e->weight * (double)source.row[e->source].active_mean;
        cr_expect_geq(e->removal * whole, 0);
        if (e->source == e->target)
            cr_expect_geq(e->removal / whole, 1, "the target is active with its cause");
        cr_expect_float_eq(
            e->standardised,
            e->weight * (double)source.row[e->source].sd / (double)target.row[e->target].sd, 1e-5);
    }
    free(all);
    feature_table_release(&source);
    feature_table_release(&target);
    fit_release(&f);
}

Test(fit, cancelled_and_resumed_gives_the_same_edges)
{
    fit_progress last;
    int64_t whole = ask();
    cr_assert_eq(run_fit(whole, NULL, &last), STATUS_OK);

    int64_t cut = ask();
    const atomic_bool cancel = true;
    cr_expect_eq(run_fit(cut, &cancel, &last), STATUS_INTERRUPTED);
    cr_expect_eq(last.state, FIT_CANCELLED);
    fit f = {0};
    cr_assert_eq(fit_get(d, cut, &f, NULL), STATUS_OK);
    cr_expect_eq(f.state, FIT_CANCELLED);
    fit_release(&f);

    cr_assert_eq(run_fit(cut, NULL, &last), STATUS_OK);
    cr_expect_eq(last.state, FIT_DONE);
    same_edges(whole, cut);
}

/* The layers' matrices side by side, by hand. */
static void stack_by_hand(const matrix *a, const matrix *b, matrix *out)
{
    uint64_t first = matrix_entries(a);
    cr_assert_eq(
        matrix_create(out, a->rows, a->cols + b->cols, false, first + matrix_entries(b), NULL),
        STATUS_OK);
    memcpy(out->row, a->row, first * sizeof *a->row);
    memcpy(out->value, a->value, first * sizeof *a->value);
    memcpy(out->row + first, b->row, matrix_entries(b) * sizeof *b->row);
    memcpy(out->value + first, b->value, matrix_entries(b) * sizeof *b->value);
    memcpy(out->col_start, a->col_start, a->cols * sizeof *a->col_start);
    for (uint32_t c = 0; c <= b->cols; c++)
        out->col_start[a->cols + c] = first + b->col_start[c];
}

typedef struct expected {
    double weight[FIXTURE_FEATURES][2 * FIXTURE_FEATURES];
    size_t edges;
} expected;

static bool expect_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    expected *e = user;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < results[i].parents; k++, e->edges++)
            e->weight[results[i].target][results[i].source[k]] = results[i].weight[k];
    return true;
}

Test(fit, joint_regresses_on_all_earlier_layers_at_once)
{
    fit_progress last;
    error err = {0};
    int64_t id = 0;
    fit_request request = {.settings = lasso_defaults(), .joint = true};
    request.settings.lambda = 0.02;
    fit_request_all(&request, &layers, NULL, 0);
    cr_assert_eq(request.pair_count, 3);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(run_fit(id, NULL, &last), STATUS_OK, "%s", last.message);
    cr_expect_eq(last.targets, 2 * FIXTURE_FEATURES, "each target feature counts once");
    cr_expect_eq(last.done, last.targets);

    matrix part[3];
    matrix both;
    lasso_design *design = NULL;
    expected *e = calloc(1, sizeof *e);
    lasso_hooks hooks = {.user = e, .block = expect_block};
    lasso_report report;
    for (uint32_t l = 0; l < 3; l++)
        cr_assert_eq(layer_load(d, &layers.item[l], &part[l], &err), STATUS_OK);
    stack_by_hand(&part[0], &part[1], &both);
    cr_assert_eq(lasso_design_create(&design, &both, &request.settings, &err), STATUS_OK);
    cr_assert_eq(lasso_solve(design, &part[2], NULL, FIXTURE_FEATURES, &request.settings, &hooks,
                             &report, &err),
                 STATUS_OK, "%s", err.message);
    cr_expect_gt(e->edges, 0);

    fit f = {0};
    size_t found = 0;
    cr_assert_eq(fit_get(d, id, &f, NULL), STATUS_OK);
    cr_expect_str_eq(f.kind, "joint");
    for (uint32_t p = 0; p < f.pair_count; p++) {
        if (f.pair[p].target_layer != layers.item[2].id)
            continue;
        uint32_t offset = f.pair[p].source_layer == layers.item[1].id ? FIXTURE_FEATURES : 0;
        edges *all = calloc(1, sizeof *all);
        cr_assert_eq(fit_each_edge(d, f.pair[p].id, collect, all, NULL), STATUS_OK);
        cr_expect_eq(all->count, f.pair[p].edges);
        for (size_t i = 0; i < all->count; i++)
            cr_assert_eq(all->list[i].weight,
                         e->weight[all->list[i].target][offset + all->list[i].source]);
        found += all->count;
        free(all);
    }
    cr_expect_eq(found, e->edges);
    fit_release(&f);
    free(e);
    lasso_design_free(design);
    for (uint32_t l = 0; l < 3; l++)
        matrix_release(&part[l]);
    matrix_release(&both);
    fit_request_release(&request);
}

Test(fit, another_run_is_refused_while_one_lives_and_allowed_after_its_death)
{
    fit_progress last;
    error err = {0};
    bool taken = false;
    int64_t id = ask();
    char *self = runner_self();
    cr_assert_eq(fit_claim(d, id, self, NULL, &taken, NULL), STATUS_OK);
    cr_assert(taken);
    fit_run_options options = {.threads = 1};
    cr_expect_eq(fit_run(path, id, &options, &last, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "being run"), "%s", err.message);

    /* the same process number, but another start: that process is dead */
    char dead[256];
    char host[64];
    char boot[64];
    long pid = 0;
    unsigned long long start = 0;
    cr_assert_eq(sscanf(self, "%63s %ld %llu %63s", host, &pid, &start, boot), 4);
    snprintf(dead, sizeof dead, "%s %ld %llu %s", host, pid, start + 1, boot);
    cr_assert_eq(fit_claim(d, id, dead, self, &taken, NULL), STATUS_OK);
    cr_assert(taken);
    fit f = {0};
    cr_assert_eq(fit_get(d, id, &f, NULL), STATUS_OK);
    cr_expect_str_eq(fit_state_shown(&f), "cut off");
    fit_release(&f);
    cr_expect_eq(run_fit(id, NULL, &last), STATUS_OK, "%s", last.message);
    free(self);
}

Test(fit, requests_that_make_no_sense_are_refused)
{
    error err = {0};
    int64_t id = 0;
    struct fit_request_pair backwards = {layers.item[1].id, layers.item[0].id};
    fit_request request = {.settings = lasso_defaults(), .pair = &backwards, .pair_count = 1};
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    cr_expect(strstr(err.message, "blocks.1.hook"), "%s", err.message);
    request.pair_count = 0;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    struct fit_request_pair twice[2] = {{layers.item[0].id, layers.item[1].id},
                                        {layers.item[0].id, layers.item[1].id}};
    request.pair = twice;
    request.pair_count = 2;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.pair_count = 1;
    request.settings.lambda = (double)NAN;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.settings.lambda = 0;
    request.settings.ridge = 0;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    cr_expect(strstr(err.message, "without a ridge term"), "%s", err.message);
    request.settings.rule = LASSO_OF_TARGET;
    request.settings.lambda = 1;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    cr_expect(strstr(err.message, "leaves no edge"), "%s", err.message);
    request.settings.lambda = 0.9;
    cr_expect_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
}

/* Gives the first layers autoencoders of these widths, and reads the layers anew. */
static void give_autoencoders(const uint32_t *width, uint32_t count)
{
    for (uint32_t l = 0; l < count; l++)
        if (width[l])
            fixture_autoencoder(d, &layers.item[l], width[l]);
    layer_set_release(&layers);
    cr_assert_eq(layer_list(d, &layers, NULL), STATUS_OK);
}

/* What the fit that the request makes says of wiring. */
static bool says_wiring(const fit_request *request)
{
    error err = {0};
    fit f = {0};
    int64_t id = 0;
    char how[128];
    cr_assert_eq(fit_create(d, &layers, request, &id, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fit_get(d, id, &f, &err), STATUS_OK, "%s", err.message);
    bool wiring = f.wiring;
    fit_describe(&f, "lambda", how, sizeof how);
    cr_expect_eq(strstr(how, "with wiring") != NULL, wiring, "%s", how);
    fit_release(&f);
    return wiring;
}

/* A fit has wiring if it is asked for and some pair has both autoencoders. */
Test(fit, wiring_is_where_both_layers_have_their_autoencoders)
{
    static const struct {
        uint32_t width[FIXTURE_LAYERS];
        uint32_t wired; /* of the two adjacent pairs */
    } studies[] = {{{0, 0, 0}, 0}, {{0, 6, 0}, 0}, {{6, 8, 0}, 0}, {{6, 6, 8}, 1}, {{6, 6, 6}, 2}};
    for (size_t i = 0; i < sizeof studies / sizeof *studies; i++) {
        close_study();
        open_study();
        give_autoencoders(studies[i].width, FIXTURE_LAYERS);
        fit_request request = {.settings = lasso_defaults(), .wiring = true};
        fit_request_adjacent(&request, &layers, NULL, 0);
        cr_expect_eq(fit_wired_pairs(&layers, &request), studies[i].wired, "study %zu", i);
        cr_expect_eq(says_wiring(&request), studies[i].wired > 0, "study %zu", i);
        request.wiring = false;
        cr_expect_not(says_wiring(&request), "not asked for");
        fit_request_release(&request);
        fit_request_all(&request, &layers, NULL, 0);
        request.wiring = request.joint = true;
        cr_expect_not(says_wiring(&request), "a joint fit has none");
        fit_request_release(&request);
    }
    /* what a document's tokens come to together is nothing that an autoencoder gave */
    change_study(path, "INSERT OR REPLACE INTO study VALUES ('pool', 'max')");
    layer_set_release(&layers);
    cr_assert_eq(layer_list(d, &layers, NULL), STATUS_OK);
    fit_request request = {.settings = lasso_defaults(), .wiring = true};
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_expect_eq(fit_wired_pairs(&layers, &request), 0);
    fit_request_release(&request);
}

/* A ridge that no solve has any more must not be continued, or repeated, with another meaning. */
Test(fit, with_the_ridge_of_version_1_it_is_only_looked_at)
{
    error err = {0};
    fit_progress last;
    slide *s = NULL;
    char how[256];
    int64_t done = ask();
    cr_assert_eq(run_fit(done, NULL, &last), STATUS_OK, "%s", last.message);
    int64_t waiting = ask();
    check_request request = {.fit_id = done, .kind = "null", .settings = check_settings_open()};
    check_progress of_check;
    check_run_options run = {.threads = 1};
    int64_t null = 0;
    cr_assert_eq(check_create(d, &layers, &request, &null, &err), STATUS_OK, "%s", err.message);
    change_study(path, "UPDATE fit SET ridge_by = 'layer', ridge = 0.25");

    fit_run_options options = {.threads = 2};
    cr_expect_eq(fit_run(path, waiting, &options, &last, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "one ridge for all features"), "%s", err.message);
    cr_expect_eq(fit_run(path, done, &options, &last, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(slide_open(&s, d, &layers, done, layers.item[1].id, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "fit anew"), "%s", err.message);
    cr_expect_eq(check_run(path, null, &run, &of_check, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "fit anew"), "%s", err.message);
    fit f = {0};
    cr_assert_eq(fit_get(d, done, &f, NULL), STATUS_OK);
    fit_describe(&f, "lambda", how, sizeof how);
    cr_expect(strstr(how, "ridge 0.25 (one a layer)"), "%s", how);
    fit_release(&f);
}

Test(runner, knows_the_living_from_the_dead)
{
    char *self = runner_self();
    cr_expect(runner_alive(self));
    free(self);
    cr_expect_not(runner_alive(NULL));
    cr_expect_not(runner_alive("nonsense"));
    cr_expect(runner_alive("another-host 1 1 boot"), "of another machine nothing is known");
}

/* Waits until the engine reports that the fit reached a state. */
static fit_progress await_state(queue *news, fit_state state)
{
    for (;;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        fit_progress found = {0};
        bool seen = false;
        for (message *m = queue_take(news); m; m = message_free(m)) {
            cr_assert_neq(m->kind, ENGINE_FAILED, "%s", ((error *)m->payload)->message);
            const fit_progress *p = m->payload;
            if (p->state == state) {
                found = *p;
                seen = true;
            }
        }
        if (seen)
            return found;
    }
}

Test(fit, the_engine_runs_deletes_and_reports)
{
    queue *news = NULL;
    engine *e = NULL;
    cr_assert_eq(queue_create(&news, NULL), STATUS_OK);
    cr_assert_eq(engine_start(&e, path, 1, news, NULL), STATUS_OK);
    fit_request request = {.settings = lasso_defaults()};
    fit_request_adjacent(&request, &layers, NULL, 0);
    engine_fit(e, &request);
    fit_request_release(&request);
    fit_progress done = await_state(news, FIT_DONE);
    cr_expect_eq(done.done, done.targets);
    cr_expect_gt(done.edges, 0);
    engine_delete(e, done.fit_id);
    await_state(news, FIT_CANCELLED);
    fit_set fits = {0};
    cr_assert_eq(fit_list(d, &fits, NULL), STATUS_OK);
    cr_expect_eq(fits.count, 0);
    fit_set_release(&fits);
    engine_stop(e);
    queue_free(news);
}
