#include "src/formats/truth.h"

#include "src/base/memory.h"
#include "src/formats/lines.h"
#include "src/formats/table_line.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_CAP = 256 << 20, FIELDS = 4 };

typedef struct reading {
    const char *path;
    status (*each)(void *user, const truth_line *line, error *err);
    void *user;
    error *err;
    uint64_t place; /* of the line, or of the edge in JSON */
    uint64_t edges;
    bool json;
} reading;

static const char *counted(const reading *r)
{
    return r->json ? "edge" : "line";
}

static status refuse(reading *r, const char *format, const char *what)
{
    error_set(r->err, STATUS_INPUT, format, what);
    return error_prefix(r->err, "'%s': %s %llu", r->path, counted(r),
                        (unsigned long long)r->place);
}

static status tell(reading *r, const truth_line *line)
{
    if (!*line->source || !*line->target)
        return refuse(r, "%s", "an edge without a source or a target");
    if (!isfinite(line->weight))
        return refuse(r, "%s", "the weight is not a finite number");
    r->edges++;
    status code = r->each(r->user, line, r->err);
    if (code == STATUS_INPUT)
        error_prefix(r->err, "'%s': %s %llu", r->path, counted(r), (unsigned long long)r->place);
    return code;
}

static status read_row(reading *r, char *text)
{
    char *field[FIELDS];
    size_t count = table_line_split(text, '\t', field, FIELDS);
    if (count < 2 || count > FIELDS)
        return refuse(r, "%s",
                      "expected a source, a target, and maybe a weight and a kind, with "
                      "tabs between");
    if (r->place == 1 && strcmp(field[0], "source") == 0 && strcmp(field[1], "target") == 0)
        return STATUS_OK;
    truth_line line = {field[0], field[1], count > 3 ? field[3] : "", 1, counted(r), r->place};
    if (count > 2 && !table_line_real(field[2], &line.weight))
        return refuse(r, "weight '%s', expected a finite number", field[2]);
    return tell(r, &line);
}

static status read_object(reading *r, const json_t *object)
{
    const json_t *source = json_object_get(object, "source"),
                 *kind = json_object_get(object, "kind");
    const json_t *target = json_object_get(object, "target");
    const json_t *weight = json_object_get(object, "weight");
    r->place++;
    if (!json_is_string(source) || !json_is_string(target))
        return refuse(r, "%s", "expected an object with 'source' and 'target', both text");
    if (kind && !json_is_string(kind))
        return refuse(r, "%s", "'kind' is not text");
    if (weight && !json_is_number(weight))
        return refuse(r, "%s", "'weight' is not a number");
    truth_line line = {json_string_value(source),
                       json_string_value(target),
                       kind ? json_string_value(kind) : "",
                       weight ? json_number_value(weight) : 1,
                       counted(r),
                       r->place};
    return tell(r, &line);
}

static status read_value(reading *r, const json_t *value)
{
    const json_t *list = json_is_object(value) ? json_object_get(value, "edges") : value, *edge;
    size_t i;
    if (!json_is_array(list))
        return read_object(r, value);
    json_array_foreach(list, i, edge)
    {
        status code = read_object(r, edge);
        if (code != STATUS_OK)
            return code;
    }
    return STATUS_OK;
}

/* One JSON value after the other. */
static status read_values(reading *r, const char *text, size_t length)
{
    status code = STATUS_OK;
    r->json = true;
    for (size_t at = 0; code == STATUS_OK;) {
        at += strspn(text + at, " \t\r\n");
        if (at >= length)
            break;
        json_error_t why;
        json_t *value = json_loadb(text + at, length - at,
                                   JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &why);
        if (!value)
            return error_set(r->err, STATUS_INPUT, "'%s': after %llu edges: not JSON: %s", r->path,
                             (unsigned long long)r->edges, why.text);
        at += (size_t)why.position;
        code = read_value(r, value);
        json_decref(value);
    }
    return code;
}

typedef struct text {
    char *bytes;
    size_t length, room;
} text;

static void append(text *t, const char *line, size_t length)
{
    if (t->length + length + 2 > t->room) {
        t->room = 2 * (t->length + length + 2);
        t->bytes = mem_grow(t->bytes, t->room, 1);
    }
    memcpy(t->bytes + t->length, line, length);
    t->length += length;
    memcpy(t->bytes + t->length++, "\n", 2);
}

static status read_lines(reading *r, lines *from)
{
    char *line;
    size_t length;
    text whole = {0};
    bool begun = false; /* something that is not blank was there */
    status code;
    while ((code = lines_next(from, &line, &length, r->err)) == STATUS_OK && line) {
        const char *first = line + strspn(line, " \t");
        if (!begun && (*first == '{' || *first == '['))
            r->json = true;
        begun = begun || *first;
        r->place += !r->json;
        if (r->json && whole.length + length > JSON_CAP)
            code = error_set(r->err, STATUS_INPUT, "'%s': more than %d MiB of JSON", r->path,
                             JSON_CAP >> 20);
        else if (r->json)
            append(&whole, line, length);
        else if (*first && *first != '#')
            code = read_row(r, line);
        if (code != STATUS_OK)
            break;
    }
    if (code == STATUS_OK && r->json) {
        r->place = 0;
        code = read_values(r, whole.bytes, whole.length);
    }
    free(whole.bytes);
    return code;
}

status truth_each(const char *path, status (*each)(void *user, const truth_line *line, error *err),
                  void *user, error *err)
{
    reading r = {.path = path, .each = each, .user = user, .err = err};
    lines *from = NULL;
    status code = lines_open_path(&from, path, err);
    if (code == STATUS_OK)
        code = read_lines(&r, from);
    if (code == STATUS_OK && r.edges == 0)
        code = error_set(err, STATUS_INPUT, "'%s': no edge in it", path);
    lines_close(from);
    return code;
}
