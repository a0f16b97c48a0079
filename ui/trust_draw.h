/* Drawing the Trust view: what the fit's figures say together, above; the list at hand, below. */
#ifndef UI_TRUST_DRAW_H
#define UI_TRUST_DRAW_H

#include "src/circuit/summary.h"
#include "ui/app.h"

/* list, its name, its name where there is little room */
#define TRUST_LIST(X)                                                                             \
    X(TRUST_PAIRS, "layer pairs", "pairs")                                                        \
    X(TRUST_UNCONVERGED, "above the tolerance", "above tol.")                                     \
    X(TRUST_ORPHANS, "without parents", "no parents")                                             \
    X(TRUST_HUBS, "explain most", "hubs")                                                         \
    X(TRUST_LEAST, "explained least", "least")

typedef enum trust_list {
#define TRUST_ENUM(id, name, brief) id,
    TRUST_LIST(TRUST_ENUM)
#undef TRUST_ENUM
        TRUST_LISTS
} trust_list;

uint32_t trust_count(const summary *s, trust_list which);

typedef struct trust_picture {
    app *a;
    const summary *s; /* NULL: not here yet */
    bool reading;     /* a newer one is on its way */
    trust_list which;
    list *list;
    bool zoomed;
} trust_picture;

void trust_draw(const trust_picture *p, region body);

#endif
