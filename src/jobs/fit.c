#include "src/jobs/fit.h"

#include "db/autoencoder.h"
#include "solver/cross.h"
#include "src/base/memory.h"
#include "src/jobs/folds.h"
#include "src/jobs/layer_data.h"
#include "src/jobs/memory_plan.h"
#include "src/jobs/runner.h"
#include "src/jobs/variable.h"
#include "src/jobs/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

lasso_rule fit_rule(const fit *f)
{
#define RULE_OF(which, text, meaning)                                                             \
    if (strcmp(f->rule, text) == 0)                                                               \
        return which;
    LASSO_RULE_LIST(RULE_OF)
#undef RULE_OF
    return LASSO_ABSOLUTE; /* the schema admits no other name */
}

typedef struct run {
    db *connection;
    const fit_run_options *options;
    layer_set layers;
    fit f;
    bool joint, of_variable;
    writer *out;
    layer_data *part; /* by position; loaded while a pair at work or to come needs it */
    layer_data stack; /* of a joint fit: the sources of the pair at work */
} run;

/* The pair at work: its target and its sources, one or (joint) several, by position. */
typedef struct work {
    fit_pair *pair;
    uint32_t number;
    const layer_data *source, *target;
    writer_part *part;
    uint32_t parts;
    memory_plan plan;
    wiring wired; /* of a pair whose layers both have their autoencoders; else empty */
} work;

static bool cancelled(const run *r)
{
    return r->options->cancel && atomic_load(r->options->cancel);
}

static lasso_settings run_settings(const run *r, const work *w)
{
    lasso_settings settings = lasso_defaults();
    settings.rule = fit_rule(&r->f);
    settings.lambda = r->f.lambda;
    settings.ridge = r->f.ridge;
    settings.scale = r->f.scale;
    settings.tolerance = r->f.tolerance;
    settings.threads = w->plan.threads;
    settings.memory = w->plan.table;
    settings.block = w->plan.block;
    return settings;
}

/* A lambda that predicts documents it has not seen (README, the method). */
static status cross_validate(run *r, const work *w, const lasso_settings *settings, error *err)
{
    uint32_t *fold = NULL;
    cross_search search = cross_search_defaults();
    cross_folds folds = {.count = (uint32_t)settings->lambda};
    status code = folds_by_document(r->connection, w->target->m.rows, folds.count,
                                    (uint64_t)r->f.seed, &fold, err);
    folds.of = fold;
    if (code == STATUS_OK)
        code = cross_choose_lambda(&w->source->m, &w->target->m, settings, &search, &folds,
                                   r->options->cancel, &w->pair->lambda, &w->pair->lambda_max,
                                   NULL, err);
    free(fold);
    return code;
}

/* The pair's lambda is chosen once, from all its targets, and kept: a resumed fit goes on with it.
 */
static status pair_lambda(run *r, const work *w, const lasso_design *design,
                          lasso_settings *settings, error *err)
{
    fit_pair *pair = w->pair;
    if (settings->rule == LASSO_OF_TARGET)
        return STATUS_OK;
    if (!pair->lambda_known) {
        status code =
            settings->rule == LASSO_CROSS
                ? cross_validate(r, w, settings, err)
                : lasso_choose_lambda(design, &w->target->m, settings, r->options->cancel,
                                      &pair->lambda, &pair->lambda_max, err);
        if (code != STATUS_OK)
            return code;
        pair->lambda_known = true;
        for (uint32_t p = 0; code == STATUS_OK && p < w->parts; p++)
            code = fit_pair_set_lambda(r->connection, w->part[p].pair_id, true, pair->lambda,
                                       pair->lambda_max, err);
        if (code != STATUS_OK)
            return code;
    }
    settings->rule = LASSO_ABSOLUTE;
    settings->lambda = pair->lambda;
    return STATUS_OK;
}

static status solve(run *r, const work *w, const uint32_t *targets, uint32_t count, error *err)
{
    lasso_settings settings = run_settings(r, w);
    lasso_design *design = NULL;
    lasso_report report = {0};
    status code = lasso_design_create(&design, &w->source->m, &settings, err);
    if (code == STATUS_OK)
        code = pair_lambda(r, w, design, &settings, err);
    if (code == STATUS_OK) {
        lasso_hooks hooks = {.user = r->out,
                             .block = writer_block,
                             .cancel = r->options->cancel,
                             .done = writer_done(r->out)};
        code = lasso_solve(design, &w->target->m, targets, count, &settings, &hooks, &report, err);
    }
    /* blocks that arrived are kept whatever happened after; a failed write is the first cause */
    error write_error = {0};
    status written = writer_drain(r->out, &write_error);
    lasso_design_free(design);
    if (written != STATUS_OK) {
        *err = write_error;
        return written;
    }
    if (code == STATUS_OK && report.stopped)
        code = error_set(err, STATUS_INTERRUPTED, "cancelled");
    return code;
}

static bool is_wired(const run *r, const fit_pair *pair)
{
    return r->f.wiring && !r->joint &&
           fit_pair_wireable(layer_by_id(&r->layers, pair->source_layer),
                             layer_by_id(&r->layers, pair->target_layer));
}

/* What the layers' autoencoders say, where the fit is to use them. */
static status wire(run *r, work *w, error *err)
{
    const layer *source = layer_by_id(&r->layers, w->pair->source_layer);
    const layer *target = layer_by_id(&r->layers, w->pair->target_layer);
    autoencoder from = {0}, to = {0};
    if (!is_wired(r, w->pair))
        return STATUS_OK;
    status code = autoencoder_load(r->connection, source, &from, err);
    if (code == STATUS_OK)
        code = autoencoder_load(r->connection, target, &to, err);
    if (code == STATUS_OK) {
        code = wiring_create(&w->source->m, &from, &w->target->m, &to, w->plan.wiring_threads,
                             r->options->cancel, &w->wired, err);
        if (code == STATUS_INPUT) {
            error why = *err;
            error_set(err, code, "layer '%s': %s (a fit with wiring off does without it)",
                      target->name, why.message);
        }
    }
    autoencoder_release(&from);
    autoencoder_release(&to);
    return code;
}

/* Solves the targets that no earlier run finished. */
static status solve_rest(run *r, work *w, error *err)
{
    const layer *source = layer_by_id(&r->layers, w->pair->source_layer);
    const layer *target = layer_by_id(&r->layers, w->pair->target_layer);
    uint8_t *done = mem_zero(target->features, sizeof *done);
    uint32_t *left = mem_alloc(target->features * sizeof *left);
    uint32_t count = 0;
    status code = fit_done_targets(r->connection, w->pair->id, done, target->features, err);
    for (uint32_t f = 0; f < target->features; f++)
        if (!done[f])
            left[count++] = f;
    if (code == STATUS_OK) {
        writer_pair out = {.pair_id = w->pair->id,
                           .part = w->part,
                           .parts = w->parts,
                           .source = w->source,
                           .target = w->target,
                           .wired = &w->wired,
                           .waiting = w->plan.waiting,
                           .cache = w->plan.cache};
        writer_set_pair(r->out, &out, w->number, source->position, target->position);
        code = wire(r, w, err);
    }
    if (code == STATUS_OK)
        code = solve(r, w, left, count, err);
    free(done);
    free(left);
    wiring_release(&w->wired);
    return code;
}

/* Whether a fit of pair p's target reads the layer. */
static bool reads(const run *r, uint32_t p, int64_t layer_id)
{
    const fit_pair *pair = &r->f.pair[p];
    bool source = pair->source_layer == layer_id;
    for (uint32_t other = 0; r->joint && other < r->f.pair_count; other++)
        source |= r->f.pair[other].target_layer == pair->target_layer &&
                  r->f.pair[other].source_layer == layer_id;
    return source || pair->target_layer == layer_id;
}

/* Lets go of the layers that neither this pair nor a later one reads; with a limit on memory, of
 * all that this one does not. */
static void release_layers(run *r, uint32_t number)
{
    for (uint32_t l = 0; l < r->layers.count; l++) {
        bool needed = false;
        uint32_t end = r->options->memory ? number + 1 : r->f.pair_count;
        for (uint32_t p = number; p < end && !needed; p++)
            needed = r->f.pair[p].done < r->f.pair[p].targets && reads(r, p, r->layers.item[l].id);
        if (!needed)
            layer_data_release(&r->part[l]);
    }
}

static status load_layer(run *r, int64_t layer_id, const layer_data **data, error *err)
{
    const layer *l = layer_by_id(&r->layers, layer_id);
    *data = &r->part[l->position];
    return layer_data_load(&r->part[l->position], r->connection, l, err);
}

/* Puts the sources of a joint fit's target layer side by side, in computation order. */
static status stack_sources(run *r, work *w, error *err)
{
    layer_data *side = mem_zero(r->f.pair_count, sizeof *side); /* shallow: owned by r->part */
    uint32_t at = 0;
    status code = STATUS_OK;
    w->parts = 0;
    for (uint32_t p = 0; code == STATUS_OK && p < r->f.pair_count; p++) {
        const fit_pair *pair = &r->f.pair[p]; /* pairs come by position of their source */
        const layer_data *data = NULL;
        if (pair->target_layer != w->pair->target_layer)
            continue;
        code = load_layer(r, pair->source_layer, &data, err);
        w->part[w->parts] = (writer_part){.pair_id = pair->id, .first = at};
        side[w->parts++] = *data;
        at += data->m.cols;
    }
    layer_data_release(&r->stack);
    if (code == STATUS_OK)
        code = layer_data_stack(&r->stack, side, w->parts, err);
    w->source = &r->stack;
    free(side);
    return code;
}

static status plan_memory(run *r, work *w, error *err)
{
    const layer **source = mem_alloc(((size_t)r->f.pair_count + 1) * sizeof *source);
    uint32_t sources = 0;
    for (uint32_t p = 0; p < r->f.pair_count; p++)
        if (r->joint ? r->f.pair[p].target_layer == w->pair->target_layer : p == w->number)
            source[sources++] = layer_by_id(&r->layers, r->f.pair[p].source_layer);
    const layer *target = layer_by_id(&r->layers, w->pair->target_layer);
    status code = memory_plan_make(source, sources, target, is_wired(r, w->pair), fit_rule(&r->f),
                                   1, r->options->threads, r->options->memory, &w->plan, err);
    free(source);
    if (code == STATUS_OK && w->plan.cache)
        code = db_limit_cache(r->connection, w->plan.cache, err);
    return code;
}

static status run_pair(run *r, uint32_t number, error *err)
{
    work w = {.pair = &r->f.pair[number], .number = number};
    if (w.pair->done >= w.pair->targets)
        return STATUS_OK;
    release_layers(r, number);
    w.part = mem_zero(r->f.pair_count, sizeof *w.part);
    status code = plan_memory(r, &w, err);
    if (code == STATUS_OK)
        code = load_layer(r, w.pair->target_layer, &w.target, err);
    if (code == STATUS_OK && r->joint) {
        code = stack_sources(r, &w, err);
    } else if (code == STATUS_OK) {
        w.part[0].pair_id = w.pair->id;
        w.parts = 1;
        code = load_layer(r, w.pair->source_layer, &w.source, err);
    }
    if (code == STATUS_OK)
        code = solve_rest(r, &w, err);
    free(w.part);
    return code;
}

status fit_check_data(const layer_set *layers, const fit *f, error *err)
{
    if (strcmp(f->kind, "target") == 0)
        return STATUS_OK; /* its layers are not in pairs: variable_run looks at them */
    for (uint32_t p = 0; p < f->pair_count; p++)
        if (!layer_by_id(layers, f->pair[p].source_layer) ||
            !layer_by_id(layers, f->pair[p].target_layer))
            return error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                             (long long)f->id);
    char *now = fit_data_hash(layers, f->pair, f->pair_count);
    bool same = strcmp(now, f->data_hash) == 0;
    free(now);
    return same ? STATUS_OK
                : error_set(err, STATUS_INPUT,
                            "the activations have changed since fit %lld began; start a new fit",
                            (long long)f->id);
}

/* Before any work: whether the memory allows for all of it. */
static status check_memory(const run *r, error *err)
{
    fit_request request = {
        .settings.rule = fit_rule(&r->f), .joint = r->joint, .wiring = r->f.wiring};
    request.pair = mem_alloc(((size_t)r->f.pair_count + 1) * sizeof *request.pair);
    for (uint32_t p = 0; p < r->f.pair_count; p++)
        request.pair[request.pair_count++] =
            (struct fit_request_pair){r->f.pair[p].source_layer, r->f.pair[p].target_layer};
    status code = memory_plan_check(&r->layers, &request, 1, r->options->memory, err);
    fit_request_release(&request);
    return code;
}

static status claim(run *r, error *err)
{
    if (r->f.state == FIT_DONE)
        return STATUS_OK;
    if (r->f.state == FIT_RUNNING && !fit_is_cut_off(&r->f) && !r->options->take_over)
        return error_set(err, STATUS_INPUT, "fit %lld is being run already, by %s",
                         (long long)r->f.id, r->f.runner);
    char *self = runner_self();
    bool taken = false;
    status code = fit_claim(r->connection, r->f.id, self, r->f.runner, &taken, err);
    free(self);
    if (code == STATUS_OK && !taken)
        code = error_set(err, STATUS_INPUT, "fit %lld has just been taken by another process",
                         (long long)r->f.id);
    return code;
}

static fit_progress progress_so_far(const fit *f)
{
    fit_progress p = {
        .fit_id = f->id, .state = FIT_RUNNING, .pairs = f->pair_count, .seconds_left = -1};
    for (uint32_t i = 0; i < f->pair_count; i++) {
        const fit_pair *pair = &f->pair[i];
        p.targets += pair->targets;
        p.done += pair->done;
        p.edges += pair->edges;
        p.unconverged += pair->done - pair->converged - pair->constant;
        if (pair->worst_gap > p.worst_gap)
            p.worst_gap = pair->worst_gap;
    }
    return p;
}

static status run_pairs(run *r, const char *study, fit_progress *last, error *err)
{
    status code = writer_start(&r->out, study, r->options, last, err);
    for (uint32_t p = 0; code == STATUS_OK && p < r->f.pair_count; p++)
        code =
            cancelled(r) ? error_set(err, STATUS_INTERRUPTED, "cancelled") : run_pair(r, p, err);
    writer_stop(r->out, last);
    return code;
}

static status run_to_end(run *r, const char *study, fit_progress *last, error *err)
{
    status code = r->of_variable
                      ? variable_run(r->connection, &r->layers, r->f.id, r->options, last, err)
                      : run_pairs(r, study, last, err);
    error ignored = {0};
    last->state = code == STATUS_OK            ? FIT_DONE
                  : code == STATUS_INTERRUPTED ? FIT_CANCELLED
                                               : FIT_FAILED;
    status stored =
        fit_set_state(r->connection, r->f.id, last->state,
                      code == STATUS_OK || code == STATUS_INTERRUPTED ? NULL : err->message,
                      code == STATUS_OK ? err : &ignored);
    return code == STATUS_OK ? stored : code;
}

status fit_run(const char *study, int64_t fit_id, const fit_run_options *options,
               fit_progress *last, error *err)
{
    run r = {.options = options};
    error own = {0};
    if (!err)
        err = &own;
    *last = (fit_progress){.fit_id = fit_id, .state = FIT_FAILED, .seconds_left = -1};
    status code = db_open(&r.connection, study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = layer_list(r.connection, &r.layers, err);
    if (code == STATUS_OK)
        code = fit_get(r.connection, fit_id, &r.f, err);
    r.joint = strcmp(r.f.kind, "joint") == 0;
    r.of_variable = strcmp(r.f.kind, "target") == 0;
    if (code == STATUS_OK)
        code = fit_check_data(&r.layers, &r.f, err);
    if (code == STATUS_OK && r.f.state != FIT_DONE)
        code = fit_check_ridge(&r.f, err);
    if (code == STATUS_OK && !r.of_variable)
        code = check_memory(&r, err);
    if (code == STATUS_OK)
        code = claim(&r, err);
    if (code == STATUS_OK) {
        r.part = mem_zero(r.layers.count, sizeof *r.part);
        *last = progress_so_far(&r.f);
        last->state = r.f.state;
        if (r.f.state != FIT_DONE) {
            last->state = FIT_RUNNING;
            code = run_to_end(&r, study, last, err);
        }
    }
    if (code == STATUS_OK && last->unconverged > 0)
        code = error_set(err, STATUS_PARTIAL,
                         "%u of %u %s did not reach the tolerance; the worst gap is %.1e",
                         last->unconverged, last->targets, r.of_variable ? "points" : "targets",
                         last->worst_gap);
    if (code != STATUS_OK && code != STATUS_PARTIAL)
        snprintf(last->message, sizeof last->message, "%.255s", err->message);
    for (uint32_t l = 0; r.part && l < r.layers.count; l++)
        layer_data_release(&r.part[l]);
    free(r.part);
    layer_data_release(&r.stack);
    fit_release(&r.f);
    layer_set_release(&r.layers);
    db_close(r.connection);
    return code;
}

bool fit_is_cut_off(const fit *f)
{
    return f->state == FIT_RUNNING && !runner_alive(f->runner);
}

bool fit_was_interrupted(const fit *f)
{
    return fit_is_cut_off(f) ||
           (f->state == FIT_CANCELLED && f->message && strcmp(f->message, FIT_PROGRAM_LEFT) == 0);
}

const char *fit_state_shown(const fit *f)
{
    return fit_is_cut_off(f) ? "cut off" : fit_state_name(f->state);
}
