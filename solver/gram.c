/* Entries <p, q> = (z_p - mu_p)'(z_q - mu_q) / (|z_p - mu_p| |z_q - mu_q|), rounded to float.
 *
 * The inner solver needs thousands of them for every target, and targets share parents: entries
 * are kept in a table, a row of which is filled when it is wanted. Float is enough: these entries
 * steer the inner solver, while the gradients it starts from, and the certificate, come from the
 * data in double.
 *
 * For a dense layer the table is square, as large as memory allows. In a sparse layer a row has
 * the inner products with the thousand features that fire most, 4 KiB that are read as one; what
 * two rare features share costs less from the data (gram_set.c) than fetching it from a larger
 * table, a cache line an entry. What memory does not hold is computed when asked for, with the
 * same bits. */
#include "solver/design.h"
#include "solver/gram_dense.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_FROM = 1 << 22 };

/* gram_table.use */
enum { ROW_EMPTY, ROW_FILLING, ROW_READY };

static const uint64_t default_memory = (uint64_t)512 << 20;

/* sums[q] += z_p'z_q for every rank q < limit. */
static void scatter(const lasso_design *design, uint32_t p, uint32_t limit, double *sums)
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
    uint32_t size = design->size;
    *table = (gram_table){0};
    if (design->x->dense) {
        double side = floor(sqrt((double)memory / sizeof *table->entry));
        table->hot = table->width = side < size ? (uint32_t)side : size;
    } else {
        table->width = size < GRAM_POPULAR ? size : GRAM_POPULAR;
        uint64_t rows = memory / ((uint64_t)table->width * sizeof *table->entry + !table->width);
        table->hot = rows < size ? (uint32_t)rows : size;
    }
    if (table->hot < 2) {
        table->hot = 0;
        return STATUS_OK;
    }
    size_t bytes = (size_t)table->hot * table->width * sizeof *table->entry;
    /* never touched before a row is filled, so that what is not needed takes no memory */
    void *entry = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    table->use = calloc(table->hot, sizeof *table->use);
    if (entry == MAP_FAILED || !table->use) {
        if (entry != MAP_FAILED)
            munmap(entry, bytes);
        free((void *)table->use);
        *table = (gram_table){0};
        return error_memory(err, "the table of inner products");
    }
    if (bytes >= HUGE_FROM)
        madvise(entry, bytes, MADV_HUGEPAGE); /* scattered reads: fewer page walks */
    table->entry = entry;
    return STATUS_OK;
}

void gram_table_release(gram_table *table)
{
    if (table->entry)
        munmap(table->entry, (size_t)table->hot * table->width * sizeof *table->entry);
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
    return use == ROW_EMPTY &&
           atomic_compare_exchange_strong(&table->use[rank], &use, ROW_FILLING);
}

void gram_row_release(const gram_table *table, uint32_t rank, bool filled)
{
    if (filled && rank < table->width)
        table->entry[(size_t)rank * table->width + rank] = 1;
    atomic_store_explicit(&table->use[rank], filled ? ROW_READY : ROW_EMPTY, memory_order_release);
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

/* <rank, q> for the popular features q of a sparse layer. */
static void popular_row(const lasso_design *design, uint32_t rank, float *out, double *scratch)
{
    uint32_t width = design->gram.width;
    scatter(design, rank, width, scratch);
    design->vector->finish_row(out, scratch, design->rows, design->mean[rank], design->mean,
                               design->inverse[rank], design->inverse, width);
}

/* The table's row, filled at its first use. NULL when the table has none, or another thread is
 * filling it. */
static const float *table_row(const lasso_design *design, uint32_t rank, double *scratch)
{
    const gram_table *table = &design->gram;
    if (rank >= table->hot)
        return NULL;
    float *row = table->entry + (size_t)rank * table->width;
    uint8_t use = atomic_load_explicit(&table->use[rank], memory_order_acquire);
    if (use == ROW_READY)
        return row;
    if (!gram_row_claim(table, rank))
        return NULL;
    if (design->x->dense)
        fill_dense(design, rank);
    else {
        popular_row(design, rank, row, scratch);
        gram_row_release(table, rank, true);
    }
    return row;
}

void gram_row(const lasso_design *design, uint32_t rank, const uint32_t *others, uint32_t count,
              float *out)
{
    uint32_t hot = design->gram.hot;
    const float *row = table_row(design, rank, NULL);
    for (uint32_t i = 0; i < count;) {
        if (row && others[i] < hot) {
            out[i] = row[others[i]];
            i++;
            continue;
        }
        uint32_t p[4] = {others[i]};
        float product[4];
        uint32_t found = 0;
        for (; i + found < count && found < 4 && !(row && others[i + found] < hot); found++)
            p[found] = others[i + found];
        for (uint32_t c = found; c < 4; c++)
            p[c] = p[0];
        gram_dense_entries(design, p, rank, product);
        for (uint32_t c = 0; c < found; c++, i++)
            out[i] = p[c] == rank ? 1 : product[c];
    }
}

const float *gram_whole_row(const lasso_design *design, uint32_t rank, const uint32_t *all,
                            float *out)
{
    const float *row = table_row(design, rank, NULL);
    if (row && design->gram.hot == design->size)
        return row;
    gram_row(design, rank, all, design->size, out);
    return out;
}

const float *gram_popular_row(const lasso_design *design, uint32_t rank, float *out,
                              double *scratch)
{
    const float *row = table_row(design, rank, scratch);
    if (row)
        return row;
    popular_row(design, rank, out, scratch);
    return out;
}
