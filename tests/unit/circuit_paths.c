/* The strongest paths against all paths there are, and what a path says of its steps. */
#include "src/circuit/paths.h"
#include "src/circuit/picture.h"
#include "src/circuit/propagation.h"
#include "src/circuit/tree.h"
#include "tests/unit/circuit_fixture.h"
#include "tests/unit/study_fixture.h"

#include <string.h>

/* -- the oracle: every path, by walking all of them ------------------------------------------ */

enum { LONGEST = 16, MOST = 200000 };

typedef struct walked {
    double weight;
    uint32_t length, edge[LONGEST];
} walked;

typedef struct walk {
    const circuit *c;
    double threshold;
    path_end from, to;
    walked *path;
    uint32_t count;
    walked now;
} walk;

static bool counts(const walk *w, uint32_t e)
{
    return fabs(circuit_strength(w->c, &w->c->edge[e])) >= w->threshold &&
           w->c->edge[e].standardised != 0;
}

static bool has_edges(const walk *w, uint32_t node, bool out)
{
    for (uint32_t e = 0; e < w->c->edge_count; e++)
        if (counts(w, e) && (out ? w->c->edge[e].source : w->c->edge[e].target) == node)
            return true;
    return false;
}

static bool may_be(const walk *w, path_end end, uint32_t node, bool is_from)
{
    uint32_t feature = 0;
    if (end.layer == PATH_ANY)
        return !has_edges(w, node, !is_from);
    return circuit_position(w->c, node, &feature) == end.layer &&
           (end.feature == PATH_ANY || end.feature == feature);
}

static void go_on(walk *w, uint32_t node)
{
    if (w->now.length > 0 && may_be(w, w->to, node, false)) {
        cr_assert_lt(w->count, MOST);
        w->path[w->count++] = w->now;
    }
    for (uint32_t e = 0; e < w->c->edge_count; e++) {
        if (w->c->edge[e].source != node || !counts(w, e))
            continue;
        walked before = w->now;
        w->now.edge[w->now.length++] = e;
        w->now.weight *= (double)w->c->edge[e].standardised;
        go_on(w, w->c->edge[e].target);
        w->now = before;
    }
}

static int stronger(const void *a, const void *b)
{
    double x = fabs(((const walked *)a)->weight), y = fabs(((const walked *)b)->weight);
    return x > y ? -1 : x < y;
}

static void compare(const circuit *c, path_end from, path_end to, double threshold, uint32_t k)
{
    walk w = {.c = c, .threshold = threshold, .from = from, .to = to};
    w.path = malloc(MOST * sizeof *w.path);
    w.now.weight = 1;
    for (uint32_t n = 0; n < c->node_count; n++)
        if (may_be(&w, from, n, true))
            go_on(&w, n);
    qsort(w.path, w.count, sizeof *w.path, stronger);
    path_set set;
    cr_assert_eq(paths_find(c, from, to, threshold, k, &set, NULL), STATUS_OK);
    cr_assert_eq((uint32_t)set.all, w.count);
    cr_assert_eq(set.count, w.count < k ? w.count : k);
    for (uint32_t i = 0; i < set.count; i++) {
        const circuit_path *p = &set.item[i];
        cr_assert_eq(fabs(p->weight), fabs(w.path[i].weight), "path %u of %u", i, set.count);
        bool known = false;
        for (uint32_t j = 0; j < w.count && !known; j++)
            known = w.path[j].length == p->length && w.path[j].weight == p->weight &&
                    memcmp(w.path[j].edge, p->edge, p->length * sizeof *p->edge) == 0;
        cr_assert(known, "path %u is none of this circuit's", i);
        for (uint32_t j = 0; j < i; j++)
            cr_assert(set.item[j].length != p->length ||
                          memcmp(set.item[j].edge, p->edge, p->length * sizeof *p->edge) != 0,
                      "paths %u and %u are the same", i, j);
        for (uint32_t step = 0; step < p->length; step++)
            cr_assert_leq(fabs((double)c->edge[p->edge[p->weakest]].standardised),
                          fabs((double)c->edge[p->edge[step]].standardised));
    }
    path_set_release(&set);
    free(w.path);
}

static void compare_all_questions(const circuit *c, uint64_t seed, uint32_t k)
{
    const path_end any = {PATH_ANY, PATH_ANY};
    uint32_t last = c->layer_count - 1, width = c->layer_first[1];
    for (double threshold = 0; threshold < 6; threshold += 2.5) {
        path_end a = {fixture_below(&seed, last), fixture_below(&seed, width)};
        path_end b = {last - fixture_below(&seed, 2), fixture_below(&seed, width)};
        compare(c, a, b, threshold, k);
        compare(c, any, b, threshold, k);
        compare(c, a, any, threshold, k);
        compare(c, any, any, threshold, k);
        compare(c, (path_end){a.layer, PATH_ANY}, b, threshold, k);
        compare(c, a, (path_end){b.layer, PATH_ANY}, threshold, k);
        compare(c, (path_end){a.layer, PATH_ANY}, any, threshold, k);
    }
}

Test(paths, are_the_strongest_of_all_between_adjacent_layers)
{
    for (uint64_t seed = 1; seed <= 25; seed++) {
        circuit *c = fixture_circuit(seed * 7919, 4, 6, 45, false, 1000);
        compare_all_questions(c, seed, 1 + (uint32_t)seed % 30);
        circuit_free(c);
    }
}

Test(paths, are_the_strongest_of_all_where_edges_span_layers)
{
    for (uint64_t seed = 1; seed <= 15; seed++) {
        circuit *c = fixture_circuit(seed * 104729, 5, 4, 50, true, 1000);
        compare_all_questions(c, seed, 40);
        circuit_free(c);
    }
}

Test(paths, are_distinct_and_ordered_when_many_tie)
{
    for (uint64_t seed = 1; seed <= 15; seed++) {
        circuit *c = fixture_circuit(seed * 31337, 5, 4, 60, true, 2);
        compare_all_questions(c, seed, 100);
        circuit_free(c);
    }
}

Test(paths, come_in_the_same_order_every_time)
{
    const path_end any = {PATH_ANY, PATH_ANY};
    circuit *c = fixture_circuit(5, 6, 8, 50, true, 2);
    path_set a, b;
    cr_assert_eq(paths_find(c, any, any, 0, 300, &a, NULL), STATUS_OK);
    cr_assert_eq(paths_find(c, any, any, 0, 200, &b, NULL), STATUS_OK);
    cr_assert_eq(a.count, 300);
    cr_assert_eq(b.count, 200);
    for (uint32_t i = 0; i < b.count; i++) {
        cr_assert_eq(a.item[i].length, b.item[i].length);
        cr_assert_arr_eq(a.item[i].edge, b.item[i].edge,
                         b.item[i].length * sizeof *b.item[i].edge);
    }
    path_set_release(&a);
    path_set_release(&b);
    circuit_free(c);
}

Test(paths, of_ends_that_are_one_or_the_wrong_way_round_are_none)
{
    circuit *c = fixture_circuit(9, 4, 5, 70, true, 100);
    const struct {
        path_end from, to;
    } none[] = {
        {{2, 1}, {2, 1}}, {{3, 0}, {1, 0}}, {{2, PATH_ANY}, {2, PATH_ANY}}, {{0, 0}, {0, 1}}};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        path_set set;
        cr_assert_eq(paths_find(c, none[i].from, none[i].to, 0, 10, &set, NULL), STATUS_OK);
        cr_assert_eq(set.count, 0);
        cr_assert_eq(set.all, 0.0);
        path_set_release(&set);
    }
    path_set set;
    cr_assert_eq(paths_find(c, (path_end){0, 0}, (path_end){3, 0}, 1e9, 10, &set, NULL),
                 STATUS_OK);
    cr_assert_eq(set.count, 0);
    cr_assert_eq(set.hidden, c->edge_count);
    path_set_release(&set);
    circuit_free(c);
}

Test(paths, take_no_edge_whose_weight_is_not_a_number_or_nothing)
{
    circuit_edge *list = malloc(4 * sizeof *list);
    list[0] = (circuit_edge){.source = 0, .target = 2, .standardised = NAN, .removal = 9};
    list[1] = (circuit_edge){.source = 1, .target = 2, .standardised = 0, .removal = 8};
    list[2] = (circuit_edge){.source = 1, .target = 3, .standardised = -0.5f, .removal = 7};
    list[3] = (circuit_edge){.source = 0, .target = 3, .standardised = INFINITY, .removal = 6};
    circuit *c = NULL;
    cr_assert_eq(circuit_build(2, (uint32_t[]){2, 2}, list, 4, STRENGTH_REMOVAL, &c, NULL),
                 STATUS_OK);
    path_set set;
    const path_end any = {PATH_ANY, PATH_ANY};
    cr_assert_eq(paths_find(c, any, any, 0, 10, &set, NULL), STATUS_OK);
    cr_assert_eq(set.count, 1);
    cr_assert_eq(set.item[0].weight, -0.5);
    cr_assert_eq(path_node(c, &set.item[0], 0), 1);
    cr_assert_eq(path_node(c, &set.item[0], 1), 3);
    path_set_release(&set);
    circuit_free(c);
}

/* An edge that only the wiring speaks for has no weight: it ranks, but no path leads over it, and
 * pictures of weights are without it. */
Test(paths, what_only_the_wiring_speaks_for_is_on_no_path)
{
    const struct {
        uint32_t source, target;
        float weight;
    } made[] = {{0, 2, 0}, {0, 3, 0.5f}, {1, 3, 0}, {2, 4, 0.25f},
                {3, 4, 0}, {3, 5, 0.5f}, {1, 5, 0}};
    enum { EDGES = sizeof made / sizeof *made };
    circuit_edge *list = malloc(EDGES * sizeof *list);
    for (uint32_t i = 0; i < EDGES; i++)
        list[i] = (circuit_edge){.source = made[i].source,
                                 .target = made[i].target,
                                 .weight = made[i].weight,
                                 .standardised = made[i].weight,
                                 .removal = made[i].weight == 0 ? 9 : 1,
                                 .wired = made[i].weight == 0 ? 18 : 1};
    circuit *c = NULL;
    cr_assert_eq(circuit_build(3, (uint32_t[]){2, 2, 2}, list, EDGES, STRENGTH_REMOVAL, &c, NULL),
                 STATUS_OK);
    path_set set;
    cr_assert_eq(
        paths_find(c, (path_end){0, PATH_ANY}, (path_end){2, PATH_ANY}, 0, 10, &set, NULL),
        STATUS_OK);
    cr_assert_eq(set.count, 1);
    cr_expect_eq(set.all, 1.0);
    cr_expect_eq(set.item[0].weight, 0.25);
    cr_expect_eq(path_node(c, &set.item[0], 1), 3);
    path_set_release(&set);
    /* at this threshold there are no others */
    cr_assert_eq(
        paths_find(c, (path_end){0, PATH_ANY}, (path_end){2, PATH_ANY}, 2, 10, &set, NULL),
        STATUS_OK);
    cr_expect_eq(set.count, 0);
    path_set_release(&set);

    tree t = {0};
    tree_plant(&t, c, 5, true, 0, 0);
    for (int level = 0; level < 3; level++)
        cr_assert(tree_unfold_level(&t, 0));
    for (uint32_t i = 1; i < t.count; i++)
        cr_expect_eq(t.row[i].weight,
                     t.row[t.row[i].parent].weight * (double)c->edge[t.row[i].edge].standardised);
    cr_expect_eq(t.count, 5, "the tree is of edges, whatever speaks for them");
    tree_release(&t);

    picture drawn;
    picture_around(c, 0, 3, picture_room(10, 10), &drawn);
    cr_expect_eq(drawn.sub.node_count, 3);
    cr_expect_eq(drawn.sub.between, 2);
    cr_expect_eq(drawn.sub.edge_count, 2);
    picture_release(&drawn);
    picture_around(c, 0, 1, picture_room(10, 10), &drawn);
    cr_expect_eq(drawn.sub.node_count, 1, "nothing leads on from it by weight");
    picture_release(&drawn);

    for (uint32_t i = 0; i < c->edge_count; i++) {
        propagation step = propagation_of_step(c, 0, i, NULL, NULL);
        cr_expect_eq(step.count, c->edge[i].target == 2 ? 0 : 1);
        cr_expect_eq(step.share, c->edge[i].weight == 0 ? 0 : 1);
    }
    circuit_free(c);
}

Test(paths, a_held_circuit_outlives_its_first_owner)
{
    circuit *c = circuit_hold(fixture_circuit(3, 3, 3, 80, false, 10));
    circuit_free(c);
    cr_assert_gt(c->edge_count, 0);
    circuit_free(c);
}

/* Paths rely on edges that lead to later layers; a file may come from anywhere. */
Test(paths, a_fit_that_runs_backwards_is_no_circuit)
{
    char *file = fixture_study();
    db *d = NULL;
    layer_set layers = {0};
    circuit *c = NULL;
    error err = {0};
    cr_assert_eq(db_open(&d, file, DB_WRITE, &err), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK);
    fit_pair pair = {.source_layer = layers.item[2].id, .target_layer = layers.item[1].id};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.1,
             .tolerance = 1e-6,
             .state = FIT_QUEUED,
             .data_hash = (char[]){"x"},
             .pair = &pair,
             .pair_count = 1};
    cr_assert_eq(fit_add(d, &f, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(circuit_load(d, &layers, f.id, STRENGTH_REMOVAL, &c, &err), STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "runs backwards"));
    cr_expect_null(c);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(file);
}
