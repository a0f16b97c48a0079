/* The null: noise alone must look like noise, a planted circuit have the rate of false edges that
 * it truly has, and documents that are blocks stay whole. */
#include "tests/unit/check_fixture.h"

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
