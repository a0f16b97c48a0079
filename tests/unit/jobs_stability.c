/* Stability: planted edges come back in halves of the documents, noise rarely, and within the
 * bound. */
#include "src/jobs/stability.h"
#include "tests/unit/check_fixture.h"

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
