#include "src/jobs/lambda_path.h"

#include "src/base/memory.h"
#include "src/jobs/layer_data.h"
#include "src/jobs/memory_plan.h"
#include "src/jobs/ticker.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_POINTS = 1000 };

typedef struct path_job {
    db *connection;
    const layer_set *layers;
    const fit_request *request;
    const path_options *options;
    uint32_t regressions, number; /* the one at work */
    uint32_t targets;             /* of it */
    atomic_uint done;             /* of these */
    path_point *point;
    double
        *r2; /* of each target at each point, so that their mean has the same bits in any order */
    uint64_t unconverged;
} path_job;

/* One regression: its source layers are those of `count` pairs of the request. */
typedef struct regression {
    const layer **source;
    uint32_t count;
    const layer *target;
    layer_data x, y;
} regression;

/* Whether pair p is the first of its regression. */
static bool is_first(const fit_request *request, uint32_t p)
{
    for (uint32_t q = 0; request->joint && q < p; q++)
        if (request->pair[q].target_layer == request->pair[p].target_layer)
            return false;
    return true;
}

static status load(path_job *job, uint32_t p, regression *g, memory_plan *plan, error *err)
{
    const fit_request *request = job->request;
    g->target = layer_by_id(job->layers, request->pair[p].target_layer);
    g->source = mem_alloc(request->pair_count * sizeof *g->source);
    for (uint32_t q = 0; q < request->pair_count; q++)
        if (request->joint ? request->pair[q].target_layer == g->target->id : q == p)
            g->source[g->count++] = layer_by_id(job->layers, request->pair[q].source_layer);
    status code = memory_plan_make(g->source, g->count, g->target, false, request->settings.rule,
                                   job->options->points, job->options->threads,
                                   job->options->memory, plan, err);
    if (code == STATUS_OK && plan->cache)
        code = db_limit_cache(job->connection, plan->cache, err);
    if (code == STATUS_OK && g->count == 1)
        code = layer_data_load(&g->x, job->connection, g->source[0], err);
    if (code == STATUS_OK && g->count > 1) {
        layer_data *side = mem_zero(g->count, sizeof *side);
        for (uint32_t q = 0; q < g->count && code == STATUS_OK; q++)
            code = layer_data_load(&side[q], job->connection, g->source[q], err);
        if (code == STATUS_OK)
            code = layer_data_stack(&g->x, side, g->count, err);
        for (uint32_t q = 0; q < g->count; q++)
            layer_data_release(&side[q]);
        free(side);
    }
    return code == STATUS_OK ? layer_data_load(&g->y, job->connection, g->target, err) : code;
}

static void unload(regression *g)
{
    layer_data_release(&g->x);
    layer_data_release(&g->y);
    free(g->source);
}

/* The lambdas as the rule reads them: from 1, or the pair's largest, down to the last. */
static status make_grid(path_job *job, const regression *g, const lasso_design *design,
                        const lasso_settings *settings, double *grid, error *err)
{
    double first = 1;
    double last = job->request->settings.lambda;
    uint32_t points = job->options->points;
    if (settings->rule == LASSO_ABSOLUTE) {
        double ignored = 0;
        status code = lasso_choose_lambda(design, &g->y.m, settings, job->options->cancel,
                                          &ignored, &first, err);
        if (code != STATUS_OK)
            return code;
        if (last >= first)
            return error_set(err, STATUS_USAGE,
                             "lambda %g leaves '%s' without edges: expected less than %g", last,
                             g->target->name, first);
    }
    for (uint32_t i = 0; i < points; i++)
        grid[i] = i + 1 == points ? last : first * pow(last / first, (double)i / (points - 1));
    return STATUS_OK;
}

static bool add_results(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    path_job *job = user;
    uint32_t points = job->options->points;
    for (uint32_t i = 0; i < count * points; i++) {
        const lasso_result *r = &results[i];
        job->r2[(size_t)first * points + i] = r->state == LASSO_CONSTANT ? (double)NAN : r->r2;
    }
    return true;
}

static void summarise(path_job *job, const double *grid, const lasso_report *report)
{
    uint32_t points = job->options->points;
    for (uint32_t i = 0; i < points; i++) {
        const lasso_report *r = &report[i];
        double sum = 0;
        for (uint32_t t = 0; t < r->targets; t++) {
            double r2 = job->r2[(size_t)t * points + i];
            sum += isnan(r2) ? 0 : r2;
        }
        uint32_t varying = r->targets - r->constant;
        job->point[i] = (path_point){.asked = grid[i],
                                     .lambda = r->lambda,
                                     .targets = r->targets,
                                     .constant = r->constant,
                                     .unconverged = r->unconverged,
                                     .edges = r->edges,
                                     .parents = varying ? (double)r->edges / varying : 0,
                                     .r2 = varying ? sum / varying : 0,
                                     .worst_gap = r->worst_gap};
        job->unconverged += r->unconverged;
    }
}

static status solve(path_job *job, const regression *g, const memory_plan *plan, error *err)
{
    uint32_t points = job->options->points;
    lasso_settings settings = job->request->settings;
    settings.threads = plan->threads;
    settings.memory = plan->table;
    settings.block = plan->block;
    double *grid = mem_alloc(points * sizeof *grid);
    lasso_report *report = mem_alloc(points * sizeof *report);
    job->r2 = mem_zero((size_t)g->y.m.cols * points, sizeof *job->r2);
    lasso_hooks hooks = {
        .user = job, .block = add_results, .cancel = job->options->cancel, .done = &job->done};
    lasso_design *design = NULL;
    status code = lasso_design_create(&design, &g->x.m, &settings, err);
    if (code == STATUS_OK)
        code = make_grid(job, g, design, &settings, grid, err);
    if (code == STATUS_OK)
        code = lasso_path(design, &g->y.m, NULL, 0, &settings, grid, points, &hooks, report, err);
    if (code == STATUS_OK && report[0].stopped)
        code = error_set(err, STATUS_INTERRUPTED, "cancelled");
    if (code == STATUS_OK)
        summarise(job, grid, report);
    lasso_design_free(design);
    free(job->r2);
    free(report);
    free(grid);
    return code;
}

static void tick(void *user)
{
    path_job *job = user;
    double part = job->targets ? (double)atomic_load(&job->done) / job->targets : 0;
    job->options->progress(job->options->user, (job->number + part) / job->regressions);
}

static status run_regression(path_job *job, uint32_t p, error *err)
{
    regression g = {0};
    memory_plan plan;
    status code = load(job, p, &g, &plan, err);
    if (code == STATUS_OK) {
        job->targets = g.y.m.cols;
        atomic_store(&job->done, 0);
        ticker *t = job->options->progress ? ticker_start(tick, job) : NULL;
        code = solve(job, &g, &plan, err);
        ticker_stop(t);
    }
    if (code == STATUS_OK)
        job->options->each(job->options->user, g.count == 1 ? g.source[0] : NULL, g.target,
                           job->point);
    unload(&g);
    return code;
}

static status check(const layer_set *layers, const fit_request *request,
                    const path_options *options, error *err)
{
    lasso_rule rule = request->settings.rule;
    if (options->points < 2 || options->points > MOST_POINTS)
        return error_set(err, STATUS_USAGE, "a path has 2 to %d lambdas", MOST_POINTS);
    if (rule != LASSO_ABSOLUTE && rule != LASSO_OF_PAIR && rule != LASSO_OF_TARGET)
        return error_set(err, STATUS_USAGE,
                         "a path ends at a lambda: expected rule pair, target or absolute");
    if (request->settings.lambda == 0)
        return error_set(err, STATUS_USAGE,
                         "a path is log-spaced and cannot end at lambda 0: expected more");
    fit_request plain = *request; /* a path is of the regression alone */
    plain.wiring = false;
    status code = fit_request_check(layers, request, err);
    return code == STATUS_OK
               ? memory_plan_check(layers, &plain, options->points, options->memory, err)
               : code;
}

status lambda_path_run(db *d, const layer_set *layers, const fit_request *request,
                       const path_options *options, error *err)
{
    status code = check(layers, request, options, err);
    if (code != STATUS_OK)
        return code;
    path_job job = {.connection = d, .layers = layers, .request = request, .options = options};
    job.point = mem_alloc(options->points * sizeof *job.point);
    for (uint32_t p = 0; p < request->pair_count; p++)
        job.regressions += is_first(request, p);
    for (uint32_t p = 0; p < request->pair_count && code == STATUS_OK; p++)
        if (is_first(request, p)) {
            code = run_regression(&job, p, err);
            job.number++;
        }
    free(job.point);
    if (code == STATUS_OK && job.unconverged > 0)
        code = error_set(err, STATUS_PARTIAL, "%llu targets at points did not reach the tolerance",
                         (unsigned long long)job.unconverged);
    return code;
}
