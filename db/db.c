/* Opening a workspace so that neither the file nor another process can surprise us. */
#include "db/db.h"

#include "db/migrate.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUSY_MILLISECONDS 10000

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "blobs are written as they lie");

/* A relative name gets `./`: SQLite gives `file:` and `:memory:` meanings of their own. */
static char *plain_name(const char *path)
{
    return mem_format("%s%s", path[0] == '/' ? "" : "./", path);
}

/* `file:<path>?immutable=1`, every byte that a URI could read otherwise escaped. */
static char *immutable_name(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real)
        return NULL;
    char *uri = mem_alloc(3 * strlen(real) + sizeof "file:?immutable=1");
    char *end = stpcpy(uri, "file:");
    for (const unsigned char *p = (const unsigned char *)real; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '/' || *p == '.' || *p == '-';
        end += plain ? sprintf(end, "%c", *p) : sprintf(end, "%%%02X", *p);
    }
    strcpy(end, "?immutable=1");
    free(real);
    return uri;
}

static status check_exists(const char *path, error *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return error_errno(err, "cannot open '%s'", path);
    if (!S_ISREG(info.st_mode))
        return error_set(err, STATUS_INPUT, "'%s' is not a workspace: not an ordinary file", path);
    if (info.st_size == 0)
        return error_set(err, STATUS_INPUT, "'%s' is not a workspace: the file is empty", path);
    return STATUS_OK;
}

static status create_empty(const char *path, error *err)
{
    int descriptor = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST)
        return error_set(err, STATUS_INPUT, "cannot create '%s': it exists already", path);
    if (descriptor < 0)
        return error_errno(err, "cannot create '%s'", path);
    close(descriptor);
    return STATUS_OK;
}

static int connect_to(db *d, bool immutable)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= immutable ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
    char *name = immutable ? immutable_name(d->path) : plain_name(d->path);
    int code = name ? sqlite3_open_v2(name, &d->handle, flags, NULL) : SQLITE_CANTOPEN;
    free(name);
    return code;
}

static void disconnect(db *d)
{
    for (int i = 0; i < SQL_CACHE && d->cache[i].handle; i++) {
        assert(!d->cache[i].busy);
        sqlite3_finalize(d->cache[i].handle);
        d->cache[i] = (sql_cached){0};
    }
    int code = sqlite3_close(d->handle);
    assert(code == SQLITE_OK); /* else a statement or blob was left open */
    (void)code;
    d->handle = NULL;
}

/* What a hostile file must not be able to use. */
static void harden(sqlite3 *handle)
{
    static const struct {
        int option, value;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}, {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    };
    static const struct {
        int limit, value;
    } limits[] = {
        {SQLITE_LIMIT_SQL_LENGTH, 1 << 17},  {SQLITE_LIMIT_COLUMN, 100},
        {SQLITE_LIMIT_EXPR_DEPTH, 100},      {SQLITE_LIMIT_COMPOUND_SELECT, 8},
        {SQLITE_LIMIT_VDBE_OP, 25000},       {SQLITE_LIMIT_FUNCTION_ARG, 16},
        {SQLITE_LIMIT_ATTACHED, 0},          {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 4096},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 100}, {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
    };
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        sqlite3_db_config(handle, switches[i].option, switches[i].value, NULL);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        sqlite3_limit(handle, limits[i].limit, limits[i].value);
}

/* Pragmas that neither read nor write the file. */
static status configure(db *d, error *err)
{
    harden(d->handle);
    sqlite3_busy_timeout(d->handle, BUSY_MILLISECONDS);
    return sql_execute(d,
                       "PRAGMA cell_size_check = ON;"
                       "PRAGMA temp_store = MEMORY;"
                       "PRAGMA synchronous = NORMAL;"
                       "PRAGMA cache_size = -65536;",
                       err);
}

status db_limit_cache(db *d, uint64_t bytes, error *err)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA cache_size = -%llu", (unsigned long long)(bytes / 1024));
    return sql_execute(d, text, err);
}

static status use_wal(db *d, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, "PRAGMA journal_mode = WAL", err);
    if (s == STATUS_OK)
        s = sql_step(&q, &row, err);
    const char *mode = row ? (const char *)sqlite3_column_text(q.handle, 0) : NULL;
    if (s == STATUS_OK && (!mode || strcmp(mode, "wal") != 0))
        s = error_set(err, STATUS_MACHINE, "'%s' cannot be written: no write-ahead log here",
                      d->path);
    sql_close(&q);
    if (s == STATUS_OK) /* a log of 64 MiB: blocks of edges write the same pages again and again */
        s = sql_execute(d, "PRAGMA wal_autocheckpoint = 4096", err);
    return s;
}

/* The connection could write as far as the file system goes, and SQLite is told not to: so the
 * last process to leave, be it a reader, folds the log back into the one file that people copy.
 * Before that it brings a study of an older version up to this one: people look first. */
static status open_reader(db *d, error *err)
{
    bool able = sqlite3_db_readonly(d->handle, "main") == 0;
    status s = migrate_open(d, able, err);
    /* a screen has several readers, and what they read is in the system's cache anyway */
    return s == STATUS_OK
               ? sql_execute(d, "PRAGMA query_only = ON; PRAGMA cache_size = -8192;", err)
               : s;
}

static status open_writer(db *d, error *err)
{
    status s = migrate_open(d, true, err);
    return s == STATUS_OK ? use_wal(d, err) : s;
}

static status open_bulk(db *d, error *err)
{
    /* Large pages: a block of edges touches most pages of the index by source, and activations
     * fill long chains of them. Defensive mode refuses to do without a journal; the file is new
     * and nobody else's. */
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 0, NULL);
    status s = sql_execute(d,
                           "PRAGMA page_size = 16384;"
                           "PRAGMA cache_size = -65536;" /* KiB; the default counts small pages */
                           "PRAGMA journal_mode = OFF;"
                           "PRAGMA synchronous = OFF;",
                           err);
    sqlite3_db_config(d->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return s == STATUS_OK ? migrate_create(d, err) : s;
}

static status set_up(db *d, error *err)
{
    if (d->mode != DB_READ && sqlite3_db_readonly(d->handle, "main") == 1)
        return error_set(err, STATUS_MACHINE, "'%s' cannot be written: it is read-only", d->path);
    status s = configure(d, err);
    if (s != STATUS_OK)
        return s;
    switch (d->mode) {
    case DB_READ: return open_reader(d, err);
    case DB_WRITE: return open_writer(d, err);
    default: return open_bulk(d, err);
    }
}

/* On read-only media the log's shared memory cannot be made. Without a log the file is complete
 * by itself, and can be read as something that does not change. */
static status set_up_unchanging(db *d, error *err)
{
    char *log = mem_format("%s-wal", d->path);
    bool complete = access(log, F_OK) != 0;
    free(log);
    if (!complete)
        return error_set(err, STATUS_INPUT,
                         "cannot read '%s': its log '%s-wal' needs a folder that can be written; "
                         "copy both files to one",
                         d->path, d->path);
    disconnect(d);
    if (err)
        *err = (error){0};
    int code = connect_to(d, true);
    return code == SQLITE_OK ? set_up(d, err) : sql_failure(d, code, NULL, err);
}

status db_open(db **out, const char *path, db_mode mode, error *err)
{
    *out = NULL;
    status s = mode == DB_CREATE ? create_empty(path, err) : check_exists(path, err);
    if (s != STATUS_OK)
        return s;

    db *d = mem_zero(1, sizeof *d);
    d->path = mem_copy_text(path);
    d->mode = mode;
    int code = connect_to(d, false);
    if (code == SQLITE_OK) {
        s = set_up(d, err);
        code = sqlite3_errcode(d->handle) & 0xff;
        if (s != STATUS_OK && mode == DB_READ &&
            (code == SQLITE_CANTOPEN || code == SQLITE_READONLY))
            s = set_up_unchanging(d, err);
    } else {
        s = sql_failure(d, code, NULL, err);
    }
    if (s == STATUS_OK) {
        *out = d;
    } else {
        db_close(d);
        if (mode == DB_CREATE)
            unlink(path);
    }
    return s;
}

void db_close(db *d)
{
    if (!d)
        return;
    while (d->depth)
        db_rollback(d);
    disconnect(d);
    free(d->path);
    free(d);
}

/* The name of a new file is on the disk only when its folder is. */
static status sync_folder(const char *path, error *err)
{
    char *folder = mem_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder ? 1 : 0] = '\0';
    int descriptor = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* EINVAL: a file system that cannot sync folders has nothing to sync */
    bool done = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL);
    status s = done ? STATUS_OK : error_errno(err, "cannot sync the folder of '%s'", path);
    if (descriptor >= 0)
        close(descriptor);
    free(folder);
    return s;
}

status db_finish_bulk(db *d, error *err)
{
    status s = sql_execute(d, "PRAGMA analysis_limit = 400; ANALYZE", err);
    /* the commit that marks the file as finished syncs all that was written before it */
    if (s == STATUS_OK)
        s = sql_execute(d, "PRAGMA synchronous = FULL", err);
    if (s == STATUS_OK)
        s = migrate_finish(d, err);
    if (s == STATUS_OK)
        s = use_wal(d, err);
    if (s == STATUS_OK)
        s = sql_execute(d, "PRAGMA synchronous = NORMAL", err);
    if (s == STATUS_OK)
        s = sync_folder(d->path, err);
    if (s == STATUS_OK)
        d->mode = DB_WRITE;
    return s;
}

status db_check(db *d, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, "PRAGMA quick_check(1)", err);
    if (s == STATUS_OK)
        s = sql_step(&q, &row, err);
    const char *found = row ? (const char *)sqlite3_column_text(q.handle, 0) : NULL;
    if (s == STATUS_OK && (!found || strcmp(found, "ok") != 0))
        s = error_set(err, STATUS_INPUT, "'%s' is damaged: %s", d->path,
                      found ? found : "it cannot be checked");
    sql_close(&q);
    return s;
}

/* Transactions nest: the outermost is a real one, those inside are savepoints of one name, of
 * which SQLite always means the innermost. A failure like a full disk makes SQLite roll back
 * everything at once (autocommit is on again); what is left then is to count down. */
static bool lost_transaction(const db *d)
{
    return d->depth > 0 && sqlite3_get_autocommit(d->handle);
}

static status begin(db *d, const char *outermost, error *err)
{
    if (lost_transaction(d))
        return error_set(err, STATUS_MACHINE, "'%s': the transaction was rolled back", d->path);
    status s = sql_execute(d, d->depth ? "SAVEPOINT inner" : outermost, err);
    if (s == STATUS_OK)
        d->depth++;
    return s;
}

status db_begin(db *d, error *err)
{
    return d->mode == DB_READ ? sql_begin_reading(d, err) : begin(d, "BEGIN IMMEDIATE", err);
}

status sql_begin_reading(db *d, error *err)
{
    return begin(d, "BEGIN", err);
}

status db_commit(db *d, error *err)
{
    assert(d->depth > 0);
    status s = STATUS_OK;
    if (lost_transaction(d))
        s = error_set(err, STATUS_MACHINE, "'%s': the transaction was rolled back", d->path);
    else
        s = sql_execute(d, d->depth > 1 ? "RELEASE inner" : "COMMIT", err);
    if (s == STATUS_OK)
        d->depth--;
    else
        db_rollback(d);
    return s;
}

void db_rollback(db *d)
{
    if (d->depth == 0)
        return;
    /* An interrupt meant for what ran before may hit the rollback itself, and a transaction that
     * stays open would fail every question after it: again, then. */
    const char *undo = d->depth > 1 ? "ROLLBACK TO inner; RELEASE inner" : "ROLLBACK";
    for (int tries = 0; tries < 1000 && !lost_transaction(d); tries++)
        if (sqlite3_exec(d->handle, undo, NULL, NULL, NULL) != SQLITE_INTERRUPT)
            break;
    d->depth--;
}

void db_interrupt(db *d)
{
    sqlite3_interrupt(d->handle);
}

int64_t db_version(db *d)
{
    int64_t version = 0;
    sql_number(d, "PRAGMA data_version", &version, NULL);
    return version;
}

status db_set_fact(db *d, const char *key, const char *value, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO study (key, value) VALUES (?1, ?2)"
                        " ON CONFLICT (key) DO UPDATE SET value = ?2",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, key);
        sql_bind_text(&q, 2, value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status db_get_fact(db *d, const char *key, char **value, error *err)
{
    *value = NULL;
    sql q;
    bool row = false;
    status s = sql_open(&q, d, "SELECT value FROM study WHERE key = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, key);
        s = sql_step(&q, &row, err);
    }
    if (row)
        *value = sql_text(&q, 0);
    sql_close(&q);
    return s;
}
