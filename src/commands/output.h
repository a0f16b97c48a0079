/* What commands print: records, as an aligned table for people or as JSON lines for programs. */
#ifndef COMMANDS_OUTPUT_H
#define COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct output output;

/* json: one object a line, printed as each record ends. Else a table, printed by output_end, cut
 * to the terminal's width when standard output is one. */
output *output_begin(bool json);

/* One field of the present record; every record has the same fields in the same order. Text is
 * imported text: it is cleaned (table) or escaped (JSON) here. NULL is an empty cell, or null. */
void output_text(output *o, const char *name, const char *text);
void output_count(output *o, const char *name, uint64_t value);
/* `decimals` of the table; JSON has full precision. Not finite: empty, or null. */
void output_number(output *o, const char *name, double value, int decimals);
/* As output_number, in the table as %.1e. */
void output_small(output *o, const char *name, double value);
void output_record(output *o);

/* Prints what is left and frees o. */
void output_end(output *o);

/* A cleaned line of text for people, before the table or, as a note, after it; nothing with
 * JSON. */
void output_line(const output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
void output_note(output *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
