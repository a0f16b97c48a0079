/* A target being solved, and which features break their bound. */
#ifndef SOLVER_SCREEN_H
#define SOLVER_SCREEN_H

#include "solver/certificate.h"

#include <math.h>

/* A feature outside the working set whose correlation with the residual exceeds a limit. */
typedef struct violator {
    uint32_t rank;
    double g; /* (z - mean)'r */
} violator;

/* One target being solved. */
typedef struct lane {
    bool busy;
    uint32_t slot;   /* its place among the targets asked for */
    uint32_t column; /* of y */
    unsigned round;
    column_moments y;
    double lambda_max; /* M times it, for unscaled y */
    uint32_t point;    /* of the path */
    double threshold;  /* M lambda of that point, for unscaled y */
    double limit;      /* violators are noted from here on: see target_enter */
    residual r;
    double gap;

    double *residual; /* sparse layers: y - Z a - b, by sample */

    /* working set, in the order of entry */
    uint32_t size;
    uint32_t *rank;
    uint32_t room;   /* of rank, u and g */
    uint32_t *place; /* by rank, design->size long: its number in the working set, if a member */
    double *u;
    double *g; /* (z - mean)'r - kappa a, on the data's scale */

    bool certify; /* the next pass must be a certificate, whatever it finds */

    /* what the last look at all features found */
    bool certified; /* g and worst are of the data; else, g of the members is the inner solver's */
    double worst;   /* largest |g_k| / p_k, in the working set or out */
    violator *violators;
    uint32_t violator_count, violator_room;
} lane;

static inline bool lane_has(const lane *l, uint32_t rank)
{
    return l->place[rank] < l->size && l->rank[l->place[rank]] == rank;
}

/* Room for a working set of that size, or for so many violators. False: out of memory. */
bool lane_reserve(lane *l, uint32_t size);
bool lane_reserve_violators(lane *l, uint32_t count);

static inline bool lane_note(lane *l, violator v)
{
    if (l->violator_count == l->violator_room &&
        !lane_reserve_violators(l, 2 * l->violator_room + 256))
        return false;
    l->violators[l->violator_count++] = v;
    return true;
}

/* Whether |g| breaks the bound threshold * penalty. The slack, far below any tolerance, is for
 * lambda = lambda_max, where a parent must not come from the last bit of a division. */
static const double screen_slack = 1 + 1e-13;

static inline bool screen_exceeds(double g, double penalty, double threshold)
{
    return fabs(g) > threshold * screen_slack * penalty;
}

/* Looks at the correlations of a target with all features (no working set yet): sets worst. */
void screen_correlations(const lasso_design *design, lane *l, const double *correlation);

/* Collects the features whose correlation exceeds l->limit. False: out of memory. */
bool screen_candidates(const lasso_design *design, lane *l, const double *correlation);

/* Drops the violators that this threshold admits. */
void screen_drop_within(lane *l, const lasso_design *design, double threshold);

/* Whether a gap may be small with these violators. */
bool screen_may_be_done(const lane *l, const lasso_design *design);

/* Keeps the `most` violators that promise the largest decrease, ranks ascending. */
void screen_select(const lasso_design *design, lane *l, uint32_t most);

#endif
