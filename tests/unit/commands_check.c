/* `check`, and the commands that keep to what checks stand by, as a script sees them: each run is
 * a process of its own, as options keep what they were given. */
#include "src/base/text.h"
#include "src/commands/command.h"
#include "src/jobs/fit.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <sys/wait.h>

static char *path;
static char said[1 << 20];

static void set_up(void)
{
    error err = {0};
    db *d = NULL;
    layer_set layers;
    int64_t id = 0;
    fit_progress last;
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_request request = {.settings = lasso_defaults()};
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
    fit_run_options how = {.threads = 1};
    cr_assert_eq(fit_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
}

static void tear_down(void)
{
    fixture_remove(path);
}

TestSuite(check, .init = set_up, .fini = tear_down);

/* What it prints on both outputs, the error's sentence included, is in `said`. */
static int run(int count, const char **words)
{
    char *argv[24] = {0};
    for (int i = 0; i < count; i++)
        argv[i] = (char *)(uintptr_t)words[i];
    FILE *file = tmpfile();
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        error err = {0};
        dup2(fileno(file), STDOUT_FILENO);
        dup2(fileno(file), STDERR_FILENO);
        status code = command_run(command_find(words[0]), count, argv, &err);
        printf("%s", err.message);
        fflush(NULL);
        _exit((int)code);
    }
    int ended = 0;
    waitpid(child, &ended, 0);
    rewind(file);
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    cr_assert(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

#define RUN(...)                                                                                  \
    run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *)),                      \
        (const char *[]){__VA_ARGS__})

/* The number in the line of JSON that has this figure of the whole circuit. */
static double figure(const char *name)
{
    double value = -1;
    char *copy = strdup(said), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        json_t *o = json_loads(line, 0, NULL);
        cr_assert_not_null(o, "no JSON: %s", line);
        const char *figure = json_string_value(json_object_get(o, "figure"));
        if (figure && strcmp(figure, name) == 0 && json_is_null(json_object_get(o, "source")))
            value = json_number_value(json_object_get(o, "value"));
        json_decref(o);
    }
    free(copy);
    return value;
}

Test(check, what_was_found_is_printed_listed_shown_and_deleted)
{
    cr_assert_eq(RUN("check", path, "held-out", "--json"), 0, "%s", said);
    cr_expect_eq(figure("targets"), 2 * FIXTURE_FEATURES - 1);
    cr_expect_gt(figure("outside"), 0.4);
    cr_assert_eq(RUN("check", path, "--show", "1"), 0);
    cr_expect(strstr(said, "documents that a refit had not seen"), "%s", said);
    cr_assert_eq(RUN("check", path, "--list"), 0);
    cr_expect(strstr(said, "held-out") && strstr(said, "done"), "%s", said);
    cr_assert_eq(RUN("check", path, "--resume", "1"), 0, "done already: shown again");
    cr_assert_eq(RUN("check", path, "--delete", "1"), 0, "%s", said);
    cr_assert_eq(RUN("check", path, "--show", "1"), 3);
    cr_expect(strstr(said, "no check 1"), "%s", said);
}

Test(check, what_cannot_be_done_is_said)
{
    cr_assert_eq(RUN("check", path, "nonsense"), 2);
    cr_expect(strstr(said, "nonsense") && strstr(said, "held-out"), "%s", said);
    cr_assert_eq(RUN("check", path, "held-out", "--folds", "1"), 2);
    cr_assert_eq(RUN("check", path, "stability", "--cut", "0.3"), 2);
    cr_assert_eq(RUN("check", path, "null", "--fit", "9"), 3);
    cr_expect(strstr(said, "no fit 9"), "%s", said);
    cr_assert_eq(RUN("edges", path, "--stable", "0.8"), 3);
    cr_expect(strstr(said, "check 'stability'"), "%s", said);
    cr_assert_eq(RUN("paths", path, "--fdr", "0.05"), 3);
    cr_expect(strstr(said, "check 'null'"), "%s", said);
}

static uint32_t lines(void)
{
    uint32_t count = 0;
    for (const char *at = said; *at; at++)
        count += *at == '\n';
    return count;
}

Test(check, edges_and_paths_keep_to_what_it_stands_by)
{
    cr_assert_eq(RUN("check", path, "stability", "null", "--rounds", "8", "--json"), 0, "%s",
                 said);
    double stable = figure("stable");
    cr_assert_eq(RUN("edges", path, "--limit", "0", "--json"), 0);
    uint32_t all = lines();
    cr_assert_eq(RUN("edges", path, "--limit", "0", "--json", "--stable", "0.8"), 0, "%s", said);
    cr_expect_eq(lines(), stable);
    cr_expect_lt(lines(), all);
    cr_assert_eq(RUN("edges", path, "--limit", "0", "--json", "--fdr", "0.01"), 0, "%s", said);
    cr_expect_lt(lines(), all);
    cr_expect_gt(lines(), FIXTURE_FEATURES);
    cr_assert_eq(RUN("paths", path, "--fdr", "0.01", "--stable", "1"), 0, "%s", said);
    cr_expect(strstr(said, "paths, strongest first"), "%s", said);
}
