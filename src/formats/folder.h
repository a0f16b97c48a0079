/* The folder that a manifest's files are looked for in.
 *
 * A manifest may come from a stranger, so a name in it reaches only regular files below its own
 * folder: no absolute path, no `..` and no symbolic link that leads outside, unless the user
 * allowed it. */
#ifndef FORMATS_FOLDER_H
#define FORMATS_FOLDER_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct folder {
    int fd;
    bool outside; /* names may lead anywhere */
} folder;

/* Opens the folder that holds the file `path`. */
status folder_open_parent(folder *f, const char *path, bool outside, error *err);
void folder_close(folder *f);

/* Opens the regular file `name` for reading: *fd is the caller's, *bytes (may be NULL) its size.
 * STATUS_INPUT when it is missing, is no regular file or lies outside. */
status folder_open_file(const folder *f, const char *name, int *fd, uint64_t *bytes, error *err);

#endif
