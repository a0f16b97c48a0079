/* A true circuit, to hold a fit against: its edges, one after the other.
 *
 * TSV: `source<TAB>target`, then maybe a weight and a word that says what kind of edge it is, with
 * or without a heading that begins with these two words; lines that begin with # are passed over.
 * JSON: objects with `source` and `target` (text), maybe `weight` (a number) and `kind` (text);
 * one after the other, in a list, or in a list under the key `edges`. Without a weight an edge has
 * weight 1; weight 0 says that there is no edge although there may seem to be. Gzip is read, too.
 */
#ifndef FORMATS_TRUTH_H
#define FORMATS_TRUTH_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct truth_line {
    const char *source, *target;
    const char *kind;    /* empty: not given */
    double weight;       /* finite */
    const char *counted; /* what `place` counts, from 1: "line", or in JSON "edge" */
    uint64_t place;
} truth_line;

/* Calls `each` for every edge, which may return STATUS_INPUT: the message then gets the place in
 * front. A file without edges is STATUS_INPUT. */
status truth_each(const char *path, status (*each)(void *user, const truth_line *line, error *err),
                  void *user, error *err);

#endif
