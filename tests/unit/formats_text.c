/* Line files: documents, labels, and the lines and table fields below them. */
#include "src/formats/documents.h"
#include "src/formats/labels.h"
#include "src/formats/lines.h"
#include "src/formats/table_line.h"
#include "tests/unit/folder_fixture.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <zlib.h>

TestSuite(formats_text, .init = set_up, .fini = tear_down);

static void write_gzip(const char *name, const char *bytes, size_t n)
{
    char *path = scratch_path(scratch, name);
    gzFile file = gzopen(path, "wb9");
    cr_assert_not_null(file);
    cr_assert_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    cr_assert_eq(gzclose(file), Z_OK);
    free(path);
}

/* All lines of a file, joined with `|`. */
static status join_lines(const char *file, char out[256], error *err)
{
    lines *l;
    status code = lines_open(&l, &here, file, err);
    for (*out = '\0'; code == STATUS_OK;) {
        char *text;
        size_t length;
        code = lines_next(l, &text, &length, err);
        if (code != STATUS_OK || !text)
            break;
        cr_expect_eq(strlen(text), length);
        strncat(strcat(out, text), "|", 2);
    }
    lines_close(l);
    return code;
}

Test(formats_text, lines_end_in_any_way)
{
    static const struct {
        const char *text, *lines;
    } cases[] = {{"", ""},
                 {"\n", "|"},
                 {"a\nb", "a|b|"},
                 {"a\r\n\r\nb\n", "a||b|"},
                 {"\xef\xbb\xbf"
                  "a\n\xef\xbb\xbf\n",
                  "a|\xef\xbb\xbf|"},
                 {"\xe2\x82\xac \xf0\x9f\x98\x80\n", "\xe2\x82\xac \xf0\x9f\x98\x80|"}};
    char out[256];
    error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        scratch_write_text(scratch, "t", cases[i].text);
        cr_expect_eq(join_lines("t", out, &err), STATUS_OK, "%s", err.message);
        cr_expect_str_eq(out, cases[i].lines);
        write_gzip("t.gz", cases[i].text, strlen(cases[i].text));
        cr_expect_eq(join_lines("t.gz", out, &err), STATUS_OK, "%s", err.message);
        cr_expect_str_eq(out, cases[i].lines);
    }
}

Test(formats_text, lines_that_are_no_text)
{
    static const struct {
        const char *text;
        size_t bytes;
        const char *message;
    } cases[] = {{"a\nb\xff\n", 5, "'t': line 2: byte 2 (0xff) is not UTF-8 text"},
                 {"a\0b\n", 4, "'t': line 1: byte 2 (0x00) is not UTF-8 text"},
                 {"\xed\xa0\x80", 3, "line 1: byte 1 (0xed) is not UTF-8"},
                 {"\xc0\xaf", 2, "line 1: byte 1 (0xc0) is not UTF-8"},
                 {"abc \xe2\x82", 6, "line 1: byte 5 (0xe2) is not UTF-8"}};
    char out[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error err = {0};
        scratch_write(scratch, "t", cases[i].text, cases[i].bytes);
        cr_expect_eq(join_lines("t", out, &err), STATUS_INPUT);
        expect_message(&err, cases[i].message);
    }
}

Test(formats_text, damaged_and_bombing_gzip_is_refused)
{
    enum { BOMB = 64 << 20 };
    char out[256];
    error err = {0};
    write_gzip("cut.gz", "some lines\nof text\n", 19);
    char *path = scratch_path(scratch, "cut.gz");
    cr_assert_eq(truncate(path, 20), 0);
    cr_expect_eq(join_lines("cut.gz", out, &err), STATUS_INPUT);
    expect_message(&err, "'cut.gz': damaged gzip data");
    free(path);

    char *zeros = malloc(BOMB);
    memset(zeros, '\n', BOMB);
    write_gzip("bomb.gz", zeros, BOMB);
    lines *l;
    cr_assert_eq(lines_open(&l, &here, "bomb.gz", &err), STATUS_OK);
    status code;
    char *text;
    size_t length;
    do
        code = lines_next(l, &text, &length, &err);
    while (code == STATUS_OK && text);
    cr_expect_eq(code, STATUS_INPUT);
    expect_message(&err, "'bomb.gz': unpacks to more than 1000 times its size");
    lines_close(l);

    memset(zeros, 'x', BOMB);
    scratch_write(scratch, "long", zeros, 17 << 20);
    cr_expect_eq(join_lines("long", out, &err), STATUS_INPUT);
    expect_message(&err, "'long': line 1: longer than the 16777216 bytes");
    free(zeros);
}

Test(formats_text, table_fields)
{
    char tabs[] = "1\ta, \"b\"\t", commas[] = "2,\"a, \"\"b\"\"\",", open[] = "3,\"a, b";
    char *field[3];
    cr_assert_eq(table_line_split(tabs, '\t', field, 3), 3);
    cr_expect_str_eq(field[1], "a, \"b\"");
    cr_expect_str_eq(field[2], "");
    cr_assert_eq(table_line_split(commas, ',', field, 2), 3);
    cr_expect_str_eq(field[1], "a, \"b\"");
    cr_assert_eq(table_line_split(open, ',', field, 3), 2);
    cr_expect_str_eq(field[1], "a, b");

    uint64_t number;
    cr_expect(table_line_number("18446744073709551615", &number) && number == UINT64_MAX);
    cr_expect_not(table_line_number("18446744073709551616", &number));
    cr_expect_not(table_line_number("", &number) || table_line_number("-1", &number) ||
                  table_line_number("1.0", &number) || table_line_number("1 ", &number));
    double real;
    cr_expect(table_line_real("-0.5e-3", &real) && fabs(real + 0.0005) < 1e-18);
    cr_expect_not(table_line_real("", &real) || table_line_real(" 1", &real) ||
                  table_line_real("1x", &real) || table_line_real("inf", &real) ||
                  table_line_real("nan", &real) || table_line_real("1e999", &real));
}

/* The documents of a file, each as `name/text/tokens/count|`. */
static status join_documents(const char *text, bool plain, bool need_tokens, char out[256],
                             error *err)
{
    documents *d;
    scratch_write_text(scratch, "d", text);
    status code = documents_open(&d, &here, "d", plain, err);
    size_t used = 0;
    for (*out = '\0'; code == STATUS_OK;) {
        document_line line;
        bool more;
        code = documents_next(d, need_tokens, &line, &more, err);
        if (code != STATUS_OK || !more)
            break;
        used +=
            (size_t)snprintf(out + used, 256 - used, "%s/%s/%s/%u%s|", line.name ? line.name : "-",
                             line.text ? line.text : "-", line.tokens ? line.tokens : "-",
                             line.token_count, line.held_out ? " held out" : "");
    }
    documents_close(d);
    return code;
}

Test(formats_text, documents_of_every_form)
{
    char out[256];
    error err = {0};
    cr_expect_eq(join_documents("{\"id\": \"a\", \"tokens\": [\" x\", \"y\"], \"more\": {}}\n\n"
                                "{\"id\": 7, \"text\": \"t\", \"tokens\": []}\n",
                                false, true, out, &err),
                 STATUS_OK, "%s", err.message);
    cr_expect_str_eq(out, "a/-/[\" x\",\"y\"]/2|7/t/[]/0|");
    cr_expect_eq(join_documents("{\"text\": \"t\"}", false, false, out, &err), STATUS_OK);
    cr_expect_str_eq(out, "-/t/-/0|");
    cr_expect_eq(join_documents("{\"text\": \"a\", \"split\": \"held out\"}\n"
                                "{\"text\": \"b\", \"split\": \"train\"}\n"
                                "{\"text\": \"c\", \"split\": null}\n",
                                false, false, out, &err),
                 STATUS_OK);
    cr_expect_str_eq(out, "-/a/-/0 held out|-/b/-/0|-/c/-/0|");
    cr_expect_eq(join_documents("one\n\n{three}\n", true, false, out, &err), STATUS_OK);
    cr_expect_str_eq(out, "-/one/-/0|-//-/0|-/{three}/-/0|");
}

Test(formats_text, bad_documents_are_named_with_their_line)
{
    static const struct {
        const char *text;
        bool need_tokens;
        const char *message;
    } cases[] = {
        {"{\"tokens\": [\"a\"]}\n[1]\n", false, "'d': line 2: expected a JSON object"},
        {"{\"tokens\": [\"a\"]}\n{\"tok", false, "'d': line 2: column "},
        {"{\"id\": 1}\n", false, "line 1: neither 'text' nor 'tokens'"},
        {"{\"text\": \"a\"}\n", true, "line 1: a document without 'tokens'"},
        {"{\"tokens\": [1]}\n", false, "line 1: token 0 is not a string"},
        {"{\"tokens\": \"a\"}\n", false, "line 1: 'tokens' is not an array"},
        {"{\"text\": \"a\", \"split\": \"test\"}\n", false,
         "line 1: 'split' is neither \"train\" nor \"held out\""},
        {"{\"text\": 1.5}\n", false, "line 1: 'text' is neither text nor a whole number"},
        {"{\"text\": \"a\", \"text\": \"b\"}\n", false, "duplicate object key"},
        {"{\"text\": \"\\u0000\"}\n", false, "line 1: column "},
        {"{\"text\": \"\xff\"}\n", false, "line 1: byte 11 (0xff) is not UTF-8"},
    };
    char out[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error err = {0};
        cr_expect_eq(join_documents(cases[i].text, false, cases[i].need_tokens, out, &err),
                     STATUS_INPUT);
        expect_message(&err, cases[i].message);
    }
}

/* The labels of a file for a layer `resid_3` of 10 features, each as `feature:text:source|`. */
static status join_labels(const char *text, char out[256], error *err)
{
    labels *l;
    scratch_write_text(scratch, "l.tsv", text);
    status code = labels_open(&l, &here, "l.tsv", "resid_3", 10, err);
    size_t used = 0;
    for (*out = '\0'; code == STATUS_OK;) {
        label found;
        bool more;
        code = labels_next(l, &found, &more, err);
        if (code != STATUS_OK || !more)
            break;
        used += (size_t)snprintf(out + used, 256 - used, "%u:%s:%s|", found.feature, found.text,
                                 found.source);
    }
    labels_close(l);
    return code;
}

Test(formats_text, labels_of_every_form)
{
    static const struct {
        const char *text, *labels;
    } cases[] = {
        {"", ""},
        {"{\"index\": \"3\", \"description\": \"a\", \"typeName\": \"t\", "
         "\"explanationModelName\": \"m\"}\n"
         "{\"index\": 4, \"description\": \"b\", \"explanationModelName\": null}\n"
         "{\"index\": \"5\", \"description\": null}\n",
         "3:a:t, m|4:b:l.tsv|"},
        {"{\"Name\": \"resid_3/7\", \"Annotation\": \"a\"}\n"
         "{\"Name\": \"Name\", \"Annotation\": \"Annotation\"}\n"
         "{\"Name\": \"mlp_0/99999\", \"Annotation\": \"b\"}\n",
         "7:a:l.tsv|"},
        {"index\tlabel\n1\ta, b\textra\n\n2\t\n3\tc\n", "1:a, b:l.tsv|3:c:l.tsv|"},
        {"0,\"a, \"\"b\"\"\"\n9,c\n", "0:a, \"b\":l.tsv|9:c:l.tsv|"},
    };
    char out[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error err = {0};
        cr_expect_eq(join_labels(cases[i].text, out, &err), STATUS_OK, "%s", err.message);
        cr_expect_str_eq(out, cases[i].labels);
    }
}

Test(formats_text, bad_labels_are_named_with_their_line)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"0\ta\n10\tb\n", "'l.tsv': line 2: feature 10, but layer 'resid_3' has features 0 to 9"},
        {"{\"index\": \"10\", \"description\": \"b\"}", "line 1: feature 10, but layer"},
        {"{\"index\": \"x\", \"description\": \"b\"}", "line 1: feature 'x', expected a number"},
        {"{\"index\": -1, \"description\": \"b\"}", "line 1: feature '-1', expected a number"},
        {"{\"index\": [1]}", "line 1: 'index' is neither text nor a whole number"},
        {"{\"description\": \"b\"}", "line 1: neither 'index' nor 'Name'"},
        {"{\"Name\": \"resid_3/10\", \"Annotation\": \"b\"}", "line 1: feature 10, but"},
        {"{\"Name\": \"resid_3/x\"}", "line 1: feature 'x', expected a number"},
        {"{\"Name\": \"mlp_0/1\", \"Annotation\": \"b\"}",
         "'l.tsv': none of its 1 names begins with 'resid_3/'"},
        {"0\ta\nb\tc\n", "line 2: feature 'b', expected a number"},
        {"0\n", "line 1: expected a feature's index, a comma and its label"},
        {"0\ta\n1 b\n", "line 2: expected a feature's index, a tab and its label"},
    };
    char out[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error err = {0};
        cr_expect_eq(join_labels(cases[i].text, out, &err), STATUS_INPUT, "%s", cases[i].text);
        expect_message(&err, cases[i].message);
    }
}

/* `follows`: links that stay inside may be followed. */
static void check_names(bool follows)
{
    error err = {0};
    char *outside = scratch_create();
    scratch_write_text(outside, "secret", "s\n");
    scratch_write_text(scratch, "t", "t\n");
    char *secret = scratch_path(outside, "secret"), *link = scratch_path(scratch, "link");
    char *inner = scratch_path(scratch, "inner"), *pipe = scratch_path(scratch, "pipe");
    char *below = scratch_path(scratch, "below"), *away = scratch_path(scratch, "away");
    cr_assert(mkdir(below, 0700) == 0 && mkfifo(pipe, 0600) == 0);
    cr_assert(symlink(secret, link) == 0 && symlink("t", inner) == 0);
    cr_assert_eq(symlink(outside, away), 0);
    scratch_write_text(below, "u", "u\n");

    char out[256];
    cr_expect_eq(join_lines("below/u", out, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(join_lines("./below//u", out, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(join_lines("inner", out, &err), follows ? STATUS_OK : STATUS_INPUT);
    cr_expect_eq(join_lines("link", out, &err), STATUS_INPUT);
    cr_expect_eq(join_lines("away/secret", out, &err), STATUS_INPUT);
    cr_expect_eq(join_lines("../x", out, &err), STATUS_INPUT);
    expect_message(&err, "'../x' lies outside the manifest's folder");
    cr_expect_eq(join_lines("below/../../x", out, &err), STATUS_INPUT);
    expect_message(&err, "lies outside the manifest's folder");
    cr_expect_eq(join_lines(secret, out, &err), STATUS_INPUT);
    expect_message(&err, "lies outside the manifest's folder");
    cr_expect_eq(join_lines("pipe", out, &err), STATUS_INPUT);
    expect_message(&err, "'pipe' is not a regular file");
    cr_expect_eq(join_lines("below", out, &err), STATUS_INPUT);
    cr_expect_eq(join_lines("", out, &err), STATUS_INPUT);
    here.outside = true;
    cr_expect_eq(join_lines("link", out, &err), STATUS_OK);
    cr_expect_str_eq(out, "s|");
    cr_expect_eq(join_lines(secret, out, &err), STATUS_OK);
    free(secret);
    free(link);
    free(inner);
    free(pipe);
    free(below);
    free(away);
    scratch_remove(outside);
}

Test(formats_text, names_stay_below_their_folder)
{
    check_names(true);
}

/* An older kernel, or a container's filter: openat2 does not exist from now on. */
Test(formats_text, names_stay_below_their_folder_without_openat2)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        cr_skip_test("no system call filters here");
    check_names(false);
}
