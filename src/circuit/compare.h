/* Two circuits of one study side by side: which edges both have, which only one, and how their strengths
 * differ. */
#ifndef CIRCUIT_COMPARE_H
#define CIRCUIT_COMPARE_H

#include "src/circuit/circuit.h"

/* The edges between two layers, or (total) of the whole circuits. */
typedef struct compare_count {
    uint32_t source, target; /* positions of the layers */
    uint64_t both, only_a, only_b;
    double rank; /* Spearman's correlation of |strength| over the edges of both; NaN below two */
} compare_count;

/* An edge that one of them has at least; strength 0: this one has it not. */
typedef struct compare_change {
    uint32_t source, target; /* nodes */
    float a, b;              /* strengths */
} compare_change;

typedef struct comparison {
    compare_count total, *pair; /* pairs by source, then target; those with edges */
    uint32_t pair_count;
    compare_change *change; /* the greatest |b - a| first; none that is 0 */
    uint32_t change_count;
} comparison;

/* The circuits must be of the same layers and ranked alike (else STATUS_INPUT). Keeps the `most`
 * greatest changes. */
status compare_circuits(const circuit *a, const circuit *b, uint32_t most, comparison *out,
                        error *err);
void comparison_release(comparison *c);

/* Edges of both over edges of either; NaN when there are none. */
double compare_jaccard(const compare_count *count);

#endif
