/* The Sample view: one sample in its document, what is active there in every layer, and the
 * circuit as that sample sees it. */
#include "ui/sample.h"

#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/sample_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TAG_FIND = 1,
    EDGES_FIRST = 10, /* of a layer pair */
    PAGE_FIRST = 10   /* rows of a list that was not drawn yet */
};

typedef struct sample_view_state {
    uint32_t sample;     /* shown; NOTHING: none yet */
    uint32_t aim;        /* to be shown, once its document is here */
    sample_text *text;   /* the document round the one shown */
    uint64_t text_asked; /* tickets of what is under way; 0: nothing */
    uint64_t rows_asked;
    sample_layer **layer; /* by position; NULL: not here yet */
    uint32_t layers, layers_read;
    uint32_t first, count; /* samples of the window */
    sample_lists lists;
    list features, edges;
    bool on_edges, zoomed, by_all;
    uint32_t most;              /* edges listed of a layer pair */
    uint32_t position, feature; /* marked: what shades the text; NOTHING: none */
    uint32_t rank; /* of the next sample that `x` goes to, among those of the feature */
    float *shade;  /* by token */
    float shade_most;
    int top;
    char words[96];
} sample_view_state;

/* -- what is shown ------------------------------------------------------------------------- */

static uint32_t samples_of(const app *a)
{
    if (!a->study || a->study->samples > 0)
        return a->study ? a->study->samples : 0;
    return a->study->layers.count ? a->study->layers.item[0].samples : 0;
}

/* Over all features that were read. */
static float total_activity(const sample_view_state *v, uint32_t sample)
{
    double sum = 0;
    for (uint32_t i = 0; i < v->layers; i++) {
        const sample_rows *rows = v->layer[i] ? &v->layer[i]->rows : NULL;
        if (!rows || sample < rows->first || sample - rows->first >= rows->count)
            continue;
        uint64_t end = rows->start[sample - rows->first + 1];
        for (uint64_t k = rows->start[sample - rows->first]; k < end; k++)
            sum += fabs((double)rows->value[k]);
    }
    return (float)sum;
}

/* As asked, or while no feature is marked yet. */
static bool shaded_by_all(const sample_view_state *v)
{
    return v->by_all || v->position == NOTHING;
}

static void make_shade(sample_view_state *v)
{
    const sample_text *t = v->text;
    v->shade_most = 0.0f;
    for (uint32_t i = 0; t && t->by_token && i < t->count; i++) {
        uint32_t sample = t->first_token + i;
        if (shaded_by_all(v))
            v->shade[i] = total_activity(v, sample);
        else
            v->shade[i] = v->position < v->layers
                              ? sample_value(v->layer[v->position], sample, v->feature)
                              : 0.0f;
        v->shade_most = fmaxf(v->shade_most, fabsf(v->shade[i]));
    }
}

/* The feature of the row at hand: an edge's source. */
static bool feature_at_hand(const app *a, const sample_view_state *v, uint32_t *position,
                            uint32_t *feature)
{
    uint32_t item = NOTHING;
    const list *l = v->on_edges ? &v->edges : &v->features;
    if (!sample_list_at(v->on_edges ? &v->lists.edges : &v->lists.features, l->cursor, &item) ||
        item == NOTHING)
        return false;
    if (v->on_edges) {
        *position = circuit_position(
            a->circuit, a->circuit->edge[v->lists.at.edge[item].edge].source, feature);
    } else {
        *position = v->lists.active[item].position;
        *feature = v->lists.active[item].feature;
    }
    return true;
}

/* The marked feature follows the cursor. */
static void mark(const app *a, sample_view_state *v)
{
    uint32_t position, feature;
    if (!feature_at_hand(a, v, &position, &feature))
        return;
    if (position != v->position || feature != v->feature)
        v->rank = 0;
    v->position = position;
    v->feature = feature;
    make_shade(v);
}

/* The lists of the sample shown; cursors stay on what they were on, if it is still listed. */
static void make_lists(const app *a, sample_view_state *v)
{
    uint32_t item = NOTHING, kept = NOTHING;
    if (sample_list_at(&v->lists.edges, v->edges.cursor, &item) && item != NOTHING)
        kept = v->lists.at.edge[item].edge;
    if (v->sample == NOTHING)
        return;
    sample_lists_make(&v->lists, v->layer, v->layers, v->sample, a->circuit, v->most);
    list_set_count(&v->features, v->lists.features.rows);
    list_set_count(&v->edges, v->lists.edges.rows);
    for (uint32_t i = 0; i < v->lists.active_count; i++)
        if (v->lists.active[i].position == v->position && v->lists.active[i].feature == v->feature)
            list_go(&v->features, sample_list_row(&v->lists.features, i));
    for (uint32_t i = 0; i < v->lists.edges.items; i++)
        if (v->lists.at.edge[i].edge == kept)
            list_go(&v->edges, sample_list_row(&v->lists.edges, i));
    make_shade(v);
}

/* -- reading ------------------------------------------------------------------------------- */

static void drop_layers(sample_view_state *v)
{
    for (uint32_t i = 0; i < v->layers; i++)
        sample_layer_free(v->layer[i]);
    free(v->layer);
    v->layer = NULL;
    v->layers = v->layers_read = v->count = 0;
    v->rows_asked = 0;
}

/* One layer after the other; first the one of the marked feature. */
static void ask_next_layer(app *a, sample_view_state *v)
{
    uint32_t next = v->position < v->layers && !v->layer[v->position] ? v->position : 0;
    while (next < v->layers && v->layer[next])
        next++;
    const layer *l = next < v->layers ? app_layer(a, next) : NULL;
    v->rows_asked = l ? sample_ask_layer(a, l, v->first, v->count) : 0;
}

/* Has the samples of the document read, or of as much of it as a window holds. */
static void ask_layers(app *a, sample_view_state *v)
{
    enum { NEAR = 64 };
    const sample_text *t = v->text;
    uint32_t window = sample_window(&a->study->layers);
    uint32_t low = t->by_token ? t->first_token : t->first;
    uint32_t high = t->by_token ? t->first_token + t->count : t->first + t->samples;
    if (high - low > window) { /* what is round the sample must do */
        low = v->sample - low > NEAR ? v->sample - NEAR : low;
        high = high - v->sample > NEAR ? v->sample + NEAR : high;
    }
    if (v->layers == a->study->layers.count && low >= v->first && high - v->first <= v->count)
        return;
    bool back = v->count > 0 && low < v->first;
    drop_layers(v);
    v->layers = a->study->layers.count;
    v->layer = mem_zero((size_t)v->layers + 1, sizeof *v->layer);
    uint32_t wanted = high - low, first = low;
    if (back && wanted < window) /* whoever goes back will go on doing so */
        first = high > window ? high - window : 0;
    else if (high - low < window && high - low == 2 * NEAR)
        first = low > window / 2 ? low - window / 2 : 0;
    v->first = first;
    v->count = wanted > window ? wanted : window;
    ask_next_layer(a, v);
}

static bool in_text(const sample_text *t, uint32_t sample)
{
    if (!t)
        return false;
    return t->by_token ? sample >= t->first_token && sample - t->first_token < t->count
                       : sample >= t->first && sample - t->first < t->samples;
}

static void show_sample(app *a, sample_view_state *v, uint32_t sample)
{
    v->aim = sample;
    if (!in_text(v->text, sample)) {
        v->text_asked = sample_ask(a, sample, false);
        return;
    }
    v->text_asked = 0;
    v->sample = sample;
    ask_layers(a, v);
    make_lists(a, v);
}

static void take_text(app *a, sample_view_state *v, reader_answer *answered)
{
    sample_text *t = answered->result;
    v->text_asked = 0;
    if (!t->found) {
        app_say(a, ROLE_WARNING, v->words[0] ? "no document has \"%s\"" : "it is active nowhere",
                v->words);
        return;
    }
    answered->result = NULL;
    sample_text_free(v->text);
    v->text = t;
    v->shade = mem_grow(v->shade, (size_t)t->count + 1, sizeof *v->shade);
    v->top = 0;
    show_sample(a, v, t->sample);
}

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    sample_view_state *v = self;
    if (kind != READ_SAMPLE_TEXT && kind != READ_SAMPLE_ROWS)
        return false;
    if (answered->ticket != (kind == READ_SAMPLE_TEXT ? v->text_asked : v->rows_asked))
        return true;
    if (answered->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    if (kind == READ_SAMPLE_TEXT) {
        take_text(a, v, answered);
        return true;
    }
    sample_layer *l = answered->result;
    if (l->position < v->layers && !v->layer[l->position]) {
        v->layer[l->position] = l;
        answered->result = NULL;
        v->layers_read++;
    }
    ask_next_layer(a, v);
    make_lists(a, v);
    return true;
}

/* -- coming and going ---------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    sample_view_state *v = mem_zero(1, sizeof *v);
    v->most = EDGES_FIRST;
    v->features.page = v->edges.page = PAGE_FIRST;
    v->sample = v->aim = v->position = v->feature = NOTHING;
    return v;
}

static void destroy(void *self)
{
    sample_view_state *v = self;
    drop_layers(v);
    sample_text_free(v->text);
    sample_lists_release(&v->lists);
    free(v->shade);
    free(v);
}

static void ask_strongest(app *a, sample_view_state *v)
{
    const layer *l = app_layer(a, v->position);
    v->words[0] = '\0';
    if (l)
        v->text_asked = sample_ask_strongest(a, l, v->feature, v->rank++);
}

static void enter(app *a, void *self, const place *where)
{
    sample_view_state *v = self;
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
    else if (where->mode == SAMPLE_AT && where->row < samples_of(a))
        show_sample(a, v, where->row);
    else if (v->aim == NOTHING && samples_of(a) > 0)
        show_sample(a, v, 0);
    else
        make_lists(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const sample_view_state *v = self;
    where->mode = v->sample == NOTHING ? SAMPLE_USUAL : SAMPLE_AT;
    where->row = v->sample;
    where->layer = v->position;
    where->feature = v->feature;
}

static void changed(app *a, void *self, unsigned what)
{
    sample_view_state *v = self;
    if (what & CHANGED_STUDY && v->layers != a->study->layers.count)
        drop_layers(v);
    if (what & CHANGED_STUDY && a->view == VIEW_SAMPLE && v->aim == NOTHING)
        enter(a, v, &PLACE(VIEW_SAMPLE));
    if (what & CHANGED_CIRCUIT)
        make_lists(a, v);
}

static void draw(app *a, void *self, region body)
{
    sample_view_state *v = self;
    sample_picture p = {.a = a,
                        .sample = v->sample,
                        .text = v->sample == NOTHING ? NULL : v->text,
                        .layer = v->layer,
                        .layers = v->layers,
                        .layers_read = v->layers_read,
                        .shade = v->shade,
                        .shade_most = v->shade_most,
                        .by_all = shaded_by_all(v),
                        .position = v->position,
                        .feature = v->feature,
                        .lists = &v->lists,
                        .features = &v->features,
                        .edges = &v->edges,
                        .on_edges = v->on_edges,
                        .zoomed = v->zoomed,
                        .top = v->top};
    sample_draw(&p, body);
    v->top = p.top;
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const sample_view_state *v = self;
    char all[24];
    out[0] = '\0';
    if (a->study && v->text)
        snprintf(out, capacity, "%s samples", show_count(all, samples_of(a)));
}

/* -- acting -------------------------------------------------------------------------------- */

static unsigned step(app *a, sample_view_state *v, int64_t by)
{
    int64_t last = (int64_t)samples_of(a) - 1;
    if (v->aim == NOTHING || last < 0)
        return ACTED;
    int64_t to = (int64_t)v->aim + by;
    to = to < 0 ? 0 : to > last ? last : to;
    if (to == (int64_t)v->aim)
        app_say(a, ROLE_STATUS, by < 0 ? "this is the first sample" : "this is the last sample");
    else
        show_sample(a, v, (uint32_t)to);
    return ACTED_REDRAW;
}

static unsigned step_document(app *a, sample_view_state *v, bool forward)
{
    const sample_text *t = v->text;
    if (!t)
        return ACTED;
    if (forward ? t->first + t->samples >= samples_of(a) : t->first == 0) {
        app_say(a, ROLE_STATUS,
                forward ? "this is the last document" : "this is the first document");
        return ACTED_REDRAW;
    }
    v->text_asked = sample_ask(a, forward ? t->first + t->samples : t->first - 1, true);
    return ACTED_REDRAW;
}

/* To the samples where the marked feature is strongest: the first time to its strongest, then to
 * the second strongest, and so on; a count goes to that one. */
static unsigned go_strongest(app *a, sample_view_state *v, int count)
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
static unsigned open_row(app *a, sample_view_state *v)
{
    uint32_t item = NOTHING, position = NOTHING, feature = NOTHING;
    if (v->on_edges && sample_list_at(&v->lists.edges, v->edges.cursor, &item) &&
        item != NOTHING) {
        const circuit_edge *e = &a->circuit->edge[v->lists.at.edge[item].edge];
        position = circuit_position(a->circuit, e->target, &feature);
    } else {
        feature_at_hand(a, v, &position, &feature);
    }
    return go_to(a, VIEW_CIRCUIT, CIRCUIT_USUAL, position, feature);
}

/* Half or twice as many edges of each layer pair. */
static unsigned list_edges(const app *a, sample_view_state *v, bool more)
{
    if (more && v->most < UINT32_MAX / 2)
        v->most *= 2;
    else if (!more && v->most > 1)
        v->most /= 2;
    v->on_edges = true;
    make_lists(a, v);
    return ACTED_REDRAW;
}

static unsigned copy_text(app *a, const sample_view_state *v)
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

static unsigned find_next(app *a, sample_view_state *v)
{
    if (v->words[0])
        v->text_asked = sample_ask_words(a, v->words, v->aim == NOTHING ? 0 : v->aim);
    else
        app_say(a, ROLE_STATUS, "first / and words of a text");
    return ACTED_REDRAW;
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    sample_view_state *v = self;
    if (notes_typed(a, tag, event, text) || tag != TAG_FIND || event != PROMPT_ACCEPTED)
        return;
    snprintf(v->words, sizeof v->words, "%s", text);
    if (text[0])
        find_next(a, v);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    sample_view_state *v = self;
    uint32_t position = NOTHING, feature = NOTHING;
    int64_t times = count > 0 ? count : 1;
    feature_at_hand(a, v, &position, &feature);
    if (notes_act(a, what, position, feature))
        return ACTED_REDRAW;
    if (list_act(v->on_edges ? &v->edges : &v->features, what, count)) {
        mark(a, v);
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
        make_shade(v);
        return ACTED_REDRAW;
    case ACT_RAISE: return list_edges(a, v, false);
    case ACT_LOWER: return list_edges(a, v, true);
    case ACT_PANE:
        v->on_edges = !v->on_edges;
        mark(a, v);
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

const view_ops sample_view = {
    .id = VIEW_SAMPLE,
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
