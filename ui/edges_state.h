/* The Circuit view's state, and how its list comes to be: what is listed follows the circuit, the
 * choice, the filters and the threshold, and the cursor stays on its edge as long as that is
 * listed. */
#ifndef UI_EDGES_STATE_H
#define UI_EDGES_STATE_H

#include "src/circuit/filter.h"
#include "ui/app.h"
#include "ui/edges_rows.h"
#include "ui/slider.h"

typedef struct edges_state {
    list list;
    edges_rows rows;
    edges_choice choice;
    uint32_t layer, feature; /* of the focus, while there is one */
    char words[96], words_before[96];
    char filter[96], filter_before[96];
    edge_filter filtered;              /* what `filter` says */
    uint8_t *match;                    /* by node, while there are words or a filter */
    uint8_t *trusted;                  /* by edge, while the filter looks at edges */
    uint32_t pair_source, pair_target; /* layers of choice.pair, which outlive another circuit */
    bool waiting;                      /* `wanted` is to be shown once the circuit is here */
    place wanted;
    uint32_t at_source, at_target; /* nodes of the edge under the cursor; NOTHING: none */
    strength measure;              /* of the circuit that was listed last */
    uint32_t shown;                /* edges of the whole circuit above the threshold then */
    slider *slider;                /* may put other parents in the place of the fit's */
    bool rested; /* the cursor has been where it is for a moment: its labels show in whole */
} edges_state;

/* Looks anew which nodes have the words and pass the filter. */
void edges_match(app *a, edges_state *v);

/* False: it says nothing that could be understood, and the filter stays as it was. */
bool edges_set_filter(edges_state *v, const char *text, error *err);

/* Lists anew what the choice says. */
void edges_arrange(app *a, edges_state *v);

/* Goes where `enter` was asked to, as soon as the circuit is here. */
void edges_settle(app *a, edges_state *v);

/* The circuit whose edges are listed: the slider's while it is away from the fit's own lambda. */
const circuit *edges_listed(const app *a, const edges_state *v);

/* With another measure the same number of edges shows as before, as near as the ladder allows. */
void edges_convert_threshold(app *a, const edges_state *v);

/* The edge under the cursor, or NO_EDGE; and remembering its ends. */
uint32_t edges_at_hand(const edges_state *v);
void edges_remember(edges_state *v);

/* The end of the edge at hand that was not come from; else the focus; or NOTHING. */
uint32_t edges_node_at_hand(const app *a, const edges_state *v);

#endif
