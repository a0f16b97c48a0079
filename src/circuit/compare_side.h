/* One of two circuits that are compared: its edges, layer pair by layer pair, in the numbers of
 * one study's layers. They come from a fit, of that study or of another with layers of the same
 * names, or from anywhere else (compare_side_add). */
#ifndef CIRCUIT_COMPARE_SIDE_H
#define CIRCUIT_COMPARE_SIDE_H

#include "src/circuit/circuit.h"

/* The edges between two layers, by target, then source. */
typedef struct compare_edges {
    uint32_t source_layer, target_layer; /* positions */
    uint32_t count, room;
    uint32_t *source, *target; /* count features each */
    float *strength;
} compare_edges;

void compare_edges_release(compare_edges *e); /* a zeroed one is fine */

typedef struct compare_side {
    compare_edges *pair; /* by source, then target layer */
    uint32_t pairs;
    uint32_t left_out; /* pairs of layers that the study has not, or has the other way round */
    /* of a fit, whose edges are read when they are needed: */
    char *study;      /* NULL: the edges are in `pair` */
    int64_t *pair_id; /* by pair */
    strength measure;
} compare_side;

/* A fit of the study at `path`, whose connection is d and whose layers are `own`, in the numbers
 * of `common`, which may be the same. STATUS_INPUT: no such fit, or a layer of the same name has
 * another number of features. */
status compare_side_of_fit(compare_side *out, db *d, const char *path, const layer_set *own,
                           const layer_set *common, int64_t fit_id, strength measure, error *err);

/* A zeroed side takes edges one by one, in any order (features as the layers have them; an edge at
 * most once); compare_side_sort puts them in order. */
void compare_side_add(compare_side *side, uint32_t source_layer, uint32_t source,
                      uint32_t target_layer, uint32_t target, float strength_of_it);
/* *twice (may be NULL) is set to an edge that was added more than once, if there is one. */
void compare_side_sort(compare_side *side, const compare_edges **pair, uint32_t *twice);

/* The edges of pair i: *borrowed when they are the side's own, else release them. May be called
 * from several threads at once. layer_first: as in a circuit; an edge beyond a layer's features
 * is STATUS_INPUT. */
status compare_side_read(const compare_side *side, uint32_t i, const uint32_t *layer_first,
                         compare_edges *out, bool *borrowed, error *err);
void compare_side_release(compare_side *side);

#endif
