/* What a fit's figures say together, and the circuit as one sample sees it: against sums done the
 * long way on planted fits. */
#include "db/sample.h"
#include "src/circuit/sample.h"
#include "src/circuit/summary.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

enum { TARGETS = FIXTURE_FEATURES };

static char *path;
static db *d;
static layer_set layers;
static int64_t fit_id;

static uint32_t parents_of(uint32_t t)
{
    return t % 4;
}

static double r2_of(uint32_t t)
{
    return parents_of(t) ? 0.02 * t : 0;
}

/* Target 5 is constant, 6 and 9 did not converge; t % 4 == 0 has no parents. */
static double gap_of(uint32_t t)
{
    return t == 6 ? 3e-5 : t == 9 ? 2e-3 : t % 2 ? 2e-9 : 0;
}

static void plant(int64_t pair_id, double scale)
{
    fit_target target[TARGETS];
    edge edges[4 * TARGETS];
    uint64_t count = 0;
    error err = {0};
    for (uint32_t t = 0; t < TARGETS; t++) {
        bool constant = t == 5;
        target[t] = (fit_target){.feature = t,
                                 .state = constant           ? "constant"
                                          : gap_of(t) > 1e-6 ? "unconverged"
                                                             : "converged",
                                 .r2 = constant ? 0 : r2_of(t),
                                 .gap = constant ? 0 : gap_of(t),
                                 .parents = constant ? 0 : parents_of(t)};
        for (uint32_t k = 0; !constant && k < parents_of(t); k++)
            edges[count++] = (edge){.source = (t + 3 * k) % TARGETS,
                                    .target = t,
                                    .weight = (k % 2 ? -1 : 1) * scale * (1 + t),
                                    .removal = (k % 2 ? -1 : 1) * scale * (1 + t + k),
                                    .wired = NAN};
    }
    cr_assert_eq(fit_add_block(d, pair_id, target, TARGETS, edges, count, 1, &err), STATUS_OK,
                 "%s", err.message);
}

static void set_up(void)
{
    error err = {0};
    path = fixture_study();
    cr_assert_eq(db_open(&d, path, DB_WRITE, NULL), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, NULL), STATUS_OK);
    fit_pair pair[2] = {
        {.source_layer = layers.item[0].id, .target_layer = layers.item[1].id, .targets = TARGETS},
        {.source_layer = layers.item[1].id,
         .target_layer = layers.item[2].id,
         .targets = TARGETS}};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.1,
             .tolerance = 1e-6,
             .data_hash = (char[]){"x"},
             .pair = pair,
             .pair_count = 2};
    cr_assert_eq(fit_add(d, &f, &err), STATUS_OK, "%s", err.message);
    fit_id = f.id;
    plant(f.pair[0].id, 1);
    plant(f.pair[1].id, 0.25);
}

static void tear_down(void)
{
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(circuit_summary, .init = set_up, .fini = tear_down);

Test(circuit_summary, counts_and_lists)
{
    summary *s = NULL;
    error err = {0};
    cr_assert_eq(summary_load(d, &layers, fit_id, NULL, &s, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(s->varying, 2 * (TARGETS - 1));
    cr_expect_eq(s->constant, 2);
    cr_expect_float_eq(s->worst_gap, 2e-3, 1e-9);
    cr_assert_eq(s->pair_count, 2);
    const summary_pair *p = &s->pair[1];
    cr_expect_eq(p->source, 1);
    cr_expect_eq(p->target, 2);
    cr_expect_eq(p->done, TARGETS);
    cr_expect_eq(p->converged, TARGETS - 3);
    cr_expect_eq(p->orphans, TARGETS / 4);
    uint32_t parents = 0;
    for (uint32_t t = 0; t < TARGETS; t++)
        parents += t == 5 ? 0 : parents_of(t);
    cr_expect_eq(p->edges, parents);
    cr_expect_float_eq(p->mean_parents, (double)parents / (TARGETS - 1), 1e-12);

    cr_assert_eq(s->unconverged.count, 4);
    cr_expect_eq(s->unconverged.item[0].node, TARGETS + 9, "the largest gap first");
    cr_expect_eq(s->unconverged.item[1].node, 2 * TARGETS + 9);
    cr_expect_eq(s->unconverged.item[2].node, TARGETS + 6);
    cr_assert_eq(s->orphans.count, 2 * TARGETS / 4);
    for (uint32_t i = 0; i < s->orphans.count; i++)
        cr_expect_eq(s->orphans.item[i].parents, 0);
    cr_assert_eq(s->least.count, s->varying - s->orphans.count);
    for (uint32_t i = 0; i < s->least.count; i++) {
        cr_expect_gt(s->least.item[i].parents, 0);
        cr_expect(i == 0 || s->least.item[i - 1].r2 <= s->least.item[i].r2);
    }
    uint32_t gaps = 0, r2 = 0;
    for (int i = 0; i < SUMMARY_GAP_BINS; i++)
        gaps += s->gap_bin[i];
    for (int i = 0; i < SUMMARY_R2_BINS; i++)
        r2 += s->r2_bin[i];
    cr_expect_eq(gaps, s->varying);
    cr_expect_eq(r2, s->varying);
    cr_expect_eq(s->gap_bin[13], 2, "2e-3 lies between 1e-3 and 1e-2");
    cr_expect_eq(s->gap_bin[11], 2, "3e-5 between 1e-5 and 1e-4");
    cr_expect_eq(s->hub_count, 0);
    summary_free(s);
}

/* Edges that only the wiring speaks for have no parents: they count as edges alone. */
Test(circuit_summary, tells_parents_from_edges_of_the_wiring)
{
    summary *s = NULL;
    error err = {0};
    fit f;
    const edge wired[] = {{3, TARGETS - 1, 0, 0, 0.5, 0.75, 0}};
    const fit_target target = {.feature = TARGETS - 1, .state = "converged", .r2 = 0.5};
    cr_assert_eq(summary_load(d, &layers, fit_id, NULL, &s, &err), STATUS_OK);
    cr_expect_not(s->wired);
    summary_free(s);
    cr_assert_eq(fit_get(d, fit_id, &f, &err), STATUS_OK);
    f.wiring = true;
    f.pair_count = 1;
    cr_assert_eq(fit_add(d, &f, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(fit_add_block(d, f.pair[0].id, &target, 1, wired, 1, 1, &err), STATUS_OK, "%s",
                 err.message);
    cr_assert_eq(summary_load(d, &layers, f.id, NULL, &s, &err), STATUS_OK, "%s", err.message);
    cr_expect(s->wired);
    cr_expect_eq(s->pair[0].edges, 1);
    cr_expect_eq(s->pair[0].wired_alone, 1);
    cr_expect_eq(s->pair[0].mean_parents, 0);
    cr_expect_eq(s->orphans.count, 1);
    summary_free(s);
    fit_release(&f);
}

Test(circuit_summary, median_of_an_even_and_an_odd_number)
{
    summary *s = NULL;
    cr_assert_eq(summary_load(d, &layers, fit_id, NULL, &s, NULL), STATUS_OK);
    double r2[TARGETS];
    uint32_t n = 0;
    for (uint32_t t = 0; t < TARGETS; t++)
        if (t != 5)
            r2[n++] = r2_of(t);
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t k = i; k > 0 && r2[k - 1] > r2[k]; k--) {
            double swap = r2[k];
            r2[k] = r2[k - 1];
            r2[k - 1] = swap;
        }
    cr_expect_float_eq(s->pair[0].median_r2, r2[n / 2], 1e-6);
    cr_expect_float_eq(s->median_r2, r2[n / 2], 1e-6, "the same targets twice");
    summary_free(s);
}

Test(circuit_summary, hubs_by_share_of_their_layer)
{
    summary *s = NULL;
    circuit *c = NULL;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    cr_assert_eq(summary_load(d, &layers, fit_id, c, &s, NULL), STATUS_OK);
    double own[3 * TARGETS] = {0}, whole[3] = {0};
    for (uint32_t e = 0; e < c->edge_count; e++) {
        own[c->edge[e].source] += fabs((double)c->edge[e].removal);
        whole[c->edge[e].source / TARGETS] += fabs((double)c->edge[e].removal);
    }
    cr_assert_gt(s->hub_count, 0);
    for (uint32_t i = 0; i < s->hub_count; i++) {
        const summary_hub *h = &s->hub[i];
        cr_expect_float_eq(h->strength, own[h->node] / whole[h->node / TARGETS], 1e-9);
        cr_expect_eq(h->children, c->out_start[h->node + 1] - c->out_start[h->node]);
        cr_expect_float_eq(h->reach, h->children / (double)(TARGETS - 1), 1e-12);
        cr_expect(i == 0 || s->hub[i - 1].strength >= h->strength);
    }
    summary_free(s);
    circuit_free(c);
}

Test(circuit_summary, one_sample_lights_up_the_edges_of_what_is_active)
{
    circuit *c = NULL;
    sample_rows rows[FIXTURE_LAYERS];
    sample_activation active[FIXTURE_LAYERS * TARGETS];
    float value[FIXTURE_LAYERS * TARGETS] = {0};
    uint32_t count = 0, sample = 17;
    cr_assert_eq(circuit_load(d, &layers, fit_id, STRENGTH_REMOVAL, &c, NULL), STATUS_OK);
    for (uint32_t l = 0; l < FIXTURE_LAYERS; l++) {
        cr_assert_eq(layer_load_samples(d, &layers.item[l], sample, 1, &rows[l], NULL), STATUS_OK);
        for (uint64_t k = rows[l].start[0]; k < rows[l].start[1]; k++) {
            uint32_t node = circuit_node(c, l, rows[l].feature[k]);
            value[node] = rows[l].value[k];
            active[count++] = (sample_activation){node, rows[l].value[k]};
        }
        sample_rows_release(&rows[l]);
    }
    sample_circuit at;
    sample_circuit_make(&at, c, active, count, UINT32_MAX);
    uint32_t expected = 0;
    for (uint32_t e = 0; e < c->edge_count; e++)
        expected += value[c->edge[e].source] != 0;
    cr_expect_eq(at.edge_count, expected);
    cr_assert_gt(at.edge_count, 0);
    uint32_t in_pairs = 0;
    for (uint32_t p = 0; p < at.pair_count; p++) {
        const sample_pair *pair = &at.pair[p];
        cr_expect_eq(pair->start, in_pairs);
        in_pairs += pair->count;
        for (uint32_t i = 0; i < pair->count; i++) {
            const sample_edge *e = &at.edge[pair->start + i];
            const circuit_edge *of = &c->edge[e->edge];
            cr_expect_eq(circuit_position(c, of->source, NULL), pair->source);
            cr_expect_eq(circuit_position(c, of->target, NULL), pair->target);
            cr_expect_float_eq((double)e->carried, (double)(of->weight * value[of->source]), 1e-6);
            cr_expect(i == 0 || fabsf(e[-1].carried) >= fabsf(e->carried));
        }
    }
    cr_expect_eq(in_pairs, at.edge_count);
    for (uint32_t most = 1; most < 9; most++) { /* the heads of the same lists */
        sample_circuit few;
        sample_circuit_make(&few, c, active, count, most);
        cr_expect_eq(few.edge_count, at.edge_count);
        cr_assert_eq(few.pair_count, at.pair_count);
        for (uint32_t p = 0; p < few.pair_count; p++) {
            uint32_t all = at.pair[p].count;
            cr_expect_eq(few.pair[p].all, all);
            cr_assert_eq(few.pair[p].count, all < most ? all : most);
            for (uint32_t i = 0; i < few.pair[p].count; i++)
                cr_expect_eq(few.edge[few.pair[p].start + i].edge,
                             at.edge[at.pair[p].start + i].edge);
        }
        sample_circuit_release(&few);
    }
    sample_circuit_release(&at);
    sample_circuit_make(&at, c, active, 0, 10);
    cr_expect(at.edge_count == 0 && at.pair_count == 0);
    sample_circuit_release(&at);
    circuit_free(c);
}
