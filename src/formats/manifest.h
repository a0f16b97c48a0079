/* The manifest: a YAML file that says what a study is made of.
 *
 *   circuitlasso: 1
 *   model: name
 *   samples:
 *     documents: file.jsonl     (or `text: file`, a document a line)
 *     rows: tokens              (or documents: what a row of the activations is)
 *     pool: max                 (or mean, last: token rows become one sample a document)
 *   layers:                     (in computation order)
 *     - name: blocks.0.hook_resid_post
 *       kind: sae               (or neuron, component)
 *       activations: file       (.npy, .npz, .safetensors)
 *       tensor: name            (of a file with several)
 *       nonfinite: drop         (or reject, the default)
 *       labels: file
 *       autoencoder: file       (of kind sae: its weights, .safetensors as SAELens writes them)
 *       components:             (of kind component: which coordinates make a whole, in order)
 *         - {name: head0, coordinates: 64}
 *   targets:
 *     - {name: text, kind: real, values: file.npy, classes: [text, text]}
 *   effects:
 *     - {from: layer, to: layer, values: file.tsv}
 *
 * `samples`, `labels`, `autoencoder`, `targets` and `effects` may be left out. Every value keeps
 * its place, so that whoever finds it wrong later can say where it stands. */
#ifndef FORMATS_MANIFEST_H
#define FORMATS_MANIFEST_H

#include "src/formats/yaml_tree.h"

typedef enum manifest_rows { ROWS_TOKENS, ROWS_DOCUMENTS } manifest_rows;
typedef enum manifest_pool { POOL_NONE, POOL_MAX, POOL_MEAN, POOL_LAST } manifest_pool;

const char *manifest_rows_name(manifest_rows rows);
const char *manifest_pool_name(manifest_pool pool);

/* Values are borrowed from the tree; NULL: not given. */
typedef struct manifest_component {
    const yaml_node *name, *coordinates;
    uint32_t count; /* coordinates, at least 2 */
} manifest_component;

typedef struct manifest_layer {
    const yaml_node *name, *kind, *activations, *tensor, *nonfinite, *labels;
    const yaml_node *autoencoder, *components;
    bool drop_nonfinite;
    manifest_component
        *component; /* in order; names are unique, without slashes, and no numbers */
    uint32_t component_count;
    uint64_t coordinates; /* of all components */
} manifest_layer;

typedef struct manifest_target {
    const yaml_node *name, *kind, *values;
    const yaml_node *classes; /* a list of text, or NULL */
} manifest_target;

typedef struct manifest_effects {
    const yaml_node *from, *to, *values;
} manifest_effects;

typedef struct manifest {
    char *path;
    yaml_node root;
    const yaml_node *model;
    const yaml_node *documents, *text; /* at most one of them */
    manifest_rows rows;
    manifest_pool pool;
    manifest_layer *layer; /* names are unique */
    uint32_t layer_count;
    manifest_target *target;
    uint32_t target_count;
    manifest_effects *effects;
    uint32_t effects_count;
} manifest;

/* STATUS_INPUT: names file, line and column, and what was expected there. */
status manifest_read(manifest *m, const char *path, error *err);
/* The same from text in memory. */
status manifest_parse(manifest *m, const char *text, size_t bytes, const char *path, error *err);
void manifest_release(manifest *m); /* a zeroed manifest is fine */

#endif
