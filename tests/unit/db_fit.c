/* Fits: what was asked comes back, one runner has a fit, blocks count once. */
#include "db/fit.h"

#include "db/migrate.h"
#include "tests/unit/db_fixture.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

TestSuite(db_fit, .init = enter_folder, .fini = leave_folder);

static fit_pair pairs[2];

/* Layers a, b, c of 20 features, and a queued fit of b -> c and a -> b, given in that order. */
static fit queue_fit(db *d)
{
    layer_set set;
    OK(layer_list(d, &set, &err));
    if (set.count == 0) {
        add_layer(d, "a", 0, false, 20, 9, 0);
        add_layer(d, "b", 1, false, 20, 9, 0);
        add_layer(d, "c", 2, false, 20, 9, 0);
        layer_set_release(&set);
        OK(layer_list(d, &set, &err));
    }
    pairs[0] =
        (fit_pair){.source_layer = set.item[1].id, .target_layer = set.item[2].id, .targets = 20};
    pairs[1] =
        (fit_pair){.source_layer = set.item[0].id, .target_layer = set.item[1].id, .targets = 20};
    layer_set_release(&set);
    fit f = {
        .kind = "pairwise",
        .rule = "pair",
        .lambda = 0.005,
        .ridge = 2,
        .scale = true,
        .tolerance = 1e-6,
        .seed = -5,
        .data_hash = (char *)(uintptr_t) "hash",
        .pair = pairs,
        .pair_count = 2,
    };
    OK(fit_add(d, &f, &err));
    return f;
}

static const fit_target targets[] = {
    {3, "converged", 0.1, 0.9, -0.5, 0.75, 1e-7, 2, 1.5},
    {1, "unconverged", 0.1, 0.8, 0.5, 0.25, 3e-5, 1, 1.25},
    {7, "constant", 0.1, 0, 1, 0, 0, 0, 1},
};
static const edge edges[] = {
    {5, 3, 0.5, 0.25, 1.5, NAN, 0}, {2, 3, -0.125, -1e-300, -3, NAN, 0}, {19, 1, 7, 8, 9, NAN, 0}};

typedef struct seen {
    edge e[64];
    int count, most;
} seen;

static bool keep(void *user, const edge *e)
{
    seen *s = user;
    s->e[s->count++] = *e;
    return s->count < s->most;
}

/* Version 1 had one ridge for all features of a layer: what it fitted is said to have it, unless
 * there was none, or features were scaled, which makes it the same. */
Test(db_fit, fits_of_version_1_keep_the_ridge_they_had)
{
    static const struct {
        const char *change;
        bool of_layer;
    } was[] = {{"UPDATE fit SET scale = 'none'", true},
               {"UPDATE fit SET scale = 'none', ridge = 0", false},
               {"UPDATE fit SET scale = 'sd'", false}};
    for (size_t i = 0; i < sizeof was / sizeof *was; i++) {
        db *d = new_study();
        fit f = queue_fit(d);
        fit got;
        OK(fit_get(d, f.id, &got, &err));
        cr_expect_not(got.ridge_of_layer, "a new fit");
        fit_release(&got);
        db_close(d);
        tamper(was[i].change);
        tamper(BACK_TO_VERSION_2 "ALTER TABLE fit DROP COLUMN ridge_by; PRAGMA user_version = 1");
        d = open_study(i == 0 ? DB_READ : DB_WRITE); /* whoever comes first brings it up to date */
        OK(fit_get(d, f.id, &got, &err));
        cr_expect_eq(got.ridge_of_layer, was[i].of_layer, "%s", was[i].change);
        fit_release(&got);
        db_close(d);
        d = open_study(DB_WRITE);
        f = queue_fit(d);
        OK(fit_get(d, f.id, &got, &err));
        cr_expect_not(got.ridge_of_layer, "a fit made since");
        fit_release(&got);
        db_close(d);
        cr_expect_eq(ask("PRAGMA user_version"), SCHEMA_VERSION);
        cr_assert_eq(remove(STUDY), 0);
    }
}

Test(db_fit, what_was_asked_comes_back)
{
    db *d = new_study();
    fit f = queue_fit(d);
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_str_eq(got.kind, "pairwise");
    cr_expect_str_eq(got.rule, "pair");
    cr_expect_eq(got.lambda, 0.005);
    cr_expect_eq(got.ridge, 2);
    cr_expect(got.scale);
    cr_expect_not(got.wiring);
    cr_expect_eq(got.tolerance, 1e-6);
    cr_expect_eq(got.seed, -5);
    cr_expect_eq(got.state, FIT_QUEUED);
    cr_expect_null(got.runner);
    cr_expect_null(got.message);
    cr_expect_str_eq(got.data_hash, "hash");
    cr_expect_eq(got.created, f.created);
    cr_expect_gt(got.created, 1600000000);
    cr_expect_eq(got.started, 0);
    cr_expect_eq(got.finished, 0);
    cr_assert_eq(got.pair_count, 2);
    cr_expect_eq(got.pair[0].id, pairs[1].id, "by position of the source layer");
    cr_expect_eq(got.pair[1].id, pairs[0].id);
    cr_expect_eq(got.pair[1].source_layer, pairs[0].source_layer);
    cr_expect_eq(got.pair[0].targets, 20);
    cr_expect_not(got.pair[0].lambda_known);
    fit_release(&got);

    OK(fit_pair_set_lambda(d, pairs[0].id, true, 0.25, 5, &err));
    OK(fit_pair_set_lambda(d, pairs[1].id, false, 99, 6, &err));
    OK(fit_get(d, f.id, &got, &err));
    cr_expect(got.pair[1].lambda_known);
    cr_expect_eq(got.pair[1].lambda, 0.25);
    cr_expect_eq(got.pair[1].lambda_max, 5);
    cr_expect_not(got.pair[0].lambda_known);
    cr_expect_eq(got.pair[0].lambda_max, 6);
    fit_release(&got);
    FAILS(fit_get(d, 99, &got, &err), STATUS_INPUT, STUDY, "no fit 99");
    FAILS(fit_pair_set_lambda(d, 99, true, 1, 1, &err), STATUS_INPUT, STUDY, "layer pair 99");
    db_close(d);
}

Test(db_fit, newest_first_and_newest_with_results)
{
    db *d = new_study();
    fit_set set;
    fit got;
    OK(fit_list(d, &set, &err));
    cr_expect_eq(set.count, 0);
    FAILS(fit_get(d, 0, &got, &err), STATUS_INPUT, STUDY, "no fit with results");
    fit first = queue_fit(d);
    int64_t first_pair = pairs[0].id;
    fit second = queue_fit(d);
    OK(fit_list(d, &set, &err));
    cr_assert_eq(set.count, 2);
    cr_expect_eq(set.item[0].id, second.id);
    cr_expect_eq(set.item[1].id, first.id);
    cr_expect_eq(set.item[0].pair_count, 2);
    fit_set_release(&set);
    FAILS(fit_get(d, 0, &got, &err), STATUS_INPUT, STUDY, "no fit with results");
    OK(fit_add_block(d, first_pair, targets, 3, edges, 3, 0.5, &err));
    OK(fit_get(d, 0, &got, &err));
    cr_expect_eq(got.id, first.id, "edges are there to look at before the fit is done");
    fit_release(&got);
    OK(fit_set_state(d, second.id, FIT_DONE, NULL, &err));
    OK(fit_get(d, 0, &got, &err));
    cr_expect_eq(got.id, second.id);
    fit_release(&got);

    OK(fit_delete(d, second.id, &err));
    FAILS(fit_delete(d, second.id, &err), STATUS_INPUT, STUDY, "no fit");
    fit third = queue_fit(d);
    cr_expect_gt(third.id, second.id, "numbers are never used again");
    db_close(d);
}

Test(db_fit, one_runner_at_a_time)
{
    db *d = new_study();
    fit f = queue_fit(d);
    bool taken = false;
    OK(fit_claim(d, f.id, "host:1", NULL, &taken, &err));
    cr_expect(taken);
    OK(fit_claim(d, f.id, "host:2", NULL, &taken, &err));
    cr_expect_not(taken);
    OK(fit_claim(d, f.id, "host:2", "host:9", &taken, &err));
    cr_expect_not(taken, "another than the one that was found dead");
    OK(fit_claim(d, f.id, "host:2", "host:1", &taken, &err));
    cr_expect(taken);
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_eq(got.state, FIT_RUNNING);
    cr_expect_str_eq(got.runner, "host:2");
    cr_expect_gt(got.started, 0);
    fit_release(&got);

    OK(fit_set_state(d, f.id, FIT_FAILED, "the disk is full", &err));
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_eq(got.state, FIT_FAILED);
    cr_expect_str_eq(got.message, "the disk is full");
    cr_expect_gt(got.finished, 0);
    fit_release(&got);
    OK(fit_claim(d, f.id, "host:3", NULL, &taken, &err));
    cr_expect(taken, "a failed fit can be resumed");
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_null(got.message);
    cr_expect_eq(got.finished, 0);
    fit_release(&got);
    OK(fit_set_state(d, f.id, FIT_CANCELLED, NULL, &err));
    OK(fit_claim(d, f.id, "host:3", NULL, &taken, &err));
    cr_expect(taken);
    OK(fit_set_state(d, f.id, FIT_DONE, NULL, &err));
    OK(fit_claim(d, f.id, "host:3", "host:3", &taken, &err));
    cr_expect_not(taken, "done is done");
    FAILS(fit_claim(d, 99, "x", NULL, &taken, &err), STATUS_INPUT, STUDY, "no fit 99");
    FAILS(fit_set_state(d, 99, FIT_DONE, NULL, &err), STATUS_INPUT, STUDY, "no fit 99");
    db_close(d);
}

enum { RUNNERS = 6 };
static atomic_int takers;
static int64_t contested;

static void *claim_it(void *unused)
{
    (void)unused;
    db *d = NULL;
    bool taken = false;
    if (db_open(&d, STUDY, DB_WRITE, NULL) == STATUS_OK &&
        fit_claim(d, contested, "somebody", NULL, &taken, NULL) == STATUS_OK && taken)
        atomic_fetch_add(&takers, 1);
    db_close(d);
    return NULL;
}

Test(db_fit, a_race_for_a_fit_has_one_winner)
{
    db *d = new_study();
    contested = queue_fit(d).id;
    db_close(d);
    pthread_t thread[RUNNERS];
    for (int i = 0; i < RUNNERS; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, claim_it, NULL), 0);
    for (int i = 0; i < RUNNERS; i++)
        pthread_join(thread[i], NULL);
    cr_expect_eq(takers, 1);
}

Test(db_fit, blocks_come_back)
{
    db *d = new_study();
    fit f = queue_fit(d);
    int64_t pair = pairs[0].id;
    OK(fit_add_block(d, pair, targets, 3, edges, 3, 0.5, &err));
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    const fit_pair *p = &got.pair[1];
    cr_expect_eq(p->done, 3);
    cr_expect_eq(p->converged, 1);
    cr_expect_eq(p->constant, 1);
    cr_expect_eq(p->edges, 3);
    cr_expect_eq(p->worst_gap, 3e-5);
    cr_expect_eq(p->seconds, 0.5);
    fit_release(&got);

    uint8_t done[20];
    OK(fit_done_targets(d, pair, done, 20, &err));
    for (int i = 0; i < 20; i++)
        cr_expect_eq(done[i], i == 1 || i == 3 || i == 7);
    FAILS(fit_done_targets(d, pair, done, 7, &err), STATUS_INPUT, STUDY, "feature 7, of 7");
    fit_target t;
    bool found = false;
    OK(fit_target_get(d, pair, 1, &t, &found, &err));
    cr_assert(found);
    cr_expect_str_eq(t.state, "unconverged");
    cr_expect_eq(t.feature, 1);
    cr_expect_eq(t.lambda, 0.1);
    cr_expect_eq(t.lambda_max, 0.8);
    cr_expect_eq(t.intercept, 0.5);
    cr_expect_eq(t.r2, 0.25);
    cr_expect_eq(t.gap, 3e-5);
    cr_expect_eq(t.parents, 1);
    cr_expect_eq(t.stretch, 1.25);
    OK(fit_target_get(d, pair, 2, &t, &found, &err));
    cr_expect_not(found);

    seen s = {.most = 64};
    OK(fit_each_edge(d, pair, keep, &s, &err));
    cr_assert_eq(s.count, 3);
    cr_expect(s.e[0].target == 1 && s.e[0].source == 19 && s.e[0].removal == 9);
    cr_expect(s.e[1].target == 3 && s.e[1].source == 2 && s.e[1].standardised == -1e-300);
    cr_expect(s.e[2].target == 3 && s.e[2].source == 5 && s.e[2].weight == 0.5);
    s = (seen){.most = 2};
    OK(fit_each_edge(d, pair, keep, &s, &err));
    cr_expect_eq(s.count, 2, "false stops");

    OK(fit_delete(d, f.id, &err));
    db_close(d);
    cr_expect_eq(ask("SELECT (SELECT count(*) FROM edge) + (SELECT count(*) FROM fit_target)"
                     " + (SELECT count(*) FROM fit_pair)"),
                 0, "a deleted fit leaves nothing");
    cr_expect_eq(ask("SELECT count(*) FROM layer"), 3);
}

/* Where the layers have their autoencoders, edges say what the wiring says, and some only that. */
Test(db_fit, wiring_comes_back)
{
    db *d = new_study();
    fit f = queue_fit(d);
    f.wiring = true;
    OK(fit_add(d, &f, &err));
    int64_t pair = pairs[0].id;
    int64_t other = pairs[1].id;
    const edge wired[] = {{5, 3, 0.5, 0.25, 1.5, 1, 0},
                          {6, 3, 0, 0, 0.5, 0.75, 0},
                          {7, 3, 0.5, 0.25, 2, 0, 0},
                          {8, 3, 0.5, 0.25, 2, NAN, other},
                          {9, 3, 0, 0, 0, NAN, other}, /* nothing, but not of a wiring */
                          {2, 1, 0, 0, -1, -1.5, 0}};
    OK(fit_add_block(d, pair, targets, 3, wired, 6, 0.5, &err));
    OK(fit_add_block(d, pair, targets, 3, wired, 6, 0.5, &err)); /* known: nothing twice */
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect(got.wiring);
    cr_expect_eq(got.pair[1].edges, 4, "all of them");
    cr_expect_eq(got.pair[1].wired_alone, 2);
    cr_expect_eq(got.pair[0].wired_alone, 0);
    fit_release(&got);
    OK(fit_get(d, f.id - 1, &got, &err));
    cr_expect_not(got.wiring, "another fit");
    fit_release(&got);

    seen s = {.most = 64};
    OK(fit_each_edge(d, pair, keep, &s, &err));
    cr_assert_eq(s.count, 4);
    /* wiring, regression */
    static const double says[][2] = {{-1.5, 0}, {1, 2.5}, {0.75, 0}, {0, 6}};
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(s.e[i].wired, says[i][0]);
        cr_expect_eq(edge_by_regression(s.e[i].removal, s.e[i].wired), says[i][1]);
    }
    s = (seen){.most = 64};
    OK(fit_each_edge(d, other, keep, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_expect(isnan(s.e[0].wired), "a pair without wiring");
    cr_expect_eq(edge_by_regression(s.e[0].removal, s.e[0].wired), 2);
    db_close(d);
    cr_expect_eq(ask("SELECT count(*) FROM edge WHERE wired IS NULL"), 2);
    cr_expect_eq(ask("SELECT count(*) FROM edge WHERE " EDGES_OF_REGRESSION), 4);
}

Test(db_fit, an_edge_without_a_weight_is_of_the_wiring_only_if_that_speaks)
{
    cr_expect(edge_wired_alone(0, 1.5) && edge_wired_alone(0, -1.5));
    cr_expect_not(edge_wired_alone(0, NAN));
    cr_expect_not(edge_wired_alone(0.5, 0) || edge_wired_alone(-0.5, NAN));
}

/* Fits of version 2 knew no wiring, and say so; those made since may have it. */
Test(db_fit, fits_of_version_2_have_no_wiring)
{
    db *d = new_study();
    fit f = queue_fit(d);
    OK(fit_add_block(d, pairs[0].id, targets, 3, edges, 3, 0.5, &err));
    db_close(d);
    tamper(BACK_TO_VERSION_2);
    d = open_study(DB_READ); /* whoever comes first brings it up to date */
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_not(got.wiring);
    cr_expect_eq(got.pair[1].edges, 3);
    cr_expect_eq(got.pair[1].wired_alone, 0);
    fit_release(&got);
    seen s = {.most = 64};
    OK(fit_each_edge(d, pairs[0].id, keep, &s, &err));
    cr_assert_eq(s.count, 3);
    for (int i = 0; i < 3; i++)
        cr_expect(isnan(s.e[i].wired));
    db_close(d);
    d = open_study(DB_WRITE);
    f = queue_fit(d);
    f.wiring = true;
    OK(fit_add(d, &f, &err));
    OK(fit_get(d, f.id, &got, &err));
    cr_expect(got.wiring);
    fit_release(&got);
    db_close(d);
    cr_expect_eq(ask("PRAGMA user_version"), SCHEMA_VERSION);
}

Test(db_fit, a_target_counts_once)
{
    db *d = new_study();
    fit f = queue_fit(d);
    int64_t pair = pairs[0].id;
    OK(fit_add_block(d, pair, targets, 2, edges, 3, 0.5, &err));
    /* another runner had the same targets in hand: other figures, one new target */
    fit_target late[] = {targets[0], targets[2], {9, "converged", 1, 1, 1, 1, 1e-9, 1, 1}};
    late[0].gap = 1;
    const edge late_edges[] = {
        {6, 3, 1, 1, 1, NAN, 0}, {5, 3, 9, 9, 9, NAN, 0}, {4, 9, 1, 1, 1, NAN, 0}};
    OK(fit_add_block(d, pair, late, 3, late_edges, 3, 0.25, &err));
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_eq(got.pair[1].done, 4);
    cr_expect_eq(got.pair[1].converged, 2);
    cr_expect_eq(got.pair[1].constant, 1);
    cr_expect_eq(got.pair[1].edges, 4);
    cr_expect_eq(got.pair[1].worst_gap, 3e-5);
    fit_release(&got);
    seen s = {.most = 64};
    OK(fit_each_edge(d, pair, keep, &s, &err));
    cr_assert_eq(s.count, 4);
    cr_expect(s.e[2].source == 5 && s.e[2].weight == 0.5, "the first word stands");
    db_close(d);
}

Test(db_fit, edges_of_a_block_may_be_of_several_pairs)
{
    db *d = new_study();
    fit f = queue_fit(d);
    int64_t pair = pairs[0].id;
    int64_t other = pairs[1].id;
    const edge joint[] = {{5, 3, 1, 1, 1, NAN, 0},
                          {5, 3, 2, 2, 2, NAN, other},
                          {4, 1, 3, 3, 3, NAN, pair},
                          {4, 1, 4, 4, 4, NAN, other}};
    const edge nowhere[] = {{5, 3, 1, 1, 1, NAN, 0}, {5, 3, 2, 2, 2, NAN, 99}};
    FAILS(fit_add_block(d, pair, targets, 3, nowhere, 2, 0.5, &err), STATUS_INPUT, STUDY, "");
    OK(fit_add_block(d, pair, targets, 3, joint, 4, 0.5, &err));
    OK(fit_add_block(d, pair, targets, 3, joint, 4, 0.5, &err)); /* known: nowhere twice */
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_eq(got.pair[1].done, 3);
    cr_expect_eq(got.pair[1].edges, 2);
    cr_expect_eq(got.pair[0].done, 0, "targets count in their own pair");
    cr_expect_eq(got.pair[0].edges, 2);
    cr_expect_eq(got.pair[0].seconds, 0);
    fit_release(&got);
    seen s = {.most = 64};
    OK(fit_each_edge(d, other, keep, &s, &err));
    cr_assert_eq(s.count, 2);
    cr_expect(s.e[0].target == 1 && s.e[0].weight == 4);
    cr_expect(s.e[1].target == 3 && s.e[1].weight == 2);
    db_close(d);
}

Test(db_fit, a_block_is_whole_or_not_there)
{
    db *d = new_study();
    fit f = queue_fit(d);
    int64_t pair = pairs[0].id;
    const edge twice[] = {{5, 3, 1, 1, 1, NAN, 0}, {5, 3, 2, 2, 2, NAN, 0}};
    FAILS(fit_add_block(d, pair, targets, 3, twice, 2, 1, &err), STATUS_INPUT, STUDY, "UNIQUE");
    const edge not_a_number[] = {{5, 3, 1, 1, 1, NAN, 0}, {6, 3, NAN, 2, 2, NAN, 0}};
    FAILS(fit_add_block(d, pair, targets, 3, not_a_number, 2, 1, &err), STATUS_INPUT, "NOT NULL",
          "edge.weight");
    fit_target odd = targets[0];
    odd.state = "guessed";
    FAILS(fit_add_block(d, pair, &odd, 1, NULL, 0, 1, &err), STATUS_INPUT, "CHECK", "state");
    FAILS(fit_add_block(d, 99, targets, 3, edges, 3, 1, &err), STATUS_INPUT, STUDY,
          "no layer pair 99");
    FAILS(fit_add_block(d, 99, NULL, 0, NULL, 0, 1, &err), STATUS_INPUT, STUDY,
          "no layer pair 99");
    fit got;
    OK(fit_get(d, f.id, &got, &err));
    cr_expect_eq(got.pair[1].done, 0);
    cr_expect_eq(got.pair[1].seconds, 0);
    fit_release(&got);
    cr_expect_eq(ask("SELECT (SELECT count(*) FROM edge) + (SELECT count(*) FROM fit_target)"), 0);
    OK(fit_add_block(d, pair, targets, 3, edges, 3, 1, &err));
    db_close(d);
}

Test(db_fit, hostile_figures_are_refused)
{
    static const char *const lies[] = {
        "UPDATE fit_pair SET done = -1",
        "UPDATE fit_pair SET edges = -1",
        "UPDATE fit_pair SET wired_alone = -1",
        "UPDATE fit_pair SET targets = 4294967296",
        "PRAGMA ignore_check_constraints = ON; UPDATE fit SET state = 'resting'",
        "PRAGMA ignore_check_constraints = ON; UPDATE fit SET kind = 'a kind of more than 15'",
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        db *d = new_study();
        fit f = queue_fit(d);
        db_close(d);
        tamper(lies[i]);
        d = open_study(DB_READ);
        fit got;
        fit_set set;
        FAILS(fit_get(d, f.id, &got, &err), STATUS_INPUT, STUDY, "out of range");
        FAILS(fit_list(d, &set, &err), STATUS_INPUT, STUDY, "out of range");
        cr_expect_null(set.item);
        db_close(d);
        cr_assert_eq(unlink(STUDY), 0);
    }
    db *d = new_study();
    queue_fit(d);
    int64_t pair = pairs[0].id;
    OK(fit_add_block(d, pair, targets, 3, edges, 3, 0.5, &err));
    db_close(d);
    tamper("UPDATE edge SET source_feature = -1 WHERE source_feature = 5");
    d = open_study(DB_READ);
    seen s = {.most = 64};
    FAILS(fit_each_edge(d, pair, keep, &s, &err), STATUS_INPUT, STUDY, "'source_feature'");
    cr_expect_eq(s.count, 1);
    db_close(d);
}
