/* Measured effects from their file into a workspace: on import, and later by themselves. */
#ifndef JOBS_EFFECTS_FILE_H
#define JOBS_EFFECTS_FILE_H

#include "db/layer.h"
#include "src/formats/folder.h"

/* Stores the file's effects of layer `from` on layer `to`. `tick` (may be NULL) hears how far the
 * file is, 0 to 1; what is not STATUS_OK from it ends the work. Call it inside a transaction:
 * after a failure some of it may be stored. STATUS_INPUT: file, place and what was expected. */
status effects_file_store(db *d, const folder *f, const char *file, const layer *from,
                          const layer *to, status (*tick)(void *user, double fraction), void *user,
                          uint64_t *stored, error *err);

/* The same for a study that is there, whole or not at all. What was measured between the layers
 * before is replaced, if `replace` says so, or else is STATUS_INPUT. STATUS_USAGE: `to` is not
 * after `from`. */
status effects_file_add(db *d, const char *path, const layer *from, const layer *to, bool replace,
                        uint64_t *stored, error *err);

#endif
