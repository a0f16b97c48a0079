/* The fields of one line of a TSV or CSV table. */
#ifndef FORMATS_TABLE_LINE_H
#define FORMATS_TABLE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Splits the line in place into at most `capacity` fields and returns how many there are (also
 * those that did not fit). A comma's fields may be quoted ("a, ""b"""), as RFC 4180 has it. */
size_t table_line_split(char *line, char delimiter, char **field, size_t capacity);

/* Decimal digits and nothing else; a finite decimal number and nothing else. */
bool table_line_number(const char *text, uint64_t *number);
bool table_line_real(const char *text, double *number);

#endif
