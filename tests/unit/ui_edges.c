/* What the Circuit view lists, against lists made the slow way. */
#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/edges_rows.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 4, FEATURES = 30, NODES = LAYERS * FEATURES };

static int by_strength(const void *left, const void *right)
{
    const circuit_edge *a = left, *b = right;
    double x = fabs((double)a->removal), y = fabs((double)b->removal);
    return (x < y) - (x > y);
}

static void link_nodes(const circuit *c, bool out, uint32_t **start, uint32_t **ends)
{
    *start = mem_zero(NODES + 1, sizeof **start);
    *ends = mem_zero(c->edge_count, sizeof **ends);
    uint32_t at = 0;
    for (uint32_t n = 0; n < NODES; n++) {
        (*start)[n] = at;
        for (uint32_t i = 0; i < c->edge_count; i++)
            if ((out ? c->edge[i].source : c->edge[i].target) == n)
                (*ends)[at++] = i;
    }
    (*start)[NODES] = at;
}

/* Random edges of three layer pairs, one of which skips a layer; of all strengths. */
static circuit *random_circuit(unsigned seed)
{
    static const uint32_t pairs[][2] = {{0, 1}, {1, 2}, {0, 3}};
    circuit *c = mem_zero(1, sizeof *c);
    srand(seed);
    c->ranked_by = STRENGTH_REMOVAL;
    c->layer_count = LAYERS;
    c->node_count = NODES;
    c->layer_first = mem_zero(LAYERS + 1, sizeof *c->layer_first);
    for (uint32_t l = 0; l <= LAYERS; l++)
        c->layer_first[l] = l * FEATURES;
    c->edge = mem_zero(3 * FEATURES * FEATURES, sizeof *c->edge);
    for (uint32_t p = 0; p < 3; p++)
        for (uint32_t s = 0; s < FEATURES; s++)
            for (uint32_t t = 0; t < FEATURES; t++)
                if (rand() % 4 == 0)
                    c->edge[c->edge_count++] = (circuit_edge){
                        .source = pairs[p][0] * FEATURES + s,
                        .target = pairs[p][1] * FEATURES + t,
                        .removal =
                            (float)(pow(10, -5.0 * rand() / RAND_MAX) * (rand() % 3 ? 1 : -1)),
                    };
    qsort(c->edge, c->edge_count, sizeof *c->edge, by_strength);
    link_nodes(c, true, &c->out_start, &c->out);
    link_nodes(c, false, &c->in_start, &c->in);
    return c;
}

static bool is_chosen(const circuit *c, const edges_choice *choice, const edges_rows *rows,
                      uint32_t id)
{
    const circuit_edge *e = &c->edge[id];
    if (choice->mode == CIRCUIT_PARENTS && e->target != choice->focus)
        return false;
    if (choice->mode == CIRCUIT_CHILDREN && e->source != choice->focus)
        return false;
    if (choice->mode == CIRCUIT_ALL && choice->pair != NO_EDGE &&
        (circuit_position(c, e->source, NULL) != rows->pair[choice->pair].source ||
         circuit_position(c, e->target, NULL) != rows->pair[choice->pair].target))
        return false;
    if (choice->sign && (e->removal > 0) != (choice->sign > 0))
        return false;
    if (choice->match) {
        const uint8_t *m = choice->match;
        if (!(m[e->source] & EDGES_WORDS) && !(m[e->target] & EDGES_WORDS))
            return false;
        if (!(m[e->source] & EDGES_EITHER) && !(m[e->target] & EDGES_EITHER))
            return false;
        if (!(m[e->source] & EDGES_SOURCE) || !(m[e->target] & EDGES_TARGET))
            return false;
    }
    return fabs((double)e->removal) >= choice->threshold;
}

/* The list holds what was chosen and nothing else, each edge where `find` says. */
static void holds_the_chosen(const circuit *c, const edges_choice *choice, const edges_rows *rows)
{
    uint32_t wanted = 0, found = 0, heads = 0;
    for (uint32_t i = 0; i < c->edge_count; i++) {
        bool chosen = is_chosen(c, choice, rows, i);
        wanted += chosen;
        uint32_t row = edges_rows_find(rows, i);
        cr_assert_eq(row != NO_EDGE, chosen);
    }
    for (uint32_t row = 0; row < edges_rows_count(rows); row++) {
        uint32_t id = NO_EDGE;
        cr_assert_not_null(edges_rows_at(rows, row, &id));
        heads += id == NO_EDGE;
        found += id != NO_EDGE;
        if (id != NO_EDGE)
            cr_assert_eq(edges_rows_find(rows, id), row);
    }
    cr_assert_eq(found, wanted);
    cr_assert_eq(rows->shown, wanted);
    cr_assert_eq(heads, rows->heads ? rows->group_count : 0);
}

Test(edges, lists_are_what_was_chosen)
{
    circuit *c = random_circuit(1);
    uint8_t match[NODES];
    edges_rows rows = {0};
    edges_rows_take(&rows, c);
    cr_assert_eq(rows.pair_count, 3);
    for (unsigned round = 0; round < 400; round++) {
        for (uint32_t n = 0; n < NODES; n++) /* now each of the four decides, now all do */
            match[n] = (uint8_t)((round % 5 == 4 ? 0 : EDGES_ANY & ~(1 << round % 5)) |
                                 (rand() & EDGES_ANY));
        static const int modes[] = {CIRCUIT_ALL, CIRCUIT_ALL, CIRCUIT_PARENTS, CIRCUIT_CHILDREN};
        edges_choice choice = {
            .mode = modes[rand() % 4],
            .focus = (uint32_t)rand() % NODES,
            .sort = (edges_sort)(rand() % EDGES_SORT_COUNT),
            .turned = rand() % 2,
            .sign = rand() % 3 - 1,
            .pair = rand() % 2 ? NO_EDGE : (uint32_t)rand() % 3,
            .match = rand() % 2 ? match : NULL,
            .match_number = round,
            .threshold = rand() % 3 ? pow(10, -5.0 * rand() / RAND_MAX) : 0.0,
        };
        cr_assert(edges_rows_make(&rows, &choice));
        holds_the_chosen(c, &choice, &rows);
        choice.threshold *= 3; /* the quick way: only the threshold moves */
        cr_assert(edges_rows_make(&rows, &choice));
        holds_the_chosen(c, &choice, &rows);
    }
    edges_rows_release(&rows);
    circuit_free(c);
}

Test(edges, order)
{
    circuit *c = random_circuit(2);
    edges_rows rows = {0};
    edges_rows_take(&rows, c);
    for (unsigned turned = 0; turned < 2; turned++)
        for (edges_sort sort = EDGES_BY_STRENGTH; sort < EDGES_SORT_COUNT; sort++) {
            edges_choice choice = {
                .mode = CIRCUIT_ALL, .pair = NO_EDGE, .sort = sort, .turned = turned};
            cr_assert(edges_rows_make(&rows, &choice));
            cr_assert_eq(edges_rows_count(&rows), c->edge_count);
            double last = turned ? -1 : 1e9;
            for (uint32_t row = 0; row < c->edge_count; row++) {
                uint32_t id = NO_EDGE;
                edges_rows_at(&rows, row, &id);
                const circuit_edge *e = &c->edge[id];
                double key = sort == EDGES_BY_STRENGTH ? fabs((double)e->removal)
                             : sort == EDGES_BY_SOURCE ? -(double)e->source
                                                       : -(double)e->target;
                if (row > 0)
                    cr_assert(turned ? key >= last : key <= last);
                last = key;
            }
        }
    edges_rows_release(&rows);
    circuit_free(c);
}

Test(edges, folded_groups_keep_their_heads)
{
    circuit *c = random_circuit(3);
    edges_rows rows = {0};
    edges_rows_take(&rows, c);
    edges_choice choice = {.mode = CIRCUIT_ALL, .pair = NO_EDGE, .sort = EDGES_BY_PAIR};
    cr_assert(edges_rows_make(&rows, &choice));
    cr_assert_eq(edges_rows_count(&rows), 3 + c->edge_count);
    rows.fold[1] = true;
    cr_assert(edges_rows_make(&rows, &choice));
    cr_assert_eq(edges_rows_count(&rows), 3 + c->edge_count - rows.pair[1].count);
    cr_assert_eq(rows.shown, c->edge_count); /* folded away is not hidden by the threshold */
    edges_rows_take(&rows, c);
    cr_assert(rows.fold[1], "another reading of the circuit unfolds nothing");
    edges_rows_release(&rows);
    circuit_free(c);
}

Test(edges, threshold_steps_are_seen)
{
    circuit *c = random_circuit(4);
    double threshold = 0;
    uint32_t shown = c->edge_count;
    unsigned steps = 0;
    for (;; steps++) {
        double next = edges_threshold_step(c, threshold, true);
        if (next == threshold)
            break;
        uint32_t left = circuit_count(c, NULL, 0, next);
        cr_assert(left > 0 && (double)left <= 0.9 * shown, "%g: %u of %u", next, left, shown);
        threshold = next;
        shown = left;
    }
    cr_assert(steps > 5 && steps < 20, "%u steps", steps);
    for (; threshold > 0 && steps < 100; steps++) {
        double next = edges_threshold_step(c, threshold, false);
        cr_assert(next < threshold);
        threshold = next;
    }
    cr_assert_eq(threshold, 0);
    cr_assert_eq(edges_threshold_step(NULL, 1, true), 0);
    circuit_free(c);
}

Test(edges, none_at_all)
{
    edges_rows rows = {0};
    edges_choice choice = {.mode = CIRCUIT_ALL, .pair = NO_EDGE};
    uint32_t id = 0;
    edges_rows_take(&rows, NULL);
    cr_assert(edges_rows_make(&rows, &choice));
    cr_assert_eq(edges_rows_count(&rows), 0);
    cr_assert_null(edges_rows_at(&rows, 0, &id));
    circuit *c = random_circuit(5);
    c->edge_count = 0;
    memset(c->out_start, 0, (NODES + 1) * sizeof *c->out_start);
    memset(c->in_start, 0, (NODES + 1) * sizeof *c->in_start);
    edges_rows_take(&rows, c);
    for (int mode = CIRCUIT_PARENTS; mode <= CIRCUIT_ALL; mode++) {
        choice.mode = mode;
        cr_assert(edges_rows_make(&rows, &choice));
        cr_assert_eq(edges_rows_count(&rows), 0);
    }
    edges_rows_release(&rows);
    circuit_free(c);
}
