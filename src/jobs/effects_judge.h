/* A fit held against the interventions that its study has measured, beside two circuits that it
 * should beat: plain covariance, which needs no fit, with as many edges as the fit has among the
 * cells that are judged; and the plain Lasso, that is, the same fit (the same lambdas) with ridge
 * 0 and without wiring. */
#ifndef JOBS_EFFECTS_JUDGE_H
#define JOBS_EFFECTS_JUDGE_H

#include "src/circuit/circuit.h"
#include "src/circuit/effects_pair.h"

#include <stdatomic.h>

typedef struct effects_options {
    double cut;                /* |effect| above it counts as moved */
    const circuit *only;       /* the edges to judge, of the fit; NULL: all that it has */
    bool no_lasso;             /* do without the second baseline, which takes a fit */
    bool no_baselines;         /* do without both */
    unsigned threads;          /* 0: all */
    uint64_t memory;           /* of the Lasso; 0: default */
    const atomic_bool *cancel; /* may be NULL */
    atomic_uint *solved;       /* counts the Lasso's targets; may be NULL */
} effects_options;

typedef struct effects_judge effects_judge;

/* Finds the pairs that can be judged. `layers` and `options` are borrowed. A fit with ridge 0
 * and no wiring is itself the plain Lasso, and is not fitted again. STATUS_INPUT: no such fit,
 * nothing was measured between its layers, or no measured pair is finished. */
status effects_judge_open(effects_judge **out, db *d, const layer_set *layers, int64_t fit_id,
                          const effects_options *options, error *err);
void effects_judge_close(effects_judge *j); /* NULL is fine */

uint32_t effects_judge_pairs(const effects_judge *j);
/* Measured pairs that are not fitted to their end, and so are not judged. */
uint32_t effects_judge_unfinished(const effects_judge *j);

/* How many targets the Lasso of pair i has to solve: 0 when it is not fitted. */
uint32_t effects_judge_targets(const effects_judge *j, uint32_t i);

/* Judges pair i. STATUS_INTERRUPTED, STATUS_MACHINE. */
status effects_judge_pair(effects_judge *j, uint32_t i, effects_pair *out, error *err);

#endif
