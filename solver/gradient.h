/* The gradients of all features of a dense layer, from its inner products. */
#ifndef SOLVER_GRADIENT_H
#define SOLVER_GRADIENT_H

#include "solver/screen.h"

/* Wider layers are screened by passes over the data alone. */
enum { GRADIENT_WIDEST = 8192 };

/* By the layer's shape alone, so that results do not depend on the memory setting. */
static inline bool gradient_is_cheap(const lasso_design *design)
{
    return design->x->dense && design->size <= GRADIENT_WIDEST;
}

/* One thread's scratch, design->size each. */
typedef struct gradient_space {
    double *g;
    float *row;
    uint32_t *all; /* 0, 1, 2, ... */
} gradient_space;

status gradient_space_create(gradient_space *space, const lasso_design *design, error *err);
void gradient_space_release(gradient_space *space);

/* After a pass: the lane's coefficients are those that l->base belongs to. */
void gradient_start(lane *l);

/* From l->base and what the coefficients moved since: sets g, r.rr and violators of the lane.
 * `member`, `bit`: its working set, see screen_dense. */
void gradient_screen(const lasso_design *design, lane *l, const uint8_t *member, uint8_t bit,
                     gradient_space *space);

#endif
