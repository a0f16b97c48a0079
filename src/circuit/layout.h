/* Where the nodes of a subcircuit stand when it is drawn by layers.
 *
 * Columns are the layers that have nodes, in computation order; a column's places are slots of a
 * common grid. A line that spans columns passes those between through a bend, which takes a slot
 * like a box does; lines of one source share their bends. Items are ordered by barycentres, swept
 * back and forth over the columns, and the order with the fewest crossings is kept (Sugiyama's
 * method); then each item is moved towards its neighbours' slots as far as the order allows. */
#ifndef CIRCUIT_LAYOUT_H
#define CIRCUIT_LAYOUT_H

#include "src/circuit/subcircuit.h"

#define LAYOUT_BEND UINT32_MAX

typedef struct layout_item {
    uint32_t node; /* LAYOUT_BEND: of no node */
    uint32_t column, slot;
} layout_item;

/* A piece of a line between neighbouring columns. */
typedef struct layout_link {
    uint32_t from, to; /* items */
    uint32_t line;     /* place in the subcircuit's edges */
} layout_link;

typedef struct layout {
    uint32_t column_count, slot_count;
    uint32_t *layer;   /* by column: position */
    layout_item *item; /* boxes in the order of the subcircuit's nodes, then bends */
    uint32_t box_count, item_count;
    layout_link *link; /* by line, from its source on */
    uint32_t link_count;
    uint32_t crossings; /* of links */
} layout;

void layout_make(const circuit *c, const subcircuit *s, layout *out);
void layout_release(layout *l); /* a zeroed one is fine */

/* The box of a node; LAYOUT_BEND: it has none. */
uint32_t layout_box_of(const layout *l, uint32_t node);

#endif
