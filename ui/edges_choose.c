#include "ui/edges_choose.h"

#include "ui/edges.h"

#include <stdio.h>
#include <string.h>

enum { TAG_WORDS = 1, TAG_FILTER };

static unsigned step_threshold(app *a, edges_state *v, bool up, int count)
{
    double before = a->threshold;
    for (int i = 0; i < (count > 0 ? count : 1); i++)
        a->threshold = edges_threshold_step(a->circuit, a->threshold, up);
    edges_arrange(a, v);
    if (up && a->threshold <= before)
        app_say(a, ROLE_STATUS, "only the strongest edges are left");
    else if (a->threshold > 0)
        app_say(a, ROLE_STATUS, "threshold %g", a->threshold);
    else
        app_say(a, ROLE_STATUS, "no threshold: every edge shows");
    return ACTED_REDRAW;
}

/* No pair, the first, ..., the last, no pair. */
static unsigned step_pair(app *a, edges_state *v, int by)
{
    if (v->rows.pair_count == 0)
        return ACTED;
    if (v->choice.mode != CIRCUIT_ALL) {
        app_say(a, ROLE_STATUS,
                "these are the edges of one feature: a shows all, and then a pair's");
        return ACTED_REDRAW;
    }
    int64_t places = (int64_t)v->rows.pair_count + 1;
    int64_t now = v->choice.pair == NO_EDGE ? 0 : (int64_t)v->choice.pair + 1;
    now = ((now + by) % places + places) % places;
    v->pair_source = now ? v->rows.pair[now - 1].source : NOTHING;
    v->pair_target = now ? v->rows.pair[now - 1].target : NOTHING;
    v->at_source = NOTHING;
    list_go(&v->list, 0);
    edges_arrange(a, v);
    return ACTED_REDRAW;
}

/* The next order, or that of a column: source, strength, target. */
static unsigned step_sort(app *a, edges_state *v, int column)
{
    static const char *const said[] = {[EDGES_BY_PAIR] = "by layer pair, strongest first",
                                       [EDGES_BY_STRENGTH] = "strongest first",
                                       [EDGES_BY_SOURCE] = "by source",
                                       [EDGES_BY_TARGET] = "by target"};
    bool pairs = v->choice.mode == CIRCUIT_ALL && v->choice.pair == NO_EDGE;
    static const edges_sort of_column[] = {EDGES_BY_SOURCE, EDGES_BY_STRENGTH, EDGES_BY_TARGET};
    if (column > 0 && column <= 3)
        v->choice.sort = of_column[column - 1];
    else
        v->choice.sort = (edges_sort)((v->choice.sort + 1) % EDGES_SORT_COUNT);
    if (!pairs && v->choice.sort == EDGES_BY_PAIR)
        v->choice.sort = EDGES_BY_STRENGTH;
    v->choice.turned = false;
    app_say(a, ROLE_STATUS, "%s", said[v->choice.sort]);
    edges_arrange(a, v);
    return ACTED_REDRAW;
}

static unsigned step_sign(app *a, edges_state *v)
{
    v->choice.sign = v->choice.sign == 0 ? 1 : v->choice.sign == 1 ? -1 : 0;
    app_say(a, ROLE_STATUS, "%s",
            v->choice.sign > 0   ? "positive edges: their removal lowers the target"
            : v->choice.sign < 0 ? "negative edges: their removal raises the target"
                                 : "edges of both signs");
    edges_arrange(a, v);
    return ACTED_REDRAW;
}

static unsigned turn_round(app *a, edges_state *v)
{
    v->choice.turned = !v->choice.turned;
    v->at_source = NOTHING;
    edges_arrange(a, v);
    list_go(&v->list, 0);
    edges_remember(v);
    return ACTED_REDRAW;
}

static unsigned show_all(app *a)
{
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    app_go(a, &where);
    return ACTED_REDRAW;
}

static void set_words(app *a, edges_state *v, const char *words)
{
    snprintf(v->words, sizeof v->words, "%s", words);
    edges_match(a, v);
    edges_arrange(a, v);
}

void edges_list_slid(app *a, edges_state *v)
{
    edges_rows_take(&v->rows, edges_listed(a, v));
    edges_arrange(a, v);
}

static unsigned step_lambda(app *a, edges_state *v, int steps)
{
    if (v->choice.mode == CIRCUIT_PARENTS && v->choice.focus != NOTHING)
        slider_step(a, v->slider, v->layer, v->feature, steps);
    else
        app_say(a, ROLE_STATUS, "lambda slides for the parents of one feature: [ goes there");
    return ACTED_REDRAW;
}

/* -- filters ------------------------------------------------------------------------------- */

#define FILTER_SYNTAX "tag:word from.label~word to.density>0.1% !pin; either end, source, target"

static void ask_filter(app *a, const char *text, const char *hint)
{
    app_prompt(a, TAG_FILTER, "edges whose ends pass: ", text);
    app_hint(a, hint);
}

static void take_filter(app *a, edges_state *v)
{
    edges_match(a, v);
    edges_arrange(a, v);
}

/* The list follows while one types; what cannot be understood yet is told when it is accepted. */
static void filter_typed(app *a, edges_state *v, prompt_event event, const char *text)
{
    error err = {0};
    if (edges_set_filter(v, event == PROMPT_CANCELLED ? v->filter_before : text, &err))
        take_filter(a, v);
    else if (event == PROMPT_ACCEPTED)
        ask_filter(a, text, err.message);
}

void edges_choose_typed(app *a, edges_state *v, int tag, prompt_event event, const char *text)
{
    if (tag == TAG_FILTER)
        filter_typed(a, v, event, text);
    else if (tag == TAG_WORDS && event == PROMPT_CANCELLED)
        set_words(a, v, v->words_before);
    else if (tag == TAG_WORDS && strcmp(text, v->words) != 0)
        set_words(a, v, text);
    app_dirty(a);
}

/* -- the choices --------------------------------------------------------------------------- */

bool edges_choose_back(app *a, edges_state *v)
{
    if (slider_end(v->slider)) {
        edges_list_slid(a, v);
        return true;
    }
    if (v->filter[0]) {
        edges_set_filter(v, "", NULL);
        take_filter(a, v);
        return true;
    }
    if (v->words[0]) {
        set_words(a, v, "");
        return true;
    }
    return false;
}

/* Whether it chooses among the edges of a fit. */
static bool is_about_edges(action_id what)
{
    switch (what) {
    case ACT_RAISE:
    case ACT_LOWER:
    case ACT_PAIR_NEXT:
    case ACT_PAIR_PREVIOUS:
    case ACT_SORT:
    case ACT_SORT_REVERSE:
    case ACT_SIGN:
    case ACT_LAMBDA_LESS:
    case ACT_LAMBDA_MORE:
    case ACT_SEARCH:
    case ACT_FILTER: return true;
    default: return false;
    }
}

unsigned edges_choose(app *a, edges_state *v, action_id what, int count)
{
    if (a->study && !app_fit(a) && is_about_edges(what)) {
        app_say(a, ROLE_STATUS, "no fit is open");
        return ACTED_REDRAW;
    }
    switch (what) {
    case ACT_RAISE: return step_threshold(a, v, true, count);
    case ACT_LOWER: return step_threshold(a, v, false, count);
    case ACT_MEASURE:
        app_set_measure(a, (strength)((a->measure + 1) % (STRENGTH_STANDARDISED + 1)));
        app_say(a, ROLE_STATUS, "ranked by %s", strength_name(a->measure));
        return ACTED_REDRAW;
    case ACT_PAIR_NEXT: return step_pair(a, v, count > 0 ? count : 1);
    case ACT_PAIR_PREVIOUS: return step_pair(a, v, count > 0 ? -count : -1);
    case ACT_SORT: return step_sort(a, v, count);
    case ACT_SORT_REVERSE: return turn_round(a, v);
    case ACT_SIGN: return step_sign(a, v);
    case ACT_LAMBDA_LESS: return step_lambda(a, v, count > 0 ? -count : -1);
    case ACT_LAMBDA_MORE: return step_lambda(a, v, count > 0 ? count : 1);
    case ACT_ALL_EDGES: return show_all(a);
    case ACT_SEARCH:
        snprintf(v->words_before, sizeof v->words_before, "%s", v->words);
        app_prompt(a, TAG_WORDS, "edges whose labels have: ", v->words);
        return ACTED_REDRAW;
    case ACT_FILTER:
        snprintf(v->filter_before, sizeof v->filter_before, "%s", v->filter);
        ask_filter(a, v->filter, FILTER_SYNTAX);
        return ACTED_REDRAW;
    default: return ACTED_NOT;
    }
}
