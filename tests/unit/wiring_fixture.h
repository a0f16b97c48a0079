/* Small layers and autoencoders, written out or random. */
#ifndef TESTS_WIRING_FIXTURE_H
#define TESTS_WIRING_FIXTURE_H

#include "src/base/autoencoder.h"
#include "src/base/matrix.h"
#include "src/base/memory.h"
#include "src/base/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline double made_uniform(uint64_t *seed)
{
    return (double)(random_bits(seed) >> 11) / 9007199254740992.0;
}

static inline double made_normal(uint64_t *seed)
{
    return sqrt(-2 * log(1 - made_uniform(seed))) * cos(2 * M_PI * made_uniform(seed));
}

/* From values row by row; zeros are not stored. */
static inline matrix made_matrix(uint32_t rows, uint32_t cols, const float *value)
{
    uint64_t stored = 0;
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        stored += value[i] != 0;
    matrix m = {0};
    if (matrix_create(&m, rows, cols, false, stored, NULL) != STATUS_OK)
        abort();
    uint64_t at = 0;
    for (uint32_t c = 0; c < cols; c++) {
        m.col_start[c] = at;
        for (uint32_t r = 0; r < rows; r++)
            if (value[(size_t)r * cols + c] != 0) {
                m.row[at] = r;
                m.value[at++] = value[(size_t)r * cols + c];
            }
    }
    m.col_start[cols] = at;
    return m;
}

/* Directions of unit length, the same to read and to write; no biases. */
static inline autoencoder made_autoencoder(uint32_t features, uint32_t width, uint64_t *seed)
{
    autoencoder a = {0};
    if (autoencoder_create(&a, features, width, NULL) != STATUS_OK)
        abort();
    for (size_t k = 0; k < features; k++) {
        float *d = a.decoder + k * width;
        double length = 0;
        for (uint32_t i = 0; i < width; i++) {
            d[i] = (float)made_normal(seed);
            length += (double)d[i] * (double)d[i];
        }
        for (uint32_t i = 0; i < width; i++)
            d[i] = (float)((double)d[i] / sqrt(length));
    }
    memcpy(a.encoder, a.decoder, (size_t)features * width * sizeof *a.encoder);
    memset(a.encoder_bias, 0, features * sizeof *a.encoder_bias);
    memset(a.decoder_bias, 0, width * sizeof *a.decoder_bias);
    return a;
}

/* The pre-activation of a feature, without biases. */
static inline double made_reading(const autoencoder *a, size_t feature, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < a->width; i++)
        sum += (double)a->encoder[feature * a->width + i] * x[i];
    return sum;
}

/* x += z times what a feature writes */
static inline void made_write(const autoencoder *a, size_t feature, double z, double *x)
{
    for (size_t i = 0; i < a->width; i++)
        x[i] += z * (double)a->decoder[feature * a->width + i];
}

/* Keeps the `most` greatest positive numbers of u, the rest become zero. */
static inline void made_topk(double *u, uint32_t count, uint32_t most)
{
    double *left = mem_alloc(count * sizeof *left), least = 0;
    memcpy(left, u, count * sizeof *left);
    for (uint32_t n = 0; n < most; n++) {
        uint32_t best = 0;
        for (uint32_t k = 1; k < count; k++)
            if (left[k] > left[best])
                best = k;
        least = left[best];
        left[best] = -INFINITY;
    }
    for (uint32_t k = 0; k < count; k++)
        if (u[k] < least || u[k] <= 0)
            u[k] = 0;
    free(left);
}

#endif
