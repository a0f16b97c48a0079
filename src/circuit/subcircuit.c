#include "src/circuit/subcircuit.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

/* A feature may have tens of thousands of children; those looked at are its strongest ones. */
enum { LOOKED_AT = 2048 };

enum { UPWARDS = 1, DOWNWARDS = 2 };

typedef struct candidate {
    double score;
    uint32_t node, via; /* the edge that led here */
    int way;            /* UPWARDS: to parents; DOWNWARDS: to children */
} candidate;

typedef struct growth {
    const circuit *c;
    double threshold;
    subcircuit_room room;
    candidate *heap;
    uint32_t waiting, capacity;
    uint8_t *chosen;   /* by node: 1 in the subcircuit, 2 met without room */
    uint32_t *a_layer; /* by position: nodes chosen there */
    subcircuit *out;
} growth;

static double weight_of(const circuit *c, uint32_t id)
{
    float w = c->edge[id].standardised;
    return isfinite(w) ? fabs((double)w) : 0;
}

/* -- a heap of candidates ------------------------------------------------------------------ */

static bool comes_before(const candidate *a, const candidate *b)
{
    return a->score != b->score ? a->score > b->score : a->node < b->node;
}

static void push(growth *g, candidate what)
{
    if (g->waiting == g->capacity) {
        g->capacity = 2 * g->capacity + 256;
        g->heap = mem_grow(g->heap, g->capacity, sizeof *g->heap);
    }
    uint32_t at = g->waiting++;
    for (; at > 0 && comes_before(&what, &g->heap[(at - 1) / 2]); at = (at - 1) / 2)
        g->heap[at] = g->heap[(at - 1) / 2];
    g->heap[at] = what;
}

static candidate pop(growth *g)
{
    candidate top = g->heap[0], moved = g->heap[--g->waiting];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < g->waiting && comes_before(&g->heap[child + 1], &g->heap[child]))
            child++;
        if (child >= g->waiting || !comes_before(&g->heap[child], &moved))
            break;
        g->heap[at] = g->heap[child];
        at = child;
    }
    g->heap[at] = moved;
    return top;
}

/* -- growing ------------------------------------------------------------------------------- */

static void begin(growth *g, const circuit *c, subcircuit_room room, subcircuit *out)
{
    *out = (subcircuit){0};
    *g = (growth){.c = c, .room = room, .out = out};
    g->chosen = mem_zero(c->node_count, 1);
    g->a_layer = mem_zero(c->layer_count, sizeof *g->a_layer);
    out->node = mem_alloc(((size_t)room.nodes + 1) * sizeof *out->node);
    out->edge = mem_alloc(((size_t)room.edges + room.nodes + 1) * sizeof *out->edge);
}

static void end(growth *g)
{
    free(g->heap);
    free(g->chosen);
    free(g->a_layer);
}

static bool has_room(const growth *g, uint32_t node)
{
    return g->out->node_count < g->room.nodes &&
           g->a_layer[circuit_position(g->c, node, NULL)] < g->room.nodes_a_layer;
}

static void choose(growth *g, uint32_t node)
{
    g->chosen[node] = 1;
    g->a_layer[circuit_position(g->c, node, NULL)]++;
    g->out->node[g->out->node_count++] = node;
}

/* Puts what a chosen node leads to among the candidates. */
static void spread(growth *g, uint32_t node, double score, int way)
{
    const circuit *c = g->c;
    const uint32_t *start = way == UPWARDS ? c->in_start : c->out_start;
    const uint32_t *list = (way == UPWARDS ? c->in : c->out) + start[node];
    uint32_t count = circuit_count(c, list, start[node + 1] - start[node], g->threshold);
    for (uint32_t k = 0; k < count && k < LOOKED_AT; k++) {
        const circuit_edge *e = &c->edge[list[k]];
        uint32_t other = way == UPWARDS ? e->source : e->target;
        double weight = weight_of(c, list[k]);
        if (g->chosen[other] != 1 && weight > 0)
            push(g, (candidate){score * weight, other, list[k], way});
    }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

typedef struct weighed {
    double weight;
    uint32_t id;
} weighed;

static int by_weight(const void *a, const void *b)
{
    const weighed *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* After the edges that led to the nodes, the strongest others between them. */
static void add_edges(growth *g)
{
    const circuit *c = g->c;
    subcircuit *out = g->out;
    uint32_t kept = out->edge_count, capacity = 0, count = 0;
    weighed *others = NULL;
    qsort(out->edge, kept, sizeof *out->edge, by_number);
    for (uint32_t i = 0; i < out->node_count; i++) {
        uint32_t first = c->in_start[out->node[i]];
        uint32_t strong =
            circuit_count(c, c->in + first, c->in_start[out->node[i] + 1] - first, g->threshold);
        for (uint32_t k = first; k < first + strong; k++) {
            if (g->chosen[c->in_link[k].source] != 1 || weight_of(c, c->in[k]) == 0)
                continue;
            out->between++;
            if (bsearch(&c->in[k], out->edge, kept, sizeof *out->edge, by_number))
                continue;
            if (count == capacity) {
                capacity = 2 * capacity + 64;
                others = mem_grow(others, capacity, sizeof *others);
            }
            others[count++] = (weighed){weight_of(c, c->in[k]), c->in[k]};
        }
    }
    if (count > 0)
        qsort(others, count, sizeof *others, by_weight);
    for (uint32_t i = 0; i < count && out->edge_count < g->room.edges; i++)
        out->edge[out->edge_count++] = others[i].id;
    free(others);
}

static void sort(growth *g)
{
    subcircuit *out = g->out;
    qsort(out->node, out->node_count, sizeof *out->node, by_number);
    weighed *list = mem_alloc(((size_t)out->edge_count + 1) * sizeof *list);
    for (uint32_t i = 0; i < out->edge_count; i++)
        list[i] = (weighed){weight_of(g->c, out->edge[i]), out->edge[i]};
    qsort(list, out->edge_count, sizeof *list, by_weight);
    for (uint32_t i = 0; i < out->edge_count; i++)
        out->edge[i] = list[i].id;
    free(list);
}

void subcircuit_around(const circuit *c, double threshold, uint32_t focus, subcircuit_room room,
                       subcircuit *out)
{
    growth g;
    begin(&g, c, room, out);
    g.threshold = threshold;
    if (focus < c->node_count && has_room(&g, focus)) {
        choose(&g, focus);
        spread(&g, focus, 1, UPWARDS);
        spread(&g, focus, 1, DOWNWARDS);
    }
    while (g.waiting > 0) {
        candidate next = pop(&g);
        if (g.chosen[next.node])
            continue;
        if (!has_room(&g, next.node)) {
            g.chosen[next.node] = 2;
            out->left_out++;
            continue;
        }
        choose(&g, next.node);
        out->edge[out->edge_count++] = next.via;
        spread(&g, next.node, next.score, next.way);
    }
    add_edges(&g);
    sort(&g);
    end(&g);
}

/* -- paths --------------------------------------------------------------------------------- */

/* Whether a whole path finds room: its new nodes, layer by layer (a path has one node a layer). */
static bool path_has_room(const growth *g, const circuit_path *p)
{
    uint32_t fresh = 0;
    for (uint32_t step = 0; step <= p->length; step++) {
        uint32_t node = path_node(g->c, p, step);
        if (g->chosen[node] == 1)
            continue;
        fresh++;
        if (!has_room(g, node))
            return false;
    }
    return g->out->node_count + fresh <= g->room.nodes;
}

void subcircuit_of_paths(const circuit *c, const path_set *set, subcircuit_room room,
                         subcircuit *out)
{
    growth g;
    begin(&g, c, room, out);
    for (uint32_t i = 0; i < set->count; i++) {
        const circuit_path *p = &set->item[i];
        bool fits = path_has_room(&g, p);
        for (uint32_t step = 0; step <= p->length; step++) {
            uint32_t node = path_node(c, p, step);
            if (fits && g.chosen[node] != 1) {
                choose(&g, node);
            } else if (!fits && !g.chosen[node]) {
                g.chosen[node] = 2;
                out->left_out++;
            }
        }
        for (uint32_t step = 0; fits && step < p->length; step++) {
            bool known = false;
            for (uint32_t k = 0; k < out->edge_count && !known; k++)
                known = out->edge[k] == p->edge[step];
            out->between += !known;
            if (!known && out->edge_count < room.edges + room.nodes)
                out->edge[out->edge_count++] = p->edge[step];
        }
    }
    sort(&g);
    end(&g);
}

void subcircuit_release(subcircuit *s)
{
    free(s->node);
    free(s->edge);
    *s = (subcircuit){0};
}
