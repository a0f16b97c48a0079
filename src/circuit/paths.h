/* The strongest paths of a circuit, exactly.
 *
 * The weight of a path is the product of the standardised weights of its edges; its sign is the
 * path's sign, and its magnitude ranks paths. Edges lead to later layers, so a path to a node is a
 * path to one of its parents and an edge: best(v) = max over parents u of best(u) |w(u,v)|, with 1
 * where a path may begin. One pass in the order of the nodes gives the best path to every node;
 * second, third, ... paths are then found only where a better one asks for them (Jimenez and
 * Marzal's recursive enumeration), so k paths cost one pass over the edges in reach and little
 * more, whatever k. Edges may span several layers.
 *
 * Products are rounded the same way from the beginning of a path on, so the order is that of the
 * rounded products; between equals the one that ends at the smaller node comes first, then the one
 * whose last edge (last but one, ...) is the stronger in the circuit's ranking. */
#ifndef CIRCUIT_PATHS_H
#define CIRCUIT_PATHS_H

#include "src/circuit/circuit.h"

#define PATH_ANY UINT32_MAX

/* Where paths begin or end: a feature, any feature of a layer (feature PATH_ANY), or as far as the
 * circuit goes (layer PATH_ANY): where no edge leads in, or out. */
typedef struct path_end {
    uint32_t layer, feature;
} path_end;

typedef struct circuit_path {
    double weight;    /* product of standardised weights */
    uint32_t length;  /* edges, at least 1 */
    uint32_t weakest; /* which of them has the least |standardised| */
    uint32_t *edge;   /* numbers in the circuit, first to last; owned by the set */
} circuit_path;

typedef struct path_set {
    circuit_path *item; /* strongest first */
    uint32_t count;
    double all;      /* how many paths there are */
    uint32_t hidden; /* edges of the circuit that are below the threshold */
} path_set;

/* The k strongest paths over edges whose strength in the circuit's ranking is at or above the
 * threshold and whose standardised weight is a number other than 0. Never changes the circuit.
 * None: count is 0. */
status paths_find(const circuit *c, path_end from, path_end to, double threshold, uint32_t k,
                  path_set *out, error *err);
void path_set_release(path_set *set); /* a zeroed set is fine */

/* Ends for paths through the whole circuit: from its first layer with edges to its last. */
void paths_through(const circuit *c, path_end *from, path_end *to);

/* Node `step` of a path: 0 is where it begins, its length where it ends. */
uint32_t path_node(const circuit *c, const circuit_path *p, uint32_t step);

#endif
