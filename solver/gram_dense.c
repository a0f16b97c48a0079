/* A dense layer of D features over M samples has D^2 / 2 inner products of length M, and many
 * targets want nearly all of them: 72 thousand million multiply-adds for 4,096 features over
 * 8,551 samples. They are formed as a matrix product is: two panels of 96 columns, centred, 1,024
 * samples at a time, stay in a core's second-level cache, and tiles of 4 columns by 6 take a
 * panel through the registers. Threads share out pairs of panels.
 *
 * The product is our own, not a library's, because an entry that does not fit the table is
 * computed alone when it is asked for, and must have the same bits: here every entry is a sum in
 * one order, whatever stands beside it. */
#include "solver/gram_dense.h"

#include "solver/design.h"
#include "solver/parallel.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { PANEL = 96 };

_Static_assert(PANEL % TILE_A == 0 && PANEL % TILE_B == 0, "panels are made of whole tiles");

/* Whether products of a dense column's values stay in the range of float. */
static bool ordinary(const lasso_design *design, uint32_t rank)
{
    return design->norm[rank] > 1e-12 && design->norm[rank] < 1e12;
}

/* The entry, from the sum over centred values. */
static float finish(const lasso_design *design, uint32_t p, uint32_t q, double sum)
{
    if (ordinary(design, p) && ordinary(design, q))
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
    uint8_t *mine; /* by rank: the row is ours to fill */
    uint32_t panels;
    atomic_uint next; /* pair of panels */
    atomic_bool failed;
} fill;

/* One thread's two panels and their products. */
typedef struct panels {
    float *a, *b; /* PANEL columns of TILE_ROWS */
    double *sum;  /* tile after tile */
} panels;

static uint32_t panel_count(const fill *f, uint32_t first)
{
    uint32_t hot = f->design->gram.hot;
    return hot - first < PANEL ? hot - first : PANEL;
}

static void centre_panel(const fill *f, uint32_t first, uint32_t row, uint32_t rows, float *out)
{
    const lasso_design *design = f->design;
    uint32_t count = panel_count(f, first);
    for (uint32_t c = 0; c < count; c++)
        design->vector->centre(out + (size_t)c * TILE_ROWS,
                               design_get(design, first + c).value + row,
                               (float)design->mean[first + c], rows);
}

static double *tile_of(const panels *w, uint32_t p, uint32_t q)
{
    return w->sum + ((size_t)(p / TILE_A) * (PANEL / TILE_B) + q / TILE_B) * (TILE_A * TILE_B);
}

/* Adds the products over some rows. Tiles that reach over the last column repeat old columns. */
static void multiply(const fill *f, const panels *w, uint32_t p_count, uint32_t q_count,
                     uint32_t rows)
{
    const float *a[TILE_A];
    const float *b[TILE_B];
    for (uint32_t q = 0; q < q_count; q += TILE_B) {
        for (uint32_t c = 0; c < TILE_B; c++)
            b[c] = w->b + (size_t)(q + c < q_count ? q + c : q) * TILE_ROWS;
        for (uint32_t p = 0; p < p_count; p += TILE_A) {
            for (uint32_t c = 0; c < TILE_A; c++)
                a[c] = w->a + (size_t)(p + c < p_count ? p + c : p) * TILE_ROWS;
            f->design->vector->centred_tile(a, b, rows, tile_of(w, p, q));
        }
    }
}

static void file_products(const fill *f, const panels *w, uint32_t p_first, uint32_t q_first)
{
    const gram_table *table = &f->design->gram;
    uint32_t p_count = panel_count(f, p_first);
    uint32_t q_count = panel_count(f, q_first);
    for (uint32_t p = 0; p < p_count; p++) {
        for (uint32_t q = 0; q < q_count; q++) {
            uint32_t i = p_first + p;
            uint32_t j = q_first + q;
            if (j < i)
                continue;
            double sum = tile_of(w, p, q)[p % TILE_A * TILE_B + q % TILE_B];
            float entry = i == j ? 1 : finish(f->design, i, j, sum);
            if (f->mine[i])
                table->entry[(size_t)i * table->hot + j] = entry;
            if (f->mine[j])
                table->entry[(size_t)j * table->hot + i] = entry;
        }
    }
}

static void fill_pair(const fill *f, const panels *w, uint32_t p_first, uint32_t q_first)
{
    const lasso_design *design = f->design;
    memset(w->sum, 0, (size_t)PANEL * PANEL * sizeof *w->sum);
    for (uint32_t row = 0; row < design->rows; row += TILE_ROWS) {
        uint32_t rows = design->rows - row < TILE_ROWS ? design->rows - row : TILE_ROWS;
        centre_panel(f, p_first, row, rows, w->a);
        centre_panel(f, q_first, row, rows, w->b);
        multiply(f, w, panel_count(f, p_first), panel_count(f, q_first), rows);
    }
    file_products(f, w, p_first, q_first);
}

static void fill_thread(void *user, unsigned thread)
{
    (void)thread;
    fill *f = user;
    panels w = {.a = mem_try((size_t)PANEL * TILE_ROWS, sizeof *w.a),
                .b = mem_try((size_t)PANEL * TILE_ROWS, sizeof *w.b),
                .sum = mem_try((size_t)PANEL * PANEL, sizeof *w.sum)};
    if (!w.a || !w.b || !w.sum)
        atomic_store(&f->failed, true);
    while (!atomic_load(&f->failed)) {
        uint32_t pair = atomic_fetch_add(&f->next, 1);
        uint32_t p = 0; /* row p of the upper triangle has panels - p pairs */
        while (p < f->panels && pair >= f->panels - p)
            pair -= f->panels - p++;
        if (p == f->panels)
            break;
        fill_pair(f, &w, p * PANEL, (p + pair) * PANEL);
        if (f->cancel && atomic_load(f->cancel))
            atomic_store(&f->failed, true);
    }
    free(w.a);
    free(w.b);
    free(w.sum);
}

void gram_dense_fill(const lasso_design *design, unsigned threads, const atomic_bool *cancel)
{
    const gram_table *table = &design->gram;
    fill f = {.design = design, .cancel = cancel};
    f.panels = table->hot / PANEL + (table->hot % PANEL != 0);
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
