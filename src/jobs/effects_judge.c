#include "src/jobs/effects_judge.h"

#include "solver/lasso.h"
#include "src/base/memory.h"
#include "src/jobs/effects_cells.h"
#include "src/jobs/fit.h"
#include "src/jobs/stack.h"
#include "src/jobs/strength.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct effects_judge {
    db *connection;
    const layer_set *layers;
    const effects_options *options;
    fit f;
    uint32_t *pair; /* places in f.pair of those that are judged */
    uint32_t pairs;
    uint32_t unfinished;
    double without[EFFECTS_GROUPS]; /* of the pair at work: the circuit's effects_score_without */
    stack source;                   /* of the pair at work; several layers in a joint fit */
    layer_data target;
};

static bool is_joint(const fit *f)
{
    return strcmp(f->kind, "joint") == 0;
}

static status check_cancel(const effects_judge *j, error *err)
{
    return j->options->cancel && atomic_load(j->options->cancel)
               ? error_set(err, STATUS_INTERRUPTED, "cancelled")
               : STATUS_OK;
}

/* ---- the circuits of one pair ---- */

typedef struct gather {
    effects_edges *edges;
    const effects_grid *grid;
} gather;

static bool gather_edge(void *user, const edge *e)
{
    const gather *g = user;
    effects_edges_add(g->edges, g->grid, e->source, e->target, e->removal);
    return true;
}

/* The edges between the grid's layers of a circuit in memory. */
static void gather_circuit(const circuit *c, const effects_grid *g, effects_edges *edges)
{
    for (uint32_t i = 0; i < c->edge_count; i++) {
        const circuit_edge *e = &c->edge[i];
        if (e->source >= g->source_first && e->source - g->source_first < g->source->features &&
            e->target >= g->target_first && e->target - g->target_first < g->target->features)
            effects_edges_add(edges, g, e->source - g->source_first, e->target - g->target_first,
                              (double)e->removal);
    }
}

static status judge_edges(const effects_grid *g, effects_edges *edges, effects_score *score,
                          error *err)
{
    uint64_t cells = (uint64_t)g->removed_count * g->target->features;
    effects_edges_complete(edges, g);
    return effects_score_cells(edges->item, edges->count, cells, g->cut, score, err);
}

static uint32_t groups_of(const effects_grid *g)
{
    return g->removed_count < EFFECTS_GROUPS ? g->removed_count : EFFECTS_GROUPS;
}

static status leave_out(const effects_grid *g, const effects_edges *edges,
                        double without[EFFECTS_GROUPS], error *err)
{
    uint32_t *source = mem_alloc(g->removed_count * sizeof *source);
    for (uint32_t p = 0; p < g->removed_count; p++)
        source[p] = g->source_first + g->removed[p];
    status code = effects_score_without(edges->item, edges->count, source, g->removed_count,
                                        g->target->features, g->cut, groups_of(g), without, err);
    free(source);
    return code;
}

static status judge_circuit(effects_judge *j, const fit_pair *pair, const effects_grid *g,
                            effects_pair *out, error *err)
{
    effects_edges edges = {0};
    status code = STATUS_OK;
    if (j->options->only)
        gather_circuit(j->options->only, g, &edges);
    else
        code = fit_each_edge(j->connection, pair->id, gather_edge,
                             &(gather){.edges = &edges, .grid = g}, err);
    if (code == STATUS_OK)
        code = judge_edges(g, &edges, &out->circuit, err);
    if (code == STATUS_OK)
        code = leave_out(g, &edges, j->without, err);
    out->edge = edges.item;
    out->edge_count = code == STATUS_OK ? effects_score_worst(edges.item, edges.count) : 0;
    return code == STATUS_OK ? effects_pair_calibrate(out, err) : code;
}

static status load_layers(effects_judge *j, const fit_pair *pair, error *err)
{
    int64_t *id = mem_alloc(j->f.pair_count * sizeof *id);
    uint32_t count = 0;
    for (uint32_t p = 0; p < j->f.pair_count; p++) {
        const fit_pair *other = &j->f.pair[p];
        if (other == pair || (is_joint(&j->f) && other->target_layer == pair->target_layer))
            id[count++] = other->source_layer;
    }
    status code = stack_load(&j->source, j->connection, j->layers, id, count, err);
    if (code == STATUS_OK)
        code = layer_data_load(&j->target, j->connection,
                               layer_by_id(j->layers, pair->target_layer), err);
    free(id);
    return code;
}

/* The source layer's first column among those of all sources. */
static uint32_t first_column(const effects_judge *j, int64_t layer_id)
{
    uint32_t l = 0;
    while (j->source.layer[l] != layer_id)
        l++;
    return j->source.first[l];
}

/* The source layer's own columns; borrowed. */
static matrix own_columns(const effects_judge *j, uint32_t first, uint32_t count)
{
    matrix m = j->source.data.m;
    m.cols = count;
    if (m.dense)
        m.value += (size_t)first * m.rows;
    else
        m.col_start += first; /* starts count from the whole matrix's first entry */
    return m;
}

static status judge_covariance(effects_judge *j, const effects_grid *g, effects_pair *out,
                               error *err)
{
    effects_edges edges = {0};
    double without[EFFECTS_GROUPS];
    uint32_t first = first_column(j, g->source->id);
    matrix own = own_columns(j, first, g->source->features);
    status code = effects_covariance(g, &own, j->source.data.active_mean + first, &j->target.m,
                                     false, out->circuit.edges, &edges, &out->covariance_all, err);
    if (code == STATUS_OK)
        code = judge_edges(g, &edges, &out->covariance, err);
    if (code == STATUS_OK)
        code = leave_out(g, &edges, without, err);
    if (code == STATUS_OK)
        out->gain =
            effects_gain_of(out->circuit.average_precision, out->covariance.average_precision,
                            j->without, without, groups_of(g));
    effects_edges_release(&edges);
    return code;
}

/* The same with what a silent target cannot do. */
static status judge_coactive(effects_judge *j, const effects_grid *g, effects_pair *out,
                             error *err)
{
    effects_edges edges = {0};
    uint32_t first = first_column(j, g->source->id);
    matrix own = own_columns(j, first, g->source->features);
    status code = effects_covariance(g, &own, j->source.data.active_mean + first, &j->target.m,
                                     true, out->circuit.edges, &edges, &out->coactive_all, err);
    if (code == STATUS_OK)
        code = judge_edges(g, &edges, &out->coactive, err);
    effects_edges_release(&edges);
    return code;
}

/* ---- the plain Lasso ---- */

typedef struct lasso_take {
    effects_edges edges;
    const effects_grid *grid;
    const layer_data *source, *target;
    uint32_t first; /* the source layer's first column */
    float *y;       /* scratch of the strengths */
    edge_strength *strengths;
} lasso_take;

static bool take_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    lasso_take *t = user;
    for (uint32_t i = 0; i < count; i++) {
        strength_measure(t->source, t->target, &results[i], t->y, t->strengths);
        for (uint32_t k = 0; k < results[i].parents; k++) {
            uint32_t column = results[i].source[k];
            if (column >= t->first && column - t->first < t->grid->source->features)
                effects_edges_add(&t->edges, t->grid, column - t->first, results[i].target,
                                  t->strengths[k].removal);
        }
    }
    return true;
}

/* The fit once more, without its ridge and its wiring. */
static status solve_lasso(effects_judge *j, const fit_pair *pair, lasso_take *take, error *err)
{
    lasso_settings settings = lasso_defaults();
    lasso_hooks hooks = {.user = take,
                         .block = take_block,
                         .cancel = j->options->cancel,
                         .done = j->options->solved};
    lasso_design *design = NULL;
    lasso_report done = {0};
    settings.rule = pair->lambda_known ? LASSO_ABSOLUTE : fit_rule(&j->f);
    settings.lambda = pair->lambda_known ? pair->lambda : j->f.lambda;
    settings.ridge = 0;
    settings.scale = j->f.scale;
    settings.tolerance = j->f.tolerance;
    settings.threads = j->options->threads;
    settings.memory = j->options->memory;
    status code = lasso_design_create(&design, &j->source.data.m, &settings, err);
    if (code == STATUS_OK)
        code = lasso_solve(design, &j->target.m, NULL, j->target.m.cols, &settings, &hooks, &done,
                           err);
    if (code == STATUS_OK && done.stopped)
        code = error_set(err, STATUS_INTERRUPTED, "cancelled");
    lasso_design_free(design);
    return code;
}

/* Whether the Lasso is fitted; a fit with neither ridge nor wiring is one. */
static bool wants_lasso(const effects_judge *j)
{
    return !j->options->no_baselines && !j->options->no_lasso && (j->f.ridge > 0 || j->f.wiring);
}

static status judge_lasso(effects_judge *j, const fit_pair *pair, const effects_grid *g,
                          effects_pair *out, error *err)
{
    if (!wants_lasso(j))
        return STATUS_OK;
    lasso_take take = {.grid = g,
                       .source = &j->source.data,
                       .target = &j->target,
                       .first = first_column(j, g->source->id)};
    take.y = mem_zero(j->target.m.rows, sizeof *take.y);
    take.strengths = mem_alloc(j->source.data.m.cols * sizeof *take.strengths);
    status code = solve_lasso(j, pair, &take, err);
    free(take.y);
    free(take.strengths);
    if (code == STATUS_OK)
        code = judge_edges(g, &take.edges, &out->lasso, err);
    effects_edges_release(&take.edges);
    return code;
}

/* ---- pairs ---- */

static status judge_baselines(effects_judge *j, const fit_pair *pair, const effects_grid *g,
                              effects_pair *out, error *err)
{
    status code = check_cancel(j, err);
    if (code == STATUS_OK)
        code = load_layers(j, pair, err);
    if (code == STATUS_OK)
        code = judge_covariance(j, g, out, err);
    if (code == STATUS_OK)
        code = judge_coactive(j, g, out, err);
    if (code == STATUS_OK)
        code = check_cancel(j, err);
    if (code == STATUS_OK)
        code = judge_lasso(j, pair, g, out, err);
    stack_release(&j->source);
    layer_data_release(&j->target);
    return code;
}

status effects_judge_pair(effects_judge *j, uint32_t i, effects_pair *out, error *err)
{
    const fit_pair *pair = &j->f.pair[j->pair[i]];
    const layer *source = layer_by_id(j->layers, pair->source_layer);
    const layer *target = layer_by_id(j->layers, pair->target_layer);
    effects_grid grid;
    status code = effects_grid_load(&grid, j->connection, source, target, j->options->cut, err);
    *out = (effects_pair){.source = source->position,
                          .target = target->position,
                          .removed = grid.removed_count,
                          .covariance_all = (double)NAN,
                          .coactive_all = (double)NAN};
    grid.source_first = layer_first(j->layers, source->position);
    grid.target_first = layer_first(j->layers, target->position);
    if (code == STATUS_OK)
        code = judge_circuit(j, pair, &grid, out, err);
    if (code == STATUS_OK && !j->options->no_baselines)
        code = judge_baselines(j, pair, &grid, out, err);
    effects_grid_release(&grid);
    if (code != STATUS_OK)
        effects_pair_release(out);
    return code;
}

/* ---- what can be judged ---- */

static bool is_measured(const effect_sets *sets, const fit_pair *pair)
{
    for (uint32_t i = 0; i < sets->count; i++)
        if (sets->item[i].source_layer == pair->source_layer &&
            sets->item[i].target_layer == pair->target_layer && sets->item[i].effects > 0)
            return true;
    return false;
}

static status find_pairs(effects_judge *j, error *err)
{
    effect_sets sets = {0};
    status code = effect_set_list(j->connection, &sets, err);
    j->pair = mem_alloc(((size_t)j->f.pair_count + 1) * sizeof *j->pair);
    for (uint32_t p = 0; code == STATUS_OK && p < j->f.pair_count; p++) {
        const fit_pair *pair = &j->f.pair[p];
        if (!layer_by_id(j->layers, pair->source_layer) ||
            !layer_by_id(j->layers, pair->target_layer))
            code = error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                             (long long)j->f.id);
        else if (is_measured(&sets, pair) && pair->done < pair->targets)
            j->unfinished++;
        else if (is_measured(&sets, pair))
            j->pair[j->pairs++] = p;
    }
    effect_sets_release(&sets);
    if (code == STATUS_OK && j->pairs == 0)
        code = j->unfinished ? error_set(err, STATUS_INPUT,
                                         "fit %lld is not finished between the layers whose "
                                         "effects were measured; resume it",
                                         (long long)j->f.id)
                             : error_set(err, STATUS_INPUT,
                                         "no effects of interventions were measured between the "
                                         "layers of fit %lld; `circuitlasso effects` adds them",
                                         (long long)j->f.id);
    return code;
}

status effects_judge_open(effects_judge **out, db *d, const layer_set *layers, int64_t fit_id,
                          const effects_options *options, error *err)
{
    effects_judge *j = mem_zero(1, sizeof *j);
    *j = (effects_judge){.connection = d, .layers = layers, .options = options};
    status code = fit_get(d, fit_id, &j->f, err);
    if (code == STATUS_OK)
        code = find_pairs(j, err);
    if (code != STATUS_OK) {
        effects_judge_close(j);
        j = NULL;
    }
    *out = j;
    return code;
}

void effects_judge_close(effects_judge *j)
{
    if (!j)
        return;
    fit_release(&j->f);
    free(j->pair);
    free(j);
}

uint32_t effects_judge_pairs(const effects_judge *j)
{
    return j->pairs;
}

uint32_t effects_judge_unfinished(const effects_judge *j)
{
    return j->unfinished;
}

uint32_t effects_judge_targets(const effects_judge *j, uint32_t i)
{
    return wants_lasso(j) ? j->f.pair[j->pair[i]].targets : 0;
}
