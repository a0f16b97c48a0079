/* Null: how many edges would there be if the layers had nothing to do with each other?
 *
 * The target layer is put out of step with its sources in whole documents (refit_permute.h) and
 * the fit is made again, at the lambda that each target has; whatever edges come out are chance.
 * V(t) being their mean number at or above a strength t over the rounds, and R(t) that of the
 * circuit,
 *
 *     fdr(t) = min(1, (1/rounds + V(t)) / R(t)),   made monotone: the least over all t' <= t
 *
 * estimates which part of the edges at or above t are false discoveries. The 1/rounds stands for
 * what so few rounds cannot see; strength is |removal| as the regression has it: a refit has no
 * wiring, so what the wiring says is taken out of the circuit's edges first, and those that only
 * the wiring speaks for (figure `wired alone`) are left out.
 *
 * Which null. A target that its parents explain in part has less noise left than it has variance,
 * so the whole target out of step gives more and stronger chance edges than the fit can have had.
 * By default therefore target j enters with the share of its variance that a refit does not
 * explain on documents held out, s_j^2 = 1 - max(0, R2 outside): its values times s_j. As the
 * elastic net is equivariant, that is the permuted target at lambda_j / s_j with coefficients
 * times s_j. Where nothing depends on anything, s_j is 1. `noise whole` leaves s_j at 1 for all:
 * the test of `no dependence at all`, conservative for every single edge.
 *
 * What counts as true then is any dependence between the two layers in the same text: an edge that
 * stands in for a correlated neighbour of the true source, or that rests on what both layers know
 * about the document (its style, its subject) or the position in it, is no false discovery here.
 */
#include "src/base/memory.h"
#include "src/base/random.h"
#include "src/jobs/fit.h"
#include "src/jobs/folds.h"
#include "src/jobs/null_curve.h"
#include "src/jobs/refit_folds.h"
#include "src/jobs/refit_permute.h"
#include "src/jobs/strength.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_DOCUMENTS = 8 };

static const char wired_alone_name[] = "wired alone";

typedef struct run {
    check_job *job;
    refit *r;
    uint32_t *fold;    /* NULL: the noise is whole */
    null_curve *curve; /* the whole circuit, then each pair of the fit */
    refit_regression g;
    double *share;  /* by target column: s_j */
    double *lambda; /* by target column */
    double same;    /* the greatest share of samples that met their own document */
} run;

static bool is_whole(const check_settings *s)
{
    return strcmp(s->noise, "whole") == 0;
}

static status settle(check_settings *s, error *err)
{
    s->rounds = s->rounds ? s->rounds : 20;
    s->folds = s->folds ? s->folds : 5;
    s->rate = isnan(s->rate) ? 0.05 : s->rate;
    if (!s->noise)
        s->noise = mem_copy_text("unexplained");
    if (s->rounds > 10000)
        return error_set(err, STATUS_USAGE, "%llu rounds: expected 1 to 10000",
                         (unsigned long long)s->rounds);
    if (s->folds < 2 || s->folds > 100)
        return error_set(err, STATUS_USAGE, "%llu folds: expected 2 to 100",
                         (unsigned long long)s->folds);
    if (!(s->rate > 0 && s->rate < 1))
        return error_set(err, STATUS_USAGE,
                         "a false discovery rate of %g: expected more than 0, less than 1",
                         s->rate);
    if (!is_whole(s) && strcmp(s->noise, "unexplained") != 0)
        return error_set(err, STATUS_USAGE, "noise '%s': expected unexplained or whole", s->noise);
    return STATUS_OK;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    uint32_t documents = 0;
    uint32_t least = LEAST_DOCUMENTS;
    if (!is_whole(settings) && settings->folds > least)
        least = (uint32_t)settings->folds;
    status code = refit_applies(d, layers, f, &documents, why, capacity, err);
    if (code == STATUS_OK && !why[0] && documents < least)
        snprintf(why, capacity,
                 "whole documents are put out of step, and %u are too few: expected %u or more",
                 documents, least);
    return code;
}

/* ---- the circuit's own strengths ---- */

typedef struct strengths {
    double *value;
    size_t count, room;
} strengths;

static void add_strength(strengths *s, double strength)
{
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 4096;
        s->value = mem_grow(s->value, s->room, sizeof *s->value);
    }
    s->value[s->count++] = strength;
}

static bool take_strength(void *user, const edge *e)
{
    if (!edge_wired_alone(e->weight, e->wired))
        add_strength(user, fabs(edge_by_regression(e->removal, e->wired)));
    return true;
}

static status make_curves(run *r, error *err)
{
    const fit *f = r->job->fit;
    strengths all = {0};
    status code = STATUS_OK;
    r->curve = mem_zero(f->pair_count + 1, sizeof *r->curve);
    for (uint32_t p = 0; p < f->pair_count && code == STATUS_OK; p++) {
        strengths own = {0};
        null_curve *g = &r->curve[p + 1];
        g->source_layer = f->pair[p].source_layer;
        g->target_layer = f->pair[p].target_layer;
        code = fit_each_edge(r->job->connection, f->pair[p].id, take_strength, &own, err);
        for (size_t i = 0; i < own.count; i++)
            add_strength(&all, own.value[i]);
        null_curve_make(g, own.value, own.count);
        free(own.value);
    }
    null_curve_make(&r->curve[0], all.value, all.count);
    free(all.value);
    return code;
}

static void free_curves(run *r)
{
    for (uint32_t p = 0; r->curve && p <= r->job->fit->pair_count; p++)
        null_curve_release(&r->curve[p]);
    free(r->curve);
}

static const null_curve *curve_of(const run *r, int64_t source_layer)
{
    const null_curve *g = &r->curve[1];
    while (g->source_layer != source_layer || g->target_layer != r->g.target_layer)
        g++;
    return g;
}

/* ---- one round ---- */

/* Where the counts of a part begin: its own curve's, and after them the whole circuit's. */
typedef struct part_count {
    const null_curve *own;
    uint64_t *at_own, *at_all;
} part_count;

typedef struct counting {
    run *r;
    part_count *part;
    layer_data target; /* out of step; borrowed */
    float *y;          /* scratch of the strengths */
    edge_strength *strengths;
} counting;

static bool count_edges(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    counting *k = user;
    run *r = k->r;
    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = 0;
        /* chance edges of the fit are stretched as its true ones are, not by how little is
         * explained of a target out of step */
        double stretch =
            strength_measure(r->g.source, &k->target, &results[i], k->y, k->strengths);
        double factor = r->share[results[i].target] * r->g.stretch[results[i].target] / stretch;
        for (uint32_t j = 0; j < results[i].parents; j++) {
            uint32_t column = results[i].source[j];
            while (part + 1 < r->g.parts && r->g.part[part + 1].first <= column)
                part++; /* parents ascend */
            double strength = fabs(k->strengths[j].removal * factor);
            part_count *c = &k->part[part];
            if (c->own->points) /* else the circuit has no edge there to compare with */
                c->at_own[null_curve_place(c->own, strength)]++;
            if (r->curve[0].points)
                c->at_all[null_curve_place(&r->curve[0], strength)]++;
        }
    }
    return true;
}

/* A round's counts on a curve, and their squares. */
static void add_points(findings *f, const null_curve *g, const uint64_t *count, const char *series,
                       const char *squares)
{
    double sum = 0;
    for (uint32_t i = 0; i < g->points; i++) {
        sum += (double)count[i];
        findings_point(f, series, i, g->edges[i], sum);
        findings_point(f, squares, i, g->edges[i], sum * sum);
    }
}

/* Adds a round's counts to those of the rounds before. */
static status keep_round(run *r, const counting *k, uint32_t done, error *err)
{
    findings f = {0};
    for (uint32_t p = 0; p < r->g.parts; p++) {
        const part_count *c = &k->part[p];
        f.source_layer = c->own->source_layer;
        f.target_layer = c->own->target_layer;
        add_points(&f, c->own, c->at_own, "null", "null squared");
        add_points(&f, &r->curve[0], c->at_all, "null of all", "null of all squared");
    }
    check_findings list = findings_list(&f);
    list.add = true;
    status code = check_keep(r->job, &list, done, err);
    findings_release(&f);
    return code;
}

static status run_round(run *r, const lasso_design *design, const matrix *y, uint32_t done,
                        error *err)
{
    counting k = {.r = r,
                  .part = mem_zero(r->g.parts, sizeof *k.part),
                  .target = {.m = *y, .sd = r->g.target->sd},
                  .y = mem_zero(y->rows, sizeof *k.y),
                  .strengths = mem_alloc(r->g.source->m.cols * sizeof *k.strengths)};
    size_t room = 0;
    for (uint32_t p = 0; p < r->g.parts; p++) {
        k.part[p].own = curve_of(r, r->g.part[p].source_layer);
        room += k.part[p].own->points + r->curve[0].points;
    }
    uint64_t *count = mem_zero(room + 1, sizeof *count), *at = count;
    for (uint32_t p = 0; p < r->g.parts; p++) {
        k.part[p].at_own = at;
        k.part[p].at_all = at += k.part[p].own->points;
        at += r->curve[0].points;
    }
    status code = refit_solve(r->r, &r->g, design, y, r->lambda, count_edges, &k, err);
    if (code == STATUS_OK)
        code = keep_round(r, &k, done, err);
    free(count);
    free(k.part);
    free(k.y);
    free(k.strengths);
    return code;
}

/* ---- how much noise there is ---- */

static bool read_share(void *user, uint32_t feature, double value)
{
    run *r = user;
    if (feature < r->g.target->m.cols && value >= 0 && value <= 1)
        r->share[feature] = sqrt(value);
    return true;
}

/* Finds the unexplained share of each target, as a unit of its own. */
static status find_shares(run *r, uint32_t done, error *err)
{
    refit_sums *sum = mem_zero(r->g.target->m.cols, sizeof *sum);
    findings f = {.source_layer = r->g.source_layer, .target_layer = r->g.target_layer};
    status code = STATUS_OK;
    uint32_t folds = (uint32_t)r->job->settings.folds;
    for (uint32_t k = 0; k < folds && code == STATUS_OK; k++)
        code = refit_fold(r->r, &r->g, r->fold, k, sum, err);
    for (uint32_t i = 0; i < r->g.target_count && code == STATUS_OK; i++) {
        uint32_t feature = r->g.targets[i];
        double r2 = refit_explained(sum[feature].error_out, sum[feature].deviation_out);
        findings_value(&f, "unexplained", feature, r2 > 0 ? 1 - r2 : 1);
    }
    check_findings list = findings_list(&f);
    if (code == STATUS_OK)
        code = check_keep(r->job, &list, done, err);
    findings_release(&f);
    free(sum);
    return code;
}

/* ---- a regression ---- */

static void set_lambdas(run *r)
{
    for (uint32_t i = 0; i < r->g.target_count; i++) {
        uint32_t feature = r->g.targets[i];
        double s = r->share[feature];
        r->lambda[feature] = s > 0 ? r->g.lambda[feature] / s : INFINITY;
    }
}

static status run_rounds(run *r, uint32_t number, uint32_t from, uint32_t before, error *err)
{
    uint32_t documents = 0;
    const uint32_t *document = refit_document(r->r, NULL, &documents);
    lasso_settings settings = refit_settings(r->r, r->lambda);
    lasso_design *design = NULL;
    permuter *permuted = NULL;
    status code = lasso_design_create(&design, &r->g.source->m, &settings, err);
    if (code == STATUS_OK)
        code = permuter_create(&permuted, &r->g.target->m, document, documents, err);
    for (uint32_t k = from; k < r->job->settings.rounds && code == STATUS_OK; k++) {
        const matrix *y = NULL;
        uint64_t stream = random_stream(r->job->settings.seed, number, k);
        code = permuter_next(permuted, stream, &y, err);
        if (code == STATUS_OK)
            code = run_round(r, design, y, before + k + 1, err);
    }
    permuter_free(permuted);
    lasso_design_free(design);
    return code;
}

static status run_regression(run *r, uint32_t number, uint32_t units, error *err)
{
    uint32_t before = number * units; /* units done before this regression */
    uint32_t from = r->job->about.done - before;
    uint32_t first = r->fold ? 1 : 0;
    status code = refit_load(r->r, number, &r->g, err);
    if (code != STATUS_OK)
        return code;
    uint32_t cols = r->g.target->m.cols;
    atomic_store(&r->job->parts, r->g.target_count);
    r->share = mem_alloc(cols * sizeof *r->share);
    r->lambda = mem_zero(cols, sizeof *r->lambda);
    for (uint32_t c = 0; c < cols; c++)
        r->share[c] = 1;
    if (first && from == 0)
        code = find_shares(r, before + 1, err);
    if (first && code == STATUS_OK)
        code = check_each_value(r->job->connection, r->job->about.id, r->g.source_layer,
                                r->g.target_layer, "unexplained", read_share, r, err);
    set_lambdas(r);
    if (code == STATUS_OK)
        code = run_rounds(r, number, from > first ? from - first : 0, before + first, err);
    free(r->share);
    free(r->lambda);
    r->share = r->lambda = NULL;
    return code;
}

/* ---- what the rounds come to ---- */

static status sum_up(run *r, error *err)
{
    check_report report = {0};
    check_job *job = r->job;
    double rounds = (double)job->settings.rounds;
    uint32_t pairs = job->fit->pair_count;
    status code = check_get_report(job->connection, job->about.id, &report, err);
    findings found = {0};
    for (uint32_t p = 0; p <= pairs && code == STATUS_OK; p++) {
        const null_curve *g = &r->curve[p];
        null_totals t = null_totals_create(g);
        if (p > 0)
            null_totals_add(&t, &report, g, "null", "null squared", rounds);
        for (uint32_t other = 1; p == 0 && other <= pairs; other++)
            null_totals_add(&t, &report, &r->curve[other], "null of all", "null of all squared",
                            rounds);
        null_curve_judge(g, &t, rounds, job->settings.rate, &found);
        null_totals_release(&t);
    }
    found.source_layer = found.target_layer = 0;
    if (fit_wired_alone(job->fit) > 0)
        findings_figure(&found, wired_alone_name, (double)fit_wired_alone(job->fit));
    check_findings list = findings_list(&found);
    if (code == STATUS_OK)
        code = check_keep(job, &list, job->about.units, err);
    findings_release(&found);
    check_report_release(&report);
    return code;
}

static status prepare(run *r, error *err)
{
    check_job *job = r->job;
    uint32_t samples = 0;
    refit_document(r->r, &samples, NULL);
    status code = STATUS_OK;
    if (!is_whole(&job->settings))
        code = folds_by_document(job->connection, samples, (uint32_t)job->settings.folds,
                                 job->settings.seed, &r->fold, err);
    if (code == STATUS_OK)
        code = make_curves(r, err);
    return code;
}

static status run_all(check_job *job, error *err)
{
    run r = {.job = job};
    uint32_t units = (uint32_t)job->settings.rounds + (is_whole(&job->settings) ? 0 : 1);
    status code = refit_open(&r.r, job, err);
    if (code == STATUS_OK)
        code = prepare(&r, err);
    if (code == STATUS_OK)
        code = check_plan(job, refit_count(r.r) * units + 1, err);
    for (uint32_t i = job->about.done / units; code == STATUS_OK && i < refit_count(r.r); i++)
        code = run_regression(&r, i, units, err);
    if (code == STATUS_OK)
        code = sum_up(&r, err);
    free_curves(&r);
    free(r.fold);
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
    double kept = check_figure_of(report, 0, 0, "edges kept");
    double alone = check_figure_of(report, 0, 0, wired_alone_name);
    char *choice =
        kept > 0
            ? mem_format("Above a |removal| of %.4g, %.0f edges remain with an estimated false "
                         "discovery rate of at most %.3g.",
                         check_figure_of(report, 0, 0, "threshold"), kept, s.rate)
            : mem_format("No threshold brings the estimated false discovery rate down to %.3g.",
                         s.rate);
    char *text =
        edges > 0
            ? mem_format(
                  "With the layers put out of step in whole documents, %.1f edges arise by chance "
                  "(mean of %llu rounds, %s noise) where the %s has %.0f: an estimated false "
                  "discovery rate of %.2g for the circuit as a whole. %s It counts dependence "
                  "between the layers as true, be it direct, through a correlated feature, or "
                  "through what both know about the text.",
                  check_figure_of(report, 0, 0, "null edges"), (unsigned long long)s.rounds,
                  s.noise ? s.noise : "", alone > 0 ? "regression" : "circuit", edges,
                  check_figure_of(report, 0, 0, "fdr"), choice)
            : mem_copy_text("The circuit has no edges.");
    if (alone > 0) {
        char *longer = mem_format("%s Judged is what the regression says; %.0f more edges, which "
                                  "only the wiring speaks for, are left out.",
                                  text, alone);
        free(text);
        text = longer;
    }
    free(choice);
    check_settings_release(&s);
    return text;
}

static char *verdict(const check_report *report)
{
    check_settings s;
    double edges = check_figure_of(report, 0, 0, "edges");
    double kept = check_figure_of(report, 0, 0, "edges kept");
    if (!(edges > 0))
        return mem_copy_text("the circuit has no edges");
    if (check_settings_of(&report->about, &s, NULL) != STATUS_OK)
        return mem_copy_text("its settings cannot be read");
    bool wired = check_figure_of(report, 0, 0, wired_alone_name) > 0;
    char *choice = kept >= edges
                       ? mem_format("%s below a rate of %g",
                                    wired ? "all of them are" : "the whole circuit is", s.rate)
                   : kept > 0 ? mem_format("a rate of %g leaves the %.0f strongest", s.rate, kept)
                              : mem_format("no threshold brings the rate down to %g", s.rate);
    char *text =
        mem_format("about %.0f of the %s%.0f edges would arise by chance (false discovery "
                   "rate %.2g): %s",
                   check_figure_of(report, 0, 0, "null edges"), wired ? "regression's " : "",
                   edges, check_figure_of(report, 0, 0, "fdr"), choice);
    free(choice);
    check_settings_release(&s);
    return text;
}

const check_kind check_kind_null = {
    .name = "null",
    .meaning = "edges that arise when whole documents are put out of step: false discovery rate",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
};
