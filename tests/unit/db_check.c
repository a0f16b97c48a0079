/* Checks and their findings: kept, replaced, added to, and gone with their fit. */
#include "db/check.h"
#include "db/fit.h"
#include "tests/unit/db_fixture.h"

#include <math.h>

TestSuite(check, .init = enter_folder, .fini = leave_folder);

static int64_t add_fit(db *d)
{
    add_layer(d, "a", 0, false, 4, 10, 0);
    layer l = add_layer(d, "b", 1, false, 4, 10, 0);
    fit_pair pair = {.source_layer = l.id - 1, .target_layer = l.id, .targets = 4};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .tolerance = 1e-6,
             .data_hash = (char *)(uintptr_t) "x",
             .pair = &pair,
             .pair_count = 1};
    OK(fit_add(d, &f, &err));
    return f.id;
}

static check add_check(db *d, int64_t fit_id)
{
    check c = {.fit_id = fit_id, .kind = "null", .settings = (char *)(uintptr_t) "{}"};
    OK(check_add(d, &c, &err));
    return c;
}

Test(check, findings_are_replaced_or_added_to_with_what_is_done)
{
    db *d = new_study();
    check c = add_check(d, add_fit(d));
    OK(check_set_units(d, c.id, 5, &err));
    check_figure figure[2] = {{0, 0, "rate", 0.5}, {1, 2, "rate", (double)NAN}};
    check_point point[2] = {{1, 2, "null", 0, 10, 3}, {1, 2, "null", 1, 20, 4}};
    uint32_t source[3] = {1, 5, 4000000000u};
    float value[3] = {0.25F, 1, 0};
    check_value number[2] = {{1, 2, "r2", 3, 0.75}, {1, 2, "r2", 0, (double)NAN}};
    check_edges row = {1, 2, "frequency", 7, 3, source, value};
    check_findings f = {figure, point, number, &row, 2, 2, 2, 1, true};
    OK(check_store(d, c.id, &f, 2, 0.5, &err));
    figure[0].value = 0.25;
    value[1] = 0.5F;
    OK(check_store(d, c.id, &f, 3, 0.25, &err));
    f.add = false;
    f.points = 1;
    OK(check_store(d, c.id, &f, 4, 0, &err));

    check_report r;
    OK(check_get_report(d, c.id, &r, &err));
    cr_expect_eq(r.about.done, 4);
    cr_expect_eq(r.about.units, 5);
    cr_expect_eq(r.about.seconds, 0.75);
    cr_expect_eq(r.figures, 2);
    cr_expect_eq(check_figure_of(&r, 0, 0, "rate"), 0.25);
    cr_expect(isnan(check_figure_of(&r, 1, 2, "rate")));
    uint32_t count = 0;
    const check_point *curve = check_curve_of(&r, 1, 2, "null", &count);
    cr_assert_eq(count, 2);
    cr_expect_eq(curve[0].y, 3, "replaced");
    cr_expect_eq(curve[1].y, 8, "added to");
    cr_expect_null(check_curve_of(&r, 1, 2, "nothing", &count));
    cr_expect_eq(count, 0);
    check_report_release(&r);

    check_value *list = NULL;
    OK(check_top_values(d, c.id, "r2", true, 10, &list, &count, &err));
    cr_assert_eq(count, 1, "what is not known is left out");
    cr_expect_eq(list[0].feature, 3);
    cr_expect_eq(list[0].value, 0.75);
    free(list);
    db_close(d);
}

static bool see_edges(void *user, const check_edges *e)
{
    uint32_t *seen = user;
    cr_expect_eq(e->target, 7);
    cr_expect_eq(e->count, 3);
    cr_expect_eq(e->source[2], 4000000000u);
    cr_expect_eq(e->value[1], 0.5F);
    ++*seen;
    return true;
}

Test(check, edges_come_back_and_damage_is_found)
{
    db *d = new_study();
    check c = add_check(d, add_fit(d));
    uint32_t source[3] = {1, 5, 4000000000u}, seen = 0;
    float value[3] = {0.25F, 0.5F, 0};
    check_edges row = {1, 2, "frequency", 7, 3, source, value};
    check_findings f = {.edges = &row, .edge_rows = 1};
    OK(check_store(d, c.id, &f, 1, 0, &err));
    OK(check_each_edges(d, c.id, 1, 2, "frequency", see_edges, &seen, &err));
    cr_expect_eq(seen, 1);
    OK(check_each_edges(d, c.id, 1, 2, "other", see_edges, &seen, &err));
    cr_expect_eq(seen, 1);
    tamper("UPDATE check_edge SET value = x'00'");
    FAILS(check_each_edges(d, c.id, 1, 2, "frequency", see_edges, &seen, &err), STATUS_INPUT,
          "damaged", STUDY);
    tamper("UPDATE check_edge SET value = zeroblob(12), source_feature = zeroblob(12)");
    FAILS(check_each_edges(d, c.id, 1, 2, "frequency", see_edges, &seen, &err), STATUS_INPUT,
          "damaged", "feature 7");
    cr_expect_eq(seen, 1);
    db_close(d);
}

Test(check, a_check_is_claimed_listed_cleared_and_goes_with_its_fit)
{
    db *d = new_study();
    int64_t fit_id = add_fit(d), newest = 0;
    check old = add_check(d, fit_id), c = add_check(d, fit_id);
    bool taken = false;
    FAILS(check_add(d,
                    &(check){.fit_id = 99, .kind = "null", .settings = (char *)(uintptr_t) "{}"},
                    &err),
          STATUS_INPUT, "no fit 99", STUDY);
    OK(check_newest_of_all(d, "null", &newest, &err));
    cr_expect_eq(newest, c.id, "it need not be done");
    OK(check_newest_of_all(d, "debias", &newest, &err));
    cr_expect_eq(newest, 0);
    OK(check_claim(d, c.id, "me", NULL, &taken, &err));
    cr_expect(taken);
    OK(check_claim(d, c.id, "you", NULL, &taken, &err));
    cr_expect_not(taken);
    OK(check_newest(d, fit_id, "null", &newest, &err));
    cr_expect_eq(newest, 0, "none is done");
    OK(check_set_state(d, c.id, FIT_DONE, NULL, &err));
    OK(check_set_state(d, old.id, FIT_DONE, NULL, &err));
    OK(check_newest(d, fit_id, "null", &newest, &err));
    cr_expect_eq(newest, c.id);
    check_set set;
    OK(check_list(d, fit_id, &set, &err));
    cr_assert_eq(set.count, 2);
    cr_expect_eq(set.item[0].about.id, c.id, "the newest first");
    cr_expect_str_eq(set.item[0].about.runner, "me");
    check_set_release(&set);

    check_figure figure = {0, 0, "rate", 0.5};
    check_findings f = {.figure = &figure, .figures = 1};
    OK(check_store(d, c.id, &f, 2, 0.5, &err));
    OK(check_clear(d, c.id, &err));
    cr_expect_eq(ask("SELECT count(*) FROM check_figure"), 0);
    cr_expect_eq(ask("SELECT sum(done) FROM fit_check"), 0);
    OK(check_store(d, c.id, &f, 2, 0.5, &err));
    OK(fit_delete(d, fit_id, &err));
    cr_expect_eq(ask("SELECT count(*) FROM fit_check"), 0);
    cr_expect_eq(ask("SELECT count(*) FROM check_figure"), 0);
    FAILS(check_store(d, c.id, &f, 3, 0, &err), STATUS_INPUT, "no check", STUDY);
    FAILS(check_delete(d, c.id, &err), STATUS_INPUT, "no check", STUDY);
    db_close(d);
}
