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
 * what so few rounds cannot see; strength is |removal|.
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
#include "src/jobs/folds.h"
#include "src/jobs/refit_folds.h"
#include "src/jobs/refit_permute.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_DOCUMENTS = 8, POINTS_A_DECADE = 24 };

/* Strengths at which edges are counted: those of the circuit's edges of certain ranks. */
typedef struct grid {
    int64_t source_layer, target_layer; /* 0, 0: all pairs */
    uint32_t points;
    double *edges;     /* points: the circuit's edges at or above the threshold */
    double *threshold; /* points, descending; the last is 0 */
} grid;

typedef struct run {
    check_job *job;
    refit *r;
    uint32_t *fold; /* NULL: the noise is whole */
    grid *grid;     /* the whole circuit, then each pair of the fit */
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

static bool take_strength(void *user, const edge *e)
{
    strengths *s = user;
    if (s->count == s->room) {
        s->room = s->room ? 2 * s->room : 4096;
        s->value = mem_grow(s->value, s->room, sizeof *s->value);
    }
    s->value[s->count++] = fabs(e->removal);
    return true;
}

static int descending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a < b) - (a > b);
}

/* Ranks 1, 2, 3, ... further and further apart; the last is all edges, whatever their strength. */
static void make_grid(grid *g, double *value, size_t count)
{
    qsort(value, count, sizeof *value, descending);
    uint32_t room = 16;
    g->edges = mem_alloc(room * sizeof *g->edges);
    g->threshold = mem_alloc(room * sizeof *g->threshold);
    for (size_t rank = 1; rank <= count;) {
        if (g->points + 1 >= room) {
            room *= 2;
            g->edges = mem_grow(g->edges, room, sizeof *g->edges);
            g->threshold = mem_grow(g->threshold, room, sizeof *g->threshold);
        }
        while (rank < count && value[rank] >= value[rank - 1])
            rank++; /* ties come together */
        g->edges[g->points] = (double)rank;
        g->threshold[g->points++] = rank == count ? 0 : value[rank - 1];
        size_t next = (size_t)ceil((double)rank * pow(10, 1.0 / POINTS_A_DECADE));
        next = next > rank ? next : rank + 1;
        rank = rank < count && next > count ? count : next;
    }
}

static status make_grids(run *r, error *err)
{
    const fit *f = r->job->fit;
    strengths all = {0};
    status code = STATUS_OK;
    r->grid = mem_zero(f->pair_count + 1, sizeof *r->grid);
    for (uint32_t p = 0; p < f->pair_count && code == STATUS_OK; p++) {
        strengths own = {0};
        grid *g = &r->grid[p + 1];
        g->source_layer = f->pair[p].source_layer;
        g->target_layer = f->pair[p].target_layer;
        code = fit_each_edge(r->job->connection, f->pair[p].id, take_strength, &own, err);
        for (size_t i = 0; i < own.count; i++)
            take_strength(&all, &(edge){.removal = own.value[i]});
        make_grid(g, own.value, own.count);
        free(own.value);
    }
    make_grid(&r->grid[0], all.value, all.count);
    free(all.value);
    return code;
}

static void free_grids(run *r)
{
    for (uint32_t p = 0; r->grid && p <= r->job->fit->pair_count; p++) {
        free(r->grid[p].edges);
        free(r->grid[p].threshold);
    }
    free(r->grid);
}

static const grid *grid_of(const run *r, int64_t source_layer)
{
    const grid *g = &r->grid[1];
    while (g->source_layer != source_layer || g->target_layer != r->g.target_layer)
        g++;
    return g;
}

/* The first point that an edge of this strength counts at; it counts at all points after it. */
static uint32_t place_of(const grid *g, double strength)
{
    uint32_t low = 0, high = g->points;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (g->threshold[middle] <= strength)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* ---- one round ---- */

/* Where the counts of a part begin: its own grid's, and after them the whole circuit's. */
typedef struct part_count {
    const grid *own;
    uint64_t *at_own, *at_all;
} part_count;

typedef struct counting {
    run *r;
    part_count *part;
} counting;

static bool count_edges(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    counting *k = user;
    run *r = k->r;
    (void)first;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t part = 0;
        for (uint32_t j = 0; j < results[i].parents; j++) {
            uint32_t column = results[i].source[j];
            while (part + 1 < r->g.parts && r->g.part[part + 1].first <= column)
                part++; /* parents ascend */
            double strength = fabs(results[i].weight[j] * r->share[results[i].target] *
                                   r->g.source->active_mean[column]);
            part_count *c = &k->part[part];
            if (c->own->points == 0)
                continue; /* the circuit has no edge there to compare with */
            c->at_own[place_of(c->own, strength)]++;
            c->at_all[place_of(&r->grid[0], strength)]++;
        }
    }
    return true;
}

static uint32_t add_points(check_point *to, const grid *key, const grid *g, const uint64_t *count,
                           const char *series, const char *squares)
{
    uint32_t points = 0;
    double sum = 0;
    for (uint32_t i = 0; i < g->points; i++) {
        sum += (double)count[i];
        for (int squared = 0; squared < 2; squared++) {
            check_point *p = &to[points++];
            *p = (check_point){.source_layer = key->source_layer,
                               .target_layer = key->target_layer,
                               .place = i,
                               .x = g->edges[i],
                               .y = squared ? sum * sum : sum};
            snprintf(p->series, sizeof p->series, "%s", squared ? squares : series);
        }
    }
    return points;
}

/* Adds a round's counts to those of the rounds before. */
static status keep_round(run *r, const counting *k, uint32_t done, error *err)
{
    uint32_t room = 0;
    for (uint32_t p = 0; p < r->g.parts; p++)
        room += 2 * (k->part[p].own->points + r->grid[0].points);
    check_point *point = mem_alloc(room * sizeof *point);
    check_findings f = {.point = point, .add = true};
    for (uint32_t p = 0; p < r->g.parts; p++) {
        const part_count *c = &k->part[p];
        f.points +=
            add_points(point + f.points, c->own, c->own, c->at_own, "null", "null squared");
        f.points += add_points(point + f.points, c->own, &r->grid[0], c->at_all, "null of all",
                               "null of all squared");
    }
    status code = check_keep(r->job, &f, done, err);
    free(point);
    return code;
}

static status run_round(run *r, const lasso_design *design, const matrix *y, uint32_t done,
                        error *err)
{
    counting k = {.r = r, .part = mem_zero(r->g.parts, sizeof *k.part)};
    size_t room = 0;
    for (uint32_t p = 0; p < r->g.parts; p++) {
        k.part[p].own = grid_of(r, r->g.part[p].source_layer);
        room += k.part[p].own->points + r->grid[0].points;
    }
    uint64_t *count = mem_zero(room + 1, sizeof *count), *at = count;
    for (uint32_t p = 0; p < r->g.parts; p++) {
        k.part[p].at_own = at;
        k.part[p].at_all = at += k.part[p].own->points;
        at += r->grid[0].points;
    }
    status code = refit_solve(r->r, &r->g, design, y, r->lambda, count_edges, &k, err);
    if (code == STATUS_OK)
        code = keep_round(r, &k, done, err);
    free(count);
    free(k.part);
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
    check_value *value = mem_alloc((r->g.target_count + 1) * sizeof *value);
    check_findings f = {.value = value};
    status code = STATUS_OK;
    uint32_t folds = (uint32_t)r->job->settings.folds;
    for (uint32_t k = 0; k < folds && code == STATUS_OK; k++)
        code = refit_fold(r->r, &r->g, r->fold, k, sum, err);
    for (uint32_t i = 0; i < r->g.target_count && code == STATUS_OK; i++) {
        uint32_t feature = r->g.targets[i];
        double r2 = refit_explained(sum[feature].error_out, sum[feature].deviation_out);
        value[f.values++] = (check_value){.source_layer = r->g.source_layer,
                                          .target_layer = r->g.target_layer,
                                          .name = "unexplained",
                                          .feature = feature,
                                          .value = r2 > 0 ? 1 - r2 : 1};
    }
    if (code == STATUS_OK)
        code = check_keep(r->job, &f, done, err);
    free(value);
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

/* Sums over the rounds at each point of a grid. */
typedef struct totals {
    double *sum, *variance; /* of the rounds' sum */
} totals;

static void add_totals(totals *t, const check_report *r, const grid *key, const char *series,
                       const char *squares, double rounds)
{
    uint32_t count = 0, squared = 0;
    const check_point *sum =
        check_curve_of(r, key->source_layer, key->target_layer, series, &count);
    const check_point *square =
        check_curve_of(r, key->source_layer, key->target_layer, squares, &squared);
    for (uint32_t i = 0; i < count && i < squared; i++) {
        t->sum[i] += sum[i].y;
        t->variance[i] += fmax(0, square[i].y - sum[i].y * sum[i].y / rounds);
    }
}

typedef struct judgement {
    check_point *point;
    uint32_t points;
    check_figure figure[8];
    uint32_t figures;
} judgement;

static void add_figure(judgement *v, const grid *g, const char *name, double value)
{
    check_figure *f = &v->figure[v->figures++];
    *f = (check_figure){
        .source_layer = g->source_layer, .target_layer = g->target_layer, .value = value};
    snprintf(f->name, sizeof f->name, "%s", name);
}

static void add_point(judgement *v, const grid *g, uint32_t i, const char *series, double y)
{
    check_point *p = &v->point[v->points++];
    *p = (check_point){.source_layer = g->source_layer,
                       .target_layer = g->target_layer,
                       .place = i,
                       .x = g->edges[i],
                       .y = y};
    snprintf(p->series, sizeof p->series, "%s", series);
}

static void judge(judgement *v, const grid *g, const totals *t, double rounds, double rate)
{
    double least = 1;
    uint32_t kept = 0;
    uint32_t last = g->points - 1;
    double *fdr = mem_alloc(g->points * sizeof *fdr);
    for (uint32_t i = g->points; i-- > 0;) {
        least = fmin(least, (1 + t->sum[i]) / (rounds * g->edges[i]));
        fdr[i] = least;
        kept = kept || least > rate ? kept : i + 1;
    }
    for (uint32_t i = 0; i < g->points; i++) {
        add_point(v, g, i, "threshold", g->threshold[i]);
        add_point(v, g, i, "fdr", fdr[i]);
        add_point(v, g, i, "fdr error", sqrt(t->variance[i]) / rounds / g->edges[i]);
    }
    add_figure(v, g, "edges", g->edges[last]);
    add_figure(v, g, "null edges", t->sum[last] / rounds);
    add_figure(v, g, "fdr", fdr[last]);
    add_figure(v, g, "fdr error", sqrt(t->variance[last]) / rounds / g->edges[last]);
    add_figure(v, g, "threshold", kept ? g->threshold[kept - 1] : (double)NAN);
    add_figure(v, g, "edges kept", kept ? g->edges[kept - 1] : 0);
    free(fdr);
}

static status sum_up(run *r, error *err)
{
    check_report report = {0};
    check_job *job = r->job;
    double rounds = (double)job->settings.rounds;
    uint32_t pairs = job->fit->pair_count;
    status code = check_get_report(job->connection, job->about.id, &report, err);
    for (uint32_t p = 0; p <= pairs && code == STATUS_OK; p++) {
        const grid *g = &r->grid[p];
        totals t = {mem_zero(g->points + 1, sizeof *t.sum),
                    mem_zero(g->points + 1, sizeof *t.variance)};
        judgement v = {.point = mem_alloc((3 * (size_t)g->points + 1) * sizeof *v.point)};
        if (p > 0)
            add_totals(&t, &report, g, "null", "null squared", rounds);
        for (uint32_t other = 1; p == 0 && other <= pairs; other++)
            add_totals(&t, &report, &r->grid[other], "null of all", "null of all squared", rounds);
        if (g->points)
            judge(&v, g, &t, rounds, job->settings.rate);
        check_findings f = {
            .figure = v.figure, .figures = v.figures, .point = v.point, .points = v.points};
        code = check_keep(job, &f, p == pairs ? job->about.units : job->about.done, err);
        free(t.sum);
        free(t.variance);
        free(v.point);
    }
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
        code = make_grids(r, err);
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
    free_grids(&r);
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
                  "(mean of %llu rounds, %s noise) where the circuit has %.0f: an estimated false "
                  "discovery rate of %.2g for the circuit as a whole. %s It counts dependence "
                  "between the layers as true, be it direct, through a correlated feature, or "
                  "through what both know about the text.",
                  check_figure_of(report, 0, 0, "null edges"), (unsigned long long)s.rounds,
                  s.noise, edges, check_figure_of(report, 0, 0, "fdr"), choice)
            : mem_copy_text("The circuit has no edges.");
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
    char *choice = kept >= edges ? mem_format("the whole circuit is below a rate of %g", s.rate)
                   : kept > 0 ? mem_format("a rate of %g leaves the %.0f strongest", s.rate, kept)
                              : mem_format("no threshold brings the rate down to %g", s.rate);
    char *text = mem_format("about %.0f of the %.0f edges would arise by chance (false discovery "
                            "rate %.2g): %s",
                            check_figure_of(report, 0, 0, "null edges"), edges,
                            check_figure_of(report, 0, 0, "fdr"), choice);
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
