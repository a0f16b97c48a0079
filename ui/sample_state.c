#include "ui/sample_state.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* -- what is shown ------------------------------------------------------------------------- */

uint32_t sample_state_samples(const app *a)
{
    if (!a->study || a->study->samples > 0)
        return a->study ? a->study->samples : 0;
    return a->study->layers.count ? a->study->layers.item[0].samples : 0;
}

/* Over all features that were read. */
static float total_activity(const sample_state *v, uint32_t sample)
{
    double sum = 0;
    for (uint32_t i = 0; i < v->layers; i++) {
        const sample_rows *rows = v->layer[i] ? &v->layer[i]->rows : NULL;
        if (!rows || sample < rows->first || sample - rows->first >= rows->count)
            continue;
        uint64_t end = rows->start[sample - rows->first + 1];
        for (uint64_t k = rows->start[sample - rows->first]; k < end; k++)
            sum += fabs((double)rows->value[k]);
    }
    return (float)sum;
}

/* As asked, or while no feature is marked yet. */
bool sample_state_shaded_by_all(const sample_state *v)
{
    return v->by_all || v->position == NOTHING;
}

void sample_state_shade(sample_state *v)
{
    const sample_text *t = v->text;
    v->shade_most = 0.0f;
    for (uint32_t i = 0; t && t->by_token && i < t->count; i++) {
        uint32_t sample = t->first_token + i;
        if (sample_state_shaded_by_all(v))
            v->shade[i] = total_activity(v, sample);
        else
            v->shade[i] = v->position < v->layers
                              ? sample_value(v->layer[v->position], sample, v->feature)
                              : 0.0f;
        v->shade_most = fmaxf(v->shade_most, fabsf(v->shade[i]));
    }
}

/* The feature of the row at hand: an edge's source. */
bool sample_state_at_hand(const app *a, const sample_state *v, uint32_t *position,
                          uint32_t *feature)
{
    uint32_t item = NOTHING;
    const list *l = v->on_edges ? &v->edges : &v->features;
    if (!sample_list_at(v->on_edges ? &v->lists.edges : &v->lists.features, l->cursor, &item) ||
        item == NOTHING)
        return false;
    if (v->on_edges) {
        *position = circuit_position(
            a->circuit, a->circuit->edge[v->lists.at.edge[item].edge].source, feature);
    } else {
        *position = v->lists.active[item].position;
        *feature = v->lists.active[item].feature;
    }
    return true;
}

/* The marked feature follows the cursor. */
void sample_state_mark(const app *a, sample_state *v)
{
    uint32_t position, feature;
    if (!sample_state_at_hand(a, v, &position, &feature))
        return;
    if (position != v->position || feature != v->feature)
        v->rank = 0;
    v->position = position;
    v->feature = feature;
    sample_state_shade(v);
}

/* The lists of the sample shown; cursors stay on what they were on, if it is still listed. */
void sample_state_list(const app *a, sample_state *v)
{
    uint32_t item = NOTHING, kept = NOTHING;
    if (sample_list_at(&v->lists.edges, v->edges.cursor, &item) && item != NOTHING)
        kept = v->lists.at.edge[item].edge;
    if (v->sample == NOTHING)
        return;
    sample_lists_make(&v->lists, v->layer, v->layers, v->sample, a->circuit, v->most);
    list_set_count(&v->features, v->lists.features.rows);
    list_set_count(&v->edges, v->lists.edges.rows);
    for (uint32_t i = 0; i < v->lists.active_count; i++)
        if (v->lists.active[i].position == v->position && v->lists.active[i].feature == v->feature)
            list_go(&v->features, sample_list_row(&v->lists.features, i));
    for (uint32_t i = 0; i < v->lists.edges.items; i++)
        if (v->lists.at.edge[i].edge == kept)
            list_go(&v->edges, sample_list_row(&v->lists.edges, i));
    sample_state_shade(v);
}

/* -- reading ------------------------------------------------------------------------------- */

void sample_state_drop(sample_state *v)
{
    for (uint32_t i = 0; i < v->layers; i++)
        sample_layer_free(v->layer[i]);
    free(v->layer);
    v->layer = NULL;
    v->layers = v->layers_read = v->count = 0;
    v->rows_asked = 0;
}

/* One layer after the other; first the one of the marked feature. */
static void ask_next_layer(app *a, sample_state *v)
{
    uint32_t next = v->position < v->layers && !v->layer[v->position] ? v->position : 0;
    while (next < v->layers && v->layer[next])
        next++;
    const layer *l = next < v->layers ? app_layer(a, next) : NULL;
    v->rows_asked = l ? sample_ask_layer(a, l, v->first, v->count) : 0;
}

/* Has the samples of the document read, or of as much of it as a window holds. */
static void ask_layers(app *a, sample_state *v)
{
    enum { NEAR = 64 };
    const sample_text *t = v->text;
    uint32_t window = sample_window(&a->study->layers);
    uint32_t low = t->by_token ? t->first_token : t->first;
    uint32_t high = t->by_token ? t->first_token + t->count : t->first + t->samples;
    if (high - low > window) { /* what is round the sample must do */
        low = v->sample - low > NEAR ? v->sample - NEAR : low;
        high = high - v->sample > NEAR ? v->sample + NEAR : high;
    }
    if (v->layers == a->study->layers.count && low >= v->first && high - v->first <= v->count)
        return;
    bool back = v->count > 0 && low < v->first;
    sample_state_drop(v);
    v->layers = a->study->layers.count;
    v->layer = mem_zero((size_t)v->layers + 1, sizeof *v->layer);
    uint32_t wanted = high - low, first = low;
    if (back && wanted < window) /* whoever goes back will go on doing so */
        first = high > window ? high - window : 0;
    else if (high - low < window && high - low == 2 * NEAR)
        first = low > window / 2 ? low - window / 2 : 0;
    v->first = first;
    v->count = wanted > window ? wanted : window;
    ask_next_layer(a, v);
}

static bool in_text(const sample_text *t, uint32_t sample)
{
    if (!t)
        return false;
    return t->by_token ? sample >= t->first_token && sample - t->first_token < t->count
                       : sample >= t->first && sample - t->first < t->samples;
}

void sample_state_show(app *a, sample_state *v, uint32_t sample)
{
    v->aim = sample;
    if (!in_text(v->text, sample)) {
        v->text_asked = sample_ask(a, sample, false);
        return;
    }
    v->text_asked = 0;
    v->sample = sample;
    ask_layers(a, v);
    sample_state_list(a, v);
}

static void take_text(app *a, sample_state *v, reader_answer *answered)
{
    sample_text *t = answered->result;
    v->text_asked = 0;
    if (!t->found) {
        app_say(a, ROLE_WARNING, v->words[0] ? "no document has \"%s\"" : "it is active nowhere",
                v->words);
        return;
    }
    answered->result = NULL;
    sample_text_free(v->text);
    v->text = t;
    v->shade = mem_grow(v->shade, (size_t)t->count + 1, sizeof *v->shade);
    v->top = 0;
    sample_state_show(a, v, t->sample);
}

bool sample_state_answer(app *a, sample_state *v, int kind, reader_answer *answered)
{
    if (kind != READ_SAMPLE_TEXT && kind != READ_SAMPLE_ROWS)
        return false;
    if (answered->ticket != (kind == READ_SAMPLE_TEXT ? v->text_asked : v->rows_asked))
        return true;
    if (answered->code != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", answered->err.message);
        return true;
    }
    if (kind == READ_SAMPLE_TEXT) {
        take_text(a, v, answered);
        return true;
    }
    sample_layer *l = answered->result;
    if (l->position < v->layers && !v->layer[l->position]) {
        v->layer[l->position] = l;
        answered->result = NULL;
        v->layers_read++;
    }
    ask_next_layer(a, v);
    sample_state_list(a, v);
    return true;
}
