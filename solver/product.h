/* The matrix product of a dense layer with vectors that lie side by side, in float. */
#ifndef SOLVER_PRODUCT_H
#define SOLVER_PRODUCT_H

#include "solver/design.h"

/* One thread's memory. */
typedef struct product {
    uint32_t lanes; /* vectors that there is room for: whole tiles */
    float *vector;  /* see product_vector */
    float *panel;   /* TILE_A columns of TILE_ROWS samples, centred */
    double *sum;    /* for every TILE_B lanes, tile after tile; a tile is of TILE_A columns */
} product;

status product_create(product *p, const lasso_design *design, uint32_t lanes, error *err);
void product_release(product *p);

/* Blocks of TILE_ROWS samples; the last is shorter. */
static inline uint32_t product_blocks(const lasso_design *design)
{
    return design->rows / TILE_ROWS + (design->rows % TILE_ROWS != 0);
}

static inline uint32_t product_rows(const lasso_design *design, uint32_t block)
{
    uint32_t left = design->rows - block * TILE_ROWS;
    return left < TILE_ROWS ? left : TILE_ROWS;
}

/* Where the samples of a block are in the vector of a lane: to be filled before product_form. */
static inline float *product_vector(const product *p, uint32_t lane, uint32_t block)
{
    return p->vector + ((size_t)block * p->lanes + lane) * TILE_STRIDE;
}

/* Forms (z_k - s_k)'v for every rank k in [first, end) and the vectors of the first `lanes` lanes,
 * s_k being the mean in float; first is a multiple of TILE_A, lanes > 0. False: cancelled
 * meanwhile. */
bool product_form(product *p, const lasso_design *design, uint32_t first, uint32_t end,
                  uint32_t lanes, const atomic_bool *cancel);

/* Those of a lane: rank k's is at [k * TILE_B]. */
const double *product_of(const product *p, const lasso_design *design, uint32_t lane);

#endif
