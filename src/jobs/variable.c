#include "src/jobs/variable.h"

#include "db/document.h"
#include "db/target.h"
#include "solver/cross.h"
#include "solver/variable_part.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/folds.h"
#include "src/jobs/stack.h"
#include "src/jobs/ticker.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking ---- */

variable_request variable_request_usual(bool cross_validated)
{
    variable_request request = {.settings = variable_defaults()};
    if (cross_validated) {
        request.settings.points = 30;
        request.settings.fraction = 0.001;
    }
    return request;
}

variable_kind variable_kind_of(const target *t)
{
    static const variable_kind kinds[] = {[TARGET_REAL] = VARIABLE_REAL,
                                          [TARGET_BINARY] = VARIABLE_BINARY,
                                          [TARGET_CLASS] = VARIABLE_CLASS};
    return kinds[t->kind];
}

status variable_load(db *d, const target *t, variable *v, double **value, error *err)
{
    *v = (variable){.kind = variable_kind_of(t), .classes = 2};
    status code = target_load(d, t->id, value, &v->rows, err);
    v->value = *value;
    if (code == STATUS_OK && v->kind == VARIABLE_CLASS) {
        v->classes = t->class_count;
        for (uint32_t i = 0; i < v->rows; i++) /* a variable without names: as many as it uses */
            if ((*value)[i] < UINT32_MAX && (*value)[i] >= v->classes && !t->classes)
                v->classes = (uint32_t)(*value)[i] + 1;
    }
    return code;
}

static status add_fit(db *d, const variable_request *request, const target *about,
                      const stack *source, int64_t *fit_id, error *err)
{
    const variable_settings *settings = &request->settings;
    variable_fit f = {.base = {.lambda = settings->fraction,
                               .ridge = settings->ridge,
                               .scale = settings->scale,
                               .tolerance = settings->tolerance,
                               .seed = (int64_t)request->seed,
                               .data_hash = source->hash},
                      .target_id = about->id,
                      .points = settings->points,
                      .folds = request->folds,
                      .least = request->least_error,
                      .train_only = request->train_only,
                      .layer = source->layer,
                      .layer_count = source->count};
    status code = variable_fit_add(d, &f, err);
    *fit_id = f.base.id;
    return code;
}

status variable_create(db *d, const layer_set *layers, const variable_request *request,
                       int64_t *fit_id, error *err)
{
    target_set targets = {0};
    stack source = {0};
    status code = variable_settings_check(&request->settings, err);
    *fit_id = 0;
    if (code == STATUS_OK && request->folds == 1)
        code = error_set(err, STATUS_USAGE, "1 fold: expected at least 2, or 0 for none");
    if (code == STATUS_OK)
        code = target_list(d, &targets, err);
    const target *about = request->target_id ? target_by_id(&targets, request->target_id)
                                             : target_find(&targets, request->target);
    if (code == STATUS_OK && !about)
        code = error_set(err, STATUS_INPUT, "there is no target variable '%s'",
                         request->target ? request->target : "");
    if (code == STATUS_OK)
        code = stack_arrange(&source, layers, request->layer, request->layer_count, err);
    if (code == STATUS_OK)
        code = add_fit(d, request, about, &source, fit_id, err);
    stack_release(&source);
    target_set_release(&targets);
    return code;
}

void variable_describe(const variable_fit *f, const char *lambda, char *text, size_t capacity)
{
    char folds[48] = "";
    if (f->folds)
        snprintf(folds, sizeof folds, ", %u folds%s", f->folds, f->least ? ", least error" : "");
    snprintf(text, capacity, "%u %s down to %g of the maximum%s, ridge %g%s, scale %s%s",
             f->points, lambda, f->base.lambda, folds, f->base.ridge,
             f->base.ridge_of_layer ? " (one a layer)" : "", f->base.scale ? "sd" : "none",
             f->train_only ? ", training documents" : "");
}

/* ---- running ---- */

typedef struct run {
    db *connection;
    const fit_run_options *options;
    fit_progress *last;
    variable_fit f;
    stack source;
    double *value;
    variable v;
    variable_part part; /* of the training documents; empty unless only they are seen */
    const matrix *x;    /* what is fitted: all samples, or the part */
    const variable *y;
    uint32_t *fold; /* by sample of x */
    variable_path path;
    cross_curve curve; /* empty without cross-validation */
    double began;
    atomic_uint done; /* points */
} run;

static void tell(void *user)
{
    run *r = user;
    fit_progress p = *r->last;
    p.done = atomic_load(&r->done);
    p.done = p.done < p.targets ? p.done : p.targets;
    p.seconds = clock_seconds() - r->began;
    p.rate = p.seconds > 0 ? p.done / p.seconds : 0;
    p.seconds_left = p.rate > 0 ? (p.targets - p.done) / p.rate : -1;
    r->options->progress(r->options->user, &p);
}

/* ---- the data ---- */

static status find_about(db *d, int64_t target_id, variable *v, double **value, error *err)
{
    target_set targets = {0};
    status code = target_list(d, &targets, err);
    const target *about = target_by_id(&targets, target_id);
    if (code == STATUS_OK)
        code = about ? variable_load(d, about, v, value, err)
                     : error_set(err, STATUS_INPUT, "the target variable is gone");
    target_set_release(&targets);
    return code;
}

static status deal_folds(run *r, const uint8_t *held, error *err)
{
    return r->f.folds ? folds_among(r->connection, r->v.rows, held, r->f.folds,
                                    (uint64_t)r->f.base.seed, &r->fold, err)
                      : STATUS_OK;
}

/* Keeps the training documents' samples. */
static status choose_samples(run *r, error *err)
{
    uint8_t *held = NULL;
    uint32_t count = 0;
    r->x = &r->source.data.m;
    r->y = &r->v;
    if (!r->f.train_only || r->v.rows != r->x->rows) /* the solver says what is wrong with rows */
        return deal_folds(r, NULL, err);
    status code = document_held_out(r->connection, r->v.rows, &held, &count, err);
    if (code == STATUS_OK && count == r->v.rows)
        code = error_set(err, STATUS_INPUT,
                         "every document is held out: there is none to fit '%s' on", r->f.target);
    if (code == STATUS_OK)
        code = deal_folds(r, held, err);
    for (uint32_t i = 0; code == STATUS_OK && i < r->v.rows; i++)
        held[i] = !held[i];
    if (code == STATUS_OK)
        code = variable_part_create(&r->part, r->x, &r->v, held, err);
    r->x = &r->part.x;
    r->y = &r->part.v;
    free(held);
    return code;
}

static status load(run *r, const layer_set *layers, error *err)
{
    status code = stack_load(&r->source, r->connection, layers, r->f.layer, r->f.layer_count, err);
    if (code == STATUS_OK && strcmp(r->source.hash, r->f.base.data_hash) != 0)
        code = error_set(err, STATUS_INPUT,
                         "the activations have changed since fit %lld was asked for; start a new "
                         "fit",
                         (long long)r->f.base.id);
    if (code == STATUS_OK)
        code = find_about(r->connection, r->f.target_id, &r->v, &r->value, err);
    return code == STATUS_OK ? choose_samples(r, err) : code;
}

/* ---- the fit ---- */

static variable_settings settings_of(const variable_fit *f)
{
    variable_settings settings = variable_defaults();
    settings.points = f->points;
    settings.fraction = f->base.lambda;
    settings.ridge = f->base.ridge;
    settings.scale = f->base.scale;
    settings.tolerance = f->base.tolerance;
    return settings;
}

/* What folds are solved to: far below what held-out errors can tell apart. */
static const double fold_tolerance = 1e-4;

static status cross_validate(run *r, error *err)
{
    variable_settings settings = settings_of(&r->f);
    settings.tolerance = fmax(settings.tolerance, fold_tolerance);
    double *lambda = mem_alloc(r->path.count * sizeof *lambda);
    for (uint32_t i = 0; i < r->path.count; i++)
        lambda[i] = r->path.point[i].lambda;
    cross_folds folds = {.of = r->fold, .count = r->f.folds};
    status code =
        cross_variable(r->x, r->y, &settings, lambda, r->path.count, &folds, r->options->threads,
                       r->options->cancel, &r->done, &r->curve, err);
    free(lambda);
    return code;
}

static status solve(run *r, error *err)
{
    ticker *t = r->options->progress ? ticker_start(tell, r) : NULL;
    variable_settings settings = settings_of(&r->f);
    status code = variable_solve(r->x, r->y, &settings, NULL, 0, r->options->cancel, &r->done,
                                 &r->path, err);
    if (code == STATUS_OK && r->f.folds && !r->path.constant)
        code = cross_validate(r, err);
    ticker_stop(t);
    if (code == STATUS_INPUT)
        error_prefix(err, "'%s'", r->f.target);
    return code;
}

/* ---- storing ---- */

/* The point to look at first: what cross-validation says, else the end of the path. */
static uint32_t chosen_point(const run *r)
{
    if (!r->curve.count)
        return r->path.count - 1;
    return r->f.least ? r->curve.least : r->curve.sparsest;
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

static status store_all(run *r, error *err)
{
    variable_fit f = r->f; /* shallow: what was asked, and now what came of it */
    f.outputs = r->path.outputs;
    f.lambda_max = r->path.lambda_max;
    f.null_loss = r->path.null_loss;
    f.chosen = chosen_point(r);
    f.seconds = clock_seconds() - r->began;
    f.point = mem_zero(r->path.count, sizeof *f.point);
    f.point_count = r->path.count;
    describe_points(r, f.point);
    status code = variable_fit_finish(r->connection, &f, err);
    for (uint32_t i = 0; code == STATUS_OK && i < r->path.count; i++)
        code = store_weights(r, f.base.id, i, err);
    free(f.point);
    return code;
}

static status store(run *r, error *err)
{
    status code = db_begin(r->connection, err);
    if (code != STATUS_OK)
        return code;
    code = store_all(r, err);
    if (code == STATUS_OK)
        return db_commit(r->connection, err);
    db_rollback(r->connection);
    return code;
}

static void sum_up(run *r)
{
    fit_progress *last = r->last;
    last->done = last->targets;
    for (uint32_t i = 0; i < r->path.count; i++) {
        last->unconverged += !r->path.point[i].converged;
        last->worst_gap = fmax(last->worst_gap, r->path.point[i].gap);
    }
    last->edges = r->path.point[chosen_point(r)].features;
    last->seconds = clock_seconds() - r->began;
}

status variable_run(db *d, const layer_set *layers, int64_t fit_id, const fit_run_options *options,
                    fit_progress *last, error *err)
{
    run r = {.connection = d, .options = options, .last = last, .began = clock_seconds()};
    status code = variable_fit_get(d, fit_id, &r.f, err);
    last->of_variable = true;
    last->pairs = 1; /* of layers side by side with the variable */
    last->targets = r.f.points * (1 + r.f.folds);
    if (code == STATUS_OK)
        code = load(&r, layers, err);
    if (code == STATUS_OK)
        code = solve(&r, err);
    if (code == STATUS_OK)
        code = store(&r, err);
    if (code == STATUS_OK)
        sum_up(&r);
    cross_curve_release(&r.curve);
    variable_path_release(&r.path);
    variable_part_release(&r.part);
    stack_release(&r.source);
    free(r.value);
    free(r.fold);
    variable_fit_release(&r.f);
    return code;
}
