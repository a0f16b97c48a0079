#include "ui/slider.h"

#include "src/base/memory.h"
#include "src/jobs/slide_circuit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Nobody slides farther down than two decades below lambda_max, or one below the fit's own: there
 * a solve takes a second, and has thousands of parents. */
enum { STEPS_A_DECADE = 10, DECADES_BELOW_MAX = 2, DECADES_BELOW_OWN = 1 };

/* What the slider's thread keeps between two questions; nobody else touches it. */
typedef struct kept {
    slide *slide;
    int64_t fit_id, layer_id;
    layer_set layers;
} kept;

typedef struct slider_ask {
    kept *kept;
    int64_t fit_id;
    uint32_t position, feature;
    strength measure;
    int step;
} slider_ask;

typedef struct slider_result {
    circuit *circuit;
    uint32_t position, feature;
    int step; /* as solved: no farther than there is something to see */
    double lambda, own, gap, r2;
    lasso_state state;
} slider_result;

struct slider {
    reader *reader; /* started at the first step */
    kept kept;
    bool on;
    int64_t fit_id;
    uint32_t position, feature;
    strength measure;
    int step;
    bool under_way;
    int asked_step;
    slider_result *now, *before;
    uint32_t fresh,
        gone;    /* parents that the fit's regression does not have; of it that are no more */
    bool wiring; /* the fit has it; a solve at another lambda has not */
};

static void result_free(void *result)
{
    slider_result *r = result;
    if (r)
        circuit_free(r->circuit);
    free(r);
}

slider *slider_create(void)
{
    return mem_zero(1, sizeof(slider));
}

void slider_free(slider *s)
{
    reader_stop(s->reader);
    slide_close(s->kept.slide);
    layer_set_release(&s->kept.layers);
    result_free(s->now);
    result_free(s->before);
    free(s);
}

/* -- on the slider's thread ------------------------------------------------------------------ */

/* Reads the layers of the question unless they are here from the last one. */
static status keep(kept *k, db *d, const slider_ask *ask, const layer **to, error *err)
{
    layer_set_release(&k->layers);
    status code = layer_list(d, &k->layers, err);
    if (code != STATUS_OK)
        return code;
    if (ask->position >= k->layers.count)
        return error_set(err, STATUS_INPUT, "the study has no such layer");
    *to = &k->layers.item[ask->position];
    if (k->slide && k->fit_id == ask->fit_id && k->layer_id == (*to)->id)
        return STATUS_OK;
    slide_close(k->slide);
    k->fit_id = ask->fit_id;
    k->layer_id = (*to)->id;
    return slide_open(&k->slide, d, &k->layers, ask->fit_id, (*to)->id, err);
}

/* Solves at the step asked for; beyond lambda_max, where no parent is left, and below the least
 * lambda at the last step before. */
static status solve(kept *k, const slider_ask *ask, double own, int *step, slide_result *found,
                    error *err)
{
    *step = ask->step;
    status code = slide_solve(k->slide, ask->feature,
                              own * pow(10, (double)*step / STEPS_A_DECADE), found, err);
    if (code != STATUS_OK || !(found->lambda_max > 0))
        return code;
    int most = (int)ceil(STEPS_A_DECADE * log10(found->lambda_max / own));
    int least = most - DECADES_BELOW_MAX * STEPS_A_DECADE;
    least =
        least > -DECADES_BELOW_OWN * STEPS_A_DECADE ? -DECADES_BELOW_OWN * STEPS_A_DECADE : least;
    if (*step <= most && *step >= least)
        return code;
    *step = *step > most ? most : least;
    slide_result_release(found);
    return slide_solve(k->slide, ask->feature, own * pow(10, (double)*step / STEPS_A_DECADE),
                       found, err);
}

static status work(db *d, void *asked, void **result, error *err)
{
    const slider_ask *ask = asked;
    const layer *to = NULL;
    slide_result found = {0};
    double own = 0;
    slider_result *r = mem_zero(1, sizeof *r);
    status code = keep(ask->kept, d, ask, &to, err);
    if (code == STATUS_OK)
        code =
            slide_own_lambda(d, &ask->kept->layers, ask->fit_id, to->id, ask->feature, &own, err);
    if (code == STATUS_OK && !(own > 0))
        code =
            error_set(err, STATUS_INPUT, "the fit has lambda 0 here: there is nothing to slide");
    if (code == STATUS_OK)
        code = solve(ask->kept, ask, own, &r->step, &found, err);
    if (code == STATUS_OK) {
        r->position = ask->position;
        r->feature = ask->feature;
        r->own = own;
        r->lambda = own * pow(10, (double)r->step / STEPS_A_DECADE);
        r->gap = found.gap;
        r->r2 = found.r2;
        r->state = found.state;
        code = slide_circuit(&ask->kept->layers, to, ask->feature, &found, ask->measure,
                             &r->circuit, err);
    }
    slide_result_release(&found);
    if (code == STATUS_OK)
        *result = r;
    else
        result_free(r);
    return code;
}

/* -- on the screen's ------------------------------------------------------------------------- */

static void ask_again(slider *s)
{
    slider_ask *ask = mem_alloc(sizeof *ask);
    *ask = (slider_ask){&s->kept, s->fit_id, s->position, s->feature, s->measure, s->step};
    s->under_way = true;
    s->asked_step = s->step;
    reader_ask(s->reader, &(reader_question){.kind = READ_SLIDE,
                                             .work = work,
                                             .ask = ask,
                                             .release_ask = free,
                                             .release = result_free});
}

void slider_step(app *a, slider *s, uint32_t position, uint32_t feature, int steps)
{
    error err = {0};
    if (!s->reader && reader_start(&s->reader, a->path, a->news, &err) != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", err.message);
        return;
    }
    if (!s->on || s->fit_id != a->fit_id || s->position != position || s->feature != feature)
        s->step = 0;
    s->on = true;
    s->fit_id = a->fit_id;
    s->position = position;
    s->feature = feature;
    s->measure = a->measure;
    s->step += steps;
    if (!s->under_way)
        ask_again(s);
}

void slider_follow(app *a, slider *s)
{
    if (s->on && s->fit_id != a->fit_id)
        slider_end(s);
    if (!s->on || s->measure == a->measure)
        return;
    s->measure = a->measure;
    if (!s->under_way)
        ask_again(s);
}

static void show(slider *s, slider_result *fresh)
{
    result_free(s->before);
    s->before = s->now;
    s->now = fresh;
}

bool slider_end(slider *s)
{
    bool was_on = s->on;
    s->on = false;
    if (s->now)
        show(s, NULL);
    return was_on;
}

/* How far the parents are from the fit's own. */
static void compare(app *a, slider *s)
{
    const circuit *whole = a->circuit, *here = s->now->circuit;
    s->fresh = s->gone = 0;
    s->wiring = whole && whole->wiring;
    if (!whole || here->node_count != whole->node_count)
        return;
    uint32_t node = circuit_node(whole, s->position, s->feature), common = 0, parents = 0;
    uint32_t first = whole->in_start[node], end = whole->in_start[node + 1];
    for (uint32_t k = 0; k < here->edge_count; k++) {
        uint32_t i = first;
        while (i < end && whole->in_link[i].source != here->edge[k].source)
            i++;
        common += i < end && !circuit_wired_alone(&whole->edge[whole->in[i]]);
    }
    for (uint32_t i = first; i < end; i++)
        parents += !circuit_wired_alone(&whole->edge[whole->in[i]]);
    s->fresh = here->edge_count - common;
    s->gone = parents - common;
}

bool slider_answer(app *a, slider *s, int kind, reader_answer *answer)
{
    if (kind != READ_SLIDE)
        return false;
    slider_result *r = answer->result;
    s->under_way = false;
    if (!s->on)
        return true;
    if (answer->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answer->err.message);
        slider_end(s);
        return true;
    }
    bool wanted = r->position == s->position && r->feature == s->feature;
    bool more = !wanted || s->step != s->asked_step || r->circuit->ranked_by != s->measure;
    if (wanted) {
        if (s->step == s->asked_step)
            s->step = r->step;
        show(s, r);
        answer->result = NULL;
        compare(a, s);
    }
    if (more)
        ask_again(s);
    return true;
}

bool slider_on(const slider *s)
{
    return s->on;
}

const circuit *slider_circuit(const slider *s)
{
    return s->now ? s->now->circuit : NULL;
}

void slider_draw(const slider *s, region r, int row)
{
    char lambda[24], own[24], gap[24], r2[24];
    const slider_result *now = s->now;
    if (!now) {
        draw_text(r, row, 0, r.cols, ROLE_WARNING,
                  "reading the layers, to solve at another lambda");
        return;
    }
    show_figure(lambda, now->lambda);
    show_figure(own, now->own);
    int col = now->step ? draw_format(r, row, 0, ROLE_WARNING, "%s %s, not the fit's %s",
                                      draw_glyph(GLYPH_LAMBDA), lambda, own)
                        : draw_format(r, row, 0, ROLE_DIM, "%s %s, the fit's own",
                                      draw_glyph(GLYPH_LAMBDA), lambda);
    col += draw_format(r, row, col, ROLE_TEXT, "%s: %u new, %u gone", s->wiring ? ", unwired" : "",
                       s->fresh, s->gone);
    draw_format(r, row, col, now->state == LASSO_UNCONVERGED ? ROLE_WARNING : ROLE_DIM,
                "; gap %s, R2 %s", show_figure(gap, now->gap), show_figure(r2, now->r2));
}
