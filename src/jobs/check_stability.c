/* Stability: which edges does every half of the documents find?
 *
 * Complementary pairs stability selection (Shah and Samworth, J. R. Statist. Soc. B 75, 2013,
 * 55-80): B times the documents are dealt out to two halves of nearly equal numbers of samples,
 * and the fit is made again on each, at the lambda that each target has. The frequency of an edge
 * is the share of the 2B halves that have it (edges that only the wiring speaks for, which halves
 * are fitted without, are left out: figure `wired alone`); the stable edges are those of the
 * circuit whose frequency is at or above the cut tau.
 *
 * Error control. Take a target with D sources that vary, and q of them as parents in a half on
 * average, and call false those sources that a half picks no more often than one in D/q (theta =
 * q/D), as it does with noise that is all alike. Their expected number among the stable edges of
 * this target is at most
 *
 *     theta q / (2 tau - 1)                               whatever the distribution (theorem 1)
 *     theta q C(tau, B)                                   if frequencies of false edges are
 * unimodal (theorem 2) C = 1 / (2 (2 tau - 1 - 1/(2B)))      tau <= 3/4, and tau above the lesser
 * of 1/2 + theta^2 and 1/2 + 1/(2B) + 3 theta^2 / 4 C = 4 (1 - tau + 1/(2B)) / (1 + 1/B)  tau >
 * 3/4
 *
 * the second for theta <= 1/sqrt(3) and tau >= 1/2 + 1/B, and never more than q; elsewhere the
 * first is used. The bounds are summed over the targets. They hold for documents that are drawn
 * alike and independently; half the documents find less than all do, so that a true but weak edge
 * may be unstable. */
#include "solver/subset.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/jobs/findings.h"
#include "src/jobs/fit.h"
#include "src/jobs/folds.h"
#include "src/jobs/refit.h"
#include "src/jobs/stability.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 10000 };
static const double patience = 2; /* seconds between two visits to the disk */

static const char frequency_name[] = "frequency";
static const char selected_name[] = "selected";
static const char wired_alone_name[] = "wired alone";

/* The circuit's edges into a regression's targets, from one source layer. */
typedef struct edge_list {
    int64_t source_layer;
    uint32_t *start;  /* target columns + 1 */
    uint32_t *source; /* ascending for each target */
    uint16_t *count;  /* halves that have it */
    uint64_t edges, room;
    uint32_t column; /* while it is read */
} edge_list;

typedef struct run {
    check_job *job;
    refit *r;
    refit_regression g;
    edge_list *list;    /* g.parts */
    uint64_t *selected; /* by target column: parents, over the halves so far */
} run;

static status settle(check_settings *s, error *err)
{
    s->rounds = s->rounds ? s->rounds : 50;
    s->cut = isnan(s->cut) ? 0.8 : s->cut;
    if (s->rounds > MOST_ROUNDS)
        return error_set(err, STATUS_USAGE, "%llu pairs of halves: expected 1 to %d",
                         (unsigned long long)s->rounds, MOST_ROUNDS);
    if (!(s->cut > 0.5 && s->cut <= 1))
        return error_set(err, STATUS_USAGE,
                         "a frequency of %g as the cut: expected more than 0.5, at most 1",
                         s->cut);
    return STATUS_OK;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    uint32_t documents = 0;
    (void)settings;
    status code = refit_applies(d, layers, f, &documents, why, capacity, err);
    if (code == STATUS_OK && !why[0] && documents < 4)
        snprintf(why, capacity,
                 "halves are made of whole documents, and %u are too few: expected 4 or more",
                 documents);
    return code;
}

/* ---- the circuit's edges ---- */

static bool take_edge(void *user, const edge *e)
{
    edge_list *l = user;
    if (edge_wired_alone(e->weight, e->wired)) /* no half can have it */
        return true;
    if (l->edges == l->room) {
        l->room = l->room ? 2 * l->room : 4096;
        l->source = mem_grow(l->source, l->room, sizeof *l->source);
    }
    while (l->column < e->target)
        l->start[++l->column] = (uint32_t)l->edges;
    l->source[l->edges++] = e->source;
    return l->edges < UINT32_MAX;
}

static status load_edges(run *r, error *err)
{
    uint32_t cols = r->g.target->m.cols;
    status code = STATUS_OK;
    r->list = mem_zero(r->g.parts, sizeof *r->list);
    r->selected = mem_zero(cols, sizeof *r->selected);
    for (uint32_t p = 0; p < r->g.parts && code == STATUS_OK; p++) {
        edge_list *l = &r->list[p];
        l->source_layer = r->g.part[p].source_layer;
        l->start = mem_zero((size_t)cols + 1, sizeof *l->start);
        code = fit_each_edge(r->job->connection, r->g.part[p].pair_id, take_edge, l, err);
        if (code == STATUS_OK && (l->column >= cols || l->edges == UINT32_MAX))
            code = error_set(err, STATUS_INPUT, "fit %lld has edges that its layers have not",
                             (long long)r->job->fit->id);
        while (code == STATUS_OK && l->column < cols)
            l->start[++l->column] = (uint32_t)l->edges;
        l->count = mem_zero(l->edges + 1, sizeof *l->count);
    }
    return code;
}

static void free_edges(run *r)
{
    for (uint32_t p = 0; r->list && p < r->g.parts; p++) {
        free(r->list[p].start);
        free(r->list[p].source);
        free(r->list[p].count);
    }
    free(r->list);
    free(r->selected);
    r->list = NULL;
    r->selected = NULL;
}

/* ---- one half ---- */

static void count_parents(edge_list *l, uint32_t target, const uint32_t *source, uint32_t count,
                          uint32_t first)
{
    uint32_t at = l->start[target], end = l->start[target + 1];
    for (uint32_t i = 0; i < count && at < end; i++) {
        uint32_t feature = source[i] - first;
        while (at < end && l->source[at] < feature)
            at++;
        if (at < end && l->source[at] == feature)
            l->count[at++]++;
    }
}

static bool count_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    run *r = user;
    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        const lasso_result *result = &results[i];
        uint32_t from = 0;
        r->selected[result->target] += result->parents;
        for (uint32_t p = 0; p < r->g.parts; p++) {
            uint32_t begin = r->g.part[p].first, to = from;
            while (to < result->parents &&
                   (p + 1 == r->g.parts || result->source[to] < r->g.part[p + 1].first))
                to++;
            count_parents(&r->list[p], result->target, result->source + from, to - from, begin);
            from = to;
        }
    }
    return true;
}

static status run_half(run *r, const uint32_t *fold, uint32_t half, error *err)
{
    matrix x = {0}, y = {0};
    lasso_design *design = NULL;
    lasso_settings settings = refit_settings(r->r, r->g.lambda);
    uint32_t rows = r->g.source->m.rows;
    uint8_t *keep = mem_try(rows, 1);
    if (!keep)
        return error_memory(err, "half of the samples");
    for (uint32_t i = 0; i < rows; i++)
        keep[i] = fold[i] == half;
    status code = subset_rows(&r->g.source->m, keep, &x, err);
    if (code == STATUS_OK)
        code = subset_rows(&r->g.target->m, keep, &y, err);
    free(keep);
    if (code == STATUS_OK)
        code = lasso_design_create(&design, &x, &settings, err);
    if (code == STATUS_OK)
        code = refit_solve(r->r, &r->g, design, &y, r->g.lambda, count_block, r, err);
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
    return code;
}

/* ---- what is stored ---- */

static void tell_selected(const run *r, uint32_t pairs, findings *f)
{
    f->source_layer = r->g.source_layer;
    f->target_layer = r->g.target_layer;
    for (uint32_t i = 0; i < r->g.target_count; i++) {
        uint32_t feature = r->g.targets[i];
        findings_value(f, selected_name, feature, (double)r->selected[feature] / (2.0 * pairs));
    }
}

static uint32_t tell_edges(const run *r, const edge_list *l, uint32_t pairs, check_edges *row,
                           float *value)
{
    uint32_t rows = 0;
    for (uint32_t t = 0; t < r->g.target->m.cols; t++) {
        uint32_t count = l->start[t + 1] - l->start[t];
        if (count == 0)
            continue;
        check_edges *e = &row[rows++];
        *e = (check_edges){.source_layer = l->source_layer,
                           .target_layer = r->g.target_layer,
                           .target = t,
                           .count = count,
                           .source = l->source + l->start[t],
                           .value = value + l->start[t]};
        memcpy(e->name, frequency_name, sizeof frequency_name);
        for (uint32_t k = 0; k < count; k++)
            e->value[k] = (float)(l->count[l->start[t] + k] / (2.0 * pairs));
    }
    return rows;
}

/* Frequencies over the pairs of halves so far. */
static status keep(run *r, uint32_t pairs, uint32_t done, error *err)
{
    uint32_t cols = r->g.target->m.cols;
    check_edges *row = mem_alloc((size_t)r->g.parts * cols * sizeof *row);
    float **number = mem_zero(r->g.parts, sizeof *number);
    findings found = {0};
    tell_selected(r, pairs, &found);
    check_findings f = findings_list(&found);
    f.edges = row;
    for (uint32_t p = 0; p < r->g.parts; p++) {
        number[p] = mem_alloc((r->list[p].edges + 1) * sizeof **number);
        f.edge_rows += tell_edges(r, &r->list[p], pairs, row + f.edge_rows, number[p]);
    }
    status code = check_keep(r->job, &f, done, err);
    for (uint32_t p = 0; p < r->g.parts; p++)
        free(number[p]);
    free(number);
    free(row);
    findings_release(&found);
    return code;
}

/* ---- what was stored ---- */

typedef struct reading {
    run *r;
    edge_list *l;
    double halves;
    bool foreign;
} reading;

static bool read_counts(void *user, const check_edges *e)
{
    reading *k = user;
    edge_list *l = k->l;
    k->foreign = e->target >= k->r->g.target->m.cols ||
                 e->count != l->start[e->target + 1] - l->start[e->target];
    for (uint32_t i = 0; !k->foreign && i < e->count; i++)
        l->count[l->start[e->target] + i] = (uint16_t)lround((double)e->value[i] * k->halves);
    return !k->foreign;
}

static bool read_selected(void *user, uint32_t feature, double value)
{
    reading *k = user;
    k->foreign = feature >= k->r->g.target->m.cols || !(value >= 0);
    if (!k->foreign)
        k->r->selected[feature] = (uint64_t)llround(value * k->halves);
    return !k->foreign;
}

/* The counts after so many pairs of halves. */
static status read_back(run *r, uint32_t pairs, error *err)
{
    reading k = {.r = r, .halves = 2.0 * pairs};
    check_job *job = r->job;
    status code = check_each_value(job->connection, job->about.id, r->g.source_layer,
                                   r->g.target_layer, selected_name, read_selected, &k, err);
    for (uint32_t p = 0; p < r->g.parts && code == STATUS_OK && !k.foreign; p++) {
        k.l = &r->list[p];
        code = check_each_edges(job->connection, job->about.id, k.l->source_layer,
                                r->g.target_layer, frequency_name, read_counts, &k, err);
    }
    return code == STATUS_OK && k.foreign
               ? error_set(err, STATUS_INPUT, "check %lld has findings that its fit has not",
                           (long long)job->about.id)
               : code;
}

static status run_pairs(run *r, uint32_t number, uint32_t from, error *err)
{
    uint32_t pairs = (uint32_t)r->job->settings.rounds;
    double kept = clock_seconds();
    status code = STATUS_OK;
    for (uint32_t k = from; k < pairs && code == STATUS_OK; k++) {
        uint32_t *fold = NULL;
        code = folds_by_document(r->job->connection, r->g.source->m.rows, 2,
                                 random_stream(r->job->settings.seed, number, k), &fold, err);
        for (uint32_t half = 0; half < 2 && code == STATUS_OK; half++)
            code = run_half(r, fold, half, err);
        free(fold);
        bool now = k + 1 == pairs || clock_seconds() - kept > patience;
        if (code == STATUS_OK && now) {
            code = keep(r, k + 1, number * pairs + k + 1, err);
            kept = clock_seconds();
        } else if (code == STATUS_OK) {
            check_show(r->job, number * pairs + k + 1);
        }
    }
    return code;
}

static status run_regression(run *r, uint32_t number, error *err)
{
    uint32_t pairs = (uint32_t)r->job->settings.rounds;
    uint32_t from = r->job->about.done - number * pairs;
    status code = refit_load(r->r, number, &r->g, err);
    if (code != STATUS_OK)
        return code;
    atomic_store(&r->job->parts, 2 * r->g.target_count);
    code = load_edges(r, err);
    if (code == STATUS_OK && from > 0)
        code = read_back(r, from, err);
    if (code == STATUS_OK)
        code = run_pairs(r, number, from, err);
    free_edges(r);
    return code;
}

/* ---- what the frequencies come to ---- */

static uint32_t count_varying(const layer_data *source)
{
    uint32_t count = 0;
    for (uint32_t f = 0; f < source->m.cols; f++)
        count += source->sd[f] > 0;
    return count;
}

typedef struct gathering {
    stability_tally *pair, *all;
    double sources; /* that vary */
} gathering;

static bool gather_edges(void *user, const check_edges *e)
{
    gathering *k = user;
    for (uint32_t i = 0; i < e->count; i++) {
        stability_add_edge(k->pair, (double)e->value[i]);
        stability_add_edge(k->all, (double)e->value[i]);
    }
    return true;
}

static bool gather_bounds(void *user, uint32_t feature, double value)
{
    gathering *k = user;
    (void)feature;
    stability_add_target(k->pair, value, k->sources);
    stability_add_target(k->all, value, k->sources);
    return true;
}

/* A regression's pairs; the bounds are of the regression, and told with the pair of its targets.
 */
static status judge_regression(run *r, stability_tally *all, findings *out, error *err)
{
    check_job *job = r->job;
    status code = STATUS_OK;
    for (uint32_t p = 0; p < r->g.parts && code == STATUS_OK; p++) {
        stability_tally t = stability_tally_create((uint32_t)job->settings.rounds);
        gathering k = {.pair = &t, .all = all, .sources = count_varying(r->g.source)};
        int64_t source = r->g.part[p].source_layer;
        bool own = source == r->g.source_layer;
        code = check_each_edges(job->connection, job->about.id, source, r->g.target_layer,
                                frequency_name, gather_edges, &k, err);
        if (code == STATUS_OK && own)
            code = check_each_value(job->connection, job->about.id, source, r->g.target_layer,
                                    selected_name, gather_bounds, &k, err);
        out->source_layer = source;
        out->target_layer = r->g.target_layer;
        stability_tell(&t, job->settings.cut, own, out);
        stability_tally_release(&t);
    }
    return code;
}

static status sum_up(run *r, error *err)
{
    stability_tally all = stability_tally_create((uint32_t)r->job->settings.rounds);
    findings found = {0};
    status code = STATUS_OK;
    for (uint32_t i = 0; i < refit_count(r->r) && code == STATUS_OK; i++) {
        code = refit_load(r->r, i, &r->g, err);
        if (code == STATUS_OK)
            code = judge_regression(r, &all, &found, err);
    }
    found.source_layer = found.target_layer = 0;
    stability_tell(&all, r->job->settings.cut, true, &found);
    if (fit_wired_alone(r->job->fit) > 0)
        findings_figure(&found, wired_alone_name, (double)fit_wired_alone(r->job->fit));
    check_findings list = findings_list(&found);
    if (code == STATUS_OK)
        code = check_keep(r->job, &list, r->job->about.units, err);
    findings_release(&found);
    stability_tally_release(&all);
    return code;
}

static status run_all(check_job *job, error *err)
{
    run r = {.job = job};
    uint32_t pairs = (uint32_t)job->settings.rounds;
    status code = refit_open(&r.r, job, err);
    if (code == STATUS_OK)
        code = check_plan(job, refit_count(r.r) * pairs + 1, err);
    for (uint32_t i = job->about.done / pairs; code == STATUS_OK && i < refit_count(r.r); i++)
        code = run_regression(&r, i, err);
    if (code == STATUS_OK)
        code = sum_up(&r, err);
    refit_close(r.r);
    return code;
}

static char *say(const check_report *report, const layer_set *layers, const fit *f)
{
    (void)layers;
    (void)f;
    check_settings s;
    if (check_settings_of(&report->about, &s, NULL) != STATUS_OK)
        return mem_copy_text("");
    double edges = check_figure_of(report, 0, 0, "edges");
    double stable = check_figure_of(report, 0, 0, "stable");
    bool wired = check_figure_of(report, 0, 0, wired_alone_name) > 0;
    char *text = mem_format(
        "Of the %s's %.0f edges, %.0f (%.1f %%) come back in at least %.0f %% of %llu halves "
        "of the documents. Of edges that a half picks no more often than it would at random, at "
        "most %.3g are expected among stable ones, whatever the distribution; %.3g if frequencies "
        "of such edges are unimodal (Shah and Samworth 2013). An edge that is not stable may "
        "still "
        "be true: a half sees less.",
        wired ? "regression" : "circuit", edges, stable, edges > 0 ? 100 * stable / edges : 0,
        100 * s.cut, 2 * (unsigned long long)s.rounds, check_figure_of(report, 0, 0, "bound"),
        check_figure_of(report, 0, 0, "unimodal bound"));
    check_settings_release(&s);
    return text;
}

static char *verdict(const check_report *report)
{
    check_settings s;
    double edges = check_figure_of(report, 0, 0, "edges");
    double stable = check_figure_of(report, 0, 0, "stable");
    if (!(edges > 0))
        return mem_copy_text("the circuit has no edges");
    if (check_settings_of(&report->about, &s, NULL) != STATUS_OK)
        return mem_copy_text("its settings cannot be read");
    bool wired = check_figure_of(report, 0, 0, wired_alone_name) > 0;
    char *text = mem_format("%.0f of %s%.0f edges (%.0f %%) come back in at least %.0f %% of the "
                            "halves; of these at most %.0f are expected to be noise",
                            stable, wired ? "the regression's " : "", edges, 100 * stable / edges,
                            100 * s.cut, check_figure_of(report, 0, 0, "bound"));
    check_settings_release(&s);
    return text;
}

const check_kind check_kind_stability = {
    .name = "stability",
    .meaning = "how often each edge comes back in halves of the documents",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
};
