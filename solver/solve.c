/* All targets: threads, blocks, and the shared passes.
 *
 * Targets are dealt out in blocks; a thread keeps 16 targets (96 of a dense layer) in flight, each
 * at its own stage, and refills a lane as soon as its target is done, from its present block or
 * the next, so that a pass over the data always serves as many targets as there are left. A block
 * is handed to the caller when its last target is done. */
#include "solver/fista.h"
#include "solver/gram_dense.h"
#include "solver/parallel.h"
#include "solver/solve.h"
#include "src/base/clock.h"
#include "src/base/memory.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BLOCK = 64, DESCENT_ROUNDS = 100, FISTA_ROUNDS = 100000 };

/* Of a dense layer, so many features a target make the whole table of inner products worth while:
 * with fewer targets the rows that they want are filled one by one. */
enum { TARGETS_A_TABLE = 16 };

typedef struct block {
    struct block *next;
    uint32_t first, count;
    uint32_t begun, left;
    lasso_result *results;
} block;

typedef struct solve_job {
    target_rules rules;
    const uint32_t *targets;
    uint32_t count, block;
    const lasso_hooks *hooks;
    atomic_uint next_block;
    atomic_bool stop; /* cancelled, refused by the hook, or failed */
    pthread_mutex_t lock;
    bool refused; /* by the hook; under the lock, as are report and err */
    lasso_report *report;
    status code;
    error *err;
} solve_job;

/* One thread's blocks: the first is being dealt out, the others wait for their last targets. */
typedef struct dealer {
    solve_job *job;
    block *blocks;
    bool exhausted;
} dealer;

static void fail(solve_job *job)
{
    pthread_mutex_lock(&job->lock);
    if (job->code == STATUS_OK)
        job->code = error_memory(job->err, "the solver's threads");
    pthread_mutex_unlock(&job->lock);
    atomic_store(&job->stop, true);
}

static void block_free(block *b, uint32_t points)
{
    for (size_t i = 0; b->results && i < (size_t)b->count * points; i++) {
        free((void *)b->results[i].source);
        free((void *)b->results[i].weight);
    }
    free(b->results);
    free(b);
}

/* The next target's slot, opening a new block when the present one is dealt out. */
static bool deal(dealer *d, uint32_t *slot)
{
    solve_job *job = d->job;
    if (job->rules.cancel && atomic_load(job->rules.cancel))
        atomic_store(&job->stop, true);
    if (d->exhausted || atomic_load(&job->stop))
        return false;
    if (!d->blocks || d->blocks->begun == d->blocks->count) {
        uint64_t first = (uint64_t)atomic_fetch_add(&job->next_block, 1) * job->block;
        if (first >= job->count) {
            d->exhausted = true;
            return false;
        }
        block *b = mem_try(1, sizeof *b);
        if (!b) {
            fail(job);
            return false;
        }
        uint32_t rest = job->count - (uint32_t)first;
        *b = (block){.next = d->blocks, .first = (uint32_t)first};
        b->count = rest < job->block ? rest : job->block;
        b->left = b->count;
        b->results = calloc((size_t)b->count * job->rules.points, sizeof *b->results);
        d->blocks = b;
        if (!b->results) {
            fail(job);
            return false;
        }
    }
    *slot = d->blocks->first + d->blocks->begun++;
    return true;
}

/* `reports`: one a point. */
static void count_results(lasso_report *reports, const lasso_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const lasso_result *r = &results[i];
        lasso_report *report = &reports[r->point];
        report->targets++;
        report->converged += r->state == LASSO_CONVERGED;
        report->unconverged += r->state == LASSO_UNCONVERGED;
        report->constant += r->state == LASSO_CONSTANT;
        report->edges += r->parents;
        report->worst_gap = fmax(report->worst_gap, r->gap);
        report->lambda_max = fmax(report->lambda_max, r->lambda_max);
    }
}

/* Hands over the results of targets that follow each other in the order asked for; the lock is
 * held. */
static void hand_over(solve_job *job, uint32_t first, const lasso_result *results, uint32_t count)
{
    if (job->refused)
        return;
    count_results(job->report, results, (size_t)count * job->rules.points);
    if (job->hooks && job->hooks->block &&
        !job->hooks->block(job->hooks->user, first, results, count)) {
        job->refused = true;
        atomic_store(&job->stop, true);
    }
}

/* The solve ends before its time: what is finished of a block is worth keeping all the same. */
static void hand_over_finished(solve_job *job, const block *b)
{
    size_t points = job->rules.points;
    pthread_mutex_lock(&job->lock);
    for (uint32_t i = 0, run = 0; i < b->count; i += run + 1) {
        for (run = 0; i + run < b->count && b->results[(i + run + 1) * points - 1].source;)
            run++;
        if (run > 0)
            hand_over(job, b->first + i, &b->results[i * points], run);
    }
    pthread_mutex_unlock(&job->lock);
}

/* Files a lane's result at its point of the path; after the last, frees the lane, and hands over
 * the block if that was its last target. */
static bool file_result(dealer *d, workspace *w, uint32_t t)
{
    solve_job *job = d->job;
    const lane *l = &w->lanes[t];
    uint32_t points = job->rules.points;
    uint32_t point = l->point;
    block **link = &d->blocks;
    while (l->slot < (*link)->first || l->slot - (*link)->first >= (*link)->count)
        link = &(*link)->next;
    block *b = *link;
    uint32_t parents = 0;
    for (uint32_t j = 0; j < l->size; j++)
        parents += l->u[j] != 0;
    uint32_t *source = mem_try(parents, sizeof *source);
    double *weight = mem_try(parents, sizeof *weight);
    if (!source || !weight) {
        free(source);
        free(weight);
        return false;
    }
    target_result(w, &job->rules, t, source, weight,
                  &b->results[(size_t)(l->slot - b->first) * points + point]);
    if (point + 1 < points)
        return true;
    target_end(w, t);
    if (job->hooks && job->hooks->done)
        atomic_fetch_add(job->hooks->done, 1);
    if (--b->left > 0)
        return true;
    *link = b->next;
    pthread_mutex_lock(&job->lock);
    hand_over(job, b->first, b->results, b->count);
    pthread_mutex_unlock(&job->lock);
    block_free(b, points);
    return true;
}

/* What follows from a lane's step: results are filed as far as they go. */
static void follow(dealer *d, workspace *w, uint32_t t, target_step step)
{
    solve_job *job = d->job;
    while (step == TARGET_DONE || step == TARGET_READY) {
        if (step == TARGET_READY) {
            step = target_advance(w, &job->rules, t);
            continue;
        }
        if (!file_result(d, w, t)) {
            fail(job);
            return;
        }
        if (!w->lanes[t].busy)
            return;
        step = target_next(w, &job->rules, t);
    }
    if (step == TARGET_INTERRUPTED)
        atomic_store(&job->stop, true);
    if (step == TARGET_NO_MEMORY)
        fail(job);
}

/* Fills lane t with the next target that needs a pass; false when there is none left. */
static bool refill(dealer *d, workspace *w, uint32_t t)
{
    solve_job *job = d->job;
    uint32_t slot;
    while (!w->lanes[t].busy && deal(d, &slot)) {
        uint32_t column = job->targets ? job->targets[slot] : slot;
        follow(d, w, t, target_begin(w, &job->rules, t, slot, column));
    }
    return w->lanes[t].busy;
}

/* One pass for all busy lanes and the step after it; false when none is busy or the job stops. */
static bool advance_all(dealer *d, workspace *w)
{
    solve_job *job = d->job;
    uint32_t busy = 0;
    uint32_t lanes = w->lane_count;
    for (uint32_t t = 0; t < lanes; t++)
        busy += refill(d, w, t);
    if (busy == 0 || atomic_load(&job->stop))
        return false;
    switch (target_pass(w, &job->rules)) {
    case TARGET_INTERRUPTED: atomic_store(&job->stop, true); return false;
    case TARGET_NO_MEMORY: fail(job); return false;
    default: break;
    }
    for (uint32_t t = 0; t < lanes && !atomic_load(&job->stop); t++) {
        if (w->lanes[t].busy)
            follow(d, w, t, target_advance(w, &job->rules, t));
    }
    return true;
}

static void solve_thread(void *user, unsigned thread)
{
    (void)thread;
    solve_job *job = user;
    dealer d = {.job = job};
    workspace w;
    if (workspace_create(&w, &job->rules, NULL) != STATUS_OK)
        fail(job);
    else
        while (advance_all(&d, &w)) {
        }
    workspace_release(&w);
    while (d.blocks) {
        block *next = d.blocks->next;
        if (d.blocks->results)
            hand_over_finished(job, d.blocks);
        block_free(d.blocks, job->rules.points);
        d.blocks = next;
    }
}

status solve_check(const lasso_design *design, const matrix *y, const uint32_t *targets,
                   uint32_t count, const lasso_settings *settings, error *err)
{
    if (y->rows != design->rows)
        return error_set(err, STATUS_USAGE,
                         "the target layer has %u samples, expected %u as in the source layer",
                         y->rows, design->rows);
    if (settings->scale != design->scale || settings->ridge != design->rho)
        return error_set(err, STATUS_USAGE,
                         "the source layer was prepared for scale %s and ridge %g, not %s and %g",
                         design->scale ? "sd" : "none", design->rho,
                         settings->scale ? "sd" : "none", settings->ridge);
    for (uint32_t i = 0; targets && i < count; i++)
        if (targets[i] >= y->cols)
            return error_set(err, STATUS_USAGE, "target %u: the layer has %u features", targets[i],
                             y->cols);
    return STATUS_OK;
}

status solve_run(const lasso_design *design, const matrix *y, const uint32_t *targets,
                 uint32_t count, const lasso_settings *settings, const double *level,
                 uint32_t points, const lasso_hooks *hooks, lasso_report *report, error *err)
{
    bool fista = settings->method == LASSO_FISTA;
    solve_job job = {
        .rules = {.design = design,
                  .y = y,
                  .settings = *settings,
                  .level = level,
                  .points = points,
                  .max_rounds = settings->max_rounds ? settings->max_rounds
                                : fista              ? FISTA_ROUNDS
                                                     : DESCENT_ROUNDS,
                  .cancel = hooks ? hooks->cancel : NULL},
        .targets = targets,
        .count = count,
        .block = settings->block ? settings->block : DEFAULT_BLOCK,
        .hooks = hooks,
        .report = report,
        .err = err,
    };
    if (fista) {
        status code = fista_lipschitz(design, job.rules.cancel, &job.rules.lipschitz, err);
        if (code != STATUS_OK)
            return code;
    }
    if (pthread_mutex_init(&job.lock, NULL) != 0)
        return error_set(err, STATUS_MACHINE, "cannot make a lock for the solver's threads");
    unsigned threads = parallel_threads(settings->threads);
    if (design->x->dense && !fista && count >= design->size / TARGETS_A_TABLE)
        gram_dense_fill(design, threads, job.rules.cancel);
    uint32_t blocks = count / job.block + (count % job.block != 0);
    threads = threads < blocks ? threads : blocks ? blocks : 1;
    uint32_t share = count / threads + (count % threads != 0);
    job.rules.wide_lanes = share < 1 ? 1 : share < WIDE_LANES ? share : WIDE_LANES;
    parallel_run(threads, solve_thread, &job);
    pthread_mutex_destroy(&job.lock);
    for (uint32_t p = 0; p < points; p++)
        report[p].stopped = job.code == STATUS_OK && report[p].targets < count;
    return job.code;
}

/* Turns a grid as the rule reads it into levels, in place. */
static status find_levels(const lasso_design *design, const matrix *y,
                          const lasso_settings *settings, const atomic_bool *cancel, double *level,
                          uint32_t points, error *err)
{
    double lambda_max = 0;
    if (settings->rule == LASSO_ABSOLUTE || settings->rule == LASSO_OF_TARGET)
        return STATUS_OK;
    if (settings->rule != LASSO_OF_PAIR)
        return lasso_choose_lambda(design, y, settings, cancel, level, &lambda_max, err);
    double unit = 0;
    lasso_settings whole = *settings;
    whole.lambda = 1;
    status code = lasso_choose_lambda(design, y, &whole, cancel, &unit, &lambda_max, err);
    for (uint32_t p = 0; p < points; p++)
        level[p] *= lambda_max;
    return code;
}

/* lasso_path, on a grid that may be written to. */
static status solve_grid(const lasso_design *design, const matrix *y, const uint32_t *targets,
                         uint32_t count, const lasso_settings *settings, double *grid,
                         uint32_t points, const lasso_hooks *hooks, lasso_report *report,
                         error *err)
{
    double began = clock_seconds();
    for (uint32_t p = 0; p < points; p++)
        report[p] = (lasso_report){0};
    status code = solve_check(design, y, targets, count, settings, err);
    if (code != STATUS_OK)
        return code;
    code = find_levels(design, y, settings, hooks ? hooks->cancel : NULL, grid, points, err);
    for (uint32_t p = 0; p < points; p++) {
        report[p].stopped = code == STATUS_INTERRUPTED;
        report[p].lambda = settings->rule == LASSO_OF_TARGET || code != STATUS_OK ? 0 : grid[p];
    }
    if (code == STATUS_OK)
        code = solve_run(design, y, targets, targets ? count : y->cols, settings, grid, points,
                         hooks, report, err);
    for (uint32_t p = 0; p < points; p++)
        report[p].seconds = clock_seconds() - began;
    return code == STATUS_INTERRUPTED ? STATUS_OK : code;
}

status lasso_solve(const lasso_design *design, const matrix *y, const uint32_t *targets,
                   uint32_t count, const lasso_settings *settings, const lasso_hooks *hooks,
                   lasso_report *report, error *err)
{
    double level = settings->lambda;
    status code = lasso_settings_check(settings, err);
    *report = (lasso_report){0};
    return code == STATUS_OK
               ? solve_grid(design, y, targets, count, settings, &level, 1, hooks, report, err)
               : code;
}

status lasso_path(const lasso_design *design, const matrix *y, const uint32_t *targets,
                  uint32_t count, const lasso_settings *settings, const double *grid,
                  uint32_t points, const lasso_hooks *hooks, lasso_report *report, error *err)
{
    lasso_settings own = *settings;
    own.lambda = 0;
    status code = lasso_settings_check(&own, err);
    if (code != STATUS_OK)
        return code;
    if (settings->rule != LASSO_ABSOLUTE && settings->rule != LASSO_OF_PAIR &&
        settings->rule != LASSO_OF_TARGET)
        return error_set(err, STATUS_USAGE,
                         "a path takes its lambdas as they are, or as fractions");
    if (settings->method != LASSO_DESCENT || settings->target_lambda || points == 0)
        return error_set(err, STATUS_USAGE, "a path needs lambdas, and coordinate descent");
    for (uint32_t p = 0; p < points; p++)
        if (!isfinite(grid[p]) || grid[p] < 0 || (p > 0 && grid[p] > grid[p - 1]))
            return error_set(err, STATUS_USAGE,
                             "lambda %g of a path: expected numbers, zero or more, descending",
                             grid[p]);
    double *level = mem_try(points, sizeof *level);
    if (!level)
        return error_memory(err, "a path");
    memcpy(level, grid, points * sizeof *level);
    code = solve_grid(design, y, targets, count, &own, level, points, hooks, report, err);
    free(level);
    return code;
}
