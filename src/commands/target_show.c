#include "src/commands/target_show.h"

#include "db/document.h"
#include "db/target.h"
#include "src/jobs/fit.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

static char *layer_names(const study *s, const variable_fit *f)
{
    char *names = mem_copy_text("");
    for (uint32_t l = 0; l < f->layer_count; l++) {
        const layer *in = layer_by_id(&s->layers, f->layer[l]);
        char *longer = mem_format("%s%s%s", names, l ? "," : "", in ? in->name : "?");
        free(names);
        names = longer;
    }
    return names;
}

static void print_fit_row(output *o, const study *s, const variable_fit *f)
{
    static const variable_fit_point none = {.held_out = (double)NAN, .lambda = (double)NAN};
    const variable_fit_point *p = f->point_count ? &f->point[f->chosen] : &none;
    char *names = layer_names(s, f);
    output_count(o, "fit", (uint64_t)f->base.id);
    output_text(o, "state", fit_state_shown(&f->base));
    output_text(o, "variable", f->target);
    output_text(o, "layers", names);
    output_text(o, "samples", f->train_only ? "train" : "all");
    output_count(o, "points", f->points);
    output_count(o, "folds", f->folds);
    output_number(o, "ridge", f->base.ridge, 4);
    output_text(o, "scale", f->base.scale ? "sd" : "none");
    output_number(o, "lambda", p->lambda, 6);
    output_count(o, "features", p->features);
    output_number(o, "explained", p->explained, 4);
    output_number(o, "held_out", p->held_out, 4);
    output_number(o, "seconds", f->seconds, 2);
    output_record(o);
    free(names);
}

status target_show_list(const study *s, bool json, error *err)
{
    target_set targets = {0};
    variable_fit_set fits = {0};
    status code = target_list(s->connection, &targets, err);
    if (code == STATUS_OK)
        code = variable_fit_list(s->connection, &fits, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        for (uint32_t t = 0; t < targets.count; t++) {
            output_text(o, "variable", targets.item[t].name);
            output_text(o, "kind", target_kind_name(targets.item[t].kind));
            output_text(o, "classes", targets.item[t].classes);
            output_record(o);
        }
        output_note(o, "%u target variable%s, %u fit%s of them", targets.count,
                    targets.count == 1 ? "" : "s", fits.count, fits.count == 1 ? "" : "s");
        output_end(o);
        o = output_begin(json);
        for (uint32_t i = 0; i < fits.count; i++)
            print_fit_row(o, s, &fits.item[i]);
        output_end(o);
    }
    target_set_release(&targets);
    variable_fit_set_release(&fits);
    return code;
}

/* ---- one fit ---- */

typedef struct shown {
    study *s;
    const variable_fit *f;
    const target_choice *choice;
    uint32_t point;
    const target *about;
} shown;

static void print_path(const shown *w)
{
    const variable_fit *f = w->f;
    output *o = output_begin(w->choice->json);
    for (uint32_t i = 0; i < f->point_count; i++) {
        const variable_fit_point *p = &f->point[i];
        output_count(o, "point", i);
        output_number(o, "lambda", p->lambda, 6);
        output_number(o, "of_max", f->lambda_max > 0 ? p->lambda / f->lambda_max : 0, 4);
        output_count(o, "features", p->features);
        output_number(o, "explained", p->explained, 4);
        if (f->folds || w->choice->json) {
            output_number(o, "held_out", p->held_out, 4);
            output_number(o, "deviation", p->deviation, 4);
        }
        if ((f->folds && w->about->kind != TARGET_REAL) || w->choice->json)
            output_number(o, "accuracy", p->accuracy, 4);
        output_small(o, "gap", p->gap);
        output_text(o, "state", p->state);
        output_text(o, "shown", i == w->point ? "yes" : NULL);
        output_record(o);
    }
    output_end(o);
}

typedef struct ranked {
    variable_fit_weight weight;
    double activation, strength;
} ranked;

static int by_output_and_strength(const void *left, const void *right)
{
    const ranked *a = left;
    const ranked *b = right;
    if (a->weight.output != b->weight.output)
        return a->weight.output < b->weight.output ? -1 : 1;
    if (a->strength != b->strength)
        return a->strength < b->strength ? 1 : -1;
    if (a->weight.layer != b->weight.layer)
        return a->weight.layer < b->weight.layer ? -1 : 1;
    return a->weight.feature < b->weight.feature ? -1 : a->weight.feature > b->weight.feature;
}

/* One feature's activation in one sample. */
static status activation_of(const shown *w, const layer *in, uint32_t feature, double *out,
                            error *err)
{
    uint32_t *sample = NULL;
    float *value = NULL;
    uint64_t count = 0;
    *out = 0;
    status code = layer_load_feature(w->s->connection, in, feature, &sample, &value, &count, err);
    for (uint64_t e = 0; code == STATUS_OK && e < count; e++)
        if (sample[e] == w->choice->sample)
            *out = (double)value[e];
    free(sample);
    free(value);
    return code;
}

static status rank(const shown *w, const variable_fit_weight *weight, uint32_t count,
                   ranked *order, error *err)
{
    status code = STATUS_OK;
    for (uint32_t i = 0; i < count && code == STATUS_OK; i++) {
        const layer *in = layer_by_id(&w->s->layers, weight[i].layer);
        order[i] = (ranked){.weight = weight[i], .activation = 1};
        if (!in || weight[i].feature >= in->features || weight[i].output >= w->f->outputs)
            return error_set(err, STATUS_INPUT,
                             "'%s' is damaged: fit %lld has a weight of no "
                             "feature",
                             w->s->path, (long long)w->f->base.id);
        if (w->choice->one_sample)
            code = activation_of(w, in, weight[i].feature, &order[i].activation, err);
        order[i].strength = fabs(weight[i].weight * order[i].activation);
    }
    qsort(order, count, sizeof *order, by_output_and_strength);
    return code;
}

static status print_weight(const shown *w, output *o, const ranked *r, error *err)
{
    const layer *in = layer_by_id(&w->s->layers, r->weight.layer);
    const char *label = NULL;
    status code = study_label(w->s, in->position, r->weight.feature, &label, err);
    if (code != STATUS_OK)
        return code;
    char *name = study_feature_name(w->s, in->position, r->weight.feature);
    char *class = target_output_name(w->about, r->weight.output);
    if (w->f->outputs > 1 || w->choice->json)
        output_text(o, "class", class);
    output_text(o, "feature", name);
    output_number(o, "weight", r->weight.weight, 4);
    output_number(o, "standardised", r->weight.standardised, 4);
    if (w->choice->one_sample) {
        output_number(o, "activation", r->activation, 4);
        output_number(o, "contribution", r->weight.weight * r->activation, 4);
    }
    output_text(o, "label", label);
    output_record(o);
    free(class);
    free(name);
    return STATUS_OK;
}

static status print_weights(const shown *w, output *o, const ranked *order, uint32_t count,
                            error *err)
{
    uint64_t limit = w->choice->limit ? w->choice->limit : UINT64_MAX;
    uint64_t printed = 0;
    uint64_t silent = 0;
    uint64_t of_output = 0;
    status code = STATUS_OK;
    for (uint32_t i = 0; i < count && code == STATUS_OK; i++) {
        if (i && order[i].weight.output != order[i - 1].weight.output)
            of_output = 0;
        if (order[i].strength == 0) {
            silent++; /* not active in this sample */
        } else if (of_output++ < limit) {
            code = print_weight(w, o, &order[i], err);
            printed++;
        }
    }
    output_note(o, "%llu of %llu weights shown%s", (unsigned long long)printed,
                (unsigned long long)(count - silent),
                silent ? "; the others' features are not active in this sample" : "");
    output_note(o, "weights rank dependencies; they are not causal effects");
    return code;
}

/* The sample's token, or the text of its document. */
static status print_text(const shown *w, const output *o, error *err)
{
    document doc = {0};
    uint32_t documents = 0;
    uint32_t samples = 0;
    status code = document_count(w->s->connection, &documents, &samples, NULL, err);
    if (code == STATUS_OK && documents > 0)
        code = document_of_sample(w->s->connection, w->choice->sample, &doc, err);
    if (code != STATUS_OK || documents == 0)
        return code;
    uint32_t place = w->choice->sample - doc.first_sample;
    bool token = doc.samples == doc.token_count && place < doc.token_count;
    const char *text = token ? doc.token[place] : doc.text;
    output_line(o, "sample %u: '%.200s'", w->choice->sample, text ? text : "");
    document_release(&doc);
    return STATUS_OK;
}

static void print_predictors(const shown *w, const output *o, const double *intercept,
                             const ranked *order, uint32_t count)
{
    for (uint32_t c = 0; c < w->f->outputs; c++) {
        double sum = intercept[c];
        for (uint32_t i = 0; i < count; i++)
            if (order[i].weight.output == c)
                sum += order[i].weight.weight * order[i].activation;
        char *class = target_output_name(w->about, c);
        output_line(o, "predictor%s%s: %.4f", class ? " of " : "", class ? class : "", sum);
        free(class);
    }
}

static void print_intercepts(const shown *w, const output *o, const double *intercept)
{
    for (uint32_t c = 0; c < w->f->outputs; c++) {
        char *class = target_output_name(w->about, c);
        output_line(o, "point %u: intercept%s%s %.4f", w->point, class ? " of " : "",
                    class ? class : "", intercept[c]);
        free(class);
    }
}

static status print_features(const shown *w, error *err)
{
    double *intercept = NULL;
    variable_fit_weight *weight = NULL;
    uint32_t count = 0;
    status code =
        variable_fit_weights(w->s->connection, w->f, w->point, &intercept, &weight, &count, err);
    if (code != STATUS_OK)
        return code;
    ranked *order = mem_alloc(count * sizeof *order);
    output *o = output_begin(w->choice->json);
    code = rank(w, weight, count, order, err);
    output_line(o, "%s", "");
    if (code == STATUS_OK && w->choice->one_sample)
        code = print_text(w, o, err);
    if (code == STATUS_OK && w->choice->one_sample)
        print_predictors(w, o, intercept, order, count);
    else if (code == STATUS_OK)
        print_intercepts(w, o, intercept);
    if (code == STATUS_OK)
        code = print_weights(w, o, order, count, err);
    output_end(o);
    free(order);
    free(weight);
    free(intercept);
    return code;
}

static void print_head(const shown *w)
{
    char *names = layer_names(w->s, w->f);
    output *o = output_begin(w->choice->json);
    output_line(o, "fit %lld: %s (%s) on %s, ridge %g, scale %s, lambda_max %.6g, %.2f s",
                (long long)w->f->base.id, w->f->target, target_kind_name(w->about->kind), names,
                w->f->base.ridge, w->f->base.scale ? "sd" : "none", w->f->lambda_max,
                w->f->seconds);
    if (w->f->folds)
        output_line(o, "held_out: %s a sample over %u folds of whole documents",
                    w->about->kind == TARGET_REAL ? "squared error" : "deviance", w->f->folds);
    output_end(o);
    free(names);
}

status target_show_fit(study *s, const variable_fit *f, const target_choice *choice, error *err)
{
    shown w = {.s = s, .f = f, .choice = choice};
    w.point = choice->one_point ? choice->point : f->chosen;
    uint32_t samples = s->layers.count ? s->layers.item[0].samples : 0;
    if (w.point >= f->point_count)
        return error_set(err, STATUS_USAGE, "point %u: the path has points 0 to %u", w.point,
                         f->point_count - 1);
    if (choice->one_sample && choice->sample >= samples)
        return error_set(err, STATUS_USAGE, "sample %u: the study has samples 0 to %u",
                         choice->sample, samples - 1);
    target_set targets = {0};
    status code = target_list(s->connection, &targets, err);
    w.about = target_by_id(&targets, f->target_id);
    if (code == STATUS_OK && !w.about)
        code = error_set(err, STATUS_INPUT, "'%s': the variable of fit %lld is gone", s->path,
                         (long long)f->base.id);
    if (code == STATUS_OK) {
        print_head(&w);
        print_path(&w);
        code = print_features(&w, err);
    }
    target_set_release(&targets);
    return code;
}
