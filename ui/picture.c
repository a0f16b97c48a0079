/* The Picture view: the circuit round a feature, or the listed paths, drawn by layers and walked
 * from box to box. */
#include "ui/picture.h"

#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/paths.h"
#include "ui/picture_draw.h"
#include "ui/target_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PICTURE_STAY, PICTURE_AROUND, PICTURE_PATHS };

enum { BOXES = 40, BOXES_STEP = 10 };

/* What a picture was made of; when it is not what is wanted now, it is made anew. */
typedef struct subject {
    int mode;
    uint32_t layer, feature; /* of the focus */
    path_end from, to;       /* of the listing */
    int64_t target;          /* likewise */
    int64_t target_fit;
    uint64_t pins;
    double threshold;
    subcircuit_room room;
} subject;

typedef struct drawn {
    circuit *c;  /* held; NULL: nothing is drawn */
    circuit *of; /* held: the present circuit then; c may go on to a target variable */
    picture_outcome outcome;
    picture picture;
    subject made;
    subject wanted; /* but for what the app and the screen decide */
    uint32_t boxes;
    uint32_t cursor; /* node */
    int top, left;
    region body; /* where it was drawn last, or will be */
} drawn;

/* -- making -------------------------------------------------------------------------------- */

static void forget(drawn *v)
{
    picture_release(&v->picture);
    picture_outcome_release(&v->outcome);
    circuit_free(v->c);
    circuit_free(v->of);
    v->c = v->of = NULL;
}

static bool same_subject(const subject *x, const subject *y)
{
    return x->mode == y->mode && x->layer == y->layer && x->feature == y->feature &&
           x->from.layer == y->from.layer && x->from.feature == y->from.feature &&
           x->to.layer == y->to.layer && x->to.feature == y->to.feature &&
           x->target == y->target && x->target_fit == y->target_fit &&
           x->pins == y->pins && x->threshold == y->threshold && x->room.nodes == y->room.nodes &&
           x->room.nodes_a_layer == y->room.nodes_a_layer;
}

static uint32_t box_at_cursor(const drawn *v)
{
    return v->c ? layout_box_of(&v->picture.layout, v->cursor) : LAYOUT_BEND;
}

/* The cursor stays on its node if that is still drawn; else it goes to the focus, or the first
 * box. */
static void settle_cursor(drawn *v)
{
    if (box_at_cursor(v) != LAYOUT_BEND)
        return;
    v->cursor = v->picture.focus;
    if (box_at_cursor(v) == LAYOUT_BEND && v->picture.layout.box_count > 0)
        v->cursor = v->picture.layout.item[0].node;
}

/* Makes the picture that is wanted now, unless it is there. */
static void make(app *a, drawn *v)
{
    subject now = v->wanted;
    const path_listing *listing = NULL;
    now.threshold = a->threshold;
    now.from = a->path_from;
    now.to = a->path_to;
    now.target = a->path_target;
    now.pins = a->study ? a->study->pins_stamp : 0;
    now.room = picture_room(v->boxes, picture_fits(v->body));
    if (now.mode == PICTURE_AROUND) {
        now.from = now.to = (path_end){NOTHING, NOTHING};
        now.target = 0;
        now.pins = 0;
    } else {
        listing = paths_listing(a);
        now.target_fit = listing ? listing->target_fit : 0;
    }
    if (v->c && v->of == a->circuit && same_subject(&now, &v->made))
        return;
    forget(v);
    if (!a->circuit)
        return;
    if (now.mode == PICTURE_AROUND) {
        const uint32_t *first = a->circuit->layer_first;
        if (now.layer >= a->circuit->layer_count ||
            now.feature >= first[now.layer + 1] - first[now.layer])
            return;
        picture_around(a->circuit, now.threshold, circuit_node(a->circuit, now.layer, now.feature),
                       now.room, &v->picture);
    } else {
        if (!listing)
            return;
        picture_of_paths(listing->c, &listing->set, now.room, &v->picture);
        v->outcome = picture_outcome_of(listing);
    }
    v->c = circuit_hold(listing ? listing->c : a->circuit);
    v->of = circuit_hold(a->circuit);
    v->made = now;
    settle_cursor(v);
}

/* -- the view ------------------------------------------------------------------------------ */

static void *create(app *a)
{
    (void)a;
    drawn *v = mem_zero(1, sizeof *v);
    v->wanted = (subject){.mode = PICTURE_PATHS, .layer = NOTHING, .feature = NOTHING};
    v->boxes = BOXES;
    v->body = (region){1, 0, 21, 80};
    v->cursor = NOTHING;
    return v;
}

static void destroy(void *self)
{
    forget(self);
    free(self);
}

static void enter(app *a, void *self, const place *where)
{
    drawn *v = self;
    (void)a;
    if (where->mode == PICTURE_STAY)
        return;
    v->wanted = (subject){.mode = where->mode, .layer = where->layer, .feature = where->feature};
    v->cursor = where->row;
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const drawn *v = self;
    where->mode = v->wanted.mode;
    where->layer = v->wanted.layer;
    where->feature = v->wanted.feature;
    where->row = v->cursor;
}

unsigned picture_go(app *a, uint32_t node)
{
    place where = PLACE(VIEW_PICTURE);
    where.mode = PICTURE_PATHS;
    where.row = node;
    if (node != NOTHING) {
        where.mode = PICTURE_AROUND;
        where.layer = circuit_position(a->circuit, node, &where.feature);
    }
    app_go(a, &where);
    return ACTED_REDRAW;
}

static void say_subject(app *a, const drawn *v, char *out, size_t capacity)
{
    char name[160];
    out[0] = '\0';
    if (v->wanted.mode == PICTURE_AROUND) {
        snprintf(out, capacity, "around %s",
                 app_feature_name(a, name, sizeof name, v->wanted.layer, v->wanted.feature));
        return;
    }
    const path_listing *l = paths_listing(a);
    if (l) {
        snprintf(out, capacity, "paths ");
        paths_subject(a, l, out + 6, capacity - 6);
    }
}

static void draw_empty(app *a, const drawn *v, region r)
{
    const char *text = "drawing";
    if (!a->study)
        return;
    if (!app_fit(a))
        text = "no fit is open: 3 goes to the fits, Enter opens one";
    else if (!a->circuit)
        text = "reading the circuit";
    else if (v->wanted.mode == PICTURE_AROUND)
        text = "the feature is not in this circuit";
    else if (v->c)
        text = "no path to draw: 5 says why";
    draw_text(r, 0, 0, r.cols, ROLE_DIM, text);
}

static void draw(app *a, void *self, region body)
{
    drawn *v = self;
    v->body = body;
    make(a, v);
    if (!v->c || v->picture.layout.box_count == 0) {
        draw_empty(a, v, body);
        return;
    }
    picture_shown shown = {.a = a,
                           .c = v->c,
                           .p = &v->picture,
                           .outcome = &v->outcome,
                           .cursor = box_at_cursor(v),
                           .top = v->top,
                           .left = v->left};
    say_subject(a, v, shown.subject, sizeof shown.subject);
    picture_draw(&shown, body);
    v->top = shown.top;
    v->left = shown.left;
}

static void changed(app *a, void *self, unsigned what)
{
    drawn *v = self;
    if (what & CHANGED_CIRCUIT && v->of != a->circuit)
        forget(v);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    say_subject(a, self, out, capacity);
}

/* -- walking ------------------------------------------------------------------------------- */

/* The box `by` boxes farther down (up) in the cursor's column; the last (first) one there is. */
static uint32_t box_below(const layout *l, uint32_t from, int64_t by)
{
    uint32_t found = from;
    for (; by != 0; by += by < 0 ? 1 : -1) {
        uint32_t next = LAYOUT_BEND;
        for (uint32_t i = 0; i < l->box_count; i++) {
            if (l->item[i].column != l->item[found].column)
                continue;
            int64_t away = ((int64_t)l->item[i].slot - l->item[found].slot) * (by < 0 ? -1 : 1);
            int64_t best = next == LAYOUT_BEND
                               ? INT64_MAX
                               : llabs((int64_t)l->item[next].slot - l->item[found].slot);
            if (away > 0 && away < best)
                next = i;
        }
        if (next == LAYOUT_BEND)
            break;
        found = next;
    }
    return found;
}

/* The box of the column `by` columns farther whose slot is nearest. */
static uint32_t box_beside(const layout *l, uint32_t from, int64_t by)
{
    int64_t column = (int64_t)l->item[from].column + by, last = (int64_t)l->column_count - 1;
    column = column < 0 ? 0 : column > last ? last : column;
    uint32_t found = from;
    int64_t best = INT64_MAX;
    for (uint32_t i = 0; i < l->box_count; i++) {
        int64_t away = llabs((int64_t)l->item[i].slot - l->item[from].slot);
        if (l->item[i].column == column && away < best) {
            best = away;
            found = i;
        }
    }
    return found;
}

static bool move(drawn *v, action_id what, int count)
{
    uint32_t box = box_at_cursor(v), column = v->picture.layout.box_count;
    int64_t by = count > 0 ? count : 1;
    const layout *l = &v->picture.layout;
    if (box == LAYOUT_BEND)
        return false;
    switch (what) {
    case ACT_DOWN: box = box_below(l, box, by); break;
    case ACT_UP: box = box_below(l, box, -by); break;
    case ACT_BOTTOM: box = box_below(l, box, column); break;
    case ACT_TOP: box = box_below(l, box, -(int64_t)column); break;
    case ACT_RIGHT: box = box_beside(l, box, by); break;
    case ACT_LEFT: box = box_beside(l, box, -by); break;
    default: return false;
    }
    v->cursor = l->item[box].node;
    return true;
}

static unsigned go(app *a, const drawn *v, view_id view, int mode)
{
    place where = PLACE(view);
    where.mode = mode;
    where.layer = circuit_position(v->c, v->cursor, &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* -- acting -------------------------------------------------------------------------------- */

static unsigned write_files(app *a, const drawn *v)
{
    char what[256];
    say_subject(a, v, what, sizeof what);
    picture_write_files(a, &v->outcome, v->c, &v->picture, what);
    return ACTED_REDRAW;
}

static unsigned step_boxes(app *a, drawn *v, bool fewer, int count)
{
    uint32_t by = BOXES_STEP * (uint32_t)(count > 0 && count < 10 ? count : 1);
    if (fewer)
        v->boxes = v->boxes > by + BOXES_STEP ? v->boxes - by : BOXES_STEP;
    else
        v->boxes = v->boxes + by < PICTURE_MOST ? v->boxes + by : PICTURE_MOST;
    app_say(a, ROLE_STATUS, "up to %u boxes", v->boxes);
    return ACTED_REDRAW;
}

static unsigned copy_box(app *a, const drawn *v)
{
    char name[160];
    char *text = mem_format(
        "%s\t%s", picture_name(a, &v->outcome, v->c, v->cursor, name, sizeof name),
        picture_label(a, &v->outcome, v->c, v->cursor));
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

/* The features that carry the variable are a page of their own; nothing leads on from it. */
static unsigned act_on_outcome(app *a, const drawn *v, action_id what)
{
    const study *s = a->study;
    for (uint32_t i = 0; s && what == ACT_OPEN && i < s->variables.count; i++)
        if (s->variables.item[i].base.id == v->outcome.fit_id) {
            target_fit_open(a, &s->variables.item[i], s->variables.item[i].chosen);
            return ACTED_REDRAW;
        }
    app_say(a, ROLE_STATUS, "%s is a target variable: Enter lists its features",
            v->outcome.name);
    return ACTED_REDRAW;
}

static unsigned act_on_box(app *a, drawn *v, action_id what)
{
    uint32_t feature = 0, position = 0;
    if (box_at_cursor(v) == LAYOUT_BEND || v->of != a->circuit)
        return ACTED;
    if (what == ACT_COPY)
        return copy_box(a, v);
    if (what == ACT_WRITE)
        return write_files(a, v);
    if (picture_outcome_has(&v->outcome, v->c, v->cursor))
        return act_on_outcome(a, v, what);
    switch (what) {
    case ACT_OPEN:
        return v->cursor == v->picture.focus ? go(a, v, VIEW_CIRCUIT, CIRCUIT_USUAL)
                                             : picture_go(a, v->cursor);
    case ACT_PARENTS: return go(a, v, VIEW_CIRCUIT, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return go(a, v, VIEW_CIRCUIT, CIRCUIT_CHILDREN);
    case ACT_CARD: return go(a, v, VIEW_FEATURES, 0);
    default:
        position = circuit_position(v->c, v->cursor, &feature);
        return paths_mark(a, what, position, feature);
    }
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    drawn *v = self;
    make(a, v); /* keys may come faster than frames */
    if (move(v, what, count))
        return ACTED_REDRAW;
    switch (what) {
    case ACT_OPEN:
    case ACT_PARENTS:
    case ACT_CHILDREN:
    case ACT_CARD:
    case ACT_COPY:
    case ACT_WRITE:
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return act_on_box(a, v, what);
    case ACT_RAISE: return step_boxes(a, v, true, count);
    case ACT_LOWER: return step_boxes(a, v, false, count);
    default: return ACTED_NOT;
    }
}

/* On a box. */
static void click(app *a, void *self, int number)
{
    drawn *v = self;
    (void)a;
    if (v->c && (uint32_t)number < v->picture.layout.box_count)
        v->cursor = v->picture.layout.item[number].node;
}

static bool waiting(app *a, void *self)
{
    const drawn *v = self;
    return app_circuit_coming(a) ||
           (v->wanted.mode == PICTURE_PATHS && !paths_listing(a) && paths_coming(a));
}

const view_ops picture_view = {
    .id = VIEW_PICTURE,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .click = click,
    .changed = changed,
    .crumb = crumb,
};
