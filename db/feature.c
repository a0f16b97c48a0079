#include "db/feature.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

#define MOST_WORDS 32 /* FTS5 nests one level a word, and limits the nesting */
#define LAYER_BITS 32 /* feature_id = layer_id * 2^32 + index: see schema.sql */

static int64_t feature_id(int64_t layer_id, uint32_t feature)
{
    return (int64_t)((uint64_t)layer_id << LAYER_BITS | feature);
}

static status no_such_feature(const db *d, int64_t layer_id, uint32_t feature, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s': layer %lld has no feature %u", d->path,
                     (long long)layer_id, feature);
}

status feature_add(db *d, int64_t layer_id, uint32_t first, const feature_stats *stats,
                   uint32_t count, error *err)
{
    sql q;
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = sql_open(&q, d,
                 "INSERT INTO feature (feature_id, layer_id, feature, active, mean, sd,"
                 " active_mean, minimum, maximum, histogram)"
                 " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                 err);
    for (uint32_t i = 0; s == STATUS_OK && i < count; i++) {
        sql_bind_int(&q, 1, feature_id(layer_id, first + i));
        sql_bind_int(&q, 2, layer_id);
        sql_bind_int(&q, 3, first + i);
        sql_bind_int(&q, 4, stats[i].active);
        sql_bind_real(&q, 5, stats[i].mean);
        sql_bind_real(&q, 6, stats[i].sd);
        sql_bind_real(&q, 7, stats[i].active_mean);
        sql_bind_real(&q, 8, stats[i].minimum);
        sql_bind_real(&q, 9, stats[i].maximum);
        sql_bind_blob(&q, 10, stats[i].histogram, sizeof stats[i].histogram);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

/* The user's note on a feature lies in the same row of the index and stays. */
static status index_label(db *d, int64_t id, const char *label, error *err)
{
    sql q;
    status s = sql_open(&q, d, "UPDATE feature_search SET label = ?2 WHERE rowid = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        sql_bind_text(&q, 2, label);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s != STATUS_OK || sqlite3_changes(d->handle) > 0)
        return s;
    s = sql_open(&q, d, "INSERT INTO feature_search (rowid, label) VALUES (?1, ?2)", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, id);
        sql_bind_text(&q, 2, label);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status update_label(db *d, int64_t layer_id, uint32_t feature, const char *label,
                           const char *source, error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "UPDATE feature SET label = ?2, label_source = ?3 WHERE feature_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, feature_id(layer_id, feature));
        sql_bind_text(&q, 2, label);
        sql_bind_text(&q, 3, source);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
        s = no_such_feature(d, layer_id, feature, err);
    return s == STATUS_OK ? index_label(d, feature_id(layer_id, feature), label, err) : s;
}

status feature_set_label(db *d, int64_t layer_id, uint32_t feature, const char *label,
                         const char *source, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = update_label(d, layer_id, feature, label, source, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

/* A table that grows: labels are kept as offsets until their memory stands still. */
typedef struct builder {
    feature_table table;
    size_t *offset; /* 1 + place of the row's label; 0: none */
    size_t rows, bytes, used;
} builder;

static void append(builder *b, sql *q)
{
    feature_table *t = &b->table;
    if (t->count == b->rows) {
        b->rows = b->rows ? 2 * b->rows : 256;
        t->row = mem_grow(t->row, b->rows, sizeof *t->row);
        b->offset = mem_grow(b->offset, b->rows, sizeof *b->offset);
    }
    const char *label = (const char *)sqlite3_column_text(q->handle, 8);
    b->offset[t->count] = label ? 1 + b->used : 0;
    if (label) {
        size_t length = strlen(label) + 1;
        if (b->bytes - b->used < length) {
            b->bytes = 2 * b->bytes + length + 4096;
            t->labels = mem_grow(t->labels, b->bytes, 1);
        }
        memcpy(t->labels + b->used, label, length);
        b->used += length;
    }
    t->row[t->count++] = (feature_row){
        .layer_id = sql_int(q, 0),
        .feature = sql_u32(q, 1),
        .active = sql_u32(q, 2),
        .mean = (float)sql_real(q, 3),
        .sd = (float)sql_real(q, 4),
        .active_mean = (float)sql_real(q, 5),
        .minimum = (float)sql_real(q, 6),
        .maximum = (float)sql_real(q, 7),
    };
}

#define FEATURE_COLUMNS                                                                           \
    "SELECT f.layer_id, f.feature, f.active, f.mean, f.sd, f.active_mean, f.minimum, f.maximum,"  \
    " f.label FROM "

/* All rows of q, which is closed. On failure *out is empty. */
static status collect(sql *q, status s, feature_table *out, error *err)
{
    builder b = {0};
    bool row = false;
    while (s == STATUS_OK && (s = sql_step(q, &row, err)) == STATUS_OK && row)
        append(&b, q);
    sql_close(q);
    for (uint32_t i = 0; i < b.table.count; i++)
        b.table.row[i].label = b.offset[i] ? b.table.labels + b.offset[i] - 1 : NULL;
    free(b.offset);
    if (s != STATUS_OK)
        feature_table_release(&b.table);
    *out = b.table;
    return s;
}

void feature_table_release(feature_table *table)
{
    free(table->row);
    free(table->labels);
    *table = (feature_table){0};
}

/* ?1 and ?2: the first feature_id that counts, and the last. */
static void bind_range(sql *q, int64_t layer_id)
{
    sql_bind_int(q, 1, layer_id ? feature_id(layer_id, 0) : 0);
    sql_bind_int(q, 2, layer_id ? feature_id(layer_id, UINT32_MAX) : INT64_MAX);
}

status feature_list(db *d, int64_t layer_id, feature_table *out, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        FEATURE_COLUMNS "feature AS f WHERE f.feature_id BETWEEN ?1 AND ?2"
                                        " ORDER BY f.feature_id",
                        err);
    if (s == STATUS_OK)
        bind_range(&q, layer_id);
    s = collect(&q, s, out, err);
    for (uint32_t i = 0; s == STATUS_OK && i < out->count; i++) {
        if (out->row[i].feature != i || out->row[i].layer_id != layer_id) {
            s = error_set(err, STATUS_INPUT, "'%s' is damaged: layer %lld, feature %u is missing",
                          d->path, (long long)layer_id, i);
            feature_table_release(out);
        }
    }
    return s;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* `she's  "b` -> `"she's"* """b"*`: every word a quoted string, so that no character of it is
 * query syntax, and a prefix. *words counts them. */
static char *match_query(const char *words, int *count)
{
    char *query = mem_alloc(5 * strlen(words) + 1);
    char *end = query;
    *count = 0;
    for (const char *p = words; *p;) {
        while (is_space(*p))
            p++;
        if (!*p)
            break;
        end = stpcpy(end, *count ? " \"" : "\"");
        for (; *p && !is_space(*p); p++) {
            if (*p == '"')
                *end++ = '"';
            *end++ = *p;
        }
        end = stpcpy(end, "\"*");
        ++*count;
    }
    *end = '\0';
    return query;
}

/* `50%` -> `%50\%%`, without the spaces around. */
static char *like_pattern(const char *words)
{
    size_t length = strlen(words);
    while (is_space(*words)) {
        words++;
        length--;
    }
    while (length > 0 && is_space(words[length - 1]))
        length--;
    char *pattern = mem_alloc(2 * length + 3);
    char *end = stpcpy(pattern, "%");
    for (size_t i = 0; i < length; i++) {
        if (strchr("%_\\", words[i]))
            *end++ = '\\';
        *end++ = words[i];
    }
    strcpy(end, "%");
    return pattern;
}

static status search(db *d, const char *text, const char *pattern, int64_t layer_id,
                     uint32_t limit, feature_table *out, error *err)
{
    sql q;
    status s = sql_open(&q, d, text, err);
    if (s == STATUS_OK) {
        bind_range(&q, layer_id);
        sql_bind_text(&q, 3, pattern);
        sql_bind_int(&q, 4, limit);
    }
    return collect(&q, s, out, err);
}

status feature_search(db *d, const char *words, int64_t layer_id, uint32_t limit,
                      feature_table *out, error *err)
{
    *out = (feature_table){0};
    int count = 0;
    char *query = match_query(words, &count);
    char *pattern = like_pattern(words);
    status s = STATUS_OK;
    if (count > MOST_WORDS)
        s = error_set(err, STATUS_INPUT, "a search of %d words: at most %d", count, MOST_WORDS);
    if (s == STATUS_OK && count > 0)
        s = search(d,
                   FEATURE_COLUMNS
                   "feature_search AS t JOIN feature AS f ON f.feature_id = t.rowid"
                   " WHERE t.rowid BETWEEN ?1 AND ?2 AND feature_search MATCH ?3"
                   " ORDER BY t.rank, t.rowid LIMIT ?4",
                   query, layer_id, limit, out, err);
    /* Words are made of letters and digits: text without any, and text inside a word, is found
     * by looking at all labels. */
    if (s == STATUS_OK && out->count == 0)
        s = search(d,
                   FEATURE_COLUMNS
                   "feature AS f WHERE f.feature_id BETWEEN ?1 AND ?2"
                   " AND f.label LIKE ?3 ESCAPE '\\' ORDER BY f.feature_id LIMIT ?4",
                   pattern, layer_id, limit, out, err);
    free(query);
    free(pattern);
    return s;
}

static status read_detail(sql *q, feature_detail *out, error *err)
{
    out->stats.active = sql_u32(q, 0);
    out->stats.mean = sql_real(q, 1);
    out->stats.sd = sql_real(q, 2);
    out->stats.active_mean = sql_real(q, 3);
    out->stats.minimum = sql_real(q, 4);
    out->stats.maximum = sql_real(q, 5);
    out->label = sql_text(q, 7);
    out->label_source = sql_text(q, 8);
    const void *histogram = sqlite3_column_blob(q->handle, 6);
    if (sqlite3_column_bytes(q->handle, 6) != (int)sizeof out->stats.histogram || !histogram)
        return error_set(err, STATUS_INPUT, "'%s' is damaged: a histogram of %d bytes",
                         q->owner->path, sqlite3_column_bytes(q->handle, 6));
    memcpy(out->stats.histogram, histogram, sizeof out->stats.histogram);
    return sql_check(q, err);
}

status feature_get(db *d, int64_t layer_id, uint32_t feature, feature_detail *out, error *err)
{
    *out = (feature_detail){0};
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT active, mean, sd, active_mean, minimum, maximum, histogram, label,"
                        " label_source FROM feature WHERE feature_id = ?1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, feature_id(layer_id, feature));
        s = sql_step(&q, &row, err);
    }
    if (row)
        s = read_detail(&q, out, err);
    else if (s == STATUS_OK)
        s = no_such_feature(d, layer_id, feature, err);
    sql_close(&q);
    if (s != STATUS_OK)
        feature_detail_release(out);
    return s;
}

void feature_detail_release(feature_detail *detail)
{
    free(detail->label);
    free(detail->label_source);
    *detail = (feature_detail){0};
}
