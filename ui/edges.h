/* What other views may ask of the Circuit view: `mode` of a place there. */
#ifndef UI_EDGES_H
#define UI_EDGES_H

enum {
    CIRCUIT_USUAL,    /* with a feature: its children, or its parents if it has none; else all edges */
    CIRCUIT_PARENTS,  /* edges into the place's feature */
    CIRCUIT_CHILDREN, /* edges out of it */
    CIRCUIT_ALL       /* every edge of the fit */
};

#endif
