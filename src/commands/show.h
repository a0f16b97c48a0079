/* Printing the strongest edges: what `edges` and `demo` share. */
#ifndef COMMANDS_SHOW_H
#define COMMANDS_SHOW_H

#include "src/circuit/circuit.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

typedef struct edge_choice {
    const layer *from, *to; /* NULL: any layer */
    uint32_t from_feature, to_feature;
    bool from_one, to_one;  /* whether these two say more than the layer */
    double threshold;       /* least |strength| */
    uint64_t limit;         /* 0: all */
} edge_choice;

/* Prints the chosen edges, strongest first, and how many the threshold and the limit hide. */
status show_edges(study *s, const circuit *c, const edge_choice *choice, output *o, error *err);

#endif
