/* Cross-validation of a layer pair: one lambda for all its targets.
 *
 * A few hundred targets, every so-manyth of those that vary, stand for all. Every fold is held
 * out in turn, the others prepared as a source layer of their own, and the targets solved along
 * the path of lambdas; what comes out of the solver is scored at once and forgotten. Errors are
 * summed target by target, in order, so that they do not depend on the number of threads. */
#include "solver/cross_curve.h"
#include "solver/design.h"
#include "solver/subset.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* Far below what held-out errors can tell apart. */
static const double tolerance = 1e-5;

cross_search cross_search_defaults(void)
{
    return (cross_search){.points = 16, .fraction = 0.001, .targets = 256, .one_deviation = true};
}

/* One fold: a path's results, scored as they come. */
typedef struct scorer {
    const matrix *x, *y;    /* held out */
    const double *variance; /* targets, over all samples */
    double *residual;       /* rows of x */
    uint32_t points;        /* lambdas */
    double *error;          /* targets x points: mean squared error over variance */
} scorer;

static void subtract(const matrix *m, uint32_t column, double a, double *r)
{
    uint64_t start = m->dense ? (uint64_t)column * m->rows : m->col_start[column];
    uint64_t count = m->dense ? m->rows : m->col_start[column + 1] - start;
    for (uint64_t e = 0; e < count; e++)
        r[m->dense ? e : m->row[start + e]] -= a * (double)m->value[start + e];
}

static bool score_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    const scorer *s = user;
    (void)first;
    for (size_t t = 0; t < (size_t)count * s->points; t++) {
        const lasso_result *result = &results[t];
        double squares = 0;
        for (uint32_t i = 0; i < s->x->rows; i++)
            s->residual[i] = -result->intercept;
        subtract(s->y, result->target, -1, s->residual);
        for (uint32_t j = 0; j < result->parents; j++)
            subtract(s->x, result->source[j], result->weight[j], s->residual);
        for (uint32_t i = 0; i < s->x->rows; i++)
            squares += s->residual[i] * s->residual[i];
        s->error[(size_t)result->target * s->points + result->point] =
            squares / s->x->rows / s->variance[result->target];
    }
    return true;
}

typedef struct pair_job {
    const matrix *x;
    matrix y; /* the targets that stand for all */
    double *variance;
    lasso_settings settings;
    const cross_folds *folds;
    const atomic_bool *cancel;
    double *lambda;
    uint32_t count;
    double *error; /* folds x count */
    uint32_t *samples;
    uint8_t *keep;
} pair_job;

/* Every so-manyth of the targets that vary. */
static status choose_targets(pair_job *job, const matrix *y, uint32_t most, error *err)
{
    uint32_t *column = mem_try(y->cols, sizeof *column);
    double *variance = mem_try(y->cols, sizeof *variance);
    status code = column && variance ? STATUS_OK : error_memory(err, "cross-validation");
    uint32_t varying = 0;
    for (uint32_t k = 0; code == STATUS_OK && k < y->cols; k++) {
        column_moments m = column_measure(y, k);
        if (!m.constant && m.norm > 0) {
            variance[varying] = m.norm * m.norm / y->rows;
            column[varying++] = k;
        }
    }
    uint32_t chosen = varying < most ? varying : most;
    for (uint32_t i = 0; i < chosen; i++) {
        uint32_t from = (uint32_t)((2 * (uint64_t)i + 1) * varying / (2 * (uint64_t)chosen));
        column[i] = column[from];
        variance[i] = variance[from];
    }
    if (code == STATUS_OK)
        code = subset_columns(y, column, chosen, &job->y, err);
    free(column);
    job->variance = variance;
    return code;
}

static status solve_fold(pair_job *job, uint32_t f, const lasso_design *design,
                         const matrix *train_y, scorer *s, error *err)
{
    lasso_hooks hooks = {.user = s, .block = score_block, .cancel = job->cancel};
    lasso_report *report = mem_try(job->count, sizeof *report);
    if (!report)
        return error_memory(err, "cross-validation");
    status code = lasso_path(design, train_y, NULL, 0, &job->settings, job->lambda, job->count,
                             &hooks, report, err);
    if (code == STATUS_OK && report[0].stopped)
        code = error_set(err, STATUS_INTERRUPTED, "interrupted while choosing lambda");
    for (uint32_t i = 0; code == STATUS_OK && i < job->count; i++) {
        double sum = 0;
        for (uint32_t t = 0; t < job->y.cols; t++)
            sum += s->error[(size_t)t * job->count + i];
        job->error[(size_t)f * job->count + i] = sum / job->y.cols;
    }
    free(report);
    return code;
}

static status run_fold(pair_job *job, uint32_t f, error *err)
{
    matrix train_x = {0};
    matrix train_y = {0};
    matrix held_x = {0};
    matrix held_y = {0};
    lasso_design *design = NULL;
    scorer s = {.x = &held_x, .y = &held_y, .variance = job->variance, .points = job->count};
    job->samples[f] = cross_mark(job->folds, job->x->rows, f, true, job->keep);
    status code = subset_rows(job->x, job->keep, &held_x, err);
    if (code == STATUS_OK)
        code = subset_rows(&job->y, job->keep, &held_y, err);
    cross_mark(job->folds, job->x->rows, f, false, job->keep);
    if (code == STATUS_OK)
        code = subset_rows(job->x, job->keep, &train_x, err);
    if (code == STATUS_OK)
        code = subset_rows(&job->y, job->keep, &train_y, err);
    if (code == STATUS_OK)
        code = lasso_design_create(&design, &train_x, &job->settings, err);
    if (code == STATUS_OK) {
        s.residual = mem_try(held_x.rows, sizeof *s.residual);
        s.error = mem_try((size_t)job->y.cols * job->count, sizeof *s.error);
        code = s.residual && s.error ? solve_fold(job, f, design, &train_y, &s, err)
                                     : error_memory(err, "cross-validation");
    }
    lasso_design_free(design);
    matrix_release(&train_x);
    matrix_release(&train_y);
    matrix_release(&held_x);
    matrix_release(&held_y);
    free(s.residual);
    free(s.error);
    return code;
}

/* The pair's lambda_max on all samples and all targets, and the grid below it. */
static status make_grid(pair_job *job, const matrix *y, const cross_search *search,
                        double *lambda_max, error *err)
{
    lasso_design *design = NULL;
    double highest = 0;
    lasso_settings settings = job->settings;
    settings.rule = LASSO_OF_PAIR;
    settings.lambda = 1;
    status code = lasso_design_create(&design, job->x, &settings, err);
    if (code == STATUS_OK)
        code = lasso_choose_lambda(design, y, &settings, job->cancel, &highest, lambda_max, err);
    lasso_design_free(design);
    job->count = search->points;
    for (uint32_t i = 0; i < job->count; i++)
        job->lambda[i] = highest * pow(search->fraction, (double)i / (job->count - 1));
    return code;
}

static status check_search(const cross_search *search, error *err)
{
    if (search->points < 2 || search->points > 1000)
        return error_set(err, STATUS_USAGE, "a search over %u lambdas: expected 2 to 1000",
                         search->points);
    if (!(search->fraction > 0 && search->fraction < 1))
        return error_set(err, STATUS_USAGE,
                         "a search down to %g of lambda_max: expected more than 0, less than 1",
                         search->fraction);
    if (search->targets == 0)
        return error_set(err, STATUS_USAGE, "a search over 0 targets: expected at least 1");
    return STATUS_OK;
}

status cross_choose_lambda(const matrix *x, const matrix *y, const lasso_settings *settings,
                           const cross_search *search, const cross_folds *folds,
                           const atomic_bool *cancel, double *lambda, double *lambda_max,
                           cross_curve *curve, error *err)
{
    cross_curve own = {0};
    *lambda = *lambda_max = 0;
    if (curve)
        *curve = own;
    if (x->rows != y->rows)
        return error_set(err, STATUS_USAGE,
                         "the target layer has %u samples, expected %u as in the source layer",
                         y->rows, x->rows);
    status code = check_search(search, err);
    if (code == STATUS_OK)
        code = cross_check_folds(folds, x->rows, err);
    if (code != STATUS_OK)
        return code;
    pair_job job = {.x = x, .settings = *settings, .folds = folds, .cancel = cancel};
    job.settings.rule = LASSO_ABSOLUTE;
    job.settings.lambda = 0;
    job.settings.tolerance = fmax(settings->tolerance, tolerance);
    job.lambda = mem_try(search->points, sizeof *job.lambda);
    job.error = mem_try((size_t)folds->count * search->points, sizeof *job.error);
    job.samples = mem_try(folds->count, sizeof *job.samples);
    job.keep = mem_try(x->rows, sizeof *job.keep);
    code = job.lambda && job.error && job.samples && job.keep
               ? choose_targets(&job, y, search->targets, err)
               : error_memory(err, "cross-validation");
    if (code == STATUS_OK)
        code = make_grid(&job, y, search, lambda_max, err);
    if (code == STATUS_OK && *lambda_max > 0) {
        for (uint32_t f = 0; code == STATUS_OK && f < folds->count; f++)
            code = run_fold(&job, f, err);
        if (code == STATUS_OK)
            code = cross_curve_create(&own, job.lambda, job.count, job.error, job.samples,
                                      folds->count, err);
        if (code == STATUS_OK)
            *lambda = own.point[search->one_deviation ? own.sparsest : own.least].lambda;
    }
    if (curve)
        *curve = own;
    else
        cross_curve_release(&own);
    matrix_release(&job.y);
    free(job.variance);
    free(job.lambda);
    free(job.error);
    free(job.samples);
    free(job.keep);
    return code;
}
