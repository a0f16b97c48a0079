/* A layered drawing as plain data, and the files that can show it.
 *
 * Text in it may be anything: what no XML or DOT file can hold is replaced, the rest escaped. A
 * file is written beside its place and moved there when it is complete. */
#ifndef FORMATS_DIAGRAM_H
#define FORMATS_DIAGRAM_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct diagram_box {
    char *name, *label; /* label may be NULL */
    uint32_t column, slot;
    bool focus;
} diagram_box;

/* A line from box to box, through slots of the columns between. */
typedef struct diagram_line {
    uint32_t from, to;
    double weight;  /* its sign and its size among the others are shown */
    uint32_t *bend; /* slots, one for each column between; owned */
    uint32_t bends;
} diagram_line;

typedef struct diagram {
    char *title, *note; /* above and below */
    char **column;      /* heads */
    uint32_t columns, slots;
    diagram_box *box;
    uint32_t boxes;
    diagram_line *line;
    uint32_t lines;
} diagram;

void diagram_release(diagram *d); /* frees all of it; a zeroed one is fine */

/* One picture file format: svg, dot. */
typedef struct diagram_format diagram_format;

/* By name; NULL: none. */
const diagram_format *diagram_format_find(const char *name);

status diagram_write(const diagram *d, const diagram_format *format, const char *path, error *err);

#endif
