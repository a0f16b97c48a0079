#include "ui/picture_words.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- a target variable --------------------------------------------------------------------- */

picture_outcome picture_outcome_of(const path_listing *l)
{
    picture_outcome o = {0};
    if (!l->target_fit)
        return o;
    o.layer = l->of->layer_count;
    o.fit_id = l->target_fit;
    o.name = mem_copy_text(l->target_name);
    o.outputs = l->outputs;
    o.output = mem_zero((size_t)l->outputs + 1, sizeof *o.output);
    for (uint32_t i = 0; i < l->outputs; i++)
        o.output[i] = mem_copy_text(l->output_name[i] ? l->output_name[i] : "");
    return o;
}

void picture_outcome_release(picture_outcome *o)
{
    for (uint32_t i = 0; i < o->outputs; i++)
        free(o->output[i]);
    free(o->output);
    free(o->name);
    *o = (picture_outcome){0};
}

/* Asked before the layers of the study are: it may have got one in this place since. */
static bool is_outcome(const picture_outcome *o, uint32_t position)
{
    return o->layer && position == o->layer;
}

bool picture_outcome_has(const picture_outcome *o, const circuit *c, uint32_t node)
{
    return is_outcome(o, circuit_position(c, node, NULL));
}

/* -- names --------------------------------------------------------------------------------- */

const char *picture_head(app *a, const picture_outcome *o, uint32_t position)
{
    return is_outcome(o, position) ? "target" : app_layer_name(a, position);
}

char *picture_number(const picture_outcome *o, const circuit *c, uint32_t node, char *out,
                     size_t capacity)
{
    uint32_t feature = 0;
    circuit_position(c, node, &feature);
    if (picture_outcome_has(o, c, node))
        snprintf(out, capacity, "%s", o->name);
    else
        snprintf(out, capacity, "%u", feature);
    return out;
}

const char *picture_label(app *a, const picture_outcome *o, const circuit *c, uint32_t node)
{
    uint32_t feature = 0, position = circuit_position(c, node, &feature);
    if (!picture_outcome_has(o, c, node))
        return app_label(a, position, feature);
    return feature < o->outputs ? o->output[feature] : "";
}

char *picture_name(app *a, const picture_outcome *o, const circuit *c, uint32_t node, char *out,
                   size_t capacity)
{
    uint32_t feature = 0, position = circuit_position(c, node, &feature);
    if (picture_outcome_has(o, c, node))
        return picture_number(o, c, node, out, capacity);
    return app_feature_name(a, out, capacity, position, feature);
}

/* -- files --------------------------------------------------------------------------------- */

typedef struct writing {
    app *a;
    const picture_outcome *o;
} writing;

/* What stands over a column, layers by their whole names. */
static const char *whole_head(const writing *w, uint32_t position)
{
    const layer *l = is_outcome(w->o, position) ? NULL : app_layer(w->a, position);
    return l ? l->name : picture_head(w->a, w->o, position);
}

static char *word_layer(void *user, uint32_t position)
{
    return mem_copy_text(whole_head(user, position));
}

static char *word_name(void *user, uint32_t position, uint32_t feature)
{
    const writing *w = user;
    return is_outcome(w->o, position) ? mem_copy_text(w->o->name)
                                      : mem_format("%s/%u", whole_head(w, position), feature);
}

static const char *word_label(void *user, uint32_t position, uint32_t feature)
{
    const writing *w = user;
    if (!is_outcome(w->o, position))
        return app_label(w->a, position, feature);
    return feature < w->o->outputs ? w->o->output[feature] : "";
}

/* STUDY-2.resid_post-17 beside the study: letters, digits, dots and dashes of the subject. Little
 * may be left of the name of a target variable: its fit tells it from others. */
static char *file_stem(const app *a, const picture_outcome *o, const char *subject)
{
    char what[256] = "";
    size_t length = strlen(a->path), to = 0;
    if (length > 4 && strcmp(a->path + length - 4, ".clw") == 0)
        length -= 4;
    for (const char *at = subject; *at && to + 1 < sizeof what; at++) {
        bool plain = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') ||
                     (*at >= 'A' && *at <= 'Z') || *at == '.' || *at == '_';
        if (plain || (to > 0 && what[to - 1] != '-'))
            what[to++] = plain ? *at : '-';
    }
    what[to] = '\0';
    return o->layer ? mem_format("%.*s-%s-fit%lld", (int)length, a->path, what,
                                 (long long)o->fit_id)
                    : mem_format("%.*s-%s", (int)length, a->path, what);
}

void picture_write_files(app *a, const picture_outcome *o, const circuit *c, const picture *p,
                         const char *subject)
{
    static const char *const formats[] = {"svg", "dot"};
    writing w = {a, o};
    const picture_words words = {&w, word_layer, word_name, word_label};
    char how[256] = "", led[64] = "", *stem = file_stem(a, o, subject);
    error err = {0};
    status code = STATUS_OK;
    if (app_fit(a))
        app_fit_settings(how, sizeof how, app_fit(a));
    if (o->layer)
        snprintf(led, sizeof led, "; target by fit %lld", (long long)o->fit_id);
    char *title = mem_format("%s; fit %lld: %s%s", subject, (long long)a->fit_id, how, led);
    for (size_t i = 0; i < sizeof formats / sizeof *formats && code == STATUS_OK; i++) {
        char *file = mem_format("%s.%s", stem, formats[i]);
        code = picture_write(c, p, &words, title, diagram_format_find(formats[i]), file, &err);
        free(file);
    }
    free(title);
    char *shown = text_clean(stem);
    if (code == STATUS_OK)
        app_say(a, ROLE_GOOD, "wrote %s.svg and .dot", shown);
    else
        app_say(a, ROLE_ERROR, "%s", err.message);
    free(shown);
    free(stem);
}
