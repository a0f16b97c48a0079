/* Fits of the sample against what removals did to its model. What is expected here comes from
 * scikit-learn's average_precision_score over the same cells, and from the judge in tests/oracle.
 */
#include "src/jobs/check.h"
#include "src/jobs/effects_file.h"
#include "src/jobs/effects_judge.h"
#include "src/jobs/fit.h"
#include "tests/unit/sample_fixture.h"

#include "db/effect.h"

#include <math.h>

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

typedef struct scored {
    effects_pair pair[8], all;
    uint32_t pairs;
} scored;

static status judge_all(int64_t fit_id, const effects_options *options, scored *r, error *err)
{
    effects_judge *j = NULL;
    *r = (scored){0};
    status code = effects_judge_open(&j, d, &layers, fit_id, options, err);
    while (code == STATUS_OK && r->pairs < effects_judge_pairs(j)) {
        code = effects_judge_pair(j, r->pairs, &r->pair[r->pairs], err);
        r->pairs += code == STATUS_OK;
    }
    effects_judge_close(j);
    return code == STATUS_OK ? effects_pair_mean(r->pair, r->pairs, &r->all, err) : code;
}

static void scored_release(scored *r)
{
    for (uint32_t p = 0; p < r->pairs; p++)
        effects_pair_release(&r->pair[p]);
    effects_pair_release(&r->all);
}

static void expect_said(const scored *r, const char *part)
{
    effects_standing standing = effects_standing_of(r->pair, r->pairs, &r->all);
    char *said = effects_standing_say(&standing);
    cr_expect_not_null(strstr(said, part), "%s", said);
    free(said);
}

Test(jobs_effects, the_sample_has_the_figures_that_the_method_reports)
{
    static const double ours[] = {.7367, .5694, .5522, .5645, .5428},
                        rank[] = {.7424, .7730, .7869, .7146, .6888},
                        slope[] = {1.2718, 1.0493, 1.0450, 1.0218, 1.1138},
                        sign[] = {.9801, .9559, .9481, .9333, .9145},
                        lasso[] = {.4527, .4259, .4914, .5320, .5062},
                        plain[] = {.711, .526, .486, .506, .464},
                        gated[] = {.758, .601, .594, .628, .611};
    error err = {0};
    scored r;
    atomic_uint solved = 0;
    effects_options options = {.cut = EFFECTS_CUT, .threads = 2, .solved = &solved};
    int64_t id = fit_adjacent(0.25);
    expect(judge_all(id, &options, &r, &err), &err);
    cr_assert_eq(r.pairs, 5);
    cr_expect_eq(solved, 5 * 512);
    for (int p = 0; p < 5; p++) {
        const effects_pair *pair = &r.pair[p];
        cr_expect_eq(pair->removed, 64);
        cr_expect_eq(pair->circuit.cells, 64 * 512);
        cr_expect_eq(pair->edge_count, pair->circuit.edges);
        cr_expect_eq(pair->bins, CALIBRATION_BINS);
        cr_expect_float_eq(pair->circuit.average_precision, ours[p], 1e-3);
        cr_expect_float_eq(pair->circuit.rank_correlation, rank[p], 1e-3);
        cr_expect_float_eq(pair->circuit.slope, slope[p], 1e-3);
        cr_expect_float_eq(pair->circuit.sign_agreement, sign[p], 2e-3);
        cr_expect_float_eq(pair->lasso.average_precision, lasso[p], 1e-3);
        cr_expect_float_eq(pair->covariance_all, plain[p], 1e-3);
        cr_expect_float_eq(pair->coactive_all, gated[p], 1e-3);
        cr_expect_eq(pair->coactive.edges, pair->circuit.edges);
        cr_expect_eq(pair->covariance.edges, pair->circuit.edges);
    }
    cr_expect_eq(r.all.removed, 5 * 64);
    cr_expect_eq(r.all.edge_count, r.all.circuit.edges);
    cr_expect_float_eq(r.all.circuit.average_precision, .5931, 1e-3);
    expect_said(&r, "better than covariance does: average precision 0.59 against 0.54, "
                    "better in 5 of 5");
    cr_expect(r.all.gain.mean > 0.05 && r.all.gain.error < 0.01);
    scored_release(&r);

    /* A part of the circuit: its edges alone, the baseline with as many. */
    circuit *c = NULL, *strong = NULL;
    expect(circuit_load(d, &layers, id, STRENGTH_REMOVAL, &c, &err), &err);
    options.only = c;
    options.no_lasso = true;
    expect(judge_all(id, &options, &r, &err), &err);
    for (int p = 0; p < 5; p++)
        cr_expect_float_eq(r.pair[p].circuit.average_precision, ours[p], 1e-3, "all of it");
    scored_release(&r);
    uint32_t features[6], kept = c->edge_count / 10;
    circuit_edge *part = malloc(kept * sizeof *part);
    for (uint32_t l = 0; l < 6; l++)
        features[l] = layers.item[l].features;
    memcpy(part, c->edge, kept * sizeof *part);
    expect(circuit_build(6, features, part, kept, STRENGTH_REMOVAL, &strong, &err), &err);
    options.only = strong;
    expect(judge_all(id, &options, &r, &err), &err);
    cr_expect_lt(r.all.circuit.edges, kept);
    cr_expect_eq(r.all.covariance.edges, r.all.circuit.edges);
    cr_expect_float_eq(r.pair[2].circuit.precision[0], 1, 1e-9, "the strongest are the same");
    cr_expect_lt(r.all.circuit.average_precision, .57);
    scored_release(&r);
    circuit_free(strong);
    circuit_free(c);
    options.only = NULL;
    options.no_lasso = false;

    /* The Lasso itself as the circuit: the same figures, and the sentence says what it is worth.
     */
    id = fit_adjacent(0);
    expect(judge_all(id, &options, &r, &err), &err);
    for (int p = 0; p < 5; p++) {
        cr_expect_float_eq(r.pair[p].circuit.average_precision, lasso[p], 1e-3);
        cr_expect_eq(r.pair[p].lasso.cells, 0, "it is not fitted twice");
    }
    expect_said(&r, "does not beat covariance");
    scored_release(&r);
}

/* A joint fit's sources are several layers side by side; only the measured one's edges count. */
Test(jobs_effects, a_joint_fit_is_judged_by_its_own_edges)
{
    error err = {0};
    scored r;
    effects_options options = {.cut = EFFECTS_CUT, .threads = 2};
    uint32_t chosen[] = {0, 1, 2};
    fit_request request = {.settings = lasso_defaults(), .joint = true};
    request.settings.ridge = 0.25;
    fit_request_all(&request, &layers, chosen, 3);
    int64_t id = run_fit(&request);
    fit_request_release(&request);
    expect(judge_all(id, &options, &r, &err), &err);
    cr_assert_eq(r.pairs, 2, "nothing was measured from the first layer to the third");
    for (uint32_t p = 0; p < 2; p++) {
        cr_expect_eq(r.pair[p].target, r.pair[p].source + 1);
        cr_expect_eq(r.pair[p].covariance.edges, r.pair[p].circuit.edges);
        cr_expect_gt(r.pair[p].lasso.edges, 500);
        cr_expect_gt(r.pair[p].circuit.average_precision, 0.3);
        cr_expect_gt(r.pair[p].lasso.average_precision, 0.2);
    }
    cr_expect_float_eq(r.pair[1].covariance_all, .526, 1e-3,
                       "the same columns as in a fit of two");
    scored_release(&r);
}

Test(jobs_effects, what_cannot_be_judged_says_why)
{
    error err = {0};
    scored r;
    effects_options options = {.cut = EFFECTS_CUT};
    cr_expect_eq(judge_all(77, &options, &r, &err), STATUS_INPUT);
    uint32_t chosen[] = {0, 2};
    fit_request request = {.settings = lasso_defaults()};
    fit_request_adjacent(&request, &layers, chosen, 2);
    int64_t id = 0;
    expect(fit_create(d, &layers, &request, &id, &err), &err);
    cr_expect_eq(judge_all(id, &options, &r, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "no effects"), "%s", err.message);
    fit_request_release(&request);
    fit_request_adjacent(&request, &layers, NULL, 0);
    expect(fit_create(d, &layers, &request, &id, &err), &err);
    cr_expect_eq(judge_all(id, &options, &r, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "not finished"), "%s", err.message);
    fit_request_release(&request);
    atomic_bool cancel = true;
    options.cancel = &cancel;
    id = fit_adjacent(0.25);
    cr_expect_eq(judge_all(id, &options, &r, &err), STATUS_INTERRUPTED);
    options.no_baselines = true;
    expect(judge_all(id, &options, &r, &err), &err);
    cr_expect_eq(r.pair[0].covariance.cells, 0, "the circuit alone is looked up at once");
    scored_release(&r);
}

static int64_t ask_check(int64_t fit_id)
{
    error err = {0};
    int64_t id = 0;
    check_request request = {
        .fit_id = fit_id, .kind = "effects", .settings = check_settings_open()};
    expect(check_create(d, &layers, &request, &id, &err), &err);
    check_settings_release(&request.settings);
    return id;
}

static atomic_bool stop;

static void stop_after_two(void *user, const check_progress *p)
{
    (void)user;
    if (p->done >= 2)
        atomic_store(&stop, true);
}

/* Sums over what a check stored, which any difference would change. */
static double digest(const check_report *r)
{
    double sum = 0;
    for (uint32_t i = 0; i < r->figures; i++)
        sum += isnan(r->figure[i].value) ? 0.123 : r->figure[i].value * (i + 1);
    for (uint32_t i = 0; i < r->points; i++)
        sum += (r->point[i].x + 2 * r->point[i].y) * (i + 1);
    return sum;
}

Test(jobs_effects, a_check_stores_the_same_whether_cut_off_or_not)
{
    error err = {0};
    scored r;
    check_report report, again;
    check_progress last;
    check_run_options how = {.threads = 2};
    effects_options options = {.cut = EFFECTS_CUT, .threads = 2};
    int64_t fit_id = fit_adjacent(0.25);
    int64_t first = ask_check(fit_id), second = ask_check(fit_id);
    expect(check_run(study, first, &how, &last, &err), &err);
    cr_expect_eq(last.units, 6, "five pairs, and all together");
    expect(check_get_report(d, first, &report, &err), &err);
    expect(judge_all(fit_id, &options, &r, &err), &err);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "average_precision"),
                       r.all.circuit.average_precision, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "covariance.all"), r.all.covariance_all,
                       1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "covariance.edges"),
                       (double)r.all.covariance.edges, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "lasso.slope"), r.all.lasso.slope, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "better"), 5, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "gain"), r.all.gain.mean, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, 0, 0, "gain.error"), r.all.gain.error, 1e-12);
    cr_expect_float_eq(check_figure_of(&report, layers.item[1].id, layers.item[2].id, "slope"),
                       r.pair[1].circuit.slope, 1e-12);
    uint32_t points = 0;
    const check_point *curve = check_curve_of(&report, 0, 0, "calibration", &points);
    cr_assert_eq(points, CALIBRATION_BINS);
    cr_expect_float_eq(curve[3].y, r.all.bin[3].measured, 1e-12);
    check_value *worst = NULL;
    uint32_t count = 0;
    expect(check_top_values(d, first, "off", true, 1, &worst, &count, &err), &err);
    cr_expect_float_eq(worst[0].value, fabs(r.all.edge[0].measured - r.all.edge[0].predicted),
                       1e-9);
    uint32_t position = layer_by_id(&layers, worst[0].target_layer)->position;
    cr_expect_eq(worst[0].feature + layer_first(&layers, position), r.all.edge[0].target);
    free(worst);
    const check_kind *kind = check_kind_find("effects");
    char *said = kind->say(&report, &layers, NULL);
    cr_expect_not_null(strstr(said, "The plain Lasso, without wiring, reaches 0.48"), "%s", said);
    free(said);
    scored_release(&r);

    how.cancel = &stop;
    how.progress = stop_after_two;
    cr_expect_eq(check_run(study, second, &how, &last, &err), STATUS_INTERRUPTED);
    how.cancel = NULL;
    expect(check_run(study, second, &how, &last, &err), &err);
    expect(check_get_report(d, second, &again, &err), &err);
    cr_expect_eq(again.points, report.points);
    cr_expect_float_eq(digest(&again), digest(&report), 1e-6);
    check_report_release(&again);
    check_report_release(&report);
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
