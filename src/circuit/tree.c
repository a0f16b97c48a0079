#include "src/circuit/tree.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* -- what hangs from a row ------------------------------------------------------------------- */

static tree_edges edges_of(const tree *t, const tree_row *r)
{
    const circuit *c = t->c;
    const uint32_t *start = t->parents ? c->in_start : c->out_start;
    const uint32_t *list = t->parents ? c->in : c->out;
    tree_edges e = {0};
    if (r->rest || r->node >= c->node_count)
        return e;
    e.edge = list + start[r->node];
    e.all = start[r->node + 1] - start[r->node];
    e.strong = circuit_count(c, e.edge, e.all, t->threshold);
    e.shown = r->limit && r->limit < e.strong ? r->limit : e.strong;
    return e;
}

tree_edges tree_edges_of(const tree *t, uint32_t row)
{
    return edges_of(t, &t->row[row]);
}

/* Rows that unfolding adds: the edges that show, and one for the others. */
static uint32_t rows_of(const tree_edges *e)
{
    return e->shown + (e->shown < e->all);
}

/* The k-th row that hangs from `above`, which is row `parent`. */
static tree_row child(const tree *t, const tree_row *above, uint32_t parent, const tree_edges *e,
                      uint32_t k)
{
    tree_row r = {.parent = parent,
                  .depth = (uint16_t)(above->depth + 1),
                  .edge = TREE_NONE,
                  .node = above->node,
                  .weight = above->weight,
                  .limit = t->most,
                  .rest = k == e->shown};
    if (r.rest)
        return r;
    r.edge = e->edge[k];
    const circuit_edge *way = &t->c->edge[r.edge];
    r.node = t->parents ? way->source : way->target;
    r.weight *= (double)way->standardised;
    return r;
}

/* -- one row after the other ----------------------------------------------------------------- */

static void reserve(tree *t, uint32_t count)
{
    if (count <= t->capacity)
        return;
    t->capacity = count + count / 2 + 64;
    t->row = mem_grow(t->row, t->capacity, sizeof *t->row);
}

/* Makes room for `rows` rows at `at`, or takes them out when negative; `row` and what it hangs
 * from have so many more or fewer. */
static void shift(tree *t, uint32_t row, uint32_t at, int64_t rows)
{
    uint32_t from = rows < 0 ? at + (uint32_t)-rows : at;
    uint32_t to = rows < 0 ? at : at + (uint32_t)rows;
    reserve(t, (uint32_t)(t->count + rows));
    memmove(&t->row[to], &t->row[from], (t->count - from) * sizeof *t->row);
    t->count = (uint32_t)(t->count + rows);
    for (uint32_t i = to; i < t->count; i++)
        if (t->row[i].parent > row)
            t->row[i].parent = (uint32_t)(t->row[i].parent + rows);
    for (uint32_t i = row;; i = t->row[i].parent) {
        t->row[i].span = (uint32_t)(t->row[i].span + rows);
        if (i == 0)
            break;
    }
}

uint32_t tree_unfold(tree *t, uint32_t row)
{
    tree_edges e = tree_edges_of(t, row);
    uint32_t rows = rows_of(&e);
    if (t->row[row].open || rows == 0)
        return 0;
    shift(t, row, row + 1, rows);
    t->row[row].open = true;
    for (uint32_t k = 0; k < rows; k++) {
        tree_row *r = &t->row[row + 1 + k];
        *r = child(t, &t->row[row], row, &e, k);
        t->seen[r->node] += !r->rest;
    }
    return rows;
}

uint32_t tree_fold(tree *t, uint32_t row)
{
    uint32_t rows = t->row[row].span;
    if (!t->row[row].open)
        return 0;
    for (uint32_t i = row + 1; i <= row + rows; i++)
        t->seen[t->row[i].node] -= !t->row[i].rest;
    shift(t, row, row + 1, -(int64_t)rows);
    t->row[row].open = false;
    return rows;
}

/* -- all rows anew --------------------------------------------------------------------------- */

typedef struct growth {
    const tree_row *old;
    uint32_t *place; /* by node: 1 + the old row of it among those at hand; 0: none */
    uint32_t *chain; /* by depth: the old row asked about, and those it hangs from */
    uint32_t chain_length;
    uint32_t asked; /* where the deepest of them has come to stand */
} growth;

/* Puts a row at the end of t, and below it what is unfolded in its old place (TREE_NONE: it had
 * none). */
static void grow(tree *t, growth *g, tree_row r, uint32_t was)
{
    uint32_t at = t->count;
    const tree_row *old = was == TREE_NONE ? NULL : &g->old[was];
    r.limit = old ? old->limit : t->most;
    r.open = false;
    r.span = 0;
    reserve(t, at + 1);
    t->row[t->count++] = r;
    t->seen[r.node] += !r.rest;
    if (old && r.depth < g->chain_length && g->chain[r.depth] == was)
        g->asked = at;
    tree_edges e = edges_of(t, &r);
    uint32_t rows = rows_of(&e);
    if (!old || !old->open || rows == 0)
        return;
    uint32_t *of = mem_alloc(rows * sizeof *of), rest = TREE_NONE;
    for (uint32_t i = was + 1; i <= was + old->span; i += 1 + g->old[i].span) {
        if (g->old[i].rest)
            rest = i;
        else
            g->place[g->old[i].node] = i + 1;
    }
    for (uint32_t k = 0; k < rows; k++) {
        tree_row next = child(t, &r, at, &e, k);
        of[k] = next.rest ? rest : g->place[next.node] ? g->place[next.node] - 1 : TREE_NONE;
    }
    for (uint32_t i = was + 1; i <= was + old->span; i += 1 + g->old[i].span)
        g->place[g->old[i].node] = 0;
    for (uint32_t k = 0; k < rows; k++)
        grow(t, g, child(t, &r, at, &e, k), of[k]);
    free(of);
    t->row[at].open = true;
    t->row[at].span = t->count - at - 1;
}

/* Grows the whole tree from its old rows; returns where `row` has gone to. */
static uint32_t regrow(tree *t, uint32_t row)
{
    tree_row *old = t->row;
    growth g = {.old = old, .chain_length = old[row].depth + 1u};
    g.chain = mem_alloc(g.chain_length * sizeof *g.chain);
    for (uint32_t i = row, d = g.chain_length; d-- > 0; i = old[i].parent)
        g.chain[d] = i;
    g.place = mem_zero(t->c->node_count, sizeof *g.place);
    memset(t->seen, 0, t->c->node_count * sizeof *t->seen);
    t->row = NULL;
    t->count = t->capacity = 0;
    grow(t, &g, old[0], 0);
    free(g.chain);
    free(g.place);
    free(old);
    return g.asked;
}

bool tree_unfold_level(tree *t, uint32_t row)
{
    bool all = true;
    uint64_t count = t->count;
    for (uint32_t i = row; i <= row + t->row[row].span && all; i++) {
        tree_edges e = tree_edges_of(t, i);
        if (t->row[i].open || rows_of(&e) == 0)
            continue;
        count += rows_of(&e);
        all = count <= TREE_ROWS_MOST;
        t->row[i].open = all;
    }
    regrow(t, row);
    return all;
}

uint32_t tree_show_more(tree *t, uint32_t row)
{
    uint32_t before = t->count;
    tree_edges e = tree_edges_of(t, row);
    if (e.shown == e.strong)
        return 0;
    uint32_t more = e.shown ? 2 * e.shown : 1;
    t->row[row].limit = more < e.strong ? more : 0;
    regrow(t, row);
    return t->count - before;
}

uint32_t tree_change(tree *t, circuit *c, double threshold, uint32_t most, uint32_t row)
{
    circuit *before = t->c;
    t->c = circuit_hold(c);
    circuit_free(before);
    t->threshold = threshold;
    for (uint32_t i = 0; most != t->most && i < t->count; i++)
        t->row[i].limit = most;
    t->most = most;
    return regrow(t, row);
}

/* -- from the root --------------------------------------------------------------------------- */

void tree_plant(tree *t, circuit *c, uint32_t root, bool parents, double threshold, uint32_t most)
{
    tree_release(t);
    *t = (tree){.c = circuit_hold(c), .parents = parents, .threshold = threshold, .most = most};
    t->seen = mem_zero(c->node_count, sizeof *t->seen);
    reserve(t, 1);
    t->row[t->count++] = (tree_row){.node = root, .edge = TREE_NONE, .weight = 1, .limit = most};
    t->seen[root] = 1;
    tree_unfold(t, 0);
}

void tree_release(tree *t)
{
    circuit_free(t->c);
    free(t->row);
    free(t->seen);
    *t = (tree){0};
}

bool tree_is_last(const tree *t, uint32_t row)
{
    uint32_t parent = t->row[row].parent;
    return row + t->row[row].span == parent + t->row[parent].span;
}

void tree_hidden(const tree *t, uint64_t *weak, uint64_t *beyond)
{
    *weak = *beyond = 0;
    for (uint32_t i = 0; i < t->count; i++) {
        if (!t->row[i].rest)
            continue;
        tree_edges e = tree_edges_of(t, t->row[i].parent);
        *weak += e.all - e.strong;
        *beyond += e.strong - e.shown;
    }
}
