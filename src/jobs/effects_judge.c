#include "src/jobs/effects_judge.h"

#include "solver/lasso.h"
#include "src/base/memory.h"
#include "src/jobs/effects_cells.h"
#include "src/jobs/fit.h"
#include "src/jobs/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The circuits that are judged side by side. */
enum { CIRCUIT, COVARIANCE, LASSO, CIRCUITS };

typedef struct judge {
    db *connection;
    const layer_set *layers;
    const effects_options *options;
    fit f;
    effects_report *report;
    effects_edges all[CIRCUITS]; /* cells of the pairs so far */
    stack source;                /* of the pair at work; several layers in a joint fit */
    layer_data target;
} judge;

static bool is_joint(const fit *f)
{
    return strcmp(f->kind, "joint") == 0;
}

static status check_cancel(const judge *j, error *err)
{
    return j->options->cancel && atomic_load(j->options->cancel)
               ? error_set(err, STATUS_INTERRUPTED, "cancelled")
               : STATUS_OK;
}

/* Part `part` (0 to 1) of pair p is done. */
static void tell(const judge *j, uint32_t p, double part)
{
    if (j->options->progress)
        j->options->progress(j->options->user, (p + part) / j->f.pair_count);
}

/* -- the circuits of one pair
 * --------------------------------------------------------------------- */

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

/* Judges the edges, and keeps their cells with those of the other pairs. */
static status judge_edges(judge *j, int which, const effects_grid *g, effects_edges *edges,
                          effects_score *score, error *err)
{
    uint64_t cells = (uint64_t)g->removed_count * g->target->features;
    effects_edges *all = &j->all[which];
    effects_edges_complete(edges, g);
    all->item = mem_grow(all->item, (size_t)all->count + edges->count, sizeof *all->item);
    memcpy(all->item + all->count, edges->item, edges->count * sizeof *edges->item);
    all->count += edges->count;
    return effects_score_cells(edges->item, edges->count, cells, g->cut, score, err);
}

static status load_layers(judge *j, const fit_pair *pair, error *err)
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
static uint32_t first_column(const judge *j, int64_t layer_id)
{
    uint32_t l = 0;
    while (j->source.layer[l] != layer_id)
        l++;
    return j->source.first[l];
}

/* The source layer's own columns; borrowed. */
static matrix own_columns(const judge *j, uint32_t first, uint32_t count)
{
    matrix m = j->source.data.m;
    m.cols = count;
    if (m.dense)
        m.value += (size_t)first * m.rows;
    else
        m.col_start += first; /* starts count from the whole matrix's first entry */
    return m;
}

static status judge_covariance(judge *j, const effects_grid *g, effects_pair *out, error *err)
{
    effects_edges edges = {0};
    uint32_t first = first_column(j, g->source->id);
    matrix own = own_columns(j, first, g->source->features);
    status code = effects_covariance(g, &own, j->source.data.active_mean + first, &j->target.m,
                                     out->circuit.edges, &edges, &out->covariance_all, err);
    if (code == STATUS_OK)
        code = judge_edges(j, COVARIANCE, g, &edges, &out->covariance, err);
    effects_edges_release(&edges);
    return code;
}

/* -- the plain Lasso
 * ------------------------------------------------------------------------------ */

typedef struct lasso_take {
    effects_edges edges;
    const effects_grid *grid;
    const double *active_mean; /* of the source layer's features */
    uint32_t first;            /* its first column */
} lasso_take;

static bool take_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    lasso_take *t = user;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < results[i].parents; k++) {
            uint32_t column = results[i].source[k];
            if (column >= t->first && column - t->first < t->grid->source->features)
                effects_edges_add(&t->edges, t->grid, column - t->first, results[i].target,
                                  results[i].weight[k] * t->active_mean[column - t->first]);
        }
    return true;
}

/* The fit once more, without its ridge. */
static status solve_lasso(judge *j, const fit_pair *pair, lasso_take *take, error *err)
{
    lasso_settings settings = lasso_defaults();
    lasso_hooks hooks = {.user = take, .block = take_block, .cancel = j->options->cancel};
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

static status judge_lasso(judge *j, const fit_pair *pair, const effects_grid *g, effects_pair *out,
                          error *err)
{
    if (j->options->no_lasso || j->f.ridge <= 0)
        return STATUS_OK;
    uint32_t first = first_column(j, g->source->id);
    lasso_take take = {
        .grid = g, .active_mean = j->source.data.active_mean + first, .first = first};
    status code = solve_lasso(j, pair, &take, err);
    if (code == STATUS_OK)
        code = judge_edges(j, LASSO, g, &take.edges, &out->lasso, err);
    effects_edges_release(&take.edges);
    return code;
}

/* -- pairs
 * ---------------------------------------------------------------------------------------- */

static status judge_grid(judge *j, uint32_t number, const effects_grid *g, error *err)
{
    const fit_pair *pair = &j->f.pair[number];
    effects_pair *out = &j->report->pair[j->report->pair_count];
    effects_edges edges = {0};
    *out = (effects_pair){
        .source = g->source->position, .target = g->target->position, .removed = g->removed_count};
    status code = fit_each_edge(j->connection, pair->id, gather_edge,
                                &(gather){.edges = &edges, .grid = g}, err);
    if (code == STATUS_OK)
        code = judge_edges(j, CIRCUIT, g, &edges, &out->circuit, err);
    effects_edges_release(&edges);
    if (code == STATUS_OK)
        code = check_cancel(j, err);
    if (code == STATUS_OK)
        code = load_layers(j, pair, err);
    tell(j, number, 0.2);
    if (code == STATUS_OK)
        code = judge_covariance(j, g, out, err);
    tell(j, number, 0.4);
    if (code == STATUS_OK)
        code = check_cancel(j, err);
    if (code == STATUS_OK)
        code = judge_lasso(j, pair, g, out, err);
    stack_release(&j->source);
    layer_data_release(&j->target);
    tell(j, number, 1);
    j->report->pair_count += code == STATUS_OK;
    return code;
}

/* The first feature of a layer, as circuits number them. */
static uint32_t first_node(const layer_set *layers, uint32_t position)
{
    uint32_t first = 0;
    for (uint32_t l = 0; l < position; l++)
        first += layers->item[l].features;
    return first;
}

static status judge_pair(judge *j, uint32_t number, error *err)
{
    const fit_pair *pair = &j->f.pair[number];
    const layer *source = layer_by_id(j->layers, pair->source_layer);
    const layer *target = layer_by_id(j->layers, pair->target_layer);
    effects_grid grid = {0};
    if (!source || !target)
        return error_set(err, STATUS_INPUT, "fit %lld names a layer that is not in the study",
                         (long long)j->f.id);
    status code = effects_grid_load(&grid, j->connection, source, target, j->options->cut, err);
    grid.source_first = first_node(j->layers, source->position);
    grid.target_first = first_node(j->layers, target->position);
    if (code == STATUS_OK && grid.removed_count == 0)
        j->report->unmeasured++;
    else if (code == STATUS_OK && pair->done < pair->targets)
        j->report->unfinished++;
    else if (code == STATUS_OK)
        code = judge_grid(j, number, &grid, err);
    effects_grid_release(&grid);
    return code;
}

/* -- the whole
 * ------------------------------------------------------------------------------------ */

/* The score of one of the circuits over all pairs. */
static status judge_all(judge *j, int which, const effects_score *(*of)(const effects_pair *),
                        effects_score *out, error *err)
{
    effects_score *pair = mem_alloc(j->report->pair_count * sizeof *pair);
    effects_score together = {0};
    uint64_t cells = 0;
    uint32_t pairs = 0;
    for (uint32_t p = 0; p < j->report->pair_count; p++) {
        const effects_score *score = of(&j->report->pair[p]);
        if (score->cells == 0)
            continue;
        pair[pairs++] = *score;
        cells += score->cells;
    }
    status code = effects_score_cells(j->all[which].item, j->all[which].count, cells,
                                      j->options->cut, &together, err);
    if (code == STATUS_OK)
        *out = effects_score_mean(pair, pairs, &together);
    free(pair);
    return code;
}

static const effects_score *of_circuit(const effects_pair *pair)
{
    return &pair->circuit;
}

static const effects_score *of_covariance(const effects_pair *pair)
{
    return &pair->covariance;
}

static const effects_score *of_lasso(const effects_pair *pair)
{
    return &pair->lasso;
}

/* The edges by how much they disagree, and their calibration. */
static status keep_edges(judge *j, error *err)
{
    effects_report *r = j->report;
    r->edge = j->all[CIRCUIT].item;
    r->edge_count = effects_score_worst(r->edge, j->all[CIRCUIT].count, UINT32_MAX);
    j->all[CIRCUIT] = (effects_edges){0};
    double *x = mem_try(r->edge_count, sizeof *x);
    double *y = mem_try(r->edge_count, sizeof *y);
    for (uint32_t i = 0; x && y && i < r->edge_count; i++) {
        x[i] = r->edge[i].predicted;
        y[i] = r->edge[i].measured;
    }
    status code = x && y ? calibration_curve(x, y, r->edge_count, r->bin, &r->bins, err)
                         : error_memory(err, "a calibration curve");
    free(x);
    free(y);
    return code;
}

static status finish(judge *j, error *err)
{
    effects_report *r = j->report;
    double sum = 0;
    uint32_t terms = 0;
    for (uint32_t p = 0; p < r->pair_count; p++) {
        r->all.removed += r->pair[p].removed;
        if (isfinite(r->pair[p].covariance_all)) {
            sum += r->pair[p].covariance_all;
            terms++;
        }
    }
    r->all.covariance_all = terms ? sum / terms : (double)NAN;
    status code = judge_all(j, CIRCUIT, of_circuit, &r->all.circuit, err);
    if (code == STATUS_OK)
        code = judge_all(j, COVARIANCE, of_covariance, &r->all.covariance, err);
    if (code == STATUS_OK && j->all[LASSO].count > 0)
        code = judge_all(j, LASSO, of_lasso, &r->all.lasso, err);
    return code == STATUS_OK ? keep_edges(j, err) : code;
}

static status judge_pairs(judge *j, error *err)
{
    status code = STATUS_OK;
    for (uint32_t p = 0; p < j->f.pair_count && code == STATUS_OK; p++)
        code = judge_pair(j, p, err);
    if (code != STATUS_OK || j->report->pair_count > 0)
        return code;
    return j->report->unfinished
               ? error_set(err, STATUS_INPUT,
                           "fit %lld is not finished between the layers whose effects were "
                           "measured; resume it",
                           (long long)j->f.id)
               : error_set(err, STATUS_INPUT,
                           "no effects of interventions were measured between the layers of fit "
                           "%lld; a manifest's 'effects' bring them in",
                           (long long)j->f.id);
}

status effects_judge(db *d, const layer_set *layers, int64_t fit_id,
                     const effects_options *options, effects_report **out, error *err)
{
    judge j = {.connection = d, .layers = layers, .options = options};
    *out = NULL;
    status code = fit_get(d, fit_id, &j.f, err);
    if (code != STATUS_OK)
        return code;
    j.report = mem_zero(1, sizeof *j.report);
    j.report->fit_id = j.f.id;
    j.report->cut = options->cut;
    j.report->pair = mem_zero(j.f.pair_count, sizeof *j.report->pair);
    code = judge_pairs(&j, err);
    if (code == STATUS_OK)
        code = finish(&j, err);
    for (int which = 0; which < CIRCUITS; which++)
        effects_edges_release(&j.all[which]);
    fit_release(&j.f);
    if (code == STATUS_OK)
        *out = j.report;
    else
        effects_report_free(j.report);
    return code;
}

void effects_report_free(effects_report *r)
{
    if (!r)
        return;
    free(r->pair);
    free(r->edge);
    free(r);
}

bool effects_beat_covariance(const effects_pair *pair)
{
    double best = fmax(pair->covariance.average_precision, pair->covariance_all);
    return pair->circuit.average_precision > best;
}

void effects_verdict(const effects_report *r, char *text, size_t capacity)
{
    uint32_t better = 0;
    for (uint32_t p = 0; p < r->pair_count; p++)
        better += effects_beat_covariance(&r->pair[p]);
    double best = fmax(r->all.covariance.average_precision, r->all.covariance_all);
    bool beats = effects_beat_covariance(&r->all);
    snprintf(text, capacity,
             "%s: average precision %.2f against %.2f; better in %u of %u layer pairs",
             beats ? "the circuit finds what removals move better than plain covariance does"
                   : "the circuit does not beat plain covariance, which needs no fit: it is not "
                     "worth its name here",
             r->all.circuit.average_precision, best, better, r->pair_count);
}
