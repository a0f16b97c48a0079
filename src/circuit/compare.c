#include "src/circuit/compare.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a comparison works with. */
typedef struct workspace {
    const circuit *a, *b;
    uint16_t *position; /* by node: of its layer */
    uint32_t *twin_a;   /* by edge of a: 1 + the same edge in b; 0: b has it not */
    uint32_t *twin_b;   /* likewise */
    uint32_t *at;       /* by node: 1 + a's edge from there to the target at hand */
    uint32_t *rank;     /* by edge of b: place among the common edges, of all or of its pair */
    compare_count *count; /* by source * layers + target */
    uint32_t *place;    /* likewise: common edges met so far */
    double *squares;    /* likewise: sum of squared differences of ranks */
} workspace;

static void workspace_release(workspace *w)
{
    free(w->position);
    free(w->twin_a);
    free(w->twin_b);
    free(w->at);
    free(w->rank);
    free(w->count);
    free(w->place);
    free(w->squares);
}

static status workspace_create(workspace *w, error *err)
{
    size_t pairs = (size_t)w->a->layer_count * w->a->layer_count;
    w->position = mem_try(w->a->node_count, sizeof *w->position);
    w->twin_a = calloc((size_t)w->a->edge_count + 1, sizeof *w->twin_a);
    w->twin_b = calloc((size_t)w->b->edge_count + 1, sizeof *w->twin_b);
    w->at = calloc((size_t)w->a->node_count + 1, sizeof *w->at);
    w->rank = mem_try(w->b->edge_count, sizeof *w->rank);
    w->count = mem_zero(pairs, sizeof *w->count);
    w->place = mem_zero(pairs, sizeof *w->place);
    w->squares = mem_zero(pairs, sizeof *w->squares);
    if (!w->position || !w->twin_a || !w->twin_b || !w->at || !w->rank)
        return error_memory(err, "comparing circuits");
    for (uint32_t l = 0; l < w->a->layer_count; l++)
        for (uint32_t n = w->a->layer_first[l]; n < w->a->layer_first[l + 1]; n++)
            w->position[n] = (uint16_t)l;
    return STATUS_OK;
}

static size_t pair_of(const workspace *w, const circuit_edge *e)
{
    return (size_t)w->position[e->source] * w->a->layer_count + w->position[e->target];
}

/* Finds the common edges, target by target. */
static void match(workspace *w)
{
    const circuit *a = w->a, *b = w->b;
    for (uint32_t n = 0; n < a->node_count; n++) {
        for (uint32_t i = a->in_start[n]; i < a->in_start[n + 1]; i++)
            w->at[a->in_link[i].source] = a->in[i] + 1;
        for (uint32_t i = b->in_start[n]; i < b->in_start[n + 1]; i++) {
            uint32_t twin = w->at[b->in_link[i].source];
            if (twin == 0)
                continue;
            w->twin_b[b->in[i]] = twin;
            w->twin_a[twin - 1] = b->in[i] + 1;
        }
        for (uint32_t i = a->in_start[n]; i < a->in_start[n + 1]; i++)
            w->at[a->in_link[i].source] = 0;
    }
}

/* Spearman's correlation of two rankings of n things from the sum of their squared differences. */
static double correlation(double squares, uint64_t count)
{
    double n = (double)count;
    return count < 2 ? (double)NAN : 1 - 6 * squares / (n * (n * n - 1));
}

/* Both circuits have their edges strongest first, so an edge's rank among the common ones is how many of
 * them came before. Of all edges together; then pair by pair, counting on the way. */
static void rank_all(workspace *w, comparison *out)
{
    uint32_t place = 0;
    double squares = 0;
    for (uint32_t i = 0; i < w->b->edge_count; i++)
        w->rank[i] = w->twin_b[i] ? place++ : 0;
    place = 0;
    for (uint32_t i = 0; i < w->a->edge_count; i++) {
        if (w->twin_a[i] == 0)
            continue;
        double difference = (double)place++ - w->rank[w->twin_a[i] - 1];
        squares += difference * difference;
    }
    out->total.both = place;
    out->total.only_a = w->a->edge_count - place;
    out->total.only_b = w->b->edge_count - place;
    out->total.rank = correlation(squares, place);
}

static void rank_pairs(workspace *w, comparison *out)
{
    uint32_t layers = w->a->layer_count;
    for (uint32_t i = 0; i < w->b->edge_count; i++) {
        size_t p = pair_of(w, &w->b->edge[i]);
        if (w->twin_b[i])
            w->rank[i] = w->place[p]++;
        else
            w->count[p].only_b++;
    }
    for (uint32_t i = 0; i < w->a->edge_count; i++) {
        compare_count *count = &w->count[pair_of(w, &w->a->edge[i])];
        if (w->twin_a[i] == 0) {
            count->only_a++;
            continue;
        }
        double difference = (double)count->both++ - w->rank[w->twin_a[i] - 1];
        w->squares[count - w->count] += difference * difference;
    }
    for (uint32_t p = 0; p < layers * layers; p++) {
        compare_count *count = &w->count[p];
        if (count->both + count->only_a + count->only_b == 0)
            continue;
        count->source = p / layers;
        count->target = p % layers;
        count->rank = correlation(w->squares[p], count->both);
        out->pair = mem_grow(out->pair, out->pair_count + 1, sizeof *out->pair);
        out->pair[out->pair_count++] = *count;
    }
}

/* -- the greatest changes: a heap whose first is the least of them -------------------------------- */

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

static void take_change(comparison *out, uint32_t most, compare_change c)
{
    if (size_of(&c) <= 0)
        return;
    if (out->change_count < most) {
        out->change[out->change_count++] = c;
        for (uint32_t i = most / 2; out->change_count == most && i-- > 0;)
            sift_down(out->change, most, i);
    } else if (most > 0 && size_of(&c) > size_of(&out->change[0])) {
        out->change[0] = c;
        sift_down(out->change, most, 0);
    }
}

static int greatest_first(const void *left, const void *right)
{
    const compare_change *x = left, *y = right;
    if (size_of(x) != size_of(y))
        return size_of(x) > size_of(y) ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

static status take_changes(const workspace *w, uint32_t most, comparison *out, error *err)
{
    const circuit *a = w->a, *b = w->b;
    uint64_t either = (uint64_t)a->edge_count + b->edge_count;
    most = most > either ? (uint32_t)either : most;
    out->change = mem_try((size_t)most + 1, sizeof *out->change);
    if (!out->change)
        return error_memory(err, "comparing circuits");
    for (uint32_t i = 0; i < a->edge_count; i++) {
        const circuit_edge *e = &a->edge[i];
        const circuit_edge *twin = w->twin_a[i] ? &b->edge[w->twin_a[i] - 1] : NULL;
        take_change(out, most,
                    (compare_change){e->source, e->target, (float)circuit_strength(a, e),
                                     twin ? (float)circuit_strength(b, twin) : 0});
    }
    for (uint32_t i = 0; i < b->edge_count; i++) {
        const circuit_edge *e = &b->edge[i];
        if (w->twin_b[i] == 0)
            take_change(out, most,
                        (compare_change){e->source, e->target, 0, (float)circuit_strength(b, e)});
    }
    qsort(out->change, out->change_count, sizeof *out->change, greatest_first);
    return STATUS_OK;
}

/* -- the whole ------------------------------------------------------------------------------------ */

status compare_circuits(const circuit *a, const circuit *b, uint32_t most, comparison *out,
                        error *err)
{
    workspace w = {.a = a, .b = b};
    *out = (comparison){0};
    if (a->layer_count != b->layer_count || a->ranked_by != b->ranked_by ||
        memcmp(a->layer_first, b->layer_first, (a->layer_count + 1) * sizeof *a->layer_first) != 0)
        return error_set(err, STATUS_INPUT, "the two circuits are not of the same layers");
    status code = workspace_create(&w, err);
    if (code == STATUS_OK) {
        match(&w);
        rank_all(&w, out);
        rank_pairs(&w, out);
        code = take_changes(&w, most, out, err);
    }
    workspace_release(&w);
    if (code != STATUS_OK)
        comparison_release(out);
    return code;
}

void comparison_release(comparison *c)
{
    free(c->pair);
    free(c->change);
    *c = (comparison){0};
}

double compare_jaccard(const compare_count *count)
{
    uint64_t either = count->both + count->only_a + count->only_b;
    return either ? (double)count->both / (double)either : (double)NAN;
}
