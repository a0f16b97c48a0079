#include "src/formats/edge_list.h"

#include "src/base/memory.h"
#include "src/formats/json_line.h"
#include "src/formats/table_line.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 64 };

struct edge_list {
    lines *source;
    char *strength;
    bool table;       /* a table, whose heading was read; else JSON lines */
    size_t columns;   /* of the table */
    size_t at[3];     /* columns of source, target, strength */
    json_t *object;   /* the line in hand */
    char *first_line; /* read to tell the format, and not used yet; NULL: none */
};

void edge_list_close(edge_list *e)
{
    if (!e)
        return;
    lines_close(e->source);
    json_decref(e->object);
    free(e->strength);
    free(e->first_line);
    free(e);
}

status edge_list_place(const edge_list *e, error *err)
{
    status code = err->code;
    char *what = mem_copy_text(err->message);
    lines_error(e->source, err, "%s", what);
    free(what);
    return err->code = code;
}

static status read_heading(edge_list *e, char *line, error *err)
{
    const char *const wanted[3] = {"source", "target", e->strength};
    char *field[COLUMNS_MOST];
    e->table = true;
    e->columns = table_line_split(line, '\t', field, COLUMNS_MOST);
    for (int k = 0; k < 3; k++) {
        e->at[k] = 0;
        while (e->at[k] < e->columns && e->at[k] < COLUMNS_MOST &&
               strcmp(field[e->at[k]], wanted[k]) != 0)
            e->at[k]++;
        if (e->at[k] >= e->columns || e->at[k] >= COLUMNS_MOST)
            return lines_error(e->source, err,
                               "no column '%s'; expected JSON lines, or a table with the heading "
                               "source, target, %s, separated by tabs",
                               wanted[k], e->strength);
    }
    return STATUS_OK;
}

/* The next line that is not empty. */
static status next_line(edge_list *e, char **line, size_t *length, error *err)
{
    status code;
    do
        code = lines_next(e->source, line, length, err);
    while (code == STATUS_OK && *line && *length == 0);
    return code;
}

status edge_list_open(edge_list **out, const folder *f, const char *file, const char *strength,
                      error *err)
{
    edge_list *e = mem_zero(1, sizeof *e);
    char *line = NULL;
    size_t length = 0;
    e->strength = mem_copy_text(strength);
    status code = lines_open(&e->source, f, file, err);
    if (code == STATUS_OK)
        code = next_line(e, &line, &length, err);
    if (code == STATUS_OK && !line)
        code = error_set(err, STATUS_INPUT, "'%s': no edges in it", file);
    else if (code == STATUS_OK && line[0] == '{')
        e->first_line = mem_copy_text(line);
    else if (code == STATUS_OK)
        code = read_heading(e, line, err);
    if (code != STATUS_OK) {
        edge_list_close(e);
        e = NULL;
    }
    *out = e;
    return code;
}

static status read_object(edge_list *e, const char *line, edge_line *out, error *err)
{
    json_decref(e->object);
    e->object = NULL;
    status code = json_line_parse(e->source, line, strlen(line), &e->object, err);
    if (code != STATUS_OK)
        return code;
    const json_t *strength = json_object_get(e->object, e->strength);
    out->source = json_string_value(json_object_get(e->object, "source"));
    out->target = json_string_value(json_object_get(e->object, "target"));
    out->strength = json_number_value(strength);
    if (!out->source || !out->target || !json_is_number(strength))
        return lines_error(e->source, err,
                           "expected \"source\" and \"target\" (LAYER/INDEX) and a number \"%s\"",
                           e->strength);
    return STATUS_OK;
}

static status read_fields(edge_list *e, char *line, edge_line *out, error *err)
{
    char *field[COLUMNS_MOST];
    size_t count = table_line_split(line, '\t', field, COLUMNS_MOST);
    if (count != e->columns)
        return lines_error(e->source, err, "%zu fields, expected %zu separated by tabs", count,
                           e->columns);
    out->source = field[e->at[0]];
    out->target = field[e->at[1]];
    return table_line_real(field[e->at[2]], &out->strength)
               ? STATUS_OK
               : lines_error(e->source, err, "%s '%s', expected a finite number", e->strength,
                             field[e->at[2]]);
}

status edge_list_next(edge_list *e, edge_line *out, bool *more, error *err)
{
    char *line = e->first_line;
    size_t length = 0;
    e->first_line = NULL;
    char *owned = line;
    *more = false;
    status code = line ? STATUS_OK : next_line(e, &line, &length, err);
    if (code == STATUS_OK && line) {
        code = e->table ? read_fields(e, line, out, err) : read_object(e, line, out, err);
        *more = code == STATUS_OK;
    }
    free(owned);
    return code;
}
