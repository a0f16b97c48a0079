/* Which edges the Circuit view lists, in which order, and how many each choice hides.
 *
 * Edges stay where the circuit has them; a list is an array of their numbers, strongest first, so
 * moving the threshold is a binary search a list, whatever the circuit's size. Only another filter
 * walks over all edges again, once. Rows exist only while they are looked at. */
#ifndef UI_EDGES_ROWS_H
#define UI_EDGES_ROWS_H

#include "src/circuit/circuit.h"

#define NO_EDGE UINT32_MAX

typedef enum edges_sort {
    EDGES_BY_PAIR,     /* layer pair by layer pair, strongest first in each */
    EDGES_BY_STRENGTH, /* strongest first over all */
    EDGES_BY_SOURCE,
    EDGES_BY_TARGET,
    EDGES_SORT_COUNT
} edges_sort;

/* What may hold of a node. An edge passes when one of its ends has the words, one passes the
 * filter, its source may be a source and its target a target. */
enum { EDGES_WORDS = 1, EDGES_EITHER = 2, EDGES_SOURCE = 4, EDGES_TARGET = 8, EDGES_ANY = 15 };

typedef struct edges_choice {
    int mode;       /* CIRCUIT_PARENTS, CIRCUIT_CHILDREN or CIRCUIT_ALL */
    uint32_t focus; /* node; of parents and children */
    edges_sort sort;
    bool turned;           /* weakest, or last, first */
    int sign;              /* 1, -1: only these; 0: both */
    uint32_t pair;         /* only this layer pair; NO_EDGE: all */
    const uint8_t *match;  /* by node: EDGES_... that hold of it; NULL: no such filter */
    const uint8_t *trusted; /* by edge: passes; NULL: all do */
    uint32_t match_number; /* another one for other contents of these two */
    double threshold;
} edges_choice;

typedef struct edges_pair {
    uint32_t source, target; /* positions of layers */
    uint32_t count;          /* edges */
} edges_pair;

/* One list under one head. */
typedef struct edges_group {
    uint32_t pair;             /* NO_EDGE: of several pairs */
    const uint32_t *edge;      /* NULL: all edges in the circuit's order */
    uint32_t all, kept, shown; /* before the filters; after them; at or above the threshold */
    bool folded;
} edges_group;

typedef struct edges_rows {
    const circuit *c;
    edges_pair *pair; /* those that have edges, by source, then target */
    uint32_t pair_count;
    uint16_t *pair_of; /* by edge */
    bool *fold;        /* by pair: its rows are folded away */
    edges_group *group;
    uint32_t group_count;
    bool heads; /* each group has a row of its own before its edges */
    bool turned, by_name;
    uint32_t all, kept, shown; /* over all groups */
    uint32_t *memory;          /* of lists that are not the circuit's own */
    bool made;                 /* lists are those of `choice`, but for its threshold */
    edges_choice choice;
} edges_rows;

/* Another circuit (NULL: none), which must outlive the rows or the next take. Folds of pairs that
 * stay are kept. */
void edges_rows_take(edges_rows *rows, const circuit *c);
void edges_rows_release(edges_rows *rows);

/* Lists what the choice says. When only the threshold is another one than last time this costs
 * next to nothing. False: too many edges to sort by name; they are listed by strength. */
bool edges_rows_make(edges_rows *rows, const edges_choice *choice);

/* How many rows there are, heads included. */
uint32_t edges_rows_count(const edges_rows *rows);

/* The group of a row, and its edge's number; NO_EDGE: the row is the group's head. */
const edges_group *edges_rows_at(const edges_rows *rows, uint32_t row, uint32_t *id);

/* The row of an edge; NO_EDGE: it is not listed. */
uint32_t edges_rows_find(const edges_rows *rows, uint32_t id);

/* The number of the edge from one node to another; NO_EDGE: there is none. */
uint32_t edges_between(const circuit *c, uint32_t source, uint32_t target);

/* The next step of the ladder 1, 2, 5, 10, ... that hides (up) or shows (down) a tenth of the
 * edges at least, so that each key press is seen to do something. Down from the weakest edge leads
 * to 0; up stops while the strongest edge still shows. */
double edges_threshold_step(const circuit *c, double threshold, bool up);

#endif
