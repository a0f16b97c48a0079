/* Array files that NumPy and SciPy read: `.npy`, and the `.npz` of a sparse matrix by rows as
 * SciPy's save_npz lays it out. Written piece by piece in memory that does not grow with the file,
 * and the same bytes every time: nothing in them tells when, where or by whom they were made. */
#ifndef FORMATS_ARRAY_FILE_H
#define FORMATS_ARRAY_FILE_H

#include "src/base/error.h"
#include "src/formats/number.h"

typedef struct array_file array_file;

/* Begins a `.npy` file; it must not exist yet. Path is copied. */
status array_file_create(array_file **out, const char *path, number_type type, error *err);

/* n numbers more, as they are in memory. */
status array_file_add(array_file *a, const void *numbers, size_t n, error *err);

/* Completes the file: its numbers as one dimension, or with cols > 0 as rows of `cols`. Frees a;
 * after a failure the file is gone. */
status array_file_finish(array_file *a, uint64_t cols, error *err);

/* Removes the unfinished file and frees a; NULL is fine. */
void array_file_discard(array_file *a);

typedef struct csr_file csr_file;

/* Begins a sparse float32 matrix with `cols` columns; parts of it stand beside `path` meanwhile.
 */
status csr_file_create(csr_file **out, const char *path, uint32_t cols, error *err);

/* The next row: n entries, columns ascending. */
status csr_file_add_row(csr_file *c, const uint32_t *col, const float *value, uint32_t n,
                        error *err);

uint64_t csr_file_entries(const csr_file *c);

/* Completes the archive, removes the parts and frees c, whatever it returns. */
status csr_file_finish(csr_file *c, error *err);
void csr_file_discard(csr_file *c); /* NULL is fine */

#endif
