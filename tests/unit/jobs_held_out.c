/* Held-out documents: what was planted explains them, noise does not, a document is never on both
 * sides. */
#include "tests/unit/change_fixture.h"
#include "tests/unit/check_fixture.h"

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
    change_study(path, "DELETE FROM document");
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
