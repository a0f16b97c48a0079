/* Layer pairs are read, merged and counted independently, each by one thread; what both have of
 * all pairs is ranked together at the end. */
#include "src/circuit/compare.h"

#include "solver/parallel.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One layer pair at work. */
typedef struct pair_work {
    uint32_t at_a, at_b; /* its place among a side's pairs; or how many there are: it has none */
    compare_count count;
    float *a, *b;           /* strengths of the edges of both */
    compare_change *change; /* a heap whose first is the least, once it is full */
    uint32_t changes;
} pair_work;

typedef struct workspace {
    const compare_side *a, *b;
    const uint32_t *layer_first;
    uint32_t most;
    pair_work *pair;
    uint32_t pairs;
    atomic_uint next;
    atomic_bool failed; /* whoever sets it first has the error to itself */
    status code;
    error err;
} workspace;

static void fail(workspace *w, status code, const error *err)
{
    if (!atomic_exchange(&w->failed, true)) {
        w->err = *err;
        w->code = code;
    }
}

/* ---- ranks ---- */

/* Radix sort by the upper 31 bits, 11 at a time; stable. `other` has the same room. */
static uint64_t *sort_keys(uint64_t *key, uint64_t *other, size_t count)
{
    enum { BITS = 11, BUCKETS = 1 << BITS, LOWEST = 32, PASSES = 3 };
    for (unsigned pass = 0; pass < PASSES; pass++) {
        size_t start[BUCKETS + 1] = {0};
        unsigned shift = LOWEST + BITS * pass;
        for (size_t i = 0; i < count; i++)
            start[((key[i] >> shift) & (BUCKETS - 1)) + 1]++;
        for (unsigned b = 0; b < BUCKETS; b++)
            start[b + 1] += start[b];
        for (size_t i = 0; i < count; i++)
            other[start[(key[i] >> shift) & (BUCKETS - 1)]++] = key[i];
        uint64_t *swap = key;
        key = other;
        other = swap;
    }
    return key;
}

/* Twice the ranks of |strength| less their mean, which are whole numbers. False: out of memory. */
static bool rank_strengths(const float *value, size_t count, int64_t *rank)
{
    uint64_t *key = mem_try(count, sizeof *key);
    uint64_t *other = mem_try(count, sizeof *other);
    if (key && other) {
        for (size_t i = 0; i < count; i++) {
            float size = fabsf(value[i]);
            uint32_t bits; /* of nonnegative floats: they order as the numbers do */
            memcpy(&bits, &size, sizeof bits);
            key[i] = (uint64_t)bits << 32 | i;
        }
        const uint64_t *sorted = sort_keys(key, other, count);
        for (size_t first = 0, end; first < count; first = end) {
            for (end = first + 1; end < count && sorted[end] >> 32 == sorted[first] >> 32; end++)
                continue;
            int64_t shared = (int64_t)(first + end) - (int64_t)count;
            for (size_t i = first; i < end; i++)
                rank[sorted[i] & UINT32_MAX] = shared;
        }
    }
    bool sound = key && other;
    free(key);
    free(other);
    return sound;
}

typedef struct ranking_work {
    const float *strength[2];
    int64_t *rank[2];
    size_t count;
    atomic_uint next;
    atomic_bool failed;
} ranking_work;

static void rank_some(void *user, unsigned thread)
{
    ranking_work *w = user;
    (void)thread;
    for (unsigned side; (side = atomic_fetch_add(&w->next, 1)) < 2;)
        if (!rank_strengths(w->strength[side], w->count, w->rank[side]))
            atomic_store(&w->failed, true);
}

static status correlate(const float *a, const float *b, size_t count, unsigned threads,
                        double *out, error *err)
{
    ranking_work w = {.strength = {a, b}, .count = count};
    w.rank[0] = mem_try(count, sizeof *w.rank[0]);
    w.rank[1] = mem_try(count, sizeof *w.rank[1]);
    bool sound = w.rank[0] && w.rank[1];
    double ab = 0, aa = 0, bb = 0;
    if (sound) {
        parallel_run(threads < 2 ? 1 : 2, rank_some, &w);
        sound = !atomic_load(&w.failed);
    }
    for (size_t i = 0; sound && i < count; i++) {
        double x = (double)w.rank[0][i], y = (double)w.rank[1][i];
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    *out = aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : (double)NAN;
    free(w.rank[0]);
    free(w.rank[1]);
    return sound ? STATUS_OK : error_memory(err, "comparing circuits");
}

/* ---- the greatest changes of a pair ---- */

static float size_of(const compare_change *c)
{
    return fabsf(c->b - c->a);
}

static void sift_down(compare_change *heap, uint32_t count, uint32_t i)
{
    compare_change moving = heap[i];
    for (uint32_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && size_of(&heap[child + 1]) < size_of(&heap[child]))
            child++;
        if (size_of(&heap[child]) >= size_of(&moving))
            break;
        heap[i] = heap[child];
    }
    heap[i] = moving;
}

static void take_change(pair_work *p, uint32_t most, compare_change c)
{
    if (!(size_of(&c) > 0))
        return;
    if (p->changes < most) {
        p->change[p->changes++] = c;
        for (uint32_t i = most / 2; p->changes == most && i-- > 0;)
            sift_down(p->change, most, i);
    } else if (most > 0 && size_of(&c) > size_of(&p->change[0])) {
        p->change[0] = c;
        sift_down(p->change, most, 0);
    }
}

static int greatest_first(const void *left, const void *right)
{
    const compare_change *x = left, *y = right;
    if (size_of(x) > size_of(y) || size_of(x) < size_of(y))
        return size_of(x) > size_of(y) ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

/* ---- one pair ---- */

/* -1: edge i of a comes before edge j of b; 0: they are the same. */
static int order(const compare_edges *a, uint32_t i, const compare_edges *b, uint32_t j)
{
    if (i == a->count || j == b->count)
        return i == a->count ? 1 : -1;
    if (a->target[i] != b->target[j])
        return a->target[i] < b->target[j] ? -1 : 1;
    return (a->source[i] > b->source[j]) - (a->source[i] < b->source[j]);
}

static void merge(const workspace *w, pair_work *p, const compare_edges *a, const compare_edges *b)
{
    uint32_t source_first = w->layer_first[p->count.source];
    uint32_t target_first = w->layer_first[p->count.target];
    for (uint32_t i = 0, j = 0; i < a->count || j < b->count;) {
        int which = order(a, i, b, j);
        const compare_edges *from = which <= 0 ? a : b;
        uint32_t at = which <= 0 ? i : j;
        compare_change c = {.source = source_first + from->source[at],
                            .target = target_first + from->target[at],
                            .a = which <= 0 ? a->strength[i] : 0,
                            .b = which >= 0 ? b->strength[j] : 0};
        if (which == 0) {
            p->a[p->count.both] = c.a;
            p->b[p->count.both++] = c.b;
        }
        p->count.only_a += which < 0;
        p->count.only_b += which > 0;
        take_change(p, w->most, c);
        i += which <= 0;
        j += which >= 0;
    }
}

static status compare_pair(const workspace *w, pair_work *p, error *err)
{
    compare_edges a = {0}, b = {0};
    bool own_a = true, own_b = true; /* borrowed from the side */
    status code = STATUS_OK;
    if (p->at_a < w->a->pairs)
        code = compare_side_read(w->a, p->at_a, w->layer_first, &a, &own_a, err);
    if (code == STATUS_OK && p->at_b < w->b->pairs)
        code = compare_side_read(w->b, p->at_b, w->layer_first, &b, &own_b, err);
    uint32_t shared = a.count < b.count ? a.count : b.count;
    uint64_t either = (uint64_t)a.count + b.count;
    p->a = mem_try(shared, sizeof *p->a);
    p->b = mem_try(shared, sizeof *p->b);
    p->change = mem_try(either < w->most ? either : w->most, sizeof *p->change);
    if (code == STATUS_OK && (!p->a || !p->b || !p->change))
        code = error_memory(err, "comparing circuits");
    if (code == STATUS_OK) {
        merge(w, p, &a, &b);
        code = correlate(p->a, p->b, p->count.both, 1, &p->count.rank, err);
    }
    if (!own_a)
        compare_edges_release(&a);
    if (!own_b)
        compare_edges_release(&b);
    return code;
}

static void compare_some(void *user, unsigned thread)
{
    workspace *w = user;
    (void)thread;
    for (unsigned p; !atomic_load(&w->failed) && (p = atomic_fetch_add(&w->next, 1)) < w->pairs;) {
        error err = {0};
        status code = compare_pair(w, &w->pair[p], &err);
        if (code != STATUS_OK)
            fail(w, code, &err);
    }
}

/* ---- the whole ---- */

/* All pairs that one side has at least, by source, then target. */
static void list_pairs(workspace *w)
{
    const compare_side *a = w->a, *b = w->b;
    w->pair = mem_zero((size_t)a->pairs + b->pairs + 1, sizeof *w->pair);
    for (uint32_t i = 0, j = 0; i < a->pairs || j < b->pairs;) {
        const compare_edges *x = i < a->pairs ? &a->pair[i] : NULL;
        const compare_edges *y = j < b->pairs ? &b->pair[j] : NULL;
        bool same =
            x && y && x->source_layer == y->source_layer && x->target_layer == y->target_layer;
        bool first =
            x && (!y || same || x->source_layer < y->source_layer ||
                  (x->source_layer == y->source_layer && x->target_layer < y->target_layer));
        const compare_edges *now = first ? x : y;
        w->pair[w->pairs++] = (pair_work){
            .at_a = first ? i : a->pairs,
            .at_b = !first || same ? j : b->pairs,
            .count = {.source = now->source_layer, .target = now->target_layer},
        };
        j += !first || same;
        i += first;
    }
}

static void add_up(const workspace *w, comparison *out)
{
    out->pair = mem_zero((size_t)w->pairs + 1, sizeof *out->pair);
    for (uint32_t p = 0; p < w->pairs; p++) {
        const compare_count *count = &w->pair[p].count;
        if (count->both + count->only_a + count->only_b == 0)
            continue;
        out->pair[out->pair_count++] = *count;
        out->total.both += count->both;
        out->total.only_a += count->only_a;
        out->total.only_b += count->only_b;
    }
}

static status rank_all(const workspace *w, unsigned threads, comparison *out, error *err)
{
    float *a = mem_try(out->total.both, sizeof *a);
    float *b = mem_try(out->total.both, sizeof *b);
    size_t at = 0;
    for (uint32_t p = 0; a && b && p < w->pairs; p++) {
        memcpy(a + at, w->pair[p].a, w->pair[p].count.both * sizeof *a);
        memcpy(b + at, w->pair[p].b, w->pair[p].count.both * sizeof *b);
        at += w->pair[p].count.both;
    }
    status code = STATUS_OK;
    if (!a || !b)
        code = error_memory(err, "comparing circuits");
    else if (out->total.both > UINT32_MAX)
        code = error_set(err, STATUS_MACHINE, "%llu edges in both circuits are too many to rank",
                         (unsigned long long)out->total.both);
    else
        code = correlate(a, b, out->total.both, threads, &out->total.rank, err);
    free(a);
    free(b);
    return code;
}

static status join_changes(const workspace *w, comparison *out, error *err)
{
    uint64_t all = 0;
    uint64_t at = 0;
    for (uint32_t p = 0; p < w->pairs; p++)
        all += w->pair[p].changes;
    out->change = mem_try(all, sizeof *out->change);
    if (!out->change)
        return error_memory(err, "comparing circuits");
    for (uint32_t p = 0; p < w->pairs; p++) {
        memcpy(out->change + at, w->pair[p].change, w->pair[p].changes * sizeof *out->change);
        at += w->pair[p].changes;
    }
    if (all > 0)
        qsort(out->change, all, sizeof *out->change, greatest_first);
    out->change_count = all < w->most ? (uint32_t)all : w->most;
    return STATUS_OK;
}

status compare_sides(const compare_side *a, const compare_side *b, const layer_set *layers,
                     uint32_t most, unsigned threads, comparison *out, error *err)
{
    *out = (comparison){.layer_count = layers->count};
    out->layer_first = mem_alloc(((size_t)layers->count + 1) * sizeof *out->layer_first);
    for (uint32_t l = 0; l <= layers->count; l++)
        out->layer_first[l] = layer_first(layers, l);
    workspace w = {.a = a, .b = b, .layer_first = out->layer_first, .most = most};
    list_pairs(&w);
    threads = parallel_threads(threads);
    parallel_run(threads < w.pairs ? threads : w.pairs, compare_some, &w);
    status code = w.code;
    if (code == STATUS_OK) {
        add_up(&w, out);
        code = rank_all(&w, threads, out, err);
    } else if (err) {
        *err = w.err;
    }
    if (code == STATUS_OK)
        code = join_changes(&w, out, err);
    for (uint32_t p = 0; p < w.pairs; p++) {
        free(w.pair[p].a);
        free(w.pair[p].b);
        free(w.pair[p].change);
    }
    free(w.pair);
    if (code != STATUS_OK)
        comparison_release(out);
    return code;
}

status compare_fits(db *d, const char *path, int64_t fit_a, int64_t fit_b, strength measure,
                    uint32_t most, unsigned threads, comparison *out, error *err)
{
    layer_set layers = {0};
    compare_side a = {0}, b = {0};
    *out = (comparison){0};
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = compare_side_of_fit(&a, d, path, &layers, &layers, fit_a, measure, err);
    if (code == STATUS_OK)
        code = compare_side_of_fit(&b, d, path, &layers, &layers, fit_b, measure, err);
    if (code == STATUS_OK)
        code = compare_sides(&a, &b, &layers, most, threads, out, err);
    compare_side_release(&a);
    compare_side_release(&b);
    layer_set_release(&layers);
    return code;
}

void comparison_release(comparison *c)
{
    free(c->layer_first);
    free(c->pair);
    free(c->change);
    *c = (comparison){0};
}

uint32_t compare_position(const comparison *c, uint32_t node, uint32_t *feature)
{
    uint32_t l = 0;
    while (l + 1 < c->layer_count && c->layer_first[l + 1] <= node)
        l++;
    if (feature)
        *feature = node - c->layer_first[l];
    return l;
}

double compare_jaccard(const compare_count *count)
{
    uint64_t either = count->both + count->only_a + count->only_b;
    return either ? (double)count->both / (double)either : (double)NAN;
}
