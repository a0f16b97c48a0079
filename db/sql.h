/* Private to db/: one connection, and statements that know how to complain.
 *
 * A statement is opened from its text, bound, stepped and closed; closing hands it back to the
 * connection's cache, so that a loop of small calls compiles its SQL once. Binding and reading
 * never fail at once: the first failure is kept in the statement and comes out of the next
 * sql_step, sql_run or sql_check. Reading is checked because the file may come from a stranger:
 * a number that does not fit is STATUS_INPUT, never a silent cast. */
#ifndef DB_SQL_H
#define DB_SQL_H

#include "db/db.h"

#include <sqlite3.h>
#include <stddef.h>

#define SQL_CACHE 48

typedef struct sql_cached {
    sqlite3_stmt *handle;
    bool busy;
} sql_cached;

struct db {
    sqlite3 *handle;
    char *path; /* as the user gave it, for messages */
    db_mode mode;
    int depth; /* of nested transactions */
    sql_cached cache[SQL_CACHE];
};

typedef struct sql {
    db *owner;
    sqlite3_stmt *handle;
    int code;   /* first SQLite failure since it was opened */
    int misfit; /* 1 + first column whose value did not fit; 0: none */
} sql;

/* `text` is one statement. After a failure q is zeroed and may still be closed. */
status sql_open(sql *q, db *d, const char *text, error *err);
void sql_close(sql *q);

/* Parameters count from 1. Text and blobs are borrowed until the statement is run or closed;
 * NULL text binds NULL. */
void sql_bind_int(sql *q, int parameter, int64_t value);
void sql_bind_real(sql *q, int parameter, double value);
void sql_bind_text(sql *q, int parameter, const char *value);
void sql_bind_blob(sql *q, int parameter, const void *value, size_t bytes);

/* One step; *row says whether there is a row to read. */
status sql_step(sql *q, bool *row, error *err);
/* Steps to the end and makes it ready for new values. */
status sql_run(sql *q, error *err);
/* What went wrong while reading the present row. */
status sql_check(const sql *q, error *err);

/* Columns count from 0. */
int64_t sql_int(sql *q, int column);
uint32_t sql_u32(sql *q, int column);
uint64_t sql_u64(sql *q, int column);
double sql_real(sql *q, int column);
char *sql_text(sql *q, int column); /* fresh copy, or NULL for NULL */
/* A short word into a fixed field; longer than the field: a misfit. */
void sql_word(sql *q, int column, char *out, size_t capacity);
/* NaN for NULL, and the other way round. */
double sql_real_or_nan(sql *q, int column);
void sql_bind_real_or_null(sql *q, int parameter, double value);
/* Place of the text in a list of names; a text that is not in it is a misfit. */
unsigned sql_name(sql *q, int column, const char *const *names, unsigned count);

/* Statements without parameters and results. */
status sql_execute(db *d, const char *text, error *err);
/* One number that a statement (a pragma) returns. */
status sql_number(db *d, const char *text, int64_t *value, error *err);

/* `bytes` of one blob of a table from `offset` on, straight into `out`. The caller has compared
 * both with the blob's length. */
status sql_read_blob(db *d, const char *table, const char *column, int64_t rowid, uint64_t offset,
                     void *out, uint64_t bytes, error *err);

/* The file's size by its own count of pages: what its rows hold cannot be more. */
status sql_file_bytes(db *d, uint64_t *bytes, error *err);

/* As db_begin, but only for reading: all that is read until db_commit or db_rollback is of one
 * moment, and nobody else is kept from writing. */
status sql_begin_reading(db *d, error *err);

/* Turns SQLite's present complaint into a sentence. `text` (may be NULL) is what was run. */
status sql_failure(const db *d, int code, const char *text, error *err);

#endif
