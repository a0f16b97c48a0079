/* What the store's tests share: a folder of their own to stand in, an empty workspace, and ways to
 * tamper with a file behind the store's back. */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include "db/db.h"
#include "db/layer.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STUDY "study.clw"

static error err;
static char folder[] = "/tmp/circuitlasso-db-XXXXXX";

#define OK(call) cr_assert_eq((call), STATUS_OK, "%s", err.message)
/* The call fails with this status and a message that has all of `part` and `part2`. */
#define FAILS(call, code, part, part2)                                                            \
    do {                                                                                          \
        err = (error){0};                                                                         \
        cr_assert_eq((call), (code), "expected %d: '%s'", (code), err.message);                   \
        cr_assert(strstr(err.message, (part)) && strstr(err.message, (part2)), "message: %s",     \
                  err.message);                                                                   \
    } while (0)

static inline void enter_folder(void)
{
    cr_assert(mkdtemp(folder) != NULL);
    cr_assert_eq(chdir(folder), 0);
}

static inline void leave_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(chdir("/"), 0);
    cr_assert_eq(system(command), 0);
}

static inline db *new_study(void)
{
    db *d = NULL;
    OK(db_open(&d, STUDY, DB_CREATE, &err));
    OK(db_finish_bulk(d, &err));
    return d;
}

static inline db *open_study(db_mode mode)
{
    db *d = NULL;
    OK(db_open(&d, STUDY, mode, &err));
    return d;
}

/* What a stranger could do to the file. */
static inline void tamper(const char *text)
{
    sqlite3 *raw = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(STUDY, &raw), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(raw, text, NULL, NULL, &message), SQLITE_OK, "%s: %s", text,
                 message);
    cr_assert_eq(sqlite3_close(raw), SQLITE_OK);
}

/* What makes a file of version 3 one of version 2 again. */
#define BACK_TO_VERSION_2                                                                         \
    "DROP TABLE autoencoder_block; DROP TABLE autoencoder;"                                       \
    "ALTER TABLE fit DROP COLUMN wiring; ALTER TABLE fit_pair DROP COLUMN wired_alone;"           \
    "ALTER TABLE edge DROP COLUMN wired; PRAGMA user_version = 2;"

/* One number out of the file, past the store. */
static inline int64_t ask(const char *text)
{
    sqlite3 *raw = NULL;
    sqlite3_stmt *stmt = NULL;
    cr_assert_eq(sqlite3_open(STUDY, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 10000);
    cr_assert_eq(sqlite3_prepare_v2(raw, text, -1, &stmt, NULL), SQLITE_OK, "%s: %s", text,
                 sqlite3_errmsg(raw));
    cr_assert_eq(sqlite3_step(stmt), SQLITE_ROW, "%s: %s", text, sqlite3_errmsg(raw));
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(raw);
    return value;
}

static inline layer add_layer(db *d, const char *name, uint32_t position, bool dense,
                              uint32_t features, uint32_t samples, uint64_t nonzeros)
{
    layer l = {
        .name = (char *)(uintptr_t)name,
        .position = position,
        .kind = dense ? LAYER_NEURON : LAYER_SAE,
        .dense = dense,
        .features = features,
        .samples = samples,
        .nonzeros = nonzeros,
        .source = (char *)(uintptr_t)"file.npz",
        .hash = (char *)(uintptr_t)"abc",
    };
    OK(layer_add(d, &l, &err));
    return l;
}

#endif
