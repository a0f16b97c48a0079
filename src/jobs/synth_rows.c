#include "src/jobs/synth_rows.h"

#include "src/base/memory.h"
#include "src/base/random.h"

#include <stdlib.h>

enum { DRAW_ROW = 2, DRAW_HIDDEN, DRAW_DOCUMENT, DRAW_TOPIC };
enum { LARGEST = (1 << 24) - 1 }; /* whole numbers up to here are floats */

#define ONE ((int64_t)1 << SYNTH_POINT)

/* What random_stream is told: what for, and the layer's and the thing's number. */
static uint64_t purpose(uint64_t what, uint64_t position, uint64_t number)
{
    return what << 56 | position << 32 | number;
}

/* How often features tied to a class or an attribute fire in documents that have it and in others,
 * of 16: the attribute is the easier of the two, as spurious ones are. */
static const uint32_t tied_rate[2][2] = {{1, 4}, {0, 8}};

/* Nearly normal (a sum of eight even numbers), mean 0, deviation ONE. */
static int64_t draw_bell(uint64_t *stream)
{
    const int64_t middle = 8 * 65535 / 2, per_deviation = 80265; /* sqrt(12 / 8) * ONE */
    int64_t sum = 0;
    for (int half = 0; half < 2; half++) {
        uint64_t bits = random_bits(stream);
        for (int i = 0; i < 4; i++)
            sum += (int64_t)(bits >> 16 * i & 65535);
    }
    return (sum - middle) * per_deviation / ONE;
}

/* What a feature has when it fires by itself: half to one and a half times its size. */
static int64_t draw_strength(uint64_t *stream, const synth_feature *f)
{
    return f->scale * (ONE / 2 + (int64_t)(random_bits(stream) >> (64 - SYNTH_POINT))) / ONE;
}

void synth_rows_begin(synth_rows *r, const synth_plan *plan)
{
    const synth_settings *s = &plan->settings;
    *r = (synth_rows){.plan = plan, .noise = (int64_t)(s->noise * (double)ONE + 0.5)};
    r->row = mem_zero(s->layers, sizeof *r->row);
    for (uint32_t l = 0; l < s->layers; l++) {
        r->row[l].feature = mem_alloc(s->features * sizeof *r->row[l].feature);
        r->row[l].value = mem_alloc(s->features * sizeof *r->row[l].value);
    }
    r->sum = mem_zero(s->features, sizeof *r->sum);
    r->gate = mem_zero(s->features, sizeof *r->gate);
    r->touched = mem_zero(s->features, sizeof *r->touched);
    r->list = mem_alloc(s->features * sizeof *r->list);
}

void synth_rows_release(synth_rows *r)
{
    for (uint32_t l = 0; r->row && l < r->plan->settings.layers; l++) {
        free(r->row[l].feature);
        free(r->row[l].value);
    }
    free(r->row);
    free(r->sum);
    free(r->gate);
    free(r->touched);
    free(r->list);
    *r = (synth_rows){0};
}

synth_document synth_document_draw(const synth_settings *s, uint32_t document, uint32_t *held_out)
{
    uint64_t stream = random_stream(s->seed, purpose(DRAW_DOCUMENT, 0, 0), document);
    synth_document d = {.topic = random_below(&stream, s->topics)};
    d.held_out = random_bits(&stream) >> 32 < synth_share(s->held_out);
    d.class = random_bits(&stream) >> 63;
    bool follows = random_bits(&stream) >> 32 < synth_share(s->tie);
    d.attribute = follows ? d.class : random_bits(&stream) >> 63;
    if (d.held_out) { /* the four groups in turn */
        d.class = *held_out & 1;
        d.attribute = *held_out >> 1 & 1;
        ++*held_out;
    }
    return d;
}

static void touch(synth_rows *r, uint32_t feature)
{
    if (!r->touched[feature]) {
        r->touched[feature] = true;
        r->list[r->listed++] = feature;
    }
}

/* What the features of the layer `span` before hand on. */
static void hand_on(synth_rows *r, uint32_t position, uint32_t span)
{
    const synth_layer *to = &r->plan->layer[position];
    const synth_row *from = &r->row[position - span];
    const uint32_t *out = to->out[span - 1];
    for (uint32_t i = 0; i < from->count; i++) {
        int64_t value = (int64_t)((double)from->value[i] * (double)ONE); /* exact */
        for (uint32_t e = out[from->feature[i]]; e < out[from->feature[i] + 1]; e++) {
            const synth_edge *edge = &to->edge[e];
            int64_t part = value * edge->weight / (1 << SYNTH_WEIGHT);
            if (edge->kind == KIND_GATE)
                r->gate[edge->target] = part;
            else
                r->sum[edge->target] += part;
            touch(r, edge->target);
        }
    }
}

static bool hidden_fires(const synth_settings *s, uint32_t position, uint32_t cause,
                         uint32_t sample, uint32_t rate, int64_t *strength)
{
    uint64_t stream = random_stream(s->seed, purpose(DRAW_HIDDEN, position, cause), sample);
    if (s->kind == LAYER_SAE) {
        *strength = ONE / 2 + (int64_t)(random_bits(&stream) >> (64 - SYNTH_POINT));
        return random_bits(&stream) >> 32 < rate;
    }
    *strength = draw_bell(&stream);
    return true;
}

/* Hidden causes, of this layer with the one before and with the next. */
static void add_hidden(synth_rows *r, uint32_t position, uint32_t sample)
{
    const synth_settings *s = &r->plan->settings;
    for (uint32_t l = position; l < s->layers && l <= position + 1; l++) {
        const synth_layer *later = &r->plan->layer[l];
        for (uint32_t h = 0; h < later->hiddens; h++) {
            const synth_hidden *cause = &later->hidden[h];
            uint32_t feature = l == position ? cause->second : cause->first;
            int64_t strength;
            if (!hidden_fires(s, l, h, sample, cause->rate, &strength))
                continue;
            r->sum[feature] += strength * r->plan->layer[position].feature[feature].scale / ONE;
            touch(r, feature);
        }
    }
}

static void add_strength(synth_rows *r, const synth_layer *l, uint32_t feature, uint64_t *stream,
                         int64_t *best)
{
    int64_t strength = draw_strength(stream, &l->feature[feature]);
    r->sum[feature] += strength;
    touch(r, feature);
    if (l == r->plan->layer && l->feature[feature].role != ROLE_EVERYWHERE && strength > *best) {
        *best = strength;
        r->strongest = feature;
    }
}

static void add_always(synth_rows *r, uint32_t position, const synth_document *document,
                       uint64_t *stream, int64_t *best)
{
    const synth_layer *l = &r->plan->layer[position];
    for (uint32_t i = 0; i < l->always_count; i++) {
        synth_role role = l->feature[l->always[i]].role;
        uint32_t of_16 = role == ROLE_EVERYWHERE ? (position == 0 ? 15 : 0)
                         : role == ROLE_CLASS    ? tied_rate[0][document->class]
                                                 : tied_rate[1][document->attribute];
        if (random_bits(stream) >> 60 < of_16)
            add_strength(r, l, l->always[i], stream, best);
    }
}

static uint32_t find_event(const synth_layer *l, uint32_t low, uint32_t high, uint64_t at)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->until[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Firings without a parent: about twice as many draws as events are expected, each an event with
 * the chance that makes up the difference; half of the events are on the document's topic. */
static void add_events(synth_rows *r, uint32_t position, const synth_document *document,
                       uint64_t *stream, int64_t *best)
{
    const synth_layer *l = &r->plan->layer[position];
    uint64_t all = l->events ? l->until[l->events - 1] : 0; /* expected events, of 2^32 */
    uint64_t draws = (all >> 31) + 1;
    uint32_t first = document->topic ? l->topic_end[document->topic - 1] : 0;
    uint32_t end = l->topic_end[document->topic];
    uint64_t before = first ? l->until[first - 1] : 0;
    for (uint64_t i = 0; i < draws && all > 0; i++) {
        uint64_t bits = random_bits(stream);
        if (bits >> 32 >= all / draws)
            continue;
        bool on_topic = first < end && (bits & 1);
        uint64_t from = on_topic ? before : 0, to = on_topic ? l->until[end - 1] : all;
        uint64_t at = from + random_bits(stream) % (to - from);
        add_strength(r, l, l->event[find_event(l, 0, l->events, at)], stream, best);
    }
}

/* A coordinate of a dense layer without parents: a bell round a mean that the topic sets. */
static int64_t draw_dense(const synth_rows *r, uint32_t position, uint32_t feature,
                          const synth_feature *f, const synth_document *document, uint64_t *stream)
{
    const synth_settings *s = &r->plan->settings;
    uint64_t mean =
        random_stream(s->seed, purpose(DRAW_TOPIC, position, feature), document->topic);
    int64_t shift = (int64_t)(mean >> (64 - SYNTH_POINT)) - ONE / 2;
    return f->scale * (draw_bell(stream) + (s->topics > 1 ? shift : 0)) / ONE;
}

/* What a feature makes of the sum of its parents and of what it has by itself. */
static int64_t respond(const synth_rows *r, uint32_t position, uint32_t feature,
                       const synth_document *document, uint64_t *stream)
{
    const synth_feature *f = &r->plan->layer[position].feature[feature / r->plan->settings.width];
    bool sparse = r->plan->settings.kind == LAYER_SAE;
    int64_t sum = r->sum[feature];
    if (f->role == ROLE_NEW && !sparse)
        return sum + draw_dense(r, position, feature, f, document, stream);
    if (f->role == ROLE_NEW || position == 0)
        return sum;
    if (f->role == ROLE_PRODUCT)
        sum = sum * r->gate[feature] / ONE;
    if (f->role == ROLE_THRESHOLD) {
        sum -= sparse ? f->scale / 2 : 0;
        sum = sum > 0 ? sum : 0;
    }
    if (sparse && sum <= 0)
        return 0;
    return sum + r->noise * f->scale / ONE * draw_bell(stream) / ONE;
}

static void copy_twins(synth_rows *r, const synth_layer *l, uint64_t *stream)
{
    enum { BLUR = 16 }; /* a twin's own deviation is so many times smaller than its value */
    for (uint32_t i = 0; i < l->twins; i++) {
        uint32_t twin = l->twin[i];
        int64_t value = r->sum[l->feature[twin].twin];
        if (value == 0)
            continue;
        value = value * l->feature[twin].likeness / (1 << SYNTH_WEIGHT);
        r->sum[twin] = value + value * draw_bell(stream) / (BLUR * ONE);
        touch(r, twin);
    }
}

static int ascending(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

/* Puts the sums down as the row, and clears them for the next layer. */
static void put_down(synth_rows *r, synth_row *row)
{
    bool sparse = r->plan->settings.kind == LAYER_SAE;
    if (sparse && r->listed > 1)
        qsort(r->list, r->listed, sizeof *r->list, ascending);
    row->count = 0;
    for (uint32_t i = 0; i < r->listed; i++) {
        uint32_t feature = r->list[i];
        int64_t value = r->sum[feature];
        value = value > LARGEST ? LARGEST : value < -LARGEST ? -LARGEST : value;
        if (!sparse || value > 0) {
            row->feature[row->count] = feature;
            row->value[row->count++] = (float)value / (float)ONE;
        }
        r->sum[feature] = r->gate[feature] = 0;
        r->touched[feature] = false;
    }
    r->listed = 0;
}

void synth_rows_make(synth_rows *r, uint32_t sample, const synth_document *document)
{
    const synth_settings *s = &r->plan->settings;
    int64_t best = 0;
    r->strongest = SYNTH_NONE;
    for (uint32_t position = 0; position < s->layers; position++) {
        const synth_layer *l = &r->plan->layer[position];
        uint64_t stream = random_stream(s->seed, purpose(DRAW_ROW, position, 0), sample);
        for (uint32_t f = 0; s->kind != LAYER_SAE && f < s->features; f++)
            touch(r, f);
        for (uint32_t span = 1; span <= 2 && span <= position; span++)
            hand_on(r, position, span);
        add_hidden(r, position, sample);
        if (s->kind == LAYER_SAE) {
            add_always(r, position, document, &stream, &best);
            add_events(r, position, document, &stream, &best);
        }
        for (uint32_t i = 0; i < r->listed; i++)
            r->sum[r->list[i]] = respond(r, position, r->list[i], document, &stream);
        copy_twins(r, l, &stream);
        put_down(r, &r->row[position]);
    }
}
