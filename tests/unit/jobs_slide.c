/* A target solved again at the fit's own lambda has the fit's own edges; at a smaller one it has
 * more, and every answer is certified. */
#include "src/jobs/fit.h"
#include "src/jobs/slide.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

static double stored[FIXTURE_FEATURES];
static uint32_t stored_count;

static bool keep_target_5(void *user, const edge *e)
{
    (void)user;
    if (e->target == 5) {
        stored[e->source] = e->weight;
        stored_count++;
    }
    return true;
}

Test(slide, agrees_with_the_fit_and_grows_as_lambda_falls)
{
    error err = {0};
    db *d = NULL;
    layer_set layers = {0};
    fit_progress last;
    int64_t id = 0;
    char *path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_request request = {.settings = lasso_defaults()};
    request.settings.lambda = 0.02;
    request.settings.ridge = 0.25;
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK);
    fit_run_options options = {.threads = 1};
    cr_assert_eq(fit_run(path, id, &options, &last, &err), STATUS_OK, "%s", err.message);
    fit f = {0};
    cr_assert_eq(fit_get(d, id, &f, &err), STATUS_OK);
    cr_assert_eq(fit_each_edge(d, f.pair[1].id, keep_target_5, NULL, &err), STATUS_OK);

    slide *s = NULL;
    slide_result result;
    cr_assert_eq(slide_open(&s, d, &layers, id, layers.item[2].id, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(slide_solve(s, 5, f.pair[1].lambda, &result, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(result.edges, stored_count);
    cr_expect_gt(result.edges, 0);
    for (uint32_t k = 0; k < result.edges; k++) {
        cr_expect_eq(result.edge[k].weight, stored[result.edge[k].source]);
        cr_expect_eq(result.edge[k].source_layer, layers.item[1].id);
        cr_expect(k == 0 || fabs(result.edge[k - 1].removal) >= fabs(result.edge[k].removal));
    }
    uint32_t before = result.edges;
    double lambda_max = result.lambda_max;
    slide_result_release(&result);

    cr_assert_eq(slide_solve(s, 5, f.pair[1].lambda / 4, &result, &err), STATUS_OK);
    cr_expect_gt(result.edges, before);
    cr_expect_leq(result.gap, 1e-6);
    slide_result_release(&result);
    cr_assert_eq(slide_solve(s, 5, lambda_max * 1.01, &result, &err), STATUS_OK);
    cr_expect_eq(result.edges, 0);
    slide_result_release(&result);
    slide_close(s);

    cr_expect_eq(slide_open(&s, d, &layers, id, layers.item[0].id, &err), STATUS_INPUT,
                 "the first layer is nobody's target");
    fit_release(&f);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}
