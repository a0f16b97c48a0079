/* `target` as a script sees it. */
#include "db/target.h"
#include "src/base/text.h"
#include "tests/unit/study_fixture.h"

#include <jansson.h>

#include "tests/unit/command_fixture.h"

static char *path;

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    path = fixture_study();
    double value[FIXTURE_SAMPLES] = {0};
    db *d = NULL;
    layer_set layers;
    uint32_t *sample;
    float *active;
    uint64_t count;
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    cr_assert_eq(layer_load_feature(d, &layers.item[1], 3, &sample, &active, &count, &err),
                 STATUS_OK);
    for (uint64_t e = 0; e < count; e++)
        value[sample[e]] = sample[e] % 5 != 0;
    value[7] = 1;
    cr_assert_eq(target_add(d, "hit", TARGET_BINARY, "[\"no\", \"y\\u001b[31mes\"]", value,
                            FIXTURE_SAMPLES, &err),
                 STATUS_OK);
    free(sample);
    free(active);
    layer_set_release(&layers);
    db_close(d);
}

static void tear_down(void)
{
    fixture_remove(path);
}

TestSuite(target, .init = set_up, .fini = tear_down);

Test(target, a_path_and_the_features_at_its_end)
{
    cr_assert_eq(RUN("target", path, "hit", "--layer", "blocks.1", "--path", "6"), STATUS_OK, "%s",
                 err.message);
    cr_expect(strstr(said, "fit 1: hit (binary) on blocks.1.hook") != NULL, "%s", said);
    cr_expect(strstr(said, "lambda  of_max  features  explained") != NULL);
    cr_expect(strstr(said, "blocks.1.hook/3 ") != NULL);
    cr_expect(strstr(said, "not causal effects") != NULL);
}

Test(target, json_of_points_then_features)
{
    cr_assert_eq(RUN("target", path, "hit", "--layer", "blocks.0,blocks.1", "--path", "6", "--cv",
                     "4", "--json", "--limit", "0"),
                 STATUS_OK, "%s", err.message);
    char *save = NULL;
    int points = 0;
    int features = 0;
    bool found = false;
    for (char *line = strtok_r(said, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_t *object = json_loads(line, 0, NULL);
        cr_assert_not_null(object, "%s", line);
        if (json_object_get(object, "point")) {
            points++;
            cr_expect_lt(json_number_value(json_object_get(object, "gap")), 1e-6);
            cr_expect(json_is_real(json_object_get(object, "held_out")));
        } else {
            const char *name = json_string_value(json_object_get(object, "feature"));
            features++;
            found = found || strcmp(name, "blocks.1.hook/3") == 0;
        }
        json_decref(object);
    }
    cr_expect_eq(points, 6);
    cr_expect_gt(features, 0);
    cr_expect(found);
}

Test(target, one_sample)
{
    cr_assert_eq(RUN("target", path, "hit", "--layer", "blocks.1", "--sample", "7"), STATUS_OK,
                 "%s", err.message);
    cr_expect(strstr(said, "predictor of y\\x1b[31mes: ") != NULL, "%s", said);
    cr_expect(strstr(said, "contribution") || strstr(said, "0 of 0 weights"), "%s", said);
}

Test(target, a_list_when_nothing_is_asked)
{
    cr_assert_eq(RUN("target", path), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "hit") && strstr(said, "1 target variable, 0 fits"), "%s", said);
}

Test(target, needs_a_layer)
{
    cr_expect_eq(RUN("target", path, "hit"), STATUS_USAGE);
    cr_expect(strstr(err.message, "--layer") != NULL);
}

Test(target, no_such_variable)
{
    cr_expect_eq(RUN("target", path, "nobody", "--layer", "blocks.1"), STATUS_INPUT);
    cr_expect(strstr(err.message, "'nobody'") != NULL);
}

Test(target, no_such_point)
{
    cr_expect_eq(RUN("target", path, "hit", "--layer", "blocks.1", "--point", "20"), STATUS_USAGE);
    cr_expect(strstr(err.message, "points 0 to 19") != NULL, "%s", err.message);
}

Test(target, no_such_fit)
{
    cr_expect_eq(RUN("target", path, "--fit", "5"), STATUS_INPUT);
    cr_expect(strstr(err.message, "no fit 5 of a target variable") != NULL, "%s", err.message);
}

Test(target, paths_lead_on_to_it)
{
    cr_assert_eq(RUN("fit", path), STATUS_OK, "%s", err.message);
    cr_expect_eq(RUN("paths", path, "--to-target", "hit"), STATUS_INPUT);
    cr_expect(strstr(err.message, "no fit leads to 'hit' yet") != NULL, "%s", err.message);
    cr_assert_eq(RUN("target", path, "hit", "--layer", "blocks.1"), STATUS_OK, "%s", err.message);
    cr_assert_eq(RUN("paths", path, "--to-target", "hit", "--limit", "1"), STATUS_OK, "%s",
                 err.message);
    /* feature 3 of layer 1 follows feature 3 of layer 0 */
    cr_expect(strstr(said, "blocks.0.hook/3 ") && strstr(said, "blocks.1.hook/3 "), "%s", said);
    cr_expect(strstr(said, "to 'hit' by fit 2") && strstr(said, "1 of "), "%s", said);
    cr_expect(strstr(said, "y\\x1b[31mes") != NULL, "%s", said);
}

Test(target, paths_to_no_variable)
{
    cr_expect_eq(RUN("paths", path, "--to-target", "hit/maybe"), STATUS_INPUT);
    cr_expect(strstr(err.message, "'hit' has no class 'maybe'") != NULL, "%s", err.message);
    cr_expect_eq(RUN("paths", path, "--to-target", "hits"), STATUS_INPUT);
    cr_expect(strstr(err.message, "no target variable 'hits'") != NULL, "%s", err.message);
    cr_expect_eq(RUN("paths", path, "--to-target", "hit", "--to", "blocks.2"), STATUS_USAGE);
}

Test(target, layers_unknown_and_ambiguous)
{
    cr_expect_eq(RUN("target", path, "hit", "--layer", "resid"), STATUS_INPUT);
    cr_expect(strstr(err.message, "has no layer 'resid'") != NULL, "%s", err.message);
    cr_expect_eq(RUN("target", path, "hit", "--layer", "hook"), STATUS_INPUT);
    cr_expect(strstr(err.message, "'hook' fits 3 layers: 'blocks.0.hook', 'blocks.1.hook'") !=
                  NULL,
              "%s", err.message);
}

Test(target, pairs_of_a_joint_fit_without_targets_of_their_own)
{
    cr_assert_eq(RUN("fit", path, "--joint"), STATUS_OK, "%s", err.message);
    cr_assert_eq(RUN("fits", path, "--json"), STATUS_OK, "%s", err.message);
    cr_expect(strstr(said, "\"target\":\"blocks.2.hook\",\"lambda\"") != NULL, "%s", said);
    cr_expect(strstr(said, "\"targets\":null") && strstr(said, "\"targets\":40"), "%s", said);
}
