#include "ui/debias_dialog.h"

#include "src/base/memory.h"
#include "src/jobs/debias_named.h"
#include "ui/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIELD_CLASSIFIER,
    FIELD_LAYERS,
    FIELD_FRACTION,
    FIELD_ATTRIBUTE,
    FIELD_TAG,
    FIELD_FILE,
    FIELD_RETRAIN
};

enum { WRONG = 320 }; /* bytes of what is wrong with a field */

/* A classifier that can be looked at: a finished fit, or one that is made first. */
typedef struct classifier {
    int64_t fit_id; /* 0: a new one */
    int64_t target_id;
    int64_t *layer; /* of a finished fit */
    uint32_t layers;
} classifier;

/* What is being put together. The study's snapshot may be replaced meanwhile: own copies. */
typedef struct draft {
    app *a;
    classifier *of;
    const char **name; /* of the classifiers */
    int classifiers;
    const char **attribute; /* names of the variables that have classes */
    int64_t *attribute_id;
    int attributes;
    char note[96];
} draft;

static void free_draft(void *user)
{
    draft *d = user;
    for (int i = 0; i < d->classifiers; i++) {
        free(d->of[i].layer);
        free((char *)(uintptr_t)d->name[i]);
    }
    for (int i = 0; i < d->attributes; i++)
        free((char *)(uintptr_t)d->attribute[i]);
    free(d->of);
    free(d->name);
    free(d->attribute);
    free(d->attribute_id);
    free(d);
}

/* -- what there is to choose from ---------------------------------------------------------- */

static bool has_classes(const target_set *targets, int64_t id)
{
    const target *t = target_by_id(targets, id);
    return t && t->kind != TARGET_REAL;
}

static void add_classifier(draft *d, classifier of, char *name)
{
    d->of[d->classifiers] = of;
    d->name[d->classifiers++] = name;
}

/* The finished fits that have seen the training documents alone, newest first; then new ones. */
static void list_classifiers(draft *d)
{
    const study *s = d->a->study;
    size_t most = (size_t)s->variables.count + s->targets.count;
    d->of = mem_zero(most, sizeof *d->of);
    d->name = mem_zero(most, sizeof *d->name);
    for (uint32_t v = 0; v < s->variables.count; v++) {
        const variable_fit *f = &s->variables.item[v];
        if (f->base.state != FIT_DONE || !f->train_only || !has_classes(&s->targets, f->target_id))
            continue;
        classifier of = {
            .fit_id = f->base.id, .target_id = f->target_id, .layers = f->layer_count};
        of.layer = mem_alloc(((size_t)f->layer_count + 1) * sizeof *of.layer);
        memcpy(of.layer, f->layer, f->layer_count * sizeof *of.layer);
        add_classifier(d, of, mem_format("fit %lld of %s", (long long)f->base.id, f->target));
    }
    for (uint32_t t = 0; t < s->targets.count; t++)
        if (s->targets.item[t].kind != TARGET_REAL)
            add_classifier(d, (classifier){.target_id = s->targets.item[t].id},
                           mem_format("a new fit of %s", s->targets.item[t].name));
}

static void list_attributes(draft *d)
{
    const target_set *targets = &d->a->study->targets;
    d->attribute = mem_zero(targets->count, sizeof *d->attribute);
    d->attribute_id = mem_zero(targets->count, sizeof *d->attribute_id);
    for (uint32_t t = 0; t < targets->count; t++)
        if (targets->item[t].kind != TARGET_REAL) {
            d->attribute_id[d->attributes] = targets->item[t].id;
            d->attribute[d->attributes++] = mem_copy_text(targets->item[t].name);
        }
}

static const layer *find_layer(const study *s, const char *name)
{
    for (uint32_t l = 0; l < s->layers.count; l++)
        if (strcmp(s->short_name[l], name) == 0)
            return &s->layers.item[l];
    return layer_find(&s->layers, name);
}

static bool is_listed(const int64_t *id, uint32_t count, int64_t wanted)
{
    for (uint32_t i = 0; i < count; i++)
        if (id[i] == wanted)
            return true;
    return false;
}

static char *trim(char *text)
{
    text += strspn(text, " ");
    for (size_t end = strlen(text); end > 0 && text[end - 1] == ' ';)
        text[--end] = '\0';
    return text;
}

/* The layers that a text names, apart by commas, up to the first that is wrong, which `wrong` then
 * tells (else empty). Free *id. */
static void read_layers(const study *s, const char *text, int64_t **id, uint32_t *count,
                        char wrong[WRONG])
{
    char *save = NULL, *names = mem_copy_text(text);
    *id = mem_alloc((strlen(names) + 1) * sizeof **id);
    *count = 0;
    wrong[0] = '\0';
    for (char *name = strtok_r(names, ",", &save); name && !wrong[0];
         name = strtok_r(NULL, ",", &save)) {
        name = trim(name);
        const layer *found = *name ? find_layer(s, name) : NULL;
        if (*name && !found)
            snprintf(wrong, WRONG, "layers: there is no layer '%s'", name);
        else if (found && is_listed(*id, *count, found->id))
            snprintf(wrong, WRONG, "layers: '%s' is named twice", name);
        else if (found)
            (*id)[(*count)++] = found->id;
    }
    if (*count == 0 && !wrong[0])
        snprintf(wrong, WRONG, "layers: which ones? 1 lists them");
    free(names);
}

/* -- the form ------------------------------------------------------------------------------ */

/* The spurious features; false: refused. Release *spurious. */
static bool name_spurious(const draft *d, form *f, const int64_t *on, uint32_t count,
                          debias_features *spurious)
{
    const debias_reads reads = {&d->a->study->layers, on, count};
    const char *tag = f->field[FIELD_TAG].text.text, *file = f->field[FIELD_FILE].text.text;
    error err = {0};
    if (*tag)
        debias_add_tagged(&reads, &d->a->study->notes.set, tag, spurious);
    if (*file && debias_add_file(&reads, file, spurious, &err) != STATUS_OK)
        return form_refuse(f, FIELD_FILE, "%s", err.message);
    return true;
}

static bool accept_layers(const draft *d, form *f, int64_t **id, uint32_t *count)
{
    char wrong[WRONG];
    read_layers(d->a->study, f->field[FIELD_LAYERS].text.text, id, count, wrong);
    return !wrong[0] || form_refuse(f, FIELD_LAYERS, "%s", wrong);
}

static bool accept_fraction(form *f, double *fraction)
{
    if (!form_number(f, FIELD_FRACTION, fraction))
        return false;
    return (*fraction > 0 && *fraction <= 1) ||
           form_refuse(f, FIELD_FRACTION, "fraction: above 0, at most 1");
}

static bool accept(app *a, form *f)
{
    draft *d = f->user;
    const classifier *of = &d->of[f->field[FIELD_CLASSIFIER].chosen];
    int about = f->field[FIELD_ATTRIBUTE].chosen;
    variable_request made = variable_request_usual(false);
    check_request request = {.kind = "debias", .settings = check_settings_open()};
    int64_t *on = NULL;
    debias_features spurious = {0};
    uint32_t count = of->layers;
    if (d->attribute_id[about] == of->target_id)
        return form_refuse(f, FIELD_ATTRIBUTE, "attribute: this is what the classifier tells");
    bool good = of->fit_id ||
                (accept_fraction(f, &made.settings.fraction) && accept_layers(d, f, &on, &count));
    good = good && name_spurious(d, f, of->fit_id ? of->layer : on, count, &spurious);
    if (good) {
        request.fit_id = of->fit_id;
        request.attribute_id = d->attribute_id[about];
        request.feature = spurious.item;
        request.features = spurious.count;
        request.settings.retrain = f->field[FIELD_RETRAIN].chosen == 0;
        made.target_id = of->target_id;
        made.layer = on;
        made.layer_count = count;
        made.train_only = true;
        if (of->fit_id)
            engine_check(a->engine, &request);
        else
            engine_fit_variable(a->engine, &made, &request);
        app_say(a, ROLE_STATUS,
                of->fit_id ? "asked for; 6 shows what it finds"
                           : "asked for: first the fit, then the check; 6 shows what it finds");
    }
    free(on);
    debias_features_release(&spurious);
    return good;
}

/* How many features are tagged so, of those that the classifier reads. */
static const char *note(const form *f)
{
    draft *d = f->user;
    const classifier *of = &d->of[f->field[FIELD_CLASSIFIER].chosen];
    const char *tag = f->field[FIELD_TAG].text.text;
    char wrong[WRONG];
    int64_t *on = NULL;
    debias_reads reads = {&d->a->study->layers, of->layer, of->layers};
    debias_features tagged = {0};
    if (!of->fit_id) {
        read_layers(d->a->study, f->field[FIELD_LAYERS].text.text, &on, &reads.count, wrong);
        reads.layer = on;
    }
    if (*tag)
        debias_add_tagged(&reads, &d->a->study->notes.set, tag, &tagged);
    uint32_t count = tagged.count;
    debias_features_release(&tagged);
    free(on);
    snprintf(d->note, sizeof d->note, "%u feature%s so tagged%s", count, count == 1 ? "" : "s",
             count ? "" : ": t in Features tags one");
    return d->note;
}

/* The fit, or NULL: there is none of a target variable by this number. */
static const variable_fit *find_fit(const study *s, int64_t fit_id)
{
    for (uint32_t v = 0; v < s->variables.count; v++)
        if (s->variables.item[v].base.id == fit_id)
            return &s->variables.item[v];
    return NULL;
}

/* The classifier to start from: the fit itself, or a new one of its target if it cannot be judged.
 */
static int choose_classifier(const draft *d, const variable_fit *from)
{
    int like = 0;
    for (int i = 0; i < d->classifiers && from; i++) {
        if (d->of[i].fit_id == from->base.id)
            return i;
        if (!d->of[i].fit_id && d->of[i].target_id == from->target_id)
            like = i;
    }
    return like;
}

/* The layers that a new fit is of at first, as a field names them; free it. */
static char *list_layers(const app *a, const variable_fit *from)
{
    const study *s = a->study;
    char *names =
        mem_copy_text(from || !s->layers.count ? "" : s->short_name[s->layers.count - 1]);
    for (uint32_t l = 0; from && l < from->layer_count; l++) {
        const layer *in = layer_by_id(&s->layers, from->layer[l]);
        char *longer = mem_format("%s%s%s", names, *names ? ", " : "",
                                  in ? app_layer_name(a, in->position) : "");
        free(names);
        names = longer;
    }
    return names;
}

static form *create(app *a, int64_t fit_id)
{
    static const char *const retrain[] = {"yes, without the spurious features", "no"};
    const variable_fit *from = find_fit(a->study, fit_id);
    draft *d = mem_zero(1, sizeof *d);
    d->a = a;
    list_classifiers(d);
    list_attributes(d);
    form *f = form_create("does a classifier lean on the wrong thing?");
    f->accept_word = "start";
    f->user = d;
    f->free_user = free_draft;
    f->accept = accept;
    f->note = note;
    int chosen = choose_classifier(d, from), other = 0;
    for (int i = 0; i < d->attributes; i++) /* the first that is not the label */
        if (d->attribute_id[i] != d->of[chosen].target_id) {
            other = i;
            break;
        }
    char *names = list_layers(a, from);
    form_add_choice(f, "classifier", d->name, d->classifiers, chosen);
    form_add_text(f, "layers", names, "of a new fit, side by side");
    form_add_text(f, "fraction", "0.02", "of a new fit: the last lambda");
    form_add_choice(f, "attribute", d->attribute, d->attributes, other);
    form_add_text(f, "tag", "spurious", "the features tagged so");
    form_add_text(f, "file", "", "and those it lists: LAYER/INDEX a line");
    form_add_choice(f, "fit anew", retrain, 2, 0);
    free(names);
    if (from && d->of[chosen].fit_id != fit_id)
        snprintf(f->about, sizeof f->about, "fit %lld %s: a new one", (long long)fit_id,
                 from->train_only ? "is not finished" : "has seen the held-out documents");
    else
        snprintf(f->about, sizeof f->about, "judged on the held-out documents");
    return f;
}

const char *debias_lacks(const target_set *targets, uint32_t held_out)
{
    uint32_t classes = 0;
    for (uint32_t t = 0; t < targets->count; t++)
        classes += targets->item[t].kind != TARGET_REAL;
    if (classes < 2)
        return "it needs two target variables with classes: a label, and an attribute that it "
               "should not lean on";
    return held_out ? "" : "no document is held out to judge on";
}

bool debias_dialog_open(app *a, int64_t fit_id)
{
    const char *lacks = a->study ? debias_lacks(&a->study->targets, a->study->held_out) : "";
    if (!a->study || *lacks) {
        app_say(a, ROLE_WARNING, "check debias does not apply: %s", *lacks ? lacks : "no study");
        return false;
    }
    app_open_modal(a, &create(a, fit_id)->base);
    return true;
}
