/* Scores against a truth: figures of scikit-learn for a small case, plain counting over all
 * candidates for larger ones, perfect and useless circuits. */
#include "src/circuit/score.h"

#include "tests/unit/circuit_fixture.h"

#include <string.h>

enum { MOST = 64 };

static error err;

/* Units that are the features themselves, all varying. */
static score_units plain_units(const circuit *c)
{
    score_units u = {.layer_count = c->layer_count,
                     .first = malloc((c->layer_count + 1) * sizeof(uint32_t)),
                     .of_node = malloc(c->node_count * sizeof(uint32_t)),
                     .varies = malloc(c->node_count * sizeof(bool))};
    memcpy(u.first, c->layer_first, (c->layer_count + 1) * sizeof(uint32_t));
    for (uint32_t n = 0; n < c->node_count; n++) {
        u.of_node[n] = n;
        u.varies[n] = true;
    }
    return u;
}

static void release_units(score_units *u)
{
    free(u->first);
    free(u->of_node);
    free(u->varies);
}

static circuit *build_by(strength measure, const uint32_t *features, uint32_t layers,
                         const circuit_edge *list, uint32_t count)
{
    circuit *c;
    circuit_edge *own = malloc((count + 1) * sizeof *own);
    for (uint32_t i = 0; i < count; i++)
        own[i] = list[i];
    cr_assert_eq(circuit_build(layers, features, own, count, measure, &c, &err), STATUS_OK);
    return c;
}

static circuit *build(const uint32_t *features, uint32_t layers, const circuit_edge *list,
                      uint32_t count)
{
    return build_by(STRENGTH_WEIGHT, features, layers, list, count);
}

/* Made with scikit-learn 1.2.1:
 *   S = array([[.9,0,-.4,0],[0,.4,0,.1],[-.7,0,0,.4]]); T = array([[1,0,1,0],[0,0,0,1],[1,1,0,0]])
 *   p, y = abs(S).ravel(), T.ravel(); f = p >= max(threshold, 1e-9)
 *   precision_score(y, f), recall_score(y, f), f1_score(y, f), (f != y).sum()
 *   average_precision_score(y, p), roc_auc_score(y, p) */
Test(score, as_scikit_learn_has_it)
{
    const circuit_edge list[] = {
        {.source = 0, .target = 3, .weight = 0.9f},  {.source = 0, .target = 5, .weight = -0.4f},
        {.source = 1, .target = 4, .weight = 0.4f},  {.source = 1, .target = 6, .weight = 0.1f},
        {.source = 2, .target = 3, .weight = -0.7f}, {.source = 2, .target = 6, .weight = 0.4f}};
    const score_truth truth[] = {{0, 3, 1, 0}, {0, 5, -2, 0}, {1, 6, 1, 1},
                                 {2, 3, 1, 1}, {2, 4, 3, 1},  {1, 4, 0, 2}};
    const score_pair pair = {0, 1};
    static const struct {
        double threshold, precision, recall, f1;
        uint64_t distance;
    } known[] = {{0, 0.6666666666666666, 0.8, 0.7272727272727272, 3}, {0.4, 0.6, 0.6, 0.6, 4}};
    circuit *c = build((const uint32_t[]){3, 4}, 2, list, 6);
    score_units u = plain_units(c);
    for (int i = 0; i < 2; i++) {
        score s;
        score_request r = {&u, &pair, 1, truth, 6, known[i].threshold, 2};
        cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);
        cr_expect_eq(s.all.candidates, 12);
        cr_expect_eq(s.all.edges, 6);
        cr_expect_eq(s.all.distance, known[i].distance);
        cr_expect_float_eq(s.all.precision, known[i].precision, 1e-15);
        cr_expect_float_eq(s.all.recall, known[i].recall, 1e-15);
        cr_expect_float_eq(s.all.f1, known[i].f1, 1e-15);
        cr_expect_float_eq(s.all.average_precision, 0.736666666666667, 1e-14);
        cr_expect_float_eq(s.all.auroc, 0.785714285714286, 1e-14);
        cr_expect_eq(s.kind[1].lines, 3);
        cr_expect_eq(s.kind[1].found, i == 0 ? 2 : 1);
        cr_expect_eq(s.kind[2].lines, 1, "a pair said to be none");
        cr_expect_eq(s.kind[2].found, 1);
        cr_expect(s.missing_count == (i == 0 ? 1 : 2) && s.missing[0].weight == 3);
        cr_expect_eq(s.spurious_count, 2);
        score_release(&s);
    }
    release_units(&u);
    circuit_free(c);
}

/* Everything about a random circuit and a random truth, counted over all candidates one by one. */
static void expect_counted(uint64_t seed, bool silence)
{
    circuit *c = fixture_circuit(seed, 4, 12, 20, true, 5);
    score_units u = plain_units(c);
    score_pair pair[6];
    uint32_t pairs = 0;
    score_truth *truth = malloc(c->node_count * c->node_count * sizeof *truth);
    size_t lines = 0;
    uint64_t draw = seed + 99;
    double threshold = 2.5;
    for (uint32_t a = 0; a < 4; a++)
        for (uint32_t b = a + 1; b < 4; b++)
            if (a != 1 || b != 3) /* one pair is not judged */
                pair[pairs++] = (score_pair){a, b};
    for (uint32_t n = 0; silence && n < c->node_count; n++)
        u.varies[n] =
            circuit_count(c, &c->out[c->out_start[n]], c->out_start[n + 1] - c->out_start[n], 0) +
                    c->in_start[n + 1] - c->in_start[n] >
                0 &&
            n % 12 != 5;
    for (uint32_t a = 0; a < c->node_count; a++)
        for (uint32_t b = (a / 12 + 1) * 12; b < c->node_count; b++)
            if (fixture_below(&draw, 100) < 15)
                truth[lines++] = (score_truth){a, b, (double)fixture_below(&draw, 4), 0};
    score s;
    score_request r = {&u, pair, pairs, truth, lines, threshold, 1000000};
    cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);

    double *value = malloc(c->node_count * c->node_count * sizeof *value);
    bool *relevant = malloc(c->node_count * c->node_count * sizeof *relevant);
    size_t all = 0;
    uint64_t missing = 0, spurious = 0, right = 0, elsewhere = 0;
    for (uint32_t a = 0; a < c->node_count; a++)
        for (uint32_t b = (a / 12 + 1) * 12; b < c->node_count; b++) {
            double found = -1;
            bool is_true = false;
            for (uint32_t e = 0; e < c->edge_count; e++)
                if (c->edge[e].source == a && c->edge[e].target == b)
                    found = fabs((double)c->edge[e].removal);
            for (size_t t = 0; t < lines; t++)
                is_true |= truth[t].source == a && truth[t].target == b && truth[t].weight != 0;
            if (a / 12 == 1 && b / 12 == 3) {
                elsewhere += found >= 0;
                continue;
            }
            if (!(u.varies[a] && u.varies[b]) && !is_true && found < 0)
                continue;
            missing += is_true && found < threshold;
            spurious += !is_true && found >= threshold;
            right += is_true && found >= threshold;
            value[all] = found > 0 ? found : 0;
            relevant[all++] = is_true;
        }
    double better = 0, of = 0, precision = 0, trues = 0;
    for (size_t i = 0; i < all; i++) {
        if (!relevant[i])
            continue;
        double above = 0, above_true = 0;
        trues++;
        for (size_t j = 0; j < all; j++) {
            above += value[j] >= value[i];
            above_true += relevant[j] && value[j] >= value[i];
            if (relevant[j])
                continue;
            better += value[i] > value[j] ? 1 : value[i] == value[j] ? 0.5 : 0;
            of++;
        }
        precision += above_true / above;
    }
    cr_expect_eq(s.all.candidates, all);
    cr_expect_eq(s.all.missing, missing);
    cr_expect_eq(s.all.spurious, spurious);
    cr_expect_eq(s.all.right, right);
    cr_expect_eq(s.all.distance, missing + spurious);
    cr_expect_eq(s.edges_elsewhere, elsewhere);
    cr_expect_float_eq(s.all.auroc, better / of, 1e-12);
    cr_expect_float_eq(s.all.average_precision, precision / trues, 1e-12);
    cr_expect_eq(s.missing_count, missing);
    cr_expect_eq(s.spurious_count, spurious);
    for (uint32_t i = 1; i < s.spurious_count; i++)
        cr_expect_leq(s.spurious[i].strength, s.spurious[i - 1].strength);
    uint64_t sum = 0;
    for (uint32_t p = 0; p < s.pair_count; p++)
        sum += s.pair[p].candidates;
    cr_expect_eq(sum, all);
    score_release(&s);
    release_units(&u);
    circuit_free(c);
    free(truth);
    free(value);
    free(relevant);
}

Test(score, as_counting_one_by_one)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        expect_counted(seed, false);
        expect_counted(seed, true);
    }
}

Test(score, the_true_circuit_is_perfect_and_an_empty_one_useless)
{
    circuit *c = fixture_circuit(3, 3, 10, 20, false, 1000);
    circuit *none = build((const uint32_t[]){10, 10, 10}, 3, NULL, 0);
    score_units u = plain_units(c);
    const score_pair pair[] = {{0, 1}, {1, 2}};
    score_truth *truth = malloc(c->edge_count * sizeof *truth);
    for (uint32_t i = 0; i < c->edge_count; i++)
        truth[i] = (score_truth){c->edge[i].source, c->edge[i].target, 1, 0};
    score s;
    score_request r = {&u, pair, 2, truth, c->edge_count, 0, 5};
    cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);
    cr_expect_eq(s.all.distance, 0);
    cr_expect_float_eq(s.all.f1, 1, 0);
    cr_expect_float_eq(s.all.auroc, 1, 0);
    cr_expect_float_eq(s.all.average_precision, 1, 1e-12);
    score_release(&s);
    cr_assert_eq(score_circuit(none, &r, &s, &err), STATUS_OK);
    cr_expect_eq(s.all.distance, c->edge_count);
    cr_expect(isnan(s.all.precision));
    cr_expect_float_eq(s.all.recall, 0, 0);
    cr_expect_float_eq(s.all.f1, 0, 0);
    cr_expect_float_eq(s.all.auroc, 0.5, 0);
    cr_expect_float_eq(s.all.average_precision, c->edge_count / 200.0, 1e-12);
    cr_expect_eq(s.missing_count, 5);
    score_release(&s);
    free(truth);
    release_units(&u);
    circuit_free(c);
    circuit_free(none);
}

/* An edge that only the wiring speaks for has a removal; it has no weight to be judged by. */
Test(score, what_only_the_wiring_says_counts_by_removal_alone)
{
    const circuit_edge list[] = {{0, 2, 0.5f, 0.25f, 1, 1}, {1, 3, 0, 0, 2, 3}};
    const score_truth truth[] = {{0, 2, 1, 0}, {1, 3, 1, 0}};
    const score_pair pair = {0, 1};
    static const struct {
        strength measure;
        uint64_t edges;
    } known[] = {{STRENGTH_REMOVAL, 2}, {STRENGTH_WEIGHT, 1}, {STRENGTH_STANDARDISED, 1}};
    for (int i = 0; i < 3; i++) {
        circuit *c = build_by(known[i].measure, (const uint32_t[]){2, 2}, 2, list, 2);
        score_units u = plain_units(c);
        score s;
        score_request r = {&u, &pair, 1, truth, 2, 0, 9};
        cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);
        cr_expect_eq(s.all.edges, known[i].edges);
        cr_expect_eq(s.all.found, known[i].edges);
        cr_expect_eq(s.all.right, known[i].edges);
        cr_expect_eq(s.all.missing, 2 - known[i].edges);
        cr_expect_eq(s.missing_count, 2 - known[i].edges);
        score_release(&s);
        release_units(&u);
        circuit_free(c);
    }
}

/* Two layers of 2 components with 3 coordinates each. */
Test(score, blocks_count_by_their_frobenius_norm)
{
    circuit_edge list[MOST];
    uint32_t count = 0;
    double block[2][2] = {{0}};
    uint64_t seed = 7;
    for (uint32_t a = 0; a < 6; a++)
        for (uint32_t b = 0; b < 6; b++) {
            if (a / 3 == 1 && b / 3 == 0)
                continue; /* no edge there */
            float weight = (float)fixture_below(&seed, 1000) / 100 - 5;
            list[count++] = (circuit_edge){.source = a, .target = 6 + b, .weight = weight};
            block[a / 3][b / 3] += (double)weight * (double)weight;
        }
    circuit *c = build((const uint32_t[]){6, 6}, 2, list, count);
    score_units u = {2, (uint32_t[]){0, 2, 4}, (uint32_t[]){0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3},
                     (bool[]){true, true, true, true}};
    const score_pair pair = {0, 1};
    const score_truth truth[] = {{1, 2, 4, 0}};
    score s;
    score_request r = {&u, &pair, 1, truth, 1, 0, 9};
    cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);
    cr_expect_eq(s.all.candidates, 4);
    cr_expect_eq(s.all.missing, 1);
    cr_assert_eq(s.spurious_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const score_edge *e = &s.spurious[i];
        cr_expect_float_eq(e->strength, sqrt(block[e->source][e->target - 2]), 1e-9);
    }
    score_release(&s);
    circuit_free(c);
}

/* 32,768 features a layer: candidates are only counted. */
Test(score, a_large_universe_costs_nothing)
{
    enum { WIDE = 32768 };
    const circuit_edge list[] = {{.source = 5, .target = WIDE + 7, .weight = 2},
                                 {.source = 6, .target = WIDE + 8, .weight = 1}};
    circuit *c = build((const uint32_t[]){WIDE, WIDE}, 2, list, 2);
    score_units u = plain_units(c);
    const score_pair pair = {0, 1};
    const score_truth truth[] = {{5, WIDE + 7, 1, 0}, {9, WIDE + 9, 1, 0}};
    score s;
    score_request r = {&u, &pair, 1, truth, 2, 0, 9};
    cr_assert_eq(score_circuit(c, &r, &s, &err), STATUS_OK);
    cr_expect_eq(s.all.candidates, (uint64_t)WIDE * WIDE);
    cr_expect_eq(s.all.distance, 2);
    double others = (double)WIDE * WIDE - 2;
    cr_expect_float_eq(s.all.auroc, (1 + (others - 1) / 2 / others) / 2, 1e-12);
    score_release(&s);
    release_units(&u);
    circuit_free(c);
}
