/* Error control of stability selection: what check_stability.c sums over targets. */
#ifndef JOBS_STABILITY_H
#define JOBS_STABILITY_H

#include <stdint.h>

/* C(tau, B) of theorem 2 of Shah and Samworth (2013): the bound on the expected number of selected
 * low-probability candidates, as a part of theta times their expected number in a half, if the
 * distribution of their frequency over `pairs` complementary pairs is unimodal. NaN where the
 * theorem does not hold: theta above 1/sqrt(3), or a cut that is too low for theta and pairs. */
double stability_unimodal(double cut, double theta, uint32_t pairs);

#endif
