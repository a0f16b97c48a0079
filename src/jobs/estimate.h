/* About how long a fit will take and how large it will be, from a trial on a few targets.
 *
 * The trial takes some of the fit's regressions, and solves some targets of each, spread evenly
 * over the layer, on one thread; the others are taken to be like them. It is meant to be right
 * within a factor of two, in a second or two; nothing is stored. */
#ifndef JOBS_ESTIMATE_H
#define JOBS_ESTIMATE_H

#include "src/jobs/fit.h"

typedef struct estimate {
    double seconds;        /* on so many threads as were asked for */
    uint64_t edges, bytes; /* in the workspace */
    uint64_t wired_alone;  /* of the edges, those that only the wiring will speak for */
    double parents;        /* a target, in the regression */
    uint32_t targets, tried;
} estimate;

/* Keeps the layers of the last trial in memory, so that the next one on them is quick. */
typedef struct estimator estimator;

estimator *estimator_create(void);
void estimator_free(estimator *e); /* NULL is fine */

/* threads 0: as many as the machine has. STATUS_INTERRUPTED when `cancel` (may be NULL) was set
 * meanwhile; STATUS_INPUT with a sentence when there is nothing to try, or the number of edges is
 * what the fit itself must find out (cross-validation). */
status estimate_fit(estimator *e, db *d, const layer_set *layers, const fit_request *request,
                    unsigned threads, const atomic_bool *cancel, estimate *out, error *err);

#endif
