/* The Trust view: is the circuit real? A row for how well the fit was solved, a row for each
 * check, and a page behind each row. */
#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/sample.h"
#include "ui/trust_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* -- reading ------------------------------------------------------------------------------- */

/* Starts a reader when it is first needed. */
static bool has_reader(app *a, reader **r)
{
    error err = {0};
    if (!*r && reader_start(r, a->path, a->news, &err) != STATUS_OK)
        app_say(a, ROLE_ERROR, "%s", err.message);
    return *r != NULL;
}

static void ask_summary(app *a, trust_state *v)
{
    if (!has_reader(a, &v->summaries))
        return;
    v->of = a->circuit;
    v->summary_asked = true;
    trust_ask_summary(v->summaries, a->fit_id, a->circuit);
}

static void ask_checks(app *a, trust_state *v)
{
    if (!has_reader(a, &v->checks))
        return;
    v->checks_asked = a->fit_id;
    trust_ask_checks(v->checks, a->fit_id);
}

/* The lists of the page's check, unless they are here or on their way. */
static void ask_findings(app *a, trust_state *v)
{
    const trust_check *c = trust_check_at(v, v->page);
    if (!c || !c->report.about.id || !a->circuit || a->circuit->fit_id != a->fit_id ||
        (!c->look->list[0].value && !c->look->chart.axis[0]))
        return;
    const check *about = &c->report.about;
    if (v->found_asked == about->id && v->found_done == about->done)
        return;
    v->found_asked = about->id;
    v->found_done = about->done;
    trust_ask_findings(v->checks, c, a->circuit);
}

static void drop_summary(trust_state *v)
{
    summary_free(v->s);
    v->s = NULL;
    v->of = NULL;
    v->summary_asked = false;
}

static void drop_checks(trust_state *v)
{
    trust_checks_free(v->c);
    trust_findings_free(v->found);
    v->c = NULL;
    v->found = NULL;
    v->checks_asked = NOT_ASKED;
    v->found_asked = 0;
}

/* Reads anew what is of another fit, or of another state of it, than what was read. */
static void refresh(app *a, trust_state *v, bool checks)
{
    if (v->s && v->s->fit_id != a->fit_id)
        drop_summary(v);
    if (v->c && v->c->fit_id != a->fit_id)
        drop_checks(v);
    if (a->fit_id && (v->of != a->circuit || (!v->s && !v->summary_asked)))
        ask_summary(a, v);
    if (checks || v->checks_asked != a->fit_id)
        ask_checks(a, v);
    ask_findings(a, v);
}

const trust_check *trust_check_at(const trust_state *v, uint32_t page)
{
    return v->c && page >= PAGE_CHECKS && page - PAGE_CHECKS < v->c->count
               ? &v->c->item[page - PAGE_CHECKS]
               : NULL;
}

const trust_findings *trust_found(const trust_state *v, uint32_t page)
{
    const trust_check *c = trust_check_at(v, page);
    return c && v->found && v->found->check_id == c->report.about.id ? v->found : NULL;
}

void trust_place(const app *a, uint32_t node, uint32_t *position, uint32_t *feature)
{
    const layer_set *layers = &a->study->layers;
    for (*position = 0; *position + 1 < layers->count && node >= layers->item[*position].features;
         ++*position)
        node -= layers->item[*position].features;
    *feature = node;
}

/* -- what a page lists --------------------------------------------------------------------- */

static uint32_t check_tabs(const trust_state *v, uint32_t page, const trust_check *c,
                           trust_tab tab[TRUST_TABS])
{
    uint32_t count = 0;
    const trust_look *look = c->look;
    const trust_findings *found = trust_found(v, page);
    uint32_t figures = c->report.figures, pairs = trust_pairs(&c->report), prefixes = 0;
    if (look->column[0].figure && figures)
        tab[count++] = (trust_tab){TAB_PAIRS, 0, "layer pairs", "pairs", pairs, pairs};
    while (prefixes < TRUST_PREFIXES && look->prefix[prefixes])
        prefixes++;
    if (look->table && figures)
        tab[count++] = (trust_tab){TAB_TABLE, 0, look->table, look->table, prefixes, prefixes};
    for (int l = 0; l < TRUST_LISTS && look->list[l].value && figures; l++)
        tab[count++] = (trust_tab){TAB_LIST,
                                   l,
                                   look->list[l].name,
                                   look->list[l].brief,
                                   found ? found->list[l].count : 0,
                                   found ? found->list[l].all : 0};
    if (c->say && count < TRUST_TABS)
        tab[count++] = (trust_tab){TAB_WORDS, 0, "in words", "in words", 0, 0};
    if (count == 0 && figures)
        tab[count++] = (trust_tab){TAB_FIGURES, 0, "figures", "figures", figures, figures};
    return count;
}

uint32_t trust_tabs(const trust_state *v, uint32_t page, trust_tab tab[TRUST_TABS])
{
    const trust_check *c = trust_check_at(v, page);
    if (c)
        return check_tabs(v, page, c, tab);
    return page == PAGE_SOLVED && v->s ? solved_tabs(v->s, tab) : 0;
}

/* Lists are as long as what was read says. */
static void count_rows(trust_state *v)
{
    trust_tab tab[TRUST_TABS];
    list_set_count(&v->rows, v->c ? v->c->count + 1 : 1);
    uint32_t tabs = trust_tabs(v, v->page, tab);
    for (uint32_t i = 0; i < tabs; i++)
        if (tab[i].kind != TAB_WORDS)
            list_set_count(&v->tab[i], tab[i].count);
    v->at = v->at < tabs || tabs == 0 ? v->at : 0;
}

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    trust_state *v = self;
    if (kind != READ_TRUST && kind != READ_CHECKS && kind != READ_FINDINGS)
        return false;
    if (answered->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    if (kind == READ_TRUST) {
        summary_free(v->s);
        v->s = answered->result;
        v->summary_asked = false;
    } else if (kind == READ_CHECKS) {
        trust_checks_free(v->c);
        v->c = answered->result;
        ask_findings(a, v);
    } else {
        trust_findings_free(v->found);
        v->found = answered->result;
    }
    answered->result = NULL;
    refresh(a, v, false); /* another fit meanwhile */
    count_rows(v);
    return true;
}

/* -- coming and going ---------------------------------------------------------------------- */

static void *create(app *a)
{
    (void)a;
    trust_state *v = mem_zero(1, sizeof *v);
    v->rows.page = 10; /* until it is drawn */
    for (int i = 0; i < TRUST_TABS; i++)
        v->tab[i].page = 10;
    v->wanted = v->pending = (double)NAN;
    v->checks_asked = NOT_ASKED;
    return v;
}

static void destroy(void *self)
{
    trust_state *v = self;
    reader_stop(v->summaries);
    reader_stop(v->checks);
    drop_summary(v);
    drop_checks(v);
    free(v);
}

static list *list_at_hand(trust_state *v)
{
    return v->page == PAGE_OVERVIEW ? &v->rows : &v->tab[v->at];
}

/* A place: mode is the page and 1, sort the tab and 1. */
static void enter(app *a, void *self, const place *where)
{
    trust_state *v = self;
    if (where->mode > 0) {
        if (v->page != (uint32_t)where->mode - 1) {
            v->wanted = (double)NAN;
            v->pair = 0;
            for (int i = 0; i < TRUST_TABS; i++)
                v->tab[i].cursor = v->tab[i].top = 0;
        }
        v->page = (uint32_t)where->mode - 1;
        v->at = where->sort > 0 && where->sort <= TRUST_TABS ? (uint32_t)where->sort - 1 : 0;
        count_rows(v);
        list_at_hand(v)->top = where->top;
        list_go(list_at_hand(v), where->row);
    }
    refresh(a, v, true);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    trust_state *v = self;
    const list *l = list_at_hand(v);
    where->mode = (int)v->page + 1;
    where->sort = (int)v->at + 1;
    where->row = l->cursor;
    where->top = l->top;
}

static void go_to_page(app *a, uint32_t page)
{
    place where = PLACE(VIEW_TRUST);
    where.mode = (int)page + 1;
    app_go(a, &where);
}

/* A threshold that was to be used is, as soon as the circuit has the strengths it is meant for. */
static void settle(app *a, trust_state *v)
{
    place where = PLACE(VIEW_CIRCUIT);
    if (isnan(v->pending) || !a->circuit || a->circuit->ranked_by != STRENGTH_REMOVAL)
        return;
    a->threshold = v->pending;
    v->pending = (double)NAN;
    where.mode = CIRCUIT_ALL;
    app_go(a, &where);
}

static void changed(app *a, void *self, unsigned what)
{
    trust_state *v = self;
    if (what & CHANGED_CIRCUIT)
        settle(a, v);
    if (a->view == VIEW_TRUST && what & (CHANGED_CIRCUIT | CHANGED_STUDY))
        refresh(a, v, what & CHANGED_STUDY);
    if (what & CHANGED_STUDY)
        count_rows(v);
}

static void draw(app *a, void *self, region body)
{
    trust_draw(a, self, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    const trust_state *v = self;
    const trust_check *c = trust_check_at(v, v->page);
    const char *page = c ? c->kind->name : v->page == PAGE_SOLVED ? "solved" : "";
    char whose[32] = "";
    if (a->fit_id)
        snprintf(whose, sizeof whose, "fit %lld%s", (long long)a->fit_id, *page ? "  " : "");
    snprintf(out, capacity, "%s%s", whose, page);
}

/* -- acting -------------------------------------------------------------------------------- */

static const trust_item *item_at_hand(const trust_state *v)
{
    trust_tab tab[TRUST_TABS];
    uint32_t tabs = trust_tabs(v, v->page, tab);
    const trust_findings *found = trust_found(v, v->page);
    if (!found || v->at >= tabs || tab[v->at].kind != TAB_LIST)
        return NULL;
    const trust_listed *l = &found->list[tab[v->at].which];
    return v->tab[v->at].cursor < l->count ? &l->item[v->tab[v->at].cursor] : NULL;
}

/* The feature at hand, by its layer; the circuit may not be here. False: there is none. */
static bool feature_at_hand(const app *a, const trust_state *v, uint32_t *position,
                            uint32_t *feature)
{
    const trust_item *item = item_at_hand(v);
    uint32_t node = item                     ? item->target
                    : v->page == PAGE_SOLVED ? solved_node(v->s, v->at, v->tab[v->at].cursor)
                                             : NOTHING;
    *position = *feature = NOTHING;
    if (node == NOTHING || !a->study)
        return false;
    trust_place(a, node, position, feature);
    return true;
}

static unsigned go_to(app *a, const trust_state *v, view_id view, int mode)
{
    place where = PLACE(view);
    if (!feature_at_hand(a, v, &where.layer, &where.feature)) {
        app_say(a, ROLE_STATUS, "%s",
                v->page == PAGE_OVERVIEW
                    ? "no feature is at hand: Enter opens a check, and its lists"
                    : "no feature is at hand");
        return ACTED_REDRAW;
    }
    where.mode = mode;
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* Only the edges of a layer pair, by positions. */
static unsigned open_pair(app *a, uint32_t from, uint32_t to)
{
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    where.sort = from == NOTHING ? 0 : circuit_only_pair(from, to);
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned open_check_pair(app *a, const trust_state *v, const trust_check *c)
{
    int64_t from_id = 0, to_id = 0;
    trust_pair(&c->report, v->tab[v->at].cursor, &from_id, &to_id);
    const layer *from = layer_by_id(&a->study->layers, from_id);
    const layer *to = layer_by_id(&a->study->layers, to_id);
    return open_pair(a, from && to ? from->position : NOTHING, from && to ? to->position : 0);
}

static unsigned open_row(app *a, trust_state *v)
{
    trust_tab tab[TRUST_TABS];
    const trust_check *c = trust_check_at(v, v->page);
    if (v->page == PAGE_OVERVIEW) {
        go_to_page(a, v->rows.cursor + PAGE_SOLVED);
        return ACTED_REDRAW;
    }
    if (c)
        return v->at < trust_tabs(v, v->page, tab) && tab[v->at].kind == TAB_PAIRS
                   ? open_check_pair(a, v, c)
                   : go_to(a, v, VIEW_CIRCUIT, CIRCUIT_PARENTS);
    const summary_pair *pair = solved_pair(v->s, v->at, v->tab[v->at].cursor);
    return pair ? open_pair(a, pair->source, pair->target)
                : go_to(a, v, VIEW_CIRCUIT, solved_opens(v->at));
}

static void turn_tab(trust_state *v, uint32_t by)
{
    trust_tab tab[TRUST_TABS];
    uint32_t tabs = trust_tabs(v, v->page, tab);
    if (tabs > 0)
        v->at = (v->at + (by == 1 ? 1 : tabs - 1)) % tabs;
}

/* The chart shows the pair under the cursor. */
static void follow_pair(trust_state *v)
{
    trust_tab tab[TRUST_TABS];
    if (v->page >= PAGE_CHECKS && v->at < trust_tabs(v, v->page, tab) &&
        tab[v->at].kind == TAB_PAIRS)
        v->pair = v->tab[v->at].cursor;
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    if (tag == TRUST_TAG_FILE)
        trust_typed(a, self, event, text);
    else
        notes_typed(a, tag, event, text);
}

static unsigned act_on_checks(app *a, trust_state *v, action_id what, int count)
{
    switch (what) {
    case ACT_CHECK: trust_run(a, v, count); return ACTED_REDRAW;
    case ACT_CHECK_ALL: trust_run_all(a, v); return ACTED_REDRAW;
    case ACT_CHECK_CANCEL: trust_cancel(a, v); return ACTED_REDRAW;
    case ACT_CHECK_DELETE: trust_delete(a, v); return ACTED_REDRAW;
    case ACT_USE:
        trust_use(a, v);
        settle(a, v);
        return ACTED_REDRAW;
    case ACT_RAISE:
    case ACT_LOWER:
        if (!trust_step(v, what == ACT_RAISE))
            app_say(a, ROLE_STATUS, "%s",
                    trust_steps(trust_check_at(v, v->page))
                        ? "nothing is found yet: r runs the check"
                        : "+ and - are for the pages of null and stability");
        return ACTED_REDRAW;
    default: return ACTED_NOT;
    }
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    trust_state *v = self;
    uint32_t position, feature;
    feature_at_hand(a, v, &position, &feature);
    if (notes_act(a, what, position, feature))
        return ACTED_REDRAW;
    if (list_act(list_at_hand(v), what, count)) {
        follow_pair(v);
        return ACTED_REDRAW;
    }
    unsigned done = act_on_checks(a, v, what, count);
    if (done != ACTED_NOT)
        return done;
    switch (what) {
    case ACT_PANE:
    case ACT_RIGHT:
        if (v->page == PAGE_OVERVIEW)
            return open_row(a, v);
        turn_tab(v, 1);
        return ACTED_REDRAW;
    case ACT_LEFT: turn_tab(v, 0); return ACTED_REDRAW;
    case ACT_ZOOM: v->zoomed = !v->zoomed; return ACTED_REDRAW;
    case ACT_OPEN: return open_row(a, v);
    case ACT_CARD: return go_to(a, v, VIEW_FEATURES, 0);
    case ACT_PARENTS: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_PARENTS);
    case ACT_CHILDREN: return go_to(a, v, VIEW_CIRCUIT, CIRCUIT_CHILDREN);
    case ACT_STRONGEST: return go_to(a, v, VIEW_SAMPLE, SAMPLE_STRONGEST);
    default: return ACTED_NOT;
    }
}

/* Rows of the overview and names of lists answer to the mouse. */
static void click(app *a, void *self, int number)
{
    trust_state *v = self;
    if (number >= TRUST_CLICK_TAB)
        v->at = (uint32_t)(number - TRUST_CLICK_TAB);
    else if (v->rows.cursor == (uint32_t)number)
        open_row(a, v);
    else
        list_go(&v->rows, (uint32_t)number);
    app_dirty(a);
}

const view_ops trust_view = {
    .id = VIEW_TRUST,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .click = click,
    .answer = answer,
    .changed = changed,
    .typed = typed,
    .crumb = crumb,
};
