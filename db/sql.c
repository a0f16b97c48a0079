#include "db/sql.h"

#include "src/base/memory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

status sql_failure(const db *d, int code, const char *text, error *err)
{
    const char *why = sqlite3_errstr(code);
    const char *detail = d->handle ? sqlite3_errmsg(d->handle) : why;
    int number = d->handle ? sqlite3_system_errno(d->handle) : 0;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return error_set(err, STATUS_MACHINE, "'%s': the disk is full", d->path);
    case SQLITE_IOERR:
        return error_set(err, STATUS_MACHINE, "'%s': %s%s%s", d->path, why, number ? ": " : "",
                         number ? strerror(number) : "");
    case SQLITE_NOMEM:
        return error_memory(err, "the workspace's data");
    case SQLITE_READONLY:
        return error_set(err, STATUS_MACHINE, "'%s' cannot be written: %s", d->path, detail);
    case SQLITE_CANTOPEN:
        return error_set(err, STATUS_MACHINE, "cannot open '%s'%s%s", d->path,
                         number ? ": " : "", number ? strerror(number) : "");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(err, STATUS_MACHINE, "'%s' is being written by another process",
                         d->path);
    case SQLITE_INTERRUPT:
        return error_set(err, STATUS_INTERRUPTED, "'%s': interrupted", d->path);
    case SQLITE_NOTADB:
        return error_set(err, STATUS_INPUT, "'%s' is not a workspace: %s", d->path, why);
    case SQLITE_CORRUPT:
        return error_set(err, STATUS_INPUT, "'%s' is damaged: %s", d->path, detail);
    case SQLITE_TOOBIG:
        return error_set(err, STATUS_INPUT, "'%s': a value is too large: %s", d->path, detail);
    default: /* a missing table or a broken constraint: the statement says which */
        /* what SQLite calls an interrupt that meets it while it sets up json_each or full text */
        if (strstr(detail, "vtable constructor failed"))
            return error_set(err, STATUS_INTERRUPTED, "'%s': interrupted", d->path);
        if (text)
            return error_set(err, STATUS_INPUT, "'%s': %s (in `%.200s`)", d->path, detail, text);
        return error_set(err, STATUS_INPUT, "'%s': %s", d->path, detail);
    }
}

static bool take_cached(sql *q, db *d, const char *text)
{
    for (int i = 0; i < SQL_CACHE && d->cache[i].handle; i++) {
        if (!d->cache[i].busy && strcmp(sqlite3_sql(d->cache[i].handle), text) == 0) {
            d->cache[i].busy = true;
            *q = (sql){.owner = d, .handle = d->cache[i].handle};
            return true;
        }
    }
    return false;
}

status sql_open(sql *q, db *d, const char *text, error *err)
{
    if (take_cached(q, d, text))
        return STATUS_OK;
    *q = (sql){.owner = d};
    int code =
        sqlite3_prepare_v3(d->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &q->handle, NULL);
    if (code != SQLITE_OK) {
        *q = (sql){0};
        return sql_failure(d, code, text, err);
    }
    for (int i = 0; i < SQL_CACHE; i++) {
        if (!d->cache[i].handle) {
            d->cache[i] = (sql_cached){.handle = q->handle, .busy = true};
            break;
        }
    }
    return STATUS_OK;
}

void sql_close(sql *q)
{
    if (!q->handle)
        return;
    sqlite3_reset(q->handle);
    sqlite3_clear_bindings(q->handle);
    bool kept = false;
    for (int i = 0; i < SQL_CACHE && !kept; i++) {
        sql_cached *c = &q->owner->cache[i];
        if (c->handle == q->handle) {
            assert(c->busy);
            c->busy = false;
            kept = true;
        }
    }
    if (!kept)
        sqlite3_finalize(q->handle);
    *q = (sql){0};
}

static void keep_code(sql *q, int code)
{
    if (q->code == SQLITE_OK)
        q->code = code;
}

void sql_bind_int(sql *q, int parameter, int64_t value)
{
    keep_code(q, sqlite3_bind_int64(q->handle, parameter, value));
}

void sql_bind_real(sql *q, int parameter, double value)
{
    keep_code(q, sqlite3_bind_double(q->handle, parameter, value));
}

void sql_bind_text(sql *q, int parameter, const char *value)
{
    keep_code(q, sqlite3_bind_text64(q->handle, parameter, value, value ? strlen(value) : 0,
                                     SQLITE_STATIC, SQLITE_UTF8));
}

void sql_bind_blob(sql *q, int parameter, const void *value, size_t bytes)
{
    /* a NULL pointer would bind NULL: an empty array is an empty blob */
    keep_code(q, sqlite3_bind_blob64(q->handle, parameter, value ? value : "", bytes,
                                     SQLITE_STATIC));
}

status sql_check(const sql *q, error *err)
{
    if (q->code != SQLITE_OK)
        return sql_failure(q->owner, q->code, sqlite3_sql(q->handle), err);
    if (q->misfit)
        return error_set(err, STATUS_INPUT, "'%s' is damaged: '%s' has a value out of range",
                         q->owner->path, sqlite3_column_name(q->handle, q->misfit - 1));
    return STATUS_OK;
}

status sql_step(sql *q, bool *row, error *err)
{
    *row = false;
    if (q->code == SQLITE_OK && !q->misfit) {
        int code = sqlite3_step(q->handle);
        *row = code == SQLITE_ROW;
        if (code == SQLITE_ROW || code == SQLITE_DONE)
            return STATUS_OK;
        q->code = code;
    }
    return sql_check(q, err);
}

status sql_run(sql *q, error *err)
{
    bool row = true;
    status s = STATUS_OK;
    while (s == STATUS_OK && row)
        s = sql_step(q, &row, err);
    sqlite3_reset(q->handle);
    return s;
}

int64_t sql_int(sql *q, int column)
{
    return sqlite3_column_int64(q->handle, column);
}

static int64_t in_range(sql *q, int column, int64_t most)
{
    int64_t value = sqlite3_column_int64(q->handle, column);
    if (value >= 0 && value <= most)
        return value;
    if (!q->misfit)
        q->misfit = column + 1;
    return 0;
}

uint32_t sql_u32(sql *q, int column)
{
    return (uint32_t)in_range(q, column, UINT32_MAX);
}

uint64_t sql_u64(sql *q, int column)
{
    return (uint64_t)in_range(q, column, INT64_MAX);
}

double sql_real(sql *q, int column)
{
    return sqlite3_column_double(q->handle, column);
}

char *sql_text(sql *q, int column)
{
    return mem_copy_text((const char *)sqlite3_column_text(q->handle, column));
}

void sql_word(sql *q, int column, char *out, size_t capacity)
{
    const char *text = (const char *)sqlite3_column_text(q->handle, column);
    size_t length = text ? strlen(text) : capacity;
    out[0] = '\0';
    if (length < capacity)
        memcpy(out, text, length + 1);
    else if (!q->misfit)
        q->misfit = column + 1;
}

double sql_real_or_nan(sql *q, int column)
{
    return sqlite3_column_type(q->handle, column) == SQLITE_NULL ? (double)NAN
                                                                 : sql_real(q, column);
}

void sql_bind_real_or_null(sql *q, int parameter, double value)
{
    if (isfinite(value))
        sql_bind_real(q, parameter, value);
    else
        sql_bind_text(q, parameter, NULL);
}

unsigned sql_name(sql *q, int column, const char *const *names, unsigned count)
{
    const char *text = (const char *)sqlite3_column_text(q->handle, column);
    for (unsigned i = 0; text && i < count; i++) {
        if (strcmp(text, names[i]) == 0)
            return i;
    }
    if (!q->misfit)
        q->misfit = column + 1;
    return 0;
}

status sql_execute(db *d, const char *text, error *err)
{
    int code = sqlite3_exec(d->handle, text, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : sql_failure(d, code, text, err);
}

status sql_number(db *d, const char *text, int64_t *value, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, text, err);
    if (s == STATUS_OK)
        s = sql_step(&q, &row, err);
    *value = row ? sql_int(&q, 0) : 0;
    sql_close(&q);
    return s;
}

status sql_read_blob(db *d, const char *table, const char *column, int64_t rowid, uint64_t offset,
                     void *out, uint64_t bytes, error *err)
{
    sqlite3_blob *blob = NULL;
    if (bytes == 0)
        return STATUS_OK;
    int code = sqlite3_blob_open(d->handle, "main", table, column, rowid, 0, &blob);
    if (code == SQLITE_OK) /* a blob's size is an int */
        code = sqlite3_blob_read(blob, out, (int)bytes, (int)offset);
    status s = code == SQLITE_OK ? STATUS_OK : sql_failure(d, code, column, err);
    sqlite3_blob_close(blob);
    return s;
}

status sql_file_bytes(db *d, uint64_t *bytes, error *err)
{
    int64_t pages = 0;
    int64_t page_bytes = 0;
    status s = sql_number(d, "PRAGMA page_count", &pages, err);
    if (s == STATUS_OK)
        s = sql_number(d, "PRAGMA page_size", &page_bytes, err);
    *bytes = (uint64_t)(pages * page_bytes);
    return s;
}
