/* The Paths view: the strongest paths between the features that the user marked, each a row of
 * steps that unfolds to a line a step. */
#include "ui/paths.h"

#include "src/base/memory.h"
#include "src/jobs/note_writer.h"
#include "ui/edges_rows.h"
#include "ui/paths_draw.h"
#include "ui/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AT_ONCE = 150000 /* edges of a circuit whose paths are found between two key presses */ };

typedef struct paths {
    list list;
    path_listing *listing; /* the last answer; NULL: none, or of a circuit that is gone */
    path_end from, to;     /* of the last answer */
    bool *unfolded;        /* by path of the listing */
    uint64_t asked;        /* ticket of what is under way; 0: nothing */
    path_listing *wanted;  /* its question */
    bool failed;           /* it could not be answered, and is not asked again */
} paths;

static paths *state_of(app *a)
{
    return a->state[VIEW_PATHS];
}

/* -- asking -------------------------------------------------------------------------------- */

static bool same_end(path_end x, path_end y)
{
    return x.layer == y.layer && x.feature == y.feature;
}

/* A new listing: nothing is unfolded in it; the cursor stays when only the circuit changed. */
static void take(paths *v, path_listing *fresh)
{
    bool same_ends = same_end(v->from, fresh->from) && same_end(v->to, fresh->to) && v->listing &&
                     v->listing->target == fresh->target;
    path_listing_free(v->listing);
    v->listing = fresh;
    v->from = fresh->from;
    v->to = fresh->to;
    free(v->unfolded);
    v->unfolded = mem_zero((size_t)fresh->set.count + 1, sizeof *v->unfolded);
    list_set_count(&v->list, fresh->set.count);
    if (!same_ends)
        list_go(&v->list, 0);
}

/* Marks outlive a circuit, but not a study with fewer features. */
static bool is_there(const circuit *c, path_end end)
{
    return end.layer == NOTHING ||
           (end.layer < c->layer_count &&
            end.feature < c->layer_first[end.layer + 1] - c->layer_first[end.layer]);
}

const path_listing *paths_listing(app *a)
{
    paths *v = state_of(a);
    if (!a->circuit || !is_there(a->circuit, a->path_from) || !is_there(a->circuit, a->path_to))
        return NULL;
    if (v->listing && path_listing_is_now(a, v->listing))
        return v->listing;
    if (v->wanted && path_listing_is_now(a, v->wanted))
        return NULL;
    path_listing_free(v->wanted);
    v->wanted = path_question(a);
    v->failed = false;
    if (a->circuit->edge_count <= AT_ONCE && !a->path_target) {
        void *found = NULL;
        error err = {0};
        if (path_listing_find(NULL, v->wanted, &found, &err) == STATUS_OK)
            take(v, found);
        else
            app_say(a, ROLE_ERROR, "%s", err.message);
        v->failed = !found;
        return found;
    }
    v->asked = app_ask(a, &(reader_question){.kind = READ_PATHS,
                                             .work = path_listing_find,
                                             .ask = path_question(a),
                                             .release_ask = path_listing_free,
                                             .release = path_listing_free});
    return NULL;
}

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    paths *v = self;
    if (kind != READ_PATHS)
        return false;
    if (answered->ticket != v->asked)
        return true;
    v->asked = 0;
    if (answered->code != STATUS_OK) {
        v->failed = true;
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    take(v, answered->result);
    answered->result = NULL;
    return true;
}

bool paths_coming(const app *a)
{
    const paths *v = a->state[VIEW_PATHS];
    return v->asked != 0;
}

/* -- marking ------------------------------------------------------------------------------- */

unsigned paths_mark(app *a, action_id what, uint32_t position, uint32_t feature)
{
    bool begin = what == ACT_PATH_BEGIN;
    path_end *end = begin ? &a->path_from : &a->path_to;
    const path_end other = begin ? a->path_to : a->path_from, here = {position, feature};
    char name[160];
    if (position == NOTHING || feature == NOTHING)
        return ACTED;
    app_feature_name(a, name, sizeof name, position, feature);
    if (same_end(*end, here)) {
        *end = (path_end){NOTHING, NOTHING};
        app_say(a, ROLE_STATUS, "paths no longer %s at %s", begin ? "begin" : "end", name);
        return ACTED_REDRAW;
    }
    *end = here;
    if (!begin)
        a->path_target = 0;
    if (other.layer == NOTHING)
        app_say(a, ROLE_STATUS, "paths %s at %s; %s elsewhere %s, 5 shows them",
                begin ? "begin" : "end", name, begin ? "}" : "{",
                begin ? "ends them" : "begins them");
    else if (begin ? position >= other.layer : other.layer >= position)
        app_say(a, ROLE_WARNING, "paths %s at %s, but lead to later layers only: no path",
                begin ? "begin" : "end", name);
    else
        app_say(a, ROLE_STATUS, "paths %s at %s; 5 shows them", begin ? "begin" : "end", name);
    return ACTED_REDRAW;
}

static unsigned forget(app *a)
{
    a->path_from = a->path_to = (path_end){NOTHING, NOTHING};
    a->path_target = 0;
    app_say(a, ROLE_STATUS, "paths begin and end anywhere");
    return ACTED_REDRAW;
}

/* To the next target variable, and from the last one back to features. */
static unsigned next_target(app *a)
{
    const target_set *all = &a->study->targets;
    uint32_t next = 0;
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].id == a->path_target)
            next = i + 1;
    if (all->count == 0) {
        app_say(a, ROLE_STATUS, "the study has no target variables");
        return ACTED_REDRAW;
    }
    a->path_target = next < all->count ? all->item[next].id : 0;
    a->path_to = (path_end){NOTHING, NOTHING};
    if (a->path_target)
        app_say(a, ROLE_STATUS, "paths lead to %s", all->item[next].name);
    else
        app_say(a, ROLE_STATUS, "paths lead to features");
    return ACTED_REDRAW;
}

/* Pins the path, or takes the pin away. */
static unsigned pin(app *a, const path_listing *l, paths_row at)
{
    const circuit_path *p = &l->set.item[at.path];
    bool on = at.path >= l->pinned;
    if (path_node(l->c, p, p->length) >= l->of->node_count) {
        app_say(a, ROLE_STATUS,
                "a path to a target variable cannot be pinned, only one of features");
        return ACTED_REDRAW;
    }
    path_place *over = mem_alloc(((size_t)p->length + 1) * sizeof *over);
    for (uint32_t i = 0; i <= p->length; i++) {
        uint32_t position = circuit_position(l->c, path_node(l->c, p, i), &over[i].feature);
        over[i].layer_id = app_layer(a, position)->id;
    }
    note_writer_pin_path(a->note_writer, over, p->length + 1, on);
    free(over);
    app_say(a, ROLE_STATUS, on ? "pinned: it stands first from now on" : "unpinned");
    return ACTED_REDRAW;
}

char *paths_subject(app *a, const path_listing *l, char *out, size_t capacity)
{
    char from[160], to[160];
    if (l->from.layer != NOTHING)
        app_feature_name(a, from, sizeof from, l->from.layer, l->from.feature);
    if (l->to.layer != NOTHING)
        app_feature_name(a, to, sizeof to, l->to.layer, l->to.feature);
    if (l->target && l->from.layer != NOTHING)
        snprintf(out, capacity, "%s %s %s", from, draw_glyph(GLYPH_ARROW), l->target_name);
    else if (l->target)
        snprintf(out, capacity, "to %s", l->target_name);
    else if (l->from.layer != NOTHING && l->to.layer != NOTHING)
        snprintf(out, capacity, "%s %s %s", from, draw_glyph(GLYPH_ARROW), to);
    else if (l->from.layer != NOTHING)
        snprintf(out, capacity, "from %s", from);
    else if (l->to.layer != NOTHING)
        snprintf(out, capacity, "into %s", to);
    else
        snprintf(out, capacity, "through the whole circuit");
    return out;
}

/* -- the view ------------------------------------------------------------------------------ */

static void *create(app *a)
{
    (void)a;
    return mem_zero(1, sizeof(paths));
}

static void destroy(void *self)
{
    paths *v = self;
    path_listing_free(v->listing);
    path_listing_free(v->wanted);
    free(v->unfolded);
    free(v);
}

static void enter(app *a, void *self, const place *where)
{
    paths *v = self;
    if (v->listing && v->listing->target && !v->listing->target_fit) { /* there may be one now */
        path_listing_free(v->wanted);
        path_listing_free(v->listing);
        v->wanted = v->listing = NULL;
    }
    paths_listing(a);
    if (where->layer == NOTHING)
        return;
    v->list.top = where->top;
    list_go(&v->list, where->row);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const paths *v = self;
    where->layer = 0; /* any: the row is meant */
    where->row = v->list.cursor;
    where->top = v->list.top;
}

/* A listing must not keep a large circuit alive that nobody looks at any more. */
static void changed(app *a, void *self, unsigned what)
{
    paths *v = self;
    if (!(what & (CHANGED_CIRCUIT | CHANGED_STUDY)))
        return;
    if (v->listing && v->listing->of != a->circuit) {
        path_listing_free(v->listing);
        v->listing = NULL;
    }
    if (v->wanted && v->wanted->of != a->circuit) {
        path_listing_free(v->wanted);
        v->wanted = NULL;
    }
    if (a->view == VIEW_PATHS)
        paths_listing(a);
}

static void draw(app *a, void *self, region body)
{
    paths *v = self;
    paths_draw(&(paths_picture){a, paths_listing(a), v->unfolded, &v->list}, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    (void)self;
    const path_listing *l = paths_listing(a);
    out[0] = '\0';
    if (l)
        paths_subject(a, l, out, capacity);
}

/* The row under the cursor; path NOTHING: there is none. */
static paths_row row_at_hand(app *a, const paths *v)
{
    const path_listing *l = paths_listing(a);
    if (!l || v->list.cursor >= v->list.count)
        return (paths_row){NOTHING, NOTHING};
    return paths_row_at(l, v->unfolded, v->list.cursor);
}

static unsigned fold(paths *v, paths_row at, bool unfold)
{
    if (at.path == NOTHING || v->unfolded[at.path] == unfold)
        return ACTED;
    uint32_t places = v->listing->set.item[at.path].length + 1;
    uint32_t head = v->list.cursor - (at.place == NOTHING ? 0 : at.place + 1);
    v->unfolded[at.path] = unfold;
    list_set_count(&v->list, unfold ? v->list.count + places : v->list.count - places);
    if (unfold) /* the last of its lines is to be seen, but never at the cost of the first */
        list_go(&v->list, head + places < v->list.count ? head + places : v->list.count - 1);
    v->list.top = unfold && v->list.top > head ? head : v->list.top;
    list_go(&v->list, head);
    return ACTED_REDRAW;
}

/* The node that the row stands for: of a path itself, where it ends. */
static uint32_t node_of(const path_listing *l, paths_row at)
{
    const circuit_path *p = &l->set.item[at.path];
    return path_node(l->c, p, at.place == NOTHING ? p->length : at.place);
}

static unsigned go(app *a, const path_listing *l, paths_row at, view_id view)
{
    place where = PLACE(view);
    if (node_of(l, at) >= l->of->node_count) {
        app_say(a, ROLE_STATUS, "%s is a target variable: it has no edges of its own",
                l->target_name);
        return ACTED_REDRAW;
    }
    where.layer = circuit_position(l->c, node_of(l, at), &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned mark(app *a, const path_listing *l, paths_row at, action_id what)
{
    uint32_t feature = 0;
    if (at.place == NOTHING)
        at.place = what == ACT_PATH_BEGIN ? 0 : NOTHING;
    if (node_of(l, at) >= l->of->node_count)
        return ACTED;
    uint32_t position = circuit_position(l->c, node_of(l, at), &feature);
    return paths_mark(a, what, position, feature);
}

/* The whole path: its weight, then a line a step, as the unfolded rows say it. */
static unsigned copy(app *a, const path_listing *l, paths_row at)
{
    const circuit_path *p = &l->set.item[at.path];
    char *text = mem_format("%.9g", p->weight);
    for (uint32_t step = 0; step <= p->length; step++) {
        char name[160], reading[160];
        uint32_t node = path_node(l->c, p, step);
        char *longer = mem_format("%s\t%s", text, path_node_name(a, l, node, name, sizeof name));
        free(text);
        text = step == 0 ? mem_format("%s\t%s", longer, path_node_label(a, l, node))
                         : mem_format("%s\t%.9g\t%s\t%s", longer,
                                      (double)l->c->edge[p->edge[step - 1]].standardised,
                                      paths_reading(a, l, (paths_row){at.path, step}, false,
                                                    reading, sizeof reading),
                                      path_node_label(a, l, node));
        free(longer);
    }
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

static unsigned step_threshold(app *a, bool up, int count)
{
    if (!a->circuit)
        return ACTED;
    for (int i = 0; i < (count > 0 ? count : 1); i++)
        a->threshold = edges_threshold_step(a->circuit, a->threshold, up);
    if (a->threshold > 0)
        app_say(a, ROLE_STATUS, "threshold %g on %s", a->threshold, strength_name(a->measure));
    else
        app_say(a, ROLE_STATUS, "no threshold: paths take every edge");
    paths_listing(a);
    return ACTED_REDRAW;
}

static unsigned act_on_row(app *a, paths *v, action_id what)
{
    paths_row at = row_at_hand(a, v);
    if (at.path == NOTHING)
        return ACTED;
    switch (what) {
    case ACT_OPEN:
        return at.place == NOTHING ? fold(v, at, !v->unfolded[at.path])
                                   : go(a, v->listing, at, VIEW_CIRCUIT);
    case ACT_LEFT: return fold(v, at, false);
    case ACT_RIGHT: return fold(v, at, true);
    case ACT_CARD: return go(a, v->listing, at, VIEW_FEATURES);
    case ACT_COPY: return copy(a, v->listing, at);
    case ACT_PIN_PATH: return pin(a, v->listing, at);
    default: return mark(a, v->listing, at, what);
    }
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    paths *v = self;
    if (list_act(&v->list, what, count))
        return ACTED_REDRAW;
    switch (what) {
    case ACT_OPEN:
    case ACT_LEFT:
    case ACT_RIGHT:
    case ACT_CARD:
    case ACT_COPY:
    case ACT_PIN_PATH:
    case ACT_PATH_BEGIN:
    case ACT_PATH_END: return act_on_row(a, v, what);
    case ACT_PATH_FORGET: return forget(a);
    case ACT_PATH_TARGET: return a->study ? next_target(a) : ACTED;
    case ACT_PICTURE: return picture_go(a, NOTHING);
    case ACT_RAISE: return step_threshold(a, true, count);
    case ACT_LOWER: return step_threshold(a, false, count);
    default: return ACTED_NOT;
    }
}

static bool waiting(app *a, void *self)
{
    (void)self;
    return app_circuit_coming(a) || paths_coming(a);
}

const view_ops paths_view = {
    .id = VIEW_PATHS,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .answer = answer,
    .changed = changed,
    .crumb = crumb,
};
