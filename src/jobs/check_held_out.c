/* Held out: does the surrogate predict documents that it has not seen?
 *
 * Documents are dealt out to K folds; every fold is predicted by a refit on the others, at the
 * fit's own lambdas. Per target, summed over the folds,
 *
 *     outside = 1 - sum |y - prediction|^2 / sum |y - mean|^2      on the fold held out
 *     inside  = the same on the samples that the refit was made from
 *
 * `mean` is that of the samples which the refit saw, so that outside 0 is what a constant learnt
 * there is worth, and below 0 it would have been better. Whole documents are held out because
 * the tokens of one depend on each other: a token's neighbours would give its answer away.
 *
 * Values: inside, outside, memorised (inside less outside, where outside counts as 0 when it is
 * below). Figures, a pair: targets, their median inside and outside, `memorised`: how many have
 * inside at or above the cut and outside below a tenth of inside. Figures of the whole circuit:
 * the same. */
#include "src/base/memory.h"
#include "src/jobs/findings.h"
#include "src/jobs/folds.h"
#include "src/jobs/refit_folds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of refit_sums while there are folds to come. */
static const char *const sum_names[] = {"error inside", "deviation inside", "error outside",
                                        "deviation outside"};
enum { SUMS = 4 };

static double *sum_of(refit_sums *s, int which)
{
    double *const at[SUMS] = {&s->error_in, &s->deviation_in, &s->error_out, &s->deviation_out};
    return at[which];
}

typedef struct run {
    check_job *job;
    refit *r;
    uint32_t *fold;
    refit_regression g;
    refit_sums *sum; /* by target column */
} run;

static status settle(check_settings *s, error *err)
{
    s->folds = s->folds ? s->folds : 5;
    s->cut = isnan(s->cut) ? 0.1 : s->cut;
    if (s->folds < 2 || s->folds > 100)
        return error_set(err, STATUS_USAGE, "%llu folds: expected 2 to 100",
                         (unsigned long long)s->folds);
    return STATUS_OK;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    uint32_t documents = 0;
    status code = refit_applies(d, layers, f, &documents, why, capacity, err);
    if (code == STATUS_OK && !why[0] && documents < settings->folds)
        snprintf(
            why, capacity,
            "%llu parts need as many documents, but the study has %u: whole documents are held "
            "out, never some of their tokens",
            (unsigned long long)settings->folds, documents);
    return code;
}

/* ---- what is stored ---- */

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *list, uint32_t count)
{
    if (count == 0)
        return (double)NAN;
    qsort(list, count, sizeof *list, ascending);
    return (list[(count - 1) / 2] + list[count / 2]) / 2;
}

typedef struct tally {
    double *inside, *outside;
    uint32_t count, memorised;
} tally;

static void count_in(tally *t, double inside, double outside, double cut)
{
    if (isnan(inside) || isnan(outside))
        return;
    t->inside[t->count] = inside;
    t->outside[t->count++] = outside;
    t->memorised += inside >= cut && outside < 0.1 * inside;
}

static void tell_tally(tally *t, findings *f)
{
    findings_figure(f, "targets", t->count);
    findings_figure(f, "inside", median(t->inside, t->count));
    findings_figure(f, "outside", median(t->outside, t->count));
    findings_figure(f, "memorised", t->memorised);
}

static tally tally_create(uint32_t targets)
{
    return (tally){.inside = mem_alloc(targets * sizeof(double)),
                   .outside = mem_alloc(targets * sizeof(double))};
}

static void tally_release(tally *t)
{
    free(t->inside);
    free(t->outside);
}

/* Sums so far, or after the last fold what they come to. */
static status keep(run *r, bool last, uint32_t done, error *err)
{
    const refit_regression *g = &r->g;
    findings f = {.source_layer = g->source_layer, .target_layer = g->target_layer};
    tally t = tally_create(g->target_count);
    for (uint32_t i = 0; i < g->target_count; i++) {
        uint32_t feature = g->targets[i];
        refit_sums *s = &r->sum[feature];
        for (int k = 0; k < SUMS; k++)
            findings_value(&f, sum_names[k], feature, *sum_of(s, k));
        if (!last)
            continue;
        double inside = refit_explained(s->error_in, s->deviation_in);
        double outside = refit_explained(s->error_out, s->deviation_out);
        findings_value(&f, "inside", feature, inside);
        findings_value(&f, "outside", feature, outside);
        findings_value(&f, "memorised", feature, inside - fmax(outside, 0));
        count_in(&t, inside, outside, r->job->settings.cut);
    }
    if (last)
        tell_tally(&t, &f);
    check_findings list = findings_list(&f);
    status code = check_keep(r->job, &list, done, err);
    tally_release(&t);
    findings_release(&f);
    return code;
}

/* ---- what was stored ---- */

typedef struct reading {
    run *r;
    int which;
} reading;

static bool read_sum(void *user, uint32_t feature, double value)
{
    reading *k = user;
    if (feature < k->r->g.target->m.cols)
        *sum_of(&k->r->sum[feature], k->which) = value;
    return true;
}

static status read_sums(run *r, error *err)
{
    status code = STATUS_OK;
    for (int k = 0; k < SUMS && code == STATUS_OK; k++) {
        reading user = {r, k};
        code = check_each_value(r->job->connection, r->job->about.id, r->g.source_layer,
                                r->g.target_layer, sum_names[k], read_sum, &user, err);
    }
    return code;
}

typedef struct pooling {
    double *list;
    uint32_t count, room;
} pooling;

static bool pool(void *user, uint32_t feature, double value)
{
    pooling *p = user;
    (void)feature;
    if (p->count == p->room) {
        p->room = p->room ? 2 * p->room : 1024;
        p->list = mem_grow(p->list, p->room, sizeof *p->list);
    }
    p->list[p->count++] = value;
    return true;
}

/* Figures of the whole circuit, from the values of all pairs. */
static status sum_up(run *r, error *err)
{
    pooling inside = {0}, outside = {0};
    check_job *job = r->job;
    status code = STATUS_OK;
    for (uint32_t p = 0; p < job->fit->pair_count && code == STATUS_OK; p++) {
        const fit_pair *pair = &job->fit->pair[p];
        code = check_each_value(job->connection, job->about.id, pair->source_layer,
                                pair->target_layer, "inside", pool, &inside, err);
        if (code == STATUS_OK)
            code = check_each_value(job->connection, job->about.id, pair->source_layer,
                                    pair->target_layer, "outside", pool, &outside, err);
    }
    if (code == STATUS_OK && inside.count == outside.count) {
        findings f = {0};
        tally t = tally_create(inside.count);
        for (uint32_t i = 0; i < inside.count; i++)
            count_in(&t, inside.list[i], outside.list[i], job->settings.cut);
        tell_tally(&t, &f);
        check_findings list = findings_list(&f);
        code = check_keep(job, &list, job->about.units, err);
        tally_release(&t);
        findings_release(&f);
    }
    free(inside.list);
    free(outside.list);
    return code;
}

static status run_regression(run *r, uint32_t i, error *err)
{
    uint32_t folds = (uint32_t)r->job->settings.folds;
    uint32_t from = r->job->about.done - i * folds;
    status code = refit_load(r->r, i, &r->g, err);
    if (code != STATUS_OK)
        return code;
    atomic_store(&r->job->parts, r->g.target_count);
    r->sum = mem_zero(r->g.target->m.cols, sizeof *r->sum);
    if (from > 0)
        code = read_sums(r, err);
    for (uint32_t f = from; f < folds && code == STATUS_OK; f++) {
        code = refit_fold(r->r, &r->g, r->fold, f, r->sum, err);
        if (code == STATUS_OK)
            code = keep(r, f + 1 == folds, i * folds + f + 1, err);
    }
    free(r->sum);
    r->sum = NULL;
    return code;
}

static status run_all(check_job *job, error *err)
{
    run r = {.job = job};
    uint32_t samples = 0;
    uint32_t folds = (uint32_t)job->settings.folds;
    status code = refit_open(&r.r, job, err);
    if (code != STATUS_OK)
        return code;
    refit_document(r.r, &samples, NULL);
    code = folds_by_document(job->connection, samples, folds, job->settings.seed, &r.fold, err);
    if (code == STATUS_OK)
        code = check_plan(job, refit_count(r.r) * folds + 1, err);
    for (uint32_t i = job->about.done / folds; i < refit_count(r.r) && code == STATUS_OK; i++)
        code = run_regression(&r, i, err);
    if (code == STATUS_OK)
        code = sum_up(&r, err);
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
    double targets = check_figure_of(report, 0, 0, "targets");
    double memorised = check_figure_of(report, 0, 0, "memorised");
    char *text = mem_format(
        "On documents that a refit had not seen (%llu parts, whole documents), half of the %.0f "
        "targets have an R2 of %.2f or more; on the documents that it had seen, %.2f. %.0f "
        "targets "
        "(%.1f %%) explain %.0f %% or more inside and less than a tenth of that outside: their "
        "edges are memorised, "
        "not found.",
        (unsigned long long)s.folds, targets, check_figure_of(report, 0, 0, "outside"),
        check_figure_of(report, 0, 0, "inside"), memorised,
        targets > 0 ? 100 * memorised / targets : 0, 100 * s.cut);
    check_settings_release(&s);
    return text;
}

static char *verdict(const check_report *report)
{
    double targets = check_figure_of(report, 0, 0, "targets");
    double inside = check_figure_of(report, 0, 0, "inside");
    double outside = check_figure_of(report, 0, 0, "outside");
    double memorised = check_figure_of(report, 0, 0, "memorised");
    if (!(targets > 0))
        return mem_copy_text("no target could be predicted on documents held out");
    const char *so = outside <= 0 ? "the weights do not carry over to other documents"
                     : outside >= 0.8 * inside
                         ? "the weights carry over"
                         : "part of what the weights explain does not carry over";
    return mem_format("median R2 %.2f on documents held out, %.2f inside: %s; %.0f of %.0f "
                      "targets only memorise",
                      outside, inside, so, memorised, targets);
}

const check_kind check_kind_held_out = {
    .name = "held-out",
    .meaning = "R2 of every target on documents that a refit has not seen",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
    .worst = "memorised",
    .worst_is_greatest = true,
};
