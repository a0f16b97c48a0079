/* A small YAML file as a tree whose every node knows its line and column.
 *
 * The file is the user's configuration or comes from a stranger: at most 1 MiB and 64 levels, no
 * anchors, aliases, tags or second document. Values are plain text; what they mean is the
 * reader's business. */
#ifndef FORMATS_YAML_TREE_H
#define FORMATS_YAML_TREE_H

#include "src/base/error.h"

#include <stddef.h>
#include <stdint.h>

typedef enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP } yaml_kind;

typedef struct yaml_node {
    yaml_kind kind;
    uint32_t line, column; /* from 1 */
    char *text;            /* YAML_TEXT */
    struct yaml_node *item; /* YAML_LIST: count items; YAML_MAP: count keys, each with its value
                               after it (2 * count nodes). Keys of a map are text and unique */
    uint32_t count;
} yaml_node;

/* Parses `bytes` bytes of text; `file` names them in messages. Release the root afterwards. */
status yaml_parse(yaml_node *root, const char *text, size_t bytes, const char *file, error *err);
/* The same for a file. */
status yaml_read(yaml_node *root, const char *path, error *err);
void yaml_release(yaml_node *root); /* a zeroed node is fine */

/* The value of a key; NULL: no such key. */
const yaml_node *yaml_get(const yaml_node *map, const char *key);

/* STATUS_INPUT with `'file': line n, column n: ` before the message. */
status yaml_error(const yaml_node *at, const char *file, error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
