/* The Trust view: how well the present fit was solved, how much it explains, and which targets and
 * sources deserve a second look. */
#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/sample.h"
#include "ui/trust_draw.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct trust_state {
    summary *s;        /* as read last; NULL: none */
    uint64_t asked;    /* ticket of what is under way; 0: nothing */
    const circuit *of; /* the circuit that was asked about; only compared */
    trust_list which;
    list list[TRUST_LISTS];
    bool zoomed;
} trust_state;

/* -- reading ------------------------------------------------------------------------------- */

typedef struct question {
    int64_t fit_id;
    circuit *c; /* held; may be NULL */
} question;

static void question_free(void *asked)
{
    question *q = asked;
    circuit_free(q->c);
    free(q);
}

static void answer_free(void *read)
{
    summary_free(read);
}

static status read_summary(db *d, void *asked, void **result, error *err)
{
    const question *q = asked;
    layer_set layers = {0};
    summary *s = NULL;
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = summary_load(d, &layers, q->fit_id, q->c, &s, err);
    layer_set_release(&layers);
    *result = s;
    return code;
}

static void ask(app *a, trust_state *v)
{
    if (a->fit_id == 0)
        return;
    question *q = mem_zero(1, sizeof *q);
    q->fit_id = a->fit_id;
    q->c = a->circuit ? circuit_hold(a->circuit) : NULL;
    v->of = a->circuit;
    v->asked = app_ask(a, &(reader_question){.kind = READ_TRUST,
                                             .work = read_summary,
                                             .ask = q,
                                             .release_ask = question_free,
                                             .release = answer_free});
}

static void drop(trust_state *v)
{
    summary_free(v->s);
    v->s = NULL;
    v->of = NULL;
    v->asked = 0;
}

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    trust_state *v = self;
    if (kind != READ_TRUST)
        return false;
    if (answered->ticket != v->asked)
        return true;
    v->asked = 0;
    if (answered->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    summary_free(v->s);
    v->s = answered->result;
    answered->result = NULL;
    for (int i = 0; i < TRUST_LISTS; i++)
        list_set_count(&v->list[i], trust_count(v->s, (trust_list)i));
    return true;
}

/* -- coming and going ---------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    trust_state *v = mem_zero(1, sizeof *v);
    for (int i = 0; i < TRUST_LISTS; i++)
        v->list[i].page = 10; /* until it is drawn */
    return v;
}

static void destroy(void *self)
{
    drop(self);
    free(self);
}

/* Reads anew when the fit, or what is known of it, is another than what was read. */
static void refresh(app *a, trust_state *v)
{
    if (v->s && v->s->fit_id != a->fit_id)
        drop(v);
    if (!v->asked && a->fit_id && (!v->s || v->of != a->circuit))
        ask(a, v);
    else if (v->asked && v->of != a->circuit)
        ask(a, v);
}

static void enter(app *a, void *self, const place *where)
{
    trust_state *v = self;
    if (where->mode > 0 && where->mode <= TRUST_LISTS) {
        v->which = (trust_list)(where->mode - 1);
        v->list[v->which].top = where->top;
        list_go(&v->list[v->which], where->row);
    }
    refresh(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const trust_state *v = self;
    where->mode = (int)v->which + 1;
    where->row = v->list[v->which].cursor;
    where->top = v->list[v->which].top;
}

static void changed(app *a, void *self, unsigned what)
{
    if (a->view == VIEW_TRUST && what & (CHANGED_CIRCUIT | CHANGED_STUDY))
        refresh(a, self);
}

static void draw(app *a, void *self, region body)
{
    trust_state *v = self;
    trust_picture p = {.a = a,
                       .s = v->s && v->s->fit_id == a->fit_id ? v->s : NULL,
                       .which = v->which,
                       .list = &v->list[v->which],
                       .zoomed = v->zoomed};
    trust_draw(&p, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    (void)self;
    out[0] = '\0';
    if (a->fit_id)
        snprintf(out, capacity, "fit %lld", (long long)a->fit_id);
}

/* -- acting -------------------------------------------------------------------------------- */

static uint32_t node_at_hand(const trust_state *v)
{
    const list *l = &v->list[v->which];
    if (!v->s || l->cursor >= l->count)
        return NOTHING;
    switch (v->which) {
    case TRUST_UNCONVERGED: return v->s->unconverged.item[l->cursor].node;
    case TRUST_ORPHANS: return v->s->orphans.item[l->cursor].node;
    case TRUST_LEAST: return v->s->least.item[l->cursor].node;
    case TRUST_HUBS: return v->s->hub[l->cursor].node;
    default: return NOTHING;
    }
}

/* The feature at hand, by its layer; the circuit may not be here. */
static bool feature_at_hand(const app *a, const trust_state *v, uint32_t *position,
                            uint32_t *feature)
{
    uint32_t node = node_at_hand(v);
    *position = 0;
    if (node == NOTHING)
        return false;
    while (*position < a->study->layers.count && node >= a->study->layers.item[*position].features)
        node -= a->study->layers.item[(*position)++].features;
    *feature = node;
    return *position < a->study->layers.count;
}

static unsigned go_to(app *a, const trust_state *v, view_id view, int mode)
{
    place where = PLACE(view);
    if (!feature_at_hand(a, v, &where.layer, &where.feature))
        return ACTED;
    where.mode = mode;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned open_pair(app *a, const trust_state *v)
{
    const list *l = &v->list[TRUST_PAIRS];
    if (!v->s || l->cursor >= l->count)
        return ACTED;
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    where.sort = circuit_only_pair(v->s->pair[l->cursor].source, v->s->pair[l->cursor].target);
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned open_row(app *a, const trust_state *v)
{
    switch (v->which) {
    case TRUST_PAIRS: return open_pair(a, v);
    case TRUST_HUBS: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_CHILDREN);
    case TRUST_ORPHANS: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_USUAL);
    default: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_PARENTS);
    }
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    (void)self;
    notes_typed(a, tag, event, text);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    trust_state *v = self;
    uint32_t position = NOTHING, feature = NOTHING;
    if (a->study)
        feature_at_hand(a, v, &position, &feature);
    if (notes_act(a, what, position, feature) || list_act(&v->list[v->which], what, count))
        return ACTED_REDRAW;
    switch (what) {
    case ACT_PANE:
    case ACT_RIGHT: v->which = (trust_list)((v->which + 1) % TRUST_LISTS); return ACTED_REDRAW;
    case ACT_LEFT:
        v->which = (trust_list)((v->which + TRUST_LISTS - 1) % TRUST_LISTS);
        return ACTED_REDRAW;
    case ACT_ZOOM: v->zoomed = !v->zoomed; return ACTED_REDRAW;
    case ACT_OPEN: return open_row(a, v);
    case ACT_CARD: return go_to(a, v, VIEW_FEATURES, 0);
    case ACT_PARENTS: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_CHILDREN);
    case ACT_STRONGEST: return go_to(a, v, VIEW_SAMPLE, SAMPLE_STRONGEST);
    default: return ACTED_NOT;
    }
}

const view_ops trust_view = {
    .id = VIEW_TRUST,
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
