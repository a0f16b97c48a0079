/* The command line as a script sees it: exit statuses, JSON that parses, nothing that could act on
 * a terminal. */
#include "db/autoencoder.h"
#include "src/base/text.h"
#include "tests/unit/study_fixture.h"

#include <sys/wait.h>

#include "tests/unit/json_fixture.h"

static char *path;

static void no_keys(FILE *out, key_form form)
{
    fprintf(out, "keys %d\n", (int)form);
}

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    path = fixture_study();
    command_the_screen.print_keys = no_keys;
}

static void tear_down(void)
{
    fixture_remove(path);
}

TestSuite(line, .init = set_up, .fini = tear_down);

Test(line, layers_as_json)
{
    cr_assert_eq(RUN("layers", path, "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_assert_eq(json_array_size(all), FIXTURE_LAYERS);
    for (size_t l = 0; l < FIXTURE_LAYERS; l++) {
        const json_t *row = json_array_get(all, l);
        cr_expect_eq(number(row, "position"), (double)l);
        cr_expect_eq(number(row, "features"), FIXTURE_FEATURES);
        cr_expect_eq(number(row, "samples"), FIXTURE_SAMPLES);
        cr_expect_eq(number(row, "labelled"), 1);
    }
    json_decref(all);
}

/* The second layer gets one; what stands in it does not matter here. */
Test(line, who_has_an_autoencoder_is_said)
{
    db *d = NULL;
    layer_set layers;
    autoencoder a = {.width = 3, .decoder_bias = (float[]){1, 2, 3}};
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(autoencoder_add(d, layers.item[1].id, &a, "w", &err), STATUS_OK);
    layer_set_release(&layers);
    db_close(d);
    cr_assert_eq(RUN("info", path), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "autoencoders 1\n"), "%s", said);
    cr_assert_eq(RUN("info", path, "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_expect_eq(number(json_array_get(all, 0), "autoencoders"), 1);
    json_decref(all);
    cr_assert_eq(RUN("layers", path, "--json"), STATUS_OK, "%s", err.message);
    all = lines();
    cr_expect_eq(number(json_array_get(all, 0), "autoencoder"), 0, "none");
    cr_expect_eq(number(json_array_get(all, 1), "autoencoder"), 3, "its width");
    json_decref(all);
}

Test(line, a_hostile_label_stays_whole_in_json_and_harmless_everywhere)
{
    cr_assert_eq(RUN("features", path, "1/3", "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_assert_eq(json_array_size(all), 1);
    cr_expect_str_eq(json_string_value(json_object_get(json_array_get(all, 0), "label")),
                     "a label \x1b[31m with an escape");
    json_decref(all);
}

Test(line, a_hostile_label_is_shown_as_an_escape)
{
    cr_assert_eq(RUN("features", path, "1/3"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "a label \\x1b[31m with an escape"), "%s", said);
}

Test(line, search_finds_by_the_beginning_of_words)
{
    cr_assert_eq(RUN("features", path, "--search", "esc lab", "--json"), STATUS_OK);
    json_t *all = lines();
    cr_expect_eq(json_array_size(all), FIXTURE_LAYERS);
    json_decref(all);
}

Test(line, a_fit_and_its_edges)
{
    cr_assert_eq(RUN("fit", path, "--lambda", "0.02", "--memory", "64M", "--json"), STATUS_OK,
                 "%s", err.message);
    json_t *fit = lines();
    double edges = number(json_array_get(fit, 0), "edges");
    cr_expect_gt(edges, 2 * FIXTURE_FEATURES - 2, "every target has a parent");
    cr_expect_leq(number(json_array_get(fit, 0), "worst_gap"), 1e-6);
    json_decref(fit);

    cr_assert_eq(RUN("edges", path, "--limit", "0", "--json"), STATUS_OK, "%s", err.message);
    json_t *all = lines();
    cr_expect_eq((double)json_array_size(all), edges);
    double before = INFINITY;
    for (size_t i = 0; i < json_array_size(all); i++) {
        double removal = fabs(number(json_array_get(all, i), "removal"));
        cr_assert_leq(removal, before);
        before = removal;
    }
    json_decref(all);

    cr_assert_eq(RUN("edges", path, "--to", "2/9", "--json"), STATUS_OK, "%s", err.message);
    all = lines();
    cr_expect_gt(json_array_size(all), 0);
    for (size_t i = 0; i < json_array_size(all); i++)
        cr_expect_str_eq(json_string_value(json_object_get(json_array_get(all, i), "target")),
                         "blocks.2.hook/9");
    json_decref(all);
}

/* Only of a fit that could do better: with wiring asked for and without ridge. */
Test(line, a_fit_without_autoencoders_says_what_predicts_removals_better)
{
    static const struct {
        const char *option, *value;
        bool advised;
    } asked[] = {{"--lambda", "0.02", true}, {"--ridge", "0", true},     {"--wiring", "on", true},
                 {"--ridge", "0.25", false}, {"--wiring", "off", false}, {"--joint", NULL, false},
                 {"--json", NULL, false},    {"--resume", "1", false}};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        pid_t child = fork(); /* options keep what they were given */
        if (child == 0) {
            const char *words[] = {"fit", path, asked[i].option, asked[i].value};
            status code = run(asked[i].value ? 4 : 3, words);
            const char *advice = strstr(said, "\nno wiring: ");
            bool right = asked[i].advised ? advice && strstr(advice, "--ridge 0.25") : !advice;
            _exit(code == STATUS_OK && strstr(said, "done") && right ? 0 : 1);
        }
        int ended = 1;
        waitpid(child, &ended, 0);
        cr_expect(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "%s %s", asked[i].option,
                  asked[i].value ? asked[i].value : "");
    }
}

Test(line, resuming_a_finished_fit_is_no_work)
{
    cr_assert_eq(RUN("fit", path), STATUS_OK, "%s", err.message);
    cr_assert_eq(RUN("fit", path, "--resume", "1"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "fit 1 done"), "%s", said);
}

Test(line, mistakes_are_told_apart)
{
    cr_expect_eq(RUN("layers"), STATUS_USAGE);
    cr_expect(strstr(err.message, "STUDY"), "%s", err.message);
    cr_expect_eq(RUN("layers", path, "--bogus"), STATUS_USAGE);
    cr_expect(strstr(err.message, "--bogus"), "%s", err.message);
    cr_expect_eq(RUN("layers", "/nowhere/at/all.clw"), STATUS_INPUT);
    cr_expect(strstr(err.message, "/nowhere/at/all.clw"), "%s", err.message);
    cr_expect_eq(RUN("features", path, "nosuch"), STATUS_INPUT);
    cr_expect(strstr(err.message, "nosuch"), "%s", err.message);
    cr_expect_eq(RUN("features", path, "1/4000"), STATUS_INPUT);
    cr_expect(strstr(err.message, "4000"), "%s", err.message);
    cr_expect_eq(RUN("edges", path), STATUS_INPUT, "there is no fit yet");
    cr_expect_eq(RUN("fit", path, "--memory", "12X"), STATUS_USAGE);
    cr_expect_eq(RUN("fit", path, "--lambda", "1e999"), STATUS_USAGE);
    cr_expect_eq(RUN("fit", path, "--threads", "-1"), STATUS_USAGE);
    cr_expect_eq(RUN("help", "nosuch"), STATUS_USAGE);
}

/* Of settings that make no sense each is refused before a fit is stored, those that only look odd
 * are done. */
Test(line, odd_settings_of_a_fit)
{
    static const char *const wrong[][2] = {
        {"--lambda", "nan"},   {"--lambda", "-0.1"}, {"--lambda", "1"},     {"--lambda", "inf"},
        {"--ridge", "-1"},     {"--ridge", "nan"},   {"--tolerance", "0"},  {"--tolerance", "nan"},
        {"--memory", "100K"},  {"--rule", "some"},   {"--scale", "double"}, {"--threads", "two"},
        {"--wiring", "maybe"}, {"--lambda", "0"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        pid_t child = fork(); /* options keep what they were given */
        if (child == 0) {
            status code = RUN("fit", path, wrong[i][0], wrong[i][1]);
            _exit(code == STATUS_USAGE && err.message[0] ? 0 : 1);
        }
        int ended = 1;
        waitpid(child, &ended, 0);
        cr_expect(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "%s %s", wrong[i][0], wrong[i][1]);
    }
    cr_assert_eq(RUN("fits", path, "--json"), STATUS_OK);
    cr_expect_str_eq(said, "");
}

Test(line, a_lambda_above_all_leaves_no_edge)
{
    cr_assert_eq(
        RUN("fit", path, "--rule", "absolute", "--lambda", "1e9", "--threads", "40", "--json"),
        STATUS_OK, "%s", err.message);
    json_t *fit = lines();
    cr_expect_eq(number(json_array_get(fit, 0), "edges"), 0);
    cr_expect_eq(number(json_array_get(fit, 0), "unconverged"), 0);
    json_decref(fit);
}

Test(line, layers_in_the_wrong_order_are_refused)
{
    cr_expect_eq(RUN("fit", path, "--layers", "2,1"), STATUS_USAGE);
    cr_expect(strstr(err.message, "blocks.2.hook"), "%s", err.message);
}

Test(line, every_command_explains_itself_and_is_in_the_manual)
{
#define EXPLAINED(which)                                                                          \
    cr_assert_eq(RUN(#which, "--help"), STATUS_OK);                                               \
    cr_expect(strstr(said, "circuitlasso " #which), "%s", said);                                  \
    for (const command_option *o = command_##which.options; o->name; o++)                         \
        cr_expect(strstr(said, o->name), "%s: --%s", #which, o->name);
    COMMAND_LIST(EXPLAINED)
#undef EXPLAINED
    cr_assert_eq(RUN("help", "--man"), STATUS_OK);
#define IN_MANUAL(which) cr_expect(strstr(said, "\n.SS " #which), "%s", #which);
    COMMAND_LIST(IN_MANUAL)
#undef IN_MANUAL
}
