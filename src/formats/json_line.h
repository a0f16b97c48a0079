/* JSON objects, one a line. */
#ifndef FORMATS_JSON_LINE_H
#define FORMATS_JSON_LINE_H

#include "src/formats/lines.h"

#include <jansson.h>

/* One line's object: NULL after an error, which names the line. json_decref it. */
status json_line_parse(const lines *l, const char *text, size_t length, json_t **object,
                       error *err);

/* The next line that is not blank, as an object; *object is NULL at the end. json_decref it. */
status json_line_next(lines *l, json_t **object, error *err);

/* The value of `key`, a string or a whole number, as text (free it); NULL when it is absent or
 * null; anything else is STATUS_INPUT. */
status json_line_text(const lines *l, const json_t *object, const char *key, char **text,
                      error *err);

#endif
