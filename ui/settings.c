#include "ui/settings.h"

#include "src/base/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { SIZE_LIMIT = 64 * 1024, DEPTH_LIMIT = 8, PATH_LIMIT = 256 };

status setting_refuse(const setting *s, error *err, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, STATUS_INPUT, "%s:%zu:%zu: %s", s->where, s->line, s->column, text);
}

/* Where the reading stands: the keys of the mappings around it, joined in `path`. */
typedef struct walk {
    char path[PATH_LIMIT];
    size_t end[DEPTH_LIMIT + 1]; /* length of the path outside of each mapping */
    int depth;                   /* mappings we are in */
    bool key_read;               /* the path ends in a key whose value comes next */
} walk;

static status push_key(walk *w, const setting *at, const char *key, error *err)
{
    size_t outer = w->end[w->depth];
    size_t room = sizeof w->path - outer;
    int length = snprintf(w->path + outer, room, "%s%s", outer > 0 ? "." : "", key);
    if (length < 0 || (size_t)length >= room)
        return setting_refuse(at, err, "this key is too long");
    w->key_read = true;
    return STATUS_OK;
}

static status take_event(walk *w, const yaml_event_t *event, setting *at,
                         status (*each)(void *, const setting *, error *), void *user, error *err)
{
    at->line = event->start_mark.line + 1;
    at->column = event->start_mark.column + 1;
    at->end_line = event->end_mark.line + 1;
    at->end_column = event->end_mark.column + 1;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        at->value = (const char *)event->data.scalar.value;
        if (strlen(at->value) != event->data.scalar.length)
            return setting_refuse(at, err, "a NUL byte in a value");
        if (w->depth == 0)
            return at->value[0] ? setting_refuse(at, err, "'%s': expected `key: value`", at->value)
                                : STATUS_OK;
        if (!w->key_read)
            return push_key(w, at, at->value, err);
        w->key_read = false;
        return each(user, at, err);
    case YAML_MAPPING_START_EVENT:
        if (w->depth > 0 && !w->key_read)
            return setting_refuse(at, err, "a mapping cannot be a key");
        if (w->depth == DEPTH_LIMIT)
            return setting_refuse(at, err, "nested too deep (at most %d)", DEPTH_LIMIT);
        w->end[w->depth + 1] = w->depth > 0 ? strlen(w->path) : 0;
        w->depth++;
        w->key_read = false;
        return STATUS_OK;
    case YAML_MAPPING_END_EVENT:
        w->path[w->end[w->depth--]] = '\0';
        w->key_read = false;
        return STATUS_OK;
    case YAML_SEQUENCE_START_EVENT:
        return setting_refuse(at, err, "a list where a value was expected");
    case YAML_ALIAS_EVENT: return setting_refuse(at, err, "aliases are not allowed here");
    default: return STATUS_OK;
    }
}

status settings_parse(const char *where, const char *yaml, size_t length,
                      status (*each)(void *, const setting *, error *), void *user, error *err)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        return error_memory(err, "reading settings");
    yaml_parser_set_input_string(&parser, (const unsigned char *)yaml, length);
    walk w = {0};
    setting at = {.path = w.path, .where = where};
    status code = STATUS_OK;
    for (bool more = true; more && code == STATUS_OK;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            at.line = parser.problem_mark.line + 1;
            at.column = parser.problem_mark.column + 1;
            code = setting_refuse(&at, err, "%s", parser.problem ? parser.problem : "not YAML");
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT;
        code = take_event(&w, &event, &at, each, user, err);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return code;
}

status settings_text(const char *path, char **text, size_t *length, error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_errno(err, "cannot open '%s'", path);
    *text = mem_alloc(SIZE_LIMIT + 2);
    errno = 0;
    *length = fread(*text, 1, SIZE_LIMIT + 1, file);
    (*text)[*length] = '\0';
    status code = STATUS_OK;
    if (ferror(file))
        code = error_errno(err, "cannot read '%s'", path);
    else if (*length > SIZE_LIMIT)
        code = error_set(err, STATUS_INPUT, "'%s': larger than %d bytes", path, SIZE_LIMIT);
    fclose(file);
    if (code != STATUS_OK) {
        free(*text);
        *text = NULL;
    }
    return code;
}

bool setting_truth(const char *value, bool *out)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < 3; i++) {
        *out = strcmp(value, yes[i]) == 0;
        if (*out || strcmp(value, no[i]) == 0)
            return true;
    }
    return false;
}

status settings_read(const char *path, status (*each)(void *, const setting *, error *),
                     void *user, error *err)
{
    char *text = NULL;
    size_t length = 0;
    status code = settings_text(path, &text, &length, err);
    if (code == STATUS_OK)
        code = settings_parse(path, text, length, each, user, err);
    free(text);
    return code;
}
