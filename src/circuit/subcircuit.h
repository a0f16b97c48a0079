/* The few nodes and edges of a circuit that a picture has room for. */
#ifndef CIRCUIT_SUBCIRCUIT_H
#define CIRCUIT_SUBCIRCUIT_H

#include "src/circuit/paths.h"

typedef struct subcircuit {
    uint32_t *node; /* ascending, so by layer */
    uint32_t node_count;
    uint32_t *edge; /* numbers in the circuit; of greater |standardised| first */
    uint32_t edge_count;
    uint32_t between;  /* edges between the nodes, those without room among them */
    uint32_t left_out; /* nodes that were met but found no room */
} subcircuit;

/* How much room there is. */
typedef struct subcircuit_room {
    uint32_t nodes, nodes_a_layer, edges;
} subcircuit_room;

/* The nodes with the strongest paths (product of |standardised|) to or from the focus, each with
 * the edge that led there, then the strongest edges between them; over edges at or above the
 * threshold of the circuit's ranking. Grows from the focus, so everything hangs together. */
void subcircuit_around(const circuit *c, double threshold, uint32_t focus, subcircuit_room room,
                       subcircuit *out);

/* The nodes and edges of the strongest paths of the set that fit, whole paths only. */
void subcircuit_of_paths(const circuit *c, const path_set *set, subcircuit_room room,
                         subcircuit *out);

void subcircuit_release(subcircuit *s); /* a zeroed one is fine */

#endif
