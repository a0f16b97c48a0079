#include "db/note.h"

#include "db/sql.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 6, CHANGED = 5, WAIT_MILLISECONDS = 500 };

static status copy_row(sql *row, sql *insert, error *err)
{
    char *text[CHANGED];
    for (int i = 0; i < CHANGED; i++) {
        text[i] = sql_text(row, i);
        sql_bind_text(insert, i + 1, text[i]);
    }
    sql_bind_int(insert, COLUMNS, sql_int(row, CHANGED));
    status s = sql_check(row, err);
    if (s == STATUS_OK)
        s = sql_run(insert, err);
    for (int i = 0; i < CHANGED; i++)
        free(text[i]);
    return s;
}

status note_copy_all(db *from, db *to, error *err)
{
    sql row = {0}, insert = {0};
    bool more = false;
    status s = db_begin(to, err);
    if (s != STATUS_OK)
        return s;
    s = sql_open(&row, from,
                 "SELECT subject, source, target, kind, value, changed FROM note ORDER BY note_id",
                 err);
    if (s == STATUS_OK)
        s = sql_open(&insert, to,
                     "INSERT INTO note (subject, source, target, kind, value, changed)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     err);
    while (s == STATUS_OK && (s = sql_step(&row, &more, err)) == STATUS_OK && more)
        s = copy_row(&row, &insert, err);
    sql_close(&row);
    sql_close(&insert);
    if (s == STATUS_OK)
        return db_commit(to, err);
    db_rollback(to);
    return s;
}

/* Leaving WAL mode succeeds only for a workspace that nobody else has open; the exclusive
 * transaction then keeps everybody out. */
status note_hold_alone(db *d, error *err)
{
    sqlite3_busy_timeout(d->handle, WAIT_MILLISECONDS);
    if (sqlite3_exec(d->handle, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_exec(d->handle, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK)
        return STATUS_OK;
    if ((sqlite3_errcode(d->handle) & 0xff) == SQLITE_BUSY)
        return error_set(err, STATUS_INPUT,
                         "'%s' is open elsewhere; close it there before it is replaced", d->path);
    return sql_failure(d, sqlite3_extended_errcode(d->handle), NULL, err);
}
