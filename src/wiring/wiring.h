/* What two layers' autoencoders say of the edges between them, beside the regression.
 *
 * A source feature k writes its activity z_k along its decoder direction d_k into the residual
 * stream, x. Target features read the stream along their encoder directions, and compete for
 * their places (places.h). What the model adds to the stream in between, D in a sample, follows
 * what it reads, x. Removing k changes the stream at the target layer by
 *
 *     - z_k d_k  -  s z_k C_k  -  (1 - s) (1 - exp(-(1 - cos(x, x - z_k d_k)) / 0.14)) D
 *
 * (without the first term where nothing is handed on: stream.h).
 * D's answer is told by two models: linear in the features (C, response.h), and local: D is lost
 * to the extent to which the stream no longer looks as it did. The linear one falls short where a
 * feature decides all that is added, as at the first block, which reads single tokens; s is how
 * far it foretells samples with sets of features that it has not seen (unseen.h).
 *
 * The mean over the samples where k is active of what target features are then expected to lose is
 * what the weights say. What they leave unknown (unseen.h) is told by what goes together in the
 * data: cov(z_k, y), if it is positive, times the sum of z_k over the samples where both are
 * active by the number where k is; scaled to the former by one factor a source (least squares over
 * its targets, not below zero). Both together, by the unknown part, are the fall: the regression's
 * `removal` (src/jobs/strength.h), estimated another way, with other errors. README, "Wiring",
 * says what it is worth. */
#ifndef WIRING_WIRING_H
#define WIRING_WIRING_H

#include "src/base/autoencoder.h"
#include "src/base/matrix.h"

#include <stdatomic.h>

typedef struct wired_edge {
    uint32_t target, source;
    float fall;  /* as `removal`: positive, where the target falls when the source is removed */
    bool strong; /* an edge for this alone */
} wired_edge;

typedef struct wiring {
    wired_edge *item; /* by target, then source */
    uint64_t *first;  /* target features + 1 */
} wiring;

/* Falls of the layer pair, those that add up to most over all samples; the strongest of them,
 * WIRED_STRONG a target feature on average, are `strong`. Both layers are sparse, have the same
 * samples, and autoencoders of one width. The result does not depend on `threads`. STATUS_INPUT:
 * the target's autoencoder does not read what it writes (places.h), or the stream has no answer
 * (response.h); STATUS_MACHINE: memory; STATUS_INTERRUPTED: `cancel` (may be NULL) was set. */
enum { WIRED_STRONG = 13, WIRED_KEPT = 64 };
status wiring_create(const matrix *source, const autoencoder *from, const matrix *target,
                     const autoencoder *to, unsigned threads, const atomic_bool *cancel,
                     wiring *out, error *err);
void wiring_release(wiring *w); /* a zeroed one is fine */

#endif
