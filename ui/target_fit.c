#include "ui/target_fit.h"

#include "src/base/memory.h"
#include "src/jobs/check.h"
#include "ui/debias_dialog.h"
#include "ui/pointer.h"
#include "ui/standing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tag by which `debias` knows what to take away. */
static const char spurious[] = "spurious";

/* What the page shows of the fit, copied: the study's snapshot may be replaced under it. */
struct target_page {
    modal base;
    target_page **owner; /* where the app keeps it while it is open */
    int64_t fit_id;
    char *title;
    variable_fit f; /* the workspace's, read with the first weights; zeroed until then */
    char **output;  /* what each of f.outputs stands for; clean, "" for a number */
    uint32_t outputs, point, points, at_output;
    uint64_t ticket;             /* of the weights asked for */
    variable_fit_weight *weight; /* of `point`: by output, then decreasing |weight| */
    double *intercept;
    uint32_t count, first; /* `first`: of the output at hand */
    list rows;
    char *verdict;     /* of the newest debias check of the fit; clean, NULL: none */
    char problem[256]; /* why there is nothing; clean */
};

/* `lambda 0.00206, 13 features, explained 0.61`: the facts of one point. Returns out. */
static char *say_point(char *out, size_t capacity, const variable_fit *f, uint32_t point)
{
    const variable_fit_point *p = &f->point[point];
    char lambda[24], held[24], text[64] = "";
    if (isfinite(p->held_out))
        snprintf(text, sizeof text, ", held out %s", show_figure(held, p->held_out));
    if (isfinite(p->accuracy)) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, ", %.1f %% right", 100 * p->accuracy);
    }
    snprintf(out, capacity, "%s %s, %u feature%s, explained %.3f%s%s", draw_glyph(GLYPH_LAMBDA),
             show_figure(lambda, p->lambda), p->features, p->features == 1 ? "" : "s",
             p->explained, text,
             strcmp(p->state, "unconverged") == 0 ? ", above the tolerance" : "");
    return out;
}

void target_fit_draw_point(region r, int line, const variable_fit *f, uint32_t point, style on)
{
    char facts[160];
    if (point == f->chosen)
        draw_text(r, line, 1, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    draw_format(r, line, 3, ROLE_NUMBER | on, "%4u  %s", point,
                say_point(facts, sizeof facts, f, point));
}

void target_fit_draw_hint(const app *a, const fit *f, region r)
{
    const fit_progress *p = &a->progress;
    if (standing_of(a, f).ours)
        draw_format(r, 0, 1, ROLE_NAME, "%u of %u points", p->done, p->targets);
    else if (standing_cut_off(a, f) || f->state == FIT_CANCELLED)
        draw_text(r, 0, 1, r.cols - 2, ROLE_WARNING,
                  "it did not come to its end: r begins it anew");
    else if (f->state == FIT_FAILED)
        draw_format(r, 0, 1, ROLE_ERROR, "failed: %s",
                    f->message ? f->message : "no reason was given");
    else if (f->state == FIT_RUNNING)
        draw_text(r, 0, 1, r.cols - 2, ROLE_NAME, "running in another process");
    else if (f->state == FIT_QUEUED)
        draw_text(r, 0, 1, r.cols - 2, ROLE_NAME,
                  "waits for its turn; r starts it if nobody is at work");
    else
        draw_text(r, 0, 1, r.cols - 2, ROLE_DIM,
                  "Enter lists its features; below, the points of its path (Tab)");
}

/* reading */

typedef struct page_ask {
    int64_t fit_id;
    uint32_t point;
} page_ask;

typedef struct page_data {
    variable_fit f;
    char **output;
    variable_fit_weight *weight;
    double *intercept;
    uint32_t count;
    char *verdict;
} page_data;

static void data_free(void *read)
{
    page_data *data = read;
    if (!data)
        return;
    for (uint32_t o = 0; data->output && o < data->f.outputs; o++)
        free(data->output[o]);
    free(data->output);
    free(data->weight);
    free(data->intercept);
    free(data->verdict);
    variable_fit_release(&data->f);
    free(data);
}

static int by_output_and_weight(const void *left, const void *right)
{
    const variable_fit_weight *a = left, *b = right;
    if (a->output != b->output)
        return a->output < b->output ? -1 : 1;
    if (fabs(a->weight) != fabs(b->weight))
        return fabs(a->weight) < fabs(b->weight) ? 1 : -1;
    if (a->layer != b->layer)
        return a->layer < b->layer ? -1 : 1;
    return a->feature < b->feature ? -1 : a->feature > b->feature;
}

static status name_outputs(db *d, page_data *data, error *err)
{
    target_set targets = {0};
    status code = target_list(d, &targets, err);
    const target *about = target_by_id(&targets, data->f.target_id);
    if (code == STATUS_OK && !about)
        code = error_set(err, STATUS_INPUT, "the target variable is gone");
    data->output = mem_zero(data->f.outputs, sizeof *data->output);
    for (uint32_t o = 0; code == STATUS_OK && o < data->f.outputs; o++) {
        char *name = target_output_name(about, o);
        data->output[o] = text_clean(name);
        free(name);
    }
    target_set_release(&targets);
    return code;
}

/* What `debias` said of it last. */
static status read_verdict(db *d, page_data *data, error *err)
{
    int64_t id = 0;
    check_report report = {0};
    const check_kind *kind = check_kind_find("debias");
    status code = check_newest(d, data->f.base.id, kind->name, &id, err);
    if (code != STATUS_OK || id == 0)
        return code;
    code = check_get_report(d, id, &report, err);
    if (code == STATUS_OK) {
        char *text = kind->verdict(&report);
        data->verdict = text_clean(text);
        free(text);
    }
    check_report_release(&report);
    return code;
}

static status page_read(db *d, void *asked, void **result, error *err)
{
    const page_ask *ask = asked;
    page_data *data = mem_zero(1, sizeof *data);
    status code = variable_fit_get(d, ask->fit_id, &data->f, err);
    if (code == STATUS_OK && ask->point >= data->f.point_count)
        code = error_set(err, STATUS_INPUT, "fit %lld has no point %u", (long long)ask->fit_id,
                         ask->point);
    if (code == STATUS_OK)
        code = variable_fit_weights(d, &data->f, ask->point, &data->intercept, &data->weight,
                                    &data->count, err);
    if (code == STATUS_OK)
        code = name_outputs(d, data, err);
    if (code == STATUS_OK)
        code = read_verdict(d, data, err);
    if (code == STATUS_OK) {
        qsort(data->weight, data->count, sizeof *data->weight, by_output_and_weight);
        *result = data;
    } else {
        data_free(data);
    }
    return code;
}

static void ask(app *a, target_page *p)
{
    page_ask *wanted = mem_alloc(sizeof *wanted);
    *wanted = (page_ask){p->fit_id, p->point};
    p->ticket = app_ask(a, &(reader_question){.kind = READ_TARGET_FIT,
                                              .work = page_read,
                                              .ask = wanted,
                                              .release_ask = free,
                                              .release = data_free});
}

/* The rows of the output at hand. */
static void choose_output(target_page *p, uint32_t output)
{
    uint32_t first = 0, last = 0;
    while (first < p->count && p->weight[first].output < output)
        first++;
    for (last = first; last < p->count && p->weight[last].output == output;)
        last++;
    p->at_output = output;
    p->first = first;
    p->rows.cursor = p->rows.top = 0;
    list_set_count(&p->rows, last - first);
}

static void drop(target_page *p)
{
    for (uint32_t o = 0; p->output && o < p->outputs; o++)
        free(p->output[o]);
    free(p->output);
    free(p->weight);
    free(p->intercept);
    free(p->verdict);
    variable_fit_release(&p->f);
    p->verdict = NULL;
    p->output = NULL;
    p->weight = NULL;
    p->intercept = NULL;
    p->outputs = p->count = p->first = p->at_output = 0;
    list_set_count(&p->rows, 0);
}

/* To a feature, if it is listed: whoever moved to it while another point of the path was on its
 * way must find it there. */
static void go_to(target_page *p, const variable_fit_weight *wanted)
{
    for (uint32_t row = 0; row < p->rows.count; row++) {
        const variable_fit_weight *weight = &p->weight[p->first + row];
        if (weight->layer == wanted->layer && weight->feature == wanted->feature) {
            list_go(&p->rows, row);
            return;
        }
    }
}

bool target_fit_answer(app *a, int kind, reader_answer *answer)
{
    target_page *p = a->target_page;
    if (kind != READ_TARGET_FIT)
        return false;
    if (!p || answer->ticket != p->ticket)
        return true;
    uint32_t output = p->at_output, cursor = p->rows.cursor;
    variable_fit_weight at = {0};
    bool moved = cursor > 0 && cursor < p->rows.count;
    if (moved)
        at = p->weight[p->first + cursor];
    drop(p);
    p->problem[0] = '\0';
    if (answer->code == STATUS_OK) {
        page_data *data = answer->result;
        p->f = data->f;
        p->output = data->output;
        p->outputs = data->f.outputs;
        p->points = data->f.point_count;
        p->weight = data->weight;
        p->intercept = data->intercept;
        p->count = data->count;
        p->verdict = data->verdict;
        *data = (page_data){0}; /* the page's now */
        choose_output(p, output < p->outputs ? output : 0);
        if (moved)
            go_to(p, &at);
    } else {
        snprintf(p->problem, sizeof p->problem, "%.250s", answer->err.message);
    }
    app_dirty(a);
    return true;
}

/* drawing */

enum { WIDEST = 110, NAME_WIDTH = 22 };

typedef struct drawn {
    app *a;
    const target_page *p;
} drawn;

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const drawn *w = user;
    const variable_fit_weight *weight = &w->p->weight[w->p->first + index];
    const variable_fit_weight *strongest = &w->p->weight[w->p->first];
    const layer *in = layer_by_id(&w->a->study->layers, weight->layer);
    char name[64], text[24];
    if (!in)
        return;
    app_feature_name(w->a, name, sizeof name, in->position, weight->feature);
    const feature_note *note = note_find(&w->a->study->notes.set, in->id, weight->feature);
    if (note_has_tag(note ? note->tags : NULL, spurious))
        draw_text(r, line, 0, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    draw_text(r, line, 1, NAME_WIDTH, ROLE_NAME | on, name);
    int at = NAME_WIDTH + 2;
    if (r.cols >= 60) {
        draw_bar(r, line, at, 8, ROLE_BAR | on, fabs(weight->weight) / fabs(strongest->weight));
        at += 9;
    }
    draw_right(r, line, at, 8, ROLE_NUMBER | on, show_figure(text, weight->weight));
    draw_right(r, line, at + 9, 8, ROLE_NUMBER | on, show_figure(text, weight->standardised));
    draw_text(r, line, at + 19, r.cols - at - 19, ROLE_TEXT | on,
              app_label(w->a, in->position, weight->feature));
}

static void draw_heads(region r)
{
    int at = NAME_WIDTH + 2 + (r.cols >= 60 ? 9 : 0);
    draw_text(r, 0, 1, NAME_WIDTH, ROLE_HEAD, "feature");
    draw_right(r, 0, at, 8, ROLE_HEAD, "weight");
    draw_right(r, 0, at + 9, 8, ROLE_HEAD, "standard");
    draw_text(r, 0, at + 19, r.cols - at - 19, ROLE_HEAD, "label");
}

/* What has a name for its outputs has classes; a number has none. */
static bool has_classes(const target_page *p)
{
    return p->outputs > 0 && p->output[0][0];
}

static void draw_keys(const target_page *p, region foot)
{
    static const struct {
        const char *key, *word;
        int pressed;
    } keys[] = {{"Enter", "card", PRESSED_ENTER},
                {"<", "more features", '<'},
                {">", "fewer", '>'},
                {"s", "spurious", 's'},
                {"d", "debias", 'd'},
                {"Tab", "class", PRESSED_TAB},
                {"q", "close", 'q'}};
    int at = 1;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if ((keys[i].pressed == PRESSED_TAB && p->outputs < 2) ||
            (keys[i].pressed == 'd' && !has_classes(p)))
            continue;
        int width = text_width(keys[i].key) + 1 + text_width(keys[i].word);
        if (at + width >= foot.cols)
            break;
        pointer_key(region_part(foot, 0, at, 1, width), keys[i].pressed);
        at += draw_text(foot, 0, at, foot.cols, ROLE_KEY, keys[i].key) + 1;
        at += draw_text(foot, 0, at, foot.cols, ROLE_DIM, keys[i].word) + 2;
    }
}

static void draw_facts(const target_page *p, region r)
{
    char facts[160], figure[24];
    draw_format(r, 0, 1, ROLE_NAME, "point %u of %u: %s", p->point + 1, p->points,
                say_point(facts, sizeof facts, &p->f, p->point));
    show_figure(figure, p->intercept[p->at_output]);
    int at = 1;
    if (p->outputs > 1)
        at += draw_format(r, 1, at, ROLE_NAME, "class %s (%u of %u), intercept %s",
                          p->output[p->at_output], p->at_output + 1, p->outputs, figure);
    else
        at += draw_format(r, 1, at, ROLE_NAME, "%s%s%sintercept %s",
                          p->output[0][0] ? "log odds of " : "", p->output[0],
                          p->output[0][0] ? ", " : "", figure);
    draw_format(r, 1, at, ROLE_DIM, "; %s", WEIGHTS_REMINDER);
}

static void page_draw(app *a, modal *m, region screen)
{
    target_page *p = (target_page *)m;
    drawn w = {a, p};
    for (int row = 0; row < screen.rows; row++)
        draw_ground(screen, row, 0, screen.cols, ROLE_TEXT);
    draw_ground(screen, 0, 0, screen.cols, ROLE_TITLE);
    draw_text(screen, 0, 1, screen.cols - 2, ROLE_TITLE, p->title);
    region body = region_part(screen, 1, 0, screen.rows - 2, screen.cols);
    if (body.cols > WIDEST)
        body.cols = WIDEST;
    if (p->weight) {
        draw_facts(p, body);
        int top = 2;
        if (p->verdict)
            draw_format(body, top++, 1, ROLE_DIM, "debias: %s", p->verdict);
        draw_heads(region_part(body, top++, 0, 1, body.cols));
        list_draw(&p->rows, region_part(body, top, 0, body.rows - top, body.cols), true, draw_row,
                  &w);
        if (p->rows.count == 0)
            draw_text(body, top, 1, body.cols - 2, ROLE_DIM,
                      "no feature has a weight here: < goes to a smaller lambda");
    } else {
        draw_text(body, 0, 1, body.cols - 2, p->problem[0] ? ROLE_ERROR : ROLE_DIM,
                  p->problem[0] ? p->problem : "reading the weights");
    }
    draw_keys(p, region_part(screen, screen.rows - 1, 0, 1, screen.cols));
}

/* keys */

static bool open_card(app *a, const target_page *p)
{
    if (!p->weight || p->rows.count == 0)
        return true;
    const variable_fit_weight *weight = &p->weight[p->first + p->rows.cursor];
    const layer *in = layer_by_id(&a->study->layers, weight->layer);
    if (!in)
        return true;
    place where = PLACE(VIEW_FEATURES);
    where.layer = in->position;
    where.feature = weight->feature;
    app_go(a, &where);
    return false;
}

static void tag_spurious(app *a, const target_page *p)
{
    if (!p->weight || p->rows.count == 0)
        return;
    const variable_fit_weight *weight = &p->weight[p->first + p->rows.cursor];
    const layer *in = layer_by_id(&a->study->layers, weight->layer);
    if (in)
        notes_toggle_tag(a, in->position, weight->feature, spurious);
}

static void step_point(app *a, target_page *p, int by)
{
    if ((by < 0 && p->point == 0) || (by > 0 && p->point + 1 >= p->points))
        return;
    p->point = by < 0 ? p->point - 1 : p->point + 1;
    ask(a, p);
}

static bool page_key(app *a, modal *m, int key)
{
    target_page *p = (target_page *)m;
    if (key == '<' || key == ',')
        step_point(a, p, 1); /* the path goes down in lambda */
    else if (key == '>' || key == '.')
        step_point(a, p, -1);
    else if (key == 's')
        tag_spurious(a, p);
    else if (key == 'd' && has_classes(p))
        return debias_dialog_open(a, p->fit_id); /* in the page's place */
    else if (key == PRESSED_TAB && p->outputs > 1)
        choose_output(p, (p->at_output + 1) % p->outputs);
    else if (key == PRESSED_BACKTAB && p->outputs > 1)
        choose_output(p, (p->at_output + p->outputs - 1) % p->outputs);
    else if (key == PRESSED_ENTER || key == 'c')
        return open_card(a, p);
    else {
        action_id act = action_of_key(VIEW_FITS, key);
        if (act == ACT_BACK || act == ACT_QUIT)
            return false;
        list_act(&p->rows, act, 0);
    }
    return true;
}

static void page_free(modal *m)
{
    target_page *p = (target_page *)m;
    if (*p->owner == p)
        *p->owner = NULL;
    drop(p);
    free(p->title);
    free(p);
}

void target_fit_open(app *a, const variable_fit *f, uint32_t point)
{
    target_page *p = mem_zero(1, sizeof *p);
    p->base = (modal){.draw = page_draw, .key = page_key, .free = page_free, .wheel = true};
    p->owner = &a->target_page;
    p->fit_id = f->base.id;
    p->point = point;
    p->points = f->point_count;
    char *names = mem_copy_text("");
    for (uint32_t l = 0; l < f->layer_count; l++) {
        const layer *in = layer_by_id(&a->study->layers, f->layer[l]);
        char *longer =
            mem_format("%s%s%s", names, l ? ", " : "", in ? app_layer_name(a, in->position) : "?");
        free(names);
        names = longer;
    }
    p->title = mem_format("fit %lld: %s on %s%s", (long long)f->base.id, f->target, names,
                          f->train_only ? ", training documents" : "");
    free(names);
    a->target_page = p;
    ask(a, p);
    app_open_modal(a, &p->base);
}
