/* One layer's sparse autoencoder, or some consecutive features of it, in memory.
 *
 * A feature's activity is read from the model's activations x (of `width` numbers, d_model) along
 * its row of `encoder`, and is put back along its row of `decoder`. What stands between, such as
 * the rule that makes activities sparse, is not known here. Values are finite. */
#ifndef BASE_AUTOENCODER_H
#define BASE_AUTOENCODER_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct autoencoder {
    uint32_t features, width;
    float *encoder;      /* features x width, a feature's direction together */
    float *decoder;      /* features x width, likewise */
    float *encoder_bias; /* features */
    float *decoder_bias; /* width */
} autoencoder;

/* Takes memory for all four. Contents are not set. */
status autoencoder_create(autoencoder *a, uint32_t features, uint32_t width, error *err);

/* Frees what a owns; a may be zeroed or already released. */
void autoencoder_release(autoencoder *a);

#endif
