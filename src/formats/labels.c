#include "src/formats/labels.h"

#include "src/base/memory.h"
#include "src/formats/json_line.h"
#include "src/formats/table_line.h"

#include <stdlib.h>
#include <string.h>

struct labels {
    lines *source;
    char *file, *layer;
    uint32_t features;
    uint64_t rows;    /* lines of a table so far */
    uint64_t foreign; /* annotations of other layers */
    uint64_t taken;
    char delimiter; /* of a table; 0: not known yet */
    char *text, *origin;
};

status labels_open(labels **out, const folder *f, const char *file, const char *layer,
                   uint32_t features, error *err)
{
    *out = NULL;
    lines *source;
    status code = lines_open(&source, f, file, err);
    if (code != STATUS_OK)
        return code;
    labels *l = mem_zero(1, sizeof *l);
    l->source = source;
    l->file = mem_copy_text(file);
    l->layer = mem_copy_text(layer);
    l->features = features;
    *out = l;
    return STATUS_OK;
}

static void release_current(labels *l)
{
    free(l->text);
    free(l->origin);
    l->text = l->origin = NULL;
}

void labels_close(labels *l)
{
    if (!l)
        return;
    release_current(l);
    lines_close(l->source);
    free(l->file);
    free(l->layer);
    free(l);
}

double labels_fraction(const labels *l)
{
    return lines_fraction(l->source);
}

static status read_feature(const labels *l, const char *text, uint32_t *feature, error *err)
{
    uint64_t index;
    if (!table_line_number(text, &index))
        return lines_error(l->source, err, "feature '%s', expected a number", text);
    if (index >= l->features)
        return lines_error(l->source, err, "feature %llu, but layer '%s' has features 0 to %u",
                           (unsigned long long)index, l->layer, l->features - 1);
    *feature = (uint32_t)index;
    return STATUS_OK;
}

/* Neuronpedia: who explained it is worth keeping with the label. */
static status read_explanation(labels *l, const json_t *object, label *out, error *err)
{
    char *index = NULL, *type = NULL, *model = NULL;
    status code = json_line_text(l->source, object, "index", &index, err);
    if (code == STATUS_OK)
        code = read_feature(l, index ? index : "", &out->feature, err);
    if (code == STATUS_OK)
        code = json_line_text(l->source, object, "description", &l->text, err);
    if (code == STATUS_OK)
        code = json_line_text(l->source, object, "typeName", &type, err);
    if (code == STATUS_OK)
        code = json_line_text(l->source, object, "explanationModelName", &model, err);
    if (type && model)
        l->origin = mem_format("%s, %s", type, model);
    else
        l->origin = mem_copy_text(type ? type : model ? model : l->file);
    free(index);
    free(type);
    free(model);
    return code;
}

/* Sparse feature circuits. A name without a slash is a spreadsheet's heading that was exported
 * with its rows, as in the published file. */
static status read_annotation(labels *l, const json_t *object, label *out, error *err)
{
    char *name = NULL;
    status code = json_line_text(l->source, object, "Name", &name, err);
    char *slash = name ? strrchr(name, '/') : NULL;
    if (slash)
        *slash = '\0';
    if (code == STATUS_OK && slash && strcmp(name, l->layer) == 0) {
        code = read_feature(l, slash + 1, &out->feature, err);
        if (code == STATUS_OK)
            code = json_line_text(l->source, object, "Annotation", &l->text, err);
        l->origin = mem_copy_text(l->file);
    } else {
        l->foreign++;
    }
    free(name);
    return code;
}

static status read_object(labels *l, const char *line, size_t length, label *out, error *err)
{
    json_t *object;
    status code = json_line_parse(l->source, line, length, &object, err);
    if (code != STATUS_OK)
        return code;
    if (json_object_get(object, "index"))
        code = read_explanation(l, object, out, err);
    else if (json_object_get(object, "Name"))
        code = read_annotation(l, object, out, err);
    else
        code = lines_error(l->source, err, "neither 'index' nor 'Name' says which feature it is");
    json_decref(object);
    return code;
}

static status read_row(labels *l, char *line, label *out, error *err)
{
    if (!l->delimiter)
        l->delimiter = strchr(line, '\t') ? '\t' : ',';
    char *field[2];
    if (table_line_split(line, l->delimiter, field, 2) < 2)
        return lines_error(l->source, err, "expected a feature's index, a %s and its label",
                           l->delimiter == '\t' ? "tab" : "comma");
    uint64_t index;
    if (l->rows++ == 0 && !table_line_number(field[0], &index))
        return STATUS_OK; /* the heading */
    status code = read_feature(l, field[0], &out->feature, err);
    if (code == STATUS_OK) {
        l->text = mem_copy_text(field[1]);
        l->origin = mem_copy_text(l->file);
    }
    return code;
}

status labels_next(labels *l, label *out, bool *more, error *err)
{
    *more = false;
    do {
        release_current(l);
        char *line;
        size_t length;
        status code = lines_next(l->source, &line, &length, err);
        if (code != STATUS_OK)
            return code;
        if (!line) {
            if (l->foreign > 0 && l->taken == 0)
                return error_set(err, STATUS_INPUT,
                                 "'%s': none of its %llu names begins with '%s/'", l->file,
                                 (unsigned long long)l->foreign, l->layer);
            return STATUS_OK;
        }
        size_t blank = strspn(line, " \t");
        if (blank == length)
            continue;
        code = line[blank] == '{' ? read_object(l, line, length, out, err)
                                  : read_row(l, line, out, err);
        if (code != STATUS_OK)
            return code;
    } while (!l->text || !*l->text);
    l->taken++;
    out->text = l->text;
    out->source = l->origin;
    *more = true;
    return STATUS_OK;
}
