/* Which features of the target layer are active, and which would be if others were not.
 *
 * A TopK autoencoder has so many places a sample, and when a feature loses its own, the next best
 * takes it: a removal makes some features fall and others rise. Who the next best are is known
 * from the pre-activations u = encoder (x - decoder bias) + encoder bias of the stream as the
 * layer's own features put it back, up to a noise whose size is measured on the active features,
 * where u can be compared with what was recorded. A feature that is not active is known to lie
 * below the least active one.
 *
 * After a removal the threshold is where as many features are expected above it as there were
 * places taken. Layers whose samples have varying numbers of active features have a fixed
 * threshold for each feature instead, its least activity seen (0 or a little more for ReLU, the
 * learned one for JumpReLU). */
#ifndef WIRING_PLACES_H
#define WIRING_PLACES_H

#include "src/wiring/stream.h"

#include <stdatomic.h>

/* Features a sample that are not active and may become so. */
enum { PLACES_RUNNERS = 64 };

/* A feature that is active in a sample, or one of those that come next. */
typedef struct place {
    uint32_t feature;
    float value; /* active: as recorded; else the pre-activation u */
    float limit; /* what decides whether it is active: it lies above if it is, else below */
    float below; /* the probability that u and its noise lie below; 0: it is active */
    float added; /* of the stream's pre-activation: what was added between the layers */
} place;

typedef struct places {
    uint32_t rows;
    bool shared;     /* places are taken from each other (TopK) */
    double noise;    /* standard deviation of u for features that are not active */
    float *normal;   /* the normal distribution, tabulated: places.c */
    uint64_t *first; /* rows + 1: where a sample's begin; the active ones come first */
    place *item;
} places;

/* Of the samples of s. STATUS_INPUT, without naming the layer, when the autoencoder does not give
 * the recorded activations back; STATUS_INTERRUPTED when `cancel` (may be NULL) was set. */
status places_find(const stream *s, const autoencoder *to, unsigned threads,
                   const atomic_bool *cancel, places *out, error *err);
void places_release(places *p);

/* The most places a sample has: what `change` and `fall` must have room for. */
uint32_t places_most(const places *p);

/* By how much each of the sample's places is expected to fall when the pre-activations change by
 * `change` (by place): rises are negative. */
void places_fall(const places *p, uint32_t row, const float *change, float *fall);

#endif
