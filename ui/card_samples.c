#include "ui/card_samples.h"

#include "db/document.h"
#include "src/base/memory.h"
#include "src/base/text.h"

#include <stdlib.h>
#include <string.h>

card_question *card_question_make(const layer *l, uint32_t feature)
{
    card_question *q = mem_zero(1, sizeof *q);
    q->of = *l;
    q->of.name = mem_copy_text(l->name);
    q->of.source = q->of.hash = NULL;
    q->feature = feature;
    return q;
}

void card_question_free(void *question)
{
    card_question *q = question;
    if (q)
        free(q->of.name);
    free(q);
}

void card_samples_free(void *samples)
{
    card_samples *s = samples;
    if (!s)
        return;
    for (uint32_t i = 0; i < s->count; i++) {
        card_example *e = &s->example[i];
        for (uint32_t t = 0; t < e->count; t++)
            free(e->token[t].text);
        free(e->token);
        free(e->document);
    }
    free(s);
}

/* One column of the activation matrix: values[i] at samples[i], ascending. */
typedef struct column {
    uint32_t *sample;
    float *value;
    uint64_t count;
} column;

static float value_at(const column *c, uint32_t sample)
{
    uint64_t low = 0, high = c->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (c->sample[middle] < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->count && c->sample[low] == sample ? c->value[low] : 0.0f;
}

typedef struct span {
    uint32_t first, samples;
} span;

static bool inside(const span *taken, uint32_t count, uint32_t sample)
{
    for (uint32_t i = 0; i < count; i++)
        if (sample >= taken[i].first && sample - taken[i].first < taken[i].samples)
            return true;
    return false;
}

/* The strongest sample outside the documents taken already; count when there is none. */
static uint64_t strongest(const column *c, const span *taken, uint32_t count)
{
    uint64_t best = c->count;
    for (uint64_t i = 0; i < c->count; i++)
        if (c->value[i] != 0.0f && (best == c->count || c->value[i] > c->value[best]) &&
            !inside(taken, count, c->sample[i]))
            best = i;
    return best;
}

static void set_token(card_token *t, const char *raw, float value)
{
    t->text = text_clean(raw);
    t->width = text_width(t->text);
    t->value = value;
}

/* A sample is a token: keep those around it. */
static void keep_context(card_example *e, const document *doc, const column *c)
{
    uint32_t at = e->sample - doc->first_sample;
    uint32_t first = at > CARD_CONTEXT ? at - CARD_CONTEXT : 0;
    uint32_t end = doc->token_count - at > CARD_CONTEXT ? at + CARD_CONTEXT : doc->token_count;
    e->count = end - first;
    e->peak = at - first;
    e->cut_before = first > 0;
    e->cut_after = end < doc->token_count;
    e->token = mem_zero(e->count, sizeof *e->token);
    for (uint32_t i = 0; i < e->count; i++)
        set_token(&e->token[i], doc->token[first + i], value_at(c, doc->first_sample + first + i));
}

/* A sample is the whole document: its text, or its tokens one after the other. */
static void keep_text(card_example *e, const document *doc)
{
    enum { LONGEST = 4096 };
    char text[LONGEST] = "";
    if (doc->text) {
        strncat(text, doc->text, sizeof text - 1);
    } else {
        size_t length = 0;
        for (uint32_t i = 0; i < doc->token_count; i++) {
            size_t more = strlen(doc->token[i]);
            if (length + more >= sizeof text)
                break;
            memcpy(text + length, doc->token[i], more + 1);
            length += more;
        }
    }
    e->count = e->peak = 1;
    e->token = mem_zero(1, sizeof *e->token);
    set_token(&e->token[0], text, 0.0f);
}

static status read_example(db *d, const column *c, uint64_t at, card_example *e, span *taken,
                           error *err)
{
    document doc = {0};
    status code = document_of_sample(d, c->sample[at], &doc, err);
    if (code != STATUS_OK)
        return code;
    e->value = c->value[at];
    e->sample = c->sample[at];
    e->document = text_clean(doc.name);
    if (doc.token && doc.samples == doc.token_count &&
        e->sample - doc.first_sample < doc.token_count)
        keep_context(e, &doc, c);
    else
        keep_text(e, &doc);
    *taken = (span){doc.first_sample, doc.samples ? doc.samples : 1};
    document_release(&doc);
    return STATUS_OK;
}

status card_samples_read(db *d, void *ask, void **result, error *err)
{
    const card_question *q = ask;
    column c = {0};
    status code = layer_load_feature(d, &q->of, q->feature, &c.sample, &c.value, &c.count, err);
    if (code != STATUS_OK)
        return code;
    card_samples *s = mem_zero(1, sizeof *s);
    span taken[CARD_EXAMPLES];
    s->layer = q->of.position;
    s->feature = q->feature;
    while (code == STATUS_OK && s->count < CARD_EXAMPLES) {
        uint64_t at = strongest(&c, taken, s->count);
        if (at == c.count)
            break;
        code = read_example(d, &c, at, &s->example[s->count], &taken[s->count], err);
        s->count += code == STATUS_OK;
    }
    free(c.sample);
    free(c.value);
    if (code != STATUS_OK) {
        card_samples_free(s);
        return code;
    }
    *result = s;
    return STATUS_OK;
}
