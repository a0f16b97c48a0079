/* Trees of parents and children: what unfolds is what the circuit says, rows stay in order through
 * any folding, and another threshold or limit keeps what was unfolded. */
#include "src/circuit/tree.h"
#include "tests/unit/circuit_fixture.h"

enum { LAYERS = 5, WIDTH = 6 };

/* Every row hangs where its span, parent and depth say, and its weight is the product of the
 * path's. */
static void check(const tree *t)
{
    uint32_t *seen = calloc(t->c->node_count, sizeof *seen);
    for (uint32_t i = 0; i < t->count; i++) {
        const tree_row *r = &t->row[i];
        seen[r->node] += !r->rest;
        cr_assert_leq(i + r->span, t->count - 1);
        if (i == 0)
            continue;
        const tree_row *up = &t->row[r->parent];
        cr_assert(r->parent < i && i <= r->parent + up->span && r->depth == up->depth + 1);
        cr_assert(up->open);
        if (r->rest) {
            cr_assert(tree_is_last(t, i) && r->span == 0 && !r->open);
            continue;
        }
        const circuit_edge *e = &t->c->edge[r->edge];
        cr_assert_eq(t->parents ? e->target : e->source, up->node);
        cr_assert_eq(t->parents ? e->source : e->target, r->node);
        cr_assert_eq(r->weight, up->weight * (double)e->standardised);
    }
    for (uint32_t i = 0; i < t->count; i++) {
        uint32_t hang = 0;
        for (uint32_t k = i + 1; k <= i + t->row[i].span; k += 1 + t->row[k].span)
            hang++;
        tree_edges e = tree_edges_of(t, i);
        if (t->row[i].open)
            cr_assert_eq(hang, e.shown + (e.shown < e.all));
        else
            cr_assert_eq(t->row[i].span, 0);
    }
    cr_assert_arr_eq(seen, t->seen, t->c->node_count * sizeof *seen);
    free(seen);
}

/* How many rows a tree has when everything is unfolded and everything shows. */
static uint32_t paths_from(const circuit *c, uint32_t node, bool parents)
{
    uint32_t count = 1;
    for (uint32_t i = 0; i < c->edge_count; i++)
        if ((parents ? c->edge[i].target : c->edge[i].source) == node)
            count += paths_from(c, parents ? c->edge[i].source : c->edge[i].target, parents);
    return count;
}

Test(tree, unfolds_every_path_and_folds_them_away_again)
{
    for (int way = 0; way < 2; way++) {
        circuit *c = fixture_circuit(11, LAYERS, WIDTH, 60, true, 4);
        uint32_t root = way ? WIDTH / 2 : (LAYERS - 1) * WIDTH + WIDTH / 2;
        tree t = {0};
        tree_plant(&t, c, root, !way, 0, 0);
        check(&t);
        uint32_t first = t.count;
        for (int level = 0; level < LAYERS; level++)
            cr_assert(tree_unfold_level(&t, 0));
        check(&t);
        cr_expect_eq(t.count, paths_from(c, root, !way));
        for (uint32_t i = t.count; i-- > 1;)
            if (i < t.count)
                tree_fold(&t, i);
        check(&t);
        cr_expect_eq(t.count, first);
        tree_fold(&t, 0);
        cr_expect_eq(t.count, 1);
        cr_expect_eq(tree_unfold(&t, 0), first - 1);
        cr_expect_eq(tree_unfold(&t, 0), 0, "it is unfolded");
        tree_release(&t);
        circuit_free(c);
    }
}

Test(tree, rows_stay_in_order_through_any_folding)
{
    circuit *c = fixture_circuit(5, LAYERS, WIDTH, 70, false, 3);
    uint64_t seed = 77;
    tree t = {0};
    tree_plant(&t, c, (LAYERS - 1) * WIDTH, true, 2.0, 3);
    for (int step = 0; step < 400; step++) {
        uint32_t row = fixture_below(&seed, t.count);
        uint32_t node = t.row[row].node, way = t.row[row].edge;
        bool rest = t.row[row].rest;
        switch (fixture_below(&seed, 6)) {
        case 0: tree_fold(&t, row); break;
        case 1: tree_show_more(&t, row); break;
        case 2: {
            uint32_t to = tree_change(&t, c, 0.5 * fixture_below(&seed, 8),
                                      1 + fixture_below(&seed, 4), row);
            cr_assert(to < t.count);
            if (to >= row && t.row[to].depth > 0 && t.row[to].edge == way)
                cr_assert_eq(t.row[to].node, node);
            break;
        }
        default: tree_unfold(&t, row);
        }
        if (row < t.count && t.row[row].edge == way && !rest)
            cr_assert_eq(t.row[row].node, node);
        check(&t);
    }
    tree_release(&t);
    circuit_free(c);
}

Test(tree, what_was_unfolded_stays_through_another_threshold)
{
    circuit *c = fixture_circuit(3, LAYERS, WIDTH, 100, false, 4);
    tree t = {0};
    tree_plant(&t, c, (LAYERS - 1) * WIDTH, true, 0, 0);
    tree_unfold(&t, 1);
    tree_unfold(&t, 2);
    uint32_t count = t.count, deep = 3;
    uint32_t node = t.row[deep].node;
    uint64_t weak, beyond;
    double most = circuit_strength(c, &c->edge[t.row[1].edge]);

    cr_expect_eq(tree_change(&t, c, most * 2, 0, deep), 0, "only the root is left to stand on");
    check(&t);
    cr_expect_eq(t.count, 2, "the root, and one row for what does not show");
    tree_hidden(&t, &weak, &beyond);
    cr_expect_eq(weak, WIDTH);
    cr_expect_eq(beyond, 0);

    tree_plant(&t, c, (LAYERS - 1) * WIDTH, true, 0, 0);
    tree_unfold(&t, 1);
    tree_unfold(&t, 2);
    cr_expect_eq(tree_change(&t, c, 0, 2, deep), deep, "the strongest of the strongest stays");
    check(&t);
    cr_expect_eq(t.row[deep].node, node);
    tree_hidden(&t, &weak, &beyond);
    cr_expect_eq(weak, 0);
    cr_expect_eq(beyond, 3 * (WIDTH - 2));
    tree_change(&t, c, 0, 0, deep);
    check(&t);
    cr_expect_eq(t.count, count);
    tree_release(&t);
    circuit_free(c);
}

Test(tree, a_row_for_the_rest_shows_more)
{
    circuit *c = fixture_circuit(3, 2, 24, 100, false, 4);
    tree t = {0};
    tree_plant(&t, c, 24, true, 0, 5);
    cr_expect_eq(t.count, 7);
    cr_expect(t.row[6].rest);
    cr_expect_eq(tree_show_more(&t, 0), 5);
    check(&t);
    cr_expect_eq(tree_show_more(&t, 0), 10);
    cr_expect_eq(tree_show_more(&t, 0), 3, "four more, and no row for the rest");
    cr_expect_eq(tree_show_more(&t, 0), 0);
    check(&t);
    tree_release(&t);
    circuit_free(c);
}

Test(tree, whole_levels_stop_before_there_are_too_many_rows)
{
    circuit *c = fixture_circuit(3, 12, 8, 100, false, 4);
    tree t = {0};
    bool all = true;
    tree_plant(&t, c, 11 * 8, true, 0, 0);
    for (int level = 0; level < 11 && all; level++)
        all = tree_unfold_level(&t, 0);
    cr_expect_not(all);
    cr_expect_leq(t.count, TREE_ROWS_MOST);
    cr_expect_gt(t.count, TREE_ROWS_MOST / 2);
    tree_release(&t);
    circuit_free(c);
}
