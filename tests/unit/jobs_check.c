/* Checks against circuits whose truth the test has made: what is noise must look like noise, what
 * was planted must be found, whole documents must stay together, and a check that was cut off must
 * end as one that was not. */
#include "src/circuit/trust.h"
#include "src/jobs/check.h"
#include "src/jobs/engine.h"
#include "src/jobs/fit.h"
#include "src/jobs/stability.h"
#include "tests/unit/planted_fixture.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static char *path;
static db *d;
static layer_set layers;

static void open_planted(planted *p)
{
    error err = {0};
    path = planted_study(p);
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
}

static void close_planted(planted *p)
{
    layer_set_release(&layers);
    db_close(d);
    d = NULL;
    fixture_remove(path);
    planted_free(p);
}

static int64_t fit_it(lasso_rule rule, double lambda, double ridge)
{
    error err = {0};
    int64_t id = 0;
    fit_progress last;
    fit_request request = {.settings = lasso_defaults()};
    request.settings.rule = rule;
    request.settings.lambda = lambda;
    request.settings.ridge = ridge;
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    fit_run_options how = {.threads = 2};
    cr_assert_eq(fit_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    return id;
}

static int64_t ask(int64_t fit_id, const char *kind, uint64_t rounds, uint64_t seed)
{
    error err = {0};
    int64_t id = 0;
    check_request request = {.fit_id = fit_id, .kind = kind, .settings = check_settings_open()};
    request.settings.rounds = rounds;
    request.settings.seed = seed;
    cr_assert_eq(check_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    return id;
}

static status run_it(int64_t id, const atomic_bool *cancel)
{
    error err = {0};
    check_progress last;
    check_run_options how = {.threads = 2, .cancel = cancel};
    status code = check_run(path, id, &how, &last, &err);
    if (code != STATUS_OK && code != STATUS_INTERRUPTED)
        fprintf(stderr, "%s\n", err.message);
    return code;
}

static check_report checked(int64_t fit_id, const char *kind, uint64_t rounds, uint64_t seed)
{
    check_report r;
    error err = {0};
    int64_t id = ask(fit_id, kind, rounds, seed);
    cr_assert_eq(run_it(id, NULL), STATUS_OK);
    cr_assert_eq(check_get_report(d, id, &r, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(r.about.state, FIT_DONE);
    cr_expect_eq(r.about.done, r.about.units);
    return r;
}

/* ---- planted data ---- */

enum { SOURCES = 60, TARGETS = 60, PARENTS = 3 };

static void fill_sparse(planted *p, int which, double density, uint64_t *seed)
{
    for (uint32_t f = 0; f < p->features[which]; f++)
        for (uint32_t i = 0; i < p->samples; i++)
            if (fixture_random(seed) < density)
                planted_column(p, which, f)[i] = (float)(0.5 + fixture_random(seed));
}

static planted make_noise(uint64_t seed)
{
    planted p = planted_create(80, 10, 40, SOURCES, TARGETS, &seed);
    fill_sparse(&p, 0, 0.1, &seed);
    fill_sparse(&p, 1, 0.1, &seed);
    return p;
}

/* Target t follows the sources t, t + 1, t + 2 (mod SOURCES); share: of its variance that they
 * explain. */
static planted make_circuit(uint64_t seed, double share)
{
    planted p = planted_create(80, 10, 40, SOURCES, TARGETS, &seed);
    fill_sparse(&p, 0, 0.1, &seed);
    for (uint32_t t = 0; t < TARGETS; t++) {
        float *y = planted_column(&p, 1, t);
        double mean = 0, squares = 0;
        for (uint32_t k = 0; k < PARENTS; k++)
            for (uint32_t i = 0; i < p.samples; i++)
                y[i] += planted_column(&p, 0, (t + k) % SOURCES)[i];
        for (uint32_t i = 0; i < p.samples; i++) {
            mean += (double)y[i] / p.samples;
            squares += (double)y[i] * (double)y[i] / p.samples;
        }
        double noise = sqrt((squares - mean * mean) * (1 - share) / share);
        for (uint32_t i = 0; i < p.samples; i++)
            y[i] += (float)(5 + noise * planted_normal(&seed));
    }
    return p;
}

static bool is_planted(uint32_t source, uint32_t target)
{
    return (source + SOURCES - target) % SOURCES < PARENTS;
}

typedef struct truth {
    double threshold;
    uint32_t found, planted;
} truth;

static bool count_true(void *user, const edge *e)
{
    truth *t = user;
    if (fabs(e->removal) >= t->threshold) {
        t->found++;
        t->planted += is_planted(e->source, e->target);
    }
    return true;
}

static truth true_rate(int64_t fit_id, double threshold)
{
    fit f = {0};
    truth t = {.threshold = threshold};
    cr_assert_eq(fit_get(d, fit_id, &f, NULL), STATUS_OK);
    cr_assert_eq(fit_each_edge(d, f.pair[0].id, count_true, &t, NULL), STATUS_OK);
    fit_release(&f);
    return t;
}

/* ---- null ---- */

Test(null, noise_alone_has_a_rate_near_1)
{
    planted p = make_noise(11);
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_PARENTS, 8, 0), "null", 20, 3);
    double rate = check_figure_of(&r, 0, 0, "fdr");
    cr_expect_gt(rate, 0.85, "rate %g", rate);
    cr_expect(isnan(check_figure_of(&r, 0, 0, "threshold")) ||
                  check_figure_of(&r, 0, 0, "edges kept") <= 3,
              "%g edges kept", check_figure_of(&r, 0, 0, "edges kept"));
    check_report_release(&r);
    close_planted(&p);
}

/* Over several studies: at every threshold where some edges are false, on average, and nowhere is
 * the estimate much below the truth. */
Test(null, a_planted_circuit_has_the_true_rate)
{
    double estimated = 0, real = 0;
    uint32_t compared = 0;
    for (uint64_t seed = 21; seed < 25; seed++) {
        planted p = make_circuit(seed, 0.5);
        open_planted(&p);
        int64_t fit_id = fit_it(LASSO_PARENTS, 8, 0);
        check_report r = checked(fit_id, "null", 20, seed);
        uint32_t points = 0, thresholds = 0;
        const check_point *fdr = check_curve_of(&r, 0, 0, "fdr", &points);
        const check_point *threshold = check_curve_of(&r, 0, 0, "threshold", &thresholds);
        cr_assert_eq(points, thresholds);
        for (uint32_t i = 0; i < points; i++) {
            truth t = true_rate(fit_id, threshold[i].y);
            cr_expect_eq((double)t.found, fdr[i].x, "edges at threshold %g", threshold[i].y);
            double wrong = 1 - (double)t.planted / t.found;
            cr_expect_gt(fdr[i].y, wrong - 0.1, "at %g edges: %g, in truth %g", fdr[i].x, fdr[i].y,
                         wrong);
            if (wrong > 0.02) {
                estimated += fdr[i].y;
                real += wrong;
                compared++;
            }
        }
        check_report_release(&r);
        close_planted(&p);
    }
    cr_assert_gt(compared, 20);
    cr_expect_gt(real / compared, 0.2, "there is something to estimate: %g", real / compared);
    cr_expect_float_eq(estimated / compared, real / compared, 0.07, "estimated %g, true %g",
                       estimated / compared, real / compared);
}

/* Documents have a style of their own in each layer, and the two have nothing to do with each
 * other: with few documents styles meet by chance, which permuting samples would not see. */
Test(null, documents_that_are_blocks_are_permuted_as_blocks)
{
    uint64_t seed = 5;
    planted p = planted_create(30, 30, 50, SOURCES, TARGETS, &seed);
    for (int l = 0; l < 2; l++)
        for (uint32_t f = 0; f < p.features[l]; f++)
            for (uint32_t k = 0, i = 0; k < p.documents; k++) {
                double style = planted_normal(&seed);
                for (uint32_t end = i + p.length[k]; i < end; i++)
                    planted_column(&p, l, f)[i] = (float)(style + 0.5 * planted_normal(&seed));
            }
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_OF_PAIR, 0.4, 0), "null", 20, 3);
    cr_expect_gt(check_figure_of(&r, 0, 0, "edges"), 200);
    cr_expect_gt(check_figure_of(&r, 0, 0, "fdr"), 0.75, "rate %g",
                 check_figure_of(&r, 0, 0, "fdr"));
    check_report_release(&r);
    close_planted(&p);
}

/* ---- held out ---- */

Test(held_out, noise_explains_nothing_outside)
{
    planted p = make_noise(12);
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_PARENTS, 8, 0), "held-out", 0, 0);
    cr_expect_gt(check_figure_of(&r, 0, 0, "inside"), 0.01);
    cr_expect_leq(check_figure_of(&r, 0, 0, "outside"), 0.005, "outside %g",
                  check_figure_of(&r, 0, 0, "outside"));
    check_report_release(&r);
    close_planted(&p);
}

Test(held_out, a_planted_circuit_explains_outside_what_was_planted)
{
    planted p = make_circuit(31, 0.6);
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_OF_PAIR, 0.05, 0), "held-out", 0, 0);
    cr_expect_float_eq(check_figure_of(&r, 0, 0, "outside"), 0.6, 0.03, "outside %g",
                       check_figure_of(&r, 0, 0, "outside"));
    cr_expect_eq(check_figure_of(&r, 0, 0, "targets"), TARGETS);
    cr_expect_eq(check_figure_of(&r, layers.item[0].id, layers.item[1].id, "targets"), TARGETS);
    cr_expect_eq(check_figure_of(&r, 0, 0, "memorised"), 0);
    check_report_release(&r);
    close_planted(&p);
}

/* Every document has a source feature of its own, and every target a value of its own in every
 * document: a sample's neighbours tell all about it, another document nothing. */
Test(held_out, a_document_is_never_on_both_sides)
{
    uint64_t seed = 41;
    enum { DOCUMENTS = 40 };
    planted p = planted_create(DOCUMENTS, 20, 30, DOCUMENTS, 10, &seed);
    for (uint32_t k = 0, i = 0; k < DOCUMENTS; k++) {
        double value[10];
        for (uint32_t t = 0; t < 10; t++)
            value[t] = planted_normal(&seed);
        for (uint32_t end = i + p.length[k]; i < end; i++) {
            planted_column(&p, 0, k)[i] = 1;
            for (uint32_t t = 0; t < 10; t++)
                planted_column(&p, 1, t)[i] = (float)(value[t] + 0.1 * planted_normal(&seed));
        }
    }
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_OF_PAIR, 0.05, 0);
    check_report r = checked(fit_id, "held-out", 0, 0);
    cr_expect_gt(check_figure_of(&r, 0, 0, "inside"), 0.8);
    cr_expect_leq(check_figure_of(&r, 0, 0, "outside"), 0, "outside %g",
                  check_figure_of(&r, 0, 0, "outside"));
    cr_expect_eq(check_figure_of(&r, 0, 0, "memorised"), 10);
    check_report_release(&r);

    /* the same study without documents: every sample is one of its own, and neighbours tell */
    db_close(d);
    sqlite3 *raw = NULL;
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(raw, "DELETE FROM document", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
    cr_assert_eq(db_open(&d, path, DB_WRITE, NULL), STATUS_OK);
    r = checked(fit_id, "held-out", 0, 0);
    cr_expect_gt(check_figure_of(&r, 0, 0, "outside"), 0.8, "outside %g",
                 check_figure_of(&r, 0, 0, "outside"));
    check_report_release(&r);
    close_planted(&p);
}

/* Target 7 fires in some documents, each of which has a source of its own for it. */
Test(held_out, what_is_memorised_comes_first)
{
    planted p = make_circuit(51, 0.6);
    memset(planted_column(&p, 1, 7), 0, p.samples * sizeof(float));
    for (uint32_t k = 0, i = 0; k < p.documents; i += p.length[k++])
        for (uint32_t j = 0; j < 5 && k % 4 == 0; j++) {
            planted_column(&p, 0, 40 + k / 4)[i + j] += 8;
            planted_column(&p, 1, 7)[i + j] = 2;
        }
    for (uint32_t f = 40; f < SOURCES; f++) /* those sources fire nowhere else */
        for (uint32_t i = 0; i < p.samples; i++)
            if (planted_column(&p, 0, f)[i] < 8)
                planted_column(&p, 0, f)[i] = 0;
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_OF_PAIR, 0.02, 0), "held-out", 0, 0);
    check_value *list = NULL;
    uint32_t count = 0;
    cr_assert_eq(check_top_values(d, r.about.id, "memorised", true, 3, &list, &count, NULL),
                 STATUS_OK);
    cr_assert_eq(count, 3);
    cr_expect_eq(list[0].feature, 7);
    cr_expect_gt(list[0].value, 0.5);
    cr_expect_lt(list[1].value, 0.3);
    cr_expect_geq(list[1].value, list[2].value);
    free(list);
    check_report_release(&r);
    close_planted(&p);
}

/* ---- stability ---- */

typedef struct frequencies {
    double sum[2]; /* of edges that were not planted, and that were */
    uint32_t count[2], stable[2];
} frequencies;

static bool sort_frequencies(void *user, const check_edges *e)
{
    frequencies *f = user;
    for (uint32_t i = 0; i < e->count; i++) {
        int which = is_planted(e->source[i], e->target);
        f->sum[which] += (double)e->value[i];
        f->stable[which] += e->value[i] >= 0.8F;
        f->count[which]++;
    }
    return true;
}

static frequencies frequencies_of(const check_report *r)
{
    frequencies f = {0};
    cr_assert_eq(check_each_edges(d, r->about.id, layers.item[0].id, layers.item[1].id,
                                  "frequency", sort_frequencies, &f, NULL),
                 STATUS_OK);
    return f;
}

Test(stability, planted_edges_come_back_and_others_do_not)
{
    planted p = make_circuit(61, 0.5);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 8, 0);
    check_report r = checked(fit_id, "stability", 15, 0);
    frequencies f = frequencies_of(&r);
    truth t = true_rate(fit_id, 0);
    cr_expect_eq(f.count[0] + f.count[1], t.found, "every edge has a frequency");
    cr_expect_eq(f.count[1], t.planted);
    cr_expect_gt(f.count[0], 200, "there are edges that were not planted");
    cr_expect_gt(f.sum[1] / f.count[1], 0.97, "planted: %g", f.sum[1] / f.count[1]);
    cr_expect_lt(f.sum[0] / f.count[0], 0.7, "others: %g", f.sum[0] / f.count[0]);
    double stable = check_figure_of(&r, 0, 0, "stable");
    cr_expect_eq(stable, f.stable[0] + f.stable[1]);
    cr_expect_leq(f.stable[0], check_figure_of(&r, 0, 0, "unimodal bound"),
                  "%u false edges are stable", f.stable[0]);
    cr_expect_leq(check_figure_of(&r, 0, 0, "unimodal bound"), check_figure_of(&r, 0, 0, "bound"));
    check_report_release(&r);
    close_planted(&p);
}

Test(stability, noise_is_rarely_stable_and_bounded)
{
    planted p = make_noise(62);
    open_planted(&p);
    check_report r = checked(fit_it(LASSO_PARENTS, 4, 0), "stability", 15, 0);
    double edges = check_figure_of(&r, 0, 0, "edges");
    double stable = check_figure_of(&r, 0, 0, "stable");
    cr_expect_gt(edges, 150);
    cr_expect_lt(stable, 0.25 * edges, "%g of %g", stable, edges);
    cr_expect_leq(stable, check_figure_of(&r, 0, 0, "unimodal bound"));
    check_report_release(&r);
    close_planted(&p);
}

Test(stability, the_unimodal_factor)
{
    /* by hand from the formula: 1 / (2 (0.2 - 0.01)), 1 / (2 (0.5 - 0.01)), 4 (0.1 + 0.01) / 1.02
     */
    cr_expect_float_eq(stability_unimodal(0.6, 0.1, 50), 2.631578947368421, 1e-12);
    cr_expect_float_eq(stability_unimodal(0.75, 0.1, 50), 1.020408163265306, 1e-12);
    cr_expect_float_eq(stability_unimodal(0.9, 0.1, 50), 0.43137254901960786, 1e-12);
    cr_expect(isnan(stability_unimodal(0.9, 0.6, 50)), "theta above 1/sqrt(3)");
    cr_expect(isnan(stability_unimodal(0.51, 0.1, 50)), "a cut below 1/2 + 1/B");
    cr_expect(isnan(stability_unimodal(0.7, 0.1, 4)), "a cut below 1/2 + 1/B");
    cr_expect_float_eq(stability_unimodal(1, 0.1, 50), 0.0392156862745098, 1e-12);
    for (double cut = 0.55; cut <= 1; cut += 0.05)
        cr_expect_lt(stability_unimodal(cut, 0.05, 50), 1 / (2 * cut - 1), "cut %g", cut);
}

/* ---- what the circuit knows of them ---- */

static circuit *load(int64_t fit_id)
{
    error err = {0};
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_WEIGHT, &c, &err), STATUS_OK, "%s",
                 err.message);
    return c;
}

Test(trust, edges_carry_what_checks_say_of_them)
{
    planted p = make_circuit(65, 0.5);
    open_planted(&p);
    error err = {0};
    int64_t fit_id = fit_it(LASSO_PARENTS, 8, 0);
    circuit *c = load(fit_id), *part = NULL;
    cr_expect_null(c->frequency);
    cr_expect_null(c->fdr);
    cr_expect_eq(trust_filter(c, 0.8, (double)NAN, &part, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "stability"), "%s", err.message);
    cr_expect_eq(trust_filter(c, (double)NAN, 0.1, &part, &err), STATUS_INPUT);
    circuit_free(c);

    check_report stability = checked(fit_id, "stability", 10, 0);
    check_report null = checked(fit_id, "null", 10, 0);
    int64_t from = layers.item[0].id, to = layers.item[1].id;
    c = load(fit_id);
    cr_assert(c->frequency && c->fdr);
    uint32_t stable = 0, kept = 0;
    double threshold = check_figure_of(&null, from, to, "threshold");
    for (uint32_t i = 0; i < c->edge_count; i++) {
        stable += c->frequency[i] >= 0.8F;
        kept += c->fdr[i] <= 0.05F;
        cr_assert(c->frequency[i] >= 0 && c->frequency[i] <= 1 && c->fdr[i] >= 0 &&
                  c->fdr[i] <= 1);
        cr_assert_eq(c->fdr[i] <= 0.05F, fabsf(c->edge[i].removal) >= (float)threshold);
    }
    cr_expect_eq(stable, check_figure_of(&stability, 0, 0, "stable"));
    cr_expect_eq(kept, check_figure_of(&null, from, to, "edges kept"));
    cr_expect_gt(kept, TARGETS);

    cr_assert_eq(trust_filter(c, 0.9, (double)NAN, &part, &err), STATUS_OK);
    stable = 0;
    for (uint32_t i = 0; i < c->edge_count; i++)
        stable += c->frequency[i] > 0.899F;
    cr_expect_eq(part->edge_count, stable, "0.9 is 18 of 20 halves");
    circuit_free(part);
    cr_assert_eq(trust_filter(c, 0.8, 0.05, &part, &err), STATUS_OK, "%s", err.message);
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->edge_count; i++) {
        if (c->frequency[i] < 0.8F || c->fdr[i] > 0.05F)
            continue;
        cr_assert_lt(at, part->edge_count);
        cr_expect_eq(memcmp(&part->edge[at], &c->edge[i], sizeof c->edge[i]), 0);
        cr_expect_eq(part->frequency[at], c->frequency[i]);
        cr_expect_eq(part->fdr[at++], c->fdr[i]);
    }
    cr_expect_eq(at, part->edge_count);
    cr_expect_lt(at, c->edge_count);
    circuit_free(part);
    for (uint32_t i = 0; i < c->edge_count; i++)
        c->fdr[i] = 0.05F;
    cr_assert_eq(trust_filter(c, (double)NAN, 0.05, &part, &err), STATUS_OK);
    cr_expect_eq(part->edge_count, c->edge_count, "at most 0.05 is 0.05 too");
    circuit_free(part);
    circuit_free(c);
    check_report_release(&stability);
    check_report_release(&null);
    close_planted(&p);
}

static void change(const char *text)
{
    sqlite3 *raw = NULL;
    char *why = NULL;
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 10000);
    cr_assert_eq(sqlite3_exec(raw, text, NULL, NULL, &why), SQLITE_OK, "%s", why);
    sqlite3_close(raw);
}

/* As if the pair had a wiring: it finds a third of the edges far stronger than the regression
 * does, contradicts another, so that their removals change sign, and knows nothing of the others;
 * and it has edges of its own, stronger than any: from source 3 to every target that had none from
 * there.
 */
static void wire(void)
{
    change("UPDATE edge SET wired = removal * CASE source_feature % 3 WHEN 0 THEN 100 WHEN 1 THEN"
           " 0 ELSE -1 END;"
           "UPDATE edge SET removal = (removal + 2 * wired) / 3;"
           "INSERT OR IGNORE INTO edge SELECT pair_id, feature, 3, 0, 0, 50, 100 FROM fit_target;"
           "UPDATE fit SET wiring = 1;"
           "UPDATE fit_pair SET wired_alone = (SELECT count(*) FROM edge WHERE weight = 0),"
           " edges = (SELECT count(*) FROM edge)");
}

/* The edge from one node to another; the circuit has it. */
static uint32_t place_of(const circuit *c, uint32_t source, uint32_t target)
{
    uint32_t k = c->in_start[target];
    while (c->edge[c->in[k]].source != source)
        k++;
    cr_assert_lt(k, c->in_start[target + 1]);
    return c->in[k];
}

/* What passes a threshold of the chart, as the screen writes it, is as many as the chart says. */
static void expect_as_many_as_the_curve_says(const circuit *c, const check_report *null)
{
    uint32_t points = 0;
    const check_point *at = check_curve_of(null, 0, 0, "threshold", &points);
    cr_assert_gt(points, 20);
    for (uint32_t p = 0; p < points; p++) {
        char text[48];
        edge_filter f;
        uint32_t count = 0;
        snprintf(text, sizeof text, "regression>=%.8g", at[p].y);
        cr_assert_eq(edge_filter_parse(&f, text, NULL), STATUS_OK);
        for (uint32_t i = 0; i < c->edge_count; i++) {
            double figure[EDGE_COLUMNS];
            trust_figures(c, i, figure);
            count += edge_filter_passes(&f, figure);
        }
        cr_expect_eq(count, at[p].x, "%s: %u, not %g", text, count, at[p].x);
    }
}

/* Chance edges come from regressions, so it is what the regression says of the circuit's edges
 * that they are compared with, whatever a wiring says. */
Test(trust, what_the_wiring_says_is_not_compared_with_chance)
{
    planted p = make_circuit(65, 0.5);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 8, 0);
    check_report plain[] = {checked(fit_id, "null", 10, 0), checked(fit_id, "stability", 10, 0)};
    circuit *was = load(fit_id);
    wire();
    check_report wired[] = {checked(fit_id, "null", 10, 0), checked(fit_id, "stability", 10, 0)};
    circuit *is = load(fit_id);
    static const char *const figures[][6] = {
        {"edges", "null edges", "fdr", "threshold", "edges kept", NULL},
        {"edges", "stable", "bound", NULL}};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; figures[k][i]; i++)
            cr_expect_float_eq(check_figure_of(&wired[k], 0, 0, figures[k][i]),
                               check_figure_of(&plain[k], 0, 0, figures[k][i]), 1e-12, "%s",
                               figures[k][i]);
        cr_expect(isnan(check_figure_of(&plain[k], 0, 0, "wired alone")));
    }
    uint32_t alone = is->edge_count - was->edge_count;
    cr_assert_gt(alone, TARGETS / 2);
    cr_expect_eq(check_figure_of(&wired[0], 0, 0, "wired alone"), alone);
    cr_expect_eq(check_figure_of(&wired[1], 0, 0, "wired alone"), alone);

    for (uint32_t i = 0; i < was->edge_count; i++) {
        uint32_t same = place_of(is, was->edge[i].source, was->edge[i].target);
        cr_assert_float_eq(is->fdr[same], was->fdr[i], 1e-9, "no edge is below its own threshold");
        cr_assert_eq(is->frequency[same], was->frequency[i]);
    }
    for (uint32_t i = 0; i < is->edge_count; i++)
        if (is->edge[i].weight == 0) {
            alone--;
            cr_assert_eq(is->fdr[i], 1, "chance is not what it was judged by");
            cr_assert_eq(is->frequency[i], 0);
        }
    cr_expect_eq(alone, 0);
    expect_as_many_as_the_curve_says(is, &wired[0]);

    fit f;
    cr_assert_eq(fit_get(d, fit_id, &f, NULL), STATUS_OK);
    static const char *const kinds[] = {"null", "stability"};
    for (int k = 0; k < 2; k++) {
        char *said = check_kind_find(kinds[k])->verdict(&wired[k]);
        cr_expect(strstr(said, "regression's"), "%s", said);
        free(said);
        said = check_kind_find(kinds[k])->verdict(&plain[k]);
        cr_expect_not(strstr(said, "regression"), "%s", said);
        free(said);
        said = check_kind_find(kinds[k])->say(&wired[k], &layers, &f);
        cr_expect(strstr(said, "regression"), "%s", said);
        free(said);
        check_report_release(&wired[k]);
        check_report_release(&plain[k]);
    }
    fit_release(&f);
    circuit_free(was);
    circuit_free(is);
    close_planted(&p);
}

/* ---- jobs ---- */

static const char *const everything[] = {
    "SELECT group_concat(source_layer || '/' || target_layer || '/' || name || '=' || "
    "quote(value))"
    " FROM (SELECT * FROM check_figure WHERE check_id = ?1 ORDER BY 2, 3, 4)",
    "SELECT group_concat(source_layer || '/' || series || '/' || place || '=' || quote(x) || ' ' "
    "||"
    " quote(y)) FROM (SELECT * FROM check_point WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
    "SELECT group_concat(name || '/' || feature || '=' || quote(value))"
    " FROM (SELECT * FROM check_value WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
    "SELECT group_concat(name || '/' || target_feature || '=' || hex(source_feature) || ' ' ||"
    " hex(value)) FROM (SELECT * FROM check_edge WHERE check_id = ?1 ORDER BY 2, 3, 4, 5)",
};

/* All findings of a check, to the last bit. */
static char *print_findings(int64_t id)
{
    sqlite3 *raw = NULL;
    char *all = strdup("");
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    for (size_t i = 0; i < sizeof everything / sizeof *everything; i++) {
        sqlite3_stmt *q = NULL;
        char *longer = NULL;
        cr_assert_eq(sqlite3_prepare_v2(raw, everything[i], -1, &q, NULL), SQLITE_OK, "%s",
                     sqlite3_errmsg(raw));
        sqlite3_bind_int64(q, 1, id);
        cr_assert_eq(sqlite3_step(q), SQLITE_ROW);
        const char *text = (const char *)sqlite3_column_text(q, 0);
        cr_assert(asprintf(&longer, "%s%s\n", all, text ? text : "") >= 0);
        free(all);
        all = longer;
        sqlite3_finalize(q);
    }
    sqlite3_close(raw);
    return all;
}

static uint32_t done_of(int64_t id)
{
    check c = {0};
    cr_assert_eq(check_get(d, id, &c, NULL), STATUS_OK);
    uint32_t done = c.done;
    check_release(&c);
    return done;
}

/* Runs it in another process, which is killed as soon as so many units are stored. */
static void run_and_kill(int64_t id, uint32_t units)
{
    pid_t child = fork();
    if (child == 0) {
        check_progress last;
        check_run_options how = {.threads = 1};
        _exit((int)check_run(path, id, &how, &last, NULL));
    }
    for (int tries = 0; tries < 20000 && done_of(id) < units; tries++)
        usleep(500);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void resumes_to_the_same_bits(const char *kind, uint64_t rounds)
{
    planted p = make_circuit(71, 0.5);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 8, 1);
    check_report whole = checked(fit_id, kind, rounds, 9);
    int64_t cut = ask(fit_id, kind, rounds, 9);
    uint32_t killed = 0;
    for (uint32_t units = 1; units < whole.about.units; units += 2) {
        run_and_kill(cut, units);
        uint32_t done = done_of(cut);
        killed += done > 0 && done < whole.about.units;
        if (done == whole.about.units)
            break;
    }
    atomic_bool cancel = true;
    status code = run_it(cut, &cancel);
    cr_expect(code == STATUS_INTERRUPTED || done_of(cut) == whole.about.units);
    cr_assert_eq(run_it(cut, NULL), STATUS_OK);
    char *expected = print_findings(whole.about.id);
    char *found = print_findings(cut);
    cr_expect_gt(strlen(expected), 1000);
    cr_expect_str_eq(found, expected);
    cr_expect_gt(killed, 0, "it was killed between its first unit and its last");
    free(expected);
    free(found);
    check_report_release(&whole);
    close_planted(&p);
}

Test(check, held_out_killed_and_resumed)
{
    resumes_to_the_same_bits("held-out", 0);
}

Test(check, null_killed_and_resumed)
{
    resumes_to_the_same_bits("null", 12);
}

Test(check, stability_cancelled_and_resumed)
{
    resumes_to_the_same_bits("stability", 400);
}

Test(check, too_few_documents_is_said)
{
    uint64_t seed = 81;
    planted p = planted_create(3, 40, 60, 10, 10, &seed);
    fill_sparse(&p, 0, 0.2, &seed);
    fill_sparse(&p, 1, 0.2, &seed);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    static const char *const kinds[] = {"held-out", "null", "stability"};
    for (int i = 0; i < 3; i++) {
        error err = {0};
        int64_t id = 0;
        check_request request = {
            .fit_id = fit_id, .kind = kinds[i], .settings = check_settings_open()};
        cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
        cr_expect(strstr(err.message, kinds[i]) && strstr(err.message, "documents"), "%s",
                  err.message);
    }
    close_planted(&p);
}

Test(check, settings_that_make_no_sense_are_refused)
{
    planted p = make_noise(82);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    error err = {0};
    int64_t id = 0;
    check_request request = {
        .fit_id = fit_id, .kind = "stability", .settings = check_settings_open()};
    request.settings.cut = 0.4;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.settings.cut = (double)NAN;
    request.kind = "no such";
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.kind = "held-out";
    request.settings.folds = 1;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_USAGE);
    request.settings.folds = 0;
    request.fit_id = 77;
    cr_expect_eq(check_create(d, &layers, &request, &id, &err), STATUS_INPUT);
    close_planted(&p);
}

/* The engine runs checks beside fits, and deletes them with their fit. */
Test(check, the_engine_runs_them)
{
    planted p = make_noise(83);
    open_planted(&p);
    int64_t fit_id = fit_it(LASSO_PARENTS, 3, 0);
    queue *news = NULL;
    engine *e = NULL;
    check_request request = {
        .fit_id = fit_id, .kind = "held-out", .settings = check_settings_open()};
    cr_assert_eq(queue_create(&news, NULL), STATUS_OK);
    cr_assert_eq(engine_start(&e, path, 1, news, NULL), STATUS_OK);
    engine_check(e, &request);
    request.kind = "stability";
    engine_check(e, &request);
    int64_t last = 0;
    for (uint32_t done = 0; done < 1;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m)) {
            const check_progress *now = m->payload;
            cr_assert_eq(m->kind, ENGINE_CHECK);
            cr_expect_eq(now->fit_id, fit_id);
            last = now->check_id > last ? now->check_id : last;
            done += now->state == FIT_DONE;
        }
    }
    engine_check_cancel(e, last);
    engine_delete(e, fit_id);
    for (bool gone = false; !gone;) {
        struct pollfd at = {.fd = queue_descriptor(news), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 30000), 1, "the engine fell silent");
        for (message *m = queue_take(news); m; m = message_free(m))
            gone |= m->kind == ENGINE_PROGRESS &&
                    ((const fit_progress *)m->payload)->state == FIT_CANCELLED;
    }
    check_set set;
    cr_assert_eq(check_list(d, 0, &set, NULL), STATUS_OK);
    cr_expect_eq(set.count, 0, "they went with their fit");
    check_set_release(&set);
    engine_stop(e);
    queue_free(news);
    close_planted(&p);
}
