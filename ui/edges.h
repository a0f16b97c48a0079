/* What other views may ask of the Circuit view: `mode` and `sort` of a place there. */
#ifndef UI_EDGES_H
#define UI_EDGES_H

#include <stdint.h>

enum {
    CIRCUIT_USUAL,   /* with a feature: its children, or its parents if it has none; else all edges
                      */
    CIRCUIT_PARENTS, /* edges into the place's feature */
    CIRCUIT_CHILDREN, /* edges out of it */
    CIRCUIT_ALL       /* every edge of the fit */
};

/* `sort` of a place that shows one layer pair's edges only (with CIRCUIT_ALL). */
int circuit_only_pair(uint32_t source_position, uint32_t target_position);

#endif
