#include "ui/target_dialog.h"

#include "src/base/memory.h"
#include "ui/form.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIELD_VARIABLE,
    FIELD_FRACTION,
    FIELD_POINTS,
    FIELD_FOLDS,
    FIELD_RIDGE,
    FIELD_SCALE,
    FIELD_SAMPLES
};

/* What is being put together. */
typedef struct draft {
    app *a;
    int64_t *layer; /* ids, in computation order */
    uint32_t count;
    const char **names; /* of the variables; own copies, as is the next */
    int64_t *ids;
    int variables;
} draft;

static void free_draft(void *user)
{
    draft *d = user;
    for (int i = 0; i < d->variables; i++)
        free((char *)(uintptr_t)d->names[i]);
    free(d->names);
    free(d->ids);
    free(d->layer);
    free(d);
}

/* `on 3.resid_post, 4.resid_post: 1,024 features` */
static void describe(form *f, const draft *d)
{
    const study *s = d->a->study;
    char features[24], names[96] = "";
    uint64_t sum = 0;
    size_t length = 0;
    for (uint32_t l = 0; l < d->count; l++) {
        const layer *in = layer_by_id(&s->layers, d->layer[l]);
        sum += in ? in->features : 0;
        if (in && length < sizeof names)
            length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                       l ? ", " : "", app_layer_name(d->a, in->position));
    }
    show_count(features, sum);
    if (length < sizeof names)
        snprintf(f->about, sizeof f->about, "on %s: %s features", names, features);
    else
        snprintf(f->about, sizeof f->about, "on %u layers: %s features", d->count, features);
}

/* A whole number from `least` up. */
static bool whole(form *f, int field, uint32_t least, uint32_t most, uint32_t *value)
{
    double number;
    if (!form_number(f, field, &number))
        return false;
    if (number != floor(number) || number < least || number > most)
        return form_refuse(f, field, "%s: a whole number from %u to %u", f->field[field].label,
                           least, most);
    *value = (uint32_t)number;
    return true;
}

static bool accept(app *a, form *f)
{
    draft *d = f->user;
    error err = {0};
    variable_request request = variable_request_usual(false);
    variable_settings *s = &request.settings;
    request.target_id = d->ids[f->field[FIELD_VARIABLE].chosen];
    request.layer = d->layer;
    request.layer_count = d->count;
    request.train_only = f->field[FIELD_SAMPLES].chosen == 1;
    s->scale = f->field[FIELD_SCALE].chosen == 1;
    if (!form_number(f, FIELD_FRACTION, &s->fraction) ||
        !whole(f, FIELD_POINTS, 1, 1000, &s->points) ||
        !whole(f, FIELD_FOLDS, 0, 100, &request.folds) || !form_number(f, FIELD_RIDGE, &s->ridge))
        return false;
    if (!(s->fraction > 0 && s->fraction <= 1))
        return form_refuse(f, FIELD_FRACTION, "fraction: above 0, at most 1");
    if (request.folds == 1)
        return form_refuse(f, FIELD_FOLDS, "folds: 0 for none, or 2 and more");
    if (s->ridge < 0)
        return form_refuse(f, FIELD_RIDGE, "ridge: must be 0 or above");
    if (variable_settings_check(s, &err) != STATUS_OK)
        return form_refuse(f, FIELD_FRACTION, "%s", err.message);
    engine_fit_variable(a->engine, &request, NULL);
    app_say(a, ROLE_STATUS, "asked for; 3 shows it, Enter there its features");
    return true;
}

/* The study's snapshot may be replaced while the dialog is open. */
static void copy_variables(draft *d)
{
    const target_set *targets = &d->a->study->targets;
    d->variables = (int)targets->count;
    d->names = mem_zero(targets->count, sizeof *d->names);
    d->ids = mem_zero(targets->count, sizeof *d->ids);
    for (uint32_t i = 0; i < targets->count; i++) {
        d->names[i] = mem_copy_text(targets->item[i].name);
        d->ids[i] = targets->item[i].id;
    }
}

static form *create(app *a, const int64_t *ids, uint32_t count)
{
    static const char *const scales[] = {"none", "sd: divide by the standard deviation"};
    static const char *const samples[] = {"all", "of the training documents"};
    draft *d = mem_zero(1, sizeof *d);
    d->a = a;
    d->count = count;
    d->layer = mem_alloc(((size_t)count + 1) * sizeof *d->layer);
    memcpy(d->layer, ids, count * sizeof *d->layer);
    copy_variables(d);
    form *f = form_create("new fit of a target variable");
    f->accept_word = "start";
    f->user = d;
    f->free_user = free_draft;
    f->accept = accept;
    form_add_choice(f, "variable", d->names, d->variables, 0);
    form_add_text(f, "fraction", "0.02", "of the maximum: the last lambda");
    form_add_text(f, "points", "20", "lambdas down to there");
    form_add_text(f, "folds", "0", "cross-validation, by document");
    form_add_text(f, "ridge", "0", "0 is the Lasso");
    form_add_choice(f, "scale", scales, 2, 0);
    form_add_choice(f, "samples", samples, 2, 0);
    describe(f, d);
    return f;
}

static bool has_variables(app *a)
{
    if (a->study && a->study->targets.count > 0)
        return true;
    app_say(a, ROLE_WARNING,
            "the study has no target variables: a manifest's `targets` gives it some");
    return false;
}

void target_dialog_open(app *a, const uint32_t *chosen, uint32_t count)
{
    if (!has_variables(a))
        return;
    int64_t *id = mem_alloc(((size_t)count + 1) * sizeof *id);
    for (uint32_t l = 0; l < count; l++)
        id[l] = a->study->layers.item[chosen[l]].id;
    app_open_modal(a, &create(a, id, count)->base);
    free(id);
}

static void set_number(form *f, int field, double value)
{
    char text[24];
    snprintf(text, sizeof text, "%g", value);
    prompt_set(&f->field[field].text, text);
}

void target_dialog_open_like(app *a, const variable_fit *like)
{
    if (!has_variables(a))
        return;
    form *f = create(a, like->layer, like->layer_count);
    for (uint32_t t = 0; t < a->study->targets.count; t++)
        if (a->study->targets.item[t].id == like->target_id)
            f->field[FIELD_VARIABLE].chosen = (int)t;
    set_number(f, FIELD_FRACTION, like->base.lambda);
    set_number(f, FIELD_POINTS, like->points);
    set_number(f, FIELD_FOLDS, like->folds);
    set_number(f, FIELD_RIDGE, like->base.ridge);
    f->field[FIELD_SCALE].chosen = like->base.scale;
    f->field[FIELD_SAMPLES].chosen = like->train_only;
    app_open_modal(a, &f->base);
}
