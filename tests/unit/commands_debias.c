/* `debias` as a script sees it. */
#include "db/note.h"
#include "src/base/text.h"
#include "tests/unit/debias_fixture.h"

#include <jansson.h>

#include "tests/unit/command_fixture.h"

static char *path;

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    path = biased_study();
}

static void tear_down(void)
{
    fixture_remove(path);
}

TestSuite(debias_command, .init = set_up, .fini = tear_down);

Test(debias_command, tagged_features_are_the_spurious_ones)
{
    db *d = NULL;
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK);
    for (uint32_t k = BIASED_FAINT; k < BIASED_LOUD; k++)
        cr_assert_eq(note_set_tags(d, 1, k, "seen spurious", &err), STATUS_OK);
    cr_assert_eq(note_set_tags(d, 1, 0, "not-spurious", &err), STATUS_OK);
    db_close(d);
    cr_assert_eq(RUN("debias", path, "job", "--attribute", "gender", "--layer", "only",
                     "--retrain", "--json"),
                 STATUS_OK, "%s", err.message);
    static const char *const rows[] = {"before", "zeroed", "averaged", "retrained", "oracle"};
    char *save = NULL;
    double worst[5] = {0};
    int at = 0;
    for (char *line = strtok_r(said, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save), at++) {
        json_t *object = json_loads(line, 0, NULL);
        cr_assert(object && at < 5, "%s", line);
        cr_expect_str_eq(json_string_value(json_object_get(object, "classifier")), rows[at]);
        worst[at] = json_number_value(json_object_get(object, "worst_group"));
        json_decref(object);
    }
    cr_assert_eq(at, 5);
    cr_expect_gt(worst[3], worst[0] + 0.3);
    cr_expect_gt(worst[3], worst[4] - 0.08);
}

Test(debias_command, a_file_of_features)
{
    char list[128];
    snprintf(list, sizeof list, "%s.txt", path);
    FILE *out = fopen(list, "w");
    fputs("# what gives gender away\nonly/5\n\nonly/6 says he\n0/7\t# a layer's number will do\n",
          out);
    fclose(out);
    cr_expect_eq(
        RUN("debias", path, "job", "--attribute", "gender", "--layer", "only", "--features", list),
        STATUS_OK, "%s", err.message);
    unlink(list);
    cr_expect(strstr(said, "3 of 3 spurious features have a weight") != NULL, "%s", said);
    cr_expect(strstr(said, "job nurse, gender m") || strstr(said, "job professor, gender f"), "%s",
              said);
    cr_expect(strstr(said, "retrained") == NULL, "it was not asked for");
    cr_expect(strstr(said, "100 % of the training samples") != NULL);
}

Test(debias_command, a_bad_file)
{
    char list[128];
    snprintf(list, sizeof list, "%s.txt", path);
    FILE *out = fopen(list, "w");
    fputs("only/5\nonly\n", out);
    fclose(out);
    cr_expect_eq(
        RUN("debias", path, "job", "--attribute", "gender", "--layer", "only", "--features", list),
        STATUS_INPUT);
    unlink(list);
    cr_expect(strstr(err.message, "line 2: 'only' is a layer, expected LAYER/INDEX") != NULL, "%s",
              err.message);
}

Test(debias_command, nothing_tagged)
{
    cr_assert_eq(RUN("debias", path, "job", "--attribute", "gender", "--layer", "only"), STATUS_OK,
                 "%s", err.message);
    cr_expect(strstr(said, "no feature was named spurious") &&
                  strstr(said, "--fit 1 ranks the features"),
              "%s", said);
}

Test(debias_command, wrong_words)
{
    cr_expect_eq(RUN("debias", path, "job", "--layer", "only"), STATUS_USAGE);
    cr_expect(strstr(err.message, "--attribute") != NULL);
    cr_expect_eq(RUN("debias", path, "nobody", "--attribute", "gender", "--layer", "only"),
                 STATUS_INPUT);
    cr_expect(strstr(err.message, "no target variable 'nobody'") != NULL, "%s", err.message);
    cr_expect_eq(RUN("debias", path, "number", "--attribute", "gender"), STATUS_INPUT);
    cr_expect(strstr(err.message, "'number' is a number") != NULL, "%s", err.message);
    cr_expect_eq(RUN("debias", path, "--attribute", "gender"), STATUS_USAGE);
}
