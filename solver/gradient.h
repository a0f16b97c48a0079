/* The gradients of all features of a dense layer, from its inner products. */
#ifndef SOLVER_GRADIENT_H
#define SOLVER_GRADIENT_H

#include "solver/dense.h"

/* Wider layers are screened by passes over the data alone. */
enum { GRADIENT_WIDEST = 8192 };

/* By the layer's shape alone, so that results do not depend on the memory setting. */
static inline bool gradient_is_cheap(const lasso_design *design)
{
    return design->x->dense && design->size <= GRADIENT_WIDEST;
}

/* One thread's, for the target at hand; design->size each. */
typedef struct gradient_space {
    double *base; /* the target's correlations, estimated by a pass */
    dense_doubt doubt;
    double *g;    /* (z - mean)'r as the inner products have it */
    double *off;  /* by number in the working set: how far g was found to be off */
    float *moved; /* what the coefficients take off g, of unit columns and a unit target */
    float *row;
    uint32_t *all; /* 0, 1, 2, ... */
} gradient_space;

status gradient_space_create(gradient_space *space, const lasso_design *design, error *err);
void gradient_space_release(gradient_space *space);

/* A target without coefficients yet, space->base being its own. */
void gradient_start(gradient_space *space, const lasso_design *design);

/* At the lane's coefficients, of which its g is: sets r.rr, and what exceeds its threshold as its
 * violators. False: out of memory. */
bool gradient_screen(gradient_space *space, const lasso_design *design, lane *l);

/* The gradients of members of the working set from number `first` on, which have just entered. */
void gradient_enter(gradient_space *space, const lasso_design *design, lane *l, uint32_t first);

/* How far space->g may be off after gradient_screen. */
dense_doubt gradient_doubt(const gradient_space *space, const lasso_design *design, const lane *l);

/* The certificate (dense_settle) after gradient_screen; r is the residual, which l->r belongs to.
 */
bool gradient_settle(gradient_space *space, const lasso_design *design, lane *l, const double *r);

#endif
