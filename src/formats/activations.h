/* One layer's activations, whatever file they came in, as a stream of nonzero entries.
 *
 * Read: `.npy` (a dense matrix), `.npz` (SciPy's save_npz of a CSR, CSC or COO matrix, or a dense
 * array), safetensors (a dense matrix). Every number becomes a float32. Zeros never leave here;
 * order is the file's own, and the same place may come twice (SciPy means their sum). */
#ifndef FORMATS_ACTIVATIONS_H
#define FORMATS_ACTIVATIONS_H

#include "src/formats/folder.h"

#include <stddef.h>

enum { FEATURE_CAP = 1 << 24 }; /* features that a layer may have */

typedef struct activation {
    uint32_t row, col; /* sample, feature */
    float value;       /* finite, not zero */
} activation;

typedef struct activations activations;

/* `tensor` (may be NULL) names the tensor or array of a file with several. drop_nonfinite: what
 * is no finite float32 counts as zero; otherwise it is an error that names row and column. */
status activations_open(activations **out, const folder *f, const char *file, const char *tensor,
                        bool drop_nonfinite, error *err);
void activations_close(activations *a); /* NULL is fine */

uint32_t activations_rows(const activations *a);
uint32_t activations_cols(const activations *a);
double activations_fraction(const activations *a); /* of the file that is read, 0 to 1 */

/* The next entries, at most capacity; *count is 0 at the end only. */
status activations_read(activations *a, activation *out, size_t capacity, size_t *count,
                        error *err);

#endif
