/* Effects: does removing a feature move what the circuit says it moves? The fit is held against
 * the interventions that its study has measured (effects_judge.h says how, and beside what).
 *
 * A unit is a measured layer pair; the last one puts them together. Figures, a pair and the whole
 * circuit (counts are sums there, all else means over the pairs): removed, cells, moved, edges,
 * found, average_precision, precision_100, ..., sign, rank, slope; from edges on the same of the
 * baselines with `covariance.`, `coactive.` (covariance where both are active) and `lasso.` before
 * the name; covariance.all and coactive.all: average precision with all cells as edges; gain and
 * gain.error (effects_gain, over covariance). Of the whole circuit also: pairs, better (pairs
 * where it beats covariance). Series, a pair and the whole: calibration (x predicted, y measured:
 * means of a bin of edges), deviation (y the standard deviation of what was measured within the
 * bin), and scatter (the edges farthest from 0). Edges: measured, the effect. Values: off, the
 * greatest |measured - predicted| of the edges into a target feature. */
#include "src/base/memory.h"
#include "src/jobs/check.h"
#include "src/jobs/effects_judge.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCATTER_MOST = 1000, FIGURES_MOST = 80 };
enum { SAME_FOR_ALL = 2 }; /* the first figures of a score: whatever the circuit */

static status settle(check_settings *s, error *err)
{
    s->cut = isnan(s->cut) ? EFFECTS_CUT : s->cut;
    if (!(s->cut >= 0 && isfinite(s->cut)))
        return error_set(err, STATUS_USAGE, "a cut of %g: expected a number from 0 on", s->cut);
    return STATUS_OK;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    effects_judge *judge = NULL;
    effects_options options = {.cut = settings->cut};
    error reason = {0};
    status code = effects_judge_open(&judge, d, layers, f->id, &options, &reason);
    effects_judge_close(judge);
    if (code == STATUS_INPUT) {
        snprintf(why, capacity, "%s", reason.message);
        return STATUS_OK;
    }
    if (code != STATUS_OK && err)
        *err = reason;
    return code;
}

/* ---- figures ---- */

/* One figure of a circuit's score; a NULL name ends a list of them. */
typedef struct score_figure {
    const char *name;
    double value;
} score_figure;

static void list_score(const effects_score *s, score_figure list[12])
{
    const score_figure all[12] = {
        {"cells", (double)s->cells},
        {"moved", (double)s->moved},
        {"edges", (double)s->edges},
        {"found", (double)s->found},
        {"average_precision", s->average_precision},
        {"precision_100", s->precision[0]},
        {"precision_300", s->precision[1]},
        {"precision_1000", s->precision[2]},
        {"sign", s->sign_agreement},
        {"rank", s->rank_correlation},
        {"slope", s->slope},
        {NULL, 0},
    };
    memcpy(list, all, sizeof all);
}

/* What one unit stores. */
typedef struct harvest {
    int64_t source_layer, target_layer;
    check_figure figure[FIGURES_MOST];
    uint32_t figures;
    check_point *point;
    uint32_t points;
} harvest;

static void add_figure(harvest *h, const char *prefix, const char *name, double value)
{
    check_figure *f = &h->figure[h->figures++];
    *f = (check_figure){h->source_layer, h->target_layer, "", value};
    snprintf(f->name, sizeof f->name, "%s%s", prefix, name);
}

static void add_score(harvest *h, const char *prefix, const effects_score *score)
{
    score_figure list[12];
    list_score(score, list);
    for (int i = prefix[0] ? SAME_FOR_ALL : 0; score->cells > 0 && list[i].name; i++)
        add_figure(h, prefix, list[i].name, list[i].value);
}

static void add_point(harvest *h, const char *series, uint32_t place, double x, double y)
{
    check_point *p = &h->point[h->points++];
    *p = (check_point){h->source_layer, h->target_layer, "", place, x, y};
    snprintf(p->series, sizeof p->series, "%s", series);
}

static double distance(const effect_cell *c)
{
    return fmax(fabs(c->predicted), fabs(c->measured));
}

static int farthest_first(const void *a, const void *b)
{
    double x = distance(a), y = distance(b);
    return (x < y) - (x > y);
}

static void harvest_pair(harvest *h, const effects_pair *pair)
{
    add_figure(h, "", "removed", pair->removed);
    add_score(h, "", &pair->circuit);
    add_score(h, "covariance.", &pair->covariance);
    add_score(h, "lasso.", &pair->lasso);
    add_score(h, "coactive.", &pair->coactive);
    if (pair->covariance.cells > 0) {
        add_figure(h, "covariance.", "all", pair->covariance_all);
        add_figure(h, "coactive.", "all", pair->coactive_all);
        add_figure(h, "gain", "", pair->gain.mean);
        add_figure(h, "gain", ".error", pair->gain.error);
    }
    h->point = mem_alloc((2 * CALIBRATION_BINS + SCATTER_MOST) * sizeof *h->point);
    for (uint32_t b = 0; b < pair->bins; b++)
        add_point(h, "calibration", b, pair->bin[b].predicted, pair->bin[b].measured);
    for (uint32_t b = 0; b < pair->bins; b++)
        add_point(h, "deviation", b, pair->bin[b].predicted, pair->bin[b].deviation);
    effect_cell *sorted = mem_alloc(pair->edge_count * sizeof *sorted);
    memcpy(sorted, pair->edge, pair->edge_count * sizeof *sorted);
    qsort(sorted, pair->edge_count, sizeof *sorted, farthest_first);
    for (uint32_t i = 0; i < pair->edge_count && i < SCATTER_MOST; i++)
        add_point(h, "scatter", i, sorted[i].predicted, sorted[i].measured);
    free(sorted);
}

/* ---- what was measured, edge by edge ---- */

static int by_target(const void *a, const void *b)
{
    const effect_cell *x = a, *y = b;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

/* Sorts the pair's edges by target, and gives a row of edges and a value to each target. `source`
 * and `value` have room for all edges, `row` and `off` for as many targets. */
static uint32_t list_edges(const harvest *h, effects_pair *pair, uint32_t source_first,
                           uint32_t target_first, check_edges *row, check_value *off,
                           uint32_t *source, float *value)
{
    uint32_t rows = 0;
    qsort(pair->edge, pair->edge_count, sizeof *pair->edge, by_target);
    for (uint32_t i = 0; i < pair->edge_count; i++) {
        const effect_cell *c = &pair->edge[i];
        if (i == 0 || c->target != c[-1].target) {
            uint32_t target = c->target - target_first;
            row[rows] = (check_edges){h->source_layer, h->target_layer, "measured", target, 0,
                                      source + i,      value + i};
            off[rows++] = (check_value){h->source_layer, h->target_layer, "off", target, 0};
        }
        source[i] = c->source - source_first;
        value[i] = (float)c->measured;
        row[rows - 1].count++;
        off[rows - 1].value = fmax(off[rows - 1].value, fabs(c->measured - c->predicted));
    }
    return rows;
}

static status keep_pair(check_job *job, effects_pair *pair, uint32_t done, error *err)
{
    harvest *h = mem_zero(1, sizeof *h);
    size_t edges = (size_t)pair->edge_count + 1;
    check_edges *row = mem_alloc(edges * sizeof *row);
    check_value *off = mem_alloc(edges * sizeof *off);
    uint32_t *source = mem_alloc(edges * sizeof *source);
    float *value = mem_alloc(edges * sizeof *value);
    h->source_layer = job->layers->item[pair->source].id;
    h->target_layer = job->layers->item[pair->target].id;
    harvest_pair(h, pair);
    uint32_t rows = list_edges(h, pair, layer_first(job->layers, pair->source),
                               layer_first(job->layers, pair->target), row, off, source, value);
    check_findings found = {.figure = h->figure,
                            .figures = h->figures,
                            .point = h->point,
                            .points = h->points,
                            .value = off,
                            .values = rows,
                            .edges = row,
                            .edge_rows = rows};
    status code = check_keep(job, &found, done, err);
    free(h->point);
    free(h);
    free(row);
    free(off);
    free(source);
    free(value);
    return code;
}

/* ---- all pairs ---- */

/* A number from the workspace, which may come from elsewhere, as a count. */
static uint32_t as_count(double value)
{
    return value >= 0 && value < UINT32_MAX ? (uint32_t)value : 0;
}

/* A baseline's score as it was stored. */
static effects_score stored_score(const check_report *r, const effects_pair *pair,
                                  const layer_set *layers, const char *prefix)
{
    score_figure list[12];
    effects_score s = {0};
    double value[12] = {[SAME_FOR_ALL] = (double)NAN};
    list_score(&s, list);
    for (int i = SAME_FOR_ALL; list[i].name; i++) {
        char name[CHECK_NAME];
        snprintf(name, sizeof name, "%s%s", prefix, list[i].name);
        value[i] =
            check_figure_of(r, layers->item[pair->source].id, layers->item[pair->target].id, name);
    }
    if (isnan(value[SAME_FOR_ALL])) /* it was done without */
        return s;
    return (effects_score){.cells = pair->circuit.cells,
                           .moved = pair->circuit.moved,
                           .edges = as_count(value[2]),
                           .found = as_count(value[3]),
                           .average_precision = value[4],
                           .precision = {value[5], value[6], value[7]},
                           .sign_agreement = value[8],
                           .rank_correlation = value[9],
                           .slope = value[10]};
}

static effects_gain stored_gain(const check_report *r, int64_t source_layer, int64_t target_layer)
{
    return (effects_gain){
        .mean = check_figure_of(r, source_layer, target_layer, "gain"),
        .error = check_figure_of(r, source_layer, target_layer, "gain.error"),
    };
}

static status keep_whole(check_job *job, const effects_pair *pair, uint32_t pairs, error *err)
{
    effects_pair all = {0};
    harvest *h = mem_zero(1, sizeof *h);
    status code = effects_pair_mean(pair, pairs, &all, err);
    if (code == STATUS_OK) {
        effects_standing standing = effects_standing_of(pair, pairs, &all);
        harvest_pair(h, &all);
        add_figure(h, "", "pairs", standing.pairs);
        add_figure(h, "", "better", standing.better);
        check_findings found = {
            .figure = h->figure, .figures = h->figures, .point = h->point, .points = h->points};
        code = check_keep(job, &found, pairs + 1, err);
    }
    effects_pair_release(&all);
    free(h->point);
    free(h);
    return code;
}

/* The last unit: the circuit's edges are looked up again, which costs little; what the baselines
 * reached was stored with each pair. */
static status sum_up(check_job *job, const effects_options *how, error *err)
{
    effects_options lookup = *how;
    effects_judge *judge = NULL;
    check_report stored = {0};
    lookup.no_baselines = true;
    status code =
        effects_judge_open(&judge, job->connection, job->layers, job->fit->id, &lookup, err);
    if (code == STATUS_OK)
        code = check_get_report(job->connection, job->about.id, &stored, err);
    uint32_t pairs = judge ? effects_judge_pairs(judge) : 0;
    effects_pair *pair = mem_zero((size_t)pairs + 1, sizeof *pair);
    for (uint32_t p = 0; p < pairs && code == STATUS_OK; p++) {
        code = effects_judge_pair(judge, p, &pair[p], err);
        if (code != STATUS_OK)
            break;
        const layer *from = &job->layers->item[pair[p].source];
        const layer *to = &job->layers->item[pair[p].target];
        pair[p].covariance = stored_score(&stored, &pair[p], job->layers, "covariance.");
        pair[p].lasso = stored_score(&stored, &pair[p], job->layers, "lasso.");
        pair[p].covariance_all = check_figure_of(&stored, from->id, to->id, "covariance.all");
        pair[p].coactive = stored_score(&stored, &pair[p], job->layers, "coactive.");
        pair[p].coactive_all = check_figure_of(&stored, from->id, to->id, "coactive.all");
        pair[p].gain = stored_gain(&stored, from->id, to->id);
    }
    if (code == STATUS_OK)
        code = keep_whole(job, pair, pairs, err);
    for (uint32_t p = 0; p < pairs; p++)
        effects_pair_release(&pair[p]);
    free(pair);
    check_report_release(&stored);
    effects_judge_close(judge);
    return code;
}

static status run_all(check_job *job, error *err)
{
    effects_options how = {.cut = job->settings.cut,
                           .threads = job->threads,
                           .memory = job->memory,
                           .cancel = job->cancel,
                           .solved = &job->part};
    effects_judge *judge = NULL;
    status code =
        effects_judge_open(&judge, job->connection, job->layers, job->fit->id, &how, err);
    if (code != STATUS_OK)
        return code;
    uint32_t pairs = effects_judge_pairs(judge);
    code = check_plan(job, pairs + 1, err);
    for (uint32_t p = job->about.done; p < pairs && code == STATUS_OK; p++) {
        effects_pair pair = {0};
        atomic_store(&job->parts, effects_judge_targets(judge, p));
        code = effects_judge_pair(judge, p, &pair, err);
        if (code == STATUS_OK)
            code = keep_pair(job, &pair, p + 1, err);
        effects_pair_release(&pair);
    }
    effects_judge_close(judge);
    return code == STATUS_OK ? sum_up(job, &how, err) : code;
}

static effects_standing stored_standing(const check_report *report)
{
    return (effects_standing){
        .pairs = as_count(check_figure_of(report, 0, 0, "pairs")),
        .better = as_count(check_figure_of(report, 0, 0, "better")),
        .circuit = check_figure_of(report, 0, 0, "average_precision"),
        .covariance = fmax(check_figure_of(report, 0, 0, "covariance.average_precision"),
                           check_figure_of(report, 0, 0, "covariance.all")),
        .gain = stored_gain(report, 0, 0),
        .coactive = fmax(check_figure_of(report, 0, 0, "coactive.average_precision"),
                         check_figure_of(report, 0, 0, "coactive.all")),
    };
}

static char *verdict(const check_report *report)
{
    effects_standing s = stored_standing(report);
    if (isnan(s.circuit))
        return mem_copy_text("no removal moved anything: there is nothing to find");
    static const char *const what[] = {"does not beat", "does not clearly beat", "beats"};
    char *gated =
        s.coactive >= s.circuit
            ? mem_format("; covariance only where both are active reaches %.2f", s.coactive)
            : mem_copy_text("");
    char *text =
        mem_format("%s plain covariance at finding what removals move (AP %.2f against "
                   "%.2f; %u of %u pairs)%s",
                   what[effects_standing_sign(&s) + 1], s.circuit, s.covariance,
                   s.circuit > s.covariance ? s.better : s.pairs - s.better, s.pairs, gated);
    free(gated);
    return text;
}

static char *say(const check_report *report, const layer_set *layers, const fit *f)
{
    (void)layers;
    (void)f;
    effects_standing standing = stored_standing(report);
    double lasso = check_figure_of(report, 0, 0, "lasso.average_precision");
    char *stands = effects_standing_say(&standing);
    char *beside = isnan(lasso)
                       ? mem_copy_text("")
                       : mem_format(" The plain Lasso, without wiring, reaches %.2f.", lasso);
    char *text = mem_format(
        "Judged on every target feature for each of %.0f source features that were really removed "
        "(%.0f of %.0f such cells moved): %s.%s Of the edges that moved, %.0f %% moved the way "
        "that "
        "was predicted, by %.2f of what was predicted (1 is calibrated).",
        check_figure_of(report, 0, 0, "removed"), check_figure_of(report, 0, 0, "moved"),
        check_figure_of(report, 0, 0, "cells"), stands, beside,
        100 * check_figure_of(report, 0, 0, "sign"), check_figure_of(report, 0, 0, "slope"));
    free(stands);
    free(beside);
    return text;
}

const check_kind check_kind_effects = {
    .name = "effects",
    .meaning = "the circuit against measured interventions, beside covariance and Lasso",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
    .worst = "off",
    .worst_is_greatest = true,
};
