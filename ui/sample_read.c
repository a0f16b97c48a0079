#include "ui/sample_read.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

typedef struct question {
    uint32_t sample;
    bool its_first;
    char *words; /* NULL: no search */
    layer of;    /* whose feature's sample; name NULL: no feature */
    uint32_t feature, rank;
    uint32_t count; /* of a window */
} question;

static void question_free(void *asked)
{
    question *q = asked;
    free(q->words);
    free(q->of.name);
    free(q);
}

static layer copy_layer(const layer *l)
{
    layer copy = *l;
    copy.name = mem_copy_text(l->name);
    copy.source = copy.hash = NULL;
    return copy;
}

/* -- the document -------------------------------------------------------------------------- */

void sample_text_free(void *read)
{
    sample_text *t = read;
    if (!t)
        return;
    for (uint32_t i = 0; i < t->count; i++)
        free(t->token[i].text);
    free(t->token);
    free(t->name);
    free(t);
}

static void take_token(sample_text *t, const char *raw)
{
    sample_token *token = &t->token[t->count++];
    token->text = text_clean(raw);
    token->width = text_width(token->text);
}

/* A text's words, each with the blanks before it, so that lines break between them. */
static void take_words(sample_text *t, const char *text)
{
    t->token = mem_zero(TOKENS_MOST, sizeof *t->token);
    while (*text && t->count < TOKENS_MOST) {
        size_t length = strspn(text, " ");
        length += strcspn(text + length, " ");
        char *word = mem_format("%.*s", (int)length, text);
        take_token(t, word);
        free(word);
        text += length;
    }
    t->cut_after = *text != '\0';
}

/* The tokens round the sample, or the text. */
static void take_document(sample_text *t, const document *doc)
{
    t->first = doc->first_sample;
    t->samples = doc->samples;
    t->name = text_clean(doc->name);
    t->by_token = doc->token && doc->token_count == doc->samples;
    t->first_token = t->first;
    if (!doc->token) {
        take_words(t, doc->text ? doc->text : "");
        return;
    }
    uint32_t at = t->by_token ? t->sample - t->first : 0, half = TOKENS_MOST / 2;
    uint32_t from = at > half ? at - half : 0;
    uint32_t end = doc->token_count - from > TOKENS_MOST ? from + TOKENS_MOST : doc->token_count;
    t->token = mem_zero((size_t)(end - from) + 1, sizeof *t->token);
    for (uint32_t i = from; i < end; i++)
        take_token(t, doc->token[i]);
    t->first_token = t->first + from;
    t->cut_before = from > 0;
    t->cut_after = end < doc->token_count;
}

static status read_round(db *d, sample_text *t, bool its_first, error *err)
{
    document doc;
    uint32_t documents = 0, samples = 0;
    status code = document_count(d, &documents, &samples, NULL, err);
    if (code != STATUS_OK)
        return code;
    if (documents == 0) { /* a study of activations alone */
        t->first = t->first_token = t->sample;
        t->samples = 1;
        t->name = mem_copy_text("");
        return STATUS_OK;
    }
    code = document_of_sample(d, t->sample, &doc, err);
    if (code != STATUS_OK)
        return code;
    if (its_first)
        t->sample = doc.first_sample;
    take_document(t, &doc);
    document_release(&doc);
    return STATUS_OK;
}

static int by_value(const void *left, const void *right, void *user)
{
    const float *value = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (value[a] != value[b])
        return value[a] > value[b] ? -1 : 1;
    return (a > b) - (a < b);
}

static status find_strongest(db *d, const question *q, uint32_t *sample, bool *found, error *err)
{
    uint32_t *at = NULL;
    float *value = NULL;
    uint64_t count = 0;
    status code = layer_load_feature(d, &q->of, q->feature, &at, &value, &count, err);
    if (code != STATUS_OK)
        return code;
    uint32_t *order = mem_alloc((count + 1) * sizeof *order);
    uint32_t active = 0;
    for (uint32_t i = 0; i < count; i++)
        if (value[i] != 0.0f)
            order[active++] = i;
    qsort_r(order, active, sizeof *order, by_value, value);
    *found = active > 0;
    if (*found)
        *sample = at[order[q->rank % active]];
    free(order);
    free(at);
    free(value);
    return STATUS_OK;
}

static status read_text(db *d, void *asked, void **result, error *err)
{
    const question *q = asked;
    sample_text *t = mem_zero(1, sizeof *t);
    t->sample = q->sample;
    t->found = true;
    status code = STATUS_OK;
    if (q->words)
        code = document_find(d, q->words, q->sample, &t->sample, &t->found, err);
    else if (q->of.name)
        code = find_strongest(d, q, &t->sample, &t->found, err);
    if (code == STATUS_OK && t->found)
        code = read_round(d, t, q->its_first, err);
    if (code == STATUS_OK)
        *result = t;
    else
        sample_text_free(t);
    return code;
}

static uint64_t ask_text(app *a, question *q)
{
    return app_ask(a, &(reader_question){.kind = READ_SAMPLE_TEXT,
                                         .work = read_text,
                                         .ask = q,
                                         .release_ask = question_free,
                                         .release = sample_text_free});
}

uint64_t sample_ask(app *a, uint32_t sample, bool its_first)
{
    question *q = mem_zero(1, sizeof *q);
    q->sample = sample;
    q->its_first = its_first;
    return ask_text(a, q);
}

uint64_t sample_ask_words(app *a, const char *words, uint32_t after)
{
    question *q = mem_zero(1, sizeof *q);
    q->sample = after;
    q->words = mem_copy_text(words);
    return ask_text(a, q);
}

uint64_t sample_ask_strongest(app *a, const layer *l, uint32_t feature, uint32_t rank)
{
    question *q = mem_zero(1, sizeof *q);
    q->of = copy_layer(l);
    q->feature = feature;
    q->rank = rank;
    return ask_text(a, q);
}

/* -- activations --------------------------------------------------------------------------- */

void sample_layer_free(void *read)
{
    sample_layer *l = read;
    if (l)
        sample_rows_release(&l->rows);
    free(l);
}

static status read_layer(db *d, void *asked, void **result, error *err)
{
    const question *q = asked;
    sample_layer *l = mem_zero(1, sizeof *l);
    l->position = q->of.position;
    status code = layer_load_samples(d, &q->of, q->sample, q->count, &l->rows, err);
    if (code == STATUS_OK)
        *result = l;
    else
        sample_layer_free(l);
    return code;
}

uint64_t sample_ask_layer(app *a, const layer *l, uint32_t first, uint32_t count)
{
    question *q = mem_zero(1, sizeof *q);
    q->of = copy_layer(l);
    q->sample = first;
    q->count = count;
    return app_ask(a, &(reader_question){.kind = READ_SAMPLE_ROWS,
                                         .work = read_layer,
                                         .ask = q,
                                         .release_ask = question_free,
                                         .release = sample_layer_free});
}

uint32_t sample_window(const layer_set *layers)
{
    uint32_t window = SAMPLES_MOST;
    for (uint32_t i = 0; i < layers->count; i++) {
        const layer *l = &layers->item[i];
        if (l->dense && l->features > 0 && CELLS_MOST / l->features < window)
            window = CELLS_MOST / l->features;
    }
    return window > 0 ? window : 1;
}

float sample_value(const sample_layer *l, uint32_t sample, uint32_t feature)
{
    if (!l || sample < l->rows.first || sample - l->rows.first >= l->rows.count)
        return 0.0f;
    uint64_t low = l->rows.start[sample - l->rows.first];
    uint64_t end = l->rows.start[sample - l->rows.first + 1], high = end;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (l->rows.feature[middle] < feature)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && l->rows.feature[low] == feature ? l->rows.value[low] : 0.0f;
}
