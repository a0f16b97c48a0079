/* True circuits in their forms, and files that are none. */
#include "src/formats/truth.h"

#include "tests/unit/scratch.h"

static char *where, *path, heard[1024];
static error err;

static void set_up(void)
{
    where = scratch_create();
    path = scratch_path(where, "t");
}

static void tear_down(void)
{
    free(path);
    scratch_remove(where);
}

TestSuite(truth, .init = set_up, .fini = tear_down);

static status hear(void *user, const truth_line *line, error *e)
{
    size_t length = strlen(heard);
    if (strcmp(line->source, "bad") == 0)
        return error_set(e, STATUS_INPUT, "no such thing");
    snprintf(heard + length, sizeof heard - length, "%s>%s %g%s%s;", line->source, line->target,
             line->weight, *line->kind ? " " : "", line->kind);
    ++*(int *)user;
    return STATUS_OK;
}

static status read_text(const char *text)
{
    int count = 0;
    heard[0] = '\0';
    err = (error){0};
    scratch_write_text(where, "t", text);
    return truth_each(path, hear, &count, &err);
}

Test(truth, tables)
{
    cr_assert_eq(read_text("source\ttarget\tweight\tkind\n"
                           "# a note\n\n"
                           "a/1\tb/2\t-0.5\tmerges\r\n"
                           "a/2\tb/3\t0\ttwin\n"),
                 STATUS_OK, "%s", err.message);
    cr_expect_str_eq(heard, "a/1>b/2 -0.5 merges;a/2>b/3 0 twin;");
    cr_assert_eq(read_text("a/1\tb/2\nsource\ttarget"), STATUS_OK, "%s", err.message);
    cr_expect_str_eq(heard, "a/1>b/2 1;source>target 1;");
}

Test(truth, json)
{
    const char *said = "a/1>b/2 -0.5 merges;a/2>b/3 1;";
    cr_assert_eq(
        read_text("{\"source\": \"a/1\", \"target\": \"b/2\", \"weight\": -0.5, \"kind\": "
                  "\"merges\"}\n{\"source\": \"a/2\", \"target\": \"b/3\", \"note\": 1}\n"),
        STATUS_OK, "%s", err.message);
    cr_expect_str_eq(heard, said);
    cr_assert_eq(
        read_text("\n [{\"source\": \"a/1\", \"target\": \"b/2\", \"weight\": -0.5,\n \"kind\": "
                  "\"merges\"}, {\"source\": \"a/2\", \"target\": \"b/3\"}]"),
        STATUS_OK, "%s", err.message);
    cr_expect_str_eq(heard, said);
    cr_assert_eq(
        read_text("{\"edges\": [{\"source\": \"a/1\", \"target\": \"b/2\", \"weight\": -0.5, "
                  "\"kind\": \"merges\"}, {\"source\": \"a/2\", \"target\": \"b/3\"}]}"),
        STATUS_OK, "%s", err.message);
    cr_expect_str_eq(heard, said);
}

Test(truth, files_that_are_none)
{
    static const struct {
        const char *text, *says;
    } bad[] = {{"", "no edge in it"},
               {"\n\n# nothing\n", "no edge in it"},
               {"source\ttarget\n", "no edge in it"},
               {"[]", "no edge in it"},
               {"just text\n", "line 1: expected a source"},
               {"a/1\tb/2\t1\tk\tmore\n", "line 1: expected"},
               {"a/1\tb/2\n\na/1\tb/3\tx\n", "line 3: weight 'x', expected a finite number"},
               {"a/1\tb/2\tnan\n", "line 1: weight 'nan'"},
               {"a/1\tb/2\t1e999\n", "line 1: weight"},
               {"\tb/2\n", "line 1: an edge without a source"},
               {"a/1\t\t2\n", "line 1: an edge without a source or a target"},
               {"a/1\tb/2\nbad\tb/3\n", "line 2: no such thing"},
               {"a/1\t\xff\n", "UTF-8"},
               {"{\"source\": \"a\"}", "edge 1: expected an object"},
               {"{\"source\": \"a\", \"target\": 3}", "edge 1: expected an object"},
               {"[{\"source\": \"a\", \"target\": \"b\"}, 7]", "edge 2: expected an object"},
               {"[{\"source\": \"a\", \"target\": \"b\", \"weight\": \"1\"}]",
                "'weight' is not a number"},
               {"[{\"source\": \"a\", \"target\": \"b\", \"kind\": 1}]", "'kind' is not text"},
               {"[{\"source\": \"bad\", \"target\": \"b\"}]", "edge 1: no such thing"},
               {"[{\"source\": \"a\", \"target\": \"b\"}", "not JSON"},
               {"{\"source\": \"a\", \"source\": \"a\", \"target\": \"b\"}", "not JSON"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(read_text(bad[i].text), STATUS_INPUT, "%s", bad[i].text);
        cr_expect_not_null(strstr(err.message, bad[i].says), "'%s': %s", bad[i].says, err.message);
    }
    int count = 0;
    cr_expect_eq(truth_each("/no/such/file", hear, &count, &err), STATUS_INPUT);
    cr_expect_eq(truth_each(where, hear, &count, &err), STATUS_INPUT);
}
