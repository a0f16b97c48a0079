/* What a path says of its steps. */
#include "src/circuit/propagation.h"
#include "tests/unit/circuit_fixture.h"

#include <string.h>

/* Layer 0 has 4 features, layer 1 has 3, layer 2 has 1. */
static circuit *made(void)
{
    static const struct {
        uint32_t source, target;
        float w;
    } edges[] = {{0, 4, 0.9f},  {1, 4, -0.1f}, {0, 5, 0.3f}, {1, 5, 0.3f},
                 {2, 5, -0.4f}, {3, 6, 0.2f},  {4, 7, 0.5f}};
    circuit_edge *list = malloc(sizeof edges / sizeof *edges * sizeof *list);
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++)
        list[i] = (circuit_edge){.source = edges[i].source,
                                 .target = edges[i].target,
                                 .weight = edges[i].w,
                                 .standardised = edges[i].w,
                                 .removal = edges[i].w};
    circuit *c = NULL;
    cr_assert_eq(circuit_build(3, (uint32_t[]){4, 3, 1}, list, sizeof edges / sizeof *edges,
                               STRENGTH_STANDARDISED, &c, NULL),
                 STATUS_OK);
    return c;
}

static uint32_t between(const circuit *c, uint32_t source, uint32_t target)
{
    for (uint32_t i = 0; i < c->edge_count; i++)
        if (c->edge[i].source == source && c->edge[i].target == target)
            return i;
    cr_assert_fail("no such edge");
    return 0;
}

Test(propagation, a_step_persists_merges_or_is_minor)
{
    circuit *c = made();
    propagation p = propagation_of_step(c, 0, between(c, 0, 4), NULL, NULL);
    cr_expect_eq(p.reading, PROPAGATION_PERSISTS);
    cr_expect_float_eq(p.share, 0.81 / 0.82, 1e-6);
    cr_expect_eq(propagation_of_step(c, 0, between(c, 1, 4), "x", "y").reading, PROPAGATION_MINOR);
    cr_expect_eq(propagation_of_step(c, 0, between(c, 0, 5), "verbs", "verbs").reading,
                 PROPAGATION_MERGES);
    cr_expect_eq(propagation_of_step(c, 0, between(c, 3, 6), "", "").reading,
                 PROPAGATION_PERSISTS);
    circuit_free(c);
}

Test(propagation, similar_labels_let_the_strongest_parent_persist_with_less)
{
    circuit *c = made();
    uint32_t id = between(c, 2, 5);
    cr_expect_eq(propagation_of_step(c, 0, id, "past verbs", "verbs").reading,
                 PROPAGATION_PERSISTS);
    cr_expect_eq(propagation_of_step(c, 0, id, "past verbs", "names").reading, PROPAGATION_MERGES);
    circuit_free(c);
}

Test(propagation, edges_below_the_threshold_count_nowhere)
{
    circuit *c = made();
    propagation p = propagation_of_step(c, 0.35, between(c, 2, 5), NULL, NULL);
    cr_expect_eq(p.reading, PROPAGATION_PERSISTS);
    cr_expect_eq(p.count, 1);
    cr_expect_eq(propagation_of_end(c, 0.35, 4).reading, PROPAGATION_GOES_ON);
    cr_expect_eq(propagation_of_end(c, 0.6, 4).reading, PROPAGATION_ENDS);
    circuit_free(c);
}

Test(propagation, a_path_ends_where_nothing_depends_on_it_or_nothing_was_fitted)
{
    circuit *c = made();
    cr_expect_eq(propagation_of_end(c, 0, 5).reading, PROPAGATION_ENDS);
    cr_expect_eq(propagation_of_end(c, 0, 7).reading, PROPAGATION_LAST);
    circuit_free(c);
}

Test(propagation, labels_are_alike_by_quoted_tokens_or_by_words)
{
    cr_expect_float_eq(
        labels_alike("\" play\", as in: to[ play] with", "\"play\" or \"game\", as in: x"), 1, 0);
    cr_expect_float_eq(labels_alike("\"s\", as in: dogs", "\"t\", as in: dogs"), 0, 0);
    cr_expect_float_eq(labels_alike("Pronouns in -self", "reflexive pronouns"), 0.5, 1e-9);
    cr_expect_float_eq(labels_alike("of a", "of a"), 0, 0);
    cr_expect_float_eq(labels_alike("", "\""), 0, 0);
    cr_expect_float_eq(labels_alike("\"open", "open"), 1, 0);
}

Test(propagation, is_said_in_words)
{
    char text[64];
    cr_expect_str_eq(
        propagation_say(&(propagation){.reading = PROPAGATION_MERGES, .share = 0.314, .count = 6},
                        text, sizeof text),
        "merges: 31% of 6 parents");
    cr_expect_str_eq(
        propagation_say(&(propagation){.reading = PROPAGATION_PERSISTS, .share = 1, .count = 1},
                        text, sizeof text),
        "persists: the only parent");
    cr_expect_str_eq(
        propagation_say(&(propagation){.reading = PROPAGATION_ENDS}, text, sizeof text),
        "ends: no children");
}
