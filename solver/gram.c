/* Entries <p, q> = (z_p - mu_p)'(z_q - mu_q) / (|z_p - mu_p| |z_q - mu_q|), rounded to float.
 *
 * The inner solver needs a few thousand of them for every target, and targets share parents, so
 * the entries among popular columns are kept in a table, a row of which is filled when it is
 * first needed. In a sparse layer the sums over the rows that p and q share cost, for all pairs
 * together, sum over rows of (entries of the row)^2: 35 million multiply-adds for 8,551 samples
 * of 64 features, however many features there are. Float is enough: these entries steer the inner
 * solver, while the gradients it starts from, and the certificate, come from the data in double.
 *
 * What does not fit the table is computed when asked for. Both ways sum z_ip z_iq over the
 * shared rows i in ascending order, in double, where the product of two floats is exact: the
 * bits cannot depend on what was cached, nor on which thread came first. */
#include "solver/design.h"
#include "solver/gram_dense.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_FROM = 1 << 22 };

/* gram_table.use: how often a row was wanted, up to one of these */
enum { USES_TO_FILL = 8, ROW_FILLING = 254, ROW_READY = 255 };

/* Measured on 32,768 features: a quarter of it costs half as much time again, and half as much
 * more than it gains nothing (rows of rare features are hardly used, their pages must be cleared).
 */
static const uint64_t default_memory = (uint64_t)512 << 20;

static inline float finish(const lasso_design *design, double sum, uint32_t p, uint32_t q)
{
    double centred = sum - design->rows * (design->mean[p] * design->mean[q]);
    return (float)(centred * (design->inverse[p] * design->inverse[q]));
}

/* sums[q] += z_p'z_q for every rank q < limit. */
static void scatter_products(const lasso_design *design, uint32_t p, uint32_t limit, double *sums)
{
    design_column z = design_get(design, p);
    for (uint64_t e = 0; e < z.count; e++) {
        double v = (double)z.value[e];
        uint64_t end = design->row_start[z.row[e] + 1];
        for (uint64_t at = design->row_start[z.row[e]]; at < end; at++) {
            if (design->row_rank[at] >= limit)
                break;
            sums[design->row_rank[at]] += v * (double)design->row_value[at];
        }
    }
}

status gram_table_create(gram_table *table, const lasso_design *design,
                         const lasso_settings *settings, error *err)
{
    uint64_t memory = settings->memory ? settings->memory : default_memory;
    double side = floor(sqrt((double)memory / sizeof *table->entry));
    uint32_t hot = side < design->size ? (uint32_t)side : design->size;
    *table = (gram_table){0};
    if (hot < 2)
        return STATUS_OK;
    size_t bytes = (size_t)hot * hot * sizeof *table->entry;
    /* never touched before a row is filled, so that what is not needed takes no memory */
    void *entry = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    table->use = calloc(hot, sizeof *table->use);
    if (entry == MAP_FAILED || !table->use) {
        if (entry != MAP_FAILED)
            munmap(entry, bytes);
        free((void *)table->use);
        table->use = NULL;
        return error_memory(err, "the table of inner products");
    }
    if (bytes >= HUGE_FROM)
        madvise(entry, bytes, MADV_HUGEPAGE); /* scattered reads: fewer page walks */
    table->entry = entry;
    table->hot = hot;
    return STATUS_OK;
}

void gram_table_release(gram_table *table)
{
    if (table->entry)
        munmap(table->entry, (size_t)table->hot * table->hot * sizeof *table->entry);
    free((void *)table->use);
    *table = (gram_table){0};
}

static bool is_ready(const gram_table *table, uint32_t rank)
{
    return atomic_load_explicit(&table->use[rank], memory_order_acquire) == ROW_READY;
}

bool gram_row_claim(const gram_table *table, uint32_t rank)
{
    uint8_t use = atomic_load(&table->use[rank]);
    return use < ROW_FILLING &&
           atomic_compare_exchange_strong(&table->use[rank], &use, ROW_FILLING);
}

void gram_row_release(const gram_table *table, uint32_t rank, bool filled)
{
    if (filled)
        table->entry[(size_t)rank * table->hot + rank] = 1;
    atomic_store_explicit(&table->use[rank], filled ? ROW_READY : 0, memory_order_release);
}

/* Fills four neighbouring rows, as far as they are free, with the claimed one among them: each
 * column is then streamed from memory a quarter as often. */
static void fill_dense(const lasso_design *design, uint32_t claimed)
{
    const gram_table *table = &design->gram;
    uint32_t hot = table->hot;
    uint32_t p[4] = {claimed};
    uint32_t count = 0;
    for (uint32_t rank = claimed & ~3U; rank < hot && rank <= (claimed | 3U); rank++)
        if (rank == claimed || gram_row_claim(table, rank))
            p[count++] = rank;
    for (uint32_t c = count; c < 4; c++)
        p[c] = p[0];
    for (uint32_t q = 0; q < hot; q++) {
        float product[4];
        if (is_ready(table, q))
            for (uint32_t c = 0; c < count; c++)
                product[c] = table->entry[(size_t)q * hot + p[c]];
        else
            gram_dense_entries(design, p, q, product);
        for (uint32_t c = 0; c < count; c++)
            table->entry[(size_t)p[c] * hot + q] = product[c];
    }
    for (uint32_t c = 0; c < count; c++)
        gram_row_release(table, p[c], true);
}

static void fill_sparse(const lasso_design *design, uint32_t claimed, double *scratch)
{
    const gram_table *table = &design->gram;
    scatter_products(design, claimed, table->hot, scratch);
    design->vector->finish_row(table->entry + (size_t)claimed * table->hot, scratch, design->rows,
                               design->mean[claimed], design->mean, design->inverse[claimed],
                               design->inverse, table->hot);
    gram_row_release(table, claimed, true);
}

/* The table's row, if it is there or worth filling. A row is filled at its first use when its
 * products cost more than its length (those of a dense layer always do), else when it was in
 * demand; by one thread, while others that want it do without. */
static const float *table_row(const lasso_design *design, uint32_t rank, double *scratch)
{
    const gram_table *table = &design->gram;
    if (rank >= table->hot)
        return NULL;
    float *row = table->entry + (size_t)rank * table->hot;
    uint8_t use = atomic_load_explicit(&table->use[rank], memory_order_acquire);
    if (use == ROW_READY)
        return row;
    if (use == ROW_FILLING)
        return NULL;
    double cost = (double)design_get(design, rank).count;
    if (!design->x->dense)
        cost *= (double)design->row_start[design->rows] / design->rows;
    bool fill = design->x->dense || cost > table->hot / 4.0 || use + 1 >= USES_TO_FILL;
    if (!atomic_compare_exchange_strong(&table->use[rank], &use,
                                        fill ? ROW_FILLING : (uint8_t)(use + 1)) ||
        !fill)
        return NULL;
    if (design->x->dense)
        fill_dense(design, rank);
    else
        fill_sparse(design, rank, scratch);
    return row;
}

/* sum of z_ip z_iq over shared rows: each row of the shorter column is looked up in the rest of
 * the longer one. */
static double shared_rows(design_column longer, design_column shorter)
{
    double sum = 0;
    uint64_t low = 0;
    for (uint64_t e = 0; e < shorter.count && low < longer.count; e++) {
        uint32_t wanted = shorter.row[e];
        uint64_t high = longer.count;
        while (low < high) {
            uint64_t middle = low + (high - low) / 2;
            if (longer.row[middle] < wanted)
                low = middle + 1;
            else
                high = middle;
        }
        if (low < longer.count && longer.row[low] == wanted)
            sum += (double)longer.value[low] * (double)shorter.value[e];
    }
    return sum;
}

static double log_steps(uint64_t count)
{
    return (double)(64 - __builtin_clzll(count | 1));
}

/* A row of the Gram matrix, or the rest of it, from the data. */
static void fresh_row(const lasso_design *design, uint32_t rank, const uint32_t *others,
                      uint32_t count, float *out, double *scratch)
{
    design_column z = design_get(design, rank);
    double mean_row = (double)design->row_start[design->rows] / design->rows;
    double walk = 2 * (double)z.count * mean_row;
    double look_up = 0;
    uint32_t limit = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t other = design_get(design, others[i]).count;
        look_up += z.count < other ? (double)z.count * log_steps(other)
                                   : (double)other * log_steps(z.count);
        limit = others[i] < limit ? limit : others[i] + 1;
    }
    if (look_up <= walk) {
        for (uint32_t i = 0; i < count; i++) {
            design_column other = design_get(design, others[i]);
            double sum = z.count > other.count ? shared_rows(z, other) : shared_rows(other, z);
            out[i] = others[i] == rank ? 1 : finish(design, sum, rank, others[i]);
        }
        return;
    }
    scatter_products(design, rank, limit, scratch);
    for (uint32_t i = 0; i < count; i++)
        out[i] = others[i] == rank ? 1 : finish(design, scratch[others[i]], rank, others[i]);
    memset(scratch, 0, limit * sizeof *scratch);
}

void gram_row(const lasso_design *design, uint32_t rank, const uint32_t *others, uint32_t count,
              float *out, double *scratch)
{
    uint32_t hot = design->gram.hot;
    const float *row = table_row(design, rank, scratch);
    for (uint32_t i = 0; i < count;) {
        uint32_t start = i;
        if (row) {
            for (; i < count && others[i] < hot; i++)
                out[i] = row[others[i]];
            start = i;
            while (i < count && others[i] >= hot)
                i++;
        } else {
            i = count;
        }
        if (i == start)
            continue;
        if (!design->x->dense) {
            fresh_row(design, rank, others + start, i - start, out + start, scratch);
            continue;
        }
        for (uint32_t k = start; k < i; k += 4) {
            uint32_t p[4];
            float product[4];
            for (uint32_t c = 0; c < 4; c++)
                p[c] = others[k + c < i ? k + c : k];
            gram_dense_entries(design, p, rank, product);
            for (uint32_t c = 0; c < 4 && k + c < i; c++)
                out[k + c] = p[c] == rank ? 1 : product[c];
        }
    }
}

const float *gram_whole_row(const lasso_design *design, uint32_t rank, const uint32_t *all,
                            float *out, double *scratch)
{
    const float *row = table_row(design, rank, scratch);
    if (row && design->gram.hot == design->size)
        return row;
    gram_row(design, rank, all, design->size, out, scratch);
    return out;
}
