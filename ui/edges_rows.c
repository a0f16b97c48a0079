#include "ui/edges_rows.h"

#include "src/base/memory.h"
#include "ui/edges.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SORTED_MOST = 1000000 }; /* edges that are sorted by name within a moment */

/* -- the circuit's layer pairs ------------------------------------------------------------- */

/* By node: position of its layer. One array instead of a search for each end of each edge. */
static uint16_t *positions(const circuit *c)
{
    uint16_t *position = mem_alloc((c->node_count + 1) * sizeof *position);
    for (uint32_t l = 0; l < c->layer_count; l++)
        for (uint32_t n = c->layer_first[l]; n < c->layer_first[l + 1]; n++)
            position[n] = (uint16_t)l;
    return position;
}

static bool was_folded(const edges_pair *pair, const bool *fold, uint32_t count, edges_pair p)
{
    for (uint32_t i = 0; i < count; i++)
        if (pair[i].source == p.source && pair[i].target == p.target)
            return fold[i];
    return false;
}

/* Numbers the pairs, by source, then target, and finds each edge's. */
static void find_pairs(edges_rows *rows)
{
    const circuit *c = rows->c;
    size_t layers = c->layer_count;
    uint16_t *position = positions(c);
    uint32_t *count = mem_zero(layers * layers, sizeof *count);
    uint16_t *number = mem_zero(layers * layers, sizeof *number);
    for (uint32_t i = 0; i < c->edge_count; i++)
        count[position[c->edge[i].source] * layers + position[c->edge[i].target]]++;
    for (size_t p = 0; p < layers * layers; p++) {
        if (count[p] == 0)
            continue;
        number[p] = (uint16_t)rows->pair_count;
        rows->pair = mem_grow(rows->pair, rows->pair_count + 1, sizeof *rows->pair);
        rows->pair[rows->pair_count++] =
            (edges_pair){(uint32_t)(p / layers), (uint32_t)(p % layers), count[p]};
    }
    rows->pair_of = mem_alloc(((size_t)c->edge_count + 1) * sizeof *rows->pair_of);
    for (uint32_t i = 0; i < c->edge_count; i++)
        rows->pair_of[i] =
            number[position[c->edge[i].source] * layers + position[c->edge[i].target]];
    free(count);
    free(number);
    free(position);
}

void edges_rows_take(edges_rows *rows, const circuit *c)
{
    edges_rows old = *rows;
    *rows = (edges_rows){.c = c};
    if (c) {
        find_pairs(rows);
        rows->fold = mem_zero(rows->pair_count, sizeof *rows->fold);
        for (uint32_t p = 0; p < rows->pair_count; p++)
            rows->fold[p] = was_folded(old.pair, old.fold, old.pair_count, rows->pair[p]);
    }
    edges_rows_release(&old);
}

void edges_rows_release(edges_rows *rows)
{
    free(rows->pair);
    free(rows->pair_of);
    free(rows->fold);
    free(rows->group);
    free(rows->memory);
    *rows = (edges_rows){0};
}

/* -- lists --------------------------------------------------------------------------------- */

static bool passes(const circuit *c, const edges_choice *choice, uint32_t id)
{
    const circuit_edge *e = &c->edge[id];
    bool pass = !choice->sign || circuit_strength(c, e) * choice->sign > 0;
    if (choice->match) { /* no jump on what nobody can foretell: millions of edges pass here */
        const unsigned one = EDGES_WORDS | EDGES_EITHER;
        unsigned from = choice->match[e->source], to = choice->match[e->target];
        pass &= (((from | to) & one) | (from & EDGES_SOURCE) | (to & EDGES_TARGET)) == EDGES_ANY;
    }
    if (choice->trusted)
        pass &= choice->trusted[id];
    return pass;
}

static uint32_t edge_at(const edges_group *g, uint32_t place)
{
    return g->edge ? g->edge[place] : place;
}

/* Leaves in a group what passes the filters. */
static void filter(const circuit *c, const edges_choice *choice, edges_group *g, uint32_t *to)
{
    g->kept = 0;
    for (uint32_t i = 0; i < g->all; i++)
        if (passes(c, choice, edge_at(g, i)))
            to[g->kept++] = edge_at(g, i);
    g->edge = to;
}

/* The same for the groups of layer pairs, whose lists it makes: one walk over the edges where
 * they lie, whatever the number of pairs. */
static void filter_pairs(const edges_rows *rows, const edges_choice *choice, uint32_t *to)
{
    uint32_t nowhere = 0;
    uint32_t **end = mem_zero(rows->pair_count, sizeof *end);
    bool *listed = mem_zero(rows->pair_count, sizeof *listed);
    for (uint32_t p = 0; p < rows->pair_count; p++)
        end[p] = &nowhere;
    for (uint32_t g = 0; g < rows->group_count; g++) {
        edges_group *group = &rows->group[g];
        group->edge = end[group->pair] = to;
        listed[group->pair] = true;
        to += group->all;
    }
    for (uint32_t i = 0; i < rows->c->edge_count; i++) {
        uint16_t p = rows->pair_of[i];
        *end[p] = i;
        end[p] += listed[p] & passes(rows->c, choice, i);
    }
    for (uint32_t g = 0; g < rows->group_count; g++)
        rows->group[g].kept = (uint32_t)(end[rows->group[g].pair] - rows->group[g].edge);
    free(end);
    free(listed);
}

typedef struct naming {
    const circuit *c;
    bool by_target;
} naming;

static int compare_names(const void *left, const void *right, void *user)
{
    const naming *n = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    const circuit_edge *x = &n->c->edge[a], *y = &n->c->edge[b];
    uint32_t p = n->by_target ? x->target : x->source, q = n->by_target ? y->target : y->source;
    if (p != q)
        return p < q ? -1 : 1;
    return (a > b) - (a < b); /* strongest first */
}

static void add_group(edges_rows *rows, uint32_t pair, const uint32_t *ids, uint32_t count)
{
    rows->group = mem_grow(rows->group, rows->group_count + 1, sizeof *rows->group);
    rows->group[rows->group_count++] = (edges_group){pair, ids, count, count, count, false};
}

static void choose_groups(edges_rows *rows, const edges_choice *choice)
{
    const circuit *c = rows->c;
    rows->group_count = 0;
    rows->heads = false;
    if (choice->mode != CIRCUIT_ALL) {
        bool up = choice->mode == CIRCUIT_PARENTS;
        const uint32_t *start = up ? c->in_start : c->out_start;
        if (choice->focus < c->node_count)
            add_group(rows, NO_EDGE, (up ? c->in : c->out) + start[choice->focus],
                      start[choice->focus + 1] - start[choice->focus]);
    } else if (choice->pair < rows->pair_count) {
        add_group(rows, choice->pair, NULL, rows->pair[choice->pair].count);
    } else if (choice->sort == EDGES_BY_PAIR) {
        rows->heads = true;
        for (uint32_t p = 0; p < rows->pair_count; p++)
            add_group(rows, p, NULL, rows->pair[p].count);
    } else {
        add_group(rows, NO_EDGE, NULL, c->edge_count);
    }
}

static void make_lists(edges_rows *rows, const edges_choice *choice)
{
    choose_groups(rows, choice);
    bool pairs = rows->group_count > 0 && rows->group[0].pair != NO_EDGE;
    bool names = choice->sort == EDGES_BY_SOURCE || choice->sort == EDGES_BY_TARGET;
    free(rows->memory);
    rows->memory = NULL;
    if (!pairs && !names && !choice->sign && !choice->match && !choice->trusted)
        return; /* the circuit has this list */
    uint32_t most = 0;
    for (uint32_t g = 0; g < rows->group_count; g++)
        most += rows->group[g].all;
    rows->memory = mem_alloc(((size_t)most + 1) * sizeof *rows->memory);
    if (pairs)
        filter_pairs(rows, choice, rows->memory);
    else if (rows->group_count)
        filter(rows->c, choice, &rows->group[0], rows->memory);
}

static bool same_lists(const edges_rows *rows, const edges_choice *b)
{
    const edges_choice *a = &rows->choice;
    return rows->made && !rows->by_name && a->mode == b->mode && a->focus == b->focus &&
           a->sort == b->sort && a->sign == b->sign && a->pair == b->pair &&
           !a->match == !b->match && !a->trusted == !b->trusted &&
           a->match_number == b->match_number;
}

bool edges_rows_make(edges_rows *rows, const edges_choice *choice)
{
    const circuit *c = rows->c;
    rows->all = rows->kept = rows->shown = 0;
    rows->turned = choice->turned;
    if (!c) {
        rows->group_count = 0;
        return true;
    }
    if (!same_lists(rows, choice))
        make_lists(rows, choice);
    rows->choice = *choice;
    rows->made = true;
    rows->by_name = false;
    for (uint32_t i = 0; i < rows->group_count; i++) {
        edges_group *g = &rows->group[i];
        g->folded = rows->heads && rows->fold[g->pair];
        g->shown = circuit_count(c, g->edge, g->kept, choice->threshold);
        rows->all += g->all;
        rows->kept += g->kept;
        rows->shown += g->shown;
    }
    if ((choice->sort != EDGES_BY_SOURCE && choice->sort != EDGES_BY_TARGET) ||
        rows->group_count != 1)
        return true;
    if (rows->shown > SORTED_MOST)
        return false;
    naming how = {c, choice->sort == EDGES_BY_TARGET};
    qsort_r(rows->memory, rows->shown, sizeof *rows->memory, compare_names, &how);
    rows->by_name = true;
    return true;
}

/* -- rows ---------------------------------------------------------------------------------- */

static uint32_t rows_of(const edges_rows *rows, const edges_group *g)
{
    return (rows->heads ? 1 : 0) + (g->folded ? 0 : g->shown);
}

uint32_t edges_rows_count(const edges_rows *rows)
{
    uint64_t count = 0;
    for (uint32_t g = 0; g < rows->group_count; g++)
        count += rows_of(rows, &rows->group[g]);
    return count < NO_EDGE ? (uint32_t)count : NO_EDGE - 1;
}

const edges_group *edges_rows_at(const edges_rows *rows, uint32_t row, uint32_t *id)
{
    for (uint32_t i = 0; i < rows->group_count; i++) {
        const edges_group *g = &rows->group[i];
        uint32_t count = rows_of(rows, g);
        if (row >= count) {
            row -= count;
            continue;
        }
        *id = NO_EDGE;
        if (!rows->heads || row > 0) {
            uint32_t place = row - (rows->heads ? 1 : 0);
            *id = edge_at(g, rows->turned ? g->shown - 1 - place : place);
        }
        return g;
    }
    *id = NO_EDGE;
    return NULL;
}

/* Where an edge stands in a list that ascends, which every list does but one sorted by name. */
static uint32_t place_of(const edges_rows *rows, const edges_group *g, uint32_t id)
{
    uint32_t low = 0, high = g->shown;
    if (rows->by_name) {
        while (low < high && edge_at(g, low) != id)
            low++;
    } else {
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (edge_at(g, middle) < id)
                low = middle + 1;
            else
                high = middle;
        }
    }
    return low < g->shown && edge_at(g, low) == id ? low : NO_EDGE;
}

uint32_t edges_rows_find(const edges_rows *rows, uint32_t id)
{
    uint32_t before = 0;
    for (uint32_t i = 0; i < rows->group_count; i++) {
        const edges_group *g = &rows->group[i];
        uint32_t place = g->folded ? NO_EDGE : place_of(rows, g, id);
        if (place != NO_EDGE)
            return before + (rows->heads ? 1 : 0) + (rows->turned ? g->shown - 1 - place : place);
        before += rows_of(rows, g);
    }
    return NO_EDGE;
}

uint32_t edges_between(const circuit *c, uint32_t source, uint32_t target)
{
    if (source >= c->node_count)
        return NO_EDGE;
    for (uint32_t i = c->out_start[source]; i < c->out_start[source + 1]; i++)
        if (c->edge[c->out[i]].target == target)
            return c->out[i];
    return NO_EDGE;
}

/* -- the threshold ------------------------------------------------------------------------- */

/* Steps of the ladder, numbered: 0 is 1, 1 is 2, 2 is 5, 3 is 10, -1 is 0.5, ... */
static double ladder(int step)
{
    static const double mantissa[] = {1, 2, 5};
    int decade = step >= 0 ? step / 3 : -((2 - step) / 3);
    return mantissa[step - 3 * decade] * pow(10, decade);
}

double edges_threshold_step(const circuit *c, double threshold, bool up)
{
    uint32_t felt = c ? circuit_count(c, NULL, 0, DBL_MIN) : 0; /* edges of strength 0 are many */
    if (felt == 0)
        return 0.0;
    double weakest = fabs(circuit_strength(c, &c->edge[felt - 1]));
    double strongest = fabs(circuit_strength(c, &c->edge[0]));
    double from = threshold > 0 ? threshold : weakest;
    double now = threshold > 0 ? circuit_count(c, NULL, 0, threshold) : felt;
    int step = 3 * (int)floor(log10(from)) - 1; /* below `from` for sure */
    if (up) {
        while (ladder(step) <= from * (1 + 1e-9))
            step++;
        while (ladder(step) <= strongest && circuit_count(c, NULL, 0, ladder(step)) > 0.9 * now)
            step++;
        return ladder(step) <= strongest ? ladder(step) : threshold;
    }
    while (ladder(step + 1) < from * (1 - 1e-9))
        step++;
    while (ladder(step) > weakest && circuit_count(c, NULL, 0, ladder(step)) < now / 0.9)
        step--;
    return threshold > 0 && ladder(step) > weakest ? ladder(step) : 0.0;
}
