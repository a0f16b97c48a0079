#include "src/formats/json_line.h"

#include "src/base/memory.h"

#include <string.h>

status json_line_parse(const lines *l, const char *text, size_t length, json_t **object,
                       error *err)
{
    json_error_t reason;
    *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &reason);
    if (json_is_object(*object))
        return STATUS_OK;
    status code = *object ? lines_error(l, err, "expected a JSON object")
                          : lines_error(l, err, "column %d: %s", reason.column, reason.text);
    json_decref(*object);
    *object = NULL;
    return code;
}

status json_line_next(lines *l, json_t **object, error *err)
{
    *object = NULL;
    char *text;
    size_t length;
    do {
        status code = lines_next(l, &text, &length, err);
        if (code != STATUS_OK || !text)
            return code;
    } while (strspn(text, " \t") == length);
    return json_line_parse(l, text, length, object, err);
}

status json_line_text(const lines *l, const json_t *object, const char *key, char **text,
                      error *err)
{
    *text = NULL;
    const json_t *value = json_object_get(object, key);
    if (json_is_string(value))
        *text = mem_copy_text(json_string_value(value));
    else if (json_is_integer(value))
        *text = mem_format("%lld", (long long)json_integer_value(value));
    else if (value && !json_is_null(value))
        return lines_error(l, err, "'%s' is neither text nor a whole number", key);
    return STATUS_OK;
}
