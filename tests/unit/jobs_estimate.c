/* A trial of all targets, which is what a small layer gets, must foretell the edges exactly. */
#include "src/jobs/estimate.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

static void foretell(lasso_rule rule, double lambda, bool joint, uint64_t within)
{
    error err = {0};
    db *d = NULL;
    layer_set layers = {0};
    fit_progress last;
    int64_t id = 0;
    estimate about, again;
    char *path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_request request = {.settings = lasso_defaults(), .joint = joint};
    request.settings.rule = rule;
    request.settings.lambda = lambda;
    fit_request_all(&request, &layers, NULL, 0);
    estimator *e = estimator_create();
    cr_assert_eq(estimate_fit(e, d, &layers, &request, 1, NULL, &about, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(estimate_fit(e, d, &layers, &request, 1, NULL, &again, &err), STATUS_OK);
    cr_expect_eq(about.edges, again.edges, "from the layers in memory");
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK);
    fit_run_options options = {.threads = 1};
    cr_assert_eq(fit_run(path, id, &options, &last, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(about.targets, last.targets);
    cr_expect(about.edges + within >= last.edges && about.edges <= last.edges + within,
              "%llu edges foretold, %llu found", (unsigned long long)about.edges,
              (unsigned long long)last.edges);
    cr_expect_gt(about.seconds, 0);
    cr_expect_gt(about.bytes, about.edges);
    estimator_free(e);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

Test(estimate, foretells_edges_of_pairs)
{
    foretell(LASSO_OF_PAIR, 0.02, false, 1);
}

Test(estimate, foretells_edges_of_targets_with_their_own_lambda)
{
    foretell(LASSO_OF_TARGET, 0.05, false, 1);
}

Test(estimate, foretells_edges_of_a_joint_fit)
{
    foretell(LASSO_ABSOLUTE, 0.002, true, 1);
}

Test(estimate, stops_when_asked_and_says_what_it_cannot_foretell)
{
    error err = {0};
    db *d = NULL;
    layer_set layers = {0};
    estimate about;
    atomic_bool cancel = true;
    char *path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_READ, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_request request = {.settings = lasso_defaults()};
    fit_request_adjacent(&request, &layers, NULL, 0);
    estimator *e = estimator_create();
    cr_expect_eq(estimate_fit(e, d, &layers, &request, 1, &cancel, &about, &err),
                 STATUS_INTERRUPTED);
    request.settings.rule = LASSO_CROSS;
    request.settings.lambda = 5;
    cr_expect_eq(estimate_fit(e, d, &layers, &request, 1, NULL, &about, &err), STATUS_INPUT);
    request.settings.lambda = -1;
    request.settings.rule = LASSO_ABSOLUTE;
    cr_expect_eq(estimate_fit(e, d, &layers, &request, 1, NULL, &about, &err), STATUS_USAGE);
    estimator_free(e);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}
