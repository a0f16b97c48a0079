/* The weights of a layer's autoencoder: from its file, a block of features at a time. */
#include "db/autoencoder.h"
#include "src/jobs/import_parts.h"

/* A block's encoder: its decoder is as large, and SQLite holds both once more. */
enum { BLOCK_BYTES = 8 << 20 };

static uint32_t block_features(const importer *im, const layer *l, uint32_t width)
{
    uint64_t memory = im->request->memory;
    uint64_t bytes = memory > 0 && memory / 4 < BLOCK_BYTES ? memory / 4 : BLOCK_BYTES;
    uint64_t fit = bytes / (width * sizeof(float));
    return fit == 0 ? 1 : fit < l->features ? (uint32_t)fit : l->features;
}

status import_open_autoencoder(importer *im, uint32_t position, sae_weights **out)
{
    const layer *l = &im->layers[position];
    return sae_weights_open(out, &im->files, im->source.layer[position].autoencoder->text, l->name,
                            l->features, im->err);
}

status import_autoencoder(importer *im, uint32_t position)
{
    const layer *l = &im->layers[position];
    const char *file = im->source.layer[position].autoencoder->text;
    sae_weights *from;
    autoencoder block = {0};
    status code = import_open_autoencoder(im, position, &from);
    if (code != STATUS_OK)
        return code;
    uint32_t width = sae_weights_width(from);
    uint32_t most = block_features(im, l, width);
    code = autoencoder_create(&block, most, width, im->err);
    if (code == STATUS_OK)
        code = sae_weights_read_bias(from, &block, im->err);
    if (code == STATUS_OK)
        code = autoencoder_add(im->build, l->id, &block, file, im->err);
    for (uint32_t first = 0; code == STATUS_OK && first < l->features; first += most) {
        block.features = l->features - first < most ? l->features - first : most;
        code = sae_weights_read(from, first, &block, im->err);
        if (code == STATUS_OK)
            code = autoencoder_add_block(im->build, l->id, first, &block, im->err);
        if (code == STATUS_OK)
            code = import_tick(im, (double)first / l->features);
    }
    autoencoder_release(&block);
    sae_weights_close(from);
    im->report->autoencoders += code == STATUS_OK;
    return code;
}
