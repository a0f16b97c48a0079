/* A tree of parents, or of children, unfolded from one feature of a circuit.
 *
 * Rows stand in one array in the order in which they are shown, each with the number of rows below
 * it that are its own; folding takes them out, unfolding puts them in. A feature shows its
 * strongest edges first, those at or above a threshold, and no more than a limit; a last row says
 * how many it does not show. A circuit has no cycles, so a feature is never on its own path, but
 * it may hang in many places. */
#ifndef CIRCUIT_TREE_H
#define CIRCUIT_TREE_H

#include "src/circuit/circuit.h"

#define TREE_NONE UINT32_MAX

enum { TREE_ROWS_MOST = 200000 }; /* unfolding whole levels stops there */

typedef struct tree_row {
    uint32_t node;
    uint32_t edge;   /* from or to the row it hangs from; TREE_NONE: the root, or no feature */
    uint32_t parent; /* the row it hangs from; the root's is 0 */
    uint32_t span;   /* rows below it that hang from it, near or far */
    uint32_t limit;  /* at most so many of its edges show; 0: all */
    uint16_t depth;
    bool open;
    bool rest;     /* no feature: stands for the edges of its parent that do not show */
    double weight; /* product of the standardised weights from the root to here */
} tree_row;

typedef struct tree {
    circuit *c; /* held */
    bool parents;
    double threshold;
    uint32_t most; /* edges a feature shows at first; 0: all */
    tree_row *row;
    uint32_t count, capacity;
    uint32_t *seen; /* by node: rows that show it */
} tree;

/* The edges of a row's feature: all, those at or above the threshold, those that show when it is
 * open. */
typedef struct tree_edges {
    const uint32_t *edge;
    uint32_t all, strong, shown;
} tree_edges;

/* Plants a tree with its root unfolded. */
void tree_plant(tree *t, circuit *c, uint32_t root, bool parents, double threshold, uint32_t most);
void tree_release(tree *t); /* a zeroed one is fine */

/* Rows that came, or went. Folding, and unfolding what is open or has no edge, change nothing
 * else. */
uint32_t tree_unfold(tree *t, uint32_t row);
uint32_t tree_fold(tree *t, uint32_t row);

/* Unfolds everything that hangs from a row by one more level; false: the rows would be too many,
 * and it went as far as it could. */
bool tree_unfold_level(tree *t, uint32_t row);

/* Shows as many more edges of a row's feature again as it shows now, at least one; rows that came.
 */
uint32_t tree_show_more(tree *t, uint32_t row);

/* Another circuit of the same study, threshold or limit: what was unfolded stays so as far as it
 * is still there. Returns where the row has gone to, or the nearest above it that is left. */
uint32_t tree_change(tree *t, circuit *c, double threshold, uint32_t most, uint32_t row);

tree_edges tree_edges_of(const tree *t, uint32_t row);

/* Whether a row is the last of those that hang from its parent. */
bool tree_is_last(const tree *t, uint32_t row);

/* Edges of unfolded features that do not show: below the threshold, and beyond the limit. */
void tree_hidden(const tree *t, uint64_t *weak, uint64_t *beyond);

#endif
