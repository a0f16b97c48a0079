/* The autoencoders of layers that were imported with theirs. Whether a layer has one, and how wide
 * it is, layer_list says (`autoencoder_width`). */
#ifndef DB_AUTOENCODER_H
#define DB_AUTOENCODER_H

#include "db/layer.h"
#include "src/base/autoencoder.h"

/* Gives a layer its autoencoder: width and decoder_bias of `a`. `source` is its file's name. */
status autoencoder_add(db *d, int64_t layer_id, const autoencoder *a, const char *source,
                       error *err);

/* Some consecutive features of it: encoder, decoder and encoder_bias of `a`, from feature
 * `first_feature` of the layer on. They must not be more than some MB. */
status autoencoder_add_block(db *d, int64_t layer_id, uint32_t first_feature, const autoencoder *a,
                             error *err);

/* The whole autoencoder of the layer in memory; release it. STATUS_INPUT: the layer has none, or
 * what is stored does not fit together. */
status autoencoder_load(db *d, const layer *l, autoencoder *out, error *err);

#endif
