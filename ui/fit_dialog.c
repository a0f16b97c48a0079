#include "ui/fit_dialog.h"

#include "src/base/memory.h"
#include "ui/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELD_RULE, FIELD_VALUE, FIELD_RIDGE, FIELD_SCALE, FIELD_TOLERANCE };

/* How lambda can be asked for: rule, choice, name of the value, its usual figure, hint. */
static const struct {
    lasso_rule rule;
    const char *choice, *label, *usual, *hint;
} rules[] = {
    {LASSO_OF_PAIR, "fraction of the pair's maximum", "fraction", "0.005",
     "the maximum leaves no edge"},
    {LASSO_OF_TARGET, "fraction of each target's maximum", "fraction", "0.05",
     "the maximum leaves no edge"},
    {LASSO_PARENTS, "parents a target", "parents", "20", "mean number of parents"},
    {LASSO_EDGES, "edges a pair", "edges", "10000", "number of edges"},
    {LASSO_CROSS, "cross-validated by document", "folds", "5", "one-standard-error rule"},
    {LASSO_ABSOLUTE, "absolute", "lambda", "0.001", "as in the objective"},
};
enum { RULES = sizeof rules / sizeof *rules };

static void free_request(void *user)
{
    fit_request_release(user);
    free(user);
}

static void changed(form *f, int field)
{
    form_field *value = &f->field[FIELD_VALUE];
    if (field != FIELD_RULE)
        return;
    int rule = f->field[FIELD_RULE].chosen;
    value->label = rules[rule].label;
    value->hint = rules[rule].hint;
    prompt_set(&value->text, rules[rule].usual);
    f->problem[0] = '\0';
}

static bool accept(app *a, form *f)
{
    fit_request *request = f->user;
    lasso_settings *s = &request->settings;
    error err = {0};
    s->rule = rules[f->field[FIELD_RULE].chosen].rule;
    s->scale = f->field[FIELD_SCALE].chosen == 1;
    if (!form_number(f, FIELD_VALUE, &s->lambda) || !form_number(f, FIELD_RIDGE, &s->ridge) ||
        !form_number(f, FIELD_TOLERANCE, &s->tolerance))
        return false;
    if (s->lambda < 0 || (s->lambda == 0 && (s->rule == LASSO_PARENTS || s->rule == LASSO_EDGES)))
        return form_refuse(f, FIELD_VALUE, "%s: must be above 0", f->field[FIELD_VALUE].label);
    if (s->lambda > 1 && (s->rule == LASSO_OF_PAIR || s->rule == LASSO_OF_TARGET))
        return form_refuse(f, FIELD_VALUE, "fraction: above 1 there is no edge at all");
    if (s->rule == LASSO_CROSS && !(s->lambda >= 2 && s->lambda <= 100))
        return form_refuse(f, FIELD_VALUE, "folds: from 2 to 100");
    if (s->ridge < 0)
        return form_refuse(f, FIELD_RIDGE, "ridge: must be 0 or above");
    if (s->tolerance <= 0)
        return form_refuse(f, FIELD_TOLERANCE, "tolerance: must be above 0");
    if (lasso_settings_check(s, &err) != STATUS_OK)
        return form_refuse(f, FIELD_VALUE, "%s", err.message);
    engine_fit(a->engine, request);
    if (a->progress_known && a->progress.state == FIT_RUNNING)
        app_say(a, ROLE_STATUS, "queued: starts when fit %lld ends",
                (long long)a->progress.fit_id);
    else
        app_say(a, ROLE_STATUS, "started; 3 shows it, 4 its edges as they come");
    return true;
}

/* What is about to be fitted: `all 6 layers: 5 pairs, 2,560 targets`, or the one pair by name. */
static void describe(form *f, const app *a, const fit_request *request, uint32_t count)
{
    char layers[24], pairs[24], targets[24];
    const study *s = a->study;
    uint64_t sum = 0;
    const layer *from = NULL, *to = NULL;
    for (uint32_t p = 0; p < request->pair_count; p++) {
        from = layer_by_id(&s->layers, request->pair[p].source_layer);
        to = layer_by_id(&s->layers, request->pair[p].target_layer);
        sum += to ? to->features : 0;
    }
    show_count(targets, sum);
    if (request->pair_count == 1 && from && to)
        snprintf(f->about, sizeof f->about, "%s %s %s: %s targets",
                 app_layer_name(a, (uint32_t)(from - s->layers.item)), draw_glyph(GLYPH_ARROW),
                 app_layer_name(a, (uint32_t)(to - s->layers.item)), targets);
    else
        snprintf(f->about, sizeof f->about, "%s%s layers: %s pairs, %s targets",
                 count == 0 ? "all " : "", show_count(layers, count ? count : s->layers.count),
                 show_count(pairs, request->pair_count), targets);
}

void fit_dialog_open(app *a, const uint32_t *chosen, uint32_t count)
{
    static const char *choices[RULES];
    static const char *const scales[] = {"none", "sd: divide by the standard deviation"};
    if (!a->study || a->study->layers.count < 2) {
        app_say(a, ROLE_WARNING, "a fit needs two layers at least");
        return;
    }
    for (int i = 0; i < RULES; i++)
        choices[i] = rules[i].choice;
    fit_request *request = mem_zero(1, sizeof *request);
    request->settings = lasso_defaults();
    fit_request_adjacent(request, &a->study->layers, chosen, count);
    char ridge[24], tolerance[24];
    snprintf(ridge, sizeof ridge, "%g", request->settings.ridge);
    snprintf(tolerance, sizeof tolerance, "%g", request->settings.tolerance);
    form *f = form_create("new fit");
    f->accept_word = "start";
    f->user = request;
    f->free_user = free_request;
    f->accept = accept;
    f->changed = changed;
    form_add_choice(f, draw_glyph(GLYPH_LAMBDA), choices, RULES, 0);
    form_add_text(f, rules[0].label, rules[0].usual, rules[0].hint);
    form_add_text(f, "ridge", ridge, "0 is the paper's Lasso");
    form_add_choice(f, "scale", scales, 2, request->settings.scale);
    form_add_text(f, "tolerance", tolerance, "relative duality gap");
    f->at = FIELD_VALUE;
    describe(f, a, request, chosen ? count : 0);
    app_open_modal(a, &f->base);
}
