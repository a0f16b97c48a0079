#include "src/jobs/refit.h"

#include "db/document.h"
#include "src/base/memory.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double tolerance_least = 1e-5;

/* A regression before it is loaded. */
typedef struct outline {
    uint32_t pair;    /* that has the targets */
    uint32_t *source; /* pairs whose sources it has, by position */
    uint32_t sources;
} outline;

struct refit {
    check_job *job;
    outline *item;
    uint32_t count;
    uint32_t *document, samples, documents;
    layer_data *layer; /* by position; loaded while the regression at work needs it */
    layer_data stack;
    refit_part *part;
    uint32_t *targets;
    double *lambda, *stretch;
};

static void add_outline(refit *r, uint32_t pair, bool joint)
{
    const fit *f = r->job->fit;
    outline *o = &r->item[r->count++];
    o->pair = pair;
    o->source = mem_alloc(f->pair_count * sizeof *o->source);
    for (uint32_t p = 0; p < f->pair_count; p++) /* pairs come by position of their source */
        if (p == pair || (joint && f->pair[p].target_layer == f->pair[pair].target_layer))
            o->source[o->sources++] = p;
}

/* Documents that have samples. */
static uint32_t count_filled(const uint32_t *number, uint32_t samples, uint32_t documents)
{
    uint32_t filled = 0;
    uint8_t *seen = mem_zero((size_t)documents + 1, 1);
    for (uint32_t i = 0; i < samples; i++) {
        filled += !seen[number[i]];
        seen[number[i]] = 1;
    }
    free(seen);
    return filled;
}

status refit_applies(db *d, const layer_set *layers, const fit *f, uint32_t *documents, char *why,
                     size_t capacity, error *err)
{
    uint32_t *number = NULL;
    *documents = 0;
    if (f->pair_count == 0) {
        snprintf(
            why, capacity,
            "fit %lld is of a target variable: circuitlasso target with --cv says how well it "
            "predicts documents that it has not seen",
            (long long)f->id);
        return STATUS_OK;
    }
    uint32_t samples = layers->count ? layers->item[0].samples : 0;
    status code = samples ? document_of_samples(d, samples, &number, documents, err) : STATUS_OK;
    if (code == STATUS_OK && samples)
        *documents = count_filled(number, samples, *documents);
    if (!samples)
        snprintf(why, capacity, "the study has no samples");
    free(number);
    return code;
}

status refit_open(refit **out, check_job *job, error *err)
{
    const fit *f = job->fit;
    *out = NULL;
    status code = fit_check_ridge(f, err);
    if (code != STATUS_OK)
        return code;
    refit *r = mem_zero(1, sizeof *r);
    r->job = job;
    r->layer = mem_zero(job->layers->count, sizeof *r->layer);
    r->item = mem_zero(f->pair_count, sizeof *r->item);
    bool joint = strcmp(f->kind, "joint") == 0;
    for (uint32_t p = 0; p < f->pair_count; p++)
        if (f->pair[p].targets)
            add_outline(r, p, joint);
    r->samples = job->layers->count ? job->layers->item[0].samples : 0;
    code = r->samples
               ? document_of_samples(job->connection, r->samples, &r->document, &r->documents, err)
               : error_set(err, STATUS_INPUT, "the study has no samples");
    if (code != STATUS_OK) {
        refit_close(r);
        return code;
    }
    *out = r;
    return STATUS_OK;
}

void refit_close(refit *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->job->fit->pair_count; i++)
        free(r->item[i].source);
    for (uint32_t l = 0; l < r->job->layers->count; l++)
        layer_data_release(&r->layer[l]);
    layer_data_release(&r->stack);
    free(r->item);
    free(r->layer);
    free(r->document);
    free(r->part);
    free(r->targets);
    free(r->lambda);
    free(r->stretch);
    free(r);
}

uint32_t refit_count(const refit *r)
{
    return r->count;
}

const uint32_t *refit_document(const refit *r, uint32_t *samples, uint32_t *documents)
{
    if (samples)
        *samples = r->samples;
    if (documents)
        *documents = r->documents;
    return r->document;
}

/* ---- loading ---- */

static status load_layer(refit *r, int64_t layer_id, const layer_data **data, error *err)
{
    const layer *l = layer_by_id(r->job->layers, layer_id);
    *data = &r->layer[l->position];
    return layer_data_load(&r->layer[l->position], r->job->connection, l, err);
}

static void release_others(refit *r, const outline *o)
{
    const fit *f = r->job->fit;
    for (uint32_t l = 0; l < r->job->layers->count; l++) {
        int64_t id = r->job->layers->item[l].id;
        bool needed = f->pair[o->pair].target_layer == id;
        for (uint32_t s = 0; s < o->sources; s++)
            needed |= f->pair[o->source[s]].source_layer == id;
        if (!needed)
            layer_data_release(&r->layer[l]);
    }
    layer_data_release(&r->stack);
}

static status load_sources(refit *r, const outline *o, refit_regression *out, error *err)
{
    const fit *f = r->job->fit;
    layer_data *side = mem_zero(o->sources, sizeof *side); /* shallow: owned by r->layer */
    status code = STATUS_OK;
    uint32_t at = 0;
    r->part = mem_grow(r->part, o->sources, sizeof *r->part);
    for (uint32_t s = 0; code == STATUS_OK && s < o->sources; s++) {
        const fit_pair *pair = &f->pair[o->source[s]];
        code = load_layer(r, pair->source_layer, &out->source, err);
        r->part[s] = (refit_part){pair->source_layer, pair->id, at};
        side[s] = *out->source;
        at += out->source->m.cols;
    }
    if (code == STATUS_OK && o->sources > 1) {
        code = layer_data_stack(&r->stack, side, o->sources, err);
        out->source = &r->stack;
    }
    out->part = r->part;
    out->parts = o->sources;
    free(side);
    return code;
}

typedef struct take {
    refit *r;
    uint32_t features, count;
    bool foreign;
} take;

static bool take_target(void *user, const fit_target *t)
{
    take *k = user;
    k->foreign = t->feature >= k->features || !(t->lambda >= 0) || !isfinite(t->lambda);
    if (!k->foreign && strcmp(t->state, "constant") != 0) {
        k->r->targets[k->count++] = t->feature;
        k->r->lambda[t->feature] = t->lambda;
        k->r->stretch[t->feature] = t->stretch;
    }
    return !k->foreign;
}

static status load_targets(refit *r, int64_t pair_id, uint32_t features, refit_regression *out,
                           error *err)
{
    take k = {.r = r, .features = features};
    r->targets = mem_grow(r->targets, features, sizeof *r->targets);
    r->lambda = mem_grow(r->lambda, features, sizeof *r->lambda);
    r->stretch = mem_grow(r->stretch, features, sizeof *r->stretch);
    memset(r->stretch, 0, features * sizeof *r->stretch);
    memset(r->lambda, 0, features * sizeof *r->lambda);
    status code = fit_each_target(r->job->connection, pair_id, take_target, &k, err);
    if (code == STATUS_OK && k.foreign)
        code = error_set(err, STATUS_INPUT,
                         "fit %lld has a target that its layer has not, or a lambda that is none",
                         (long long)r->job->fit->id);
    out->targets = r->targets;
    out->target_count = k.count;
    out->lambda = r->lambda;
    out->stretch = r->stretch;
    return code;
}

status refit_load(refit *r, uint32_t i, refit_regression *out, error *err)
{
    const outline *o = &r->item[i];
    const fit_pair *pair = &r->job->fit->pair[o->pair];
    *out = (refit_regression){.source_layer = pair->source_layer,
                              .target_layer = pair->target_layer,
                              .pair_id = pair->id};
    release_others(r, o);
    status code = load_layer(r, pair->target_layer, &out->target, err);
    if (code == STATUS_OK)
        code = load_sources(r, o, out, err);
    if (code == STATUS_OK)
        code = load_targets(r, pair->id, out->target->m.cols, out, err);
    return code;
}

/* ---- solving ---- */

lasso_settings refit_settings(const refit *r, const double *lambda)
{
    const fit *f = r->job->fit;
    lasso_settings settings = lasso_defaults();
    settings.rule = LASSO_ABSOLUTE;
    settings.lambda = 0;
    settings.target_lambda = lambda;
    settings.ridge = f->ridge;
    settings.scale = f->scale;
    settings.tolerance = fmax(f->tolerance, tolerance_least);
    settings.threads = r->job->threads;
    settings.memory = r->job->memory;
    return settings;
}

status refit_solve(refit *r, const refit_regression *g, const lasso_design *design,
                   const matrix *y, const double *lambda,
                   bool (*block)(void *user, uint32_t first, const lasso_result *results,
                                 uint32_t count),
                   void *user, error *err)
{
    lasso_settings settings = refit_settings(r, lambda);
    lasso_hooks hooks = {
        .user = user, .block = block, .cancel = r->job->cancel, .done = &r->job->part};
    lasso_report report;
    if (g->target_count == 0)
        return STATUS_OK;
    status code =
        lasso_solve(design, y, g->targets, g->target_count, &settings, &hooks, &report, err);
    return code == STATUS_OK && report.stopped ? error_set(err, STATUS_INTERRUPTED, "cancelled")
                                               : code;
}
