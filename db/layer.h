/* Layers and their activations. */
#ifndef DB_LAYER_H
#define DB_LAYER_H

#include "db/db.h"
#include "src/base/matrix.h"

#define LAYER_KIND_LIST(X)                                                                        \
    X(LAYER_SAE, "sae", "latents of a sparse autoencoder: sparse, nonnegative")                   \
    X(LAYER_NEURON, "neuron", "neurons or residual coordinates: dense, signed")                   \
    X(LAYER_COMPONENT, "component", "outputs of whole components (heads, MLPs): dense, signed")

typedef enum layer_kind {
#define LAYER_KIND_ENUM(name, text, meaning) name,
    LAYER_KIND_LIST(LAYER_KIND_ENUM)
#undef LAYER_KIND_ENUM
} layer_kind;

const char *layer_kind_name(layer_kind kind);

typedef struct layer {
    int64_t id;
    char *name;
    uint32_t position;
    layer_kind kind;
    bool dense;
    uint32_t features, samples;
    uint64_t nonzeros;
    char *source;
    char *hash;
    uint32_t labelled; /* features that have a label; filled by layer_list, ignored by layer_add */
    uint32_t live;     /* features active somewhere; likewise */
    uint32_t autoencoder_width; /* 0: it has no autoencoder (db/autoencoder.h), or samples are
                                   pooled, which no autoencoder gives back; likewise */
} layer;

typedef struct layer_set {
    layer *item; /* in computation order */
    uint32_t count;
} layer_set;

/* Adds the layer and sets l->id. */
status layer_add(db *d, layer *l, error *err);
status layer_set_totals(db *d, int64_t layer_id, uint64_t nonzeros, const char *hash, error *err);
status layer_list(db *d, layer_set *out, error *err);
void layer_set_release(layer_set *set);

/* By name; by position, written as a number; or by part of one name only. NULL if none fits or
 * several do. Borrowed from the set. */
const layer *layer_find(const layer_set *set, const char *text);
/* The layer of `blocks.3/17`, or of a layer's name alone: then *one is false. *feature is not
 * compared with the layer's number of features. NULL: as for layer_find. */
const layer *layer_find_feature(const layer_set *set, const char *text, uint32_t *feature,
                                bool *one);
const layer *layer_by_id(const layer_set *set, int64_t id);
/* The features of all layers before this position: circuits number all features in one row. */
uint32_t layer_first(const layer_set *set, uint32_t position);

/* One block of consecutive features: m holds them as columns (m->cols = how many). */
status layer_add_block(db *d, int64_t layer_id, uint32_t first_feature, const matrix *m,
                       error *err);

/* The whole layer in memory. Corrupt blocks (indices out of range, not ascending) are
 * STATUS_INPUT. */
status layer_load(db *d, const layer *l, matrix *out, error *err);

/* One feature's nonzero entries (all entries of a dense layer), samples ascending, read without
 * loading its block. Free *sample and *value. */
status layer_load_feature(db *d, const layer *l, uint32_t feature, uint32_t **sample,
                          float **value, uint64_t *count, error *err);

#endif
