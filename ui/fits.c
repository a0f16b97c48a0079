/* View 3: the fits, newest first, and below them the pairs of the one under the cursor, or the
 * points of its path when it is of a target variable. */
#include "src/base/memory.h"
#include "ui/compare.h"
#include "ui/edges.h"
#include "ui/fit_dialog.h"
#include "ui/fits.h"
#include "ui/trial.h"
#include "ui/standing.h"
#include "ui/target_dialog.h"
#include "ui/target_fit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const fit *fits_at(const app *a, uint32_t row)
{
    return a->study && row < a->study->listed_count ? a->study->listed[row] : NULL;
}

const fit *fits_here(const fits_state *v)
{
    return fits_at(v->a, v->fits.cursor);
}

const variable_fit *fits_variable_here(const fits_state *v)
{
    const fit *f = fits_here(v);
    return f ? study_variable(v->a->study, f) : NULL;
}

static void *create(app *a)
{
    fits_state *v = mem_zero(1, sizeof *v);
    v->a = a;
    return v;
}

static void remember(fits_state *v)
{
    const fit *f = fits_here(v);
    int64_t id = f ? f->id : 0;
    int64_t before = v->at_fit;
    if (id != before)
        v->pairs = (list){.page = v->pairs.page};
    v->at_fit = id;
    const variable_fit *about = fits_variable_here(v);
    list_set_count(&v->pairs, about ? about->point_count : f ? f->pair_count : 0);
    if (about && id != before && about->point_count)
        list_go(&v->pairs, about->chosen);
}

static void changed(app *a, void *self, unsigned what)
{
    fits_state *v = self;
    if (!(what & CHANGED_STUDY))
        return;
    list_set_count(&v->fits, a->study->listed_count);
    v->name_width = 0;
    for (uint32_t i = 0; i < a->study->layers.count; i++) {
        int width = text_width(app_layer_name(a, i));
        v->name_width = width > v->name_width ? width : v->name_width;
    }
    bool at_top = v->fits.cursor == 0; /* there a new fit is what one waits for */
    for (uint32_t i = 0; i < a->study->listed_count && !at_top; i++)
        if (a->study->listed[i]->id == v->at_fit)
            list_go(&v->fits, i);
    remember(v);
}

static void enter(app *a, void *self, const place *where)
{
    fits_state *v = self;
    (void)a;
    if (where->row != 0 || where->top != 0) {
        v->fits.top = where->top;
        list_go(&v->fits, where->row);
    }
    remember(v);
}

static void leave(app *a, void *self, place *where)
{
    fits_state *v = self;
    (void)a;
    where->row = v->fits.cursor;
    where->top = v->fits.top;
}

/* acting */

static unsigned open_features(fits_state *v, const variable_fit *about)
{
    if (about->base.state == FIT_DONE && about->point_count)
        target_fit_open(v->a, about, v->in_pairs ? v->pairs.cursor : about->chosen);
    else
        app_say(v->a, ROLE_STATUS, "no features yet");
    return ACTED_REDRAW;
}

static unsigned open_circuit(fits_state *v)
{
    const fit *f = fits_here(v);
    const fit_pair *pair =
        v->in_pairs && f && v->pairs.cursor < f->pair_count ? &f->pair[v->pairs.cursor] : NULL;
    if (!f)
        return ACTED;
    if (pair ? pair->edges == 0 : standing_of(v->a, f).edges == 0) {
        app_say(v->a, ROLE_STATUS, "no edges yet");
        return ACTED_REDRAW;
    }
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    const layer *from = pair ? layer_by_id(&v->a->study->layers, pair->source_layer) : NULL;
    if (from)
        where.layer = (uint32_t)(from - v->a->study->layers.item);
    app_use_fit(v->a, f->id);
    app_go(v->a, &where);
    return ACTED_REDRAW;
}

static unsigned cancel_fit(app *a, const fit *f)
{
    if (f->state == FIT_RUNNING && !standing_of(a, f).ours && !standing_cut_off(a, f))
        app_say(a, ROLE_WARNING, "fit %lld runs in another process: cancel it there",
                (long long)f->id);
    else if (f->state == FIT_QUEUED || standing_of(a, f).ours)
        engine_cancel(a->engine, f->id);
    else
        app_say(a, ROLE_STATUS, "fit %lld is not running", (long long)f->id);
    return ACTED_REDRAW;
}

static unsigned resume_fit(app *a, const fit *f)
{
    if (f->state == FIT_DONE)
        app_say(a, ROLE_STATUS, "fit %lld is done", (long long)f->id);
    else if (f->state == FIT_RUNNING && !standing_cut_off(a, f))
        app_say(a, ROLE_STATUS, "fit %lld is running", (long long)f->id);
    else
        engine_resume(a->engine, f->id);
    return ACTED_REDRAW;
}

static void delete_fit(app *a, int64_t fit_id)
{
    engine_delete(a->engine, fit_id);
    app_say(a, ROLE_STATUS, "fit %lld is deleted", (long long)fit_id);
}

static unsigned ask_delete(app *a, const fit *f)
{
    char question[128], edges[24];
    if (study_variable(a->study, f))
        snprintf(question, sizeof question, "delete fit %lld of a target variable?",
                 (long long)f->id);
    else
        snprintf(question, sizeof question, "delete fit %lld and its %s edges?", (long long)f->id,
                 show_count(edges, standing_of(a, f).edges));
    app_confirm(a, question, delete_fit, f->id);
    return ACTED_REDRAW;
}

static unsigned mark_fit(fits_state *v, const fit *f)
{
    v->marked = v->marked == f->id ? 0 : f->id;
    if (v->marked)
        app_say(v->a, ROLE_STATUS, "fit %lld is marked: C on another compares that with it",
                (long long)f->id);
    return ACTED_REDRAW;
}

/* With the marked fit; without one, or on it, with the one before. Later fits are compared with
 * earlier ones, so that what is new is new. */
static unsigned compare_fit(fits_state *v, const fit *f)
{
    const fit *other = NULL;
    for (uint32_t i = v->fits.cursor + 1; i < v->fits.count && !other; i++)
        if (!study_variable(v->a->study, fits_at(v->a, i)))
            other = fits_at(v->a, i);
    for (uint32_t i = 0; i < v->fits.count; i++)
        if (fits_at(v->a, i)->id == v->marked && v->marked != f->id)
            other = fits_at(v->a, i);
    if (!other) {
        app_say(v->a, ROLE_STATUS, "there is no fit before it: Space marks one to compare with");
        return ACTED_REDRAW;
    }
    return compare_go(v->a, other->id < f->id ? other->id : f->id,
                      other->id < f->id ? f->id : other->id);
}

/* What is otherwise with a fit of a target variable. */
static unsigned act_on_variable(fits_state *v, const variable_fit *about, action_id id)
{
    switch (id) {
    case ACT_OPEN: return open_features(v, about);
    case ACT_CLONE: target_dialog_open_like(v->a, about); return ACTED_REDRAW;
    case ACT_MARK_FIT:
    case ACT_COMPARE:
        app_say(v->a, ROLE_STATUS, "circuits are compared; this fit is of a target variable");
        return ACTED_REDRAW;
    default: return ACTED_NOT;
    }
}

static unsigned act(app *a, void *self, action_id id, int count)
{
    fits_state *v = self;
    const fit *f = fits_here(v);
    const variable_fit *about = fits_variable_here(v);
    if (list_act(v->in_pairs ? &v->pairs : &v->fits, id, count)) {
        remember(v);
        return ACTED_REDRAW;
    }
    unsigned done = about ? act_on_variable(v, about, id) : ACTED_NOT;
    if (done != ACTED_NOT)
        return done;
    switch (id) {
    case ACT_FIT: fit_dialog_open(a, NULL, 0); return ACTED_REDRAW;
    case ACT_PANE: v->in_pairs = !v->in_pairs && f; return ACTED_REDRAW;
    case ACT_ZOOM:
        v->in_pairs = f && (v->in_pairs || !v->zoomed);
        v->zoomed = v->in_pairs && !v->zoomed;
        return ACTED_REDRAW;
    case ACT_BACK:
        if (!v->in_pairs)
            return ACTED_NOT;
        v->in_pairs = v->zoomed = false;
        return ACTED_REDRAW;
    case ACT_OPEN: return open_circuit(v);
    case ACT_CANCEL: return f ? cancel_fit(a, f) : ACTED;
    case ACT_RESUME: return f ? resume_fit(a, f) : ACTED;
    case ACT_DELETE: return f ? ask_delete(a, f) : ACTED;
    case ACT_MARK_FIT: return f ? mark_fit(v, f) : ACTED;
    case ACT_COMPARE: return f ? compare_fit(v, f) : ACTED;
    case ACT_CLONE:
        if (f)
            fit_dialog_open_like(a, f);
        return ACTED_REDRAW;
    default: return ACTED_NOT;
    }
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    fits_state *v = self;
    (void)a;
    out[0] = '\0';
    if (v->fits.count > 0)
        snprintf(out, capacity, "%u of %u", v->fits.cursor + 1, v->fits.count);
}

static bool answer(app *a, void *self, int kind, reader_answer *answer)
{
    (void)self;
    return trial_answer(a, kind, answer) || target_fit_answer(a, kind, answer);
}

static bool waiting(app *a, void *self)
{
    (void)self;
    return !a->study;
}

const view_ops fits_view = {
    .id = VIEW_FITS,
    .create = create,
    .destroy = free,
    .enter = enter,
    .leave = leave,
    .draw = fits_draw,
    .act = act,
    .waiting = waiting,
    .answer = answer,
    .changed = changed,
    .crumb = crumb,
};
