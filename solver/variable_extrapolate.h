/* Anderson acceleration: where a sequence of iterates is heading. */
#ifndef SOLVER_VARIABLE_EXTRAPOLATE_H
#define SOLVER_VARIABLE_EXTRAPOLATE_H

#include "src/base/error.h"

#include <stdint.h>
#include <stddef.h>

enum { ITERATES = 6 }; /* kept; one more than the differences that are combined */

typedef struct trail {
    double *iterate; /* ITERATES x room */
    size_t room, length;
    unsigned count;
} trail;

/* False: out of memory. */
bool trail_create(trail *t, size_t room);
void trail_release(trail *t);

/* Forgets all and begins a sequence of vectors of this length (at most room). */
void trail_begin(trail *t, size_t length);

/* Room for the next iterate: the caller fills it (length values). */
double *trail_next(trail *t);

/* With ITERATES of them: the limit that they suggest into `out`, and begins anew. False: there
 * are too few yet, or they say nothing. */
bool trail_extrapolate(trail *t, double *out);

#endif
