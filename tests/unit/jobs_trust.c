/* What a circuit knows of its edges from the checks of its fit, with wiring and without. */
#include "src/circuit/trust.h"
#include "tests/unit/change_fixture.h"
#include "tests/unit/check_fixture.h"

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

/* As if the pair had a wiring: it finds a third of the edges far stronger than the regression
 * does, contradicts another, so that their removals change sign, and knows nothing of the others;
 * and it has edges of its own, stronger than any: from source 3 to every target that had none from
 * there.
 */
static void wire(void)
{
    change_study(
        path,
        "UPDATE edge SET wired = removal * CASE source_feature % 3 WHEN 0 THEN 100 WHEN 1 THEN"
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
