/* The Circuit view: the edges of the present fit, all of them or those round one feature, walked
 * with the keyboard. */
#include "ui/edges.h"

#include "src/base/memory.h"
#include "ui/edges_choose.h"
#include "ui/edges_draw.h"
#include "ui/paths.h"
#include "ui/picture.h"
#include "ui/sample.h"
#include "ui/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- coming and going ---------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    edges_state *v = mem_zero(1, sizeof *v);
    v->choice = (edges_choice){.mode = CIRCUIT_ALL, .pair = NO_EDGE, .focus = NOTHING};
    v->layer = v->feature = v->pair_source = v->pair_target = v->at_source = v->at_target =
        NOTHING;
    v->slider = slider_create();
    return v;
}

static void destroy(void *self)
{
    edges_state *v = self;
    slider_free(v->slider);
    edges_rows_release(&v->rows);
    free(v->match);
    free(v->trusted);
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

static void unpack(edges_state *v, int packed)
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
    edges_state *v = self;
    slider_end(v->slider);
    if (v->rows.c != a->circuit) {
        edges_rows_take(&v->rows, a->circuit);
        edges_match(a, v);
    }
    if (where->layer == NOTHING && where->mode == CIRCUIT_USUAL) {
        if (v->waiting)
            edges_settle(a, v);
        else
            edges_arrange(a, v);
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
    edges_set_filter(v, where->filter, NULL);
    v->wanted = *where;
    v->waiting = true;
    edges_settle(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const edges_state *v = self;
    where->mode = v->choice.mode;
    where->layer = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->layer;
    where->feature = v->choice.mode == CIRCUIT_ALL ? NOTHING : v->feature;
    where->row = v->list.cursor;
    where->top = v->list.top;
    where->sort = pack(&v->choice, v->pair_source, v->pair_target);
    snprintf(where->words, sizeof where->words, "%s", v->words);
    snprintf(where->filter, sizeof where->filter, "%s", v->filter);
}

static void changed(app *a, void *self, unsigned what)
{
    edges_state *v = self;
    slider_follow(a, v->slider);
    if (what & CHANGED_REST)
        v->rested = true;
    bool fresh = v->rows.c != edges_listed(a, v) || what & CHANGED_CIRCUIT;
    if (fresh && a->view != VIEW_CIRCUIT) { /* there is time until somebody looks */
        edges_convert_threshold(a, v);
        edges_rows_take(&v->rows, NULL);
        v->measure = a->circuit ? a->circuit->ranked_by : v->measure;
        return;
    }
    if (fresh) {
        edges_convert_threshold(a, v);
        edges_rows_take(&v->rows, edges_listed(a, v));
        edges_match(a, v);
    } else if (what & (CHANGED_TABLE | CHANGED_STUDY) &&
               (v->words[0] || v->filter[0])) {
        edges_match(a, v);
    } else {
        return;
    }
    if (v->waiting)
        edges_settle(a, v);
    else
        edges_arrange(a, v);
}

static void draw(app *a, void *self, region body)
{
    edges_state *v = self;
    edges_picture p = {.a = a,
                       .rows = &v->rows,
                       .choice = &v->choice,
                       .words = v->words,
                       .filter = v->filter,
                       .filtered = &v->filtered,
                       .list = &v->list,
                       .slider = v->slider,
                       .rested = v->rested};
    edges_draw(&p, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const edges_state *v = self;
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

static unsigned fold(edges_state *v, bool folded)
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
    edges_remember(v);
    return ACTED_REDRAW;
}

static unsigned follow(app *a, edges_state *v)
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
static unsigned look(app *a, edges_state *v, int mode)
{
    if (v->choice.mode == mode) {
        app_say(a, ROLE_STATUS, "these are its %s",
                mode == CIRCUIT_PARENTS ? "parents" : "children");
        return ACTED_REDRAW;
    }
    if (v->choice.mode != CIRCUIT_ALL)
        return walk(a, mode, v->choice.focus, false);
    return walk(a, mode, mode == CIRCUIT_PARENTS ? v->at_target : v->at_source, true);
}

/* Its card, or its strongest sample. */
static unsigned open_node(app *a, const edges_state *v, view_id view, int mode)
{
    uint32_t node = edges_node_at_hand(a, v);
    if (node == NOTHING)
        return ACTED;
    place where = PLACE(view);
    where.mode = mode;
    where.layer = circuit_position(a->circuit, node, &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* A path begins at an edge's source and ends at its target. */
static unsigned mark_end(app *a, const edges_state *v, action_id what)
{
    uint32_t node = what == ACT_PATH_BEGIN ? v->at_source : v->at_target, feature = 0;
    node = node == NOTHING ? edges_node_at_hand(a, v) : node;
    if (node == NOTHING || !a->circuit || node >= a->circuit->node_count)
        return ACTED;
    uint32_t position = circuit_position(a->circuit, node, &feature);
    return paths_mark(a, what, position, feature);
}

/* The picture round the focus; of all edges, round the one at hand's target. */
static unsigned draw_picture(app *a, const edges_state *v)
{
    uint32_t node = v->choice.mode == CIRCUIT_ALL ? edges_node_at_hand(a, v) : v->choice.focus;
    if (a->circuit && node < a->circuit->node_count)
        return picture_go(a, node);
    app_say(a, ROLE_STATUS, "the cursor is on no edge");
    return ACTED_REDRAW;
}

/* The tree of what is listed; of all edges, of the parents of the one at hand's target. */
static unsigned open_tree(app *a, const edges_state *v)
{
    if (v->choice.mode == CIRCUIT_ALL)
        return tree_go(a, v->at_target, true);
    return tree_go(a, v->choice.focus, v->choice.mode == CIRCUIT_PARENTS);
}

static unsigned copy_edge(app *a, const edges_state *v)
{
    uint32_t id = edges_at_hand(v);
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

static bool answer(app *a, void *self, int kind, reader_answer *answer)
{
    edges_state *v = self;
    if (!slider_answer(a, v->slider, kind, answer))
        return false;
    if (v->rows.c != edges_listed(a, v))
        edges_list_slid(a, v);
    return true;
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    if (!notes_typed(a, tag, event, text))
        edges_choose_typed(a, self, tag, event, text);
}

static bool note(app *a, const edges_state *v, action_id what)
{
    uint32_t feature = NOTHING, node = edges_node_at_hand(a, v);
    uint32_t position = node == NOTHING ? NOTHING : circuit_position(a->circuit, node, &feature);
    return notes_act(a, what, position, feature);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    edges_state *v = self;
    if (note(a, v, what))
        return ACTED_REDRAW;
    if (list_act(&v->list, what, count)) {
        edges_remember(v);
        v->rested = false;
        app_rest(a); /* the labels in whole come then */
        return ACTED_REDRAW;
    }
    unsigned chosen = edges_choose(a, v, what, count);
    if (chosen != ACTED_NOT)
        return chosen;
    switch (what) {
    case ACT_OPEN: return follow(a, v);
    case ACT_LEFT: return fold(v, true);
    case ACT_RIGHT: return fold(v, false);
    case ACT_PARENTS: return look(a, v, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return look(a, v, CIRCUIT_CHILDREN);
    case ACT_FOLLOW_SOURCE: return walk(a, CIRCUIT_PARENTS, v->at_source, false);
    case ACT_CARD: return open_node(a, v, VIEW_FEATURES, 0);
    case ACT_STRONGEST: return open_node(a, v, VIEW_SAMPLE, SAMPLE_STRONGEST);
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return mark_end(a, v, what);
    case ACT_PICTURE: return draw_picture(a, v);
    case ACT_TREE: return open_tree(a, v);
    case ACT_COPY: return copy_edge(a, v);
    case ACT_BACK: return edges_choose_back(a, v) ? ACTED_REDRAW : ACTED_NOT;
    default: return ACTED_NOT;
    }
}

static bool waiting(app *a, void *self)
{
    (void)self;
    return app_circuit_coming(a);
}

const view_ops circuit_view = {
    .id = VIEW_CIRCUIT,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .answer = answer,
    .changed = changed,
    .typed = typed,
    .crumb = crumb,
};
