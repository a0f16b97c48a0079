/* Small YAML files of the user's: themes and the configuration. Only mappings and plain values;
 * read as events with limits on size and depth, because a file may be hostile. */
#ifndef UI_SETTINGS_H
#define UI_SETTINGS_H

#include "src/base/error.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct setting {
    const char *path;            /* keys from the outermost in, with dots: roles.title.fg */
    const char *value;           /* raw */
    size_t line, column;         /* of the value, from 1 */
    size_t end_line, end_column; /* behind it */
    const char *where;           /* the file's name, for messages */
} setting;

/* Calls `each` for every value in order; a status from it other than STATUS_OK ends the reading
 * and is returned. Bad YAML is STATUS_INPUT: `where:line:column: what`. */
status settings_parse(const char *where, const char *yaml, size_t length,
                      status (*each)(void *user, const setting *s, error *err), void *user,
                      error *err);

/* The same for a file of at most 64 KiB. */
status settings_read(const char *path, status (*each)(void *, const setting *, error *),
                     void *user, error *err);

/* The text of such a file, terminated; free it. */
status settings_text(const char *path, char **text, size_t *length, error *err);

/* true, yes, on or false, no, off. False: neither. */
bool setting_truth(const char *value, bool *out);

/* STATUS_INPUT with the setting's place in front. */
status setting_refuse(const setting *s, error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
