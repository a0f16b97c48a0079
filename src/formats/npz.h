/* A NumPy archive (`.npz`): a zip file of `.npy` entries, several of which may be read at once.
 *
 * Only stored and deflated entries are read. An archive that unpacks to more than a thousand
 * times its size is a bomb, not data: even constant activations come with indices that vary. */
#ifndef FORMATS_NPZ_H
#define FORMATS_NPZ_H

#include "src/formats/array.h"

typedef struct npz npz;

/* Borrows fd. `name` is the file's, for messages. */
status npz_open(npz **out, int fd, const char *name, error *err);
void npz_close(npz *z); /* after the arrays that were opened in it; NULL is fine */

/* Whether there is an entry `name`.npy; and how many there are in all, by what names (without
 * `.npy`; NULL for an entry that is no .npy). */
bool npz_has(const npz *z, const char *name);
uint32_t npz_count(const npz *z);
char *npz_entry_name(const npz *z, uint32_t i); /* free it */

/* Opens the entry `name`.npy. */
status npz_array(npz *z, const char *name, array *out, error *err);

#endif
