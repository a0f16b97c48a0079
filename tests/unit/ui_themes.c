/* Themes: what is read from YAML, and that what is wrong is named with its place. */
#include "ui/settings.h"
#include "ui/theme.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void refused(const char *yaml, const char *place, const char *words)
{
    theme t;
    error err = {0};
    cr_assert(theme_parse(&t, "my.yaml", yaml, strlen(yaml), &err) == STATUS_INPUT, "%s", yaml);
    cr_assert(strncmp(err.message, place, strlen(place)) == 0, "%s: %s", place, err.message);
    cr_assert(strstr(err.message, words), "%s: %s", words, err.message);
}

Test(themes, a_role_is_read_whole)
{
    const char *yaml = "name: mine\nroles:\n  title: {fg: 231, bg: bright-blue, bold: true}\n"
                       "  dim:\n    fg: default\n    underline: yes\n    dim: no\n";
    theme t;
    error err = {0};
    cr_assert(theme_parse(&t, "my.yaml", yaml, strlen(yaml), &err) == STATUS_OK, "%s",
              err.message);
    cr_assert_str_eq(t.name, "mine");
    cr_assert(t.look[ROLE_TITLE].fg == 231 && t.look[ROLE_TITLE].bg == 12);
    cr_assert(t.look[ROLE_TITLE].bold && !t.look[ROLE_TITLE].reverse);
    cr_assert(t.look[ROLE_DIM].fg == -1 && t.look[ROLE_DIM].underline && !t.look[ROLE_DIM].dim);
    cr_assert(t.look[ROLE_ERROR].fg == -1 && t.look[ROLE_ERROR].bg == -1);
}

Test(themes, mistakes_are_named_with_line_and_column)
{
    refused("roles:\n  titel: {fg: red}\n", "my.yaml:2:15: ", "unknown role 'titel'");
    refused("roles:\n  title: {fg: redd}\n", "my.yaml:2:15: ", "'redd' is not a colour");
    refused("roles:\n  title: {fg: 256}\n", "my.yaml:2:15: ", "'256'");
    refused("roles:\n  title: {colour: red}\n", "my.yaml:2:19: ", "unknown key 'colour'");
    refused("roles:\n  title: {bold: maybe}\n", "my.yaml:2:17: ", "expected true or false");
    refused("roles:\n  title: red\n", "my.yaml:2:10: ", "expected `{fg:");
    refused("rolls: {}\nfg: red\n", "my.yaml:2:5: ", "unknown key 'fg'");
    refused("roles:\n  title: {fg: red, fg: blue}\n", "my.yaml:2:24: ", "twice");
    refused("roles: [a, b]\n", "my.yaml:1:8: ", "list");
    refused("just words\n", "my.yaml:1:1: ", "expected `key: value`");
    refused("a: &x 1\nb: *x\n", "my.yaml:", "");
    refused("roles:\n  title: {fg: red\n", "my.yaml:", "");
    refused("{a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}}", "my.yaml:1:", "too deep");
    refused("name: \"a\\0b\"\n", "my.yaml:1:", "NUL");
}

Test(themes, hostile_text_in_a_theme_is_harmless_in_its_message)
{
    theme t;
    error err = {0};
    const char *yaml = "roles:\n  title: {fg: \"\\e[2J\"}\n";
    cr_assert(theme_parse(&t, "my.yaml", yaml, strlen(yaml), &err) == STATUS_INPUT);
    cr_assert(!strchr(err.message, '\033'));
}

Test(themes, those_that_come_with_the_program_can_be_read)
{
    static const char *const names[] = {"default", "light", "contrast", "mono"};
    for (size_t i = 0; i < 4; i++) {
        char path[64];
        theme t;
        error err = {0};
        snprintf(path, sizeof path, "themes/%s.yaml", names[i]);
        cr_assert(theme_read(&t, path, &err) == STATUS_OK, "%s", err.message);
        cr_assert_str_eq(t.name, names[i]);
    }
}

static void same_looks(const theme *a, const theme *b)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        const role_look *x = &a->look[r], *y = &b->look[r];
        cr_assert(x->fg == y->fg && x->bg == y->bg && x->bold == y->bold &&
                      x->reverse == y->reverse && x->underline == y->underline && x->dim == y->dim,
                  "role %d differs", r);
    }
}

Test(themes, the_built_in_ones_are_those_of_the_files)
{
    theme built_in, file;
    error err = {0};
    theme_built_in(&built_in);
    cr_assert(theme_read(&file, "themes/default.yaml", &err) == STATUS_OK);
    same_looks(&built_in, &file);
    theme_mono(&built_in);
    cr_assert(theme_read(&file, "themes/mono.yaml", &err) == STATUS_OK);
    same_looks(&built_in, &file);
}

Test(themes, mono_has_no_colours)
{
    theme t;
    theme_mono(&t);
    for (int r = 0; r < ROLE_COUNT; r++)
        cr_assert(t.look[r].fg == -1 && t.look[r].bg == -1 && !t.look[r].underline);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file);
    fputs(text, file);
    fclose(file);
}

/* A configuration folder of our own; returns the path of a file in it. */
static char *configuration(const char *name)
{
    static char folder[64], path[160];
    if (!folder[0]) {
        strcpy(folder, "/tmp/circuitlasso-ui-XXXXXX");
        cr_assert(mkdtemp(folder));
        setenv("XDG_CONFIG_HOME", folder, 1);
        char command[256];
        snprintf(command, sizeof command, "mkdir -p %s/circuitlasso/themes", folder);
        cr_assert(system(command) == 0);
    }
    snprintf(path, sizeof path, "%s/circuitlasso/%s", folder, name);
    return path;
}

Test(themes, a_theme_of_the_users_comes_first)
{
    theme t;
    error err = {0};
    write_file(configuration("themes/default.yaml"), "roles: {bar: {fg: 5}}\n");
    cr_assert(theme_find(&t, "default", &err) == STATUS_OK, "%s", err.message);
    cr_assert(t.look[ROLE_BAR].fg == 5);
    cr_assert(theme_find(&t, "nowhere", &err) == STATUS_INPUT);
    cr_assert(strstr(err.message, "'nowhere'"));
    cr_assert(theme_find(&t, "../../etc/passwd", &err) == STATUS_INPUT);
    size_t count = 0;
    char **names = theme_names(&count);
    cr_assert(count >= 2);
    for (size_t i = 1; i < count; i++)
        cr_assert(strcmp(names[i - 1], names[i]) < 0);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}
