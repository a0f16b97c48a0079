/* Private to db/: what rows that stand for long work (fits, checks) have in common: a state, a
 * runner that holds them, a message, and times. */
#ifndef DB_RUN_STATE_H
#define DB_RUN_STATE_H

#include "db/fit.h"
#include "db/sql.h"

/* A table of such rows, and its statements. */
typedef struct run_table {
    const char *what; /* for messages: "fit" */
    const char *exists, *claim, *set_state, *remove;
} run_table;

#define RUN_TABLE(word, table, key)                                                               \
    {                                                                                             \
        .what = word, .exists = "SELECT 1 FROM " table " WHERE " key " = ?1",                     \
        .claim = "UPDATE " table " SET state = 'running', runner = ?2, message = NULL,"           \
                 " started = ?4, finished = NULL WHERE " key " = ?1 AND (state IN ('queued',"     \
                 " 'cancelled', 'failed') OR (state = 'running' AND runner = ?3))",               \
        .set_state = "UPDATE " table " SET state = ?2, message = ?3, finished = ?4"               \
                     " WHERE " key " = ?1",                                                       \
        .remove = "DELETE FROM " table " WHERE " key " = ?1"                                      \
    }

fit_state run_read_state(sql *q, int column);

/* STATUS_INPUT: there is no such row. */
status run_missing(const db *d, const run_table *t, int64_t id, error *err);

/* As fit_claim, fit_set_state and fit_delete say. */
status run_claim(db *d, const run_table *t, int64_t id, const char *runner,
                 const char *stale_runner, bool *taken, error *err);
status run_set_state(db *d, const run_table *t, int64_t id, fit_state state, const char *message,
                     error *err);
status run_delete(db *d, const run_table *t, int64_t id, error *err);

#endif
