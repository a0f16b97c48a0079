/* Truth: how well does the circuit agree with a known one, of a file?
 *
 * Figures, a pair and of the whole: what score_figures has. Of the whole, too: `by` (the strength
 * that was judged, as a number of the enum strength), `edges elsewhere` and `truth elsewhere` (in
 * pairs that were not judged), and a kind of the truth `lines KIND` and `found KIND`. Edges:
 * `missing` (their true weight) and `spurious` (their strength), the greatest of each; a component
 * stands there as its first feature. */
#include "src/base/memory.h"
#include "src/circuit/trust.h"
#include "src/jobs/check.h"
#include "src/jobs/known.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 10000, FIGURES_OF_PAIR = 16, FIGURES_OF_ALL = 3 };

static status settle(check_settings *s, error *err)
{
    strength by;
    s->cut = isnan(s->cut) ? 0 : s->cut;
    s->pairs = s->pairs ? s->pairs : mem_copy_text("truth");
    if (!(s->cut >= 0))
        return error_set(err, STATUS_USAGE, "a threshold of %g, expected 0 or more", s->cut);
    if (strcmp(s->pairs, "truth") != 0 && strcmp(s->pairs, "all") != 0)
        return error_set(err, STATUS_USAGE, "pairs '%s', expected truth or all", s->pairs);
    if (s->by && !strength_find(s->by, &by))
        return error_set(err, STATUS_USAGE, "'%s', expected removal, weight or standardised",
                         s->by);
    if (s->stable < 0 || s->stable > 1 || s->fdr < 0 || s->fdr > 1) /* NaN: neither */
        return error_set(err, STATUS_USAGE,
                         "a share of halves or of false edges: expected 0 to 1");
    char *whole = s->file ? realpath(s->file, NULL) : NULL; /* it may be run from elsewhere */
    if (whole) {
        free(s->file);
        s->file = whole;
    }
    return STATUS_OK;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    (void)d, (void)layers, (void)err;
    if (!settings->file)
        snprintf(why, capacity, "it needs a file with the true edges");
    else if (f->pair_count == 0)
        snprintf(why, capacity, "fit %lld is of a target variable, not of layer pairs",
                 (long long)f->id);
    return STATUS_OK;
}

/* The fit's pairs; of them those that the truth has an edge of, if only they are asked for. */
static uint32_t choose_pairs(const check_job *job, const known *k, score_pair *pair)
{
    uint32_t layers = k->units.layer_count, count = 0;
    bool all = strcmp(job->settings.pairs, "all") == 0;
    bool *known_of = mem_zero((size_t)layers * layers, sizeof *known_of);
    for (size_t i = 0; i < k->count; i++)
        if (k->truth[i].weight != 0)
            known_of[score_unit_position(&k->units, k->truth[i].source) * layers +
                     score_unit_position(&k->units, k->truth[i].target)] = true;
    for (uint32_t p = 0; p < job->fit->pair_count; p++) {
        const layer *source = layer_by_id(job->layers, job->fit->pair[p].source_layer);
        const layer *target = layer_by_id(job->layers, job->fit->pair[p].target_layer);
        if (all || known_of[source->position * layers + target->position])
            pair[count++] = (score_pair){source->position, target->position};
    }
    free(known_of);
    return count;
}

/* Removal is what a source does where it is active, which needs layers that are mostly silent. */
static strength choose_strength(const check_job *job, const score_pair *pair, uint32_t count)
{
    strength by = STRENGTH_REMOVAL;
    if (job->settings.by) {
        strength_find(job->settings.by, &by);
        return by;
    }
    for (uint32_t p = 0; p < count; p++)
        if (job->layers->item[pair[p].source].kind != LAYER_SAE)
            by = STRENGTH_WEIGHT;
    return by;
}

/* ---- what is stored ---- */

typedef struct storing {
    const check_job *job;
    const known *k;
    check_figure *figure;
    uint32_t figures;
} storing;

static int64_t layer_at(const storing *s, uint32_t position)
{
    return s->job->layers->item[position].id;
}

static void put(storing *s, int64_t source, int64_t target, const char *name, double value)
{
    check_figure *f = &s->figure[s->figures++];
    *f = (check_figure){.source_layer = source, .target_layer = target, .value = value};
    snprintf(f->name, sizeof f->name, "%s", name);
}

static void put_figures(storing *s, int64_t source, int64_t target, const score_figures *f)
{
    put(s, source, target, "candidates", (double)f->candidates);
    put(s, source, target, "true edges", (double)f->true_edges);
    put(s, source, target, "silent", (double)f->silent);
    put(s, source, target, "edges", (double)f->edges);
    put(s, source, target, "found", (double)f->found);
    put(s, source, target, "right", (double)f->right);
    put(s, source, target, "missing", (double)f->missing);
    put(s, source, target, "spurious", (double)f->spurious);
    put(s, source, target, "distance", (double)f->distance);
    put(s, source, target, "precision", f->precision);
    put(s, source, target, "recall", f->recall);
    put(s, source, target, "f1", f->f1);
    put(s, source, target, "average precision", f->average_precision);
    put(s, source, target, "auroc", f->auroc);
    put(s, source, target, "best f1", f->best.f1);
    put(s, source, target, "best threshold", f->best.threshold);
}

static void put_all(storing *s, const score *found, strength by)
{
    char name[CHECK_NAME];
    put_figures(s, 0, 0, &found->all);
    put(s, 0, 0, "by", (double)by);
    put(s, 0, 0, "edges elsewhere", (double)found->edges_elsewhere);
    put(s, 0, 0, "truth elsewhere", (double)found->truth_elsewhere);
    for (uint32_t p = 0; p < s->k->units.layer_count; p++) {
        snprintf(name, sizeof name, "components %u", p);
        if (s->k->by_component[p])
            put(s, 0, 0, name, 1);
    }
    for (uint32_t i = 0; i < s->k->kinds; i++) {
        const char *kind = s->k->kind[i];
        if (!*kind || found->kind[i].lines == 0)
            continue;
        snprintf(name, sizeof name, "lines %.*s", KNOWN_KIND_LENGTH, kind);
        put(s, 0, 0, name, (double)found->kind[i].lines);
        snprintf(name, sizeof name, "found %.*s", KNOWN_KIND_LENGTH, kind);
        put(s, 0, 0, name, (double)found->kind[i].found);
    }
    for (uint32_t p = 0; p < found->pair_count; p++)
        put_figures(s, layer_at(s, found->pair[p].pair.source),
                    layer_at(s, found->pair[p].pair.target), &found->pair[p]);
}

static int by_target(const void *left, const void *right)
{
    const score_edge *a = left, *b = right;
    if (a->target != b->target)
        return a->target < b->target ? -1 : 1;
    return a->source < b->source ? -1 : a->source > b->source;
}

/* Edges as rows of one target and one source layer; sources lists all of them one after the other.
 */
typedef struct rows {
    check_edges *row;
    uint32_t count;
    uint32_t *source;
    float *value;
} rows;

static void put_edges(const storing *s, const char *name, const score_edge *list, uint32_t count,
                      rows *out)
{
    const score_units *u = &s->k->units;
    score_edge *sorted = mem_alloc(count * sizeof *sorted);
    *out = (rows){mem_alloc(count * sizeof *out->row), 0, mem_alloc(count * sizeof *out->source),
                  mem_alloc(count * sizeof *out->value)};
    memcpy(sorted, list, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_target);
    for (uint32_t i = 0; i < count; i++) {
        int64_t from = layer_at(s, score_unit_position(u, sorted[i].source));
        uint32_t target = s->k->first_feature[sorted[i].target];
        check_edges *row = out->count ? &out->row[out->count - 1] : NULL;
        if (!row || row->source_layer != from || sorted[i].target != sorted[i - 1].target) {
            row = &out->row[out->count++];
            *row = (check_edges){.source_layer = from,
                                 .target_layer =
                                     layer_at(s, score_unit_position(u, sorted[i].target)),
                                 .target = target,
                                 .source = &out->source[i],
                                 .value = &out->value[i]};
            snprintf(row->name, sizeof row->name, "%s", name);
        }
        row->count++;
        out->source[i] = s->k->first_feature[sorted[i].source];
        out->value[i] = (float)(sorted[i].weight != 0 ? sorted[i].weight : sorted[i].strength);
    }
    free(sorted);
}

static void release_rows(rows *r)
{
    free(r->row);
    free(r->source);
    free(r->value);
}

static status store(check_job *job, const known *k, const score *found, strength by, error *err)
{
    storing s = {.job = job, .k = k};
    rows missing, spurious;
    s.figure = mem_alloc(
        ((found->pair_count + 1) * FIGURES_OF_PAIR + FIGURES_OF_ALL + 2 * (size_t)SCORE_KINDS) *
        sizeof *s.figure);
    put_all(&s, found, by);
    put_edges(&s, "missing", found->missing, found->missing_count, &missing);
    put_edges(&s, "spurious", found->spurious, found->spurious_count, &spurious);
    check_edges *all = mem_alloc(((size_t)missing.count + spurious.count) * sizeof *all);
    memcpy(all, missing.row, missing.count * sizeof *all);
    memcpy(all + missing.count, spurious.row, spurious.count * sizeof *all);
    check_findings f = {.figure = s.figure,
                        .figures = s.figures,
                        .edges = all,
                        .edge_rows = missing.count + spurious.count};
    status code = check_keep(job, &f, 1, err);
    release_rows(&missing);
    release_rows(&spurious);
    free(all);
    free(s.figure);
    return code;
}

/* The fit's edges; of them those that its other checks stand by, if only they are asked for. */
static status load_circuit(const check_job *job, strength by, circuit **c, error *err)
{
    const check_settings *s = &job->settings;
    circuit *whole = NULL;
    status code = circuit_load(job->connection, job->layers, job->fit->id, by, &whole, err);
    if (code == STATUS_OK && (!isnan(s->stable) || !isnan(s->fdr))) {
        code = trust_filter(whole, s->stable, s->fdr, c, err);
        circuit_free(whole);
    } else {
        *c = whole;
    }
    return code;
}

static status run_all(check_job *job, error *err)
{
    known k = {0};
    circuit *c = NULL;
    score found = {0};
    score_pair *pair = mem_alloc(job->fit->pair_count * sizeof *pair);
    score_request request = {.pair = pair, .threshold = job->settings.cut, .most = KEPT};
    strength by = STRENGTH_REMOVAL;
    status code = check_plan(job, 1, err);
    if (code == STATUS_OK && job->about.done == 1)
        goto done;
    if (code == STATUS_OK)
        code = known_load(&k, job->connection, job->layers, job->settings.file, err);
    if (code == STATUS_OK) {
        request.pair_count = choose_pairs(job, &k, pair);
        if (request.pair_count == 0)
            code = error_set(err, STATUS_INPUT,
                             "'%s': fit %lld has none of the layer pairs that it has edges of",
                             job->settings.file, (long long)job->fit->id);
    }
    if (code == STATUS_OK) {
        by = choose_strength(job, pair, request.pair_count);
        code = load_circuit(job, by, &c, err);
    }
    if (code == STATUS_OK) {
        request.units = &k.units;
        request.truth = k.truth;
        request.truth_count = k.count;
        code = score_circuit(c, &request, &found, err);
    }
    if (code == STATUS_OK)
        code = store(job, &k, &found, by, err);
done:
    score_release(&found);
    circuit_free(c);
    known_release(&k);
    free(pair);
    return code;
}

/* Both are taken over. */
static char *append(char *text, char *more)
{
    char *whole = mem_format("%s%s", text, more);
    free(text);
    free(more);
    return whole;
}

static char *say(const check_report *r, const layer_set *layers, const fit *f)
{
    (void)layers, (void)f;
    double right = check_figure_of(r, 0, 0, "right"),
           known_edges = check_figure_of(r, 0, 0, "true edges");
    double silent = check_figure_of(r, 0, 0, "silent");
    char *text = mem_format(
        "Of %.0f true edges the circuit has %.0f and misses %.0f; %.0f of its edges are not true: "
        "a "
        "distance of %.0f edges, F1 %.3f (%.3f at the best threshold, which only the truth can "
        "tell). "
        "By |%s|, with the %.0f candidates without an edge tied for the last place: AUROC %.3f, "
        "average "
        "precision %.3f.",
        known_edges, right, check_figure_of(r, 0, 0, "missing"),
        check_figure_of(r, 0, 0, "spurious"), check_figure_of(r, 0, 0, "distance"),
        check_figure_of(r, 0, 0, "f1"), check_figure_of(r, 0, 0, "best f1"),
        strength_name((strength)check_figure_of(r, 0, 0, "by")),
        check_figure_of(r, 0, 0, "candidates") - check_figure_of(r, 0, 0, "edges"),
        check_figure_of(r, 0, 0, "auroc"), check_figure_of(r, 0, 0, "average precision"));
    if (silent > 0)
        text =
            append(text, mem_format(" %.0f of the missing ones are of features that never vary in "
                                    "these samples.",
                                    silent));
    check_settings asked;
    if (check_settings_of(&r->about, &asked, NULL) != STATUS_OK)
        return text;
    if (!isnan(asked.stable))
        text = append(
            text, mem_format(" Judged were only edges that come back in at least %.0f %% of the "
                             "halves of the documents.",
                             100 * asked.stable));
    if (!isnan(asked.fdr))
        text = append(
            text, mem_format(" Judged were only edges whose estimated false discovery rate is at "
                             "most %g.",
                             asked.fdr));
    check_settings_release(&asked);
    return text;
}

static char *verdict(const check_report *r)
{
    return mem_format(
        "the circuit has %.0f of %.0f true edges, and %.0f that are not true: F1 %.2f, AUROC %.2f",
        check_figure_of(r, 0, 0, "right"), check_figure_of(r, 0, 0, "true edges"),
        check_figure_of(r, 0, 0, "spurious"), check_figure_of(r, 0, 0, "f1"),
        check_figure_of(r, 0, 0, "auroc"));
}

const check_kind check_kind_truth = {
    .name = "truth",
    .meaning = "agreement with a true circuit, from a file",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
};
