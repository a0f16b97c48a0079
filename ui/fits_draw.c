/* The Fits view's screen: the list of fits, and what the one under the cursor consists of. */
#include "ui/fits.h"
#include "ui/standing.h"
#include "ui/target_fit.h"

#include <stdio.h>
#include <string.h>

/* Column of each figure, from the right edge; 0: no room. */
typedef struct columns {
    int layers, rule, ridge, scale, started, done, edges, gap, seconds;
} columns;

static columns columns_for(int cols)
{
    columns c = {0};
    int right = cols - 1;
    if (cols >= 72) {
        c.seconds = right - 7;
        c.gap = c.seconds - 9;
        right = c.gap;
    }
    c.edges = right - 9;
    c.done = c.edges - 6;
    right = c.done;
    if (cols >= 58) {
        c.rule = 23;
        if (right - c.rule >= 25) {
            c.ridge = c.rule + 14;
            c.scale = c.ridge + 6;
        }
    }
    if (c.scale && right - c.scale >= 6 + 18)
        c.started = right - 17;
    if (cols >= 46)
        c.layers = 16;
    return c;
}

static void draw_heads(region r, const columns *c)
{
    draw_text(r, 0, 2, 3, ROLE_HEAD, "fit");
    draw_text(r, 0, 6, 9, ROLE_HEAD, "state");
    if (c->layers)
        draw_text(r, 0, c->layers, 6, ROLE_HEAD, "layers");
    if (c->rule)
        draw_text(r, 0, c->rule, 13, ROLE_HEAD, draw_glyph(GLYPH_LAMBDA));
    if (c->ridge) {
        draw_text(r, 0, c->ridge, 5, ROLE_HEAD, "ridge");
        draw_text(r, 0, c->scale, 5, ROLE_HEAD, "scale");
    }
    if (c->started)
        draw_right(r, 0, c->started, 16, ROLE_HEAD, "started");
    draw_right(r, 0, c->done, 5, ROLE_HEAD, "done");
    draw_right(r, 0, c->edges, 8, ROLE_HEAD, "edges");
    if (c->gap) {
        draw_right(r, 0, c->gap, 8, ROLE_HEAD, "gap");
        draw_right(r, 0, c->seconds, 7, ROLE_HEAD, "time");
    }
}

static void draw_edges(region r, int line, int col, style s, uint64_t edges)
{
    char text[24];
    show_count(text, edges);
    draw_right(r, line, col, 8, s, text_width(text) <= 8 ? text : show_short(text, edges));
}

static void draw_gap(region r, int line, int col, style on, uint32_t done, double gap,
                     double tolerance)
{
    char text[24];
    if (done == 0)
        draw_right(r, line, col, 8, ROLE_DIM | on, draw_glyph(GLYPH_DASH));
    else
        draw_right(r, line, col, 8, (gap > tolerance ? ROLE_WARNING : ROLE_NUMBER) | on,
                   show_figure(text, gap));
}

static int percent_of(uint32_t done, uint32_t targets)
{
    return targets == 0 ? 100 : (int)((uint64_t)done * 100 / targets);
}

static void draw_fit(void *user, region r, int line, uint32_t index, style on)
{
    fits_state *v = user;
    const fit *f = fits_at(v->a, index);
    if (!f)
        return;
    standing now = standing_of(v->a, f);
    columns c = columns_for(r.cols);
    char text[64];
    if (f->id == v->a->fit_id)
        draw_text(r, line, 0, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    if (f->id == v->marked)
        draw_text(r, line, 5, 1, ROLE_PICKED | on, "=");
    snprintf(text, sizeof text, "%lld", (long long)f->id);
    draw_right(r, line, 1, 4, ROLE_NUMBER | on, text);
    draw_text(r, line, 6, 9, standing_role(v->a, f) | on, standing_name(v->a, f));
    if (c.layers) {
        standing_layers(v->a, f, text, sizeof text);
        draw_text(r, line, c.layers, 5, ROLE_NUMBER | on, text);
    }
    const variable_fit *about = study_variable(v->a->study, f);
    if (c.rule && about) {
        draw_text(r, line, c.rule, 13, ROLE_NAME | on, about->target);
    } else if (c.rule) {
        standing_rule(f, text);
        draw_text(r, line, c.rule, 13, ROLE_NUMBER | on, text);
    }
    if (c.ridge) {
        snprintf(text, sizeof text, "%g", f->ridge);
        draw_text(r, line, c.ridge, 5, ROLE_NUMBER | on, text);
        draw_text(r, line, c.scale, 4, ROLE_NUMBER | on, f->scale ? "sd" : "none");
    }
    if (c.started)
        draw_right(r, line, c.started, 16, ROLE_DIM | on, standing_time(text, f->started));
    snprintf(text, sizeof text, "%d%%", percent_of(now.done, now.targets));
    draw_right(r, line, c.done, 5, ROLE_NUMBER | on, text);
    draw_edges(r, line, c.edges, ROLE_NUMBER | on, now.edges);
    if (c.gap) {
        draw_gap(r, line, c.gap, on, now.done, now.worst_gap, f->tolerance);
        draw_right(r, line, c.seconds, 7, ROLE_NUMBER | on, show_seconds(text, now.seconds));
    }
}

static const char *short_name(const app *a, const layer *l)
{
    return l ? app_layer_name(a, (uint32_t)(l - a->study->layers.item)) : "?";
}

static void draw_pair(void *user, region r, int line, uint32_t index, style on)
{
    fits_state *v = user;
    const fit *f = fits_here(v);
    const fit_pair *p = &f->pair[index];
    const study *s = v->a->study;
    const layer *from = layer_by_id(&s->layers, p->source_layer);
    const layer *to = layer_by_id(&s->layers, p->target_layer);
    char text[64];
    columns c = columns_for(r.cols);
    int name = v->name_width, end = c.done - 1;
    if (2 * name + 5 > end)
        name = (end - 5) / 2;
    draw_text(r, line, 2, name, ROLE_NAME | on, short_name(v->a, from));
    int at = 3 + name;
    at += draw_text(r, line, at, 2, ROLE_DIM | on, draw_glyph(GLYPH_ARROW)) + 1;
    draw_text(r, line, at, name, ROLE_NAME | on, short_name(v->a, to));
    at += name + 2;
    if (at + 10 <= end && p->done < p->targets && p->done > 0) {
        draw_progress(r, line, at, 10, ROLE_BAR | on, (double)p->done / p->targets);
    } else if (at + 12 <= end && p->lambda_known) {
        char figure[24];
        snprintf(text, sizeof text, "%s %s", draw_glyph(GLYPH_LAMBDA),
                 show_figure(figure, p->lambda));
        draw_text(r, line, at, end - at, ROLE_DIM | on, text);
    }
    /* of a joint fit, a target layer's targets are with its nearest source: the others have none
     */
    bool own = p->targets > 0;
    snprintf(text, sizeof text, "%d%%", percent_of(p->done, p->targets));
    draw_right(r, line, c.done, 5, (own ? ROLE_NUMBER : ROLE_DIM) | on,
               own ? text : draw_glyph(GLYPH_DASH));
    draw_edges(r, line, c.edges, ROLE_NUMBER | on, p->edges);
    if (c.gap && !own) {
        draw_right(r, line, c.gap, 8, ROLE_DIM | on, draw_glyph(GLYPH_DASH));
        draw_right(r, line, c.seconds, 7, ROLE_DIM | on, draw_glyph(GLYPH_DASH));
    } else if (c.gap) {
        draw_gap(r, line, c.gap, on, p->done, p->worst_gap, f->tolerance);
        draw_right(r, line, c.seconds, 7, ROLE_NUMBER | on, show_seconds(text, p->seconds));
    }
}

static void draw_point(void *user, region r, int line, uint32_t index, style on)
{
    fits_state *v = user;
    const variable_fit *about = fits_variable_here(v);
    if (about && index < about->point_count)
        target_fit_draw_point(r, line, about, index, on);
}

/* One sentence about the fit under the cursor: what to do about it, or how fast it goes. */
static void draw_hint(const app *a, const fit *f, region r)
{
    const fit_progress *p = &a->progress;
    char left[24], rate[24], done[24], targets[24];
    bool ours = standing_of(a, f).ours;
    if (ours && p->rate > 0 && p->seconds_left >= 0)
        draw_format(r, 0, 1, ROLE_NAME, "pair %u of %u: %s of %s targets, %s/s, %s left",
                    p->pair + 1, p->pairs, show_count(done, p->done),
                    show_count(targets, p->targets), show_short(rate, (uint64_t)(p->rate + 0.5)),
                    show_seconds(left, p->seconds_left));
    else if (ours)
        draw_format(r, 0, 1, ROLE_NAME, "pair %u of %u: preparing", p->pair + 1, p->pairs);
    else if (standing_cut_off(a, f))
        draw_text(r, 0, 1, r.cols - 2, ROLE_WARNING,
                  "cut off: the process that ran it is gone; what was done is kept, r resumes");
    else if (f->state == FIT_CANCELLED)
        draw_text(r, 0, 1, r.cols - 2, ROLE_WARNING,
                  "cancelled: what was done is kept; r resumes");
    else if (f->state == FIT_FAILED)
        draw_format(r, 0, 1, ROLE_ERROR, "failed: %s",
                    f->message ? f->message : "no reason was given");
    else if (f->state == FIT_RUNNING)
        draw_text(r, 0, 1, r.cols - 2, ROLE_NAME, "running in another process");
    else if (f->state == FIT_QUEUED)
        draw_text(r, 0, 1, r.cols - 2, ROLE_NAME,
                  "waits for its turn; r starts it if nobody is at work");
    else if (standing_of(a, f).edges == 0)
        draw_text(r, 0, 1, r.cols - 2, ROLE_DIM, "no edges: a smaller lambda finds some");
    else if (f->wiring)
        draw_format(r, 0, 1, ROLE_DIM,
                    "Enter opens its circuit; autoencoders were used: %s edges rest on them alone",
                    show_count(done, fit_wired_alone(f)));
    else
        draw_text(r, 0, 1, r.cols - 2, ROLE_DIM, "Enter opens its circuit");
}

void fits_draw(app *a, void *self, region body)
{
    fits_state *v = self;
    enum { WIDEST = 110 }; /* beyond that the eye loses the row */
    if (body.cols > WIDEST)
        body.cols = WIDEST;
    const fit *f = fits_here(v);
    if (!f) {
        draw_text(body, 0, 1, body.cols - 2, ROLE_DIM,
                  a->study ? "no fits yet: press f to start one" : "opening the study");
        return;
    }
    char settings[160];
    int below = v->zoomed && v->in_pairs ? body.rows
                : body.rows >= 12        ? body.rows / 2
                : v->in_pairs            ? body.rows - 3
                                         : 2;
    int above = body.rows - below;
    int wanted = (int)v->fits.count + 2;
    if (above > wanted && !v->zoomed) {
        above = wanted;
        below = body.rows - above;
    }
    if (above >= 2) {
        bool bar = (int)v->fits.count > above - (body.rows >= 12 ? 2 : 1);
        columns heads = columns_for(body.cols - bar);
        draw_heads(body, &heads);
        list_draw(&v->fits, region_part(body, 1, 0, above - (body.rows >= 12 ? 2 : 1), body.cols),
                  !v->in_pairs, draw_fit, v);
    }
    region lower = region_part(body, above, 0, below, body.cols);
    int line = 0;
    const variable_fit *about = fits_variable_here(v);
    if (about)
        variable_describe(about, draw_glyph(GLYPH_LAMBDA), settings, sizeof settings);
    else
        app_fit_settings(settings, sizeof settings, f);
    draw_format(lower, line++, 1, ROLE_HEAD, "fit %lld: %s%s%s", (long long)f->id,
                about ? about->target : "", about ? ", " : "", settings);
    (about ? target_fit_draw_hint : draw_hint)(a, f, region_part(lower, line++, 0, 1, lower.cols));
    line += lower.rows >= 10;
    list_draw(&v->pairs, region_part(lower, line, 0, lower.rows - line, lower.cols), v->in_pairs,
              about ? draw_point : draw_pair, v);
}
