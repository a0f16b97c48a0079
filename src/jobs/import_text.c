/* Documents, target variables and measured effects. */
#include "src/base/memory.h"

#include "db/document.h"
#include "src/formats/array.h"
#include "src/formats/documents.h"
#include "src/jobs/effects_file.h"
#include "src/jobs/import_parts.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static status too_many(importer *im, const char *file, const char *what)
{
    return error_set(im->err, STATUS_INPUT, "'%s': more than %u %s", file, UINT32_MAX - 1, what);
}

/* Documents are numbered, and each gets its samples: all its tokens, or one. */
static status add_document(importer *im, const char *file, const document_line *line)
{
    uint32_t n = im->documents;
    if (n == UINT32_MAX - 1)
        return too_many(im, file, "documents");
    bool tokens = im->source.rows == ROWS_TOKENS;
    uint32_t first = im->rows;
    if (__builtin_add_overflow(im->rows, tokens ? line->token_count : 1, &im->rows) ||
        im->rows == UINT32_MAX)
        return too_many(im, file, "tokens");
    if ((n & (n - 1)) == 0)
        im->start = mem_grow(im->start, n ? 2 * (size_t)n + 1 : 2, sizeof *im->start);
    im->start[n] = first;
    im->start[n + 1] = im->rows;
    im->documents++;
    bool pooled = im->source.pool != POOL_NONE;
    status code = document_add(im->build, n, line->name, line->text, line->tokens,
                               pooled ? n : first, pooled ? 1 : im->rows - first, im->err);
    return code == STATUS_OK && line->held_out ? document_hold_out(im->build, n, im->err) : code;
}

status import_documents(importer *im)
{
    const manifest *m = &im->source;
    const char *file = (m->documents ? m->documents : m->text)->text;
    documents *from;
    status code = documents_open(&from, &im->files, file, !m->documents, im->err);
    while (code == STATUS_OK) {
        document_line line;
        bool more;
        code = documents_next(from, m->rows == ROWS_TOKENS, &line, &more, im->err);
        if (code != STATUS_OK || !more)
            break;
        code = add_document(im, file, &line);
        if (code == STATUS_OK)
            code = import_tick(im, documents_fraction(from));
    }
    documents_close(from);
    if (code == STATUS_OK && im->rows == 0)
        code = error_set(im->err, STATUS_INPUT, "'%s': no %s in it", file,
                         im->documents ? "tokens" : "documents");
    im->samples = m->pool == POOL_NONE ? im->rows : im->documents;
    im->rows_from = mem_format("'%s'", file);
    im->report->documents = im->documents;
    return code;
}

/* One number a sample; or one a document where the samples are tokens, and then all tokens of a
 * document have its value. */
static status read_values(importer *im, array *from, double **out)
{
    bool column = from->dims == 1 || (from->dims == 2 && from->shape[1] == 1);
    if (!column || from->type == NUMBER_TEXT)
        return error_set(im->err, STATUS_INPUT, "%s: expected one column of numbers",
                         from->in.name);
    bool by_token = im->start && im->source.rows == ROWS_TOKENS && im->samples == im->rows;
    bool spread = by_token && from->count == im->documents && from->count != im->samples;
    if (from->count != im->samples && !spread)
        return error_set(im->err, STATUS_INPUT, "%s: %llu values, expected %u, one a sample",
                         from->in.name, (unsigned long long)from->count, im->samples);
    double *given = mem_try((size_t)from->count, sizeof *given);
    if (!given)
        return error_memory(im->err, "a target's values");
    status code = array_read_double(from, given, (size_t)from->count, im->err);
    if (code != STATUS_OK || !spread) {
        *out = given;
        return code;
    }
    *out = mem_try(im->samples, sizeof **out);
    for (uint32_t d = 0; *out && d < im->documents; d++) {
        for (uint32_t i = im->start[d]; i < im->start[d + 1]; i++)
            (*out)[i] = given[d];
    }
    free(given);
    return *out ? STATUS_OK : error_memory(im->err, "a target's values");
}

static status check_values(importer *im, const char *file, target_kind kind, uint32_t classes,
                           const double *value)
{
    for (uint32_t i = 0; i < im->samples; i++) {
        double v = value[i];
        if (!isfinite(v))
            return error_set(im->err, STATUS_INPUT, "'%s': value %u is not a finite number", file,
                             i);
        if (kind == TARGET_BINARY && v != 0 && v != 1)
            return error_set(im->err, STATUS_INPUT, "'%s': value %u is %g, expected 0 or 1", file,
                             i, v);
        if (kind == TARGET_CLASS && (v < 0 || v > INT32_MAX || v != floor(v)))
            return error_set(im->err, STATUS_INPUT,
                             "'%s': value %u is %g, expected the number of a class, from 0 on",
                             file, i, v);
        if (kind == TARGET_CLASS && classes > 0 && v >= classes)
            return error_set(im->err, STATUS_INPUT,
                             "'%s': value %u is %g, but 'classes' names only 0 to %u", file, i, v,
                             classes - 1);
    }
    return STATUS_OK;
}

static status join_classes(importer *im, const manifest_target *t, target_kind kind, char **out)
{
    *out = NULL;
    if (!t->classes)
        return STATUS_OK;
    const char *file = im->source.path;
    if (kind == TARGET_REAL)
        return yaml_error(t->classes, file, im->err, "a target of kind 'real' has no classes");
    if (kind == TARGET_BINARY && t->classes->count != 2)
        return yaml_error(t->classes, file, im->err, "%u classes, expected 2: for 0 and for 1",
                          t->classes->count);
    json_t *names = json_array();
    for (uint32_t i = 0; i < t->classes->count; i++)
        json_array_append_new(names, json_string(t->classes->item[i].text));
    *out = json_dumps(names, JSON_COMPACT);
    json_decref(names);
    return *out ? STATUS_OK : error_memory(im->err, "class names");
}

static status open_values(importer *im, const char *file, int *fd, array *out)
{
    uint64_t bytes;
    status code = folder_open_file(&im->files, file, fd, &bytes, im->err);
    if (code != STATUS_OK)
        return code;
    stream in;
    char *label = mem_format("'%s'", file);
    stream_of_file(&in, *fd, 0, bytes, label);
    free(label);
    return array_open_npy(out, &in, im->err);
}

status import_target(importer *im, uint32_t index)
{
    const manifest_target *from = &im->source.target[index];
    const char *file = from->values->text;
    target_kind kind = im->target_kinds[index];
    int fd = -1;
    array source = {0};
    char *classes = NULL;
    double *value = NULL;
    status code = join_classes(im, from, kind, &classes);
    if (code == STATUS_OK)
        code = open_values(im, file, &fd, &source);
    if (code == STATUS_OK)
        code = read_values(im, &source, &value);
    if (code == STATUS_OK)
        code = check_values(im, file, kind, from->classes ? from->classes->count : 0, value);
    if (code == STATUS_OK)
        code = target_add(im->build, from->name->text, kind, classes, value, im->samples, im->err);
    im->report->targets += code == STATUS_OK;
    array_close(&source);
    if (fd >= 0)
        close(fd);
    free(classes);
    free(value);
    return code;
}

static const layer *layer_named(const importer *im, const char *name)
{
    const layer *l = im->layers;
    while (strcmp(l->name, name) != 0) /* the manifest has been checked */
        l++;
    return l;
}

static status tick(void *user, double fraction)
{
    return import_tick(user, fraction);
}

status import_effects(importer *im, uint32_t index)
{
    const manifest_effects *from = &im->source.effects[index];
    uint64_t stored = 0;
    status code = effects_file_store(im->build, &im->files, from->values->text,
                                     layer_named(im, from->from->text),
                                     layer_named(im, from->to->text), tick, im, &stored, im->err);
    im->report->effects += code == STATUS_OK;
    return code;
}
