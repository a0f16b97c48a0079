#include "ui/card_state.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- reading ------------------------------------------------------------------------------- */

static void free_detail(void *result)
{
    card_detail *d = result;
    if (d)
        feature_detail_release(&d->of);
    free(d);
}

static status read_detail(db *d, void *ask, void **result, error *err)
{
    const card_question *q = ask;
    card_detail *made = mem_zero(1, sizeof *made);
    made->position = q->of.position;
    made->feature = q->feature;
    status code = feature_get(d, q->of.id, q->feature, &made->of, err);
    if (code != STATUS_OK) {
        free(made);
        return code;
    }
    char **texts[] = {&made->of.label, &made->of.label_source};
    for (size_t i = 0; i < 2; i++) {
        char *clean = text_clean(*texts[i]);
        free(*texts[i]);
        *texts[i] = clean;
    }
    *result = made;
    return STATUS_OK;
}

card *card_create(void)
{
    card *c = mem_zero(1, sizeof *c);
    c->position = c->feature = NOTHING;
    return c;
}

void card_free(card *c)
{
    if (!c)
        return;
    free_detail(c->detail);
    card_samples_free(c->samples);
    free(c);
}

void card_forget(card *c)
{
    c->position = c->feature = NOTHING;
}

void card_show(app *a, card *c, uint32_t position, uint32_t feature)
{
    if (position == c->position && feature == c->feature)
        return;
    c->position = position;
    c->feature = feature;
    c->in = CARD_SAMPLES;
    c->at = 0;
    c->trouble[0] = '\0';
    const layer *l = app_layer(a, position);
    if (!l || feature == NOTHING)
        return;
    app_ask(a, &(reader_question){.kind = READ_CARD,
                                  .work = read_detail,
                                  .ask = card_question_make(l, feature),
                                  .release_ask = card_question_free,
                                  .release = free_detail});
    app_ask(a, &(reader_question){.kind = READ_SAMPLES,
                                  .work = card_samples_read,
                                  .ask = card_question_make(l, feature),
                                  .release_ask = card_question_free,
                                  .release = card_samples_free});
}

bool card_answer(app *a, card *c, int kind, reader_answer *answer)
{
    if (kind != READ_CARD && kind != READ_SAMPLES)
        return false;
    if (answer->code != STATUS_OK) {
        snprintf(c->trouble, sizeof c->trouble, "%s", answer->err.message);
    } else if (kind == READ_CARD) {
        free_detail(c->detail);
        c->detail = answer->result;
        answer->result = NULL;
    } else {
        card_samples_free(c->samples);
        c->samples = answer->result;
        answer->result = NULL;
    }
    app_dirty(a);
    return true;
}

/* -- the rows at hand ---------------------------------------------------------------------- */

uint32_t card_node(const app *a, const card *c)
{
    const circuit *of = a->circuit;
    if (!of || c->position >= of->layer_count ||
        c->feature >= of->layer_first[c->position + 1] - of->layer_first[c->position])
        return NOTHING;
    return circuit_node(of, c->position, c->feature);
}

const uint32_t *card_edges(const app *a, const card *c, bool parents, uint32_t *count)
{
    const circuit *of = a->circuit;
    uint32_t node = card_node(a, c);
    *count = 0;
    if (node == NOTHING)
        return NULL;
    const uint32_t *start = parents ? of->in_start : of->out_start;
    const uint32_t *edges = (parents ? of->in : of->out) + start[node];
    *count = circuit_count(of, edges, start[node + 1] - start[node], a->threshold);
    return edges;
}

/* All rows as one list: where the row at hand stands in it, and the way back. */
static uint32_t place_of(const card *c)
{
    uint32_t before = 0;
    for (card_list l = 0; l < c->in; l++)
        before += c->count[l];
    return before + c->at;
}

static void go(card *c, uint32_t row)
{
    c->in = CARD_SAMPLES;
    while (c->in < CARD_CHILDREN && row >= c->count[c->in])
        row -= c->count[c->in++];
    c->at = row;
}

/* From a parent to the child beside it, and back. */
static bool cross(card *c, bool right)
{
    card_list to = right ? CARD_CHILDREN : CARD_PARENTS;
    if (!c->beside || c->in == CARD_SAMPLES)
        return false;
    if (c->count[to] > 0) {
        c->in = to;
        c->at = c->at < c->count[to] ? c->at : c->count[to] - 1;
    }
    return true;
}

bool card_act(card *c, action_id act, int count)
{
    list rows = {.cursor = place_of(c), .page = 8};
    for (card_list l = 0; l < CARD_LISTS; l++)
        rows.count += c->count[l];
    if ((act == ACT_RIGHT || act == ACT_LEFT) && cross(c, act == ACT_RIGHT))
        return true;
    if (act == ACT_SCROLL_DOWN || act == ACT_SCROLL_UP)
        act = act == ACT_SCROLL_DOWN ? ACT_DOWN : ACT_UP;
    if (!list_act(&rows, act, count))
        return false;
    go(c, rows.cursor);
    return true;
}

void card_click(card *c, int number)
{
    c->in = (card_list)(number / CARD_LIST_STEP);
    c->at = (uint32_t)(number % CARD_LIST_STEP);
}

bool card_at_hand(const app *a, const card *c, card_row *out)
{
    uint32_t count = 0;
    *out = (card_row){NOTHING, NOTHING, NOTHING};
    if (c->in == CARD_SAMPLES) {
        bool here = c->samples && c->samples->layer == c->position &&
                    c->samples->feature == c->feature && c->at < c->samples->count;
        out->sample = here ? c->samples->example[c->at].sample : NOTHING;
        return here;
    }
    bool parents = c->in == CARD_PARENTS;
    const uint32_t *edges = card_edges(a, c, parents, &count);
    if (c->at >= count)
        return false;
    const circuit_edge *e = &a->circuit->edge[edges[c->at]];
    out->position = circuit_position(a->circuit, parents ? e->source : e->target, &out->feature);
    return true;
}
