#include "src/jobs/refit_folds.h"

#include "solver/subset.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Squared errors of predictions, one target after another, at a cost of the nonzero entries. */
typedef struct scorer {
    const matrix *x, *y;
    double *residual;  /* without the intercept; zero between calls */
    uint32_t *touched; /* rows where it may not be */
    uint8_t *is_touched;
    uint32_t count;
} scorer;

static void scorer_release(scorer *s)
{
    free(s->residual);
    free(s->touched);
    free(s->is_touched);
}

static status scorer_create(scorer *s, const matrix *x, const matrix *y, error *err)
{
    *s = (scorer){.x = x, .y = y};
    s->residual = calloc((size_t)x->rows + 1, sizeof *s->residual);
    s->touched = calloc((size_t)x->rows + 1, sizeof *s->touched);
    s->is_touched = calloc((size_t)x->rows + 1, 1);
    return s->residual && s->touched && s->is_touched ? STATUS_OK
                                                      : error_memory(err, "predictions");
}

static void add_column(scorer *s, const matrix *m, uint32_t column, double a)
{
    uint64_t start = m->dense ? (uint64_t)column * m->rows : m->col_start[column];
    uint64_t count = m->dense ? m->rows : m->col_start[column + 1] - start;
    for (uint64_t e = 0; e < count; e++) {
        uint32_t i = m->dense ? (uint32_t)e : m->row[start + e];
        if (!s->is_touched[i]) {
            s->is_touched[i] = 1;
            s->touched[s->count++] = i;
        }
        s->residual[i] += a * (double)m->value[start + e];
    }
}

/* Adds |y - x a - b|^2 over all rows to *errors, |y - mean|^2 to *deviations. */
static void score_one(scorer *s, const lasso_result *result, double mean, double *errors,
                      double *deviations)
{
    double b = result->intercept;
    uint32_t rows = s->x->rows;
    add_column(s, s->y, result->target, 1);
    double sum = (double)(rows - s->count) * mean * mean;
    for (uint32_t i = 0; i < s->count; i++) {
        double d = s->residual[s->touched[i]] - mean;
        sum += d * d;
    }
    *deviations += sum;
    for (uint32_t k = 0; k < result->parents; k++)
        add_column(s, s->x, result->source[k], -result->weight[k]);
    sum = (double)(rows - s->count) * b * b;
    for (uint32_t i = 0; i < s->count; i++) {
        uint32_t row = s->touched[i];
        double d = s->residual[row] - b;
        sum += d * d;
        s->residual[row] = 0;
        s->is_touched[row] = 0;
    }
    *errors += sum;
    s->count = 0;
}

static double mean_of(const matrix *m, uint32_t column)
{
    uint64_t start = m->dense ? (uint64_t)column * m->rows : m->col_start[column];
    uint64_t end = m->dense ? start + m->rows : m->col_start[column + 1];
    double sum = 0;
    for (uint64_t e = start; e < end; e++)
        sum += (double)m->value[e];
    return sum / m->rows;
}

/* A fold at work. */
typedef struct folding {
    matrix x, y, held_x, held_y;
    scorer in, out;
    refit_sums *sum;
} folding;

static bool score(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    folding *k = user;
    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        refit_sums *s = &k->sum[results[i].target];
        double mean = mean_of(&k->y, results[i].target);
        score_one(&k->in, &results[i], mean, &s->error_in, &s->deviation_in);
        score_one(&k->out, &results[i], mean, &s->error_out, &s->deviation_out);
    }
    return true;
}

/* The samples of fold f, or all others. */
static status take_rows(const refit_regression *g, const uint32_t *fold, uint32_t f, bool held,
                        matrix *x, matrix *y, error *err)
{
    uint32_t rows = g->source->m.rows;
    uint8_t *keep = mem_try(rows, 1);
    if (!keep)
        return error_memory(err, "a part of the samples");
    for (uint32_t i = 0; i < rows; i++)
        keep[i] = (fold[i] == f) == held;
    status code = subset_rows(&g->source->m, keep, x, err);
    if (code == STATUS_OK)
        code = subset_rows(&g->target->m, keep, y, err);
    free(keep);
    return code;
}

status refit_fold(refit *r, const refit_regression *g, const uint32_t *fold, uint32_t f,
                  refit_sums *sum, error *err)
{
    folding k = {.sum = sum};
    lasso_design *design = NULL;
    lasso_settings settings = refit_settings(r, g->lambda);
    status code = take_rows(g, fold, f, false, &k.x, &k.y, err);
    if (code == STATUS_OK)
        code = take_rows(g, fold, f, true, &k.held_x, &k.held_y, err);
    if (code == STATUS_OK)
        code = scorer_create(&k.in, &k.x, &k.y, err);
    if (code == STATUS_OK)
        code = scorer_create(&k.out, &k.held_x, &k.held_y, err);
    if (code == STATUS_OK)
        code = lasso_design_create(&design, &k.x, &settings, err);
    if (code == STATUS_OK)
        code = refit_solve(r, g, design, &k.y, g->lambda, score, &k, err);
    lasso_design_free(design);
    scorer_release(&k.in);
    scorer_release(&k.out);
    matrix_release(&k.x);
    matrix_release(&k.y);
    matrix_release(&k.held_x);
    matrix_release(&k.held_y);
    return code;
}

double refit_explained(double errors, double deviations)
{
    return deviations > 0 ? 1 - errors / deviations : (double)NAN;
}
