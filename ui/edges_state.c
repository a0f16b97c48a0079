#include "ui/edges_state.h"

#include "src/base/memory.h"
#include "src/circuit/trust.h"
#include "ui/edges.h"
#include "ui/features_rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What holds of one feature. */
static uint8_t holds(const app *a, const edges_state *v, const feature_row *row)
{
    const layer_set *layers = &a->study->layers;
    const note_set *noted = &a->study->notes.set;
    const filter *const by[] = {&v->filtered.either, &v->filtered.source, &v->filtered.target};
    unsigned of = label_has_words(row->label, v->words) ? EDGES_WORDS : 0;
    for (unsigned i = 0; i < 3; i++)
        if (by[i]->count == 0 || feature_row_passes(by[i], row, layers, noted, a->circuit))
            of |= (unsigned)EDGES_EITHER << i;
    return (uint8_t)of;
}

/* Which edges pass what the filter says of them; none does while no check tells. */
static void match_edges(const app *a, edges_state *v)
{
    const circuit *c = a->circuit;
    free(v->trusted);
    v->trusted = NULL;
    if (v->filtered.itself_count == 0 || !c)
        return;
    v->trusted = mem_zero((size_t)c->edge_count + 1, 1);
    for (uint32_t i = 0; i < c->edge_count; i++) {
        double figure[EDGE_COLUMNS];
        trust_figures(c, i, figure);
        v->trusted[i] = edge_filter_passes(&v->filtered, figure);
    }
}

void edges_match(app *a, edges_state *v)
{
    const circuit *c = a->circuit;
    free(v->match);
    v->match = NULL;
    v->choice.match_number++;
    match_edges(a, v);
    bool of_nodes =
        v->filtered.either.count || v->filtered.source.count || v->filtered.target.count;
    if ((!v->words[0] && !of_nodes) || !c)
        return;
    v->match = mem_zero(c->node_count, 1);
    for (uint32_t l = 0; l < c->layer_count; l++) {
        const feature_table *t = app_table(a, l);
        for (uint32_t i = 0; t && i < t->count && c->layer_first[l] + i < c->layer_first[l + 1];
             i++)
            v->match[c->layer_first[l] + i] = holds(a, v, &t->row[i]);
    }
}

bool edges_set_filter(edges_state *v, const char *text, error *err)
{
    if (strlen(text) >= sizeof v->filter) {
        error_set(err, STATUS_INPUT, "a filter of more than %zu bytes", sizeof v->filter - 1);
        return false;
    }
    if (edge_filter_parse(&v->filtered, text, err) != STATUS_OK)
        return false;
    memmove(v->filter, text, strlen(text) + 1);
    return true;
}

uint32_t edges_at_hand(const edges_state *v)
{
    uint32_t id = NO_EDGE;
    if (v->list.cursor < v->list.count)
        edges_rows_at(&v->rows, v->list.cursor, &id);
    return id;
}

void edges_remember(edges_state *v)
{
    uint32_t id = edges_at_hand(v);
    v->at_source = id == NO_EDGE ? NOTHING : v->rows.c->edge[id].source;
    v->at_target = id == NO_EDGE ? NOTHING : v->rows.c->edge[id].target;
}

const circuit *edges_listed(const app *a, const edges_state *v)
{
    const circuit *slid = slider_circuit(v->slider);
    return slid ? slid : a->circuit;
}

/* The cursor stays on its edge if that is still listed. */
void edges_arrange(app *a, edges_state *v)
{
    v->rested = true;
    v->choice.threshold = a->threshold;
    v->choice.match = v->match;
    v->choice.trusted = slider_circuit(v->slider) ? NULL : v->trusted;
    v->choice.pair = NO_EDGE;
    for (uint32_t p = 0; p < v->rows.pair_count; p++)
        if (v->rows.pair[p].source == v->pair_source && v->rows.pair[p].target == v->pair_target)
            v->choice.pair = p;
    const layer *l = a->circuit ? app_layer(a, v->layer) : NULL;
    v->choice.focus = l && v->layer < a->circuit->layer_count
                          ? circuit_node(a->circuit, v->layer, v->feature)
                          : NOTHING;
    if (!edges_rows_make(&v->rows, &v->choice))
        app_say(a, ROLE_WARNING,
                "too many edges to sort by name: raise the threshold or filter first");
    list_set_count(&v->list, edges_rows_count(&v->rows));
    if (a->circuit) {
        v->measure = a->circuit->ranked_by;
        v->shown = circuit_count(a->circuit, NULL, 0, a->threshold);
        if (v->at_source != NOTHING) {
            uint32_t id = edges_between(v->rows.c, v->at_source, v->at_target);
            uint32_t row = id == NO_EDGE ? NO_EDGE : edges_rows_find(&v->rows, id);
            if (row != NO_EDGE)
                list_go(&v->list, row);
        }
    }
    edges_remember(v);
}

void edges_convert_threshold(app *a, const edges_state *v)
{
    const circuit *c = a->circuit;
    if (!c || a->threshold <= 0 || c->ranked_by == v->measure)
        return;
    uint32_t count = v->shown < c->edge_count ? v->shown : c->edge_count;
    a->threshold =
        count == 0
            ? 0.0
            : edges_threshold_step(c, fabs(circuit_strength(c, &c->edge[count - 1])), false);
}

void edges_settle(app *a, edges_state *v)
{
    if (!v->waiting || !a->circuit)
        return;
    v->waiting = false;
    if (v->choice.mode == CIRCUIT_USUAL) {
        uint32_t node = v->layer < a->circuit->layer_count
                            ? circuit_node(a->circuit, v->layer, v->feature)
                            : NOTHING;
        bool children = node < a->circuit->node_count &&
                        a->circuit->out_start[node + 1] > a->circuit->out_start[node];
        bool parents = node < a->circuit->node_count &&
                       a->circuit->in_start[node + 1] > a->circuit->in_start[node];
        v->choice.mode = parents && !children ? CIRCUIT_PARENTS : CIRCUIT_CHILDREN;
    }
    uint32_t from = v->at_source, to = v->at_target;
    v->at_source = NOTHING;
    edges_match(a, v);
    edges_arrange(a, v);
    v->list.top = v->wanted.top;
    list_go(&v->list, v->wanted.row);
    if (from != NOTHING && v->wanted.row == NOTHING) { /* a turn about: stay on the edge */
        uint32_t id = edges_between(a->circuit, from, to);
        uint32_t row = id == NO_EDGE ? NO_EDGE : edges_rows_find(&v->rows, id);
        list_go(&v->list, row == NO_EDGE ? 0 : row);
    }
    edges_remember(v);
}

uint32_t edges_node_at_hand(const app *a, const edges_state *v)
{
    uint32_t node = v->choice.mode == CIRCUIT_PARENTS ? v->at_source : v->at_target;
    if (node == NOTHING)
        node = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->choice.focus;
    return a->circuit && node < a->circuit->node_count ? node : NOTHING;
}
