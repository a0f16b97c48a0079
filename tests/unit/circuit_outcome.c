/* Paths on to a target variable, against all walks that end there. */
#include "src/circuit/outcome.h"

#include "db/target.h"
#include "src/circuit/paths.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

enum { OUTPUTS = 3, EDGES = 150, WEIGHTS = 40 };

static char *path;
static db *d;
static layer_set layers;
static error err;
static circuit *c;
static variable_fit f;
static variable_fit_weight weight[WEIGHTS];

#define OK(call) cr_assert_eq((call), STATUS_OK, "%s", err.message)

static uint32_t below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(fixture_random(seed) * n);
}

/* Edges from each layer to the next and over it, all different; none twice matters not. */
static void make_circuit(uint64_t *seed)
{
    const uint32_t features[] = {FIXTURE_FEATURES, FIXTURE_FEATURES, FIXTURE_FEATURES};
    circuit_edge *made = malloc(EDGES * sizeof *made);
    for (uint32_t e = 0; e < EDGES; e++) {
        uint32_t from = below(seed, 2), to = from + 1 + below(seed, 2 - from);
        made[e] = (circuit_edge){.source = from * FIXTURE_FEATURES + below(seed, 40),
                                 .target = to * FIXTURE_FEATURES + below(seed, 40),
                                 .standardised = (float)(2 * fixture_random(seed) - 1),
                                 .removal = (float)fixture_random(seed)};
    }
    OK(circuit_build(3, features, made, EDGES, STRENGTH_REMOVAL, &c, &err));
}

/* A fit of three classes on the last two layers; point 1 has the weights. */
static void make_fit(uint64_t *seed)
{
    static double value[FIXTURE_SAMPLES];
    static variable_fit_point point[2] = {{.state = "converged"}, {.state = "converged"}};
    static int64_t read[2];
    const double intercept[OUTPUTS] = {0};
    read[0] = layers.item[1].id;
    read[1] = layers.item[2].id;
    OK(target_add(d, "kind", TARGET_CLASS, "[\"a\", 7, \"c\"]", value, FIXTURE_SAMPLES, &err));
    f = (variable_fit){.target_id = 1,
                       .base = {.lambda = 0.1, .tolerance = 1e-6},
                       .outputs = OUTPUTS,
                       .layer = read,
                       .layer_count = 2,
                       .point = point,
                       .point_count = 2,
                       .chosen = 1};
    for (uint32_t w = 0; w < WEIGHTS; w++)
        weight[w] = (variable_fit_weight){.output = w % OUTPUTS,
                                          .layer = read[w % 2],
                                          .feature = w,
                                          .weight = 2 * fixture_random(seed) - 1,
                                          .standardised = 2 * fixture_random(seed) - 1};
    OK(variable_fit_add(d, &f, &err));
    OK(variable_fit_finish(d, &f, &err));
    OK(variable_fit_add_weights(d, f.base.id, 0, intercept, OUTPUTS, NULL, 0, &err));
    OK(variable_fit_add_weights(d, f.base.id, 1, intercept, OUTPUTS, weight, WEIGHTS, &err));
}

static void set_up(void)
{
    uint64_t seed = 99;
    path = fixture_study();
    OK(db_open(&d, path, DB_WRITE, &err));
    OK(layer_list(d, &layers, &err));
    make_circuit(&seed);
    make_fit(&seed);
}

static void tear_down(void)
{
    circuit_free(c);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
}

TestSuite(outcome, .init = set_up, .fini = tear_down);

/* The products of all walks from a node of the first layer to an output (-1: any). */
static void walk(uint32_t node, double product, int output, double *found, uint32_t *count)
{
    for (uint32_t w = 0; w < WEIGHTS; w++)
        if (layer_by_id(&layers, weight[w].layer)->position * FIXTURE_FEATURES +
                    weight[w].feature ==
                node &&
            (output < 0 || weight[w].output == (uint32_t)output))
            found[(*count)++] = product * (double)(float)weight[w].standardised;
    for (uint32_t e = 0; e < c->edge_count; e++)
        if (c->edge[e].source == node)
            walk(c->edge[e].target, product * (double)c->edge[e].standardised, output, found,
                 count);
}

static int stronger(const void *a, const void *b)
{
    double x = fabs(*(const double *)a), y = fabs(*(const double *)b);
    return x > y ? -1 : x < y;
}

Test(outcome, the_strongest_paths_are_those_of_all_walks)
{
    static double found[100000];
    circuit *longer = NULL;
    OK(circuit_with_outcome(d, &layers, c, &f, 1, &longer, &err));
    for (int output = -1; output < OUTPUTS; output++) {
        uint32_t count = 0;
        path_set set;
        path_end from = {0, PATH_ANY}, to = {3, output < 0 ? PATH_ANY : (uint32_t)output};
        for (uint32_t n = 0; n < FIXTURE_FEATURES; n++)
            walk(n, 1, output, found, &count);
        qsort(found, count, sizeof *found, stronger);
        OK(paths_find(longer, from, to, 0, 20, &set, &err));
        cr_expect_eq((uint32_t)set.all, count);
        cr_assert_gt(set.count, 5);
        for (uint32_t i = 0; i < set.count; i++)
            cr_expect_float_eq(set.item[i].weight, found[i], 1e-12);
        path_set_release(&set);
    }
    circuit_free(longer);
}

Test(outcome, strengths_of_the_last_step)
{
    circuit *longer = NULL;
    feature_table table;
    uint32_t seen = 0;
    OK(circuit_with_outcome(d, &layers, c, &f, 1, &longer, &err));
    cr_assert_eq(longer->layer_count, 4);
    cr_expect_eq(longer->edge_count, EDGES + WEIGHTS);
    OK(feature_list(d, layers.item[2].id, &table, &err));
    for (uint32_t e = 0; e < longer->edge_count; e++)
        for (uint32_t w = 1; w < WEIGHTS; w += 2) /* those of the last layer */
            if (longer->edge[e].source == 2 * FIXTURE_FEATURES + w) {
                seen++;
                cr_expect_float_eq(longer->edge[e].weight, weight[w].weight, 1e-6);
                cr_expect_float_eq(longer->edge[e].removal,
                                   weight[w].weight * (double)table.row[w].active_mean, 1e-5);
                cr_expect_eq(longer->edge[e].target,
                             FIXTURE_LAYERS * FIXTURE_FEATURES + w % OUTPUTS);
            }
    cr_expect_eq(seen, WEIGHTS / 2);
    feature_table_release(&table);
    circuit_free(longer);
}

Test(outcome, a_point_without_weights_adds_nothing)
{
    circuit *longer = NULL;
    OK(circuit_with_outcome(d, &layers, c, &f, 0, &longer, &err));
    cr_expect_eq(longer->edge_count, EDGES);
    circuit_free(longer);
}

Test(outcome, a_weight_of_no_feature_is_bad_input)
{
    circuit *longer = NULL;
    variable_fit_weight wild = {
        .layer = layers.item[2].id, .feature = FIXTURE_FEATURES, .weight = 1};
    const double intercept[OUTPUTS] = {0};
    variable_fit_point point = {.state = "converged"};
    f.point = &point;
    f.point_count = 1;
    f.chosen = 0;
    OK(variable_fit_add(d, &f, &err));
    OK(variable_fit_finish(d, &f, &err));
    OK(variable_fit_add_weights(d, f.base.id, 0, intercept, OUTPUTS, &wild, 1, &err));
    cr_expect_eq(circuit_with_outcome(d, &layers, c, &f, 0, &longer, &err), STATUS_INPUT);
    cr_expect_null(longer);
}

Test(outcome, what_outputs_are_called)
{
    target_set set;
    OK(target_list(d, &set, &err));
    const char *expected[] = {"a", "class 1", "c"};
    for (uint32_t o = 0; o < OUTPUTS; o++) {
        char *name = target_output_name(&set.item[0], o);
        cr_expect_str_eq(name, expected[o]);
        free(name);
    }
    target_set_release(&set);
}
