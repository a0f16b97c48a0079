/* Cross-validation of a target variable: folds are independent, so each thread takes the next. */
#include "solver/cross_curve.h"
#include "solver/parallel.h"
#include "solver/variable_part.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

typedef struct fold_result {
    status code;
    error err;
    uint32_t samples; /* held out */
} fold_result;

typedef struct cross_job {
    const matrix *x;
    const variable *v;
    const variable_settings *settings;
    const double *lambda;
    uint32_t count;
    const cross_folds *folds;
    const atomic_bool *cancel;
    atomic_uint *done;
    atomic_uint next;
    fold_result *result; /* folds */
    double *error;       /* folds x count */
    double *right;       /* folds x count: held-out samples classified right */
} cross_job;

static status score_fold(const cross_job *job, uint32_t f, const variable_path *path,
                         const variable_part *held, error *err)
{
    for (uint32_t i = 0; i < job->count; i++) {
        variable_score score;
        const variable_point *point = &path->point[path->constant ? 0 : i];
        status code = variable_score_point(&held->x, &held->v, point, &score, err);
        if (code != STATUS_OK)
            return code;
        job->error[(size_t)f * job->count + i] = score.loss / held->v.rows;
        job->right[(size_t)f * job->count + i] = score.right;
    }
    return STATUS_OK;
}

static status run_fold(const cross_job *job, uint32_t f, error *err)
{
    variable_part train = {0};
    variable_part held = {0};
    variable_path path = {0};
    uint32_t rows = job->x->rows;
    uint8_t *keep = mem_try(rows, sizeof *keep);
    if (!keep)
        return error_memory(err, "cross-validation");
    job->result[f].samples = cross_mark(job->folds, rows, f, true, keep);
    status code = variable_part_create(&held, job->x, job->v, keep, err);
    if (code == STATUS_OK) {
        cross_mark(job->folds, rows, f, false, keep);
        code = variable_part_create(&train, job->x, job->v, keep, err);
    }
    if (code == STATUS_OK)
        code = variable_solve(&train.x, &train.v, job->settings, job->lambda, job->count,
                              job->cancel, job->done, &path, err);
    if (code == STATUS_INPUT)
        error_prefix(err, "without fold %u of %u", f + 1, job->folds->count);
    if (code == STATUS_OK)
        code = score_fold(job, f, &path, &held, err);
    variable_path_release(&path);
    variable_part_release(&train);
    variable_part_release(&held);
    free(keep);
    return code;
}

static void run_thread(void *user, unsigned thread)
{
    (void)thread;
    cross_job *job = user;
    for (uint32_t f; (f = atomic_fetch_add(&job->next, 1)) < job->folds->count;)
        job->result[f].code = run_fold(job, f, &job->result[f].err);
}

/* Of several folds that failed, the first: the same one however many threads there were. */
static status first_failure(const cross_job *job, error *err)
{
    for (uint32_t f = 0; f < job->folds->count; f++)
        if (job->result[f].code != STATUS_OK) {
            if (err)
                *err = job->result[f].err;
            return job->result[f].code;
        }
    return STATUS_OK;
}

static status make_curve(const cross_job *job, cross_curve *out, error *err)
{
    uint32_t folds = job->folds->count;
    uint32_t *samples = mem_try(folds, sizeof *samples);
    if (!samples)
        return error_memory(err, "cross-validation");
    for (uint32_t f = 0; f < folds; f++)
        samples[f] = job->result[f].samples;
    status code =
        cross_curve_create(out, job->lambda, job->count, job->error, samples, folds, err);
    for (uint32_t i = 0; code == STATUS_OK && job->v->kind != VARIABLE_REAL && i < job->count;
         i++) {
        double right = 0;
        for (uint32_t f = 0; f < folds; f++)
            right += job->right[(size_t)f * job->count + i];
        out->point[i].accuracy = right / job->x->rows;
    }
    free(samples);
    return code;
}

status cross_variable(const matrix *x, const variable *v, const variable_settings *settings,
                      const double *lambda, uint32_t count, const cross_folds *folds,
                      unsigned threads, const atomic_bool *cancel, atomic_uint *done,
                      cross_curve *out, error *err)
{
    *out = (cross_curve){0};
    if (v->rows != x->rows)
        return error_set(err, STATUS_USAGE,
                         "the target variable has %u samples, expected %u as in the layer",
                         v->rows, x->rows);
    status code = cross_check_folds(folds, x->rows, err);
    if (code != STATUS_OK)
        return code;
    cross_job job = {.x = x,
                     .v = v,
                     .settings = settings,
                     .lambda = lambda,
                     .count = count,
                     .folds = folds,
                     .cancel = cancel,
                     .done = done,
                     .result = calloc(folds->count, sizeof *job.result),
                     .error = mem_try((size_t)folds->count * count, sizeof *job.error),
                     .right = mem_try((size_t)folds->count * count, sizeof *job.right)};
    if (!job.result || !job.error || !job.right) {
        code = error_memory(err, "cross-validation");
    } else {
        threads = parallel_threads(threads);
        parallel_run(threads < folds->count ? threads : folds->count, run_thread, &job);
        code = first_failure(&job, err);
    }
    if (code == STATUS_OK)
        code = make_curve(&job, out, err);
    free(job.result);
    free(job.error);
    free(job.right);
    return code;
}
