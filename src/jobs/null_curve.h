/* The strengths at which the null check counts edges, and what the counts come to. */
#ifndef JOBS_NULL_CURVE_H
#define JOBS_NULL_CURVE_H

#include "src/jobs/findings.h"

#include <stddef.h>

/* Thresholds of a pair, or (layers 0) of the whole circuit: the |removal| of its edges of ranks 1,
 * 2, 3, ... further and further apart, edges of one strength together. The last is 0. */
typedef struct null_curve {
    int64_t source_layer, target_layer;
    uint32_t points;
    double *edges;     /* points: the circuit's edges at or above the threshold */
    double *threshold; /* points, descending */
} null_curve;

/* Sorts `strength`. */
void null_curve_make(null_curve *c, double *strength, size_t count);
void null_curve_release(null_curve *c);

/* The first point that an edge of this strength counts at (it counts at all points after it). */
uint32_t null_curve_place(const null_curve *c, double strength);

/* Sums over the rounds, at each point of a curve. */
typedef struct null_totals {
    double *sum;      /* edges by chance at or above the threshold */
    double *variance; /* of that sum */
} null_totals;

null_totals null_totals_create(const null_curve *c);
void null_totals_release(null_totals *t);

/* Adds what the report has of the pair `of` in these series. */
void null_totals_add(null_totals *t, const check_report *r, const null_curve *of,
                     const char *series, const char *squares, double rounds);

/* The false discovery rate at each point, and the threshold that brings it down to `rate`; see
 * check_null.c. */
void null_curve_judge(const null_curve *c, const null_totals *t, double rounds, double rate,
                      findings *out);

#endif
