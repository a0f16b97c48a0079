#include "src/jobs/fit.h"

#include "src/base/memory.h"
#include "src/jobs/layer_data.h"
#include "src/jobs/runner.h"
#include "src/jobs/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *rule_name(lasso_rule rule)
{
    static const char *const names[] = {
#define RULE_NAME(name, text, meaning) [name] = text,
        LASSO_RULE_LIST(RULE_NAME)
#undef RULE_NAME
    };
    return names[rule];
}

static lasso_rule rule_of(const char *name)
{
#define RULE_OF(rule, text, meaning)                                                              \
    if (strcmp(name, text) == 0)                                                                  \
        return rule;
    LASSO_RULE_LIST(RULE_OF)
#undef RULE_OF
    return LASSO_ABSOLUTE; /* the schema admits no other name */
}

/* ---- asking ---- */

void fit_request_adjacent(fit_request *request, const layer_set *layers, const uint32_t *chosen,
                          uint32_t count)
{
    if (!chosen)
        count = layers->count;
    request->pair = mem_alloc((count + 1) * sizeof *request->pair);
    request->pair_count = 0;
    for (uint32_t i = 0; i + 1 < count; i++) {
        const layer *source = &layers->item[chosen ? chosen[i] : i];
        const layer *target = &layers->item[chosen ? chosen[i + 1] : i + 1];
        request->pair[request->pair_count].source_layer = source->id;
        request->pair[request->pair_count].target_layer = target->id;
        request->pair_count++;
    }
}

void fit_request_release(fit_request *request)
{
    free(request->pair);
    request->pair = NULL;
    request->pair_count = 0;
}

/* The hashes of the layers that the pairs touch, in computation order: what the fit saw. */
static char *data_hash(const layer_set *layers, const fit_pair *pair, uint32_t pairs)
{
    char *hash = mem_copy_text("");
    for (uint32_t l = 0; l < layers->count; l++) {
        const layer *this = &layers->item[l];
        bool used = false;
        for (uint32_t p = 0; p < pairs; p++)
            used |= pair[p].source_layer == this->id || pair[p].target_layer == this->id;
        if (used) {
            char *longer = mem_format("%s%s%u:%s", hash, hash[0] ? " " : "", l, this->hash);
            free(hash);
            hash = longer;
        }
    }
    return hash;
}

static status check_request(const layer_set *layers, const fit_request *request, error *err)
{
    status code = lasso_settings_check(&request->settings, err);
    if (code != STATUS_OK)
        return code;
    if (request->pair_count == 0)
        return error_set(err, STATUS_USAGE, "a fit needs at least two layers");
    for (uint32_t p = 0; p < request->pair_count; p++) {
        const layer *source = layer_by_id(layers, request->pair[p].source_layer);
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        if (!source || !target)
            return error_set(err, STATUS_USAGE, "pair %u names a layer that is not in the study",
                             p + 1);
        if (source->position >= target->position)
            return error_set(err, STATUS_USAGE,
                             "'%s' does not come before '%s' in the model's computation order",
                             source->name, target->name);
        for (uint32_t other = 0; other < p; other++)
            if (request->pair[other].source_layer == source->id &&
                request->pair[other].target_layer == target->id)
                return error_set(err, STATUS_USAGE, "the pair '%s' to '%s' is asked for twice",
                                 source->name, target->name);
    }
    return STATUS_OK;
}

status fit_create(db *d, const layer_set *layers, const fit_request *request, int64_t *fit_id,
                  error *err)
{
    status code = check_request(layers, request, err);
    if (code != STATUS_OK)
        return code;
    fit f = {.kind = "pairwise",
             .lambda = request->settings.lambda,
             .ridge = request->settings.ridge,
             .scale = request->settings.scale,
             .tolerance = request->settings.tolerance,
             .state = FIT_QUEUED,
             .pair_count = request->pair_count};
    snprintf(f.rule, sizeof f.rule, "%s", rule_name(request->settings.rule));
    f.pair = mem_zero(request->pair_count, sizeof *f.pair);
    for (uint32_t p = 0; p < request->pair_count; p++) {
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        f.pair[p] = (fit_pair){.source_layer = request->pair[p].source_layer,
                               .target_layer = request->pair[p].target_layer,
                               .targets = target->features};
    }
    f.data_hash = data_hash(layers, f.pair, f.pair_count);
    code = fit_add(d, &f, err);
    *fit_id = f.id;
    fit_release(&f);
    return code;
}

/* ---- running ---- */

typedef struct run {
    db *connection;
    const fit_run_options *options;
    layer_set layers;
    fit f;
    writer *out;
    layer_data source, target;
} run;

static bool cancelled(const run *r)
{
    return r->options->cancel && atomic_load(r->options->cancel);
}

static lasso_settings run_settings(const run *r)
{
    lasso_settings settings = lasso_defaults();
    settings.rule = rule_of(r->f.rule);
    settings.lambda = r->f.lambda;
    settings.ridge = r->f.ridge;
    settings.scale = r->f.scale;
    settings.tolerance = r->f.tolerance;
    settings.threads = r->options->threads;
    settings.memory = r->options->memory;
    return settings;
}

/* The pair's lambda is chosen once, from all its targets, and kept: a resumed fit goes on with it. */
static status pair_lambda(run *r, fit_pair *pair, const lasso_design *design,
                          lasso_settings *settings, error *err)
{
    if (settings->rule == LASSO_OF_TARGET)
        return STATUS_OK;
    if (!pair->lambda_known) {
        status code = lasso_choose_lambda(design, &r->target.m, settings, r->options->cancel,
                                          &pair->lambda, &pair->lambda_max, err);
        if (code != STATUS_OK)
            return code;
        pair->lambda_known = true;
        code = fit_pair_set_lambda(r->connection, pair->id, true, pair->lambda, pair->lambda_max,
                                   err);
        if (code != STATUS_OK)
            return code;
    }
    settings->rule = LASSO_ABSOLUTE;
    settings->lambda = pair->lambda;
    return STATUS_OK;
}

static status solve_pair(run *r, fit_pair *pair, const uint32_t *targets, uint32_t count,
                         error *err)
{
    lasso_settings settings = run_settings(r);
    lasso_design *design = NULL;
    lasso_report report = {0};
    status code = lasso_design_create(&design, &r->source.m, &settings, err);
    if (code == STATUS_OK)
        code = pair_lambda(r, pair, design, &settings, err);
    if (code == STATUS_OK) {
        lasso_hooks hooks = {.user = r->out,
                             .block = writer_block,
                             .cancel = r->options->cancel,
                             .done = writer_done(r->out)};
        code = lasso_solve(design, &r->target.m, targets, count, &settings, &hooks, &report, err);
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

static status run_pair(run *r, uint32_t number, error *err)
{
    fit_pair *pair = &r->f.pair[number];
    if (pair->done >= pair->targets)
        return STATUS_OK;
    const layer *source = layer_by_id(&r->layers, pair->source_layer);
    const layer *target = layer_by_id(&r->layers, pair->target_layer);
    if (r->target.layer_id == source->id && r->source.layer_id != source->id) {
        /* the last pair's target is this pair's source */
        layer_data swap = r->source;
        r->source = r->target;
        r->target = swap;
    }
    status code = layer_data_load(&r->source, r->connection, source, err);
    if (code == STATUS_OK)
        code = layer_data_load(&r->target, r->connection, target, err);
    if (code != STATUS_OK)
        return code;

    uint8_t *done = mem_zero(target->features, sizeof *done);
    uint32_t *todo = mem_alloc(target->features * sizeof *todo);
    uint32_t count = 0;
    code = fit_done_targets(r->connection, pair->id, done, target->features, err);
    for (uint32_t f = 0; f < target->features; f++)
        if (!done[f])
            todo[count++] = f;
    if (code == STATUS_OK) {
        writer_pair out = {.pair_id = pair->id,
                           .source_sd = r->source.sd,
                           .source_active_mean = r->source.active_mean,
                           .target_sd = r->target.sd};
        writer_set_pair(r->out, &out, number, source->position, target->position);
        code = solve_pair(r, pair, todo, count, err);
    }
    free(done);
    free(todo);
    return code;
}

static status check_data(run *r, error *err)
{
    for (uint32_t p = 0; p < r->f.pair_count; p++)
        if (!layer_by_id(&r->layers, r->f.pair[p].source_layer) ||
            !layer_by_id(&r->layers, r->f.pair[p].target_layer))
            return error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                             (long long)r->f.id);
    char *now = data_hash(&r->layers, r->f.pair, r->f.pair_count);
    bool same = strcmp(now, r->f.data_hash) == 0;
    free(now);
    return same ? STATUS_OK
                : error_set(err, STATUS_INPUT,
                            "the activations have changed since fit %lld began; start a new fit",
                            (long long)r->f.id);
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
    fit_progress p = {.fit_id = f->id,
                      .state = FIT_RUNNING,
                      .pairs = f->pair_count,
                      .seconds_left = -1};
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
        code = cancelled(r) ? error_set(err, STATUS_INTERRUPTED, "cancelled") : run_pair(r, p, err);
    writer_stop(r->out, last);

    error ignored = {0};
    last->state = code == STATUS_OK            ? FIT_DONE
                  : code == STATUS_INTERRUPTED ? FIT_CANCELLED
                                               : FIT_FAILED;
    status stored = fit_set_state(r->connection, r->f.id, last->state,
                                  code == STATUS_OK || code == STATUS_INTERRUPTED ? NULL
                                                                                  : err->message,
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
    if (code == STATUS_OK)
        code = check_data(&r, err);
    if (code == STATUS_OK)
        code = claim(&r, err);
    if (code == STATUS_OK) {
        *last = progress_so_far(&r.f);
        last->state = r.f.state;
        if (r.f.state != FIT_DONE) {
            last->state = FIT_RUNNING;
            code = run_pairs(&r, study, last, err);
        }
    }
    if (code == STATUS_OK && last->unconverged > 0)
        code = error_set(err, STATUS_PARTIAL,
                         "%u of %u targets did not reach the tolerance; the worst gap is %.1e",
                         last->unconverged, last->targets, last->worst_gap);
    if (code != STATUS_OK && code != STATUS_PARTIAL)
        snprintf(last->message, sizeof last->message, "%.255s", err->message);
    layer_data_release(&r.source);
    layer_data_release(&r.target);
    fit_release(&r.f);
    layer_set_release(&r.layers);
    db_close(r.connection);
    return code;
}

bool fit_is_cut_off(const fit *f)
{
    return f->state == FIT_RUNNING && !runner_alive(f->runner);
}

const char *fit_state_shown(const fit *f)
{
    return fit_is_cut_off(f) ? "cut off" : fit_state_name(f->state);
}
