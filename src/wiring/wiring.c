#include "src/wiring/wiring.h"

#include "solver/kernels.h"
#include "solver/parallel.h"
#include "src/base/memory.h"
#include "src/wiring/places.h"
#include "src/wiring/response.h"
#include "src/wiring/unseen.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* An edge that may stay, and what it adds up to. */
typedef struct candidate {
    float total; /* |fall| times the samples where the source is active */
    wired_edge edge;
} candidate;

typedef struct job {
    const stream *s;
    const places *p;
    const float *answer; /* source features x width: what the stream loses with a unit of each */
    const autoencoder *from, *to;
    const uint64_t *active; /* by source feature: over all samples of the study */
    const double *squares;  /* by sample: of the stream before */
    const double *mean;     /* by target feature: of its activity */
    unseen trust;           /* what is to be thought of the linear model */
    const kernels *k;
    const atomic_bool *cancel;
    uint32_t most;
    atomic_uint next;
    atomic_bool failed;
    pthread_mutex_t lock;
    candidate *best; /* room for twice `limit` */
    uint64_t count, limit;
    float least; /* of the `limit` best so far: less does not get among them */
} job;

/* The greatest first; equal ones in a fixed order. */
static int by_total(const void *left, const void *right)
{
    const candidate *a = left, *b = right;
    if (a->total != b->total)
        return a->total > b->total ? -1 : 1;
    if (a->edge.target != b->edge.target)
        return a->edge.target < b->edge.target ? -1 : 1;
    return a->edge.source < b->edge.source ? -1 : a->edge.source > b->edge.source;
}

static int by_place(const void *left, const void *right)
{
    const wired_edge *a = left, *b = right;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return a->source < b->source ? -1 : a->source > b->source;
}

static void cut(job *j)
{
    qsort(j->best, j->count, sizeof *j->best, by_total);
    if (j->count >= j->limit && j->limit) {
        j->count = j->limit;
        j->least = j->best[j->limit - 1].total;
    }
}

static const double sight = 0.14; /* 1 - cosine at which most of what is added is lost */

/* One thread's memory; by target feature, but for change and fall, which are by place, and the two
 * vectors of the source at hand. */
typedef struct scratch {
    float *weight;    /* encoder . answer of the source at hand */
    double *sum;      /* of falls */
    double *together; /* sum of source times target, */
    double *carried;  /* and of the source where both are active */
    uint32_t *known;  /* for which source these are: its number + 1 */
    uint32_t *touched;
    float *change, *fall;
    double *answer, *direction; /* width */
} scratch;

static void widen(const float *x, uint32_t width, double *out)
{
    for (uint32_t i = 0; i < width; i++)
        out[i] = (double)x[i];
}

static float weight_of(const job *j, scratch *t, uint32_t source, uint32_t feature,
                       uint32_t *touched)
{
    if (t->known[feature] != source + 1) {
        size_t width = j->s->width;
        t->known[feature] = source + 1;
        t->weight[feature] = (float)j->k->dot(j->to->encoder + feature * width, t->answer, width);
        t->sum[feature] = t->together[feature] = t->carried[feature] = 0;
        t->touched[(*touched)++] = feature;
    }
    return t->weight[feature];
}

/* Which part of what is added is lost with z d, of the sample x: dd = d'd. */
static double lost_part(const job *j, uint32_t row, const double *d, double dd, double z)
{
    size_t width = j->s->width;
    double xx = j->squares[row], xd = j->k->dot(j->s->before + row * width, d, width);
    double left = xx - 2 * z * xd + z * z * dd;
    double cosine = xx > 0 && left > 0 ? (xx - z * xd) / sqrt(xx * left) : 0;
    return 1 - exp(-(1 - cosine) / sight);
}

/* Both estimates of a source's falls as one: `sum` becomes what is lost, as a mean. The falls that
 * were played through, of `rows` samples where the source is active, adding up to `z`; and what
 * goes together (wiring.h), which says rightly where a source's loss is felt, not how much it is:
 * it is scaled to the former. */
static void add_coactivity(const job *j, scratch *t, uint32_t touched, double rows, double z)
{
    double both = 0, squares = 0;
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t feature = t->touched[i];
        double covariance = (t->together[feature] - z * j->mean[feature]) / j->s->rows;
        t->sum[feature] /= rows;
        t->carried[feature] = fmax(0, t->carried[feature] * covariance) / rows;
        both += t->carried[feature] * t->sum[feature];
        squares += t->carried[feature] * t->carried[feature];
    }
    double scale = both > 0 ? both / squares : 0;
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t feature = t->touched[i];
        t->sum[feature] += j->trust.unknown * (scale * t->carried[feature] - t->sum[feature]);
    }
}

/* A source feature is removed from every sample where it is active. */
static void remove_one(job *j, scratch *t, uint32_t source)
{
    const matrix *z = &j->s->source;
    uint32_t touched = 0, rows = 0, width = j->s->width;
    double z_sum = 0;
    const float *direction = j->from->decoder + (size_t)source * width;
    widen(j->answer + (size_t)source * width, width, t->answer);
    widen(direction, width, t->direction);
    double dd = j->k->dot(direction, t->direction, width);
    for (uint64_t e = z->col_start[source]; e < z->col_start[source + 1]; e++) {
        uint32_t row = z->row[e];
        const place *first = j->p->item + j->p->first[row];
        size_t count = j->p->first[row + 1] - j->p->first[row];
        if (z->value[e] == 0)
            continue;
        double part = lost_part(j, row, t->direction, dd, (double)z->value[e]);
        float lost = (float)((1 - j->trust.share) * part);
        for (size_t i = 0; i < count; i++)
            t->change[i] = -z->value[e] * weight_of(j, t, source, first[i].feature, &touched) -
                           lost * first[i].added;
        places_fall(j->p, row, t->change, t->fall);
        for (size_t i = 0; i < count; i++)
            t->sum[first[i].feature] += (double)t->fall[i];
        for (size_t i = 0; i < count && first[i].below == 0; i++) {
            t->together[first[i].feature] += (double)z->value[e] * (double)first[i].value;
            t->carried[first[i].feature] += (double)z->value[e];
        }
        z_sum += (double)z->value[e];
        rows++;
    }
    add_coactivity(j, t, touched, rows, z_sum);
    pthread_mutex_lock(&j->lock);
    for (uint32_t i = 0; i < touched; i++) {
        uint32_t feature = t->touched[i];
        float fall = (float)t->sum[feature];
        float total = fabsf(fall) * (float)j->active[source];
        if (total > 0 && total >= j->least)
            j->best[j->count++] = (candidate){total, {feature, source, fall, false}};
        if (j->count == 2 * j->limit)
            cut(j);
    }
    pthread_mutex_unlock(&j->lock);
}

static void remove_all(void *user, unsigned thread)
{
    (void)thread;
    job *j = user;
    size_t features = j->to->features;
    scratch t = {
        mem_try(features, sizeof *t.weight),    mem_try(features, sizeof *t.sum),
        mem_try(features, sizeof *t.together),  mem_try(features, sizeof *t.carried),
        mem_try(features, sizeof *t.known),     mem_try(features, sizeof *t.touched),
        mem_try(j->most, sizeof *t.change),     mem_try(j->most, sizeof *t.fall),
        mem_try(j->s->width, sizeof *t.answer), mem_try(j->s->width, sizeof *t.direction)};
    bool sound = t.weight && t.sum && t.together && t.carried && t.known && t.touched &&
                 t.change && t.fall && t.answer && t.direction;
    if (!sound)
        atomic_store(&j->failed, true);
    else
        memset(t.known, 0, features * sizeof *t.known);
    for (uint32_t k; sound && (k = atomic_fetch_add(&j->next, 1)) < j->s->source.cols;) {
        if (j->cancel && atomic_load(j->cancel))
            break;
        remove_one(j, &t, k);
    }
    free(t.weight);
    free(t.sum);
    free(t.together);
    free(t.carried);
    free(t.known);
    free(t.touched);
    free(t.change);
    free(t.fall);
    free(t.answer);
    free(t.direction);
}

/* The candidates as a wiring: by target. */
static status arrange(job *j, wiring *out, error *err)
{
    uint32_t features = j->to->features;
    uint64_t strong = (uint64_t)features * WIRED_STRONG;
    cut(j);
    out->first = mem_zero((size_t)features + 1, sizeof *out->first);
    out->item = mem_try(j->count ? j->count : 1, sizeof *out->item);
    if (!out->item)
        return error_memory(err, "the wiring of two layers");
    for (uint64_t i = 0; i < j->count; i++) {
        out->item[i] = j->best[i].edge;
        out->item[i].strong = i < strong;
        out->first[out->item[i].target + 1]++;
    }
    for (uint32_t f = 0; f < features; f++)
        out->first[f + 1] += out->first[f];
    qsort(out->item, j->count, sizeof *out->item, by_place);
    return STATUS_OK;
}

static status remove_each(job *j, unsigned threads, wiring *out, error *err)
{
    j->limit = (uint64_t)j->to->features * WIRED_KEPT;
    j->best = mem_try(2 * j->limit, sizeof *j->best);
    if (!j->best)
        return error_memory(err, "the wiring of two layers");
    pthread_mutex_init(&j->lock, NULL);
    parallel_run(parallel_threads(threads), remove_all, j);
    pthread_mutex_destroy(&j->lock);
    status code = STATUS_OK;
    if (j->cancel && atomic_load(j->cancel))
        code = error_set(err, STATUS_INTERRUPTED, "cancelled");
    else if (atomic_load(&j->next) < j->s->source.cols && atomic_load(&j->failed))
        code = error_memory(err, "the wiring of two layers");
    else
        code = arrange(j, out, err);
    free(j->best);
    return code;
}

/* What is handed on, and the linear model's share of what is added: in place. */
static void add_directions(const stream *s, const autoencoder *from, double share, float *answer)
{
    for (size_t i = 0; i < (size_t)from->features * from->width; i++)
        answer[i] = (float)share * answer[i] + (s->handed_on ? from->decoder[i] : 0);
}

/* Of each sample of the stream before; NULL: no memory. */
static double *count_squares(const stream *s)
{
    double *squares = mem_try(s->rows, sizeof *squares);
    for (size_t i = 0; squares && i < s->rows; i++) {
        squares[i] = 0;
        for (size_t c = i * s->width; c < (i + 1) * s->width; c++)
            squares[i] += (double)s->before[c] * (double)s->before[c];
    }
    return squares;
}

/* Of each feature's activity. */
static double *measure_means(const matrix *z)
{
    double *mean = mem_zero(z->cols ? z->cols : 1, sizeof *mean);
    for (uint32_t k = 0; k < z->cols; k++)
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            mean[k] += (double)z->value[e] / z->rows;
    return mean;
}

/* Samples of the whole study where each feature is active. */
static uint64_t *count_active(const matrix *z)
{
    uint64_t *active = mem_zero(z->cols ? z->cols : 1, sizeof *active);
    for (uint32_t k = 0; k < z->cols; k++)
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            active[k] += z->value[e] != 0;
    return active;
}

status wiring_create(const matrix *source, const autoencoder *from, const matrix *target,
                     const autoencoder *to, unsigned threads, const atomic_bool *cancel,
                     wiring *out, error *err)
{
    *out = (wiring){0};
    stream s = {0};
    places p = {0};
    unseen trust = {0};
    uint64_t *active = count_active(source);
    float *answer = mem_try((size_t)from->features * from->width, sizeof *answer);
    status code = answer ? stream_create(&s, source, from, target, to, err)
                         : error_memory(err, "a layer's answers in the residual stream");
    if (code == STATUS_OK)
        code = response_measure(&s, threads, cancel, answer, err);
    if (code == STATUS_OK)
        code = unseen_measure(&s, threads, cancel, &trust, err);
    if (code == STATUS_OK)
        code = places_find(&s, to, threads, cancel, &p, err);
    double *squares = code == STATUS_OK ? count_squares(&s) : NULL;
    if (code == STATUS_OK && !squares)
        code = error_memory(err, "the residual stream of two layers");
    if (code == STATUS_OK) {
        double *mean = measure_means(&s.target);
        add_directions(&s, from, trust.share, answer);
        job j = {.s = &s,
                 .p = &p,
                 .answer = answer,
                 .from = from,
                 .to = to,
                 .active = active,
                 .squares = squares,
                 .mean = mean,
                 .trust = trust,
                 .k = kernels_choose(),
                 .cancel = cancel,
                 .most = places_most(&p)};
        code = remove_each(&j, threads, out, err);
        free(mean);
    }
    free(answer);
    free(active);
    free(squares);
    places_release(&p);
    stream_release(&s);
    if (code != STATUS_OK)
        wiring_release(out);
    return code;
}

void wiring_release(wiring *w)
{
    free(w->item);
    free(w->first);
    *w = (wiring){0};
}
