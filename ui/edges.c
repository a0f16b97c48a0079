/* The Circuit view: the edges of the present fit, all of them or those round one feature, walked
 * with the keyboard. */
#include "ui/edges.h"

#include "src/base/memory.h"
#include "ui/app.h"
#include "ui/edges_draw.h"
#include "ui/edges_rows.h"
#include "ui/features_rows.h"
#include "ui/paths.h"
#include "ui/picture.h"
#include "ui/sample.h"
#include "ui/slider.h"
#include "ui/tree.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_FILTER = 1 };

typedef struct edges {
    list list;
    edges_rows rows;
    edges_choice choice;
    uint32_t layer, feature; /* of the focus, while there is one */
    char words[96], words_before[96];
    uint8_t *match;                    /* by node, while there are words */
    uint32_t pair_source, pair_target; /* layers of choice.pair, which outlive another circuit */
    bool waiting;                      /* `wanted` is to be shown once the circuit is here */
    place wanted;
    uint32_t at_source, at_target; /* nodes of the edge under the cursor; NOTHING: none */
    strength measure;              /* of the circuit that was listed last */
    uint32_t shown;                /* edges of the whole circuit above the threshold then */
    slider *slider;                /* may put other parents in the place of the fit's */
} edges;

/* -- listing ------------------------------------------------------------------------------- */

/* Marks the nodes whose label has the words. */
static void match_labels(app *a, edges *v)
{
    const circuit *c = a->circuit;
    free(v->match);
    v->match = NULL;
    v->choice.match_number++;
    if (!v->words[0] || !c)
        return;
    v->match = mem_zero(c->node_count, 1);
    for (uint32_t l = 0; l < c->layer_count; l++) {
        const feature_table *t = app_table(a, l);
        for (uint32_t i = 0; t && i < t->count && c->layer_first[l] + i < c->layer_first[l + 1];
             i++)
            v->match[c->layer_first[l] + i] = label_has_words(t->row[i].label, v->words);
    }
}

static uint32_t edge_at_hand(const edges *v)
{
    uint32_t id = NO_EDGE;
    if (v->list.cursor < v->list.count)
        edges_rows_at(&v->rows, v->list.cursor, &id);
    return id;
}

static void remember_cursor(edges *v)
{
    uint32_t id = edge_at_hand(v);
    v->at_source = id == NO_EDGE ? NOTHING : v->rows.c->edge[id].source;
    v->at_target = id == NO_EDGE ? NOTHING : v->rows.c->edge[id].target;
}

/* The circuit whose edges are listed: the slider's while it is away from the fit's own lambda. */
static const circuit *listed(const app *a, const edges *v)
{
    const circuit *slid = slider_circuit(v->slider);
    return slid ? slid : a->circuit;
}

/* Lists anew what the choice says; the cursor stays on its edge if that is still listed. */
static void arrange(app *a, edges *v)
{
    v->choice.threshold = a->threshold;
    v->choice.match = v->match;
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
    remember_cursor(v);
}

/* With another measure the same number of edges shows as before, as near as the ladder allows. */
static void convert_threshold(app *a, const edges *v)
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

/* Goes where `enter` was asked to, as soon as the circuit is here. */
static void settle(app *a, edges *v)
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
    match_labels(a, v);
    arrange(a, v);
    v->list.top = v->wanted.top;
    list_go(&v->list, v->wanted.row);
    if (from != NOTHING && v->wanted.row == NOTHING) { /* a turn about: stay on the edge */
        uint32_t id = edges_between(a->circuit, from, to);
        uint32_t row = id == NO_EDGE ? NO_EDGE : edges_rows_find(&v->rows, id);
        list_go(&v->list, row == NO_EDGE ? 0 : row);
    }
    remember_cursor(v);
}

/* -- coming and going ---------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    edges *v = mem_zero(1, sizeof *v);
    v->choice = (edges_choice){.mode = CIRCUIT_ALL, .pair = NO_EDGE, .focus = NOTHING};
    v->layer = v->feature = v->pair_source = v->pair_target = v->at_source = v->at_target =
        NOTHING;
    v->slider = slider_create();
    return v;
}

static void destroy(void *self)
{
    edges *v = self;
    slider_free(v->slider);
    edges_rows_release(&v->rows);
    free(v->match);
    free(v);
}

/* Order, sign and layer pair as one number; 0 leaves them as they are. */
static int pack(const edges_choice *choice, uint32_t from, uint32_t to)
{
    from = from == NOTHING ? 0 : from + 1;
    to = from == 0 ? 0 : to + 1;
    return (int)(1u + (uint32_t)choice->sort * 2 + (choice->turned ? 8u : 0u) +
                 (uint32_t)(choice->sign + 1) * 16 + (from & 0xFFF) * 64 +
                 (to & 0xFFF) * 64 * 4096);
}

int circuit_only_pair(uint32_t source_position, uint32_t target_position)
{
    return pack(&(edges_choice){.sort = EDGES_BY_PAIR}, source_position, target_position);
}

static void unpack(edges *v, int packed)
{
    uint32_t bits = (uint32_t)packed - 1, from = bits / 64 % 4096, to = bits / 64 / 4096 % 4096;
    v->choice.sort = (edges_sort)(bits / 2 % 4);
    v->choice.turned = bits & 8;
    v->choice.sign = (int)(bits / 16 % 4) - 1;
    v->pair_source = from ? from - 1 : NOTHING;
    v->pair_target = to ? to - 1 : NOTHING;
}

static void enter(app *a, void *self, const place *where)
{
    edges *v = self;
    slider_end(v->slider);
    if (v->rows.c != a->circuit) {
        edges_rows_take(&v->rows, a->circuit);
        match_labels(a, v);
    }
    if (where->layer == NOTHING && where->mode == CIRCUIT_USUAL) {
        if (v->waiting)
            settle(a, v);
        else
            arrange(a, v);
        return;
    }
    v->choice.mode = where->mode;
    v->layer = where->layer;
    v->feature = where->feature;
    if (where->feature == NOTHING)
        v->choice.mode = CIRCUIT_ALL;
    if (where->sort) {
        unpack(v, where->sort);
    } else {
        v->choice.sort = EDGES_BY_PAIR;
        v->choice.turned = false;
        v->choice.sign = 0;
        v->pair_source = v->pair_target = NOTHING;
    }
    snprintf(v->words, sizeof v->words, "%s", where->words);
    v->wanted = *where;
    v->waiting = true;
    settle(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const edges *v = self;
    where->mode = v->choice.mode;
    where->layer = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->layer;
    where->feature = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->feature;
    where->row = v->list.cursor;
    where->top = v->list.top;
    where->sort = pack(&v->choice, v->pair_source, v->pair_target);
    snprintf(where->words, sizeof where->words, "%s", v->words);
}

static void changed(app *a, void *self, unsigned what)
{
    edges *v = self;
    slider_follow(a, v->slider);
    bool fresh = v->rows.c != listed(a, v) || what & CHANGED_CIRCUIT;
    if (fresh && a->view != VIEW_CIRCUIT) { /* there is time until somebody looks */
        convert_threshold(a, v);
        edges_rows_take(&v->rows, NULL);
        v->measure = a->circuit ? a->circuit->ranked_by : v->measure;
        return;
    }
    if (fresh) {
        convert_threshold(a, v);
        edges_rows_take(&v->rows, listed(a, v));
        match_labels(a, v);
    } else if (what & CHANGED_TABLE && v->words[0]) {
        match_labels(a, v);
    } else {
        return;
    }
    if (v->waiting)
        settle(a, v);
    else
        arrange(a, v);
}

static void draw(app *a, void *self, region body)
{
    edges *v = self;
    edges_picture p = {a, &v->rows, &v->choice, v->words, &v->list, v->slider};
    edges_draw(&p, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const edges *v = self;
    char name[128];
    out[0] = '\0';
    if (!a->circuit)
        return;
    if (v->choice.mode == CIRCUIT_ALL || v->choice.focus == NOTHING)
        snprintf(out, capacity, "fit %lld", (long long)a->fit_id);
    else
        snprintf(out, capacity, "%s", app_node_name(a, name, sizeof name, v->choice.focus));
}

/* -- walking ------------------------------------------------------------------------------- */

/* To the parents or children of a node; `turn` keeps the cursor on the edge it is on. */
static unsigned walk(app *a, int mode, uint32_t node, bool turn)
{
    if (node == NOTHING || !a->circuit || node >= a->circuit->node_count)
        return ACTED;
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = mode;
    where.layer = circuit_position(a->circuit, node, &where.feature);
    where.row = turn ? NOTHING : 0;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned fold(edges *v, bool folded)
{
    uint32_t id = NO_EDGE;
    const edges_group *g = edges_rows_at(&v->rows, v->list.cursor, &id);
    if (!g || !v->rows.heads)
        return ACTED;
    if (v->rows.fold[g->pair] == folded)
        return ACTED;
    uint32_t head = v->list.cursor;
    while (id != NO_EDGE && head > 0)
        edges_rows_at(&v->rows, --head, &id);
    v->rows.fold[g->pair] = folded;
    edges_rows_make(&v->rows, &v->choice);
    list_set_count(&v->list, edges_rows_count(&v->rows));
    list_go(&v->list, head);
    remember_cursor(v);
    return ACTED_REDRAW;
}

static unsigned follow(app *a, edges *v)
{
    uint32_t id = NO_EDGE;
    const edges_group *g = edges_rows_at(&v->rows, v->list.cursor, &id);
    if (!g)
        return ACTED;
    if (id == NO_EDGE)
        return fold(v, !g->folded);
    const circuit_edge *e = &v->rows.c->edge[id];
    return v->choice.mode == CIRCUIT_PARENTS ? walk(a, CIRCUIT_PARENTS, e->source, false)
                                             : walk(a, CIRCUIT_CHILDREN, e->target, false);
}

/* `[` and `]`: of the focus, or of the end of the edge at hand. */
static unsigned look(app *a, edges *v, int mode)
{
    if (v->choice.mode == mode)
        return ACTED;
    if (v->choice.mode != CIRCUIT_ALL)
        return walk(a, mode, v->choice.focus, false);
    return walk(a, mode, mode == CIRCUIT_PARENTS ? v->at_target : v->at_source, true);
}

/* The end of the edge at hand that was not come from; else the focus. */
static uint32_t node_at_hand(const app *a, const edges *v)
{
    uint32_t node = v->choice.mode == CIRCUIT_PARENTS ? v->at_source : v->at_target;
    if (node == NOTHING)
        node = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->choice.focus;
    return a->circuit && node < a->circuit->node_count ? node : NOTHING;
}

/* Its card, or its strongest sample. */
static unsigned open_node(app *a, const edges *v, view_id view, int mode)
{
    uint32_t node = node_at_hand(a, v);
    if (node == NOTHING)
        return ACTED;
    place where = PLACE(view);
    where.mode = mode;
    where.layer = circuit_position(a->circuit, node, &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* A path begins at an edge's source and ends at its target. */
static unsigned mark_end(app *a, const edges *v, action_id what)
{
    uint32_t node = what == ACT_PATH_BEGIN ? v->at_source : v->at_target, feature = 0;
    node = node == NOTHING ? node_at_hand(a, v) : node;
    if (node == NOTHING || !a->circuit || node >= a->circuit->node_count)
        return ACTED;
    uint32_t position = circuit_position(a->circuit, node, &feature);
    return paths_mark(a, what, position, feature);
}

/* The picture round the focus; of all edges, round the one at hand's target. */
static unsigned draw_picture(app *a, const edges *v)
{
    uint32_t node = v->choice.mode == CIRCUIT_ALL ? node_at_hand(a, v) : v->choice.focus;
    if (a->circuit && node < a->circuit->node_count)
        return picture_go(a, node);
    app_say(a, ROLE_STATUS, "the cursor is on no edge");
    return ACTED_REDRAW;
}

/* The tree of what is listed; of all edges, of the parents of the one at hand's target. */
static unsigned open_tree(app *a, const edges *v)
{
    if (v->choice.mode == CIRCUIT_ALL)
        return tree_go(a, v->at_target, true);
    return tree_go(a, v->choice.focus, v->choice.mode == CIRCUIT_PARENTS);
}

static unsigned copy_edge(app *a, const edges *v)
{
    uint32_t id = edge_at_hand(v);
    char from[160], to[160];
    if (id == NO_EDGE)
        return ACTED;
    const circuit_edge *e = &v->rows.c->edge[id];
    char *text =
        mem_format("%s\t%s\t%.9g\t%s\t%s", app_node_name(a, from, sizeof from, e->source),
                   app_node_name(a, to, sizeof to, e->target), circuit_strength(v->rows.c, e),
                   app_node_label(a, e->source), app_node_label(a, e->target));
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

/* -- choosing ------------------------------------------------------------------------------ */

static unsigned step_threshold(app *a, edges *v, bool up, int count)
{
    double before = a->threshold;
    for (int i = 0; i < (count > 0 ? count : 1); i++)
        a->threshold = edges_threshold_step(a->circuit, a->threshold, up);
    arrange(a, v);
    if (up && a->threshold <= before)
        app_say(a, ROLE_STATUS, "only the strongest edges are left");
    else if (a->threshold > 0)
        app_say(a, ROLE_STATUS, "threshold %g", a->threshold);
    else
        app_say(a, ROLE_STATUS, "no threshold: every edge shows");
    return ACTED_REDRAW;
}

/* No pair, the first, ..., the last, no pair. */
static unsigned step_pair(app *a, edges *v, int by)
{
    if (v->rows.pair_count == 0)
        return ACTED;
    if (v->choice.mode != CIRCUIT_ALL) {
        app_say(a, ROLE_STATUS,
                "these are the edges of one feature: a shows all, and then a pair's");
        return ACTED_REDRAW;
    }
    int64_t places = (int64_t)v->rows.pair_count + 1;
    int64_t now = v->choice.pair == NO_EDGE ? 0 : (int64_t)v->choice.pair + 1;
    now = ((now + by) % places + places) % places;
    v->pair_source = now ? v->rows.pair[now - 1].source : NOTHING;
    v->pair_target = now ? v->rows.pair[now - 1].target : NOTHING;
    v->at_source = NOTHING;
    list_go(&v->list, 0);
    arrange(a, v);
    return ACTED_REDRAW;
}

static unsigned step_sort(app *a, edges *v)
{
    static const char *const said[] = {[EDGES_BY_PAIR] = "by layer pair, strongest first",
                                       [EDGES_BY_STRENGTH] = "strongest first",
                                       [EDGES_BY_SOURCE] = "by source",
                                       [EDGES_BY_TARGET] = "by target"};
    bool pairs = v->choice.mode == CIRCUIT_ALL && v->choice.pair == NO_EDGE;
    v->choice.sort = (edges_sort)((v->choice.sort + 1) % EDGES_SORT_COUNT);
    if (!pairs && v->choice.sort == EDGES_BY_PAIR)
        v->choice.sort = EDGES_BY_STRENGTH;
    v->choice.turned = false;
    app_say(a, ROLE_STATUS, "%s", said[v->choice.sort]);
    arrange(a, v);
    return ACTED_REDRAW;
}

static unsigned step_sign(app *a, edges *v)
{
    v->choice.sign = v->choice.sign == 0 ? 1 : v->choice.sign == 1 ? -1 : 0;
    app_say(a, ROLE_STATUS, "%s",
            v->choice.sign > 0   ? "positive edges: their removal lowers the target"
            : v->choice.sign < 0 ? "negative edges: their removal raises the target"
                                 : "edges of both signs");
    arrange(a, v);
    return ACTED_REDRAW;
}

static unsigned turn_round(app *a, edges *v)
{
    v->choice.turned = !v->choice.turned;
    v->at_source = NOTHING;
    arrange(a, v);
    list_go(&v->list, 0);
    remember_cursor(v);
    return ACTED_REDRAW;
}

static unsigned show_all(app *a)
{
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static void set_words(app *a, edges *v, const char *words)
{
    snprintf(v->words, sizeof v->words, "%s", words);
    match_labels(a, v);
    arrange(a, v);
}

/* Lists the fit's own parents again, or those at the slider's lambda. */
static void list_slid(app *a, edges *v)
{
    edges_rows_take(&v->rows, listed(a, v));
    arrange(a, v);
}

static unsigned step_lambda(app *a, edges *v, int steps)
{
    if (v->choice.mode == CIRCUIT_PARENTS && v->choice.focus != NOTHING)
        slider_step(a, v->slider, v->layer, v->feature, steps);
    else
        app_say(a, ROLE_STATUS, "lambda slides for the parents of one feature: [ goes there");
    return ACTED_REDRAW;
}

static bool answer(app *a, void *self, int kind, reader_answer *answer)
{
    edges *v = self;
    if (!slider_answer(a, v->slider, kind, answer))
        return false;
    if (v->rows.c != listed(a, v))
        list_slid(a, v);
    return true;
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    edges *v = self;
    if (notes_typed(a, tag, event, text) || tag != TAG_FILTER)
        return;
    if (event == PROMPT_CANCELLED)
        set_words(a, v, v->words_before);
    else if (strcmp(text, v->words) != 0)
        set_words(a, v, text);
    app_dirty(a);
}

static bool note(app *a, const edges *v, action_id what)
{
    uint32_t feature = NOTHING, node = node_at_hand(a, v);
    uint32_t position = node == NOTHING ? NOTHING : circuit_position(a->circuit, node, &feature);
    return notes_act(a, what, position, feature);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    edges *v = self;
    if (note(a, v, what))
        return ACTED_REDRAW;
    if (list_act(&v->list, what, count)) {
        remember_cursor(v);
        return ACTED_REDRAW;
    }
    switch (what) {
    case ACT_OPEN: return follow(a, v);
    case ACT_LEFT: return fold(v, true);
    case ACT_RIGHT: return fold(v, false);
    case ACT_PARENTS: return look(a, v, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return look(a, v, CIRCUIT_CHILDREN);
    case ACT_FOLLOW_SOURCE: return walk(a, CIRCUIT_PARENTS, v->at_source, false);
    case ACT_CARD: return open_node(a, v, VIEW_FEATURES, 0);
    case ACT_STRONGEST: return open_node(a, v, VIEW_SAMPLE, SAMPLE_STRONGEST);
    case ACT_RAISE: return step_threshold(a, v, true, count);
    case ACT_LOWER: return step_threshold(a, v, false, count);
    case ACT_MEASURE:
        app_set_measure(a, (strength)((a->measure + 1) % (STRENGTH_STANDARDISED + 1)));
        app_say(a, ROLE_STATUS, "ranked by %s", strength_name(a->measure));
        return ACTED_REDRAW;
    case ACT_PAIR_NEXT: return step_pair(a, v, count > 0 ? count : 1);
    case ACT_PAIR_PREVIOUS: return step_pair(a, v, count > 0 ? -count : -1);
    case ACT_SORT: return step_sort(a, v);
    case ACT_SORT_REVERSE: return turn_round(a, v);
    case ACT_SIGN: return step_sign(a, v);
    case ACT_LAMBDA_LESS: return step_lambda(a, v, count > 0 ? -count : -1);
    case ACT_LAMBDA_MORE: return step_lambda(a, v, count > 0 ? count : 1);
    case ACT_ALL_EDGES: return show_all(a);
    case ACT_SEARCH:
        snprintf(v->words_before, sizeof v->words_before, "%s", v->words);
        app_prompt(a, TAG_FILTER, "edges whose labels have: ", v->words);
        return ACTED_REDRAW;
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return mark_end(a, v, what);
    case ACT_PICTURE: return draw_picture(a, v);
    case ACT_TREE: return open_tree(a, v);
    case ACT_COPY: return copy_edge(a, v);
    case ACT_BACK: /* first back to the fit's lambda, then out of the filter */
        if (slider_end(v->slider)) {
            list_slid(a, v);
            return ACTED_REDRAW;
        }
        if (!v->words[0])
            return ACTED_NOT;
        set_words(a, v, "");
        return ACTED_REDRAW;
    default: return ACTED_NOT;
    }
}

const view_ops circuit_view = {
    .id = VIEW_CIRCUIT,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .answer = answer,
    .changed = changed,
    .typed = typed,
    .crumb = crumb,
};
