/* Fits of the sample against what removals did to its model. What is expected here comes from
 * scikit-learn's average_precision_score over the same cells, and from the judge in tests/oracle.
 */
#include "src/jobs/effects_file.h"
#include "src/jobs/effects_judge.h"
#include "src/jobs/fit.h"
#include "src/jobs/import.h"
#include "tests/unit/scratch.h"

#include "db/effect.h"

static char *scratch, *study;
static db *d;
static layer_set layers;

static void expect(status code, const error *err)
{
    cr_assert_eq(code, STATUS_OK, "%s", err->message);
}

static void open_sample(void)
{
    error err = {0};
    import_report report;
    scratch = scratch_create();
    study = scratch_path(scratch, "s.clw");
    import_request request = {.study = study, .manifest = "sample_data/manifest.yaml"};
    expect(import_run(&request, NULL, NULL, NULL, &report, &err), &err);
    expect(db_open(&d, study, DB_WRITE, &err), &err);
    expect(layer_list(d, &layers, &err), &err);
}

static void close_sample(void)
{
    layer_set_release(&layers);
    db_close(d);
    free(study);
    scratch_remove(scratch);
}

TestSuite(jobs_effects, .init = open_sample, .fini = close_sample);

static int64_t run_fit(const fit_request *request)
{
    error err = {0};
    int64_t id = 0;
    fit_progress last;
    fit_run_options options = {.threads = 2};
    expect(fit_create(d, &layers, request, &id, &err), &err);
    expect(fit_run(study, id, &options, &last, &err), &err);
    return id;
}

static int64_t fit_adjacent(double ridge)
{
    fit_request request = {.settings = lasso_defaults()};
    request.settings.ridge = ridge;
    fit_request_adjacent(&request, &layers, NULL, 0);
    int64_t id = run_fit(&request);
    fit_request_release(&request);
    return id;
}

static double told;

static void tell(void *user, double fraction)
{
    (void)user;
    cr_expect_geq(fraction, told);
    told = fraction;
}

Test(jobs_effects, the_sample_has_the_figures_that_the_method_reports)
{
    static const double ours[] = {.7179, .5593, .5393, .5485, .5280},
                        rank[] = {.6543, .7150, .7336, .6409, .6231},
                        slope[] = {1.1987, .9666, 1.0444, .9304, .9511},
                        sign[] = {.9889, .9613, .9680, .9375, .9182},
                        lasso[] = {.3474, .3685, .4408, .4750, .4576},
                        plain[] = {.711, .526, .486, .506, .464};
    error err = {0};
    effects_report *r = NULL;
    effects_options options = {.cut = EFFECTS_CUT, .threads = 2, .progress = tell};
    int64_t id = fit_adjacent(2);
    expect(effects_judge(d, &layers, id, &options, &r, &err), &err);
    cr_assert_eq(r->pair_count, 5);
    cr_expect_eq(r->unmeasured + r->unfinished, 0);
    for (int p = 0; p < 5; p++) {
        const effects_pair *pair = &r->pair[p];
        cr_expect_eq(pair->removed, 64);
        cr_expect_eq(pair->circuit.cells, 64 * 512);
        cr_expect_float_eq(pair->circuit.average_precision, ours[p], 1e-3);
        cr_expect_float_eq(pair->circuit.rank_correlation, rank[p], 1e-3);
        cr_expect_float_eq(pair->circuit.slope, slope[p], 1e-3);
        cr_expect_float_eq(pair->circuit.sign_agreement, sign[p], 2e-3);
        cr_expect_float_eq(pair->lasso.average_precision, lasso[p], 1e-3);
        cr_expect_float_eq(pair->covariance_all, plain[p], 1e-3);
        cr_expect_eq(pair->covariance.edges, pair->circuit.edges);
        cr_expect(effects_beat_covariance(pair));
    }
    cr_expect_eq(r->all.removed, 5 * 64);
    cr_expect_eq(r->edge_count, r->all.circuit.edges);
    cr_expect_eq(r->bins, CALIBRATION_BINS);
    cr_expect_float_eq(told, 1, 1e-12);
    char verdict[256];
    effects_verdict(r, verdict, sizeof verdict);
    cr_expect_not_null(strstr(verdict, "better than plain covariance"), "%s", verdict);
    effects_report_free(r);

    told = 0;
    /* The Lasso itself as the circuit: the same figures, and the sentence says what it is worth.
     */
    id = fit_adjacent(0);
    expect(effects_judge(d, &layers, id, &options, &r, &err), &err);
    for (int p = 0; p < 5; p++) {
        cr_expect_float_eq(r->pair[p].circuit.average_precision, lasso[p], 1e-3);
        cr_expect_eq(r->pair[p].lasso.cells, 0, "it is not fitted twice");
    }
    effects_verdict(r, verdict, sizeof verdict);
    cr_expect_not_null(strstr(verdict, "does not beat plain covariance"), "%s", verdict);
    effects_report_free(r);
}

/* A joint fit's sources are several layers side by side; only the measured one's edges count. */
Test(jobs_effects, a_joint_fit_is_judged_by_its_own_edges)
{
    error err = {0};
    effects_report *r = NULL;
    effects_options options = {.cut = EFFECTS_CUT, .threads = 2};
    uint32_t chosen[] = {0, 1, 2};
    fit_request request = {.settings = lasso_defaults(), .joint = true};
    fit_request_all(&request, &layers, chosen, 3);
    int64_t id = run_fit(&request);
    fit_request_release(&request);
    expect(effects_judge(d, &layers, id, &options, &r, &err), &err);
    cr_assert_eq(r->pair_count, 2);
    cr_expect_eq(r->unmeasured, 1, "nothing was measured from the first layer to the third");
    for (uint32_t p = 0; p < 2; p++) {
        cr_expect_eq(r->pair[p].target, r->pair[p].source + 1);
        cr_expect_eq(r->pair[p].covariance.edges, r->pair[p].circuit.edges);
        cr_expect_gt(r->pair[p].lasso.edges, 500);
        cr_expect_gt(r->pair[p].circuit.average_precision, 0.3);
        cr_expect_gt(r->pair[p].lasso.average_precision, 0.2);
    }
    cr_expect_float_eq(r->pair[1].covariance_all, .526, 0.002,
                       "the same columns as in a fit of two");
    effects_report_free(r);
}

Test(jobs_effects, what_cannot_be_judged_says_why)
{
    error err = {0};
    effects_report *r = NULL;
    effects_options options = {.cut = EFFECTS_CUT};
    cr_expect_eq(effects_judge(d, &layers, 77, &options, &r, &err), STATUS_INPUT);
    uint32_t chosen[] = {0, 2};
    fit_request request = {.settings = lasso_defaults()};
    fit_request_adjacent(&request, &layers, chosen, 2);
    int64_t id = 0;
    expect(fit_create(d, &layers, &request, &id, &err), &err);
    cr_expect_eq(effects_judge(d, &layers, id, &options, &r, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "no effects"), "%s", err.message);
    fit_request_release(&request);
    fit_request_adjacent(&request, &layers, NULL, 0);
    expect(fit_create(d, &layers, &request, &id, &err), &err);
    cr_expect_eq(effects_judge(d, &layers, id, &options, &r, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "not finished"), "%s", err.message);
    fit_request_release(&request);
    atomic_bool cancel = true;
    options.cancel = &cancel;
    id = fit_adjacent(2);
    cr_expect_eq(effects_judge(d, &layers, id, &options, &r, &err), STATUS_INTERRUPTED);
    cr_expect_null(r);
}

/* The effects of the first two layers, as they are stored, added up. */
static double stored_effects(void)
{
    error err = {0};
    effect *list = NULL;
    uint32_t count = 0;
    double sum = 0;
    expect(effect_load(d, layers.item[0].id, layers.item[1].id, &list, &count, &err), &err);
    for (uint32_t i = 0; i < count; i++)
        sum += list[i].effect + list[i].source + 0.001 * list[i].target;
    free(list);
    return sum;
}

Test(jobs_effects, a_file_is_added_whole_or_not_at_all)
{
    error err = {0};
    uint64_t stored = 0;
    const layer *from = &layers.item[0], *to = &layers.item[1];
    const char *file = "sample_data/interventions/hook_embed--blocks.0.hook_resid_post.tsv";
    double before = stored_effects();
    cr_expect_eq(effects_file_add(d, file, from, to, false, &stored, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "there already"), "%s", err.message);
    cr_expect_eq(effects_file_add(d, file, to, from, false, &stored, &err), STATUS_USAGE);
    /* wrong after thousands of lines that are right */
    char *broken = scratch_path(scratch, "broken.tsv");
    FILE *out = fopen(broken, "w");
    fputs("source\ttarget\teffect\tn_active\n", out);
    for (int i = 0; i < 9000; i++)
        fprintf(out, "%d\t%d\t0.5\t1\n", i / 512, i % 512);
    fputs("1\t512\t0.5\t1\n", out);
    fclose(out);
    cr_expect_eq(effects_file_add(d, broken, from, to, true, &stored, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "line 9002: target feature '512'"), "%s", err.message);
    cr_expect_not_null(strstr(err.message, broken), "the file is named as it was given");
    out = fopen(broken, "w");
    fputs("source\ttarget\teffect\tn_active\n", out);
    fclose(out);
    cr_expect_eq(effects_file_add(d, broken, from, to, true, &stored, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "no effects in it"), "%s", err.message);
    cr_expect_float_eq(stored_effects(), before, 1e-9, "nothing was lost");
    out = fopen(broken, "w");
    fputs("source\ttarget\teffect\tn_active\n3\t4\t-0.5\t2\n", out);
    fclose(out);
    expect(effects_file_add(d, broken, from, to, true, &stored, &err), &err);
    cr_expect_eq(stored, 1);
    cr_expect_float_eq(stored_effects(), 3 + 0.004 - 0.5, 1e-9);
    free(broken);
}
