/* `synth` and `score --truth` as a script sees them. */
#include "src/base/text.h"
#include "tests/unit/scratch.h"

#include <jansson.h>
#include <math.h>

#include "tests/unit/command_fixture.h"

static char *scratch, *data, *study, *truth;

static void set_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    scratch = scratch_create();
    data = scratch_path(scratch, "data");
    study = scratch_path(scratch, "s.clw");
    truth = scratch_path(scratch, "data/truth.tsv");
}

static void tear_down(void)
{
    free(data);
    free(study);
    free(truth);
    scratch_remove(scratch);
}

TestSuite(commands_truth, .init = set_up, .fini = tear_down);

static void make(const char *kind)
{
    cr_assert_eq(
        RUN("synth", data, "--study", study, "--kind", kind, "--layers", "3", "--samples", "2000"),
        STATUS_OK, "%s", err.message);
    cr_expect_not_null(strstr(said, "edges, "), "%s", said);
    cr_assert_eq(RUN("fit", study, "--ridge", "0"), STATUS_OK, "%s", err.message);
}

/* How many lines of JSON have this key; *first is the value of the first that is a number. */
static int count_lines(const char *key, double *first)
{
    char *copy = strdup(said), *save = NULL;
    int count = 0;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_error_t why;
        json_t *object = json_loads(line, 0, &why);
        cr_assert_not_null(object, "'%s': %s", line, why.text);
        json_t *value = json_object_get(object, key);
        if (value && first && count == 0)
            *first = json_number_value(value);
        count += value ? 1 : 0;
        json_decref(object);
    }
    free(copy);
    return count;
}

Test(commands_truth, a_score_as_json)
{
    double first = 0;
    make("sae");
    cr_assert_eq(RUN("score", study, "--truth", truth, "--json", "--limit", "4"), STATUS_OK, "%s",
                 err.message);
    cr_expect_eq(count_lines("auroc", &first), 3, "two pairs, and all");
    cr_expect(first > 0.6 && first <= 1, "%g", first);
    cr_expect_eq(count_lines("true_weight", NULL), 4);
    cr_expect_eq(count_lines("strength", NULL), 4);
    cr_expect_geq(count_lines("lines", NULL), 5);
    /* kept with the fit */
    cr_assert_eq(RUN("check", study, "--list", "--json"), STATUS_OK, "%s", err.message);
    cr_expect_not_null(strstr(said, "\"kind\":\"truth\""), "%s", said);
}

Test(commands_truth, components_go_by_their_names)
{
    make("component");
    cr_assert_eq(RUN("score", study, "--truth", truth, "--spurious", "--limit", "2"), STATUS_OK,
                 "%s", err.message);
    cr_expect_not_null(strstr(said, "blocks.0/c"), "%s", said);
    cr_expect_not_null(strstr(said, "By |weight|"), "%s", said);
    cr_expect_null(strstr(said, "true_weight"), "%s", said);
}

Test(commands_truth, what_is_no_truth_leaves_nothing_behind)
{
    make("sae");
    scratch_write_text(data, "truth.tsv", "blocks.0/1\tblocks.1/x\033[31m\n");
    cr_expect_eq(RUN("score", study, "--truth", truth), STATUS_INPUT);
    cr_expect_not_null(
        strstr(err.message, "line 1: 'x\\x1b[31m' is no feature of layer 'blocks.1'"), "%s",
        err.message);
    cr_expect_eq(RUN("score", study, "--truth", "/no/such/truth"), STATUS_INPUT);
    cr_expect_eq(RUN("score", study, "--truth", truth, "--by", "size"), STATUS_USAGE);
    cr_assert_eq(RUN("check", study, "--list"), STATUS_OK, "%s", err.message);
    cr_expect_not_null(strstr(said, "no checks"), "%s", said);
}

Test(commands_truth, synth_refuses_what_makes_no_sense)
{
    cr_expect_eq(RUN("synth", data, "--kind", "head"), STATUS_USAGE);
    cr_expect_not_null(strstr(err.message, "expected sae, neuron or component"), "%s",
                       err.message);
    cr_expect_eq(RUN("synth", data, "--kind", "neuron", "--twins", "0.5"), STATUS_USAGE);
    cr_expect_not_null(strstr(err.message, "--twins"), "%s", err.message);
    scratch_write_text(scratch, "s.clw", "mine");
    cr_expect_eq(RUN("synth", data, "--kind", "sae", "--twins", "0.1", "--study", study),
                 STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "exists already"), "%s", err.message);
    cr_expect_eq(scratch_count(scratch), 1);
}
