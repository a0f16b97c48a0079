/* The user's own words, and what keeps them when a study is imported anew. */
#ifndef DB_NOTE_H
#define DB_NOTE_H

#include "db/db.h"

/* Copies all notes of one workspace into another, which has none. */
status note_copy_all(db *from, db *to, error *err);

/* Holds the workspace alone until db_close, with no log beside its file, so that another file can
 * be moved into its place. STATUS_INPUT when somebody else has it open. */
status note_hold_alone(db *d, error *err);

#endif
