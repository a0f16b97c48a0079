#include "ui/config.h"

#include "src/base/memory.h"
#include "src/base/xdg.h"
#include "ui/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- reading ------------------------------------------------------------------------------- */

static status read_setting(void *user, const setting *s, error *err)
{
    config *c = user;
    if (strcmp(s->path, "theme") == 0) {
        free(c->theme);
        c->theme = mem_copy_text(s->value);
        return STATUS_OK;
    }
    if (strcmp(s->path, "mouse") != 0)
        return setting_refuse(s, err, "unknown key '%s': expected theme or mouse", s->path);
    if (!setting_truth(s->value, &c->mouse))
        return setting_refuse(s, err, "'%s': expected on or off", s->value);
    return STATUS_OK;
}

status config_read(config *out, error *err)
{
    *out = (config){0};
    char *path = xdg_config("config.yaml");
    status code = STATUS_OK;
    if (path && access(path, F_OK) == 0)
        code = settings_read(path, read_setting, out, err);
    if (code != STATUS_OK)
        config_release(out);
    free(path);
    return code;
}

void config_release(config *c)
{
    free(c->theme);
    *c = (config){0};
}

/* -- changing one value -------------------------------------------------------------------- */

/* All that a text says, and where it says one key. */
typedef struct survey {
    const char *key,
        *value; /* value: taken in the place of what stands there; NULL: as it stands */
    char *said; /* path, value, path, value, ... */
    bool found;
    setting at; /* where the value of the key stands */
} survey;

static status look_at(void *user, const setting *s, error *err)
{
    survey *v = user;
    bool ours = strcmp(s->path, v->key) == 0;
    (void)err;
    if (ours) {
        v->found = true;
        v->at = *s;
    }
    char *longer =
        mem_format("%s%s\n%s\n", v->said, s->path, ours && v->value ? v->value : s->value);
    free(v->said);
    v->said = longer;
    return STATUS_OK;
}

static status survey_text(survey *v, const char *where, const char *text, size_t length,
                          error *err)
{
    v->said = mem_copy_text("");
    return settings_parse(where, text, length, look_at, v, err);
}

/* Where a line (from 1) and column (characters, from 1) stand. */
static size_t offset_of(const char *text, size_t length, size_t line, size_t column)
{
    size_t at = 0;
    for (; line > 1 && at < length; at++)
        line -= text[at] == '\n';
    for (; column > 1 && at < length; column--)
        do
            at++;
        while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

/* A value as YAML, whatever it is. Free it. */
static char *quoted(const char *value)
{
    char *out = mem_alloc(2 * strlen(value) + 3), *to = out;
    *to++ = '\'';
    for (const char *at = value; *at; at++) {
        if (*at == '\'')
            *to++ = '\'';
        *to++ = *at;
    }
    *to++ = '\'';
    *to = '\0';
    return out;
}

static bool is_plain(const char *value)
{
    for (const char *at = value; *at; at++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", *at) ||
            (at == value && *at == '-'))
            return false;
    return *value != '\0';
}

char *config_with(const char *where, const char *text, size_t length, const char *key,
                  const char *value, error *err)
{
    survey old = {.key = key, .value = value}, new = {.key = key};
    if (survey_text(&old, where, text, length, err) != STATUS_OK) {
        free(old.said);
        return NULL;
    }
    char *shown = is_plain(value) ? mem_copy_text(value) : quoted(value), *made = NULL, *wanted;
    if (old.found) {
        size_t from = offset_of(text, length, old.at.line, old.at.column);
        size_t to = offset_of(text, length, old.at.end_line, old.at.end_column);
        const char *blank = from > 0 && text[from - 1] == ':' ? " " : ""; /* an empty value */
        made = mem_format("%.*s%s%s%.*s", (int)from, text, blank, shown, (int)(length - to),
                          text + to);
        wanted = mem_copy_text(old.said);
    } else {
        const char *end = length > 0 && text[length - 1] != '\n' ? "\n" : "";
        made = mem_format("%.*s%s%s: %s\n", (int)length, text, end, key, shown);
        wanted = mem_format("%s%s\n%s\n", old.said, key, value);
    }
    /* what was made must say what the old text said, but for the one value */
    bool good = survey_text(&new, where, made, strlen(made), err) == STATUS_OK &&
                strcmp(new.said, wanted) == 0;
    if (!good) {
        error_set(err, STATUS_INPUT,
                  "%s: no place for `%s: %s` was found; write it there yourself", where, key,
                  shown);
        free(made);
        made = NULL;
    }
    free(old.said);
    free(new.said);
    free(wanted);
    free(shown);
    return made;
}

/* -- the file ------------------------------------------------------------------------------ */

static status write_whole(int file, const char *text, const char *path, error *err)
{
    size_t length = strlen(text);
    for (size_t at = 0; at < length;) {
        ssize_t wrote = write(file, text + at, length - at);
        if (wrote < 0 && errno != EINTR)
            return error_errno(err, "cannot write '%s'", path);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(file) == 0 ? STATUS_OK : error_errno(err, "cannot write '%s'", path);
}

/* A file beside the old one takes its place and its permissions. */
static status replace(const char *path, const char *text, error *err)
{
    struct stat facts;
    char *beside = mem_format("%s.XXXXXX", path);
    int file = mkostemp(beside, O_CLOEXEC);
    if (file < 0) {
        status code = error_errno(err, "cannot write beside '%s'", path);
        free(beside);
        return code;
    }
    status code = STATUS_OK;
    if (stat(path, &facts) == 0 && fchmod(file, facts.st_mode & 07777) != 0)
        code = error_errno(err, "cannot write '%s'", beside);
    if (code == STATUS_OK)
        code = write_whole(file, text, beside, err);
    close(file);
    if (code == STATUS_OK && rename(beside, path) != 0)
        code = error_errno(err, "cannot replace '%s'", path);
    if (code != STATUS_OK)
        unlink(beside);
    free(beside);
    return code;
}

status config_keep(const char *key, const char *value, error *err)
{
    char *path = NULL, real[PATH_MAX], *text = NULL;
    size_t length = 0;
    status code = xdg_config_made("config.yaml", &path, err);
    if (code != STATUS_OK)
        return code;
    if (realpath(path, real)) { /* a link stays one */
        free(path);
        path = mem_copy_text(real);
        code = settings_text(path, &text, &length, err);
    } else if (errno != ENOENT) {
        code = error_errno(err, "cannot open '%s'", path);
    }
    char *made = NULL;
    if (code == STATUS_OK) {
        made = config_with(path, text ? text : "", length, key, value, err);
        code = made ? replace(path, made, err) : STATUS_INPUT;
    }
    free(made);
    free(text);
    free(path);
    return code;
}
