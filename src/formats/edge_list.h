/* The edges of a circuit as a file: JSON lines with `source`, `target` (LAYER/INDEX) and a
 * strength, as `edges --json` prints them; or a table (TSV) whose heading names these columns.
 * Other keys and columns are passed over. */
#ifndef FORMATS_EDGE_LIST_H
#define FORMATS_EDGE_LIST_H

#include "src/formats/folder.h"

typedef struct edge_line {
    const char *source, *target; /* LAYER/INDEX, raw; valid until the next line */
    double strength;
} edge_line;

typedef struct edge_list edge_list;

/* `strength`: the key or column that has it. */
status edge_list_open(edge_list **out, const folder *f, const char *file, const char *strength,
                      error *err);
void edge_list_close(edge_list *e); /* NULL is fine */

/* The next edge; *more is false at the end. STATUS_INPUT names the line. */
status edge_list_next(edge_list *e, edge_line *out, bool *more, error *err);

/* Puts the file and the present line before the message that err holds; returns its code. */
status edge_list_place(const edge_list *e, error *err);

#endif
