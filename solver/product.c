/* What a dense layer costs is M D multiply-adds a vector, so they are made as a library would make
 * them: up to 96 vectors lie side by side, 1,024 samples of them at a time in a core's
 * second-level cache, and all columns stream past, four by four, centred on their way; tiles of
 * four columns by six vectors take them through the registers, and meanwhile the next four columns
 * are fetched.
 *
 * The product is our own, not a library's, because every sum here is made in one order, whatever
 * the other lanes hold and however many they are, which a library does not promise: an inner
 * product that a table has no room for is formed alone, with the same bits, and a target's
 * correlations do not depend on the targets beside it. */
#include "solver/product.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_A_POLL = 384, LINE = 64, TILE = TILE_A * TILE_B };

_Static_assert(WIDE_LANES % TILE_B == 0, "lanes are made of whole tiles");
_Static_assert(COLUMNS_A_POLL % TILE_A == 0, "a poll falls on the first column of a tile");

static uint32_t groups(const lasso_design *design)
{
    return design->size / TILE_A + (design->size % TILE_A != 0);
}

status product_create(product *p, const lasso_design *design, uint32_t lanes, error *err)
{
    lanes += (TILE_B - lanes % TILE_B) % TILE_B;
    size_t floats = (size_t)product_blocks(design) * lanes * TILE_STRIDE;
    size_t sums = (size_t)(lanes / TILE_B) * groups(design) * TILE;
    *p = (product){
        .lanes = lanes,
        .vector = aligned_alloc(LINE, floats * sizeof *p->vector + LINE),
        .panel = aligned_alloc(LINE, (size_t)TILE_A * TILE_STRIDE * sizeof *p->panel),
        .sum = aligned_alloc(LINE, sums * sizeof *p->sum + LINE),
    };
    if (!p->vector || !p->panel || !p->sum)
        return error_memory(err, "products of a dense layer");
    memset(p->vector, 0, floats * sizeof *p->vector); /* lanes that nobody fills */
    return STATUS_OK;
}

void product_release(product *p)
{
    free(p->vector);
    free(p->panel);
    free(p->sum);
    *p = (product){0};
}

/* What lies in these columns, a share of it. */
static void fetch(const float *const column[TILE_A], uint32_t rows, uint32_t share,
                  uint32_t shares)
{
    const uint32_t step = LINE / sizeof(float);
    for (uint32_t c = 0; c < TILE_A; c++)
        for (uint32_t i = share * step; i < rows; i += shares * step)
            __builtin_prefetch(column[c] + i);
}

/* The last columns stand for those that are missing in the last tile. */
static uint32_t rank_of(const lasso_design *design, uint32_t group, uint32_t c)
{
    uint32_t k = group * TILE_A + c;
    return k < design->size ? k : design->size - 1;
}

/* Adds the products of a group of columns over some samples. */
static void multiply(product *p, const lasso_design *design, uint32_t group, uint32_t next,
                     uint32_t block, uint32_t tiles)
{
    uint32_t rows = product_rows(design, block);
    const float *a[TILE_A];
    const float *b[TILE_B];
    const float *coming[TILE_A];
    for (uint32_t c = 0; c < TILE_A; c++) {
        uint32_t k = rank_of(design, group, c);
        float *to = p->panel + (size_t)c * TILE_STRIDE;
        design->vector->centre(to, design_get(design, k).value + (size_t)block * TILE_ROWS,
                               (float)design->mean[k], rows);
        a[c] = to;
        coming[c] = design_get(design, rank_of(design, next, c)).value + (size_t)block * TILE_ROWS;
    }
    for (uint32_t tile = 0; tile < tiles; tile++) {
        fetch(coming, rows, tile, tiles);
        for (uint32_t c = 0; c < TILE_B; c++)
            b[c] = product_vector(p, tile * TILE_B + c, block);
        design->vector->centred_tile(a, b, rows,
                                     p->sum + ((size_t)tile * groups(design) + group) * TILE);
    }
}

bool product_form(product *p, const lasso_design *design, uint32_t first, uint32_t end,
                  uint32_t lanes, const atomic_bool *cancel)
{
    uint32_t from = first / TILE_A;
    uint32_t to = end / TILE_A + (end % TILE_A != 0);
    uint32_t tiles = (lanes - 1) / TILE_B + 1;
    for (uint32_t tile = 0; tile < tiles; tile++)
        memset(p->sum + ((size_t)tile * groups(design) + from) * TILE, 0,
               (size_t)(to - from) * TILE * sizeof *p->sum);
    for (uint32_t block = 0; block < product_blocks(design); block++) {
        for (uint32_t group = from; group < to; group++) {
            if (group * TILE_A % COLUMNS_A_POLL == 0 && cancel && atomic_load(cancel))
                return false;
            multiply(p, design, group, group + 1 < to ? group + 1 : group, block, tiles);
        }
    }
    return true;
}

const double *product_of(const product *p, const lasso_design *design, uint32_t lane)
{
    return p->sum + (size_t)(lane / TILE_B) * groups(design) * TILE + lane % TILE_B;
}
