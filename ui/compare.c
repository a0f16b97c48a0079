/* The Compare view: two fits side by side, and the edges that differ most. */
#include "ui/compare.h"

#include "src/base/memory.h"
#include "ui/compare_draw.h"
#include "ui/edges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARE_STAY, COMPARE_FITS }; /* mode of a place; its words are the two fits */

enum { CHANGES_MOST = 10000 };

/* What is asked of the reader's thread, and what it answers. */
typedef struct compare_ask {
    int64_t fit_a, fit_b;
    strength measure;
    const char *path; /* the study's; the app's own, which outlives the reader */
} compare_ask;

typedef struct compared {
    int64_t fit_a, fit_b;
    comparison found;
} compared;

typedef struct compare_state {
    reader
        *reader; /* its own, started when first needed: reading two circuits may take a second */
    int64_t fit_a, fit_b;
    strength measure;
    compared *now;
    list pairs, changes;
    bool in_pairs;
    uint32_t only;    /* changes of this layer pair only, or NOTHING */
    uint32_t *listed; /* places in the changes */
} compare_state;

/* -- on the reader's thread --------------------------------------------------------------------
 */

static void compared_free(void *result)
{
    compared *r = result;
    if (!r)
        return;
    comparison_release(&r->found);
    free(r);
}

static status work(db *d, void *asked, void **result, error *err)
{
    const compare_ask *ask = asked;
    compared *r = mem_zero(1, sizeof *r);
    r->fit_a = ask->fit_a;
    r->fit_b = ask->fit_b;
    status code = compare_fits(d, ask->path, ask->fit_a, ask->fit_b, ask->measure, CHANGES_MOST, 0,
                               &r->found, err);
    if (code == STATUS_OK)
        *result = r;
    else
        compared_free(r);
    return code;
}

/* -- the view ----------------------------------------------------------------------------------
 */

static void *create(app *a)
{
    (void)a;
    compare_state *v = mem_zero(1, sizeof *v);
    v->only = NOTHING;
    return v;
}

static void destroy(void *self)
{
    compare_state *v = self;
    reader_stop(v->reader);
    compared_free(v->now);
    free(v->listed);
    free(v);
}

static void ask(app *a, compare_state *v)
{
    error err = {0};
    if (!v->reader && reader_start(&v->reader, a->path, a->news, &err) != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", err.message);
        return;
    }
    compare_ask *wanted = mem_alloc(sizeof *wanted);
    *wanted = (compare_ask){v->fit_a, v->fit_b, a->measure, a->path};
    v->measure = a->measure;
    reader_ask(v->reader, &(reader_question){.kind = READ_COMPARE,
                                             .work = work,
                                             .ask = wanted,
                                             .release_ask = free,
                                             .release = compared_free});
}

/* Lists the changes of the chosen pair, or all. */
static void list_changes(compare_state *v)
{
    const comparison *found = &v->now->found;
    const compare_count *only = v->only < found->pair_count ? &found->pair[v->only] : NULL;
    uint32_t count = 0;
    v->listed = mem_grow(v->listed, found->change_count + 1, sizeof *v->listed);
    for (uint32_t i = 0; i < found->change_count; i++) {
        const compare_change *c = &found->change[i];
        if (!only || (compare_position(&v->now->found, c->source, NULL) == only->source &&
                      compare_position(&v->now->found, c->target, NULL) == only->target))
            v->listed[count++] = i;
    }
    list_set_count(&v->changes, count);
    list_set_count(&v->pairs, found->pair_count);
}

static void enter(app *a, void *self, const place *where)
{
    compare_state *v = self;
    long long fit_a = 0, fit_b = 0;
    if (where->mode == COMPARE_STAY || sscanf(where->words, "%lld %lld", &fit_a, &fit_b) != 2)
        return;
    bool same = v->now && v->fit_a == fit_a && v->fit_b == fit_b && v->measure == a->measure;
    v->fit_a = fit_a;
    v->fit_b = fit_b;
    if (same) {
        v->changes.top = where->top;
        list_go(&v->changes, where->row);
        return;
    }
    compared_free(v->now);
    v->now = NULL;
    v->only = NOTHING;
    v->in_pairs = false;
    v->changes = v->pairs = (list){.page = 1};
    ask(a, v);
}

static void leave(app *a, void *self, place *where)
{
    (void)a;
    const compare_state *v = self;
    where->mode = COMPARE_FITS;
    where->row = v->changes.cursor;
    where->top = v->changes.top;
    snprintf(where->words, sizeof where->words, "%lld %lld", (long long)v->fit_a,
             (long long)v->fit_b);
}

static bool answer(app *a, void *self, int kind, reader_answer *answer)
{
    compare_state *v = self;
    if (kind != READ_COMPARE)
        return false;
    if (answer->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answer->err.message);
        return true;
    }
    compared *r = answer->result;
    if (r->fit_a != v->fit_a || r->fit_b != v->fit_b)
        return true;
    compared_free(v->now);
    v->now = r;
    answer->result = NULL;
    list_changes(v);
    return true;
}

static void draw(app *a, void *self, region body)
{
    compare_state *v = self;
    compare_picture p = {.a = a,
                         .fit_a = v->fit_a,
                         .fit_b = v->fit_b,
                         .only = v->only,
                         .listed = v->listed,
                         .pairs = &v->pairs,
                         .changes = &v->changes,
                         .in_pairs = v->in_pairs};
    if (v->now) {
        p.found = &v->now->found;
    }
    compare_draw(&p, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    (void)a;
    const compare_state *v = self;
    out[0] = '\0';
    if (v->fit_a)
        snprintf(out, capacity, "%lld %s %lld", (long long)v->fit_a, draw_glyph(GLYPH_ARROW),
                 (long long)v->fit_b);
}

unsigned compare_go(app *a, int64_t fit_a, int64_t fit_b)
{
    place where = PLACE(VIEW_COMPARE);
    where.mode = COMPARE_FITS;
    snprintf(where.words, sizeof where.words, "%lld %lld", (long long)fit_a, (long long)fit_b);
    app_go(a, &where);
    return ACTED_REDRAW;
}

/* -- acting ------------------------------------------------------------------------------------
 */

static const compare_change *change_at_hand(const compare_state *v)
{
    return v->now && v->changes.cursor < v->changes.count
               ? &v->now->found.change[v->listed[v->changes.cursor]]
               : NULL;
}

/* On a layer pair: lists its changes only, or all again. */
static unsigned choose_pair(compare_state *v)
{
    v->only = v->only == v->pairs.cursor ? NOTHING : v->pairs.cursor;
    v->changes.cursor = v->changes.top = 0;
    list_changes(v);
    return ACTED_REDRAW;
}

/* On a change: the parents of its target, in the later fit unless that has not the edge. */
static unsigned open_change(app *a, const compare_state *v)
{
    const compare_change *c = change_at_hand(v);
    if (!c)
        return ACTED;
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_PARENTS;
    where.layer = compare_position(&v->now->found, c->target, &where.feature);
    int64_t fit_id = c->b != 0 ? v->fit_b : v->fit_a;
    app_say(a, ROLE_STATUS, "in fit %lld", (long long)fit_id);
    if (fit_id != a->fit_id)
        app_use_fit(a, fit_id);
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned open_card(app *a, const compare_state *v)
{
    const compare_change *c = change_at_hand(v);
    if (!c)
        return ACTED;
    place where = PLACE(VIEW_FEATURES);
    where.layer = compare_position(&v->now->found, c->target, &where.feature);
    app_go(a, &where);
    return ACTED_REDRAW;
}

static unsigned copy_change(app *a, const compare_state *v)
{
    const compare_change *c = change_at_hand(v);
    char from[160], to[160];
    uint32_t feature = 0;
    if (!c)
        return ACTED;
    uint32_t position = compare_position(&v->now->found, c->source, &feature);
    app_feature_name(a, from, sizeof from, position, feature);
    position = compare_position(&v->now->found, c->target, &feature);
    app_feature_name(a, to, sizeof to, position, feature);
    char *text = mem_format("%s\t%s\t%.9g\t%.9g", from, to, (double)c->a, (double)c->b);
    app_copy(a, text);
    free(text);
    return ACTED_REDRAW;
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    compare_state *v = self;
    if (list_act(v->in_pairs ? &v->pairs : &v->changes, what, count))
        return ACTED_REDRAW;
    switch (what) {
    case ACT_OPEN: return v->in_pairs && v->now ? choose_pair(v) : open_change(a, v);
    case ACT_PANE: v->in_pairs = !v->in_pairs && v->now; return ACTED_REDRAW;
    case ACT_MEASURE:
        app_set_measure(a, (strength)((a->measure + 1) % (STRENGTH_STANDARDISED + 1)));
        app_say(a, ROLE_STATUS, "compared by %s", strength_name(a->measure));
        if (v->fit_a)
            ask(a, v);
        return ACTED_REDRAW;
    case ACT_CARD: return open_card(a, v);
    case ACT_COPY: return copy_change(a, v);
    case ACT_BACK: /* first out of the layer pair */
        if (v->only == NOTHING || !v->now)
            return ACTED_NOT;
        v->pairs.cursor = v->only;
        return choose_pair(v);
    default: return ACTED_NOT;
    }
}

const view_ops compare_view = {
    .id = VIEW_COMPARE,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .answer = answer,
    .crumb = crumb,
};
