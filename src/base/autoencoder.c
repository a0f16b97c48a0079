#include "src/base/autoencoder.h"

#include "src/base/memory.h"

#include <stdlib.h>

status autoencoder_create(autoencoder *a, uint32_t features, uint32_t width, error *err)
{
    size_t directions = (size_t)features * width;
    *a = (autoencoder){.features = features,
                       .width = width,
                       .encoder = mem_try(directions, sizeof(float)),
                       .decoder = mem_try(directions, sizeof(float)),
                       .encoder_bias = mem_try(features, sizeof(float)),
                       .decoder_bias = mem_try(width, sizeof(float))};
    if (a->encoder && a->decoder && a->encoder_bias && a->decoder_bias)
        return STATUS_OK;
    autoencoder_release(a);
    return error_memory(err, "an autoencoder");
}

void autoencoder_release(autoencoder *a)
{
    free(a->encoder);
    free(a->decoder);
    free(a->encoder_bias);
    free(a->decoder_bias);
    *a = (autoencoder){0};
}
