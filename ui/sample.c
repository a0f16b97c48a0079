/* The Sample view: one sample in its document, what is active there in every layer, and the
 * circuit as that sample sees it. */
#include "ui/sample.h"

#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/sample_draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_FIND = 1,
    EDGES_FIRST = 10, /* of a layer pair */
    PAGE_FIRST = 10   /* rows of a list that was not drawn yet */
};

/* -- coming and going ---------------------------------------------------------------------- */

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    return sample_state_answer(a, self, kind, answered);
}

static void *create(app *a)
{
    (void)a;
    sample_state *v = mem_zero(1, sizeof *v);
    v->most = EDGES_FIRST;
    v->features.page = v->edges.page = PAGE_FIRST;
    v->sample = v->aim = v->position = v->feature = NOTHING;
    return v;
}

static void destroy(void *self)
{
    sample_state *v = self;
    sample_state_drop(v);
    sample_text_free(v->text);
    sample_lists_release(&v->lists);
    free(v->shade);
    free(v);
}

static void ask_strongest(app *a, sample_state *v)
{
    const layer *l = app_layer(a, v->position);
    v->words[0] = '\0';
    if (l)
        v->text_asked = sample_ask_strongest(a, l, v->feature, v->rank++);
}

static void enter(app *a, void *self, const place *where)
{
    sample_state *v = self;
    if (where->feature != NOTHING) {
        v->position = where->layer;
        v->feature = where->feature;
        v->rank = 0;
        v->by_all = v->on_edges = false;
    }
    if (!a->study)
        return;
    if (where->mode == SAMPLE_STRONGEST)
        ask_strongest(a, v);
    else if (where->mode == SAMPLE_AT && where->row < sample_state_samples(a))
        sample_state_show(a, v, where->row);
    else if (v->aim == NOTHING && sample_state_samples(a) > 0)
        sample_state_show(a, v, 0);
    else
        sample_state_list(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const sample_state *v = self;
    where->mode = v->sample == NOTHING ? SAMPLE_USUAL : SAMPLE_AT;
    where->row = v->sample;
    where->layer = v->position;
    where->feature = v->feature;
}

static void changed(app *a, void *self, unsigned what)
{
    sample_state *v = self;
    if (what & CHANGED_STUDY && v->layers != a->study->layers.count)
        sample_state_drop(v);
    if (what & CHANGED_STUDY && a->view == VIEW_SAMPLE && v->aim == NOTHING)
        enter(a, v, &PLACE(VIEW_SAMPLE));
    if (what & CHANGED_CIRCUIT)
        sample_state_list(a, v);
}

static void draw(app *a, void *self, region body)
{
    sample_draw(a, self, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const sample_state *v = self;
    char all[24];
    out[0] = '\0';
    if (a->study && v->text)
        snprintf(out, capacity, "%s samples", show_count(all, sample_state_samples(a)));
}

/* -- acting -------------------------------------------------------------------------------- */

static unsigned step(app *a, sample_state *v, int64_t by)
{
    int64_t last = (int64_t)sample_state_samples(a) - 1;
    if (v->aim == NOTHING || last < 0)
        return ACTED;
    int64_t to = (int64_t)v->aim + by;
    to = to < 0 ? 0 : to > last ? last : to;
    if (to == (int64_t)v->aim)
        app_say(a, ROLE_STATUS, by < 0 ? "this is the first sample" : "this is the last sample");
    else
        sample_state_show(a, v, (uint32_t)to);
    return ACTED_REDRAW;
}

static unsigned step_document(app *a, sample_state *v, bool forward)
{
    const sample_text *t = v->text;
    if (!t)
        return ACTED;
    if (forward ? t->first + t->samples >= sample_state_samples(a) : t->first == 0) {
        app_say(a, ROLE_STATUS,
                forward ? "this is the last document" : "this is the first document");
        return ACTED_REDRAW;
    }
    v->text_asked = sample_ask(a, forward ? t->first + t->samples : t->first - 1, true);
    return ACTED_REDRAW;
}

/* To the samples where the marked feature is strongest: the first time to its strongest, then to
 * the second strongest, and so on; a count goes to that one. */
static unsigned go_strongest(app *a, sample_state *v, int count)
{
    if (v->position == NOTHING) {
        app_say(a, ROLE_STATUS, "first the cursor on a feature");
        return ACTED_REDRAW;
    }
    if (count > 0)
        v->rank = (uint32_t)count - 1;
    ask_strongest(a, v);
    v->by_all = false;
    return ACTED_REDRAW;
}

static unsigned go_to(app *a, view_id view, int mode, uint32_t position, uint32_t feature)
{
    place where = PLACE(view);
    if (feature == NOTHING)
        return ACTED;
    where.mode = mode;
    where.layer = position;
    where.feature = feature;
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* Enter: a feature's edges; an edge's target's. */
static unsigned open_row(app *a, sample_state *v)
{
    uint32_t item = NOTHING, position = NOTHING, feature = NOTHING;
    if (v->on_edges && sample_list_at(&v->lists.edges, v->edges.cursor, &item) &&
        item != NOTHING) {
        const circuit_edge *e = &a->circuit->edge[v->lists.at.edge[item].edge];
        position = circuit_position(a->circuit, e->target, &feature);
    } else {
        sample_state_at_hand(a, v, &position, &feature);
    }
    return go_to(a, VIEW_CIRCUIT, CIRCUIT_USUAL, position, feature);
}

/* Half or twice as many edges of each layer pair. */
static unsigned list_edges(const app *a, sample_state *v, bool more)
{
    if (more && v->most < UINT32_MAX / 2)
        v->most *= 2;
    else if (!more && v->most > 1)
        v->most /= 2;
    v->on_edges = true;
    sample_state_list(a, v);
    return ACTED_REDRAW;
}

static unsigned copy_text(app *a, const sample_state *v)
{
    if (!v->text || v->text->count == 0)
        return ACTED;
    size_t room = 1, length = 0;
    for (uint32_t i = 0; i < v->text->count; i++)
        room += strlen(v->text->token[i].text);
    char *text = mem_alloc(room);
    text[0] = '\0';
    for (uint32_t i = 0; i < v->text->count; i++) {
        size_t more = strlen(v->text->token[i].text);
        memcpy(text + length, v->text->token[i].text, more + 1);
        length += more;
    }
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

static unsigned find_next(app *a, sample_state *v)
{
    if (v->words[0])
        v->text_asked = sample_ask_words(a, v->words, v->aim == NOTHING ? 0 : v->aim);
    else
        app_say(a, ROLE_STATUS, "first / and words of a text");
    return ACTED_REDRAW;
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    sample_state *v = self;
    if (notes_typed(a, tag, event, text) || tag != TAG_FIND || event != PROMPT_ACCEPTED)
        return;
    snprintf(v->words, sizeof v->words, "%s", text);
    if (text[0])
        find_next(a, v);
}

/* On a token of the text. */
static void click(app *a, void *self, int number)
{
    sample_state *v = self;
    if (v->text && v->text->by_token)
        sample_state_show(a, v, v->text->first_token + (uint32_t)number);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    sample_state *v = self;
    uint32_t position = NOTHING, feature = NOTHING;
    int64_t times = count > 0 ? count : 1;
    sample_state_at_hand(a, v, &position, &feature);
    if (notes_act(a, what, position, feature))
        return ACTED_REDRAW;
    if (list_act(v->on_edges ? &v->edges : &v->features, what, count)) {
        sample_state_mark(a, v);
        return ACTED_REDRAW;
    }
    switch (what) {
    case ACT_SAMPLE_NEXT:
    case ACT_RIGHT: return step(a, v, times);
    case ACT_SAMPLE_PREVIOUS:
    case ACT_LEFT: return step(a, v, -times);
    case ACT_DOCUMENT_NEXT: return step_document(a, v, true);
    case ACT_DOCUMENT_PREVIOUS: return step_document(a, v, false);
    case ACT_STRONGEST: return go_strongest(a, v, count);
    case ACT_FIND: app_prompt(a, TAG_FIND, "find in the texts: ", v->words); return ACTED_REDRAW;
    case ACT_FIND_NEXT: return find_next(a, v);
    case ACT_SHADE:
        v->by_all = !v->by_all;
        sample_state_shade(v);
        return ACTED_REDRAW;
    case ACT_RAISE: return list_edges(a, v, false);
    case ACT_LOWER: return list_edges(a, v, true);
    case ACT_PANE:
        v->on_edges = !v->on_edges;
        sample_state_mark(a, v);
        return ACTED_REDRAW;
    case ACT_ZOOM: v->zoomed = !v->zoomed; return ACTED_REDRAW;
    case ACT_OPEN: return open_row(a, v);
    case ACT_CARD: return go_to(a, VIEW_FEATURES, 0, position, feature);
    case ACT_PARENTS: return go_to(a, VIEW_CIRCUIT, CIRCUIT_PARENTS, position, feature);
    case ACT_CHILDREN: return go_to(a, VIEW_CIRCUIT, CIRCUIT_CHILDREN, position, feature);
    case ACT_COPY: return copy_text(a, v);
    default: return ACTED_NOT;
    }
}

static bool waiting(app *a, void *self)
{
    const sample_state *v = self;
    return !a->study || (!v->text && v->text_asked);
}

const view_ops sample_view = {
    .id = VIEW_SAMPLE,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .click = click,
    .answer = answer,
    .changed = changed,
    .typed = typed,
    .crumb = crumb,
};
