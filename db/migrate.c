#include "db/migrate.h"

#include "db/sql.h"

#include <stdio.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings" /* ISO C promises 4095 bytes only */
static const char schema[] = {
#include "db/schema.sql.h"
};
#pragma GCC diagnostic pop

/* migrations[v - 1] leads from version v to v + 1. Forward only: a released line is never edited;
 * schema.sql always holds the newest version. */
static const char *const migrations[SCHEMA_VERSION - 1] = {
    /* the ridge was the same for all features of a layer, which scaled ones have in common */
    "ALTER TABLE fit ADD COLUMN ridge_by TEXT NOT NULL DEFAULT 'feature'"
    " CHECK (ridge_by IN ('feature', 'layer'));"
    "UPDATE fit SET ridge_by = 'layer' WHERE ridge > 0 AND scale = 'none'",
    /* no study had its autoencoders, so no fit could use them */
    "CREATE TABLE autoencoder ("
    " layer_id INTEGER PRIMARY KEY REFERENCES layer ON DELETE CASCADE,"
    " width INTEGER NOT NULL CHECK (width > 0),"
    " source TEXT NOT NULL,"
    " decoder_bias BLOB NOT NULL) STRICT;"
    "CREATE TABLE autoencoder_block ("
    " layer_id INTEGER NOT NULL REFERENCES autoencoder ON DELETE CASCADE,"
    " first_feature INTEGER NOT NULL,"
    " feature_count INTEGER NOT NULL,"
    " encoder BLOB NOT NULL,"
    " decoder BLOB NOT NULL,"
    " encoder_bias BLOB NOT NULL,"
    " UNIQUE (layer_id, first_feature)) STRICT;"
    "ALTER TABLE fit ADD COLUMN wiring INTEGER NOT NULL DEFAULT 0 CHECK (wiring IN (0, 1));"
    "ALTER TABLE fit_pair ADD COLUMN wired_alone INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE edge ADD COLUMN wired REAL",
};

static status set_mark(db *d, const char *pragma, int number, error *err)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA %s = %d", pragma, number);
    return sql_execute(d, text, err);
}

status migrate_create(db *d, error *err)
{
    status s = sql_execute(d, schema, err);
    if (s == STATUS_OK)
        s = set_mark(d, "user_version", SCHEMA_VERSION, err);
    if (s == STATUS_OK)
        s = set_mark(d, "application_id", APPLICATION_BULK, err);
    return s;
}

status migrate_finish(db *d, error *err)
{
    return set_mark(d, "application_id", APPLICATION_ID, err);
}

status migrate_steps(db *d, const char *const *steps, int newest, error *err)
{
    int64_t version = 0;
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    /* read under the lock: another process may have done it meanwhile */
    s = sql_number(d, "PRAGMA user_version", &version, err);
    for (; s == STATUS_OK && version < newest; version++)
        s = sql_execute(d, steps[version - 1], err);
    if (s == STATUS_OK)
        s = set_mark(d, "user_version", (int)version, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

status migrate_open(db *d, bool upgrade, error *err)
{
    int64_t id = 0;
    int64_t version = 0;
    status s = sql_number(d, "PRAGMA application_id", &id, err);
    if (s == STATUS_OK)
        s = sql_number(d, "PRAGMA user_version", &version, err);
    if (s != STATUS_OK)
        return s;
    if (id == APPLICATION_BULK)
        return error_set(err, STATUS_INPUT,
                         "'%s' is a workspace whose import was cut off: import it again", d->path);
    if (id != APPLICATION_ID)
        return error_set(err, STATUS_INPUT,
                         "'%s' is not a workspace: an SQLite file of another program", d->path);
    if (version > SCHEMA_VERSION)
        return error_set(err, STATUS_INPUT,
                         "'%s' was written by a newer version of circuitlasso "
                         "(its schema is %lld, this program knows %d)",
                         d->path, (long long)version, SCHEMA_VERSION);
    if (version < 1)
        return error_set(err, STATUS_INPUT, "'%s' is damaged: its schema number is %lld", d->path,
                         (long long)version);
    if (version == SCHEMA_VERSION)
        return STATUS_OK;
    if (!upgrade)
        return error_set(
            err, STATUS_INPUT,
            "'%s' was written by an older version of circuitlasso (its schema is "
            "%lld, expected %d), and cannot be brought up to date where it is: copy it to a "
            "place that can be written",
            d->path, (long long)version, SCHEMA_VERSION);
    return migrate_steps(d, migrations, SCHEMA_VERSION, err);
}
