/* A connection to a workspace. Each thread opens its own; none is shared.
 *
 * Opening sets a busy timeout, WAL (for writers), foreign keys, defensive mode and an untrusted
 * schema, and refuses extension loading: a workspace file may come from a stranger. A file that
 * is not a workspace, is damaged, or was written by a newer program is STATUS_INPUT with a
 * sentence that names it. */
#ifndef DB_DB_H
#define DB_DB_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct db db;

typedef enum db_mode {
    DB_READ,  /* must exist; nothing can be written through this connection */
    DB_WRITE, /* must exist; migrated to the present schema if it is older */
    DB_CREATE /* must not exist: a new, empty workspace, in rollback-free bulk mode for an import
                 into a file nobody else sees yet; db_finish_bulk makes it an ordinary one */
} db_mode;

status db_open(db **out, const char *path, db_mode mode, error *err);
void db_close(db *d); /* rolls back what is open; NULL is fine */

/* End of a bulk build: indexes statistics, syncs to disk, switches the file to WAL. */
status db_finish_bulk(db *d, error *err);

/* Every page of the file looked at (seconds for a large one): STATUS_INPUT if it is damaged. For
 * a file that comes from elsewhere; damage met later is reported as it is met. */
status db_check(db *d, error *err);

/* BEGIN IMMEDIATE / COMMIT / ROLLBACK, or a snapshot for reading on a DB_READ connection. They
 * nest: only the outermost commit writes. A commit that fails has rolled back. A full disk or
 * lost file is STATUS_MACHINE. */
status db_begin(db *d, error *err);
status db_commit(db *d, error *err);
void db_rollback(db *d);

/* Aborts the statement that another thread runs on this connection. */
void db_interrupt(db *d);

/* Keeps no more of the file in this connection's memory than that (64 MiB when it is opened for
 * writing). */
status db_limit_cache(db *d, uint64_t bytes, error *err);

/* A number that changes when any *other* connection has committed. */
int64_t db_version(db *d);

/* study facts (table `study`). Missing key: *value is NULL. Free *value. */
status db_set_fact(db *d, const char *key, const char *value, error *err);
status db_get_fact(db *d, const char *key, char **value, error *err);

#endif
