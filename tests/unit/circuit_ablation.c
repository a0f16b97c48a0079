/* Ablations against the surrogate run forwards, sample after sample. */
#include "src/circuit/ablation.h"
#include "tests/unit/circuit_fixture.h"

enum { LAYERS = 4, WIDTH = 6, OUTPUTS = 2, SAMPLES = 30, NODES = LAYERS * WIDTH + OUTPUTS };

static double sd[NODES];
static double root[SAMPLES][WIDTH]; /* deviations from the mean */

static double chance(uint64_t *seed)
{
    return (double)fixture_below(seed, 100000) / 50000 - 1;
}

/* Layers of 6, each fed by the one before and, faintly, by the one before that; then 2 outputs,
 * which read the last two layers. */
static circuit *make(uint64_t seed)
{
    const uint32_t features[] = {WIDTH, WIDTH, WIDTH, WIDTH, OUTPUTS};
    circuit_edge *list = malloc(NODES * NODES * sizeof *list);
    uint32_t count = 0;
    for (uint32_t s = 0; s < LAYERS * WIDTH; s++)
        for (uint32_t t = (s / WIDTH + 1) * WIDTH; t < NODES; t++) {
            uint32_t apart = (t < LAYERS * WIDTH ? t / WIDTH : LAYERS) - s / WIDTH;
            if (apart < 3 && fixture_below(&seed, 2))
                list[count++] =
                    (circuit_edge){.source = s, .target = t, .weight = (float)chance(&seed)};
        }
    for (uint32_t n = 0; n < NODES; n++)
        sd[n] = 0.5 + fixture_below(&seed, 100) / 50.0;
    for (uint32_t i = 0; i < SAMPLES; i++)
        for (uint32_t k = 0; k < WIDTH; k++)
            root[i][k] = chance(&seed);
    circuit *c = NULL;
    cr_assert_eq(circuit_build(LAYERS + 1, features, list, count, STRENGTH_WEIGHT, &c, NULL),
                 STATUS_OK);
    return c;
}

static uint32_t layer_of(uint32_t node)
{
    return node < LAYERS * WIDTH ? node / WIDTH : LAYERS;
}

/* The predictor's deviation in one sample: every node from its parents, in order. */
static double forwards(const circuit *c, const uint32_t *from, uint32_t sample, uint32_t output,
                       const bool *node_in, const bool *edge_in)
{
    double d[NODES] = {0};
    for (uint32_t n = 0; n < NODES; n++) {
        if (n < WIDTH)
            d[n] = root[sample][n];
        for (uint32_t e = 0; e < c->edge_count; e++) {
            const circuit_edge *edge_ = &c->edge[e];
            bool used =
                from[layer_of(n)] == UINT32_MAX || layer_of(edge_->source) == from[layer_of(n)];
            if (edge_->target == n && used && edge_in[e])
                d[n] += (double)edge_->weight * d[edge_->source];
        }
        if (!node_in[n])
            d[n] = 0;
    }
    return d[LAYERS * WIDTH + output];
}

/* Which place of the ablation an edge of the circuit has. */
static uint32_t place_of(const ablation *a, const circuit_edge *e)
{
    for (uint32_t k = a->in_start[e->target]; k < a->in_start[e->target + 1]; k++)
        if (a->source[k] == e->source)
            return k;
    return UINT32_MAX;
}

static void compare(const uint32_t *from, uint64_t seed)
{
    circuit *c = make(seed);
    ablation a;
    double gradient[NODES];
    bool node_in[NODES], edge_in[NODES * NODES];
    cr_assert_eq(ablation_create(c, from, sd, &a, NULL), STATUS_OK);
    cr_expect(a.nodes > 3 && a.edges > 10 && a.outputs == OUTPUTS);
    for (int part = ABLATION_NODES; part <= ABLATION_EDGES; part++)
        for (uint32_t kept = 0; kept <= (part == ABLATION_NODES ? a.nodes : a.edges); kept++)
            for (int complement = 0; complement < 2; complement++)
                for (uint32_t o = 0; o < OUTPUTS; o++) {
                    for (uint32_t n = 0; n < NODES; n++)
                        node_in[n] = part == ABLATION_EDGES || n >= LAYERS * WIDTH ||
                                     (a.node_rank[n] < kept) != complement;
                    for (uint32_t e = 0; e < c->edge_count; e++) {
                        uint32_t k = place_of(&a, &c->edge[e]);
                        edge_in[e] = part == ABLATION_NODES ||
                                     (k != UINT32_MAX && (a.edge_rank[k] < kept) != complement);
                    }
                    ablation_sweep(&a, (ablation_part)part, kept, complement, o, gradient);
                    for (uint32_t i = 0; i < SAMPLES; i++) {
                        double sum = 0;
                        for (uint32_t r = 0; r < WIDTH; r++)
                            sum += gradient[r] * root[i][r];
                        cr_assert_float_eq(sum, forwards(c, from, i, o, node_in, edge_in), 1e-9);
                    }
                }
    ablation_release(&a);
    circuit_free(c);
}

Test(ablation, as_the_surrogate_run_forwards)
{
    const uint32_t all[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    const uint32_t nearest[] = {UINT32_MAX, 0, 1, 2, UINT32_MAX};
    for (uint64_t seed = 1; seed < 5; seed++) {
        compare(all, seed);
        compare(nearest, seed);
    }
}

/* Moving a node by its deviation moves the predictors by its strength, and the ranks follow. */
Test(ablation, strengths_are_what_the_predictors_move_by)
{
    const uint32_t all[] = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    circuit *c = make(9);
    ablation a;
    cr_assert_eq(ablation_create(c, all, sd, &a, NULL), STATUS_OK);
    for (uint32_t moved = 0; moved < LAYERS * WIDTH; moved++) {
        double d[NODES] = {0}, squares = 0;
        for (uint32_t n = moved; n < NODES; n++) {
            if (n == moved)
                d[n] = sd[n];
            for (uint32_t e = 0; e < c->edge_count; e++)
                if (c->edge[e].target == n && n != moved)
                    d[n] += (double)c->edge[e].weight * d[c->edge[e].source];
        }
        for (uint32_t o = 0; o < OUTPUTS; o++)
            squares += d[LAYERS * WIDTH + o] * d[LAYERS * WIDTH + o];
        cr_expect_float_eq(a.node_strength[moved], sqrt(squares), 1e-9);
        for (uint32_t n = 0; n < LAYERS * WIDTH; n++)
            cr_expect(a.node_strength[n] <= a.node_strength[moved] ||
                      a.node_rank[n] < a.node_rank[moved]);
    }
    cr_expect_eq(a.node_rank[NODES - 1], ABLATION_UNRANKED);
    ablation_release(&a);
    circuit_free(c);
}

Test(ablation, steps_are_spread_over_the_whole)
{
    uint32_t step[24];
    cr_expect_eq(ablation_steps(0, 24, step), 0);
    cr_expect_eq(ablation_steps(1, 24, step), 1);
    cr_expect_eq(step[0], 1);
    uint32_t count = ablation_steps(10, 24, step);
    cr_expect(count <= 10 && step[0] == 1 && step[count - 1] == 10);
    count = ablation_steps(3000000, 24, step);
    cr_expect(count >= 20 && step[0] == 1 && step[count - 1] == 3000000);
    for (uint32_t i = 1; i < count; i++)
        cr_expect_gt(step[i], step[i - 1]);
}
