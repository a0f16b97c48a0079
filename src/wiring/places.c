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

static status turn(const matrix *z, rows_of *r, error *err)
{
    uint64_t entries = z->col_start[z->cols];
    r->first = mem_zero((size_t)z->rows + 2, sizeof *r->first);
    r->feature = mem_try(entries, sizeof *r->feature);
    r->value = mem_try(entries, sizeof *r->value);
    if (!r->feature || !r->value)
        return error_memory(err, "the active features of a layer's samples");
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
    return STATUS_OK;
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

static bool cancelled(const search *f)
{
    return f->cancel && atomic_load(f->cancel);
}

/* One sample of the stream (or a bias), for products with it. */
static double *wide_create(const search *f)
{
    return mem_alloc(f->s->width * sizeof(double));
}

static void wide_load(const search *f, const float *x, double *wide)
{
    for (size_t i = 0; i < f->s->width; i++)
        wide[i] = (double)x[i];
}

static double along(const search *f, uint32_t feature, const double *wide)
{
    return f->k->dot(f->to->encoder + (size_t)feature * f->s->width, wide, f->s->width);
}

/* How far pre-activations lie from what was recorded, with the offsets given. */
typedef struct misfit {
    double mean, squares, recorded; /* recorded: squares of the activations */
} misfit;

static misfit measure_misfit(const search *f)
{
    uint64_t count = f->active.first[f->s->rows];
    double sum = 0, squares = 0, recorded = 0;
    double *x = wide_create(f);
    for (uint32_t i = 0; i < f->s->rows && !cancelled(f); i++) {
        wide_load(f, f->s->after + i * (size_t)f->s->width, x);
        for (uint64_t e = f->active.first[i]; e < f->active.first[i + 1]; e++) {
            uint32_t k = f->active.feature[e];
            double seen = (double)f->active.value[e];
            double off = along(f, k, x) + (double)f->offset[k] - seen;
            sum += off;
            squares += off * off;
            recorded += seen * seen;
        }
    }
    free(x);
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
    double *bias = wide_create(f);
    wide_load(f, to->decoder_bias, bias);
    for (uint32_t k = 0; k < to->features; k++)
        f->offset[k] += (float)along(f, k, bias);
    free(bias);
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

/* Samples that are read together, as a tile of the kernels: encoder rows by samples. */
typedef struct block {
    const float *after[TILE_B];
    uint64_t active[TILE_B]; /* how far active features were passed */
    runner heap[TILE_B][PLACES_RUNNERS];
    double *added; /* of the sample at hand */
} block;

/* Products of TILE_A features from `feature` on (the last one again, where there are fewer) with
 * the samples. */
static void read_tile(const search *f, const block *b, uint32_t feature, double *out)
{
    memset(out, 0, TILE_A * TILE_B * sizeof *out);
    for (uint32_t start = 0; start < f->s->width; start += TILE_ROWS) {
        const float *x[TILE_A], *y[TILE_B];
        for (uint32_t a = 0; a < TILE_A; a++) {
            size_t k = feature + a < f->to->features ? feature + a : f->to->features - 1;
            x[a] = f->to->encoder + k * f->s->width + start;
        }
        for (uint32_t i = 0; i < TILE_B; i++)
            y[i] = b->after[i] + start;
        uint32_t left = f->s->width - start;
        f->k->centred_tile(x, y, left < TILE_ROWS ? left : TILE_ROWS, out);
    }
}

/* A feature of sample `i` of the block, which is `row`, unless it is active, or never is. */
static void offer(const search *f, block *b, uint32_t i, uint32_t row, uint32_t feature, double u)
{
    const uint32_t *active = f->active.feature;
    uint64_t *at = &b->active[i], end = f->active.first[row + 1];
    while (*at < end && active[*at] < feature)
        ++*at;
    if ((*at < end && active[*at] == feature) || isinf(f->least[feature]))
        return;
    float ahead = (float)u + f->offset[feature] - (f->out->shared ? 0 : f->least[feature]);
    if (ahead > b->heap[i][0].ahead)
        sink(b->heap[i], f->runners, (runner){ahead, feature});
}

/* The places of a sample: those that are active, and the runners found. */
static void write_row(const search *f, uint32_t row, const runner *heap, double *added)
{
    const rows_of *active = &f->active;
    place *at = f->out->item + f->out->first[row];
    float least = INFINITY;
    wide_load(f, f->s->added + row * (size_t)f->s->width, added);
    for (uint64_t e = active->first[row]; e < active->first[row + 1]; e++) {
        least = active->value[e] < least ? active->value[e] : least;
        *at++ = (place){.feature = active->feature[e],
                        .value = active->value[e],
                        .limit = f->least[active->feature[e]],
                        .added = (float)along(f, active->feature[e], added)};
    }
    for (const runner *r = heap; r < heap + f->runners; r++) {
        if (r->feature == UINT32_MAX)
            continue;
        float limit = f->out->shared ? least : f->least[r->feature];
        float u = r->ahead + (f->out->shared ? 0 : limit);
        float below = normal_below(f->out, (float)(((double)limit - (double)u) / f->out->noise));
        *at++ = (place){r->feature, u, limit, below > 1e-6F ? below : 1e-6F,
                        (float)along(f, r->feature, added)};
    }
    for (; at < f->out->item + f->out->first[row + 1]; at++)
        *at = (place){.value = -INFINITY, .limit = INFINITY, .below = 1}; /* none is left */
}

static void find_block(const search *f, uint32_t first, uint32_t count, block *b)
{
    for (uint32_t i = 0; i < TILE_B; i++) {
        uint32_t row = first + (i < count ? i : 0);
        b->after[i] = f->s->after + row * (size_t)f->s->width;
        b->active[i] = f->active.first[row];
        for (uint32_t r = 0; r < f->runners; r++)
            b->heap[i][r] = (runner){-INFINITY, UINT32_MAX};
    }
    for (uint32_t k = 0; k < f->to->features; k += TILE_A) {
        double u[TILE_A * TILE_B];
        read_tile(f, b, k, u);
        for (uint32_t a = 0; a < TILE_A && k + a < f->to->features; a++)
            for (uint32_t i = 0; i < count; i++)
                offer(f, b, i, first + i, k + a, u[a * TILE_B + i]);
    }
    for (uint32_t i = 0; i < count; i++)
        write_row(f, first + i, b->heap[i], b->added);
}

static void find_blocks(void *user, unsigned thread)
{
    (void)thread;
    search *f = user;
    block b = {.added = wide_create(f)};
    uint32_t rows = f->s->rows;
    for (uint32_t row; (row = atomic_fetch_add(&f->next, TILE_B)) < rows && !cancelled(f);)
        find_block(f, row, rows - row < TILE_B ? rows - row : TILE_B, &b);
    free(b.added);
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
    find_least(&f);
    f.runners = to->features < PLACES_RUNNERS ? to->features : PLACES_RUNNERS;
    status code = turn(&s->target, &f.active, err);
    if (code == STATUS_OK)
        code = find_offsets(&f, err);
    if (code == STATUS_OK) {
        out->shared = are_shared(&f.active, s->rows);
        out->first = mem_alloc(((size_t)s->rows + 1) * sizeof *out->first);
        for (uint32_t i = 0; i <= s->rows; i++)
            out->first[i] = f.active.first[i] + (uint64_t)i * f.runners;
        out->item = mem_try(out->first[s->rows], sizeof *out->item);
        if (!out->item)
            code = error_memory(err, "which features come next in a layer's samples");
    }
    if (code == STATUS_OK)
        parallel_run(parallel_threads(threads), find_blocks, &f);
    if (code != STATUS_MACHINE && cancelled(&f)) /* whatever was measured until then */
        code = error_set(err, STATUS_INTERRUPTED, "cancelled");
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
static double threshold(const places *p, const place *first, const place *end, const float *change)
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
