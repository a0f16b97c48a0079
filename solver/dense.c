/* Correlations of a dense layer are a matrix product, and bound by arithmetic: it is made in
 * float, twice as fast as double and half the memory, in the tiles that the table of inner products
 * is made of (gram_dense.c). 96 residuals lie side by side, 1,024 samples of them at a time in a
 * core's second-level cache, and all columns stream past, centred on their way. Every product is a
 * sum in one order, whatever the other lanes hold, which a library's product does not promise.
 *
 * As in a sweep (sweep.c), what float cannot rule out is computed again in double from the data,
 * and so is every parent: nothing that float touched is in a certificate. How wrong it can be:
 * a column is centred by s, its mean in float, and rounded, x = fl(z - s); a residual of unit
 * length is rounded; the sum runs in chains of at most 128 products (the plain kernels': in
 * double), which are then added in double. With
 *
 *     a_k = 2^-24 sqrt(M) |mu_k| / |z_k - mu_k|,    |z_k - s| <= |z_k - mu_k| (1 + a_k)
 *
 * the product is off by less than (128 + 4 + 2) 2^-24 |z_k - s|, and by nothing for the shift of
 * the mean, as the residual sums to zero: `dense_error` is 144 of the 2^-24, for terms of second
 * order, and for the inner products of gradient.c, which are rounded once more. Underflow costs less
 * than that margin as long as a column's length is not beyond 1e-12 or 1e12; other columns are left
 * to double. */
#include "solver/dense.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_A_POLL = 384, LINE = 64 };

_Static_assert(WIDE_LANES % TILE_B == 0, "lanes are made of whole tiles");

static uint32_t groups(const lasso_design *design)
{
    return design->size / TILE_A + (design->size % TILE_A != 0);
}

static uint32_t blocks(const lasso_design *design)
{
    return design->rows / TILE_ROWS + (design->rows % TILE_ROWS != 0);
}

status dense_space_create(dense_space *space, const lasso_design *design, uint32_t lanes,
                          error *err)
{
    lanes += (TILE_B - lanes % TILE_B) % TILE_B;
    size_t residuals = (size_t)blocks(design) * lanes * TILE_ROWS * sizeof *space->residual;
    size_t products =
        (size_t)(lanes / TILE_B) * groups(design) * TILE_A * TILE_B * sizeof *space->product;
    *space = (dense_space){
        .lanes = lanes,
        .residual = aligned_alloc(LINE, residuals + LINE),
        .panel = aligned_alloc(LINE, (size_t)TILE_A * TILE_ROWS * sizeof *space->panel),
        .product = aligned_alloc(LINE, products + LINE),
    };
    if (!space->residual || !space->panel || !space->product)
        return error_memory(err, "the solver's threads");
    memset(space->residual, 0, residuals);
    return STATUS_OK;
}

void dense_space_release(dense_space *space)
{
    free(space->residual);
    free(space->panel);
    free(space->product);
    *space = (dense_space){0};
}

static bool ordinary(const lasso_design *design, uint32_t rank)
{
    return design->norm[rank] > 1e-12 && design->norm[rank] < 1e12;
}

void dense_lay(dense_space *space, const lasso_design *design, const lane *l, const double *r,
               uint32_t t)
{
    double unit = l->r.rr > 0 ? 1 / sqrt(l->r.rr) : 0;
    double mean = l->r.sum / design->rows;
    for (uint32_t b = 0; b < blocks(design); b++) {
        uint32_t first = b * TILE_ROWS;
        uint32_t rows = design->rows - first < TILE_ROWS ? design->rows - first : TILE_ROWS;
        float *to = space->residual + ((size_t)b * space->lanes + t) * TILE_ROWS;
        for (uint32_t i = 0; i < rows; i++)
            to[i] = (float)((r[first + i] - mean) * unit);
    }
}

/* What lies in these columns from `from` on, a share of it. */
static void fetch(const float *const column[TILE_A], uint32_t from, uint32_t rows, uint32_t share,
                  uint32_t shares)
{
    const uint32_t step = LINE / sizeof(float);
    for (uint32_t c = 0; c < TILE_A; c++)
        for (uint32_t i = share * step; i < rows; i += shares * step)
            __builtin_prefetch(column[c] + from + i);
}

static void find_columns(const lasso_design *design, uint32_t group, const float *column[TILE_A])
{
    for (uint32_t c = 0; c < TILE_A; c++) {
        uint32_t k = group * TILE_A + c;
        column[c] = design_get(design, k < design->size ? k : design->size - 1).value;
    }
}

/* Adds TILE_A columns' products over some samples, and fetches the columns that come next. */
static void multiply(dense_space *space, const lasso_design *design, uint32_t group,
                     uint32_t block, const float *const column[TILE_A],
                     const float *const next[TILE_A])
{
    uint32_t first = block * TILE_ROWS;
    uint32_t rows = design->rows - first < TILE_ROWS ? design->rows - first : TILE_ROWS;
    const float *a[TILE_A];
    const float *b[TILE_B];
    for (uint32_t c = 0; c < TILE_A; c++) {
        uint32_t k = group * TILE_A + c;
        float *to = space->panel + (size_t)c * TILE_ROWS;
        design->vector->centre(to, column[c] + first,
                               (float)design->mean[k < design->size ? k : design->size - 1], rows);
        a[c] = to;
    }
    uint32_t tiles = space->last / TILE_B + 1;
    for (uint32_t tile = 0; tile < tiles; tile++) {
        fetch(next, first, rows, tile, tiles);
        for (uint32_t c = 0; c < TILE_B; c++)
            b[c] = space->residual +
                   ((size_t)block * space->lanes + tile * TILE_B + c) * TILE_ROWS;
        design->vector->centred_tile(a, b, rows,
                                     space->product + ((size_t)tile * groups(design) + group) *
                                                          (TILE_A * TILE_B));
    }
}

bool dense_pass(dense_space *space, const lasso_design *design, const lane *lanes,
                const atomic_bool *cancel)
{
    space->last = 0;
    for (uint32_t t = 0; t < space->lanes && t < WIDE_LANES; t++)
        space->last = lanes[t].busy ? t : space->last;
    uint32_t count = groups(design);
    memset(space->product, 0,
           (size_t)(space->last / TILE_B + 1) * count * TILE_A * TILE_B * sizeof *space->product);
    const float *column[TILE_A];
    const float *next[TILE_A];
    for (uint32_t block = 0; block < blocks(design); block++) {
        find_columns(design, 0, next);
        for (uint32_t group = 0; group < count; group++) {
            if (group * TILE_A % COLUMNS_A_POLL == 0 && cancel && atomic_load(cancel))
                return false;
            memcpy(column, next, sizeof column);
            find_columns(design, group + 1 < count ? group + 1 : 0, next);
            multiply(space, design, group, block, column, next);
        }
    }
    return true;
}

double dense_exact(const lasso_design *design, uint32_t rank, const double *r, double sum)
{
    design_column z = design_get(design, rank);
    return design->vector->dot(z.value, r, design->rows) - design->mean[rank] * sum;
}

dense_doubt dense_estimates(const dense_space *space, const lasso_design *design, const lane *l,
                            const double *r, uint32_t t, double *g)
{
    double length = sqrt(l->r.rr);
    const double *product = space->product + (size_t)(t / TILE_B) * groups(design) *
                                                 (TILE_A * TILE_B) + t % TILE_B;
    for (uint32_t k = 0; k < design->size; k++)
        g[k] = ordinary(design, k) ? product[(size_t)k * TILE_B] * length
                                   : dense_exact(design, k, r, l->r.sum);
    return (dense_doubt){dense_error * length, dense_error * length};
}

static double doubt_of(const lasso_design *design, uint32_t rank, dense_doubt doubt)
{
    return design->norm[rank] * (doubt.all + doubt.shifted * dense_shift(design, rank));
}

void dense_largest(const lasso_design *design, lane *l, const double *r, double *g,
                   dense_doubt doubt)
{
    double least = 0; /* lambda_max is not below */
    for (uint32_t k = 0; k < design->size; k++)
        least = fmax(least, (fabs(g[k]) - doubt_of(design, k, doubt)) / design->penalty[k]);
    l->worst = 0;
    for (uint32_t k = 0; k < design->size; k++) {
        if ((fabs(g[k]) + doubt_of(design, k, doubt)) / design->penalty[k] < least)
            continue;
        g[k] = dense_exact(design, k, r, l->r.sum);
        l->worst = fmax(l->worst, fabs(g[k]) / design->penalty[k]);
    }
    l->lambda_max = l->worst;
}

bool dense_candidates(const lasso_design *design, lane *l, const double *g)
{
    const kernels *v = design->vector;
    double limit = l->limit * screen_slack;
    l->violator_count = 0;
    for (size_t k = 0;; k++) {
        k = v->next_above(g, design->penalty, limit, k, design->size);
        if (k == design->size)
            return true;
        if (!lane_has(l, (uint32_t)k) && !lane_note(l, (violator){(uint32_t)k, g[k]}))
            return false;
    }
}

bool dense_settle(const lasso_design *design, lane *l, const double *r, double *g,
                  dense_doubt doubt)
{
    for (uint32_t k = 0; k < design->size; k++) {
        bool member = lane_has(l, k);
        double bound = l->threshold * screen_slack * design->penalty[k];
        if ((member && l->u[l->place[k]] != 0) ||
            !(fabs(g[k]) + doubt_of(design, k, doubt) <= bound))
            g[k] = dense_exact(design, k, r, l->r.sum);
    }
    l->worst = 0;
    for (uint32_t j = 0; j < l->size; j++) {
        uint32_t k = l->rank[j];
        double penalty = design->penalty[k];
        double weight = l->u[j] * (l->y.norm * design->inverse[k]);
        l->g[j] = g[k] - design->ridge[k] * weight;
        l->worst = fmax(l->worst, fabs(l->g[j]) / penalty);
    }
    if (!dense_candidates(design, l, g))
        return false;
    for (uint32_t v = 0; v < l->violator_count; v++)
        if (screen_exceeds(l->violators[v].g, design->penalty[l->violators[v].rank], l->threshold))
            l->worst =
                fmax(l->worst, fabs(l->violators[v].g) / design->penalty[l->violators[v].rank]);
    l->certified = true;
    return true;
}
