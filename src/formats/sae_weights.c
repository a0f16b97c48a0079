#include "src/formats/sae_weights.h"

#include "src/base/memory.h"
#include "src/formats/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WIDTH_CAP = 1 << 24 };
enum { W_ENC, B_ENC, W_DEC, B_DEC, TENSORS };
typedef enum extent { NONE, FEATURES, D_MODEL } extent;

static const struct {
    const char *name;
    extent shape[2];
    const char *meaning;
} layout[TENSORS] = {
    [W_ENC] = {"W_enc", {D_MODEL, FEATURES}, "d_model, features"},
    [B_ENC] = {"b_enc", {FEATURES}, "features"},
    [W_DEC] = {"W_dec", {FEATURES, D_MODEL}, "features, d_model"},
    [B_DEC] = {"b_dec", {D_MODEL}, "d_model"},
};

struct sae_weights {
    int fd;
    uint32_t features, width;
    array tensor[TENSORS];
};

static void show_shape(char out[64], uint32_t dims, const uint64_t shape[2])
{
    if (dims == 1)
        snprintf(out, 64, "[%llu]", (unsigned long long)shape[0]);
    else
        snprintf(out, 64, "[%llu, %llu]", (unsigned long long)shape[0],
                 (unsigned long long)shape[1]);
}

/* Against the layer's features and W_enc's d_model. */
static status check_tensor(const sae_weights *w, int t, const char *layer, error *err)
{
    const array *a = &w->tensor[t];
    uint64_t want[2] = {1, 1};
    char found[64], expected[64];
    for (uint32_t i = 0; i < a->dims; i++)
        want[i] = layout[t].shape[i] == FEATURES ? w->features : w->width;
    if (number_is_integer(a->type))
        return error_set(err, STATUS_INPUT, "%s: %s, expected numbers of floating point",
                         a->in.name, number_name(a->type));
    if (a->shape[0] == want[0] && a->shape[1] == want[1])
        return STATUS_OK;
    show_shape(found, a->dims, a->shape);
    show_shape(expected, a->dims, want);
    return error_set(err, STATUS_INPUT,
                     "%s: shape %s, expected %s (%s), for layer '%s' has %u features", a->in.name,
                     found, expected, layout[t].meaning, layer, w->features);
}

static status open_tensors(sae_weights *w, const safetensors *from, const char *layer, error *err)
{
    status code = STATUS_OK;
    for (int t = 0; t < TENSORS && code == STATUS_OK; t++)
        code = safetensors_array(from, layout[t].name, layout[t].shape[1] == NONE ? 1 : 2,
                                 layout[t].meaning, &w->tensor[t], err);
    if (code != STATUS_OK)
        return code;
    uint64_t width = w->tensor[W_ENC].shape[0];
    if (width == 0 || width > WIDTH_CAP)
        return error_set(err, STATUS_INPUT, "%s: its d_model is %llu, expected 1 to %d",
                         w->tensor[W_ENC].in.name, (unsigned long long)width, WIDTH_CAP);
    w->width = (uint32_t)width;
    for (int t = 0; t < TENSORS && code == STATUS_OK; t++)
        code = check_tensor(w, t, layer, err);
    return code;
}

status sae_weights_open(sae_weights **out, const folder *f, const char *file, const char *layer,
                        uint32_t features, error *err)
{
    sae_weights *w = mem_zero(1, sizeof *w);
    safetensors *from = NULL;
    uint64_t bytes = 0;
    w->features = features;
    status code = folder_open_file(f, file, &w->fd, &bytes, err);
    if (code != STATUS_OK)
        w->fd = -1;
    else
        code = safetensors_open(&from, w->fd, bytes, file, err);
    if (code == STATUS_OK)
        code = open_tensors(w, from, layer, err);
    safetensors_close(from);
    *out = code == STATUS_OK ? w : NULL;
    if (code != STATUS_OK)
        sae_weights_close(w);
    return code;
}

void sae_weights_close(sae_weights *w)
{
    if (!w)
        return;
    for (int t = 0; t < TENSORS; t++)
        array_close(&w->tensor[t]);
    if (w->fd >= 0)
        close(w->fd);
    free(w);
}

uint32_t sae_weights_width(const sae_weights *w)
{
    return w->width;
}

/* n numbers of a tensor, from number `index` of all on. */
static status read_numbers(array *a, uint64_t index, float *out, size_t n, error *err)
{
    array_go(a, index);
    status code = array_read_float(a, out, n, err);
    for (size_t k = 0; k < n && code == STATUS_OK; k++) {
        if (isfinite(out[k]))
            continue;
        uint64_t at[2] = {(index + k) / a->shape[1], (index + k) % a->shape[1]};
        char place[64];
        show_shape(place, a->dims, at);
        code =
            error_set(err, STATUS_INPUT, "%s: number %s is %s, expected a finite float32",
                      a->in.name, place, isnan(out[k]) ? "not a number" : "infinite or too large");
    }
    return code;
}

/* W_enc holds a row for each of the model's numbers; here a feature's numbers stand together. */
static status read_encoder(sae_weights *w, uint32_t first, autoencoder *into, error *err)
{
    float *row = mem_try(into->features, sizeof *row);
    if (!row)
        return error_memory(err, "an autoencoder");
    status code = STATUS_OK;
    for (uint32_t i = 0; i < w->width && code == STATUS_OK; i++) {
        code = read_numbers(&w->tensor[W_ENC], (uint64_t)i * w->features + first, row,
                            into->features, err);
        for (uint32_t k = 0; k < into->features && code == STATUS_OK; k++)
            into->encoder[(size_t)k * w->width + i] = row[k];
    }
    free(row);
    return code;
}

status sae_weights_read(sae_weights *w, uint32_t first, autoencoder *into, error *err)
{
    status code = read_encoder(w, first, into, err);
    if (code == STATUS_OK)
        code = read_numbers(&w->tensor[W_DEC], (uint64_t)first * w->width, into->decoder,
                            (size_t)into->features * w->width, err);
    if (code == STATUS_OK)
        code = read_numbers(&w->tensor[B_ENC], first, into->encoder_bias, into->features, err);
    return code;
}

status sae_weights_read_bias(sae_weights *w, autoencoder *into, error *err)
{
    return read_numbers(&w->tensor[B_DEC], 0, into->decoder_bias, w->width, err);
}
