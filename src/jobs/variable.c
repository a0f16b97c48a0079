#include "src/jobs/variable.h"

#include "db/feature.h"
#include "db/target.h"
#include "db/variable.h"
#include "solver/cross.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/folds.h"
#include "src/jobs/stack.h"
#include "src/jobs/ticker.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    db *connection;
    const variable_request *request;
    const variable_run_options *options;
    layer_set layers;
    target_set targets;
    const target *about;
    stack source;
    double *value;
    variable v;
    variable_path path;
    cross_curve curve; /* empty without cross-validation */
    double began;
    atomic_uint done; /* points */
} run;

static void tell(void *user)
{
    run *r = user;
    variable_progress p = {.done = atomic_load(&r->done),
                           .points = r->request->settings.points * (1 + r->request->folds),
                           .seconds = clock_seconds() - r->began};
    r->options->progress(r->options->user, &p);
}

/* ---- the data ---- */

static status find_target(run *r, error *err)
{
    r->about = target_find(&r->targets, r->request->target);
    return r->about ? STATUS_OK
                    : error_set(err, STATUS_INPUT, "there is no target variable '%s'",
                                r->request->target);
}

static status load_variable(run *r, error *err)
{
    static const variable_kind kinds[] = {[TARGET_REAL] = VARIABLE_REAL,
                                          [TARGET_BINARY] = VARIABLE_BINARY,
                                          [TARGET_CLASS] = VARIABLE_CLASS};
    r->v.kind = kinds[r->about->kind];
    status code = target_load(r->connection, r->about->id, &r->value, &r->v.rows, err);
    r->v.value = r->value;
    r->v.classes = 2;
    if (code == STATUS_OK && r->v.kind == VARIABLE_CLASS) {
        r->v.classes = r->about->class_count;
        for (uint32_t i = 0; i < r->v.rows; i++) /* a variable without names: as many as it uses */
            if (r->value[i] < UINT32_MAX && r->value[i] >= r->v.classes && !r->about->classes)
                r->v.classes = (uint32_t)r->value[i] + 1;
    }
    return code;
}

static status load(run *r, const char *study, error *err)
{
    const variable_request *request = r->request;
    status code = db_open(&r->connection, study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = layer_list(r->connection, &r->layers, err);
    if (code == STATUS_OK)
        code = target_list(r->connection, &r->targets, err);
    if (code == STATUS_OK)
        code = find_target(r, err);
    if (code == STATUS_OK)
        code = load_variable(r, err);
    if (code == STATUS_OK)
        code = stack_load(&r->source, r->connection, &r->layers, request->layer,
                          request->layer_count, err);
    return code;
}

/* ---- the fit ---- */

/* What folds are solved to: far below what held-out errors can tell apart. */
static const double fold_tolerance = 1e-4;

static status cross_validate(run *r, error *err)
{
    uint32_t *fold = NULL;
    variable_settings settings = r->request->settings;
    settings.tolerance = fmax(settings.tolerance, fold_tolerance);
    double *lambda = mem_alloc(r->path.count * sizeof *lambda);
    for (uint32_t i = 0; i < r->path.count; i++)
        lambda[i] = r->path.point[i].lambda;
    status code = folds_by_document(r->connection, r->v.rows, r->request->folds, r->request->seed,
                                    &fold, err);
    if (code == STATUS_OK) {
        cross_folds folds = {.of = fold, .count = r->request->folds};
        code = cross_variable(&r->source.data.m, &r->v, &settings, lambda, r->path.count, &folds,
                              r->options->threads, r->options->cancel, &r->done, &r->curve, err);
    }
    free(fold);
    free(lambda);
    return code;
}

static status solve(run *r, error *err)
{
    ticker *t = r->options->progress ? ticker_start(tell, r) : NULL;
    status code = variable_solve(&r->source.data.m, &r->v, &r->request->settings, NULL, 0,
                                 r->options->cancel, &r->done, &r->path, err);
    if (code == STATUS_OK && r->request->folds && !r->path.constant)
        code = cross_validate(r, err);
    ticker_stop(t);
    if (code == STATUS_INPUT)
        error_prefix(err, "'%s'", r->request->target);
    return code;
}

/* ---- storing ---- */

/* The point to look at first: what cross-validation says, else the end of the path. */
static uint32_t chosen_point(const run *r)
{
    if (!r->curve.count)
        return r->path.count - 1;
    return r->request->least_error ? r->curve.least : r->curve.sparsest;
}

static void describe_points(const run *r, variable_fit_point *out)
{
    for (uint32_t i = 0; i < r->path.count; i++) {
        const variable_point *p = &r->path.point[i];
        bool known = i < r->curve.count;
        out[i] = (variable_fit_point){
            .state = r->path.constant ? "constant"
                     : p->converged   ? "converged"
                                      : "unconverged",
            .lambda = p->lambda,
            .gap = p->gap,
            .explained = p->explained,
            .features = p->features,
            .held_out = known ? r->curve.point[i].error : (double)NAN,
            .deviation = known ? r->curve.point[i].deviation : (double)NAN,
            .accuracy = known ? r->curve.point[i].accuracy : (double)NAN,
        };
    }
}

/* Population standard deviation of a real variable; 1 where weights are of log odds. */
static double unit_of(const run *r)
{
    return r->v.kind == VARIABLE_REAL && r->path.null_loss > 0 ? sqrt(2 * r->path.null_loss) : 1;
}

static status store_weights(run *r, int64_t fit_id, uint32_t i, error *err)
{
    const variable_point *p = &r->path.point[i];
    variable_fit_weight *weight = mem_try(p->count, sizeof *weight);
    if (!weight)
        return error_memory(err, "the weights of a target variable");
    double unit = unit_of(r);
    for (uint32_t w = 0; w < p->count; w++) {
        stack_column from = stack_find(&r->source, p->weight[w].feature);
        weight[w] = (variable_fit_weight){
            .output = p->weight[w].output,
            .layer = from.layer_id,
            .feature = from.feature,
            .weight = p->weight[w].weight,
            .standardised = p->weight[w].weight * r->source.data.sd[p->weight[w].feature] / unit};
    }
    status code = variable_fit_add_weights(r->connection, fit_id, i, p->intercept, r->path.outputs,
                                           weight, p->count, err);
    free(weight);
    return code;
}

static status store_all(run *r, int64_t *fit_id, error *err)
{
    const variable_request *request = r->request;
    variable_fit f = {.target_id = r->about->id,
                      .fraction = request->settings.fraction,
                      .ridge = request->settings.ridge,
                      .scale = request->settings.scale,
                      .tolerance = request->settings.tolerance,
                      .seed = (int64_t)request->seed,
                      .data_hash = r->source.hash,
                      .outputs = r->path.outputs,
                      .lambda_max = r->path.lambda_max,
                      .null_loss = r->path.null_loss,
                      .folds = r->curve.count ? request->folds : 0,
                      .chosen = chosen_point(r),
                      .seconds = clock_seconds() - r->began,
                      .layer = r->source.layer,
                      .layer_count = r->source.count,
                      .point = mem_zero(r->path.count, sizeof *f.point),
                      .point_count = r->path.count};
    describe_points(r, f.point);
    status code = variable_fit_add(r->connection, &f, err);
    for (uint32_t i = 0; code == STATUS_OK && i < r->path.count; i++)
        code = store_weights(r, f.fit_id, i, err);
    *fit_id = f.fit_id;
    free(f.point);
    return code;
}

static status store(run *r, int64_t *fit_id, error *err)
{
    status code = db_begin(r->connection, err);
    if (code != STATUS_OK)
        return code;
    code = store_all(r, fit_id, err);
    if (code == STATUS_OK)
        return db_commit(r->connection, err);
    db_rollback(r->connection);
    return code;
}

static status check_converged(const run *r, error *err)
{
    uint32_t missed = 0;
    double worst = 0;
    for (uint32_t i = 0; i < r->path.count; i++) {
        missed += !r->path.point[i].converged;
        worst = fmax(worst, r->path.point[i].gap);
    }
    return missed ? error_set(err, STATUS_PARTIAL,
                              "%u of %u points did not reach the tolerance; the worst gap is %.1e",
                              missed, r->path.count, worst)
                  : STATUS_OK;
}

status variable_run(const char *study, const variable_request *request,
                    const variable_run_options *options, int64_t *fit_id, error *err)
{
    run r = {.request = request, .options = options, .began = clock_seconds()};
    *fit_id = 0;
    status code = variable_settings_check(&request->settings, err);
    if (code == STATUS_OK && request->folds == 1)
        code = error_set(err, STATUS_USAGE, "1 fold: expected at least 2, or 0 for none");
    if (code == STATUS_OK)
        code = load(&r, study, err);
    if (code == STATUS_OK)
        code = solve(&r, err);
    if (code == STATUS_OK)
        code = store(&r, fit_id, err);
    if (code == STATUS_OK)
        code = check_converged(&r, err);
    cross_curve_release(&r.curve);
    variable_path_release(&r.path);
    stack_release(&r.source);
    free(r.value);
    target_set_release(&r.targets);
    layer_set_release(&r.layers);
    db_close(r.connection);
    return code;
}
