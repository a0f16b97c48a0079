/* Two circuits side by side: which edges both have, which only one, and how their strengths
 * differ. */
#ifndef CIRCUIT_COMPARE_H
#define CIRCUIT_COMPARE_H

#include "src/circuit/compare_side.h"

/* The edges between two layers, or (total) of the whole circuits. */
typedef struct compare_count {
    uint32_t source, target; /* positions of the layers */
    uint64_t both, only_a, only_b;
    double rank; /* Spearman's correlation of |strength| over the edges of both, equal ones sharing
                    their mean rank; NaN when there are fewer than two, or all are equal */
} compare_count;

/* An edge that one of them has at least; strength 0: this one has it not. */
typedef struct compare_change {
    uint32_t source, target; /* nodes: see circuit.h */
    float a, b;              /* strengths */
} compare_change;

typedef struct comparison {
    uint32_t layer_count;
    uint32_t *layer_first;      /* as in a circuit: layer_count + 1 first nodes */
    compare_count total, *pair; /* pairs by source, then target; those with edges */
    uint32_t pair_count;
    compare_change *change; /* the greatest |b - a| first; none that is 0 */
    uint32_t change_count;
} comparison;

/* Both sides are in the numbers of `layers`. Keeps the `most` greatest changes. Reads and compares
 * on several threads (0: all). STATUS_MACHINE: memory. */
status compare_sides(const compare_side *a, const compare_side *b, const layer_set *layers,
                     uint32_t most, unsigned threads, comparison *out, error *err);
/* Two fits of one study. */
status compare_fits(db *d, const char *path, int64_t fit_a, int64_t fit_b, strength measure,
                    uint32_t most, unsigned threads, comparison *out, error *err);
void comparison_release(comparison *c);

/* Position of a node's layer; *feature (may be NULL) gets its index there. */
uint32_t compare_position(const comparison *c, uint32_t node, uint32_t *feature);

/* Edges of both over edges of either; NaN when there are none. */
double compare_jaccard(const compare_count *count);

#endif
