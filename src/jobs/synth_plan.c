#include "src/jobs/synth_plan.h"

#include "src/base/memory.h"
#include "src/base/random.h"

#include <math.h>
#include <stdlib.h>

enum { DRAW_PLAN = 1, FEW = 20, COORDINATE_PARENTS = 2 };

#define ONE (1 << SYNTH_POINT)
#define RARE                                                                                      \
    4U /* merging features are fed by parents that together fire at most so many times as often   \
          as the median feature: else rates would grow from layer to layer */

typedef struct drawing {
    synth_plan *plan;
    uint64_t stream;
    uint32_t position;
    synth_layer *layer;
    uint32_t link_room, edge_room;
} drawing;

const char *synth_kind_name(synth_kind kind)
{
    static const char *const names[] = {
#define SYNTH_KIND_TEXT(which, name) [which] = name,
        SYNTH_KIND_LIST(SYNTH_KIND_TEXT)
#undef SYNTH_KIND_TEXT
    };
    return names[kind];
}

uint32_t synth_share(double x)
{
    double share = x * 4294967296.0;
    return share < 4294967295.0 ? (uint32_t)share : UINT32_MAX;
}

static uint32_t part_of(double share, uint32_t count)
{
    return (uint32_t)(share * count + 0.5);
}

static bool chance(drawing *d, uint32_t share)
{
    return random_bits(&d->stream) >> 32 < share;
}

/* from .. from + width, in ONEs of SYNTH_POINT. */
static int32_t between(drawing *d, int32_t from, int32_t width)
{
    return from + (int32_t)(((int64_t)random_below(&d->stream, ONE) * width) >> SYNTH_POINT);
}

/* Half the median divided by an even number: half of the features are rarer than the median, a few
 * fire fifty times as often. */
static uint32_t draw_rate(drawing *d)
{
    const uint64_t most = synth_share(0.3);
    uint64_t half = synth_share(d->plan->settings.rate) / 2;
    uint64_t rate = (half << SYNTH_POINT) / (random_below(&d->stream, ONE) + 1);
    return (uint32_t)(rate < most ? rate : most);
}

/* What the settings ask for, dealt to features in random order. */
static void draw_roles(drawing *d)
{
    const synth_settings *s = &d->plan->settings;
    uint32_t units = d->plan->units, at = 0;
    uint32_t *order = mem_alloc(units * sizeof *order);
    bool first = d->position == 0;
    uint32_t merging = first ? 0 : part_of(s->merging, units);
    uint32_t odd = part_of(s->nonlinear, merging);
    const struct {
        synth_role role;
        uint32_t count;
    } wanted[] = {{ROLE_EVERYWHERE, s->everywhere},
                  {ROLE_CLASS, first ? s->attribute : 0},
                  {ROLE_ATTRIBUTE, first ? s->attribute : 0},
                  {ROLE_TWIN, part_of(s->twins, units)},
                  {ROLE_PRODUCT, odd - odd / 2},
                  {ROLE_THRESHOLD, odd / 2},
                  {ROLE_MERGES, merging - odd},
                  {ROLE_PERSISTS, first ? 0 : part_of(s->persisting, units)}};
    random_order(&d->stream, order, units);
    for (uint32_t i = 0; i < units; i++)
        d->layer->feature[i] = (synth_feature){.role = ROLE_NEW, .twin = SYNTH_NONE};
    for (size_t w = 0; w < sizeof wanted / sizeof *wanted; w++)
        for (uint32_t i = 0; i < wanted[w].count && at < units; i++)
            d->layer->feature[order[at++]].role = wanted[w].role;
    for (uint32_t i = 0; i < units; i++) {
        synth_feature *f = &d->layer->feature[i];
        f->scale = between(d, ONE / 2, 3 * ONE / 2);
        f->rate = draw_rate(d);
        bool kept =
            f->role == ROLE_EVERYWHERE || f->role == ROLE_CLASS || f->role == ROLE_ATTRIBUTE;
        f->barren = f->role == ROLE_TWIN || (!kept && chance(d, synth_share(s->dropping)));
        f->carries = f->role == ROLE_CLASS       ? CARRIES_CLASS
                     : f->role == ROLE_ATTRIBUTE ? CARRIES_ATTRIBUTE
                                                 : 0;
    }
    free(order);
}

/* Each twin gets an original that has none yet. */
static void draw_twins(drawing *d)
{
    uint32_t units = d->plan->units;
    synth_layer *l = d->layer;
    l->twin = mem_alloc(units * sizeof *l->twin);
    for (uint32_t i = 0; i < units; i++) {
        if (l->feature[i].role != ROLE_TWIN)
            continue;
        uint32_t original = SYNTH_NONE;
        for (int tries = 0; tries < 64 && original == SYNTH_NONE; tries++) {
            uint32_t at = random_below(&d->stream, units);
            const synth_feature *f = &l->feature[at];
            if (f->role != ROLE_TWIN && f->role != ROLE_EVERYWHERE && !f->barren &&
                f->twin == SYNTH_NONE)
                original = at;
        }
        if (original == SYNTH_NONE) { /* hardly any feature is left to copy */
            l->feature[i].role = ROLE_NEW;
            continue;
        }
        l->feature[i].twin = original;
        l->feature[i].likeness = between(d, ONE * 3 / 4, ONE / 2) >> (SYNTH_POINT - SYNTH_WEIGHT);
        l->feature[original].twin = i;
        l->twin[l->twins++] = i;
    }
}

static void add_edge(drawing *d, synth_edge e)
{
    synth_layer *l = d->layer;
    if (l->edges == d->edge_room) {
        d->edge_room = d->edge_room ? 2 * d->edge_room : 1024;
        l->edge = mem_grow(l->edge, d->edge_room, sizeof *l->edge);
    }
    l->edge[l->edges++] = e;
}

static void add_link(drawing *d, synth_link link)
{
    synth_layer *l = d->layer;
    if (l->links == d->link_room) {
        d->link_room = d->link_room ? 2 * d->link_room : 1024;
        l->link = mem_grow(l->link, d->link_room, sizeof *l->link);
    }
    l->link[l->links++] = link;
}

/* 1 / sqrt(n), SYNTH_WEIGHT: what keeps the size of a sum of n independent signed numbers. */
static int64_t shrink(uint32_t n)
{
    return (int64_t)(sqrt(1.0 / n) * (1 << SYNTH_WEIGHT));
}

/* A weight that makes a parent of its size count for 0.5 to 1.5 of the child's; dense: of either
 * sign, for `of` parents. */
static int32_t draw_weight(drawing *d, const synth_feature *source, const synth_feature *target,
                           uint32_t of)
{
    int64_t weight = between(d, ONE / 2, ONE) >> (SYNTH_POINT - SYNTH_WEIGHT);
    weight = weight * target->scale / source->scale;
    if (d->plan->settings.kind == LAYER_SAE)
        return (int32_t)weight;
    weight = weight * shrink(of) >> SYNTH_WEIGHT;
    return (int32_t)(chance(d, 1U << 31) ? -weight : weight);
}

/* Every coordinate of the target on a few of the source's. */
static void connect_block(drawing *d, synth_link *link, uint32_t parents)
{
    uint32_t width = d->plan->settings.width;
    const synth_feature *source = &d->layer[-(int)link->span].feature[link->source];
    uint32_t few = width < COORDINATE_PARENTS ? width : COORDINATE_PARENTS;
    double squares = 0;
    for (uint32_t c = 0; c < width; c++) {
        uint32_t from = random_below(&d->stream, width);
        for (uint32_t i = 0; i < few; i++) {
            int32_t weight =
                draw_weight(d, source, &d->layer->feature[link->target], few * parents);
            add_edge(d, (synth_edge){.source = link->source * width + (from + i) % width,
                                     .target = link->target * width + c,
                                     .weight = weight,
                                     .span = link->span,
                                     .kind = link->kind});
            squares += (double)weight * weight;
        }
    }
    link->weight = sqrt(squares);
}

static void connect(drawing *d, uint32_t span, uint32_t source, uint32_t target, synth_kind kind,
                    uint32_t parents)
{
    synth_feature *to = &d->layer->feature[target];
    const synth_feature *from = &d->layer[-(int)span].feature[source];
    synth_link link = {source, target, 0, (uint8_t)span, (uint8_t)kind};
    if (d->plan->settings.width > 1) {
        connect_block(d, &link, parents);
    } else {
        int32_t weight = draw_weight(d, from, to, parents);
        if (kind == KIND_GATE)
            weight = (ONE << SYNTH_WEIGHT) / from->scale;
        if (kind ==
            KIND_EVERYWHERE) /* of full size, or noise would silence it from layer to layer */
            weight = (int32_t)(((int64_t)to->scale << SYNTH_WEIGHT) / from->scale);
        add_edge(d, (synth_edge){source, target, weight, (uint8_t)span, (uint8_t)kind});
        link.weight = weight;
    }
    link.weight /= 1 << SYNTH_WEIGHT;
    add_link(d, link);
    to->carries |= from->carries;
}

static bool has_parent(const drawing *d, uint32_t first_link, uint32_t span, uint32_t source)
{
    for (uint32_t i = first_link; i < d->layer->links; i++)
        if (d->layer->link[i].span == span && d->layer->link[i].source == source)
            return true;
    return false;
}

/* A parent that fires at most `budget` of 2^32, or else the rarest of those tried; SYNTH_NONE:
 * none. */
static uint32_t draw_parent(drawing *d, uint32_t span, uint32_t first_link, uint64_t budget)
{
    const synth_feature *from = d->layer[-(int)span].feature;
    uint32_t best = SYNTH_NONE;
    for (int tries = 0; tries < FEW; tries++) {
        uint32_t at = random_below(&d->stream, d->plan->units);
        if (from[at].barren || from[at].role == ROLE_EVERYWHERE ||
            has_parent(d, first_link, span, at))
            continue;
        if (best == SYNTH_NONE || from[at].rate < from[best].rate)
            best = at;
        if (from[best].rate <= budget)
            break;
    }
    return best;
}

/* What a product is multiplied with fires often, or the product never would. */
static uint32_t draw_gate(drawing *d, uint32_t first_link)
{
    const synth_feature *from = d->layer[-1].feature;
    uint32_t best = SYNTH_NONE;
    for (int tries = 0; tries < 3 * FEW; tries++) {
        uint32_t at = random_below(&d->stream, d->plan->units);
        if (!from[at].barren && !has_parent(d, first_link, 1, at) &&
            (best == SYNTH_NONE || from[at].rate > from[best].rate))
            best = at;
    }
    return best;
}

static void merge(drawing *d, uint32_t target)
{
    const synth_settings *s = &d->plan->settings;
    synth_feature *f = &d->layer->feature[target];
    bool product = f->role == ROLE_PRODUCT;
    uint32_t wanted = product ? 1 : 2 + random_below(&d->stream, s->parents - 1);
    uint32_t first = d->layer->links;
    uint64_t budget = (uint64_t)synth_share(s->rate) * RARE, rate = 0;
    synth_kind kind = product                     ? KIND_PRODUCT
                      : f->role == ROLE_THRESHOLD ? KIND_THRESHOLD
                                                  : KIND_MERGES;
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t span = d->position > 1 && chance(d, synth_share(s->skipping)) ? 2 : 1;
        uint32_t source = draw_parent(d, span, first, budget > rate ? budget - rate : 0);
        if (source == SYNTH_NONE)
            continue;
        rate += d->layer[-(int)span].feature[source].rate;
        connect(d, span, source, target, kind, product ? 1 : wanted);
    }
    uint32_t gate = product ? draw_gate(d, first) : SYNTH_NONE;
    if (gate != SYNTH_NONE) {
        rate = rate * d->layer[-1].feature[gate].rate >> 32;
        connect(d, 1, gate, target, KIND_GATE, 1);
    } else if (product) {
        f->role = ROLE_MERGES;
    }
    f->rate = (uint32_t)(rate < UINT32_MAX ? rate : UINT32_MAX);
}

/* Everywhere features and persisting ones continue one feature each, taken in random order: those
 * tied to a class or an attribute first, so that they are not lost on the way. */
static void continue_features(drawing *d)
{
    uint32_t units = d->plan->units, next = 0, always = 0;
    const synth_feature *from = d->layer[-1].feature;
    uint32_t *order = mem_alloc(units * sizeof *order), count = 0;
    uint32_t *shuffled = mem_alloc(units * sizeof *shuffled);
    random_order(&d->stream, shuffled, units);
    for (int tied = 1; tied >= 0; tied--)
        for (uint32_t i = 0; i < units; i++) {
            const synth_feature *f = &from[shuffled[i]];
            if (!f->barren && f->role != ROLE_EVERYWHERE && (f->carries != 0) == (tied != 0))
                order[count++] = shuffled[i];
        }
    for (uint32_t t = 0; t < units; t++) {
        synth_feature *f = &d->layer->feature[t];
        if (f->role == ROLE_PERSISTS && count > 0) {
            uint32_t source = order[next++ % count];
            f->rate = from[source].rate;
            connect(d, 1, source, t, KIND_PERSISTS, 1);
        } else if (f->role == ROLE_EVERYWHERE) {
            while (from[always % units].role != ROLE_EVERYWHERE)
                always++;
            connect(d, 1, always++ % units, t, KIND_EVERYWHERE, 1);
        } else if (f->role == ROLE_MERGES || f->role == ROLE_PRODUCT ||
                   f->role == ROLE_THRESHOLD) {
            merge(d, t);
        }
    }
    free(order);
    free(shuffled);
}

static uint32_t draw_new(drawing *d, const synth_layer *l)
{
    for (int tries = 0; tries < 3 * FEW; tries++) {
        uint32_t at = random_below(&d->stream, d->plan->units);
        if (l->feature[at].role == ROLE_NEW)
            return at;
    }
    return SYNTH_NONE;
}

static void draw_hidden(drawing *d)
{
    synth_layer *l = d->layer;
    uint32_t wanted = part_of(d->plan->settings.confounders, d->plan->units);
    l->hidden = mem_alloc(wanted * sizeof *l->hidden);
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t first = draw_new(d, l - 1), second = draw_new(d, l);
        bool again = first == SYNTH_NONE || second == SYNTH_NONE;
        for (uint32_t j = 0; j < l->hiddens && !again; j++)
            again = l->hidden[j].second == second;
        if (!again)
            l->hidden[l->hiddens++] = (synth_hidden){first, second, l[-1].feature[first].rate};
    }
}

static int by_source(const void *left, const void *right)
{
    const synth_edge *a = left, *b = right;
    if (a->span != b->span)
        return a->span < b->span ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    return a->target < b->target ? -1 : a->target > b->target;
}

static int by_target(const void *left, const void *right)
{
    const synth_link *a = left, *b = right;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    if (a->span != b->span)
        return a->span < b->span ? -1 : 1;
    return a->source < b->source ? -1 : a->source > b->source;
}

static void index_edges(synth_layer *l, uint32_t features)
{
    if (l->edges > 0)
        qsort(l->edge, l->edges, sizeof *l->edge, by_source);
    if (l->links > 0)
        qsort(l->link, l->links, sizeof *l->link, by_target);
    uint32_t at = 0;
    for (uint32_t s = 0; s < 2; s++) {
        l->out[s] = mem_alloc(((size_t)features + 1) * sizeof *l->out[s]);
        for (uint32_t f = 0; f <= features; f++) {
            while (at < l->edges && l->edge[at].span == s + 1 && l->edge[at].source < f)
                at++;
            l->out[s][f] = at;
        }
    }
}

/* Who fires on their own, topic by topic, and who is looked at in every sample. */
static void index_events(drawing *d)
{
    const synth_settings *s = &d->plan->settings;
    synth_layer *l = d->layer;
    uint32_t units = d->plan->units;
    uint32_t *order = mem_alloc(units * sizeof *order);
    uint64_t sum = 0, stray = synth_share(s->stray);
    l->always = mem_alloc(units * sizeof *l->always);
    l->event = mem_alloc(units * sizeof *l->event);
    l->until = mem_alloc(units * sizeof *l->until);
    l->topic_end = mem_alloc(s->topics * sizeof *l->topic_end);
    random_order(&d->stream, order, units);
    for (uint32_t topic = 0, i = 0; topic < s->topics; topic++) {
        for (; i < (uint64_t)units * (topic + 1) / s->topics; i++) {
            const synth_feature *f = &l->feature[order[i]];
            uint64_t rate = f->role == ROLE_NEW ? f->rate : f->rate * stray >> 32;
            if (f->role == ROLE_EVERYWHERE || f->role == ROLE_CLASS || f->role == ROLE_ATTRIBUTE)
                l->always[l->always_count++] = order[i];
            else if (f->role != ROLE_TWIN && rate > 0) {
                l->event[l->events] = order[i];
                l->until[l->events++] = sum += rate;
            }
        }
        l->topic_end[topic] = l->events;
    }
    free(order);
}

void synth_plan_draw(synth_plan *p, const synth_settings *settings)
{
    *p = (synth_plan){.settings = *settings, .units = settings->features / settings->width};
    p->layer = mem_zero(settings->layers, sizeof *p->layer);
    for (uint32_t l = 0; l < settings->layers; l++) {
        drawing d = {.plan = p,
                     .stream = random_stream(settings->seed, DRAW_PLAN, l),
                     .position = l,
                     .layer = &p->layer[l]};
        d.layer->feature = mem_alloc(p->units * sizeof *d.layer->feature);
        draw_roles(&d);
        draw_twins(&d);
        if (l > 0) {
            continue_features(&d);
            draw_hidden(&d);
        }
        for (uint32_t i = 0; i < d.layer->twins; i++) {
            synth_feature *twin = &d.layer->feature[d.layer->twin[i]];
            twin->carries = d.layer->feature[twin->twin].carries;
            twin->rate = d.layer->feature[twin->twin].rate;
        }
        index_edges(d.layer, settings->features);
        index_events(&d);
    }
}

void synth_plan_release(synth_plan *p)
{
    for (uint32_t i = 0; p->layer && i < p->settings.layers; i++) {
        synth_layer *l = &p->layer[i];
        free(l->feature);
        free(l->link);
        free(l->edge);
        free(l->out[0]);
        free(l->out[1]);
        free(l->hidden);
        free(l->twin);
        free(l->always);
        free(l->event);
        free(l->until);
        free(l->topic_end);
    }
    free(p->layer);
    *p = (synth_plan){0};
}
