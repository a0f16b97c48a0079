#include "src/wiring/places.h"

#include "solver/kernels.h"
#include "solver/parallel.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HALVINGS = 6,   /* of the interval in which the threshold lies */
    FULL_SHARE = 90 /* percent of samples with the most active features, from which it is TopK */
};
/* The next best lie further from their recorded values than the active ones do: those that u puts
 * too high are among them. */
static const double noise_of_runners = 1.5;
static const double least_explained = 0.5; /* of the active features' squares */

/* The normal distribution at -REACH, -REACH + 1 / STEPS, ..., REACH: it is asked for at every
 * place of every sample, a dozen times for each removal. Straight lines in between are off by less
 * than 1e-5. */
enum { REACH = 6, STEPS = 128 };

static float *normal_table(void)
{
    float *table = mem_alloc((2 * REACH * STEPS + 2) * sizeof *table);
    for (int i = 0; i <= 2 * REACH * STEPS + 1; i++)
        table[i] = (float)(0.5 * erfc(-((double)i / STEPS - REACH) * M_SQRT1_2));
    return table;
}

static inline float normal_below(const places *p, float x)
{
    float at = (x + REACH) * STEPS;
    at = at > 0 ? at : 0;
    at = at < 2 * REACH * STEPS ? at : 2 * REACH * STEPS;
    int i = (int)at;
    return p->normal[i] + (at - (float)i) * (p->normal[i + 1] - p->normal[i]);
}

static double normal_density(double x)
{
    return exp(-0.5 * x * x) * M_SQRT1_2 * M_2_SQRTPI / 2;
}

/* The active features of each sample: matrix.h's columns turned into rows. */
typedef struct rows_of {
    uint64_t *first;
    uint32_t *feature;
    float *value;
} rows_of;

static void turn(const matrix *z, rows_of *r)
{
    uint64_t entries = z->col_start[z->cols];
    r->first = mem_zero((size_t)z->rows + 2, sizeof *r->first);
    r->feature = mem_alloc(entries * sizeof *r->feature);
    r->value = mem_alloc(entries * sizeof *r->value);
    for (uint64_t e = 0; e < entries; e++)
        r->first[z->row[e] + 2] += z->value[e] != 0;
    for (uint32_t i = 0; i < z->rows; i++)
        r->first[i + 2] += r->first[i + 1];
    for (uint32_t k = 0; k < z->cols; k++)
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            if (z->value[e] != 0) {
                uint64_t at = r->first[z->row[e] + 1]++;
                r->feature[at] = k;
                r->value[at] = z->value[e];
            }
}

static void rows_release(rows_of *r)
{
    free(r->first);
    free(r->feature);
    free(r->value);
}

typedef struct search {
    const stream *s;
    const autoencoder *to;
    const kernels *k;
    const atomic_bool *cancel;
    rows_of active;
    float *offset; /* by feature: of its pre-activation, beside the stream */
    float *least;  /* by feature: its least activity; infinite where it has none */
    places *out;
    uint32_t runners;
    atomic_uint next;
} search;

/* The stream of one sample, for products with it. */
typedef struct sample {
    double *after, *added;
} sample;

static sample sample_create(const search *f)
{
    return (sample){mem_alloc(f->s->width * sizeof(double)),
                    mem_alloc(f->s->width * sizeof(double))};
}

static void sample_load(const search *f, uint32_t row, sample *x)
{
    for (size_t i = 0; i < f->s->width; i++) {
        x->after[i] = (double)f->s->after[row * (size_t)f->s->width + i];
        x->added[i] = (double)f->s->added[row * (size_t)f->s->width + i];
    }
}

static void sample_release(sample *x)
{
    free(x->after);
    free(x->added);
}

static double along(const search *f, uint32_t feature, const double *x)
{
    return f->k->dot(f->to->encoder + (size_t)feature * f->s->width, x, f->s->width);
}

/* How far pre-activations lie from what was recorded, with the offsets given. */
typedef struct misfit {
    double mean, squares, recorded; /* recorded: squares of the activations */
} misfit;

static misfit measure_misfit(const search *f)
{
    uint64_t count = f->active.first[f->s->rows];
    double sum = 0, squares = 0, recorded = 0;
    sample x = sample_create(f);
    for (uint32_t i = 0; i < f->s->rows; i++) {
        sample_load(f, i, &x);
        for (uint64_t e = f->active.first[i]; e < f->active.first[i + 1]; e++) {
            uint32_t k = f->active.feature[e];
            double seen = (double)f->active.value[e];
            double off = along(f, k, x.after) + (double)f->offset[k] - seen;
            sum += off;
            squares += off * off;
            recorded += seen * seen;
        }
    }
    sample_release(&x);
    double n = count > 0 ? (double)count : 1;
    return (misfit){sum / n, squares / n, recorded / n};
}

/* Most autoencoders take the decoder's bias from what they read, some do not: the data say which.
 */
static status find_offsets(search *f, error *err)
{
    const autoencoder *to = f->to;
    memcpy(f->offset, to->encoder_bias, to->features * sizeof *f->offset);
    misfit without = measure_misfit(f);
    sample bias = sample_create(f);
    for (uint32_t i = 0; i < to->width; i++)
        bias.after[i] = (double)to->decoder_bias[i];
    for (uint32_t k = 0; k < to->features; k++)
        f->offset[k] += (float)along(f, k, bias.after);
    sample_release(&bias);
    misfit with = measure_misfit(f);
    if (without.squares <= with.squares) {
        memcpy(f->offset, to->encoder_bias, to->features * sizeof *f->offset);
        with = without;
    }
    if (with.squares > (1 - least_explained) * with.recorded)
        return error_set(err, STATUS_INPUT,
                         "its autoencoder does not give its activations back: it explains %.0f %% "
                         "of their squares, expected at least %.0f %%",
                         fmax(0, 100 * (1 - with.squares / with.recorded)), 100 * least_explained);
    double rounding = 1e-12 * (with.recorded > 0 ? with.recorded : 1);
    double variance = fmax(with.squares - with.mean * with.mean, rounding);
    f->out->noise = noise_of_runners * sqrt(variance);
    return STATUS_OK;
}

/* TopK, where nearly every sample has as many active features as any. */
static bool are_shared(const rows_of *active, uint32_t rows)
{
    uint64_t most = 0, full = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t here = active->first[i + 1] - active->first[i];
        full = here > most ? 1 : full + (here == most);
        most = here > most ? here : most;
    }
    return full * 100 >= (uint64_t)rows * FULL_SHARE;
}

/* Puts a feature among the PLACES_RUNNERS whose `ahead` is greatest: a heap, the least on top. */
typedef struct runner {
    float ahead;
    uint32_t feature;
} runner;

static void sink(runner *heap, uint32_t count, runner r)
{
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].ahead < heap[child].ahead)
            child++;
        if (heap[child].ahead >= r.ahead)
            break;
        heap[at] = heap[child];
    }
    heap[at] = r;
}

static void find_row(search *f, uint32_t row, sample *x, runner *heap)
{
    const rows_of *active = &f->active;
    uint32_t count = 0;
    place *at = f->out->item + f->out->first[row];
    float least = INFINITY;
    sample_load(f, row, x);
    for (uint64_t e = active->first[row]; e < active->first[row + 1]; e++) {
        least = fminf(least, active->value[e]);
        *at++ = (place){.feature = active->feature[e],
                        .value = active->value[e],
                        .limit = f->least[active->feature[e]],
                        .added = (float)along(f, active->feature[e], x->added)};
    }
    uint64_t e = active->first[row];
    for (uint32_t r = 0; r < f->runners; r++)
        heap[r] = (runner){-INFINITY, UINT32_MAX};
    for (uint32_t k = 0; k < f->to->features; k++) {
        while (e < active->first[row + 1] && active->feature[e] < k)
            e++;
        if ((e < active->first[row + 1] && active->feature[e] == k) || isinf(f->least[k]))
            continue; /* active, or never is */
        float u = (float)along(f, k, x->after) + f->offset[k];
        float ahead = f->out->shared ? u : u - f->least[k];
        if (ahead > heap[0].ahead)
            sink(heap, f->runners, (runner){ahead, k});
    }
    for (uint32_t r = 0; r < f->runners; r++)
        if (heap[r].feature != UINT32_MAX)
            heap[count++] = heap[r];
    for (uint32_t r = 0; r < count; r++) {
        float limit = f->out->shared ? least : f->least[heap[r].feature];
        float u = heap[r].ahead + (f->out->shared ? 0 : limit);
        float below = normal_below(f->out, (float)(((double)limit - (double)u) / f->out->noise));
        *at++ = (place){heap[r].feature, u, limit, below > 1e-6F ? below : 1e-6F,
                        (float)along(f, heap[r].feature, x->added)};
    }
    for (; at < f->out->item + f->out->first[row + 1]; at++)
        *at = (place){.value = -INFINITY, .limit = INFINITY, .below = 1}; /* none is left */
}

static void find_rows(void *user, unsigned thread)
{
    (void)thread;
    search *f = user;
    runner heap[PLACES_RUNNERS];
    sample x = sample_create(f);
    for (uint32_t row; (row = atomic_fetch_add(&f->next, 1)) < f->s->rows;) {
        if (f->cancel && atomic_load(f->cancel))
            break;
        find_row(f, row, &x, heap);
    }
    sample_release(&x);
}

static void find_least(search *f)
{
    const matrix *z = &f->s->target;
    for (uint32_t k = 0; k < z->cols; k++) {
        f->least[k] = INFINITY;
        for (uint64_t e = z->col_start[k]; e < z->col_start[k + 1]; e++)
            if (z->value[e] != 0)
                f->least[k] = fminf(f->least[k], z->value[e]);
    }
}

status places_find(const stream *s, const autoencoder *to, unsigned threads,
                   const atomic_bool *cancel, places *out, error *err)
{
    *out = (places){.rows = s->rows, .normal = normal_table()};
    search f = {.s = s, .to = to, .k = kernels_choose(), .cancel = cancel, .out = out};
    f.offset = mem_alloc(to->features * sizeof *f.offset);
    f.least = mem_alloc(to->features * sizeof *f.least);
    turn(&s->target, &f.active);
    find_least(&f);
    out->shared = are_shared(&f.active, s->rows);
    f.runners = to->features < PLACES_RUNNERS ? to->features : PLACES_RUNNERS;
    status code = find_offsets(&f, err);
    if (code == STATUS_OK) {
        out->first = mem_alloc(((size_t)s->rows + 1) * sizeof *out->first);
        for (uint32_t i = 0; i <= s->rows; i++)
            out->first[i] = f.active.first[i] + (uint64_t)i * f.runners;
        out->item = mem_try(out->first[s->rows], sizeof *out->item);
        if (!out->item)
            code = error_memory(err, "which features come next in a layer's samples");
    }
    if (code == STATUS_OK) {
        parallel_run(parallel_threads(threads), find_rows, &f);
        if (cancel && atomic_load(cancel))
            code = error_set(err, STATUS_INTERRUPTED, "cancelled");
    }
    free(f.offset);
    free(f.least);
    rows_release(&f.active);
    if (code != STATUS_OK)
        places_release(out);
    return code;
}

void places_release(places *p)
{
    free(p->normal);
    free(p->first);
    free(p->item);
    *p = (places){0};
}

uint32_t places_most(const places *p)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        if (p->first[i + 1] - p->first[i] > most)
            most = p->first[i + 1] - p->first[i];
    return (uint32_t)most;
}

/* The probability that a feature lies above t after a change; never, if that is no number. */
static inline float above(const places *p, float per_noise, const place *at, float change, float t)
{
    float floor = t - change, x = (floor - at->value) * per_noise;
    if (at->below == 0)
        return floor <= at->value ? 1 : 0;
    if (floor >= at->limit || !(x <= REACH))
        return 0;
    float low = normal_below(p, x);
    return low < at->below ? (at->below - low) / at->below : 0;
}

static double expected(const places *p, const place *at, float change, float t)
{
    double after = (double)at->value + (double)change;
    double chance = (double)above(p, (float)(1 / p->noise), at, change, t);
    if (chance > 0 && at->below > 0) {
        double low = normal_density(((double)t - after) / p->noise);
        double high = normal_density(((double)at->limit - (double)at->value) / p->noise);
        return after * chance + p->noise * (low - high) / (double)at->below;
    }
    return chance > 0 ? after : 0;
}

static bool too_many(const places *p, const place *first, const place *end, const float *change,
                     uint32_t active, double t)
{
    float count = 0, most = (float)active, per_noise = (float)(1 / p->noise);
    for (const place *at = first; at < end && count <= most; at++)
        count += above(p, per_noise, at, change[at - first], (float)t);
    return count > most;
}

/* Where as many are expected above as there were active: near where the threshold was, from which
 * it is looked for in ever longer steps, then by halving. */
static double threshold(const places *p, const place *first, const place *end,
                        const float *change)
{
    uint32_t active = 0;
    double least = INFINITY;
    for (const place *at = first; at < end && at->below == 0; at++, active++)
        least = fmin(least, (double)at->value);
    if (active == 0)
        return INFINITY; /* nothing was recorded: no place to take */
    double low = least, high = least, step = p->noise / 2;
    bool up = too_many(p, first, end, change, active, least);
    for (; up && too_many(p, first, end, change, active, high); step *= 2) {
        low = high;
        high += step;
    }
    for (; !up && low > 0 && !too_many(p, first, end, change, active, low); step *= 2) {
        high = low;
        low = fmax(0, low - step);
    }
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;
        if (too_many(p, first, end, change, active, middle))
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void places_fall(const places *p, uint32_t row, const float *change, float *fall)
{
    const place *first = p->item + p->first[row], *end = p->item + p->first[row + 1];
    double t = p->shared ? threshold(p, first, end, change) : 0;
    for (const place *at = first; at < end; at++) {
        size_t i = (size_t)(at - first);
        double after = expected(p, at, change[i], p->shared ? (float)t : at->limit);
        fall[i] = (float)((at->below == 0 ? (double)at->value : 0) - fmax(0, after));
    }
}
