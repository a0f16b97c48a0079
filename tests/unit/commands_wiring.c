/* What commands say of fits that use autoencoders: asked for or not, and who speaks for an edge.
 */
#include "src/base/text.h"
#include "tests/unit/change_fixture.h"
#include "tests/unit/study_fixture.h"

#include <sys/wait.h>

#include "tests/unit/json_fixture.h"

static char *path;

/* All layers have their autoencoders. */
static void set_up(void)
{
    db *d = NULL;
    layer_set layers;
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    for (uint32_t l = 0; l < layers.count; l++)
        fixture_autoencoder(d, &layers.item[l], FIXTURE_FEATURES);
    layer_set_release(&layers);
    db_close(d);
}

static void tear_down(void)
{
    fixture_remove(path);
}

TestSuite(wiring, .init = set_up, .fini = tear_down);

/* In a process of its own: options keep what they were given. */
static void fit_with(const char *option, const char *value)
{
    int ended = 1;
    pid_t child = fork();
    if (child == 0)
        _exit((int)RUN("fit", path, option, value));
    waitpid(child, &ended, 0);
    cr_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "%s %s", option, value);
}

Test(wiring, is_used_unless_told_not_to)
{
    static const struct {
        const char *option, *value, *wiring;
        double lambda;
    } asked[] = {{"--threads", "1", "on", 0.005},
                 {"--wiring", "on", "on", 0.005},
                 {"--wiring", "off", "off", 0.005},
                 {"--lambda", "0.02", "on", 0.02},
                 {"--rule", "parents", "on", 20}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        fit_with(asked[i].option, asked[i].value);
        cr_assert_eq(RUN("fits", path, "--json"), STATUS_OK, "%s", err.message);
        json_t *all = lines();
        const json_t *newest = json_array_get(all, 0);
        const char *wiring = json_string_value(json_object_get(newest, "wiring"));
        cr_expect_str_eq(wiring, asked[i].wiring, "%s %s", asked[i].option, asked[i].value);
        cr_expect_eq(number(newest, "value"), asked[i].lambda, "%s %s", asked[i].option,
                     asked[i].value);
        json_decref(all);
    }
    cr_assert_eq(RUN("info", path), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "wired_fits   4\n"), "%s", said);
}

Test(wiring, pairs_that_have_none_are_counted)
{
    change_study(path, "PRAGMA foreign_keys = ON; DELETE FROM autoencoder WHERE layer_id = 1");
    cr_assert_eq(RUN("fit", path), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "no wiring for 1 of 2 pairs: "), "%s", said);
}

Test(wiring, where_all_pairs_have_it_there_is_nothing_to_advise)
{
    cr_assert_eq(RUN("fit", path), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "done"), "%s", said);
    cr_expect_not(strstr(said, "wiring"), "%s", said);
}

/* Four edges of the first pair, of which the wiring says something, and all of the second, where
 * it says nothing. */
static void plant(void)
{
    change_study(
        path, "DELETE FROM edge WHERE pair_id = 1;"
              "INSERT INTO edge VALUES (1, 0, 0, 0.5, 0.25, 400, 300), (1, 1, 0, 0, 0, 350, 700),"
              " (1, 2, 0, 0.25, 0.5, 300, 0), (1, 3, 0, -0.5, -0.25, 250, NULL);"
              "UPDATE edge SET wired = NULL WHERE pair_id = 2;"
              "UPDATE fit_pair SET edges = (SELECT count(*) FROM edge AS e"
              " WHERE e.pair_id = fit_pair.pair_id), wired_alone = pair_id = 1");
}

Test(wiring, edges_say_what_it_says)
{
    fit_with("--threads", "1");
    plant();
    cr_assert_eq(RUN("edges", path, "--limit", "4"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "with wiring"), "%s", said);
    cr_expect(strstr(said, "removal     wired   weight  standardised"), "%s", said);
    cr_expect(strstr(said, "hook/0  400.0000  300.0000   0.5000        0.2500 "), "%s", said);
    cr_expect(strstr(said, "hook/1  350.0000  700.0000                        "), "%s", said);
    cr_expect(strstr(said, "hook/3  250.0000            -0.5000       -0.2500 "), "%s", said);
    cr_assert_eq(RUN("fits", path, "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_expect_eq(number(json_array_get(all, 0), "wired_alone"), 1);
    cr_expect_eq(number(json_array_get(all, 0), "edges"), 4);
    cr_expect_eq(number(json_array_get(all, 1), "wired_alone"), 0);
    json_decref(all);

    cr_assert_eq(RUN("edges", path, "--limit", "40", "--json"), STATUS_OK, "%s", err.message);
    all = lines();
    static const double says[][3] = {
        {400, 0.5, 300}, {350, 0, 700}, {300, 0.25, 0}, {250, -0.5, (double)NAN}};
    cr_assert_gt(json_array_size(all), 4);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i), *wired = json_object_get(row, "wired");
        cr_assert_not_null(wired);
        cr_expect_eq(json_is_null(wired), i >= 3);
        if (i >= 4)
            continue;
        cr_expect_eq(number(row, "removal"), says[i][0]);
        cr_expect_eq(number(row, "weight"), says[i][1]);
        cr_expect(i == 3 || json_number_value(wired) == says[i][2]);
    }
    json_decref(all);
}

Test(wiring, edges_at_another_lambda_are_the_regressions)
{
    fit_with("--threads", "1");
    plant();
    cr_assert_eq(RUN("edges", path, "--to", "1/5", "--at", "0.01"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "by the regression alone"), "%s", said);
    cr_expect_not(strstr(said, "wired"), "%s", said);
}

Test(wiring, a_fit_without_it_says_nothing_of_it)
{
    fit_with("--wiring", "off");
    cr_assert_eq(RUN("edges", path), STATUS_OK, "%s", err.message);
    cr_expect_not(strstr(said, "wir"), "%s", said);
    cr_assert_eq(RUN("edges", path, "--limit", "1", "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_expect(json_is_null(json_object_get(json_array_get(all, 0), "wired")));
    json_decref(all);
}
