/* A text file line by line, plain or gzip, in bounded memory. Every line is checked to be UTF-8
 * without NUL bytes. Used for JSONL, TSV, CSV and plain text. */
#ifndef FORMATS_LINES_H
#define FORMATS_LINES_H

#include "src/formats/folder.h"

#include <stddef.h>

typedef struct lines lines;

status lines_open(lines **out, const folder *f, const char *file, error *err);
/* The same of a path that the user gave, wherever it leads. */
status lines_open_path(lines **out, const char *path, error *err);
void lines_close(lines *l); /* NULL is fine */

/* The next line without its end (`\n` or `\r\n`), terminated, valid until the next call; *text
 * is NULL at the end of the file. STATUS_INPUT: not UTF-8, a line above 16 MiB, damaged gzip. */
status lines_next(lines *l, char **text, size_t *length, error *err);

double lines_fraction(const lines *l); /* of the file that is read, 0 to 1 */

/* STATUS_INPUT with `'file': line n: ` before the message. */
status lines_error(const lines *l, error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
