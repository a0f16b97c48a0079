/* The model's activations as two layers' autoencoders put them back, on some of the samples.
 *
 * Both autoencoders write into the same `width` coordinates: the residual stream, at two places.
 * Where the stream after has little to do with the stream before (their difference varies more
 * than what comes after: the layers do not lie on one stream), nothing is handed on, and all of
 * what comes after counts as added. What is estimated from this are averages: some thousand
 * samples, spread over all documents, do. */
#ifndef WIRING_STREAM_H
#define WIRING_STREAM_H

#include "src/base/autoencoder.h"
#include "src/base/matrix.h"

typedef struct stream {
    uint32_t rows, width;
    matrix source, target; /* the samples chosen: rows x features, sparse */
    /* rows x width, row by row */
    float *before; /* at the source layer */
    float *after;  /* at the target layer, without its decoder's bias */
    float *added;  /* after, with the bias, - before; or all of it */
    bool handed_on;
} stream;

/* How many samples of so many are looked at, for a target layer of so many features. */
uint32_t stream_rows(uint32_t rows, uint32_t features);

/* Chooses the samples and puts them back. The layers are sparse, have the same samples, and as
 * many features as their autoencoders, which are of one width. */
status stream_create(stream *s, const matrix *source, const autoencoder *from,
                     const matrix *target, const autoencoder *to, error *err);
void stream_release(stream *s);

#endif
