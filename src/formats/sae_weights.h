/* The weights of a layer's sparse autoencoder, from a file as SAELens writes it: safetensors with
 * W_enc [d_model, features], b_enc [features], W_dec [features, d_model] and b_dec [d_model].
 * Other tensors in it are passed over. */
#ifndef FORMATS_SAE_WEIGHTS_H
#define FORMATS_SAE_WEIGHTS_H

#include "src/base/autoencoder.h"
#include "src/formats/folder.h"

typedef struct sae_weights sae_weights;

/* `layer` names the layer, which has `features` features. STATUS_INPUT: a tensor is missing, has
 * another shape than the layer and the other tensors ask for, or is not of floating point. */
status sae_weights_open(sae_weights **out, const folder *f, const char *file, const char *layer,
                        uint32_t features, error *err);
void sae_weights_close(sae_weights *w); /* NULL is fine */

uint32_t sae_weights_width(const sae_weights *w); /* d_model, at least 1 */

/* Fills encoder, decoder and encoder_bias of `into`, as wide as the file's, with the features
 * first .. first + into->features - 1. Memory beside it is a row of that many numbers. A number
 * that is no finite float32 is STATUS_INPUT, with its place. */
status sae_weights_read(sae_weights *w, uint32_t first, autoencoder *into, error *err);
/* Fills its decoder_bias. */
status sae_weights_read_bias(sae_weights *w, autoencoder *into, error *err);

#endif
