/* A circuit in memory holds every edge once, strongest first, reachable from both ends. */
#include "src/circuit/circuit.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>
#include <sqlite3.h>

static char *path;
static db *d;
static layer_set layers;
static int64_t fit_id;

static double planted(uint32_t pair, uint32_t target, uint32_t k)
{
    double sign = (target + k) % 3 ? 1 : -1;
    return sign * (0.01 + (double)((pair * 7919 + target * 131 + k * 17) % 1000) / 100);
}

/* Two pairs; target t of each has t % 5 parents. */
static void make_fit(void)
{
    path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, NULL), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, NULL), STATUS_OK);
    fit_pair pair[2] = {{.source_layer = layers.item[0].id,
                         .target_layer = layers.item[1].id,
                         .targets = FIXTURE_FEATURES},
                        {.source_layer = layers.item[1].id,
                         .target_layer = layers.item[2].id,
                         .targets = FIXTURE_FEATURES}};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.1,
             .tolerance = 1e-6,
             .state = FIT_QUEUED,
             .data_hash = (char[]){"x"},
             .pair = pair,
             .pair_count = 2};
    error err = {0};
    cr_assert_eq(fit_add(d, &f, &err), STATUS_OK, "%s", err.message);
    fit_id = f.id;
    for (uint32_t p = 0; p < 2; p++) {
        fit_target targets[FIXTURE_FEATURES];
        edge edges[5 * FIXTURE_FEATURES];
        uint64_t count = 0;
        for (uint32_t t = 0; t < FIXTURE_FEATURES; t++) {
            targets[t] =
                (fit_target){.feature = t, .state = "converged", .parents = t % 5, .stretch = 1};
            for (uint32_t k = 0; k < t % 5; k++) {
                double removal = planted(p, t, k);
                edges[count++] = (edge){.source = (t + k) % FIXTURE_FEATURES,
                                        .target = t,
                                        .weight = removal * (k + 1),
                                        .standardised = -removal,
                                        .removal = removal,
                                        .wired = NAN};
            }
        }
        cr_assert_eq(
            fit_add_block(d, f.pair[p].id, targets, FIXTURE_FEATURES, edges, count, 1, &err),
            STATUS_OK, "%s", err.message);
    }
}

static void remove_fit(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(circuit, .init = make_fit, .fini = remove_fit);

Test(circuit, every_edge_once_strongest_first_from_both_ends)
{
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    cr_expect_eq(c->edge_count, 2 * 2 * FIXTURE_FEATURES);
    cr_expect_eq(c->node_count, 3 * FIXTURE_FEATURES);
    for (uint32_t i = 1; i < c->edge_count; i++)
        cr_assert_geq(fabs(circuit_strength(c, &c->edge[i - 1])),
                      fabs(circuit_strength(c, &c->edge[i])));
    uint32_t seen_out = 0;
    uint32_t seen_in = 0;
    for (uint32_t n = 0; n < c->node_count; n++) {
        for (uint32_t k = c->out_start[n]; k < c->out_start[n + 1]; k++, seen_out++) {
            cr_assert_eq(c->edge[c->out[k]].source, n);
            cr_assert(k == c->out_start[n] || c->out[k - 1] < c->out[k]);
        }
        for (uint32_t k = c->in_start[n]; k < c->in_start[n + 1]; k++, seen_in++) {
            cr_assert_eq(c->edge[c->in[k]].target, n);
            cr_assert(k == c->in_start[n] || c->in[k - 1] < c->in[k]);
        }
    }
    cr_expect_eq(seen_out, c->edge_count);
    cr_expect_eq(seen_in, c->edge_count);
    /* feature 9 of the last layer has 4 parents: 9, 10, 11, 12 of the middle one */
    uint32_t node = circuit_node(c, 2, 9);
    cr_expect_eq(c->in_start[node + 1] - c->in_start[node], 4);
    for (uint32_t k = c->in_start[node]; k < c->in_start[node + 1]; k++) {
        uint32_t feature = 0;
        const circuit_edge *e = &c->edge[c->in[k]];
        cr_expect_eq(circuit_position(c, e->source, &feature), 1);
        cr_assert(feature >= 9 && feature < 13);
        cr_expect_float_eq((double)e->removal, planted(1, 9, feature - 9), 1e-6);
    }
    circuit_free(c);
}

Test(circuit, threshold_counts_what_is_at_or_above_it)
{
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    for (double threshold = 0; threshold < 12; threshold += 0.37) {
        uint32_t expected = 0;
        for (uint32_t i = 0; i < c->edge_count; i++)
            expected += fabs((double)c->edge[i].removal) >= threshold;
        cr_assert_eq(circuit_count(c, NULL, 0, threshold), expected);
    }
    uint32_t node = circuit_node(c, 2, 9);
    const uint32_t *parents = c->in + c->in_start[node];
    double weakest = fabs((double)c->edge[parents[3]].removal);
    cr_expect_eq(circuit_count(c, parents, 4, weakest), 4);
    cr_expect_leq(circuit_count(c, parents, 4, weakest * 1.0001), 3);
    circuit_free(c);
}

Test(circuit, ranking_by_another_strength_reorders)
{
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_WEIGHT, &c, NULL), STATUS_OK);
    for (uint32_t i = 1; i < c->edge_count; i++)
        cr_assert_geq(fabsf(c->edge[i - 1].weight), fabsf(c->edge[i].weight));
    circuit_free(c);
}

/* Of the first pair, every edge to a target divisible by 3 is the wiring's alone. */
Test(circuit, what_the_wiring_says_is_there_and_ranks)
{
    char change[512];
    sqlite3 *raw = NULL;
    fit f;
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    cr_expect_not(c->wiring);
    circuit_free(c);
    cr_assert_eq(fit_get(d, fit_id, &f, NULL), STATUS_OK);
    snprintf(change, sizeof change,
             "UPDATE edge SET wired = 2 * removal, weight = 0, standardised = 0"
             " WHERE pair_id = %lld AND target_feature %% 3 = 0; UPDATE fit SET wiring = 1",
             (long long)f.pair[0].id);
    cr_assert_eq(sqlite3_open(path, &raw), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(raw, change, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);

    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    cr_expect(c->wiring);
    uint32_t alone = 0;
    for (uint32_t i = 0; i < c->edge_count; i++) {
        const circuit_edge *e = &c->edge[i];
        uint32_t feature = 0;
        bool first = circuit_position(c, e->target, &feature) == 1;
        cr_assert_eq(e->weight == 0, first && feature % 3 == 0);
        cr_assert_eq(isnan(e->wired), e->weight != 0);
        cr_assert(e->weight != 0 || e->wired == 2 * e->removal);
        alone += e->weight == 0;
    }
    cr_expect_gt(alone, 10);
    uint32_t edges = c->edge_count;
    circuit_free(c);
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_WEIGHT, &c, NULL), STATUS_OK);
    for (uint32_t i = 0; i < edges; i++)
        cr_assert_eq(c->edge[i].weight == 0, i >= edges - alone, "without a weight: last");
    circuit_free(c);

    static const edge_figure which[] = {EDGE_REMOVAL, EDGE_WEIGHT, EDGE_STANDARDISED};
    for (int i = 0; i < 3; i++) {
        uint32_t *source, *target, count = 0;
        float *figure;
        cr_assert_eq(
            fit_load_figures(d, f.pair[0].id, which[i], &source, &target, &figure, &count, NULL),
            STATUS_OK);
        cr_expect_eq(count, edges / 2 - (i > 0 ? alone : 0), "it has but a removal");
        free(source);
        free(target);
        free(figure);
    }
    fit_release(&f);
}

Test(circuit, a_fit_that_does_not_exist_is_named)
{
    circuit *c = NULL;
    error err = {0};
    cr_expect_eq(circuit_load(d, &layers, 99, STRENGTH_REMOVAL, &c, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "99"), "%s", err.message);
    cr_expect_null(c);
}
