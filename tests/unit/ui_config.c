/* The configuration: what it says, and that a choice is kept in it without losing a byte of what a
 * person wrote. */
#include "ui/config.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder(const char *name)
{
    static char base[64], path[160];
    if (!base[0]) {
        strcpy(base, "/tmp/circuitlasso-config-XXXXXX");
        cr_assert(mkdtemp(base));
        setenv("XDG_CONFIG_HOME", base, 1);
    }
    snprintf(path, sizeof path, "%s/circuitlasso/%s", base, name);
    return path;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

static const char *read_back(const char *path)
{
    static char text[1024];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void kept(const char *before, const char *key, const char *value, const char *after)
{
    error err = {0};
    char *made = config_with("my.yaml", before, strlen(before), key, value, &err);
    cr_assert(made, "%s", err.message);
    cr_assert_str_eq(made, after);
    free(made);
}

static void not_kept(const char *before, const char *key, const char *value)
{
    error err = {0};
    char *made = config_with("my.yaml", before, strlen(before), key, value, &err);
    cr_assert(!made, "%s", made);
    cr_assert(strstr(err.message, "my.yaml"), "%s", err.message);
}

Test(config, one_value_changes_and_nothing_else)
{
    kept("", "theme", "light", "theme: light\n");
    kept("theme: mono\n", "theme", "light", "theme: light\n");
    kept("# mine\ntheme:   mono   # dark room\nmouse: on\n", "theme", "light",
         "# mine\ntheme:   light   # dark room\nmouse: on\n");
    kept("mouse: on", "theme", "light", "mouse: on\ntheme: light\n");
    kept("theme: \"mono\"\r\nmouse: on\r\n", "theme", "a b", "theme: 'a b'\r\nmouse: on\r\n");
    kept("theme: 'it''s'\n", "theme", "it's: #x", "theme: 'it''s: #x'\n");
    kept("{theme: mono, mouse: off}\n", "mouse", "on", "{theme: mono, mouse: on}\n");
    kept("# \xc3\xa9t\xc3\xa9\n{\"theme\": \"\xc3\xa9\", mouse: on}", "theme", "light",
         "# \xc3\xa9t\xc3\xa9\n{\"theme\": light, mouse: on}");
    kept("theme:\nmouse: on\n", "theme", "light", "theme: light\nmouse: on\n");
    kept("theme: >\n  mono\nmouse: on\n", "mouse", "off", "theme: >\n  mono\nmouse: off\n");
}

Test(config, what_cannot_be_changed_safely_is_left)
{
    not_kept("{mouse: on}\n", "theme", "light");        /* no line to add to */
    not_kept("theme: a\ntheme: b\n", "theme", "light"); /* which of them? */
    not_kept("theme: [\n", "theme", "light");           /* not YAML */
}

Test(config, it_is_read_and_its_mistakes_have_a_place)
{
    config c;
    error err = {0};
    folder("");
    cr_assert(config_read(&c, &err) == STATUS_OK && !c.theme && !c.mouse);
    cr_assert(config_keep("mouse", "on", &err) == STATUS_OK, "%s", err.message);
    cr_assert(config_keep("theme", "light", &err) == STATUS_OK, "%s", err.message);
    cr_assert(config_read(&c, &err) == STATUS_OK && c.mouse);
    cr_assert_str_eq(c.theme, "light");
    config_release(&c);
    write_file(folder("config.yaml"), "theme: light\ncolor: red\n");
    cr_assert(config_read(&c, &err) == STATUS_INPUT && !c.theme);
    cr_assert(strstr(err.message, ":2:8: unknown key 'color'"), "%s", err.message);
    write_file(folder("config.yaml"), "mouse: sometimes\n");
    cr_assert(config_read(&c, &err) == STATUS_INPUT && !c.mouse);
    cr_assert(strstr(err.message, ":1:8: 'sometimes'"), "%s", err.message);
}

Test(config, a_link_stays_one_and_permissions_stay)
{
    char to[200], target[200];
    error err = {0};
    struct stat facts;
    folder("");
    cr_assert(config_keep("mouse", "off", &err) == STATUS_OK, "%s", err.message);
    snprintf(target, sizeof target, "%s", folder("real.yaml"));
    snprintf(to, sizeof to, "%s", folder("config.yaml"));
    cr_assert(rename(to, target) == 0 && symlink(target, to) == 0 && chmod(target, 0640) == 0);
    cr_assert(config_keep("mouse", "on", &err) == STATUS_OK, "%s", err.message);
    cr_assert(lstat(to, &facts) == 0 && S_ISLNK(facts.st_mode));
    cr_assert(stat(target, &facts) == 0 && (facts.st_mode & 0777) == 0640);
    cr_assert_str_eq(read_back(target), "mouse: on\n");
    char command[256];
    snprintf(command, sizeof command, "ls %s | wc -l | grep -qx 2", folder(""));
    cr_assert(system(command) == 0, "something is left beside it");
}
