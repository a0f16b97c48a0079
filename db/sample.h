/* Activations by sample. The workspace keeps them by feature, so a few samples cost one pass over
 * the layer: ask for as many neighbours at once as are likely to be looked at. */
#ifndef DB_SAMPLE_H
#define DB_SAMPLE_H

#include "db/layer.h"

typedef struct sample_rows {
    uint32_t first, count; /* samples first .. first + count - 1 */
    uint64_t *start;       /* of sample first + i: entries start[i] .. start[i + 1] - 1 */
    uint32_t *feature;     /* ascending in a sample */
    float *value;          /* none is 0 */
} sample_rows;

/* Samples beyond the layer's last are left out. Corrupt blocks are STATUS_INPUT. */
status layer_load_samples(db *d, const layer *l, uint32_t first, uint32_t count, sample_rows *out,
                          error *err);
void sample_rows_release(sample_rows *rows);

#endif
