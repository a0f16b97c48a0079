/* How far a linear model of what is added may be trusted.
 *
 * A removal makes streams that the model never read. The linear model (response.h) is learned on
 * one half of the sets of active features that occur, and foretells what is added to the samples
 * of the other half, and the other way round. At the first block, which reads single tokens, it
 * fails there, however well it fits the samples that it has seen. Where sets differ from each
 * other by little the trust is too high: it is an upper bound of what can be asked of a removal.
 */
#ifndef WIRING_UNSEEN_H
#define WIRING_UNSEEN_H

#include "src/wiring/stream.h"

#include <stdatomic.h>

/* So many coordinates of the stream, evenly spread, stand for all. */
enum { UNSEEN_WIDTH = 64 };

typedef struct unseen {
    double share;   /* how closely the forecast follows what is added: the square root of the
                     * explained part of its variance, from 0 to 1 */
    double unknown; /* the variance that is not explained, as a part of the variance of the whole
                     * stream after, from 0 to 1 */
} unseen;

/* Samples that are far louder than most are left out. Where there is nothing to learn from, or no
 * answer is found, nothing is explained. Does not depend on `threads`. STATUS_INTERRUPTED when
 * `cancel` (may be NULL) was set; STATUS_MACHINE: memory. */
status unseen_measure(const stream *s, unsigned threads, const atomic_bool *cancel, unseen *out,
                      error *err);

#endif
