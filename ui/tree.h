/* What other views may ask of the Tree view. */
#ifndef UI_TREE_H
#define UI_TREE_H

#include "ui/app.h"

/* Goes to the tree of a node's parents or children; a node of a->circuit, or NOTHING. */
unsigned tree_go(app *a, uint32_t node, bool parents);

#endif
