/* A matrix turned from the order in which a file has it into columns, in bounded memory.
 *
 * Entries are collected in a buffer; a full buffer is sorted by column (a counting sort, which
 * keeps the order of rows) and written to an unnamed temporary file as one run. Afterwards all
 * runs are read side by side, column after column. If one buffer holds everything, there is no
 * file. The columns that come out do not depend on the buffer's size. */
#ifndef JOBS_COLUMNS_H
#define JOBS_COLUMNS_H

#include "src/formats/activations.h"

typedef struct columns columns;

/* One column: rows strictly ascending, entries of the same place summed, none of them zero. */
typedef struct column {
    uint32_t index;
    uint32_t count;
    uint32_t *row; /* both owned by the columns, valid until the next call; may be changed */
    float *value;
} column;

/* `memory` bounds the buffers; runs go to a file in the folder `spill`. */
status columns_create(columns **out, uint32_t cols, uint64_t memory, const char *spill,
                      error *err);
void columns_free(columns *c); /* NULL is fine */

/* Room for *capacity more entries (at least one) at *at; columns_added says how many came. */
status columns_room(columns *c, activation **at, size_t *capacity, error *err);
void columns_added(columns *c, size_t count);

/* After the last entry: the columns can be read. */
status columns_finish(columns *c, error *err);
/* Call once for every column, in order. A sum that is no finite float32 is STATUS_INPUT. */
status columns_next(columns *c, column *out, error *err);

#endif
