#include "ui/fit_dialog.h"

#include "src/base/memory.h"
#include "ui/form.h"
#include "ui/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIELD_RULE,
    FIELD_VALUE,
    FIELD_RIDGE,
    FIELD_SCALE,
    FIELD_TOLERANCE,
    FIELD_PAIRS,
    FIELD_WIRING
};

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

/* Which layers a layer is explained by: the one before it, or all before it, one at a time or
 * together. */
enum { ADJACENT, ALL_IN_PAIRS, ALL_JOINTLY, PAIRINGS, AS_LIKE = PAIRINGS };

/* What is being put together. */
typedef struct draft {
    app *a;
    uint32_t *chosen; /* NULL: all layers */
    uint32_t count;
    fit_request request;
    char title[48];
    fit_request like; /* of the fit to be like; no pair: of none */
} draft;

static void free_draft(void *user)
{
    draft *d = user;
    trial_stop(d->a->trial);
    fit_request_release(&d->request);
    fit_request_release(&d->like);
    free(d->chosen);
    free(d);
}

static void choose_rule(form *f)
{
    form_field *value = &f->field[FIELD_VALUE];
    int rule = f->field[FIELD_RULE].chosen;
    value->label = rules[rule].label;
    value->hint = rules[rule].hint;
    prompt_set(&value->text, rules[rule].usual);
    f->problem[0] = '\0';
}

/* Whether some pair has both autoencoders, in whatever way layers are paired: else there is
 * nothing to ask. */
static bool may_be_wired(const draft *d)
{
    fit_request every = {0};
    const fit_request *pairs = d->like.pair_count ? &d->like : &every;
    const layer_set *layers = &d->a->study->layers;
    bool wireable = false;
    if (pairs == &every)
        fit_request_all(&every, layers, d->chosen, d->count);
    for (uint32_t p = 0; p < pairs->pair_count; p++) {
        const layer *from = layer_by_id(layers, pairs->pair[p].source_layer);
        const layer *to = layer_by_id(layers, pairs->pair[p].target_layer);
        wireable |= from && to && fit_pair_wireable(from, to);
    }
    fit_request_release(&every);
    return wireable;
}

static void add_wiring(form *f, bool on)
{
    static const char *const choices[] = {"on: by the layers' autoencoders too", "off"};
    if (may_be_wired(f->user))
        form_add_choice(f, "wiring", choices, 2, on ? 0 : 1);
}

/* How many layers the request reads. */
static uint32_t layers_of(const draft *d)
{
    uint32_t count = 0;
    for (uint32_t l = 0; l < d->a->study->layers.count; l++) {
        int64_t id = d->a->study->layers.item[l].id;
        bool reads = false;
        for (uint32_t p = 0; p < d->request.pair_count; p++) {
            const struct fit_request_pair *pair = &d->request.pair[p];
            reads |= pair->source_layer == id || pair->target_layer == id;
        }
        count += reads;
    }
    return count;
}

/* What is about to be fitted: `all 6 layers: 5 pairs, 2,560 targets`, or the one pair by name. */
static void describe(form *f, const draft *d)
{
    char layers[24], pairs[24], targets[24];
    const app *a = d->a;
    const study *s = a->study;
    const layer *from = NULL, *to = NULL;
    uint64_t sum = 0, before = 0;
    bool as_like = f->field[FIELD_PAIRS].chosen == AS_LIKE;
    for (uint32_t p = 0; p < d->request.pair_count; p++) {
        from = layer_by_id(&s->layers, d->request.pair[p].source_layer);
        to = layer_by_id(&s->layers, d->request.pair[p].target_layer);
        sum += to ? to->features : 0;
        /* jointly a layer's features are targets once, whatever the number of its sources */
        for (uint32_t q = 0; d->request.joint && q < p && to; q++)
            if (d->request.pair[q].target_layer == to->id) {
                before += to->features;
                break;
            }
    }
    show_count(targets, sum - before);
    uint32_t taken = as_like ? layers_of(d) : d->chosen ? d->count : s->layers.count;
    if (d->request.pair_count == 1 && from && to)
        snprintf(f->about, sizeof f->about, "%s %s %s: %s targets",
                 app_layer_name(a, (uint32_t)(from - s->layers.item)), draw_glyph(GLYPH_ARROW),
                 app_layer_name(a, (uint32_t)(to - s->layers.item)), targets);
    else
        snprintf(f->about, sizeof f->about, "%s%s layers: %s pairs, %s targets",
                 d->chosen || as_like ? "" : "all ", show_count(layers, taken),
                 show_count(pairs, d->request.pair_count), targets);
}

static void choose_pairs(form *f)
{
    draft *d = f->user;
    int how = f->field[FIELD_PAIRS].chosen;
    fit_request_release(&d->request);
    d->request.joint = how == ALL_JOINTLY;
    if (how == AS_LIKE) {
        d->request.joint = d->like.joint;
        d->request.pair_count = d->like.pair_count;
        d->request.pair = mem_alloc(d->like.pair_count * sizeof *d->like.pair);
        memcpy(d->request.pair, d->like.pair, d->like.pair_count * sizeof *d->like.pair);
    } else if (how == ADJACENT)
        fit_request_adjacent(&d->request, &d->a->study->layers, d->chosen, d->count);
    else
        fit_request_all(&d->request, &d->a->study->layers, d->chosen, d->count);
    describe(f, d);
}

static void choose_wiring(form *f)
{
    draft *d = f->user;
    d->request.wiring = f->count > FIELD_WIRING && f->field[FIELD_WIRING].chosen == 0;
}

/* Without wiring the Lasso foretells removals badly (README, the defaults). */
static void hint_ridge(form *f)
{
    const draft *d = f->user;
    bool alone = !d->request.joint &&
                 fit_wired_pairs(&d->a->study->layers, &d->request) < d->request.pair_count;
    f->field[FIELD_RIDGE].hint =
        alone ? "0: Lasso; 0.25 predicts removals better" : "0 is the paper's Lasso";
}

/* Foretells what the fit would be, if the fields make sense as they stand. */
static void foretell(form *f)
{
    draft *d = f->user;
    lasso_settings *s = &d->request.settings;
    const int field[] = {FIELD_VALUE, FIELD_RIDGE, FIELD_TOLERANCE};
    double *value[] = {&s->lambda, &s->ridge, &s->tolerance};
    bool sense = true;
    for (int i = 0; i < 3; i++) {
        const char *text = f->field[field[i]].text.text;
        char *end;
        *value[i] = strtod(text, &end);
        sense &= end != text && *end == '\0';
    }
    s->rule = rules[f->field[FIELD_RULE].chosen].rule;
    s->scale = f->field[FIELD_SCALE].chosen == 1;
    if (sense && s->lambda > 0 && lasso_settings_check(s, NULL) == STATUS_OK)
        trial_begin(d->a, &d->request);
    else
        trial_stop(d->a->trial);
}

static const char *note(const form *f)
{
    const draft *d = f->user;
    return trial_text(d->a->trial);
}

static void changed(form *f, int field)
{
    if (field == FIELD_RULE)
        choose_rule(f);
    else if (field == FIELD_PAIRS)
        choose_pairs(f);
    else if (field == FIELD_WIRING)
        choose_wiring(f);
    hint_ridge(f);
    foretell(f);
}

static bool accept(app *a, form *f)
{
    draft *d = f->user;
    lasso_settings *s = &d->request.settings;
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
    if (s->lambda == 0 && s->ridge == 0)
        return form_refuse(f, FIELD_VALUE, "%s: 0 without a ridge makes every feature a parent",
                           f->field[FIELD_VALUE].label);
    if (s->tolerance <= 0)
        return form_refuse(f, FIELD_TOLERANCE, "tolerance: must be above 0");
    if (lasso_settings_check(s, &err) != STATUS_OK)
        return form_refuse(f, FIELD_VALUE, "%s", err.message);
    engine_fit(a->engine, &d->request);
    if (a->progress_known && a->progress.state == FIT_RUNNING)
        app_say(a, ROLE_STATUS, "queued: starts when fit %lld ends",
                (long long)a->progress.fit_id);
    else
        app_say(a, ROLE_STATUS, "started; 3 shows it, 4 its edges as they come");
    return true;
}

static void add_fields(form *f, const lasso_settings *usual)
{
    static const char *choices[RULES];
    static const char *const scales[] = {"none", "sd: divide by the standard deviation"};
    static const char *const pairings[PAIRINGS + 1] = {"adjacent layers", "all before, in pairs",
                                                   "all before, jointly",
                                                   "as that fit"};
    char ridge[24], tolerance[24];
    for (int i = 0; i < RULES; i++)
        choices[i] = rules[i].choice;
    snprintf(ridge, sizeof ridge, "%g", usual->ridge);
    snprintf(tolerance, sizeof tolerance, "%g", usual->tolerance);
    form_add_choice(f, draw_glyph(GLYPH_LAMBDA), choices, RULES, 0);
    form_add_text(f, rules[0].label, rules[0].usual, rules[0].hint);
    form_add_text(f, "ridge", ridge, NULL);
    form_add_choice(f, "scale", scales, 2, usual->scale);
    form_add_text(f, "tolerance", tolerance, "relative duality gap");
    form_add_choice(f, "pairs", pairings, PAIRINGS, ADJACENT);
    f->at = FIELD_VALUE;
}

static form *create(app *a, const uint32_t *chosen, uint32_t count)
{
    draft *d = mem_zero(1, sizeof *d);
    d->a = a;
    d->request.settings = lasso_defaults();
    if (chosen) {
        d->count = count;
        d->chosen = mem_alloc(count * sizeof *chosen);
        memcpy(d->chosen, chosen, count * sizeof *chosen);
    }
    form *f = form_create("new fit");
    f->accept_word = "start";
    f->user = d;
    f->free_user = free_draft;
    f->accept = accept;
    f->changed = changed;
    f->note = note;
    add_fields(f, &d->request.settings);
    return f;
}

void fit_dialog_open(app *a, const uint32_t *chosen, uint32_t count)
{
    if (!a->study || a->study->layers.count < 2) {
        app_say(a, ROLE_WARNING, "a fit needs two layers at least");
        return;
    }
    form *f = create(a, chosen, count);
    add_wiring(f, true);
    choose_pairs(f);
    choose_wiring(f);
    hint_ridge(f);
    app_open_modal(a, &f->base);
    foretell(f);
}

static void set_number(form *f, int field, double value)
{
    char text[24];
    snprintf(text, sizeof text, "%g", value);
    prompt_set(&f->field[field].text, text);
}

void fit_dialog_open_like(app *a, const fit *like)
{
    form *f = create(a, NULL, 0);
    draft *d = f->user;
    for (int i = 0; i < RULES; i++)
        if (rules[i].rule == fit_rule(like))
            f->field[FIELD_RULE].chosen = i;
    choose_rule(f);
    set_number(f, FIELD_VALUE, like->lambda);
    set_number(f, FIELD_RIDGE, like->ridge);
    set_number(f, FIELD_TOLERANCE, like->tolerance);
    f->field[FIELD_SCALE].chosen = like->scale;
    d->like.joint = strcmp(like->kind, "joint") == 0;
    d->like.pair_count = like->pair_count;
    d->like.pair = mem_alloc(like->pair_count * sizeof *d->like.pair);
    for (uint32_t p = 0; p < like->pair_count; p++)
        d->like.pair[p] = (struct fit_request_pair){like->pair[p].source_layer,
                                                    like->pair[p].target_layer};
    f->field[FIELD_PAIRS].choice_count = PAIRINGS + 1;
    f->field[FIELD_PAIRS].chosen = AS_LIKE;
    snprintf(d->title, sizeof d->title, "new fit, from fit %lld", (long long)like->id);
    f->title = d->title;
    add_wiring(f, like->wiring);
    choose_pairs(f);
    choose_wiring(f);
    hint_ridge(f);
    app_open_modal(a, &f->base);
    foretell(f);
}
