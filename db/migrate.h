/* Private to db/: which schema a file has, and bringing an older one up to date.
 *
 * The header of an SQLite file has room for two numbers: application_id says that it is ours,
 * user_version which schema it has. A bulk build carries another id until it is finished, so a
 * half-made file is never taken for a workspace. */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/db.h"

#define SCHEMA_VERSION   3
#define APPLICATION_ID   0x434c5753 /* "CLWS" */
#define APPLICATION_BULK 0x434c5742 /* "CLWB" */

/* An empty file gets the present schema and the id of a bulk build. */
status migrate_create(db *d, error *err);

/* Marks a finished bulk build as a workspace. */
status migrate_finish(db *d, error *err);

/* STATUS_INPUT unless the file is a workspace of this schema; an older one is brought up to date
 * when `upgrade` is set, in one transaction. */
status migrate_open(db *d, bool upgrade, error *err);

/* Takes the workspace from its version to `newest`, all or nothing: steps[v - 1] leads from
 * version v to v + 1. */
status migrate_steps(db *d, const char *const *steps, int newest, error *err);

#endif
