/* Asking for checks, and using what they found. */
#include "src/base/memory.h"
#include "ui/debias_dialog.h"
#include "ui/edges.h"
#include "ui/trust_state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool trust_at_work(const app *a, const trust_check *c)
{
    return a->check_known && a->check.check_id == c->report.about.id && c->report.about.id &&
           a->check.state == FIT_RUNNING;
}

static const trust_check *at_hand(const trust_state *v)
{
    return trust_check_at(v, v->page == PAGE_OVERVIEW ? v->rows.cursor + PAGE_SOLVED : v->page);
}

/* The same; says so when there is none. */
static const trust_check *wanted_at_hand(app *a, const trust_state *v)
{
    const trust_check *c = at_hand(v);
    if (!c)
        app_say(a, ROLE_STATUS, "%s",
                a->fit_id ? "this is the fit itself: its checks stand below it"
                          : "no fit is open");
    return c;
}

/* -- running ------------------------------------------------------------------------------- */

static void ask_engine(app *a, const check_kind *kind, const check_settings *settings)
{
    engine_check(a->engine,
                 &(check_request){.fit_id = a->fit_id, .kind = kind->name, .settings = *settings});
}

/* A new check; with the settings that the one before had, if there is one. */
static void run_new(app *a, const trust_check *c, int count)
{
    check_settings settings = check_settings_open();
    if (c->report.about.id)
        check_settings_of(&c->report.about, &settings, NULL);
    if (count > 0)
        settings.rounds = (uint64_t)count;
    ask_engine(a, c->kind, &settings);
    check_settings_release(&settings);
}

/* Whether it can be gone on with: it was begun, and nobody is at work on it. */
static bool is_resumable(const trust_check *c)
{
    fit_state state = c->report.about.state;
    return c->report.about.id && (state == FIT_CANCELLED || state == FIT_FAILED || c->cut_off);
}

static bool waits_or_runs(const app *a, const trust_check *c)
{
    fit_state state = c->report.about.state;
    return trust_at_work(a, c) ||
           (c->report.about.id && !c->cut_off && (state == FIT_RUNNING || state == FIT_QUEUED));
}

static void run_again(app *a, int64_t check_id)
{
    trust_state *v = a->state[VIEW_TRUST];
    for (uint32_t i = 0; v->c && i < v->c->count; i++)
        if (v->c->item[i].report.about.id == check_id)
            run_new(a, &v->c->item[i], 0);
}

static bool is_fit_ready(app *a)
{
    const fit *f = app_fit(a);
    if (f && f->state == FIT_DONE)
        return true;
    app_say(a, ROLE_STATUS,
            f ? "the fit is not finished: checks need all of it" : "no fit is open");
    return false;
}

void trust_run(app *a, trust_state *v, int count)
{
    const trust_check *c = wanted_at_hand(a, v);
    char question[128];
    if (!c || (!c->look->of_variable && !is_fit_ready(a)))
        return;
    const check *about = &c->report.about;
    if (about->state == FIT_QUEUED && about->id && !trust_at_work(a, c)) {
        engine_check_resume(a->engine, about->id); /* perhaps left over by an earlier program */
    } else if (waits_or_runs(a, c)) {
        app_say(a, ROLE_STATUS, "check %s is at work; C cancels it", c->kind->name);
    } else if (is_resumable(c) && count == 0) {
        engine_check_resume(a->engine, about->id);
    } else if (c->look->of_variable) {
        debias_dialog_open(a, about->id ? about->fit_id : 0);
    } else if (about->id && count == 0) {
        snprintf(question, sizeof question, "check %s is done: run it anew?", c->kind->name);
        app_confirm(a, question, run_again, about->id);
    } else if (c->look->asks && !about->id) {
        v->asking = (uint32_t)(c - v->c->item);
        app_prompt(a, TRUST_TAG_FILE, c->look->asks, "");
    } else if (c->why[0] && !about->id) {
        app_say(a, ROLE_WARNING, "check %s does not apply: %s", c->kind->name, c->why);
    } else {
        run_new(a, c, count);
    }
}

void trust_typed(app *a, trust_state *v, prompt_event event, const char *text)
{
    const trust_check *c = v->c && v->asking < v->c->count ? &v->c->item[v->asking] : NULL;
    check_settings settings = check_settings_open();
    if (event != PROMPT_ACCEPTED || !text[0] || !c)
        return;
    settings.file = mem_copy_text(text);
    ask_engine(a, c->kind, &settings);
    check_settings_release(&settings);
}

void trust_run_all(app *a, const trust_state *v)
{
    int count = 0;
    if (!v->c || !is_fit_ready(a))
        return;
    for (uint32_t i = 0; i < v->c->count; i++) {
        const trust_check *c = &v->c->item[i];
        bool done = c->report.about.id && c->report.about.state == FIT_DONE;
        if (done || waits_or_runs(a, c) || (c->why[0] && !c->report.about.id) ||
            (c->look->of_variable && !is_resumable(c)))
            continue;
        if (is_resumable(c))
            engine_check_resume(a->engine, c->report.about.id);
        else
            run_new(a, c, 0);
        count++;
    }
    if (count == 0)
        app_say(a, ROLE_STATUS, "every check that applies is done or at work");
    else
        app_say(a, ROLE_STATUS, "%d check%s, one after the other", count, count == 1 ? "" : "s");
}

void trust_cancel(app *a, const trust_state *v)
{
    const trust_check *c = wanted_at_hand(a, v);
    if (c && waits_or_runs(a, c))
        engine_check_cancel(a->engine, c->report.about.id);
    else if (c)
        app_say(a, ROLE_STATUS, "check %s is not running", c->kind->name);
}

static void delete_now(app *a, int64_t check_id)
{
    engine_check_delete(a->engine, check_id);
    app_say(a, ROLE_STATUS, "the check is deleted");
}

void trust_delete(app *a, const trust_state *v)
{
    char question[128];
    const trust_check *c = at_hand(v);
    if (!c || !c->report.about.id) {
        app_say(a, ROLE_STATUS, "there is no check to delete here");
        return;
    }
    snprintf(question, sizeof question, "delete check %s and what it found?", c->kind->name);
    app_confirm(a, question, delete_now, c->report.about.id);
}

/* -- using --------------------------------------------------------------------------------- */

static double own_wanted(const trust_check *c)
{
    check_settings s;
    double wanted = (double)NAN;
    if (check_settings_of(&c->report.about, &s, NULL) != STATUS_OK)
        return wanted;
    wanted = c->look->chart.kind == TRUST_SHARES ? s.cut : s.rate;
    check_settings_release(&s);
    return wanted;
}

static double nearest(const check_report *r, int64_t from, int64_t to, const char *series,
                      double x)
{
    uint32_t count = 0;
    const check_point *p = check_curve_of(r, from, to, series, &count);
    for (uint32_t i = 0; i < count; i++)
        if (p[i].x >= x - 1e-9)
            return p[i].y;
    return (double)NAN;
}

bool trust_choose(const trust_state *v, const trust_check *c, uint32_t pair, trust_choice *out)
{
    int64_t from = 0, to = 0;
    uint32_t count = 0, points = 0;
    const check_report *r = &c->report;
    *out = (trust_choice){.wanted = isnan(v->wanted) ? own_wanted(c) : v->wanted};
    trust_pair(r, pair, &from, &to);
    if (c->look->chart.kind == TRUST_SHARES) {
        out->edges = nearest(r, from, to, "edges", out->wanted);
        out->noise = nearest(r, from, to, "bound", out->wanted);
        return !isnan(out->edges);
    }
    const check_point *fdr = check_curve_of(r, from, to, "fdr", &count);
    const check_point *threshold = check_curve_of(r, from, to, "threshold", &points);
    for (uint32_t i = 0; i < count && i < points; i++)
        if (fdr[i].y <= out->wanted) {
            out->edges = fdr[i].x;
            out->threshold = threshold[i].y;
        }
    return count > 0;
}

bool trust_steps(const trust_check *c)
{
    return c && (c->look->chart.kind == TRUST_SHARES || strcmp(c->kind->name, "null") == 0);
}

bool trust_step(trust_state *v, bool fewer)
{
    static const double rates[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5};
    enum { RATES = sizeof rates / sizeof *rates };
    const trust_check *c = at_hand(v);
    trust_choice now;
    if (!c || v->page < PAGE_CHECKS || !trust_choose(v, c, v->pair, &now))
        return false;
    if (c->look->chart.kind == TRUST_SHARES) {
        double cut = round(now.wanted * 20 + (fewer ? 1 : -1)) / 20;
        v->wanted = fmin(1, fmax(0.55, cut));
        return true;
    }
    int at = 0;
    while (at < RATES - 1 && rates[at] < now.wanted - 1e-9)
        at++;
    at += fewer ? -1 : rates[at] > now.wanted + 1e-9 ? 0 : 1;
    v->wanted = rates[at < 0 ? 0 : at >= RATES ? RATES - 1 : at];
    return true;
}

static void go_to_circuit(app *a, const char *filter)
{
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    snprintf(where.filter, sizeof where.filter, "%s", filter);
    app_go(a, &where);
}

void trust_use(app *a, trust_state *v)
{
    const trust_check *c = at_hand(v);
    char filter[48];
    trust_choice chosen;
    bool shares = c && c->look->chart.kind == TRUST_SHARES;
    if (!trust_steps(c) || c->report.about.state != FIT_DONE || !trust_choose(v, c, 0, &chosen)) {
        app_say(a, ROLE_STATUS, "u needs a finished null or stability check");
        return;
    }
    if (shares) { /* the circuit knows how stable its edges are once it is read anew */
        snprintf(filter, sizeof filter, "stable>=%g", chosen.wanted);
        app_use_fit(a, a->fit_id);
        go_to_circuit(a, filter);
        return;
    }
    if (chosen.edges == 0) {
        app_say(a, ROLE_WARNING, "no threshold brings the rate down to %g", chosen.wanted);
        return;
    }
    const fit *f = app_fit(a);
    if (f && f->wiring) {
        /* What is judged is the regression's |removal|, which ranks nothing where there is a
         * wiring: no threshold of the circuit's can say it. Nor can `fdr<=`, which goes by the
         * curve of each edge's own pair, while the chart's threshold is of the whole circuit. */
        snprintf(filter, sizeof filter, "regression>=%.8g", chosen.threshold);
        a->threshold = 0;
        go_to_circuit(a, filter);
        return;
    }
    v->pending = (double)(float)chosen.threshold; /* strengths are floats there */
    if (a->measure != STRENGTH_REMOVAL)
        app_set_measure(a, STRENGTH_REMOVAL);
}
