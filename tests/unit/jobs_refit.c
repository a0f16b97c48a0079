/* Refits: on all samples they give the fit again, whatever its kind and rule; a permuted layer is
 * made of whole documents, none at home. */
#include "src/base/random.h"
#include "src/circuit/circuit.h"
#include "src/jobs/fit.h"
#include "src/jobs/refit.h"
#include "src/jobs/refit_permute.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

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

TestSuite(refit, .init = open_study, .fini = close_study);

/* ---- the fit again ---- */

typedef struct weights {
    double of[FIXTURE_FEATURES][3 * FIXTURE_FEATURES]; /* target, column of the source */
    uint32_t first;
    size_t edges;
} weights;

static bool take_edge(void *user, const edge *e)
{
    weights *w = user;
    w->of[e->target][w->first + e->source] = e->weight;
    w->edges++;
    return true;
}

static bool take_results(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    weights *w = user;
    (void)first;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < results[i].parents; k++, w->edges++)
            w->of[results[i].target][results[i].source[k]] = results[i].weight[k];
    return true;
}

static void refits_to_itself(lasso_rule rule, double lambda, double ridge, bool scale, bool joint)
{
    error err = {0};
    fit_progress last;
    fit f = {0};
    int64_t id = 0;
    refit *r = NULL;
    fit_request request = {.settings = lasso_defaults(), .joint = joint};
    request.settings.rule = rule;
    request.settings.lambda = lambda;
    request.settings.ridge = ridge;
    request.settings.scale = scale;
    if (joint)
        fit_request_all(&request, &layers, NULL, 0);
    else
        fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    fit_run_options how = {.threads = 2};
    cr_assert_eq(fit_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fit_get(d, id, &f, &err), STATUS_OK);
    check_job job = {.connection = d, .study = path, .layers = &layers, .fit = &f, .threads = 2};
    cr_assert_eq(refit_open(&r, &job, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(refit_count(r), 2, "a regression for each of the later layers");
    for (uint32_t i = 0; i < refit_count(r); i++) {
        refit_regression g;
        lasso_design *design = NULL;
        weights *was = calloc(1, sizeof *was), *now = calloc(1, sizeof *now);
        cr_assert_eq(refit_load(r, i, &g, &err), STATUS_OK, "%s", err.message);
        lasso_settings settings = refit_settings(r, g.lambda);
        cr_assert_eq(lasso_design_create(&design, &g.source->m, &settings, &err), STATUS_OK);
        cr_assert_eq(refit_solve(r, &g, design, &g.target->m, g.lambda, take_results, now, &err),
                     STATUS_OK, "%s", err.message);
        for (uint32_t p = 0; p < g.parts; p++) {
            was->first = g.part[p].first;
            cr_assert_eq(fit_each_edge(d, g.part[p].pair_id, take_edge, was, &err), STATUS_OK);
        }
        cr_expect_eq(g.parts, joint ? i + 1 : 1);
        cr_expect_gt(was->edges, FIXTURE_FEATURES / 2);
        for (uint32_t t = 0; t < FIXTURE_FEATURES; t++)
            for (uint32_t k = 0; k < 3 * FIXTURE_FEATURES; k++)
                cr_assert_float_eq(now->of[t][k], was->of[t][k], 5e-3, "target %u, column %u", t,
                                   k);
        lasso_design_free(design);
        free(was);
        free(now);
    }
    refit_close(r);
    fit_release(&f);
}

Test(refit, one_lambda_a_pair)
{
    refits_to_itself(LASSO_OF_PAIR, 0.02, 0, false, false);
}

Test(refit, each_target_its_own_lambda)
{
    refits_to_itself(LASSO_OF_TARGET, 0.1, 0.25, false, false);
}

Test(refit, scaled_columns)
{
    refits_to_itself(LASSO_OF_TARGET, 0.1, 0.25, true, false);
}

Test(refit, all_sources_at_once)
{
    refits_to_itself(LASSO_PARENTS, 3, 0.25, true, true);
}

/* ---- checks of a joint fit ---- */

static void run_check(int64_t fit_id, const char *kind, check_report *r)
{
    error err = {0};
    int64_t id = 0;
    check_progress last;
    check_request request = {.fit_id = fit_id, .kind = kind, .settings = check_settings_open()};
    request.settings.rounds = 6;
    check_run_options how = {.threads = 2};
    cr_assert_eq(check_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(check_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(check_get_report(d, id, r, &err), STATUS_OK);
}

/* Feature f of a layer follows feature f of the one before: that is found in every half, and how
 * many edges there are is the same wherever it is said. */
Test(refit, checks_of_a_joint_fit_judge_all_its_edges)
{
    error err = {0};
    fit_progress last;
    int64_t id = 0;
    circuit *c = NULL;
    check_report null, stability, held_out;
    fit_request request = {.settings = lasso_defaults(), .joint = true};
    request.settings.rule = LASSO_PARENTS;
    request.settings.lambda = 4;
    fit_request_all(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    fit_run_options how = {.threads = 2};
    cr_assert_eq(fit_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    run_check(id, "null", &null);
    run_check(id, "stability", &stability);
    run_check(id, "held-out", &held_out);
    cr_assert_eq(circuit_load(d, &layers, id, STRENGTH_REMOVAL, &c, &err), STATUS_OK);
    cr_assert(c->frequency && c->fdr);
    uint32_t planted = 0, credible = 0;
    for (uint32_t i = 0; i < c->edge_count; i++) {
        uint32_t source, target;
        uint32_t from = circuit_position(c, c->edge[i].source, &source);
        uint32_t to = circuit_position(c, c->edge[i].target, &target);
        cr_assert(c->frequency[i] >= 0 && c->frequency[i] <= 1, "edge %u: %g", i,
                  (double)c->frequency[i]);
        cr_assert(c->fdr[i] > 0 && c->fdr[i] <= 1);
        if (from + 1 != to || source != target)
            continue;
        planted++;
        cr_expect_eq(c->frequency[i], 1);
        credible += c->fdr[i] < 0.05F;
    }
    cr_expect_eq(planted, 2 * FIXTURE_FEATURES - 1, "one never fires");
    cr_expect_gt(credible, 0.9 * planted, "%u of %u", credible, planted);
    cr_expect_eq(check_figure_of(&null, 0, 0, "edges"), c->edge_count);
    cr_expect_eq(check_figure_of(&stability, 0, 0, "edges"), c->edge_count);
    double sum = 0;
    for (uint32_t from = 0; from < 2; from++)
        for (uint32_t to = from + 1; to < 3; to++)
            sum += check_figure_of(&stability, layers.item[from].id, layers.item[to].id, "edges");
    cr_expect_eq(sum, c->edge_count);
    cr_expect_eq(check_figure_of(&held_out, 0, 0, "targets"), 2 * FIXTURE_FEATURES - 1);
    circuit_free(c);
    check_report_release(&null);
    check_report_release(&stability);
    check_report_release(&held_out);
}

/* ---- permuted documents ---- */

/* Sample i has the value 1 + i in column 0 (and in a second column where i is even), so that one
 * sees where it went. */
static matrix numbered(uint32_t samples, bool dense)
{
    matrix m;
    uint64_t at = 0;
    cr_assert_eq(matrix_create(&m, samples, 2, dense, 2 * (uint64_t)samples, NULL), STATUS_OK);
    for (uint32_t c = 0; c < 2; c++) {
        if (!dense)
            m.col_start[c] = at;
        for (uint32_t i = 0; i < samples; i++) {
            bool here = c == 0 || i % 2 == 0;
            if (dense) {
                m.value[(size_t)c * samples + i] = here ? (float)(1 + i) : 0;
            } else if (here) {
                m.row[at] = i;
                m.value[at++] = (float)(1 + i);
            }
        }
    }
    if (!dense)
        m.col_start[2] = at;
    return m;
}

static void spread(const matrix *m, uint32_t column, float *out)
{
    memset(out, 0, m->rows * sizeof *out);
    if (m->dense)
        memcpy(out, m->value + (size_t)column * m->rows, m->rows * sizeof *out);
    for (uint64_t e = m->dense ? 0 : m->col_start[column];
         !m->dense && e < m->col_start[column + 1]; e++) {
        cr_assert(e == m->col_start[column] || m->row[e] > m->row[e - 1], "rows ascend");
        out[m->row[e]] = m->value[e];
    }
}

enum { DOCUMENTS = 37, MOST = 1000 };

static uint32_t lay_out(uint32_t *document, bool equal)
{
    uint32_t samples = 0;
    uint64_t seed = 3;
    for (uint32_t k = 0; k < DOCUMENTS; k++)
        for (uint32_t i = equal ? 10 : 2 + random_below(&seed, 20); i > 0; i--)
            document[samples++] = k;
    return samples;
}

static void permutes(bool dense, bool equal)
{
    uint32_t document[MOST], first[DOCUMENTS + 1] = {0}, uses[DOCUMENTS] = {0};
    float value[MOST], beside[MOST], before[MOST] = {0};
    uint32_t samples = lay_out(document, equal);
    for (uint32_t i = 0; i < samples; i++)
        first[document[i] + 1] = i + 1;
    matrix y = numbered(samples, dense);
    permuter *p = NULL;
    const matrix *now = NULL;
    cr_assert_eq(permuter_create(&p, &y, document, DOCUMENTS, NULL), STATUS_OK);
    uint32_t changed = 0;
    for (uint32_t round = 0; round < 20; round++) {
        cr_assert_eq(permuter_next(p, random_stream(1, 2, round), &now, NULL), STATUS_OK);
        cr_assert_eq(now->rows, samples);
        spread(now, 0, value);
        spread(now, 1, beside);
        for (uint32_t k = 0; k < DOCUMENTS; k++) {
            uint32_t begin = first[k];
            uint32_t from = document[(uint32_t)value[begin] - 1];
            uint32_t length = first[from + 1] - first[from];
            cr_assert_neq(from, k, "no document keeps its place");
            uses[from]++;
            for (uint32_t i = begin; i < first[k + 1]; i++) {
                uint32_t sample = (uint32_t)value[i] - 1;
                uint32_t expected =
                    first[from] + ((uint32_t)value[begin] - 1 - first[from] + i - begin) % length;
                cr_assert_eq(sample, expected, "it goes on in order, round its end");
                cr_assert_eq(beside[i], sample % 2 == 0 ? value[i] : 0, "both columns together");
            }
            cr_assert(!equal || length == first[k + 1] - begin);
        }
        changed += memcmp(value, before, samples * sizeof *value) != 0;
        memcpy(before, value, samples * sizeof *value);
    }
    for (uint32_t k = 0; k < DOCUMENTS; k++)
        cr_expect_eq(uses[k], 20, "each document once a round");
    cr_expect_eq(changed, 20, "each round another order");
    permuter_free(p);
    matrix_release(&y);
}

Test(permuter, sparse_documents_of_one_length)
{
    permutes(false, true);
}

Test(permuter, sparse_documents_of_many_lengths)
{
    permutes(false, false);
}

Test(permuter, dense_documents_of_many_lengths)
{
    permutes(true, false);
}
