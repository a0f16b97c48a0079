/* Error control of stability selection, over targets: see check_stability.c for what it means. */
#ifndef JOBS_STABILITY_H
#define JOBS_STABILITY_H

#include "src/jobs/findings.h"

/* C(tau, B) of theorem 2 of Shah and Samworth (2013): the bound on the expected number of selected
 * low-probability candidates, as a part of theta times their expected number in a half, if the
 * distribution of their frequency over `pairs` complementary pairs is unimodal. NaN where the
 * theorem does not hold: theta above 1/sqrt(3), or a cut that is too low for theta and pairs. */
double stability_unimodal(double cut, double theta, uint32_t pairs);

/* How many edges came back in how many halves, and the bounds at each cut. */
typedef struct stability_tally {
    uint32_t pairs;           /* B: the lists below have 2B + 1 entries, by count of halves */
    uint64_t *edges;          /* of this count */
    double *worst, *unimodal; /* expected false edges at or above it, at most */
} stability_tally;

stability_tally stability_tally_create(uint32_t pairs);
void stability_tally_release(stability_tally *t);

/* An edge of this frequency. */
void stability_add_edge(stability_tally *t, double frequency);
/* A target that has q parents in a half on average, of so many sources that vary. */
void stability_add_target(stability_tally *t, double q, double sources);

/* Curves and figures for this cut. bounds: false where no targets were added. */
void stability_tell(const stability_tally *t, double cut, bool bounds, findings *out);

#endif
