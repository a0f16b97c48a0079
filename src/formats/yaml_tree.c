#include "src/formats/yaml_tree.h"

#include "src/base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

/* libyaml itself bounds neither, and its time grows with the square of the depth */
enum { BYTES_CAP = 1 << 20, DEPTH_CAP = 64 };

typedef struct reader {
    yaml_parser_t parser;
    const char *file;
    error *err;
} reader;

status yaml_error(const yaml_node *at, const char *file, error *err, const char *format, ...)
{
    char text[ERROR_LENGTH];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return error_set(err, STATUS_INPUT, "'%s': line %u, column %u: %s", file, at->line, at->column,
                     text);
}

void yaml_release(yaml_node *root)
{
    uint32_t nodes = root->kind == YAML_MAP ? 2 * root->count : root->count;
    for (uint32_t i = 0; i < nodes; i++)
        yaml_release(&root->item[i]);
    free(root->item);
    free(root->text);
    *root = (yaml_node){0};
}

const yaml_node *yaml_get(const yaml_node *map, const char *key)
{
    if (map->kind != YAML_MAP)
        return NULL;
    for (uint32_t i = 0; i < map->count; i++) {
        if (strcmp(map->item[2 * i].text, key) == 0)
            return &map->item[2 * i + 1];
    }
    return NULL;
}

static yaml_node place_of(yaml_mark_t mark)
{
    return (yaml_node){.line = (uint32_t)mark.line + 1, .column = (uint32_t)mark.column + 1};
}

static status next_event(reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event))
        return STATUS_OK;
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return error_memory(r->err, "a YAML file");
    if (p->error == YAML_READER_ERROR)
        return error_set(r->err, STATUS_INPUT, "'%s': byte %zu: %s", r->file,
                         p->problem_offset + 1, p->problem);
    yaml_node at = place_of(p->problem_mark);
    return yaml_error(&at, r->file, r->err, "%s%s%s", p->context ? p->context : "",
                      p->context ? ", " : "", p->problem ? p->problem : "not YAML");
}

/* One more item of a list, or one more key and value of a map, empty as yet: counted from now
 * on, so that releasing the tree finds what is read of it, also after an error. Items move. */
static void append(yaml_node *parent)
{
    uint32_t more = parent->kind == YAML_MAP ? 2 : 1;
    uint32_t have = more * parent->count++;
    if ((have & (have - 1)) == 0)
        parent->item =
            mem_grow(parent->item, have ? 2 * (size_t)have : 2, sizeof *parent->item);
    memset(&parent->item[have], 0, more * sizeof *parent->item);
}

static status read_node(reader *r, const yaml_event_t *event, yaml_node *out, unsigned depth);

/* Checks the newest key of a map. */
static status check_key(const reader *r, const yaml_node *map)
{
    const yaml_node *key = &map->item[2 * (map->count - 1)];
    if (key->kind != YAML_TEXT)
        return yaml_error(key, r->file, r->err, "a key must be plain text");
    for (uint32_t i = 0; i + 1 < map->count; i++) {
        if (strcmp(map->item[2 * i].text, key->text) == 0)
            return yaml_error(key, r->file, r->err, "key '%s' was already given in line %u",
                              key->text, map->item[2 * i].line);
    }
    return STATUS_OK;
}

/* The items of a list, or keys and values of a map, up to its end. */
static status read_items(reader *r, yaml_node *parent, yaml_event_type_t end, unsigned depth)
{
    bool map = parent->kind == YAML_MAP;
    for (uint32_t nodes = 0;; nodes++) {
        yaml_event_t event;
        status code = next_event(r, &event);
        if (code != STATUS_OK)
            return code;
        bool last = event.type == end;
        if (!last) {
            if (!map || nodes % 2 == 0)
                append(parent);
            yaml_node child;
            code = read_node(r, &event, &child, depth + 1);
            parent->item[nodes] = child;
            if (code == STATUS_OK && map && nodes % 2 == 0)
                code = check_key(r, parent);
        }
        yaml_event_delete(&event);
        if (last || code != STATUS_OK)
            return code;
    }
}

static status read_node(reader *r, const yaml_event_t *event, yaml_node *out, unsigned depth)
{
    *out = place_of(event->start_mark);
    if (depth > DEPTH_CAP)
        return yaml_error(out, r->file, r->err, "nested more than %d levels deep", DEPTH_CAP);
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
            return yaml_error(out, r->file, r->err, "text with a NUL character");
        out->text = mem_copy_text((const char *)event->data.scalar.value);
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        out->kind = YAML_LIST;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        out->kind = YAML_MAP;
        break;
    default:
        return yaml_error(out, r->file, r->err, "aliases (*name) are not read");
    }
    if (anchor || tag)
        return yaml_error(out, r->file, r->err, "%s are not read",
                          anchor ? "anchors (&name)" : "tags (!name)");
    if (out->kind == YAML_LIST)
        return read_items(r, out, YAML_SEQUENCE_END_EVENT, depth);
    if (out->kind == YAML_MAP)
        return read_items(r, out, YAML_MAPPING_END_EVENT, depth);
    return STATUS_OK;
}

/* Passes over the events of `type` that must come next (beginning and end of the document). */
static status expect_event(reader *r, yaml_event_type_t type)
{
    yaml_event_t event;
    status code = next_event(r, &event);
    if (code != STATUS_OK)
        return code;
    if (event.type != type) {
        yaml_node at = place_of(event.start_mark);
        code = yaml_error(&at, r->file, r->err,
                          event.type == YAML_STREAM_END_EVENT ? "nothing in it"
                                                              : "a second document begins");
    }
    yaml_event_delete(&event);
    return code;
}

static status read_document(reader *r, yaml_node *root)
{
    status code = expect_event(r, YAML_STREAM_START_EVENT);
    if (code == STATUS_OK)
        code = expect_event(r, YAML_DOCUMENT_START_EVENT);
    if (code != STATUS_OK)
        return code;
    yaml_event_t event;
    code = next_event(r, &event);
    if (code != STATUS_OK)
        return code;
    code = read_node(r, &event, root, 1);
    yaml_event_delete(&event);
    if (code == STATUS_OK)
        code = expect_event(r, YAML_DOCUMENT_END_EVENT);
    if (code == STATUS_OK)
        code = expect_event(r, YAML_STREAM_END_EVENT);
    return code;
}

status yaml_parse(yaml_node *root, const char *text, size_t bytes, const char *file, error *err)
{
    *root = (yaml_node){0};
    if (bytes > BYTES_CAP)
        return error_set(err, STATUS_INPUT, "'%s': longer than %d bytes", file, BYTES_CAP);
    reader r = {.file = file, .err = err};
    if (!yaml_parser_initialize(&r.parser))
        return error_memory(err, "a YAML file");
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, bytes);
    status code = read_document(&r, root);
    yaml_parser_delete(&r.parser);
    if (code != STATUS_OK)
        yaml_release(root);
    return code;
}

status yaml_read(yaml_node *root, const char *path, error *err)
{
    *root = (yaml_node){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_errno(err, "cannot open '%s'", path);
    char *text = mem_alloc(BYTES_CAP + 1);
    size_t bytes = 0;
    ssize_t got = 0;
    do {
        bytes += (size_t)got;
        got = read(fd, text + bytes, BYTES_CAP + 1 - bytes);
    } while (got > 0 || (got < 0 && errno == EINTR && (got = 0) == 0));
    status code = got < 0 ? error_errno(err, "cannot read '%s'", path)
                          : yaml_parse(root, text, bytes, path, err);
    close(fd);
    free(text);
    return code;
}
