/* Fits of planted circuits held against their truth, and truths that are none. */
#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "src/jobs/import.h"
#include "src/jobs/known.h"
#include "src/jobs/synth.h"
#include "tests/unit/scratch.h"

#include <math.h>

static char *scratch, *folder_path, *study, *truth_path;
static db *d;
static layer_set layers;
static error err;

static void set_up(void)
{
    scratch = scratch_create();
    folder_path = scratch_path(scratch, "data");
    study = scratch_path(scratch, "s.clw");
    truth_path = scratch_path(scratch, "data/truth.tsv");
}

static void tear_down(void)
{
    layer_set_release(&layers);
    db_close(d);
    free(folder_path);
    free(study);
    free(truth_path);
    scratch_remove(scratch);
}

TestSuite(jobs_truth, .init = set_up, .fini = tear_down);

static void make_study(const synth_settings *s)
{
    synth_report made;
    import_report imported;
    char *manifest = scratch_path(scratch, "data/manifest.yaml");
    import_request request = {.study = study, .manifest = manifest};
    cr_assert_eq(synth_write(folder_path, s, NULL, NULL, NULL, &made, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(import_run(&request, NULL, NULL, NULL, &imported, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(db_open(&d, study, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    free(manifest);
}

static int64_t run_fit(double lambda, bool joint)
{
    fit_request request = {.settings = lasso_defaults(), .joint = joint};
    fit_run_options how = {.threads = 1};
    fit_progress last;
    int64_t id;
    request.settings.rule = LASSO_OF_PAIR;
    request.settings.lambda = lambda;
    request.settings.ridge = 0;
    if (joint)
        fit_request_all(&request, &layers, NULL, 0);
    else
        fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fit_run(study, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    return id;
}

static status run_check(int64_t fit_id, const char *kind, const check_settings *settings,
                        int64_t *id)
{
    check_run_options how = {.threads = 1};
    check_progress last;
    check_request request = {.fit_id = fit_id, .kind = kind, .settings = *settings};
    err = (error){0};
    status code = check_create(d, &layers, &request, id, &err);
    return code == STATUS_OK ? check_run(study, *id, &how, &last, &err) : code;
}

/* The check's report; release it. */
static check_report judge(int64_t fit_id, double threshold, const char *pairs)
{
    check_report report;
    check_settings settings = check_settings_open();
    int64_t id;
    settings.file = truth_path;
    settings.cut = threshold;
    settings.pairs = (char *)pairs;
    cr_assert_eq(run_check(fit_id, "truth", &settings, &id), STATUS_OK, "%s", err.message);
    cr_assert_eq(check_get_report(d, id, &report, &err), STATUS_OK, "%s", err.message);
    return report;
}

static double whole(const check_report *r, const char *name)
{
    return check_figure_of(r, 0, 0, name);
}

static synth_settings clean(layer_kind kind)
{
    synth_settings s = synth_defaults(kind);
    s.layers = 2; /* of the first layer nothing follows from anything: the truth is the only one */
    s.noise = s.stray = s.twins = s.confounders = s.nonlinear = 0;
    s.samples = 6000;
    return s;
}

Test(jobs_truth, a_dense_circuit_without_noise_is_recovered)
{
    synth_settings s = clean(LAYER_NEURON);
    make_study(&s);
    check_report r = judge(run_fit(0.005, false), 0.19, NULL);
    cr_expect_float_eq(whole(&r, "f1"), 1, 0, "%g", whole(&r, "f1"));
    cr_expect_eq(whole(&r, "distance"), 0);
    cr_expect_float_eq(whole(&r, "auroc"), 1, 0);
    cr_expect_float_eq(whole(&r, "average precision"), 1, 1e-12);
    cr_expect_eq(whole(&r, "by"), STRENGTH_WEIGHT, "dense layers");
    check_report_release(&r);
}

Test(jobs_truth, a_sparse_circuit_without_noise_is_recovered)
{
    synth_settings s = clean(LAYER_SAE);
    make_study(&s);
    check_report r = judge(run_fit(0.0005, false), 0, NULL);
    cr_expect_gt(whole(&r, "best f1"), 0.98, "%g", whole(&r, "best f1"));
    cr_expect_float_eq(whole(&r, "recall"), 1, 0);
    cr_expect_gt(whole(&r, "auroc"), 0.9999);
    cr_expect_eq(whole(&r, "by"), STRENGTH_REMOVAL);
    check_report_release(&r);
}

Test(jobs_truth, components_are_recovered)
{
    synth_settings s = synth_defaults(LAYER_COMPONENT);
    s.layers = 3;
    s.samples = 2000;
    make_study(&s);
    check_report r = judge(run_fit(0.005, false), 0, NULL);
    cr_expect_float_eq(whole(&r, "best f1"), 1, 0);
    cr_expect_eq(whole(&r, "candidates"), 2 * 12 * 12);
    cr_expect_eq(whole(&r, "components 0"), 1);
    cr_expect_eq(whole(&r, "components 2"), 1);
    check_report_release(&r);
    r = judge(run_fit(0.005, true), whole(&r, "best threshold"), "all"); /* NaN: 0 */
    cr_expect_eq(whole(&r, "candidates"), 3 * 12 * 12, "with the pair that skips a layer");
    cr_expect_float_eq(whole(&r, "auroc"), 1, 1e-3);
    check_report_release(&r);
}

/* ---- what is stored, against the workspace and the file themselves ---- */

enum { WIDTH = 60 };

typedef struct table {
    bool is_true[2][WIDTH][WIDTH], found[2][WIDTH][WIDTH], listed[2][WIDTH][WIDTH];
    double removal[2][WIDTH][WIDTH], told[2][WIDTH][WIDTH];
    int pair;
    double threshold;
} table;

static bool note_edge(void *user, const edge *e)
{
    table *t = user;
    t->found[t->pair][e->source][e->target] = fabs(e->removal) >= t->threshold;
    t->removal[t->pair][e->source][e->target] = fabs(e->removal);
    return true;
}

static bool note_wrong(void *user, const check_edges *e)
{
    table *t = user;
    for (uint32_t i = 0; i < e->count; i++) {
        cr_expect(!t->listed[t->pair][e->source[i]][e->target], "listed twice");
        cr_expect(i == 0 || e->source[i] > e->source[i - 1]);
        t->listed[t->pair][e->source[i]][e->target] = true;
        t->told[t->pair][e->source[i]][e->target] = (double)e->value[i];
    }
    return true;
}

static void read_truth(table *t, uint32_t *elsewhere)
{
    char line[256], kind[64];
    uint32_t from, source, to, target;
    double weight;
    FILE *file = fopen(truth_path, "r");
    cr_assert_not_null(fgets(line, sizeof line, file));
    while (fscanf(file, "blocks.%u/%u\tblocks.%u/%u\t%lf\t%63s\n", &from, &source, &to, &target,
                  &weight, kind) == 6) {
        if (to == from + 1)
            t->is_true[from][source][target] = weight != 0;
        else
            ++*elsewhere;
    }
    fclose(file);
}

Test(jobs_truth, figures_and_wrong_edges_are_stored)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    table *t = calloc(1, sizeof *t);
    uint32_t elsewhere = 0, missing = 0, spurious = 0, right = 0;
    fit f;
    s.layers = 3;
    s.features = WIDTH;
    s.samples = 3000;
    s.rate = 0.02;
    s.skipping = 0.3;
    make_study(&s);
    int64_t id = run_fit(0.01, false);
    t->threshold = 0.05;
    check_report r = judge(id, t->threshold, NULL);
    read_truth(t, &elsewhere);
    cr_assert_eq(fit_get(d, id, &f, &err), STATUS_OK);
    cr_assert_eq(f.pair_count, 2);
    for (int which = 0; which < 2; which++) {
        memset(t->listed, 0, sizeof t->listed);
        for (t->pair = 0; t->pair < 2; t->pair++) {
            const fit_pair *p = &f.pair[t->pair];
            cr_assert_eq(fit_each_edge(d, p->id, note_edge, t, &err), STATUS_OK);
            cr_assert_eq(check_each_edges(d, r.about.id, p->source_layer, p->target_layer,
                                          which ? "spurious" : "missing", note_wrong, t, &err),
                         STATUS_OK, "%s", err.message);
            for (uint32_t a = 0; a < WIDTH; a++)
                for (uint32_t b = 0; b < WIDTH; b++) {
                    bool is_true = t->is_true[t->pair][a][b], found = t->found[t->pair][a][b];
                    cr_expect_eq(t->listed[t->pair][a][b],
                                 which ? found && !is_true : is_true && !found);
                    if (which && found && !is_true)
                        cr_expect_float_eq(t->told[t->pair][a][b], t->removal[t->pair][a][b],
                                           1e-6);
                    missing += !which && is_true && !found;
                    right += !which && is_true && found;
                    spurious += !which && found && !is_true;
                }
        }
    }
    cr_expect_eq(whole(&r, "missing"), missing);
    cr_expect_eq(whole(&r, "spurious"), spurious);
    cr_expect_eq(whole(&r, "right"), right);
    cr_expect_eq(whole(&r, "truth elsewhere"), elsewhere);
    cr_expect_gt(elsewhere, 0);
    cr_expect_gt(missing, 0);
    cr_expect_gt(spurious, 0);
    double sum = 0;
    for (int p = 0; p < 2; p++)
        sum += check_figure_of(&r, f.pair[p].source_layer, f.pair[p].target_layer, "right");
    cr_expect_eq(sum, right);
    char *said = check_kind_find("truth")->say(&r, &layers, &f);
    char expected[64];
    snprintf(expected, sizeof expected, "has %u and misses %u; %u of its", right, missing,
             spurious);
    cr_expect_not_null(strstr(said, expected), "%s", said);
    free(said);
    fit_release(&f);
    check_report_release(&r);
    free(t);
}

/* ---- truths that are none ---- */

Test(jobs_truth, files_that_are_no_truth_of_this_study)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"blocks.9/1\tblocks.1/2\n", "line 1: no layer, or more than one, fits 'blocks.9'"},
        {"blocks.00/1\tblocks.1/2\n", "did you mean 'blocks.0'"},
        {"bloks.0/1\tblocks.1/2\n", "did you mean 'blocks.0'?"},
        {"xyz/1\tblocks.1/2\n", "; the study has 'blocks.0', 'blocks.1', 'blocks.2'"},
        {"blocks/1\tblocks.1/2\n",
         "or more than one, fits 'blocks', did you mean 'blocks.0', 'blocks.1'"},
        {"blocks.0\tblocks.1/2\n", "'blocks.0', expected a layer and a feature"},
        {"blocks.0/\tblocks.1/2\n", "expected a layer and a feature"},
        {"blocks.0/48\tblocks.1/2\n", "feature 48, but layer 'blocks.0' has features 0 to 47"},
        {"blocks.0/99999999999999999999\tblocks.1/2\n", "layer 'blocks.0' has no component"},
        {"blocks.0/-1\tblocks.1/2\n",
         "layer 'blocks.0' has no component '-1'; it has 'c0', 'c1', 'c2', ..."},
        {"blocks.0/c99\tblocks.1/c2\n", "has no component 'c99'; it has 'c0', 'c1', 'c2', ..."},
        {"blocks.0/1\tblocks.1/2\nblocks.0/1\tblocks.9/2\n\nblocks.7/1\tblocks.1/2\n",
         "line 2: no layer, or more than one, fits 'blocks.9', did you mean 'blocks.0', "
         "'blocks.1', "
         "'blocks.2'?; 1 more lines"},
        {"blocks.0/1\tblocks.0/1\n", "line 1: an edge from 'blocks.0/1' to itself"},
        {"blocks.0/1\tblocks.0/2\n", "an edge inside layer 'blocks.0'"},
        {"blocks.2/1\tblocks.1/2\n", "an edge back from layer 'blocks.2' to 'blocks.1'"},
        {"blocks.0/1\tblocks.1/2\nblocks.0/2\tblocks.1/2\nblocks.0/1\tblocks.1/2\t0\n",
         "line 3 gives the same edge as line 1"},
        {"blocks.0/c1\tblocks.1/c2\nblocks.0/2\tblocks.1/c2\n",
         "line 2: 'blocks.0/2' is a feature, but line 1 names a component of this layer"},
        {"blocks.0/1\tblocks.1/2\t1\ta kind with a name far too long\n",
         "expected at most 20 bytes"},
        {"blocks.0/1\tblocks.1/2\t0\n", NULL}, /* of no pair that was fitted */
        {"", "no edge in it"},
    };
    synth_settings s = synth_defaults(LAYER_COMPONENT);
    s.layers = 3;
    s.features = 48;
    s.samples = 100;
    make_study(&s);
    free(truth_path);
    truth_path = scratch_path(scratch, "bad.tsv");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        known k;
        err = (error){0};
        scratch_write_text(scratch, "bad.tsv", bad[i].text);
        status code = known_load(&k, d, &layers, truth_path, &err);
        cr_expect_eq(code, bad[i].says ? STATUS_INPUT : STATUS_OK, "%s", bad[i].text);
        if (bad[i].says)
            cr_expect_not_null(strstr(err.message, bad[i].says), "'%s': %s", bad[i].says,
                               err.message);
        known_release(&k);
    }
}

Test(jobs_truth, a_truth_of_other_pairs_is_refused_by_the_check)
{
    synth_settings s = synth_defaults(LAYER_COMPONENT);
    s.layers = 3;
    s.samples = 200;
    make_study(&s);
    int64_t fit_id = run_fit(0.05, false), id;
    scratch_write_text(folder_path, "truth.tsv", "blocks.0/1\tblocks.2/1\n");
    check_settings settings = check_settings_open();
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "needs a file"), "%s", err.message);
    settings.file = truth_path;
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "none of the layer pairs"), "%s", err.message);
    settings.by = (char *)"size";
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_USAGE);
    settings.by = NULL;
    settings.pairs = (char *)"some";
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_USAGE);
    settings.pairs = NULL;
    settings.cut = -1;
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_USAGE);
    settings.cut = 0;
    settings.stable = 1.5;
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_USAGE);
}

Test(jobs_truth, only_edges_that_other_checks_stand_by)
{
    synth_settings s = synth_defaults(LAYER_SAE);
    s.layers = 2;
    s.samples = 2000;
    make_study(&s);
    check_settings settings = check_settings_open(), rounds = check_settings_open();
    int64_t fit_id = run_fit(0.005, false), id;
    settings.file = truth_path;
    settings.stable = 0.9;
    cr_expect_eq(run_check(fit_id, "truth", &settings, &id), STATUS_INPUT, "no such check yet");
    cr_expect_not_null(strstr(err.message, "stability"), "%s", err.message);
    rounds.rounds = 4;
    cr_assert_eq(run_check(fit_id, "stability", &rounds, &id), STATUS_OK, "%s", err.message);
    cr_assert_eq(run_check(fit_id, "truth", &settings, &id), STATUS_OK, "%s", err.message);
    circuit *c;
    check_report r;
    fit f;
    uint32_t often = 0;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, &err), STATUS_OK);
    for (uint32_t i = 0; i < c->edge_count; i++)
        often += c->frequency[i] >= 0.9f;
    cr_assert_eq(check_get_report(d, id, &r, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(whole(&r, "found"), often);
    cr_expect_eq(whole(&r, "edges"), often);
    cr_expect(often > 0 && often < c->edge_count);
    cr_assert_eq(fit_get(d, fit_id, &f, &err), STATUS_OK);
    char *said = check_kind_find("truth")->say(&r, &layers, &f);
    cr_expect_not_null(strstr(said, "at least 90 % of the halves"), "%s", said);
    free(said);
    fit_release(&f);
    check_report_release(&r);
    circuit_free(c);
}
