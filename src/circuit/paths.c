#include "src/circuit/paths.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_PLACE UINT32_MAX

/* What a node is to the question. */
enum { REACHED = 1, LEADS_ON = 2, BEGINS = 4, ENDS = 8, IN_SCOPE = REACHED | LEADS_ON };

/* The best path to a node, and how many lead there. */
typedef struct summary {
    double best, paths;
} summary;

/* One way to a node: over an edge, after the path of this rank to the edge's source. */
typedef struct way {
    double weight; /* magnitude */
    uint32_t edge; /* NO_PLACE: the path begins here. Of the sink: the node where it ends */
    uint32_t rank;
} way;

/* The paths to one node as far as they were asked for. */
typedef struct found {
    way *best; /* by rank */
    uint32_t count, room;
    way *heap; /* candidates for the next rank, the best one on top */
    uint32_t waiting;
} found;

typedef struct search {
    const circuit *c;
    uint32_t strong; /* edges with smaller numbers are at or above the threshold */
    path_end from, to;
    uint32_t first, last; /* nodes [first, last) that can be on a path */
    uint8_t *role;        /* by node */
    summary *to_node;     /* by node */
    uint32_t *place;      /* by node: in `node`; NO_PLACE */
    found *node;
    uint32_t count, room;
} search;

/* Whether paths may take an edge. */
static bool is_usable(const circuit_link *link)
{
    return link->standardised != 0 && isfinite(link->standardised);
}

/* Whether place k of `in` holds a parent of node n that is strong enough. */
static bool is_parent(const search *s, uint32_t n, uint32_t k)
{
    return k < s->c->in_start[n + 1] && s->c->in[k] < s->strong;
}

static double magnitude(const search *s, uint32_t id)
{
    return fabs((double)s->c->edge[id].standardised);
}

/* -- which nodes can be on a path ---------------------------------------------------------- */

static bool is_end(const search *s, path_end end, uint32_t node)
{
    const uint32_t *first = s->c->layer_first;
    if (end.feature != PATH_ANY)
        return node == circuit_node(s->c, end.layer, end.feature);
    return node >= first[end.layer] && node < first[end.layer + 1];
}

/* Nodes that a beginning leads to. */
static void reach_forward(search *s)
{
    const circuit_link *link = s->c->in_link;
    for (uint32_t n = s->first; n < s->last; n++) {
        uint32_t led = 0, role = 0;
        for (uint32_t k = s->c->in_start[n]; is_parent(s, n, k); k++)
            if (is_usable(&link[k])) {
                led++;
                role |= s->role[link[k].source] & REACHED;
            }
        if (s->from.layer == PATH_ANY ? led == 0 : is_end(s, s->from, n))
            role = REACHED | BEGINS;
        s->role[n] |= (uint8_t)role;
    }
}

/* Nodes that lead to an end, from the last one back; only among those reached. */
static void reach_backward(search *s)
{
    const circuit_link *link = s->c->in_link;
    for (uint32_t n = s->last; n-- > s->first;) {
        if (!(s->role[n] & REACHED))
            continue;
        /* LEADS_ON by now: a node after it was reached from here */
        if (s->to.layer == PATH_ANY ? !(s->role[n] & LEADS_ON) : is_end(s, s->to, n))
            s->role[n] |= ENDS | LEADS_ON;
        if (!(s->role[n] & LEADS_ON) || s->role[n] & BEGINS)
            continue;
        for (uint32_t k = s->c->in_start[n]; is_parent(s, n, k); k++)
            if (is_usable(&link[k]))
                s->role[link[k].source] |= LEADS_ON;
    }
}

static void find_scope(search *s)
{
    const uint32_t *first = s->c->layer_first;
    bool from_all = s->from.layer == PATH_ANY, to_all = s->to.layer == PATH_ANY;
    s->first = from_all ? 0 : first[s->from.layer];
    s->last = to_all ? s->c->node_count : first[s->to.layer + 1];
    if (from_all && !to_all) {
        /* whatever leads to the end is reached from somewhere: one pass is enough */
        memset(s->role, REACHED, s->last);
        reach_backward(s);
        return;
    }
    reach_forward(s);
    reach_backward(s);
}

/* -- the best path to every node ----------------------------------------------------------- */

static void sum_up(search *s)
{
    const circuit_link *link = s->c->in_link;
    for (uint32_t n = s->first; n < s->last; n++) {
        summary here = {0, 0};
        if ((s->role[n] & IN_SCOPE) != IN_SCOPE)
            continue;
        for (uint32_t k = s->c->in_start[n]; !(s->role[n] & BEGINS) && is_parent(s, n, k); k++)
            if (is_usable(&link[k])) {
                const summary *there = &s->to_node[link[k].source];
                double weight = there->best * fabs((double)link[k].standardised);
                here.paths += there->paths;
                here.best = weight > here.best ? weight : here.best;
            }
        if (here.paths == 0) {
            s->role[n] |= BEGINS;
            here = (summary){1, 1};
        }
        s->to_node[n] = here;
    }
}

/* -- the next best path to one node -------------------------------------------------------- */

static bool comes_before(const way *a, const way *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return a->edge != b->edge ? a->edge < b->edge : a->rank < b->rank;
}

static void sink_down(found *f, uint32_t at)
{
    for (;;) {
        uint32_t best = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < f->waiting; child++)
            if (comes_before(&f->heap[child], &f->heap[best]))
                best = child;
        if (best == at)
            return;
        way moved = f->heap[at];
        f->heap[at] = f->heap[best];
        f->heap[best] = moved;
        at = best;
    }
}

static void make_heap(found *f)
{
    for (uint32_t at = f->waiting / 2; at-- > 0;)
        sink_down(f, at);
}

/* The best candidate becomes the path of the next rank. */
static void take_best(found *f)
{
    if (f->count == f->room) {
        f->room = 2 * f->room + 4;
        f->best = mem_grow(f->best, f->room, sizeof *f->best);
    }
    f->best[f->count++] = f->heap[0];
}

/* Every way into a node with the best path to its source. */
static void first_ways(search *s, uint32_t n, found *f)
{
    const circuit *c = s->c;
    f->heap = mem_alloc(((size_t)(c->in_start[n + 1] - c->in_start[n]) + 1) * sizeof *f->heap);
    if (s->role[n] & BEGINS) {
        f->heap[f->waiting++] = (way){.weight = 1, .edge = NO_PLACE};
        return;
    }
    for (uint32_t k = c->in_start[n]; is_parent(s, n, k); k++) {
        const summary *there = &s->to_node[c->in_link[k].source];
        double weight = there->best * fabs((double)c->in_link[k].standardised);
        if (is_usable(&c->in_link[k]) && there->paths > 0)
            f->heap[f->waiting++] = (way){.weight = weight, .edge = c->in[k]};
    }
    make_heap(f);
}

static uint32_t place_of(search *s, uint32_t n)
{
    if (s->place[n] != NO_PLACE)
        return s->place[n];
    if (s->count == s->room) {
        s->room = 2 * s->room + 64;
        s->node = mem_grow(s->node, s->room, sizeof *s->node);
    }
    s->node[s->count] = (found){0};
    first_ways(s, n, &s->node[s->count]);
    return s->place[n] = s->count++;
}

static bool path_to(search *s, uint32_t n, uint32_t rank, way *out);

/* One more path to the node at this place; false: there is none. */
static bool find_next(search *s, uint32_t at)
{
    if (s->node[at].count > 0 && s->node[at].waiting > 0) {
        /* the way taken last goes on with the next path to its source, or is used up */
        way next = s->node[at].heap[0], before;
        next.rank++;
        bool more =
            next.edge != NO_PLACE && path_to(s, s->c->edge[next.edge].source, next.rank, &before);
        found *f = &s->node[at];
        if (more)
            next.weight = before.weight * magnitude(s, next.edge);
        f->heap[0] = more ? next : f->heap[--f->waiting];
        sink_down(f, 0);
    }
    if (s->node[at].waiting == 0)
        return false;
    take_best(&s->node[at]);
    return true;
}

/* The path of this rank to a node, into *out; false: there are not so many. As deep as there are
 * layers. */
static bool path_to(search *s, uint32_t n, uint32_t rank, way *out)
{
    uint32_t at = place_of(s, n);
    while (rank >= s->node[at].count)
        if (!find_next(s, at))
            return false;
    *out = s->node[at].best[rank];
    return true;
}

/* -- the answer ---------------------------------------------------------------------------- */

/* Writes the path's edges, which its last way and the ways before it tell. */
static void write_path(search *s, uint32_t end, uint32_t rank, circuit_path *out)
{
    *out = (circuit_path){.weight = 1};
    uint32_t room = 0;
    way w;
    for (uint32_t n = end; path_to(s, n, rank, &w) && w.edge != NO_PLACE;) {
        if (out->length == room) {
            room = 2 * room + 16;
            out->edge = mem_grow(out->edge, room, sizeof *out->edge);
        }
        out->edge[out->length++] = w.edge;
        rank = w.rank;
        n = s->c->edge[w.edge].source;
    }
    for (uint32_t i = 0; i < out->length / 2; i++) {
        uint32_t moved = out->edge[i];
        out->edge[i] = out->edge[out->length - 1 - i];
        out->edge[out->length - 1 - i] = moved;
    }
    for (uint32_t i = 0; i < out->length; i++) {
        out->weight *= (double)s->c->edge[out->edge[i]].standardised;
        if (magnitude(s, out->edge[i]) < magnitude(s, out->edge[out->weakest]))
            out->weakest = i;
    }
}

/* All ends feed one heap, as the parents of a node do; a way's edge is the end's node here. */
static void enumerate(search *s, uint32_t k, path_set *out)
{
    uint32_t ends = 0;
    for (uint32_t n = s->first; n < s->last; n++)
        ends += s->role[n] & ENDS && !(s->role[n] & BEGINS) && s->to_node[n].paths > 0;
    found all = {.heap = mem_alloc(((size_t)ends + 1) * sizeof *all.heap)};
    for (uint32_t n = s->first; n < s->last; n++)
        if (s->role[n] & ENDS && !(s->role[n] & BEGINS) && s->to_node[n].paths > 0) {
            all.heap[all.waiting++] = (way){.weight = s->to_node[n].best, .edge = n};
            out->all += s->to_node[n].paths;
        }
    make_heap(&all);
    out->item = mem_zero(out->all < k ? (size_t)out->all + 1 : (size_t)k + 1, sizeof *out->item);
    while (out->count < k && all.waiting > 0) {
        way *top = &all.heap[0], at = *top, next;
        if (path_to(s, at.edge, at.rank, &next))
            write_path(s, at.edge, at.rank, &out->item[out->count++]);
        if (path_to(s, at.edge, at.rank + 1, &next))
            *top = (way){.weight = next.weight, .edge = at.edge, .rank = at.rank + 1};
        else
            *top = all.heap[--all.waiting];
        sink_down(&all, 0);
    }
    free(all.heap);
}

static status prepare(search *s, error *err)
{
    size_t nodes = s->c->node_count;
    s->role = calloc(nodes + 1, sizeof *s->role);
    s->to_node = calloc(nodes + 1, sizeof *s->to_node);
    s->place = mem_try(nodes + 1, sizeof *s->place);
    if (!s->role || !s->to_node || !s->place)
        return error_memory(err, "paths");
    memset(s->place, 0xff, (nodes + 1) * sizeof *s->place);
    return STATUS_OK;
}

static void release(search *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        free(s->node[i].best);
        free(s->node[i].heap);
    }
    free(s->node);
    free(s->place);
    free(s->to_node);
    free(s->role);
}

status paths_find(const circuit *c, path_end from, path_end to, double threshold, uint32_t k,
                  path_set *out, error *err)
{
    uint32_t strong = circuit_count(c, NULL, 0, threshold);
    search s = {.c = c, .strong = strong, .from = from, .to = to};
    *out = (path_set){.hidden = c->edge_count - strong};
    status code = prepare(&s, err);
    if (code == STATUS_OK) {
        find_scope(&s);
        sum_up(&s);
        enumerate(&s, k, out);
    }
    release(&s);
    return code;
}

void path_set_release(path_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        free(set->item[i].edge);
    free(set->item);
    *set = (path_set){0};
}

uint32_t path_node(const circuit *c, const circuit_path *p, uint32_t step)
{
    return step == 0 ? c->edge[p->edge[0]].source : c->edge[p->edge[step - 1]].target;
}

void paths_through(const circuit *c, path_end *from, path_end *to)
{
    uint32_t first = 0, last = c->layer_count;
    *from = *to = (path_end){PATH_ANY, PATH_ANY};
    if (c->edge_count == 0)
        return;
    while (c->out_start[c->layer_first[first]] == c->out_start[c->layer_first[first + 1]])
        first++;
    while (c->in_start[c->layer_first[last - 1]] == c->in_start[c->layer_first[last]])
        last--;
    from->layer = first;
    to->layer = last - 1;
}
