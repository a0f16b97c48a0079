#include "db/document.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

status document_add(db *d, int64_t id, const char *name, const char *text, const char *tokens_json,
                    uint32_t first_sample, uint32_t samples, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO document (document_id, name, text, tokens, first_sample,"
                        " samples) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        sql_bind_text(&q, 2, name);
        sql_bind_text(&q, 3, text);
        sql_bind_text(&q, 4, tokens_json);
        sql_bind_int(&q, 5, first_sample);
        sql_bind_int(&q, 6, samples);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status document_hold_out(db *d, int64_t id, error *err)
{
    sql q;
    status s =
        sql_open(&q, d, "UPDATE document SET split = 'held out' WHERE document_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status document_held_out(db *d, uint32_t samples, uint8_t **held, uint32_t *count, error *err)
{
    sql q;
    bool row = false;
    *count = 0;
    *held = calloc((size_t)samples + 1, 1);
    if (!*held)
        return error_memory(err, "the held-out samples");
    status s = sql_open(&q, d,
                        "SELECT first_sample, samples FROM document WHERE split = 'held out'"
                        " ORDER BY document_id",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        uint32_t first = sql_u32(&q, 0), of_it = sql_u32(&q, 1);
        s = sql_check(&q, err);
        if (s == STATUS_OK && (first > samples || of_it > samples - first))
            s = error_set(err, STATUS_INPUT, "'%s' is damaged: a document beyond sample %u",
                          d->path, samples);
        for (uint32_t i = 0; s == STATUS_OK && i < of_it; i++) {
            *count += !(*held)[first + i];
            (*held)[first + i] = 1;
        }
    }
    sql_close(&q);
    if (s != STATUS_OK) {
        free(*held);
        *held = NULL;
    }
    return s;
}

static status load_tokens(db *d, document *doc, error *err)
{
    sql q;
    bool row = false;
    uint32_t room = 0;
    status s = sql_open(&q, d,
                        "SELECT t.value, t.type = 'text' FROM document,"
                        " json_each(document.tokens) AS t WHERE document_id = ?1",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, doc->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (!sql_int(&q, 1)) {
            s = error_set(err, STATUS_INPUT, "'%s': document %lld: token %u is not a string",
                          d->path, (long long)doc->id, doc->token_count);
            break;
        }
        if (doc->token_count == room) {
            room = room ? 2 * room : 64;
            doc->token = mem_grow(doc->token, room, sizeof *doc->token);
        }
        doc->token[doc->token_count++] = sql_text(&q, 0);
    }
    sql_close(&q);
    return s;
}

static status load_document(db *d, uint32_t sample, document *out, error *err)
{
    sql q;
    bool row = false;
    bool tokens = false;
    status s = sql_open(&q, d,
                        "SELECT document_id, name, text, first_sample, samples,"
                        " tokens IS NOT NULL FROM document"
                        " WHERE first_sample <= ?1 AND samples > 0"
                        " ORDER BY first_sample DESC LIMIT 1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, sample);
        s = sql_step(&q, &row, err);
    }
    if (row) {
        *out = (document){
            .id = sql_int(&q, 0),
            .name = sql_text(&q, 1),
            .text = sql_text(&q, 2),
            .first_sample = sql_u32(&q, 3),
            .samples = sql_u32(&q, 4),
        };
        tokens = sql_int(&q, 5) != 0;
        s = sql_check(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && (!row || sample - out->first_sample >= out->samples))
        s = error_set(err, STATUS_INPUT, "'%s' has no sample %u", d->path, sample);
    return s == STATUS_OK && tokens ? load_tokens(d, out, err) : s;
}

status document_of_sample(db *d, uint32_t sample, document *out, error *err)
{
    *out = (document){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_document(d, sample, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        document_release(out);
    return s;
}

/* A document's text as it is searched: its tokens one after the other, or else its text. */
#define SEARCHED                                                                                  \
    "CASE WHEN tokens IS NULL THEN text ELSE"                                                     \
    " (SELECT group_concat(t.value, '') FROM json_each(document.tokens) AS t) END"

/* `50%` -> `%50\%%`. Free it. */
static char *like_pattern(const char *text)
{
    char *pattern = mem_alloc(2 * strlen(text) + 3), *to = pattern;
    *to++ = '%';
    for (; *text; text++) {
        if (strchr("%_\\", *text))
            *to++ = '\\';
        *to++ = *text;
    }
    memcpy(to, "%", 2);
    return pattern;
}

/* The first sample of [low, high] at which `text` begins in the document. */
static bool find_in_document(const document *doc, const char *text, uint32_t low, uint32_t high,
                             uint32_t *sample)
{
    bool by_token = doc->token && doc->samples == doc->token_count;
    if (!by_token) { /* found by the workspace already */
        *sample = doc->first_sample;
        return *sample >= low && *sample <= high;
    }
    size_t length = 0, room = 1;
    for (uint32_t i = 0; i < doc->token_count; i++)
        room += strlen(doc->token[i]);
    char *joined = mem_alloc(room);
    size_t *end = mem_alloc(doc->token_count * sizeof *end);
    joined[0] = '\0';
    for (uint32_t i = 0; i < doc->token_count; i++) {
        size_t more = strlen(doc->token[i]);
        memcpy(joined + length, doc->token[i], more + 1);
        end[i] = length += more;
    }
    bool found = false;
    uint32_t token = 0;
    for (const char *at = joined; !found && (at = strcasestr(at, text)) != NULL; at++) {
        while (token + 1 < doc->token_count && end[token] <= (size_t)(at - joined))
            token++;
        *sample = doc->first_sample + token;
        found = *sample >= low && *sample <= high;
    }
    free(joined);
    free(end);
    return found;
}

/* Of samples low to high. */
static status find_between(db *d, const char *text, const char *pattern, uint32_t low,
                           uint32_t high, uint32_t *sample, bool *found, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT first_sample FROM document WHERE samples > 0"
                        " AND first_sample <= ?2 AND first_sample + samples > ?1"
                        " AND " SEARCHED " LIKE ?3 ESCAPE '\\' ORDER BY first_sample",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, low);
        sql_bind_int(&q, 2, high);
        sql_bind_text(&q, 3, pattern);
    }
    while (s == STATUS_OK && !*found && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        document doc = {0};
        s = load_document(d, sql_u32(&q, 0), &doc, err);
        if (s == STATUS_OK)
            *found = find_in_document(&doc, text, low, high, sample);
        document_release(&doc);
    }
    sql_close(&q);
    return s;
}

status document_find(db *d, const char *text, uint32_t after, uint32_t *sample, bool *found,
                     error *err)
{
    enum { LONGEST = 1000 };
    *found = false;
    if (!*text || strlen(text) > LONGEST)
        return STATUS_OK;
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    char *pattern = like_pattern(text);
    if (after < UINT32_MAX)
        s = find_between(d, text, pattern, after + 1, UINT32_MAX, sample, found, err);
    if (s == STATUS_OK && !*found)
        s = find_between(d, text, pattern, 0, after, sample, found, err);
    db_rollback(d);
    free(pattern);
    return s;
}

void document_release(document *doc)
{
    free(doc->name);
    free(doc->text);
    for (uint32_t i = 0; i < doc->token_count; i++)
        free(doc->token[i]);
    free(doc->token);
    *doc = (document){0};
}

static status mark_samples(db *d, uint32_t samples, uint32_t *number, uint32_t *documents,
                           error *err)
{
    sql q;
    bool row = false;
    for (uint32_t i = 0; i < samples; i++)
        number[i] = UINT32_MAX;
    status s =
        sql_open(&q, d, "SELECT first_sample, samples FROM document ORDER BY document_id", err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        uint32_t first = sql_u32(&q, 0);
        uint32_t count = sql_u32(&q, 1);
        s = sql_check(&q, err);
        if (s == STATUS_OK && (first > samples || count > samples - first))
            s = error_set(err, STATUS_INPUT,
                          "'%s' is damaged: a document has samples %u and %u more, of %u", d->path,
                          first, count, samples);
        for (uint32_t i = 0; s == STATUS_OK && i < count; i++)
            number[first + i] = *documents;
        ++*documents;
    }
    sql_close(&q);
    for (uint32_t i = 0; i < samples; i++)
        if (number[i] == UINT32_MAX)
            number[i] = (*documents)++;
    return s;
}

status document_of_samples(db *d, uint32_t samples, uint32_t **number, uint32_t *documents,
                           error *err)
{
    *documents = 0;
    *number = mem_try(samples, sizeof **number);
    if (!*number)
        return error_memory(err, "the documents of the samples");
    status s = mark_samples(d, samples, *number, documents, err);
    if (s != STATUS_OK) {
        free(*number);
        *number = NULL;
    }
    return s;
}

status document_count(db *d, uint32_t *documents, uint32_t *samples, uint32_t *held_out,
                      error *err)
{
    sql q;
    bool row = false;
    *documents = 0;
    *samples = 0;
    if (held_out)
        *held_out = 0;
    status s = sql_open(&q, d,
                        "SELECT count(*), ifnull(sum(samples), 0),"
                        " count(*) FILTER (WHERE split = 'held out') FROM document",
                        err);
    if (s == STATUS_OK)
        s = sql_step(&q, &row, err);
    if (row) {
        *documents = sql_u32(&q, 0);
        *samples = sql_u32(&q, 1);
        if (held_out)
            *held_out = sql_u32(&q, 2);
        s = sql_check(&q, err);
    }
    sql_close(&q);
    return s;
}
