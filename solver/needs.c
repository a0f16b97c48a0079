/* Counts what lasso_design_create, workspace_create and what grows behind it (product.h,
 * descent.h, gram_set.h, newton.c) allocate, at the largest that a working set may become: one
 * that holds every feature, on its Gram matrix up to GRAM_LIMIT members. Most fits stay far below
 * that; a promise must not. */
#include "solver/needs.h"

#include "solver/newton.h"
#include "solver/target.h"

enum { OPEN_BLOCKS = 2 };

uint64_t layer_shape_bytes(const layer_shape *layer)
{
    if (layer->dense)
        return (uint64_t)layer->rows * layer->cols * sizeof(float);
    return layer->entries * (sizeof(uint32_t) + sizeof(float)) +
           ((uint64_t)layer->cols + 1) * sizeof(uint64_t);
}

static uint64_t shared_bytes(const layer_shape *x, const layer_shape *y)
{
    uint64_t cols = x->cols;
    uint64_t moments = cols * (sizeof(column_moments) + 16); /* while columns are measured */
    uint64_t bytes = moments + cols * (sizeof(uint32_t) + 5 * sizeof(double));
    if (!x->dense)
        bytes += cols * (sizeof(uint32_t) + sizeof(sweep_column)) +
                 ((uint64_t)x->rows + 2) * sizeof(uint64_t) +
                 x->entries * (sizeof(uint32_t) + sizeof(float));
    return bytes + (uint64_t)y->cols * 24; /* while lambda is chosen */
}

/* One target in flight, all features in its working set; lists grow by half, or by twice. */
static uint64_t lane_bytes(const layer_shape *x)
{
    uint64_t cols = x->cols;
    uint64_t set = cols * (sizeof(uint32_t) + 2 * sizeof(double)) * 3 / 2;
    uint64_t places = (cols + 1) * sizeof(uint32_t);
    uint64_t found = (2 * cols + 256) * sizeof(violator);
    return set + places + found + (x->dense ? 0 : x->rows * sizeof(double));
}

/* The working set's Gram matrix, and what forming it and Newton steps take. */
static uint64_t gram_bytes(const layer_shape *x)
{
    uint64_t side = x->cols < GRAM_LIMIT ? x->cols : GRAM_LIMIT;
    uint64_t active = x->cols < NEWTON_MOST ? x->cols : NEWTON_MOST;
    uint64_t bytes = (side + 16) * (side + 16) * sizeof(float) * 3 / 2 +
                     2 * active * active * sizeof(double) + x->rows * sizeof(double);
    if (!x->dense)
        bytes += x->entries * 2 * sizeof(uint32_t) * 3 / 2 +
                 ((uint64_t)x->rows + 2) * sizeof(uint32_t) + 3 * x->cols * sizeof(double) +
                 32 * 1024;
    return bytes;
}

/* What a pass over a dense layer takes; filling the table takes the same before. */
static uint64_t product_bytes(const layer_shape *x)
{
    uint64_t blocks = x->rows / TILE_ROWS + 1;
    uint64_t tiles = (uint64_t)(WIDE_LANES / TILE_B) * (x->cols / TILE_A + 1);
    return (blocks * WIDE_LANES + TILE_A) * TILE_STRIDE * sizeof(float) +
           tiles * TILE_A * TILE_B * sizeof(double);
}

static uint64_t thread_bytes(const layer_shape *x, uint32_t block, uint32_t points)
{
    uint64_t cols = x->cols;
    uint64_t lanes = x->dense ? WIDE_LANES : SWEEP_LANES;
    uint64_t results = (lanes + (uint64_t)OPEN_BLOCKS * block) * points *
                       (sizeof(lasso_result) + cols * (sizeof(uint32_t) + sizeof(double)));
    uint64_t scratch = x->rows * sizeof(double) + cols * 5 * sizeof(double) +
                       cols * (2 * sizeof(double) + 3 * sizeof(uint32_t));  /* descent_space */
    uint64_t pass = x->dense ? product_bytes(x) + cols * 6 * sizeof(double) /* gradient_space */
                             : x->rows * lanes * sizeof(float) + 64 * 1024;
    return results + scratch + pass + lanes * lane_bytes(x) + gram_bytes(x);
}

solve_needs solve_needs_measure(const layer_shape *x, const layer_shape *y, uint32_t block,
                                uint32_t points)
{
    uint64_t cols = x->cols;
    uint64_t width = x->dense || cols < GRAM_POPULAR ? cols : GRAM_POPULAR;
    return (solve_needs){.shared = shared_bytes(x, y),
                         .thread = thread_bytes(x, block, points),
                         .table = cols * width * sizeof(float) + cols};
}
