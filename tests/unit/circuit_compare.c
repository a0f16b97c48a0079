/* Two circuits compared, judged by counting every possible edge. */
#include "src/circuit/compare.h"
#include "tests/unit/circuit_fixture.h"

#include <string.h>

/* Compares the removals of two circuits, handed over edge by edge, on three threads. */
static status compare(const circuit *a, const circuit *b, uint32_t most, comparison *out)
{
    compare_side side[2] = {{0}, {0}};
    const circuit *c[2] = {a, b};
    layer item[16];
    layer_set layers = {.item = item, .count = a->layer_count};
    for (uint32_t l = 0; l < a->layer_count; l++)
        item[l].features = a->layer_first[l + 1] - a->layer_first[l];
    for (int i = 0; i < 2; i++) {
        for (uint32_t e = 0; e < c[i]->edge_count; e++) {
            uint32_t source, target;
            uint32_t from = circuit_position(a, c[i]->edge[e].source, &source);
            uint32_t to = circuit_position(a, c[i]->edge[e].target, &target);
            compare_side_add(&side[i], from, source, to, target, c[i]->edge[e].removal);
        }
        const compare_edges *pair;
        uint32_t twice;
        compare_side_sort(&side[i], &pair, &twice);
        cr_expect_null(pair);
    }
    status code = compare_sides(&side[0], &side[1], &layers, most, 3, out, NULL);
    compare_side_release(&side[0]);
    compare_side_release(&side[1]);
    return code;
}

static const circuit_edge *find(const circuit *c, uint32_t source, uint32_t target)
{
    for (uint32_t i = 0; i < c->edge_count; i++)
        if (c->edge[i].source == source && c->edge[i].target == target)
            return &c->edge[i];
    return NULL;
}

Test(compare, counts_what_a_slow_count_does)
{
    circuit *a = fixture_circuit(1, 3, 12, 50, true, 9),
            *b = fixture_circuit(2, 3, 12, 40, true, 9);
    comparison all;
    cr_assert_eq(compare(a, b, 20, &all), STATUS_OK);
    uint64_t both = 0, sum_both = 0, sum_a = 0, sum_b = 0;
    float greatest = 0;
    for (uint32_t s = 0; s < a->node_count; s++)
        for (uint32_t t = 0; t < a->node_count; t++) {
            const circuit_edge *x = find(a, s, t), *y = find(b, s, t);
            both += x && y;
            greatest = fmaxf(greatest, fabsf((x ? x->removal : 0) - (y ? y->removal : 0)));
        }
    cr_expect_eq(all.total.both, both);
    cr_expect_eq(all.total.only_a, a->edge_count - both);
    cr_expect_eq(all.total.only_b, b->edge_count - both);
    cr_expect_float_eq(compare_jaccard(&all.total),
                       (double)both / (a->edge_count + b->edge_count - (double)both), 1e-12);
    cr_assert_eq(all.pair_count, 3, "0 to 1, 0 to 2, 1 to 2");
    for (uint32_t p = 0; p < 3; p++) {
        sum_both += all.pair[p].both;
        sum_a += all.pair[p].only_a;
        sum_b += all.pair[p].only_b;
        cr_expect(all.pair[p].rank >= -1 && all.pair[p].rank <= 1);
    }
    cr_expect(sum_both == both && sum_a == all.total.only_a && sum_b == all.total.only_b);
    cr_assert_eq(all.change_count, 20);
    cr_expect_float_eq(fabsf(all.change[0].b - all.change[0].a), greatest, 1e-6);
    for (uint32_t i = 0; i < all.change_count; i++) {
        const compare_change *c = &all.change[i];
        const circuit_edge *x = find(a, c->source, c->target), *y = find(b, c->source, c->target);
        cr_expect(c->a == (x ? x->removal : 0) && c->b == (y ? y->removal : 0));
        if (i > 0)
            cr_expect_leq(fabsf(c->b - c->a), fabsf(c[-1].b - c[-1].a));
    }
    comparison_release(&all);
    circuit_free(a);
    circuit_free(b);
}

Test(compare, a_circuit_agrees_with_itself)
{
    circuit *a = fixture_circuit(4, 4, 10, 50, false, 9);
    comparison all;
    cr_assert_eq(compare(a, a, 5, &all), STATUS_OK);
    cr_expect_eq(all.total.both, a->edge_count);
    cr_expect_eq(all.total.only_a + all.total.only_b, 0);
    cr_expect_eq(all.total.rank, 1.0);
    cr_expect_eq(compare_jaccard(&all.total), 1.0);
    cr_expect_eq(all.change_count, 0);
    comparison_release(&all);
    circuit_free(a);
}

/* Two edges the other way round: the opposite ranking. */
Test(compare, opposite_rankings_and_circuits_without_an_edge)
{
    uint32_t features[2] = {2, 1};
    circuit *c[3];
    for (int way = 0; way < 3; way++) {
        circuit_edge *list = malloc(2 * sizeof *list);
        list[0] = (circuit_edge){.source = 0, .target = 2, .removal = way ? 1 : 3};
        list[1] = (circuit_edge){.source = 1, .target = 2, .removal = 2};
        cr_assert_eq(
            circuit_build(2, features, list, way < 2 ? 2 : 0, STRENGTH_REMOVAL, &c[way], NULL),
            STATUS_OK);
    }
    comparison all;
    cr_assert_eq(compare(c[0], c[1], 10, &all), STATUS_OK);
    cr_expect_eq(all.total.rank, -1.0);
    cr_expect_eq(all.change_count, 1, "the other edge is as strong as before");
    cr_expect_eq(all.change[0].source, 0);
    comparison_release(&all);
    cr_assert_eq(compare(c[2], c[0], 10, &all), STATUS_OK);
    cr_expect_eq(all.total.only_b, 2);
    cr_expect(isnan(all.total.rank));
    comparison_release(&all);
    cr_assert_eq(compare(c[2], c[2], 10, &all), STATUS_OK);
    cr_expect(isnan(compare_jaccard(&all.total)));
    cr_expect(all.pair_count == 0 && all.change_count == 0);
    comparison_release(&all);
    for (int way = 0; way < 3; way++)
        circuit_free(c[way]);
}

/* a, b = np.array([3, 1, -1, 4, 2, 2, -7, 0.5]), np.array([1, 1, 2, -5, 2, 0.1, 9, 1])
 * spearmanr(abs(a), abs(b)).correlation, SciPy 1.10.1 */
Test(compare, equal_strengths_share_their_rank)
{
    static const float given[2][8] = {{3, 1, -1, 4, 2, 2, -7, .5f}, {1, 1, 2, -5, 2, .1f, 9, 1}};
    layer item[2] = {{.features = 8}, {.features = 1}};
    layer_set layers = {.item = item, .count = 2};
    compare_side side[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        for (uint32_t e = 0; e < 8; e++)
            compare_side_add(&side[i], 0, e, 1, 0, given[i][e]);
        compare_side_sort(&side[i], NULL, NULL);
    }
    comparison all;
    cr_assert_eq(compare_sides(&side[0], &side[1], &layers, 1, 1, &all, NULL), STATUS_OK);
    cr_expect_float_eq(all.total.rank, 0.5591032824042296, 1e-12);
    cr_expect_float_eq(all.pair[0].rank, 0.5591032824042296, 1e-12);
    cr_expect_eq(all.total.both, 8);
    uint32_t feature = 9;
    cr_expect_eq(compare_position(&all, 8, &feature), 1);
    cr_expect_eq(feature, 0);
    comparison_release(&all);
    compare_side_release(&side[1]);

    const compare_edges *pair;
    uint32_t twice = 0;
    compare_side_add(&side[0], 0, 3, 1, 0, 1);
    compare_side_sort(&side[0], &pair, &twice);
    cr_assert_not_null(pair);
    cr_expect_eq(pair->source[twice], 3, "it is there twice");
    compare_side_release(&side[0]);
}
