/* One reading of the study, made on the reader's thread, all its text cleaned. */
#include "src/base/memory.h"
#include "ui/screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void clean(char **text)
{
    char *shown = text_clean(*text);
    free(*text);
    *text = shown;
}

/* Leaves out what every hook point's name says: `blocks.3.hook_resid_post` is `3.resid_post`. */
static char *shorten(const char *name)
{
    static const char *const dull[] = {"blocks.", "hook_", "transformer.", "model.layers.",
                                       "gpt_neox.layers."};
    char *out = mem_copy_text(name);
    for (size_t i = 0; i < sizeof dull / sizeof *dull; i++) {
        size_t length = strlen(dull[i]);
        for (char *at; strlen(out) > length && (at = strstr(out, dull[i])) != NULL;)
            memmove(at, at + length, strlen(at + length) + 1);
    }
    return out;
}

static bool repeated(const study *s, uint32_t at)
{
    for (uint32_t i = 0; i < s->layers.count; i++)
        if (i != at && strcmp(s->short_name[i], s->short_name[at]) == 0)
            return true;
    return false;
}

static void name_layers(study *s)
{
    s->short_name = mem_zero(s->layers.count + 1, sizeof *s->short_name);
    for (uint32_t i = 0; i < s->layers.count; i++) {
        clean(&s->layers.item[i].name);
        s->short_name[i] = shorten(s->layers.item[i].name);
    }
    for (uint32_t i = 0; i < s->layers.count; i++)
        if (!s->short_name[i][0] || repeated(s, i)) {
            free(s->short_name[i]);
            s->short_name[i] = mem_copy_text(s->layers.item[i].name);
        }
}

/* Both kinds in one list, by number. */
static void merge_fits(study *s)
{
    uint32_t pairs = s->fits.count, variables = s->variables.count, p = 0, v = 0;
    s->listed = mem_zero((size_t)pairs + variables + 1, sizeof *s->listed);
    while (p < pairs || v < variables) {
        bool pair =
            v == variables || (p < pairs && s->fits.item[p].id > s->variables.item[v].base.id);
        s->listed[s->listed_count++] = pair ? &s->fits.item[p++] : &s->variables.item[v++].base;
    }
}

static void clean_fits(study *s)
{
    s->fit_state = mem_zero(s->fits.count + 1, sizeof *s->fit_state);
    for (uint32_t i = 0; i < s->fits.count; i++) {
        fit *f = &s->fits.item[i];
        s->fit_state[i] = fit_state_shown(f); /* needs the runner as it is stored */
        clean(&f->runner);
        clean(&f->message);
    }
    s->variable_state = mem_zero(s->variables.count + 1, sizeof *s->variable_state);
    for (uint32_t i = 0; i < s->variables.count; i++) {
        variable_fit *v = &s->variables.item[i];
        s->variable_state[i] = fit_state_shown(&v->base);
        clean(&v->base.runner);
        clean(&v->base.message);
        clean(&v->target);
    }
    merge_fits(s);
}

static void clean_target(target *t)
{
    clean(&t->name);
    for (uint32_t c = 0; c < t->class_count; c++)
        if (t->class_name[c])
            clean(&t->class_name[c]);
}

const variable_fit *study_variable(const study *s, const fit *f)
{
    for (uint32_t v = 0; v < s->variables.count; v++)
        if (&s->variables.item[v].base == f)
            return &s->variables.item[v];
    return NULL;
}

/* A number of what is pinned: FNV-1a over layers and features. */
static uint64_t stamp(const pinned_paths *p)
{
    uint64_t sum = 14695981039346656037u;
    for (uint32_t i = 0; i < p->count; i++)
        for (uint32_t k = 0; k <= p->item[i].count; k++) {
            bool end = k == p->item[i].count;
            uint64_t word =
                end ? i
                    : (uint64_t)p->item[i].place[k].layer_id << 32 ^ p->item[i].place[k].feature;
            sum = (sum ^ word) * 1099511628211u;
        }
    return sum;
}

status study_read(db *d, void *ask, void **result, error *err)
{
    (void)ask;
    study *s = mem_zero(1, sizeof *s);
    status code = layer_list(d, &s->layers, err);
    if (code == STATUS_OK)
        code = target_list(d, &s->targets, err);
    if (code == STATUS_OK)
        code = fit_list(d, &s->fits, err);
    if (code == STATUS_OK)
        code = variable_fit_list(d, &s->variables, err);
    if (code == STATUS_OK)
        code = notes_read(d, &s->notes, err);
    if (code == STATUS_OK)
        code = path_pins(d, &s->layers, &s->pins, err);
    if (code == STATUS_OK)
        code = document_count(d, &s->documents, &s->samples, &s->held_out, err);
    if (code == STATUS_OK)
        code = db_get_fact(d, "model", &s->model, err);
    if (code == STATUS_OK) {
        name_layers(s);
        s->pins_stamp = stamp(&s->pins);
        clean_fits(s);
        for (uint32_t i = 0; i < s->targets.count; i++)
            clean_target(&s->targets.item[i]);
        clean(&s->model);
        *result = s;
    } else {
        study_free(s);
    }
    return code;
}

void study_free(void *read)
{
    study *s = read;
    if (!s)
        return;
    for (uint32_t i = 0; s->short_name && i < s->layers.count; i++)
        free(s->short_name[i]);
    free(s->short_name);
    free(s->fit_state);
    free(s->variable_state);
    free(s->listed);
    variable_fit_set_release(&s->variables);
    free(s->model);
    notes_release(&s->notes);
    pinned_paths_release(&s->pins);
    layer_set_release(&s->layers);
    target_set_release(&s->targets);
    fit_set_release(&s->fits);
    free(s);
}
