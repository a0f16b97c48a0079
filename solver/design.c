/* Preparing the source layer.
 *
 * Centring is never materialised. With mu the column means, centred products follow from raw
 * ones by a rank-one correction:
 *
 *     (z_k - mu_k 1)'(v - vbar 1) = z_k'v - mu_k sum(v)
 *
 * so a sparse layer stays sparse. The centred norm is computed in two passes in double (sum of
 * (z - mu)^2 over stored entries, plus mu^2 for each implicit zero): the one-pass formula loses
 * everything when the mean is large beside the deviation.
 *
 * Inside the solver a coefficient is u_k = a_k |z_k - mu_k| / |y - ybar|: columns and target have
 * unit length, so data of any scale, from denormals to 1e38, gives numbers near one. */
#include "solver/sweep.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double design_dot(design_column z, const double *v)
{
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    uint64_t e = 0;
    if (z.row) {
        for (; e + 4 <= z.count; e += 4) {
            s0 += (double)z.value[e] * v[z.row[e]];
            s1 += (double)z.value[e + 1] * v[z.row[e + 1]];
            s2 += (double)z.value[e + 2] * v[z.row[e + 2]];
            s3 += (double)z.value[e + 3] * v[z.row[e + 3]];
        }
        for (; e < z.count; e++)
            s0 += (double)z.value[e] * v[z.row[e]];
    } else {
        for (; e + 4 <= z.count; e += 4) {
            s0 += (double)z.value[e] * v[e];
            s1 += (double)z.value[e + 1] * v[e + 1];
            s2 += (double)z.value[e + 2] * v[e + 2];
            s3 += (double)z.value[e + 3] * v[e + 3];
        }
        for (; e < z.count; e++)
            s0 += (double)z.value[e] * v[e];
    }
    return (s0 + s1) + (s2 + s3);
}

enum { CHAINS = 4 }; /* sums that a core can add to at once */

column_moments column_measure(const matrix *x, uint32_t column)
{
    uint64_t start = x->dense ? (uint64_t)column * x->rows : x->col_start[column];
    uint64_t count = x->dense ? x->rows : x->col_start[column + 1] - start;
    const float *value = x->value + start;
    column_moments m = {.constant = true};
    if (x->rows == 0)
        return m;
    float first = count == x->rows ? value[0] : 0.0F;
    double sum[CHAINS] = {0};
    uint64_t e = 0;
    bool same = true;
    for (; e + CHAINS <= count; e += CHAINS) {
        for (uint32_t c = 0; c < CHAINS; c++)
            sum[c] += (double)value[e + c];
    }
    for (; e < count; e++)
        sum[0] += (double)value[e];
    for (e = 0; e < count && same; e++)
        same = value[e] == first;
    m.constant = same;
    m.sum = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    m.mean = m.sum / x->rows;
    if (m.constant)
        return m;
    double part[CHAINS] = {0};
    for (e = 0; e + CHAINS <= count; e += CHAINS) {
        for (uint32_t c = 0; c < CHAINS; c++) {
            double centred = (double)value[e + c] - m.mean;
            part[c] += centred * centred;
        }
    }
    for (; e < count; e++)
        part[0] += ((double)value[e] - m.mean) * ((double)value[e] - m.mean);
    double squares = (double)(x->rows - count) * m.mean * m.mean;
    squares += (part[0] + part[1]) + (part[2] + part[3]);
    m.norm = sqrt(squares);
    return m;
}

typedef struct popularity {
    uint64_t entries;
    uint32_t column;
} popularity;

static int by_popularity(const void *left, const void *right)
{
    const popularity *a = left;
    const popularity *b = right;
    if (a->entries != b->entries)
        return a->entries < b->entries ? 1 : -1;
    return a->column < b->column ? -1 : 1;
}

/* Of a column after scaling. */
static double design_variance(const lasso_design *design, uint32_t rank)
{
    return design->scale ? 1.0 : design->norm[rank] * design->norm[rank] / design->rows;
}

/* Ranks, means, norms, penalties and ridges. */
static status measure_columns(lasso_design *design, const lasso_settings *settings, error *err)
{
    const matrix *x = design->x;
    popularity *order = mem_try(x->cols, sizeof *order);
    column_moments *moments = mem_try(x->cols, sizeof *moments);
    design->column = mem_try(x->cols, sizeof *design->column);
    design->mean = mem_try(x->cols, sizeof *design->mean);
    design->norm = mem_try(x->cols, sizeof *design->norm);
    design->inverse = mem_try(x->cols, sizeof *design->inverse);
    design->penalty = mem_try(x->cols, sizeof *design->penalty);
    design->ridge = mem_try(x->cols, sizeof *design->ridge);
    if (!order || !moments || !design->column || !design->mean || !design->norm ||
        !design->inverse || !design->penalty || !design->ridge) {
        free(order);
        free(moments);
        return error_memory(err, "the statistics of a source layer");
    }
    uint32_t size = 0;
    for (uint32_t k = 0; k < x->cols; k++) {
        moments[k] = column_measure(x, k);
        if (!moments[k].constant && moments[k].norm > 0)
            order[size++] = (popularity){x->dense ? 0 : x->col_start[k + 1] - x->col_start[k], k};
    }
    qsort(order, size, sizeof *order, by_popularity);
    double variances = 0;
    for (uint32_t rank = 0; rank < size; rank++) {
        const column_moments *m = &moments[order[rank].column];
        design->column[rank] = order[rank].column;
        design->mean[rank] = m->mean;
        design->norm[rank] = m->norm;
        design->inverse[rank] = 1 / m->norm;
        design->penalty[rank] = settings->scale ? m->norm / sqrt(x->rows) : 1.0;
        variances += design_variance(design, rank);
    }
    design->size = size;
    double vbar = variances / size;
    for (uint32_t rank = 0; rank < size; rank++) {
        double penalty = design->penalty[rank];
        double variance = design_variance(design, rank);
        design->ridge[rank] =
            x->rows * penalty * penalty * settings->ridge * sqrt(variance * vbar);
    }
    free(order);
    free(moments);
    return STATUS_OK;
}

/* The rows of a sparse layer. Filled by ascending rank, so ranks ascend within a row. */
static status transpose(lasso_design *design, error *err)
{
    const matrix *x = design->x;
    uint64_t entries = 0;
    for (uint32_t rank = 0; rank < design->size; rank++)
        entries += design_get(design, rank).count;
    design->rank_of = mem_try(x->cols, sizeof *design->rank_of);
    design->row_start = mem_try((size_t)x->rows + 2, sizeof *design->row_start);
    design->row_rank = mem_try(entries, sizeof *design->row_rank);
    design->row_value = mem_try(entries, sizeof *design->row_value);
    if (!design->rank_of || !design->row_start || !design->row_rank || !design->row_value)
        return error_memory(err, "the rows of a source layer");

    for (uint32_t k = 0; k < x->cols; k++)
        design->rank_of[k] = NO_RANK;
    for (uint32_t rank = 0; rank < design->size; rank++)
        design->rank_of[design->column[rank]] = rank;

    /* next[i + 1] counts row i, then runs from its first entry to its end, where row i + 1
     * starts: after filling, row_start is what it should be. */
    uint64_t *next = design->row_start + 1;
    memset(design->row_start, 0, ((size_t)x->rows + 2) * sizeof *design->row_start);
    for (uint32_t rank = 0; rank < design->size; rank++) {
        design_column z = design_get(design, rank);
        for (uint64_t e = 0; e < z.count; e++)
            next[z.row[e] + 1]++;
    }
    for (uint32_t i = 0; i < x->rows; i++)
        next[i + 1] += next[i];
    for (uint32_t rank = 0; rank < design->size; rank++) {
        design_column z = design_get(design, rank);
        for (uint64_t e = 0; e < z.count; e++) {
            uint64_t at = next[z.row[e]]++;
            design->row_rank[at] = rank;
            design->row_value[at] = z.value[e];
        }
    }
    return STATUS_OK;
}

status lasso_design_create(lasso_design **out, const matrix *x, const lasso_settings *settings,
                           error *err)
{
    *out = NULL;
    status code = lasso_settings_check(settings, err);
    if (code != STATUS_OK)
        return code;
    lasso_design *design = mem_try(1, sizeof *design);
    if (!design)
        return error_memory(err, "a source layer");
    *design = (lasso_design){.x = x,
                             .scale = settings->scale,
                             .rho = settings->ridge,
                             .rows = x->rows,
                             .vector = kernels_choose()};
    code = measure_columns(design, settings, err);
    if (code == STATUS_OK && !x->dense)
        code = transpose(design, err);
    if (code == STATUS_OK && !x->dense)
        code = sweep_layer_create(&design->sweep, design, err);
    if (code == STATUS_OK && settings->method == LASSO_DESCENT)
        code = gram_table_create(&design->gram, design, settings, err);
    if (code != STATUS_OK) {
        lasso_design_free(design);
        return code;
    }
    *out = design;
    return STATUS_OK;
}

void lasso_design_free(lasso_design *design)
{
    if (!design)
        return;
    gram_table_release(&design->gram);
    sweep_layer_release(&design->sweep);
    free(design->rank_of);
    free(design->column);
    free(design->mean);
    free(design->norm);
    free(design->inverse);
    free(design->penalty);
    free(design->ridge);
    free(design->row_start);
    free(design->row_rank);
    free(design->row_value);
    free(design);
}
