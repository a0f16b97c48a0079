/* safetensors: eight bytes of length, a JSON header that names tensors, then their bytes.
 * Checked as the reference implementation does: the header is at most 100 MB, the tensors cover
 * the rest of the file without holes or overlaps, and each is as long as its shape says. */
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include "src/formats/array.h"

typedef struct safetensors safetensors;

/* Reads and checks the header of the file behind fd, which is borrowed. `file`, of `bytes` bytes,
 * is what messages call it. */
status safetensors_open(safetensors **out, int fd, uint64_t bytes, const char *file, error *err);
void safetensors_close(safetensors *s); /* NULL is fine */

/* Opens the tensor `tensor` (NULL: the only one of the file), which must have `dims` dimensions, 1
 * or 2; `meaning` says in messages what they are. The array outlives s, but not the file. */
status safetensors_array(const safetensors *s, const char *tensor, uint32_t dims,
                         const char *meaning, array *out, error *err);

#endif
