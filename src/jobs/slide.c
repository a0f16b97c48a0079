#include "src/jobs/slide.h"

#include "src/base/memory.h"
#include "src/jobs/fit.h"
#include "src/jobs/stack.h"
#include "src/jobs/strength.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_MEMORY = 256 << 20 };

struct slide {
    lasso_settings settings;
    lasso_design *design;
    stack source;
    layer_data target;
};

void slide_close(slide *s)
{
    if (!s)
        return;
    lasso_design_free(s->design);
    stack_release(&s->source);
    layer_data_release(&s->target);
    free(s);
}

/* The source layers of the target layer, side by side when there are several. */
static status read_sources(slide *s, db *d, const layer_set *layers, const fit *f,
                           int64_t target_layer, error *err)
{
    int64_t *id = mem_alloc(((size_t)f->pair_count + 1) * sizeof *id);
    uint32_t count = 0;
    bool joint = strcmp(f->kind, "joint") == 0;
    for (uint32_t p = 0; p < f->pair_count; p++)
        /* a target layer with several pairwise fits: the first source's */
        if (f->pair[p].target_layer == target_layer && (joint || count == 0))
            id[count++] = f->pair[p].source_layer;
    status code = count ? stack_load(&s->source, d, layers, id, count, err)
                        : error_set(err, STATUS_INPUT, "fit %lld has no such target layer",
                                    (long long)f->id);
    free(id);
    return code;
}

status slide_open(slide **out, db *d, const layer_set *layers, int64_t fit_id,
                  int64_t target_layer, error *err)
{
    fit f = {0};
    const layer *target = layer_by_id(layers, target_layer);
    *out = NULL;
    status code = fit_get(d, fit_id, &f, err);
    if (code == STATUS_OK)
        code = fit_check_ridge(&f, err);
    if (code != STATUS_OK) {
        fit_release(&f);
        return code;
    }
    slide *s = mem_zero(1, sizeof *s);
    s->settings = lasso_defaults();
    s->settings.rule = LASSO_ABSOLUTE;
    s->settings.ridge = f.ridge;
    s->settings.scale = f.scale;
    s->settings.tolerance = f.tolerance;
    s->settings.threads = 1; /* one target gains nothing from more, */
    s->settings.memory =
        TABLE_MEMORY; /* and little from a larger table, which takes time to make */
    if (!target)
        code = error_set(err, STATUS_INPUT, "the study has no such layer");
    if (code == STATUS_OK)
        code = read_sources(s, d, layers, &f, target_layer, err);
    if (code == STATUS_OK)
        code = layer_data_load(&s->target, d, target, err);
    if (code == STATUS_OK)
        code = lasso_design_create(&s->design, &s->source.data.m, &s->settings, err);
    fit_release(&f);
    if (code != STATUS_OK) {
        slide_close(s);
        return code;
    }
    *out = s;
    return STATUS_OK;
}

typedef struct take {
    const slide *s;
    slide_result *out;
} take;

static int strongest_first(const void *a, const void *b)
{
    double x = fabs(((const slide_edge *)a)->removal);
    double y = fabs(((const slide_edge *)b)->removal);
    return (x < y) - (x > y);
}

static bool take_result(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    (void)count; /* one target was asked for */
    const take *t = user;
    const slide *s = t->s;
    const lasso_result *r = &results[0];
    slide_result *out = t->out;
    *out = (slide_result){.state = r->state,
                          .lambda = r->lambda,
                          .lambda_max = r->lambda_max,
                          .r2 = r->r2,
                          .gap = r->gap,
                          .edges = r->parents};
    out->edge = mem_alloc(r->parents * sizeof *out->edge);
    float *y = mem_zero(s->target.m.rows, sizeof *y);
    edge_strength *strengths = mem_alloc(r->parents * sizeof *strengths);
    strength_measure(&s->source.data, &s->target, r, y, strengths);
    for (uint32_t k = 0; k < r->parents; k++) {
        uint32_t column = r->source[k];
        stack_column from = stack_find(&s->source, column);
        out->edge[k] = (slide_edge){.source_layer = from.layer_id,
                                    .source = from.feature,
                                    .weight = r->weight[k],
                                    .standardised = strengths[k].standardised,
                                    .removal = strengths[k].removal};
    }
    free(y);
    free(strengths);
    qsort(out->edge, out->edges, sizeof *out->edge, strongest_first);
    return true;
}

status slide_solve(slide *s, uint32_t target, double lambda, slide_result *out, error *err)
{
    lasso_settings settings = s->settings;
    settings.lambda = lambda;
    *out = (slide_result){0};
    take t = {.s = s, .out = out};
    lasso_hooks hooks = {.user = &t, .block = take_result};
    lasso_report report;
    return lasso_solve(s->design, &s->target.m, &target, 1, &settings, &hooks, &report, err);
}

void slide_result_release(slide_result *result)
{
    free(result->edge);
    *result = (slide_result){0};
}
