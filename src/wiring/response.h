/* What the model adds to the stream between two layers, as a linear function of the source
 * features: a ridge regression,
 *
 *     minimise over C   1/(2M) |D - Z C - 1 c'|^2 + 1/2 sum kappa_k |C_k|^2,
 *     kappa_k = sqrt(var_k vbar)      (as the solver's ridge of 1: solver/lasso.h)
 *
 * D = what is added, M x width. */
#ifndef WIRING_RESPONSE_H
#define WIRING_RESPONSE_H

#include "src/wiring/stream.h"

#include <stdatomic.h>

/* So many coordinates of the stream go through the activations in one pass. */
enum { RESPONSE_LANES = 8 };

/* out: C, source features x width; 0 where a feature does not vary. By conjugate gradients, to a
 * relative residual of 1e-3; the result does not depend on `threads`. STATUS_INTERRUPTED when
 * `cancel` (may be NULL) was set; STATUS_INPUT when 200 steps do not get there, as with numbers
 * that are not finite. */
status response_measure(const stream *s, unsigned threads, const atomic_bool *cancel, float *out,
                        error *err);

#endif
