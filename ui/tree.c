/* The Tree view: the parents, or the children, of a feature, and theirs, unfolded as deep as one
 * likes. */
#include "ui/tree.h"

#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/edges_rows.h"
#include "ui/paths.h"
#include "ui/picture.h"
#include "ui/sample.h"
#include "ui/tree_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TREE_STAY, TREE_PARENTS, TREE_CHILDREN }; /* mode of a place here */

enum { MOST_AT_FIRST = 10 };

typedef struct branches {
    tree t; /* of no circuit: not planted */
    list list;
    bool parents;
    uint32_t layer, feature; /* of the root; NOTHING: nobody has been here */
    uint32_t most;           /* edges a feature shows; 0: all */
    double strongest;
    uint64_t weak, beyond;
} branches;

/* -- keeping up ------------------------------------------------------------------------------ */

static void count_rows(branches *v, uint32_t cursor)
{
    tree *t = &v->t;
    v->strongest = 1e-30;
    for (uint32_t i = 1; i < t->count; i++) {
        uint32_t e = t->row[i].edge;
        double here = e == TREE_NONE ? 0 : fabs(circuit_strength(t->c, &t->c->edge[e]));
        v->strongest = here > v->strongest ? here : v->strongest;
    }
    tree_hidden(t, &v->weak, &v->beyond);
    list_set_count(&v->list, t->count);
    list_go(&v->list, cursor);
}

/* The node that the tree is to grow from, or NOTHING. */
static uint32_t wanted_root(const app *a, const branches *v)
{
    const circuit *c = a->circuit;
    if (!c || v->layer >= c->layer_count ||
        v->feature >= c->layer_first[v->layer + 1] - c->layer_first[v->layer])
        return NOTHING;
    return circuit_node(c, v->layer, v->feature);
}

/* Makes the tree that of the present circuit, root, threshold and limit; false: there is none. */
static bool keep_up(app *a, branches *v)
{
    tree *t = &v->t;
    uint32_t root = wanted_root(a, v);
    if (root == NOTHING) {
        if (a->circuit || v->layer == NOTHING)
            tree_release(t);
        return t->c != NULL;
    }
    if (!t->c || t->c->node_count != a->circuit->node_count || t->row[0].node != root ||
        t->parents != v->parents) {
        tree_plant(t, a->circuit, root, v->parents, a->threshold, v->most);
        count_rows(v, 0);
    } else if (t->c != a->circuit || t->threshold != a->threshold || t->most != v->most) {
        count_rows(v, tree_change(t, a->circuit, a->threshold, v->most, v->list.cursor));
    }
    return true;
}

/* -- the view -------------------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    branches *v = mem_zero(1, sizeof *v);
    v->layer = v->feature = NOTHING;
    v->most = MOST_AT_FIRST;
    return v;
}

static void destroy(void *self)
{
    branches *v = self;
    tree_release(&v->t);
    free(v);
}

static void enter(app *a, void *self, const place *where)
{
    branches *v = self;
    if (where->mode == TREE_STAY)
        return;
    v->parents = where->mode == TREE_PARENTS;
    v->layer = where->layer;
    v->feature = where->feature;
    if (!keep_up(a, v))
        return;
    v->list.top = where->top;
    list_go(&v->list, where->row);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const branches *v = self;
    where->mode = v->parents ? TREE_PARENTS : TREE_CHILDREN;
    where->layer = v->layer;
    where->feature = v->feature;
    where->row = v->list.cursor;
    where->top = v->list.top;
}

static void draw(app *a, void *self, region body)
{
    branches *v = self;
    if (!keep_up(a, v)) {
        draw_text(body, 0, 0, body.cols, ROLE_DIM,
                  a->circuit ? "no feature: 4 goes to the circuit, b there to a feature's tree"
                             : "reading the edges");
        return;
    }
    tree_picture p = {a, &v->t, &v->list, v->strongest, v->weak, v->beyond};
    tree_draw(&p, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const branches *v = self;
    out[0] = '\0';
    if (v->layer != NOTHING)
        app_feature_name(a, out, capacity, v->layer, v->feature);
}

unsigned tree_go(app *a, uint32_t node, bool parents)
{
    if (!a->circuit || node >= a->circuit->node_count) {
        app_say(a, ROLE_STATUS, "the cursor is on no edge");
        return ACTED_REDRAW;
    }
    place where = PLACE(VIEW_TREE);
    where.mode = parents ? TREE_PARENTS : TREE_CHILDREN;
    where.layer = circuit_position(a->circuit, node, &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* -- unfolding ------------------------------------------------------------------------------- */

/* Unfolds the row under the cursor; where it stands for the rest, shows more of that. */
static unsigned unfold(app *a, branches *v)
{
    tree *t = &v->t;
    uint32_t row = v->list.cursor, up = t->row[row].parent;
    uint32_t came = t->row[row].rest ? tree_show_more(t, up) : tree_unfold(t, row);
    if (came == 0 && t->row[row].rest)
        app_say(a, ROLE_STATUS, "the others are below the threshold: - lowers it");
    else if (came == 0 && !t->row[row].open)
        app_say(a, ROLE_STATUS, "it has no %s in this fit", t->parents ? "parents" : "children");
    count_rows(v, row);
    return ACTED_REDRAW;
}

/* Into what is unfolded, or unfolds it. */
static unsigned go_in(app *a, branches *v)
{
    if (!v->t.row[v->list.cursor].open)
        return unfold(a, v);
    list_go(&v->list, v->list.cursor + 1);
    return ACTED_REDRAW;
}

/* Folds it; what is folded already: to the row it hangs from. */
static unsigned go_out(branches *v)
{
    uint32_t row = v->list.cursor;
    if (v->t.row[row].open)
        tree_fold(&v->t, row);
    else
        row = v->t.row[row].parent;
    count_rows(v, row);
    return ACTED_REDRAW;
}

static unsigned unfold_level(app *a, branches *v)
{
    char rows[24];
    uint32_t row = v->list.cursor, before = v->t.count;
    row = v->t.row[row].rest ? v->t.row[row].parent : row;
    bool all = tree_unfold_level(&v->t, row);
    count_rows(v, row);
    if (!all)
        app_say(a, ROLE_WARNING, "not all: %s rows are as many as unfold at once",
                show_count(rows, TREE_ROWS_MOST));
    else
        app_say(a, ROLE_STATUS, "%s more rows", show_count(rows, v->t.count - before));
    return ACTED_REDRAW;
}

/* -- choosing -------------------------------------------------------------------------------- */

static unsigned step_most(app *a, branches *v, int count)
{
    static const uint32_t ladder[] = {5, 10, 20, 50, 0};
    size_t i = 0;
    while (i < 4 && ladder[i] != v->most)
        i++;
    v->most = count > 0 ? (uint32_t)count : ladder[(i + 1) % 5];
    if (v->most)
        app_say(a, ROLE_STATUS, "the %u strongest of each feature", v->most);
    else
        app_say(a, ROLE_STATUS, "all of each feature");
    return ACTED_REDRAW;
}

static unsigned step_threshold(app *a, bool up, int count)
{
    for (int i = 0; i < (count > 0 ? count : 1); i++)
        a->threshold = edges_threshold_step(a->circuit, a->threshold, up);
    if (a->threshold > 0)
        app_say(a, ROLE_STATUS, "threshold %g", a->threshold);
    else
        app_say(a, ROLE_STATUS, "no threshold: every edge shows");
    return ACTED_REDRAW;
}

/* Copies the path from the root to the row under the cursor, in the order of the layers. */
static unsigned copy_path(app *a, const branches *v)
{
    const tree *t = &v->t;
    const char *arrow = draw_glyph(GLYPH_ARROW);
    char name[160], *text = mem_copy_text("");
    for (uint32_t row = v->list.cursor;; row = t->row[row].parent) {
        app_node_name(a, name, sizeof name, t->row[row].node);
        char *next = !*text       ? mem_copy_text(name)
                     : t->parents ? mem_format("%s %s %s", text, arrow, name)
                                  : mem_format("%s %s %s", name, arrow, text);
        free(text);
        text = next;
        if (row == 0)
            break;
    }
    char *whole = mem_format("%s\t%.9g", text, t->row[v->list.cursor].weight);
    app_copy(a, whole);
    free(whole);
    free(text);
    return ACTED_REDRAW;
}

static unsigned go_to(app *a, view_id view, int mode, uint32_t position, uint32_t feature)
{
    place where = PLACE(view);
    where.mode = mode;
    where.layer = position;
    where.feature = feature;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    branches *v = self;
    if (!keep_up(a, v))
        return ACTED_NOT;
    uint32_t feature = 0, node = v->t.row[v->list.cursor].node;
    uint32_t position = circuit_position(v->t.c, node, &feature);
    if (list_act(&v->list, what, count) || notes_act(a, what, position, feature))
        return ACTED_REDRAW;
    switch (what) {
    case ACT_OPEN:
    case ACT_UNFOLD: return v->t.row[v->list.cursor].open ? go_out(v) : unfold(a, v);
    case ACT_RIGHT: return go_in(a, v);
    case ACT_LEFT: return go_out(v);
    case ACT_UNFOLD_LEVEL: return unfold_level(a, v);
    case ACT_MOST: return step_most(a, v, count);
    case ACT_RAISE: return step_threshold(a, true, count);
    case ACT_LOWER: return step_threshold(a, false, count);
    case ACT_MEASURE:
        app_set_measure(a, (strength)((a->measure + 1) % (STRENGTH_STANDARDISED + 1)));
        app_say(a, ROLE_STATUS, "ranked by %s", strength_name(a->measure));
        return ACTED_REDRAW;
    case ACT_PARENTS: return tree_go(a, node, true);
    case ACT_CHILDREN: return tree_go(a, node, false);
    case ACT_TREE:
        return go_to(a, VIEW_CIRCUIT, v->parents ? CIRCUIT_PARENTS : CIRCUIT_CHILDREN, position,
                     feature);
    case ACT_CARD: return go_to(a, VIEW_FEATURES, 0, position, feature);
    case ACT_STRONGEST: return go_to(a, VIEW_SAMPLE, SAMPLE_STRONGEST, position, feature);
    case ACT_PICTURE: return picture_go(a, node);
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return paths_mark(a, what, position, feature);
    case ACT_COPY: return copy_path(a, v);
    default: return ACTED_NOT;
    }
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    (void)self;
    notes_typed(a, tag, event, text);
}

static bool waiting(app *a, void *self)
{
    (void)self;
    return app_circuit_coming(a);
}

const view_ops tree_view = {
    .id = VIEW_TREE,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .typed = typed,
    .crumb = crumb,
};
