#include "src/formats/documents.h"

#include "src/base/memory.h"
#include "src/formats/json_line.h"

#include <stdlib.h>
#include <string.h>

struct documents {
    lines *source;
    bool plain_text;
    document_line current;
};

status documents_open(documents **out, const folder *f, const char *file, bool plain_text,
                      error *err)
{
    *out = NULL;
    lines *source;
    status code = lines_open(&source, f, file, err);
    if (code != STATUS_OK)
        return code;
    documents *d = mem_zero(1, sizeof *d);
    d->source = source;
    d->plain_text = plain_text;
    *out = d;
    return STATUS_OK;
}

static void release_current(documents *d)
{
    free(d->current.name);
    free(d->current.text);
    free(d->current.tokens);
    d->current = (document_line){0};
}

void documents_close(documents *d)
{
    if (!d)
        return;
    release_current(d);
    lines_close(d->source);
    free(d);
}

double documents_fraction(const documents *d)
{
    return lines_fraction(d->source);
}

static status read_tokens(documents *d, const json_t *object, error *err)
{
    const json_t *tokens = json_object_get(object, "tokens");
    if (!tokens || json_is_null(tokens))
        return STATUS_OK;
    if (!json_is_array(tokens))
        return lines_error(d->source, err, "'tokens' is not an array");
    size_t i;
    json_t *token;
    json_array_foreach(tokens, i, token)
    {
        if (!json_is_string(token))
            return lines_error(d->source, err, "token %zu is not a string", i);
    }
    d->current.token_count = (uint32_t)json_array_size(tokens);
    d->current.tokens = json_dumps(tokens, JSON_COMPACT);
    return d->current.tokens ? STATUS_OK : error_memory(err, "a document");
}

static status read_split(documents *d, const json_t *object, error *err)
{
    const json_t *split = json_object_get(object, "split");
    if (!split || json_is_null(split))
        return STATUS_OK;
    const char *word = json_string_value(split);
    d->current.held_out = word && strcmp(word, "held out") == 0;
    return d->current.held_out || (word && strcmp(word, "train") == 0)
               ? STATUS_OK
               : lines_error(d->source, err, "'split' is neither \"train\" nor \"held out\"");
}

static status read_object(documents *d, const json_t *object, bool need_tokens, error *err)
{
    document_line *current = &d->current;
    status code = json_line_text(d->source, object, "id", &current->name, err);
    if (code == STATUS_OK)
        code = json_line_text(d->source, object, "text", &current->text, err);
    if (code == STATUS_OK)
        code = read_tokens(d, object, err);
    if (code == STATUS_OK)
        code = read_split(d, object, err);
    if (code == STATUS_OK && !current->tokens && (need_tokens || !current->text))
        code = lines_error(d->source, err,
                           need_tokens ? "a document without 'tokens'"
                                       : "neither 'text' nor 'tokens'");
    return code;
}

status documents_next(documents *d, bool need_tokens, document_line *out, bool *more, error *err)
{
    release_current(d);
    *more = false;
    status code;
    if (d->plain_text) {
        char *text;
        size_t length;
        code = lines_next(d->source, &text, &length, err);
        *more = code == STATUS_OK && text;
        d->current.text = mem_copy_text(text);
    } else {
        json_t *object = NULL;
        code = json_line_next(d->source, &object, err);
        *more = code == STATUS_OK && object;
        if (*more)
            code = read_object(d, object, need_tokens, err);
        json_decref(object);
    }
    *out = d->current;
    return code;
}
