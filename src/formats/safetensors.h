/* safetensors: eight bytes of length, a JSON header that names tensors, then their bytes.
 * Checked as the reference implementation does: the header is at most 100 MB, the tensors cover
 * the rest of the file without holes or overlaps, and each is as long as its shape says. */
#ifndef FORMATS_SAFETENSORS_H
#define FORMATS_SAFETENSORS_H

#include "src/formats/array.h"

/* Opens the two-dimensional tensor `tensor` (NULL: the only one of the file) behind fd, which is
 * borrowed. `file` names the file, of `bytes` bytes, in messages. */
status safetensors_array(int fd, uint64_t bytes, const char *file, const char *tensor, array *out,
                         error *err);

#endif
