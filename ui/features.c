/* The Features view: one layer's features, or what a search found in all layers, and beside or
 * below them the card of the one under the cursor. */
#include "ui/features.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_SEARCH = 1, TAG_FILTER };

static void show_card(app *a, features *f)
{
    f->card_layer = NOTHING;
    const feature_row *row = features_row(a, f, &f->card_layer);
    f->card_feature = row ? row->feature : NOTHING;
    if (!f->everywhere)
        a->feature = f->card_feature;
    card_show(a, f->card, f->card_layer, f->card_feature);
}

/* False: it says nothing that could be understood, and the filter stays as it was. */
static bool set_filter(features *f, const char *text, error *err)
{
    if (strlen(text) >= sizeof f->filter) {
        error_set(err, STATUS_INPUT, "a filter of more than %zu bytes", sizeof f->filter - 1);
        return false;
    }
    if (filter_parse(&f->order.filter, text, err) != STATUS_OK)
        return false;
    memmove(f->filter, text, strlen(text) + 1);
    return true;
}

/* Filters and sorts anew; the cursor stays on its feature if it is still there. */
static void arrange(app *a, features *f)
{
    const feature_table *t = features_table(a, f);
    if (!t)
        return;
    bool had = f->list.cursor < f->rows.count && f->rows.item[f->list.cursor] < t->count;
    feature_row old = had ? t->row[f->rows.item[f->list.cursor]] : (feature_row){0};
    feature_order order = f->order;
    order.words =
        f->everywhere ? "" : f->words; /* a search of the workspace has matched already */
    feature_rows_make(&f->rows, t, &a->study->layers, &a->study->notes.set, a->circuit, &order);
    f->arranged = t->row;
    uint32_t row = had ? feature_rows_find(&f->rows, t, old.layer_id, old.feature) : NOTHING;
    list_set_count(&f->list, f->rows.count);
    if (had || f->rows.fuzzy)
        list_go(&f->list, row == NOTHING || f->rows.fuzzy ? 0 : row);
    if (f->typing)
        app_rest(
            a); /* the card comes when the keys rest: its reading would hold the next letter up */
    else
        show_card(a, f);
}

/* Goes where `enter` was asked to, as soon as the table is here. */
static void settle(app *a, features *f)
{
    const feature_table *t = features_table(a, f);
    if (!f->waiting || !t)
        return;
    f->waiting = false;
    f->rows.count = 0; /* the old cursor means nothing in this table */
    arrange(a, f);
    uint32_t row = f->wanted.row;
    if (f->wanted.feature != NOTHING) {
        const layer *l = app_layer(a, f->wanted.layer);
        int64_t id = l ? l->id : 0;
        row = feature_rows_find(&f->rows, t, id, f->wanted.feature);
        if (row == NOTHING && !f->everywhere) { /* a filter hides it: better no filter */
            f->words[0] = '\0';
            f->order.hide_dead = false;
            set_filter(f, "", NULL);
            f->rows.count = 0;
            arrange(a, f);
            row = feature_rows_find(&f->rows, t, id, f->wanted.feature);
        }
    }
    f->list.top = f->wanted.top;
    list_go(&f->list, row == NOTHING ? 0 : row);
    show_card(a, f);
}

static void ask_search(app *a, features *f)
{
    f->searching = true;
    features_search(a, f->labels, f->words);
}

static void search_everywhere(app *a, features *f)
{
    features_found_free(f->found);
    f->found = NULL;
    f->rows.count = 0;
    list_set_count(&f->list, 0);
    ask_search(a, f);
}

/* Shows the layer the cursor is in, or all layers. */
static void set_scope(app *a, features *f, bool everywhere)
{
    uint32_t position = NOTHING;
    const feature_row *row = features_row(a, f, &position);
    f->wanted =
        (place){.layer = row ? position : a->layer, .feature = row ? row->feature : NOTHING};
    f->everywhere = everywhere;
    f->order.as_found = everywhere;
    f->waiting = true;
    if (everywhere) {
        search_everywhere(a, f);
        return;
    }
    a->layer = f->wanted.layer;
    settle(a, f);
}

static void set_words(app *a, features *f, const char *words)
{
    snprintf(f->words, sizeof f->words, "%s", words);
    if (!f->everywhere) {
        arrange(a, f);
        return;
    }
    f->waiting = false; /* the best of the new words' features is next */
    ask_search(a, f);   /* what was found stays until then */
}

/* -- the view's callbacks ------------------------------------------------------------------ */

static void *create(app *a)
{
    (void)a;
    features *f = mem_zero(1, sizeof *f);
    f->card = card_create();
    f->labels = label_index_create();
    return f;
}

static void destroy(void *self)
{
    features *f = self;
    feature_rows_release(&f->rows);
    features_found_free(f->found);
    label_index_free(f->labels);
    card_free(f->card);
    free(f);
}

/* Sorting and hiding as one number; 0 leaves them as they are. */
static int pack_order(const feature_order *o)
{
    return 1 + (int)o->column + (o->turned ? 16 : 0) + (o->as_found ? 32 : 0) +
           (o->hide_dead ? 64 : 0);
}

static void unpack_order(feature_order *o, int sort)
{
    o->column = (feature_column)((sort - 1) % 16 % COLUMN_COUNT);
    o->turned = (sort - 1) & 16;
    o->as_found = (sort - 1) & 32;
    o->hide_dead = (sort - 1) & 64;
}

static void enter(app *a, void *self, const place *where)
{
    features *f = self;
    if (where->layer == NOTHING) {
        if (features_table(a, f) && f->rows.count == 0 && !f->words[0])
            f->waiting = true;
        settle(a, f);
        return;
    }
    bool same_search = f->everywhere && f->found && strcmp(f->words, where->words) == 0;
    f->everywhere = where->mode & FEATURES_EVERYWHERE && where->words[0];
    f->on_card = where->mode & FEATURES_CARD;
    f->order.as_found = f->everywhere;
    snprintf(f->words, sizeof f->words, "%s", where->words);
    set_filter(f, where->filter, NULL);
    if (where->sort)
        unpack_order(&f->order, where->sort);
    if (!f->everywhere)
        a->layer = where->layer;
    f->wanted = *where;
    f->waiting = true;
    if (f->everywhere && !same_search)
        search_everywhere(a, f);
    settle(a, f);
}

static void leave(app *a, void *self, place *where)
{
    features *f = self;
    uint32_t position = a->layer;
    const feature_row *row = features_row(a, f, &position);
    where->mode =
        (f->everywhere ? FEATURES_EVERYWHERE : FEATURES_LAYER) | (f->on_card ? FEATURES_CARD : 0);
    where->layer = position;
    where->feature = row ? row->feature : NOTHING;
    where->row = f->list.cursor;
    where->top = f->list.top;
    where->sort = pack_order(&f->order);
    snprintf(where->words, sizeof where->words, "%s", f->words);
    snprintf(where->filter, sizeof where->filter, "%s", f->filter);
}

static unsigned change_layer(app *a, features *f, int by)
{
    int64_t to = (int64_t)a->layer + by,
            last = a->study ? (int64_t)a->study->layers.count - 1 : -1;
    if (last < 0)
        return ACTED;
    to = to < 0 ? 0 : to > last ? last : to;
    if (to == (int64_t)a->layer && !f->everywhere) {
        app_say(a, ROLE_STATUS, by < 0 ? "this is the first layer" : "this is the last layer");
        return ACTED_REDRAW;
    }
    place where = PLACE(VIEW_FEATURES);
    where.layer = (uint32_t)to;
    snprintf(where.words, sizeof where.words, "%s", f->words);
    snprintf(where.filter, sizeof where.filter, "%s", f->filter);
    enter(a, f, &where);
    return ACTED_REDRAW;
}

/* By the next column, or by one of them; by that again: the other way round. */
static unsigned sort_next(app *a, features *f, int column)
{
    feature_column wanted = (feature_column)(column - 1);
    bool again = column > 0 && !f->order.as_found && f->order.column == wanted;
    if (column > 0 && column <= COLUMN_COUNT)
        f->order.column = wanted;
    else if (!f->order.as_found)
        f->order.column = (feature_column)((f->order.column + 1) % COLUMN_COUNT);
    f->order.as_found = false;
    f->order.turned = again && !f->order.turned;
    arrange(a, f);
    return ACTED_REDRAW;
}

/* A row of the card. */
static void click(app *a, void *self, int number)
{
    features *f = self;
    (void)a;
    card_click(f->card, number);
}

#define FILTER_SYNTAX                                                                             \
    "density>0.1% in>3 label~word tag:word pin !term; index active mean sd max out"

static void ask_filter(app *a, const char *text, const char *hint)
{
    app_prompt(a, TAG_FILTER, "filter: ", text);
    app_hint(a, hint);
}

static unsigned act(app *a, void *self, action_id what, int count)
{
    features *f = self;
    if (f->on_card && card_act(f->card, what, count))
        return ACTED_REDRAW;
    uint32_t position = NOTHING;
    const feature_row *row = features_row(a, f, &position);
    if (notes_act(a, what, position, row ? row->feature : NOTHING))
        return ACTED_REDRAW;
    if (list_act(&f->list, what, count)) {
        row = features_row(a, f, &position);
        if (!f->everywhere)
            a->feature = row ? row->feature : NOTHING;
        app_rest(a); /* the card comes then */
        return ACTED_REDRAW;
    }
    switch (what) {
    case ACT_SEARCH:
        snprintf(f->words_before, sizeof f->words_before, "%s", f->words);
        f->everywhere_before = f->everywhere;
        app_prompt(a, TAG_SEARCH,
                   f->everywhere ? "find in all layers: " : "find in this layer: ", f->words);
        features_search_prepare(a, f->labels);
        return ACTED_REDRAW;
    case ACT_FILTER:
        snprintf(f->filter_before, sizeof f->filter_before, "%s", f->filter);
        ask_filter(a, f->filter, FILTER_SYNTAX);
        return ACTED_REDRAW;
    case ACT_SEARCH_SCOPE:
        if (!f->words[0])
            app_say(a, ROLE_STATUS, "first / and a word; then a searches all layers for it");
        else
            set_scope(a, f, !f->everywhere);
        return ACTED_REDRAW;
    case ACT_SORT: return sort_next(a, f, count);
    case ACT_SORT_REVERSE:
        f->order.as_found = false;
        f->order.turned = !f->order.turned;
        arrange(a, f);
        return ACTED_REDRAW;
    case ACT_FILTER_DEAD:
        f->order.hide_dead = !f->order.hide_dead;
        arrange(a, f);
        return ACTED_REDRAW;
    case ACT_LAYER_NEXT: return change_layer(a, f, count > 0 ? count : 1);
    case ACT_LAYER_PREVIOUS: return change_layer(a, f, count > 0 ? -count : -1);
    case ACT_PANE:
        f->on_card = !f->on_card;
        f->card_steps = 0;
        return ACTED_REDRAW;
    case ACT_ZOOM: f->zoomed = !f->zoomed; return ACTED_REDRAW;
    case ACT_BACK: /* first out of the card, then out of filter and search, then back */
        if (f->on_card && f->card_steps > 0) { /* card by card, the way they came */
            f->card_steps--;
            return ACTED_NOT;
        }
        if (f->on_card || f->zoomed) {
            f->on_card = f->zoomed = false;
            return ACTED_REDRAW;
        }
        if (f->filter[0]) {
            set_filter(f, "", NULL);
            arrange(a, f);
            return ACTED_REDRAW;
        }
        if (!f->words[0])
            return ACTED_NOT;
        f->words[0] = '\0';
        set_scope(a, f, false);
        return ACTED_REDRAW;
    default: return features_go(a, f, what);
    }
}

static bool answer(app *a, void *self, int kind, reader_answer *answered)
{
    features *f = self;
    if (kind == READ_LABELS)
        return true;
    if (kind != READ_SEARCH)
        return card_answer(a, f->card, kind, answered);
    f->searching = false;
    if (!f->everywhere)
        return true;
    if (answered->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    features_found_free(f->found);
    f->found = answered->result;
    features_found_note(f->found, &a->study->notes.set);
    answered->result = NULL;
    f->rows.count = 0;
    if (f->waiting) {
        settle(a, f);
    } else {
        list_go(&f->list, 0);
        arrange(a, f);
    }
    app_dirty(a);
    return true;
}

static void changed(app *a, void *self, unsigned what)
{
    features *f = self;
    bool by_degree =
        f->order.column == COLUMN_IN || f->order.column == COLUMN_OUT || f->order.filter.by_degree;
    const feature_table *t = what & (CHANGED_STUDY | CHANGED_TABLE) ? features_table(a, f) : NULL;
    if (what & CHANGED_STUDY)
        card_forget(f->card);
    if (what & CHANGED_STUDY && f->found)
        features_found_note(f->found, &a->study->notes.set);
    if (f->waiting)
        settle(a, f);
    else if (what & CHANGED_REST)
        show_card(a, f);
    else if ((t && t->row != f->arranged) || (what & CHANGED_STUDY && f->order.filter.by_note) ||
             (what & CHANGED_CIRCUIT && by_degree))
        arrange(a, f);
    else if (what & CHANGED_STUDY)
        show_card(a, f);
}

/* The list follows while one types; what cannot be understood yet is told when it is accepted. */
static void filter_typed(app *a, features *f, prompt_event event, const char *text)
{
    error err = {0};
    if (set_filter(f, event == PROMPT_CANCELLED ? f->filter_before : text, &err))
        arrange(a, f);
    else if (event == PROMPT_ACCEPTED)
        ask_filter(a, text, err.message);
    app_dirty(a);
}

static void typed(app *a, void *self, int tag, prompt_event event, const char *text)
{
    features *f = self;
    if (notes_typed(a, tag, event, text))
        return;
    f->typing = event == PROMPT_TYPED;
    if (tag == TAG_FILTER)
        filter_typed(a, f, event, text);
    if (tag != TAG_SEARCH)
        return;
    if (event == PROMPT_CANCELLED)
        set_words(a, f, f->words_before);
    else if (strcmp(text, f->words) != 0)
        set_words(a, f, text);
    if (event != PROMPT_TYPED && f->everywhere && !f->words[0])
        set_scope(a, f, false);
    app_dirty(a);
}

static void draw(app *a, void *self, region body)
{
    settle(a, self);
    features_draw(a, self, body);
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    features_crumb(a, self, out, capacity);
}

static bool waiting(app *a, void *self)
{
    const features *f = self;
    return !a->study || (f->everywhere ? f->searching : app_table_coming(a, a->layer));
}

const view_ops features_view = {
    .id = VIEW_FEATURES,
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
