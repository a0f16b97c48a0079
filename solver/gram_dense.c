/* A dense layer of D features over M samples has D^2 / 2 inner products of length M, and many
 * targets want nearly all of them: 72 thousand million multiply-adds for 4,096 features over
 * 8,551 samples. They are formed as a matrix product is (product.c): the columns of a panel are
 * the vectors, and those from the panel on stream past. Threads share out panels.
 *
 * An entry that does not fit the table is computed alone when it is asked for, and has the same
 * bits: every entry is a sum in one order, whatever stands beside it. */
#include "solver/gram_dense.h"

#include "solver/design.h"
#include "solver/parallel.h"
#include "solver/product.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PANEL = WIDE_LANES };

_Static_assert(PANEL % TILE_A == 0, "a panel begins with a tile");

/* The entry, from the sum over centred values. */
static float finish(const lasso_design *design, uint32_t p, uint32_t q, double sum)
{
    if (design_is_ordinary(design, p) && design_is_ordinary(design, q))
        return (float)(sum * (design->inverse[p] * design->inverse[q]));
    const float *a = design_get(design, p).value;
    const float *b = design_get(design, q).value;
    double careful = 0;
    for (uint32_t i = 0; i < design->rows; i++)
        careful += (((double)a[i] - design->mean[p]) * design->inverse[p]) *
                   (((double)b[i] - design->mean[q]) * design->inverse[q]);
    return (float)careful;
}

void gram_dense_entries(const lasso_design *design, const uint32_t p[4], uint32_t q, float out[4])
{
    const float *column[4];
    float mean[4];
    double sum[4];
    for (uint32_t c = 0; c < 4; c++) {
        column[c] = design_get(design, p[c]).value;
        mean[c] = (float)design->mean[p[c]];
    }
    design->vector->centred_dots(column, mean, design_get(design, q).value, (float)design->mean[q],
                                 design->rows, sum);
    for (uint32_t c = 0; c < 4; c++)
        out[c] = finish(design, p[c], q, sum[c]);
}

typedef struct fill {
    const lasso_design *design;
    const atomic_bool *cancel;
    uint8_t *mine;    /* by rank: the row is ours to fill */
    atomic_uint next; /* panel; the first are the longest */
    atomic_bool failed;
} fill;

static uint32_t panel_count(const fill *f, uint32_t first)
{
    uint32_t hot = f->design->gram.hot;
    return hot - first < PANEL ? hot - first : PANEL;
}

static void file_products(const fill *f, const product *p, uint32_t first)
{
    const gram_table *table = &f->design->gram;
    for (uint32_t lane = 0; lane < panel_count(f, first); lane++) {
        uint32_t i = first + lane;
        const double *sum = product_of(p, f->design, lane);
        for (uint32_t j = i; j < table->hot; j++) {
            float entry = i == j ? 1 : finish(f->design, i, j, sum[(size_t)j * TILE_B]);
            if (f->mine[i])
                table->entry[(size_t)i * table->hot + j] = entry;
            if (f->mine[j])
                table->entry[(size_t)j * table->hot + i] = entry;
        }
    }
}

/* The inner products of a panel's columns with themselves and those after them. */
static bool fill_panel(const fill *f, product *p, uint32_t first)
{
    const lasso_design *design = f->design;
    uint32_t count = panel_count(f, first);
    for (uint32_t block = 0; block < product_blocks(design); block++)
        for (uint32_t lane = 0; lane < count; lane++)
            design->vector->centre(product_vector(p, lane, block),
                                   design_get(design, first + lane).value +
                                       (size_t)block * TILE_ROWS,
                                   (float)design->mean[first + lane], product_rows(design, block));
    if (!product_form(p, design, first, design->gram.hot, count, f->cancel))
        return false;
    file_products(f, p, first);
    return true;
}

static void fill_thread(void *user, unsigned thread)
{
    (void)thread;
    fill *f = user;
    product p;
    error ignored;
    if (product_create(&p, f->design, PANEL, &ignored) != STATUS_OK)
        atomic_store(&f->failed, true);
    while (!atomic_load(&f->failed)) {
        uint32_t panel = atomic_fetch_add(&f->next, 1);
        if (panel > f->design->gram.hot / PANEL || panel * PANEL == f->design->gram.hot)
            break;
        if (!fill_panel(f, &p, panel * PANEL))
            atomic_store(&f->failed, true);
    }
    product_release(&p);
}

void gram_dense_fill(const lasso_design *design, unsigned threads, const atomic_bool *cancel)
{
    const gram_table *table = &design->gram;
    fill f = {.design = design, .cancel = cancel};
    f.mine = mem_try(table->hot, sizeof *f.mine);
    if (!f.mine)
        return;
    uint32_t claimed = 0;
    for (uint32_t rank = 0; rank < table->hot; rank++) {
        f.mine[rank] = gram_row_claim(table, rank);
        claimed += f.mine[rank];
    }
    if (claimed > 0)
        parallel_run(threads, fill_thread, &f);
    for (uint32_t rank = 0; rank < table->hot; rank++)
        if (f.mine[rank])
            gram_row_release(table, rank, !atomic_load(&f.failed));
    free(f.mine);
}
