#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/score_truth.h"
#include "src/commands/study.h"
#include "src/commands/trust.h"
#include "src/jobs/effects_judge.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdlib.h>

static bool json, no_lasso, no_baselines, missing, spurious;
static const char *truth, *by, *judged_pairs;
static double cut = EFFECTS_CUT, threshold, stable = (double)NAN, fdr = (double)NAN;
static uint64_t fit_id, limit = 10, threads;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"truth", OPTION_TEXT, &truth, "FILE",
     "hold it against a true circuit instead: TSV (source, target, weight, kind) or JSON"},
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "truth: removal, weight or standardised (default removal between SAE layers, else weight)"},
    {"threshold", OPTION_NUMBER, &threshold, "X",
     "truth: only edges at least this strong count as found (default 0)"},
    {"pairs", OPTION_TEXT, &judged_pairs, "PAIRS",
     "truth: judge layer pairs that it has an edge of (truth), or all of the fit (default truth)"},
    TRUST_OPTIONS(stable, fdr),
    {"missing", OPTION_FLAG, &missing, NULL,
     "truth: of the wrong edges, list those that are missing"},
    {"spurious", OPTION_FLAG, &spurious, NULL,
     "truth: of the wrong edges, list those that are not true"},
    {"cut", OPTION_NUMBER, &cut, "X", "|effect| above X counts as moved (default 0.05)"},
    {"no-lasso", OPTION_FLAG, &no_lasso, NULL, "do without the plain Lasso, which takes a fit"},
    {"no-baselines", OPTION_FLAG, &no_baselines, NULL, "do without covariance and Lasso"},
    {"limit", OPTION_COUNT, &limit, "N",
     "the N edges that disagree most (default 10); truth: of each sort"},
    {"threads", OPTION_COUNT, &threads, "N", "threads (default: all)"},
    {"json", OPTION_FLAG, &json, NULL,
     "one JSON object a line: scores, then the calibration curve, then edges"},
    {0},
};

/* What was found. */
typedef struct scored {
    effects_pair *pair, all;
    uint32_t pairs, unfinished;
} scored;

static void print_score(output *o, const char *source, const char *target, const char *which,
                        const effects_score *score)
{
    output_text(o, "source", source);
    output_text(o, "target", target);
    output_text(o, "circuit", which);
    output_count(o, "cells", score->cells);
    output_count(o, "moved", score->moved);
    output_count(o, "edges", score->edges);
    output_count(o, "found", score->found);
    output_number(o, "average_precision", score->average_precision, 3);
    output_number(o, "precision_100", score->precision[0], 2);
    output_number(o, "precision_300", score->precision[1], 2);
    output_number(o, "precision_1000", score->precision[2], 2);
    output_number(o, "sign", score->sign_agreement, 3);
    output_number(o, "rank", score->rank_correlation, 3);
    output_number(o, "slope", score->slope, 2);
    output_record(o);
}

static void print_pair(output *o, const char *source, const char *target, const effects_pair *p)
{
    effects_score all = {.cells = p->circuit.cells,
                         .moved = p->circuit.moved,
                         .edges = p->circuit.cells,
                         .found = p->circuit.moved,
                         .average_precision = p->covariance_all,
                         .precision = {(double)NAN, (double)NAN, (double)NAN},
                         .sign_agreement = (double)NAN,
                         .rank_correlation = (double)NAN,
                         .slope = (double)NAN};
    print_score(o, source, target, "this fit", &p->circuit);
    if (p->covariance.cells > 0) {
        print_score(o, source, target, "covariance", &p->covariance);
        print_score(o, source, target, "covariance, all cells", &all);
    }
    if (p->lasso.cells > 0)
        print_score(o, source, target, "lasso", &p->lasso);
}

static void print_pairs(const study *s, const scored *r)
{
    output *o = output_begin(json);
    for (uint32_t p = 0; p < r->pairs; p++)
        print_pair(o, s->layers.item[r->pair[p].source].name,
                   s->layers.item[r->pair[p].target].name, &r->pair[p]);
    if (r->pairs > 1)
        print_pair(o, "all", "", &r->all);
    output_end(o);
}

static void print_curve(output *o, const char *source, const char *target, const effects_pair *p)
{
    for (size_t b = 0; b < p->bins; b++) {
        const calibration_bin *bin = &p->bin[b];
        output_text(o, "source", source);
        output_text(o, "target", target);
        output_count(o, "edges", bin->count);
        output_number(o, "from", bin->from, 4);
        output_number(o, "to", bin->to, 4);
        output_number(o, "predicted", bin->predicted, 4);
        output_number(o, "measured", bin->measured, 4);
        output_number(o, "deviation", bin->deviation, 4);
        output_record(o);
    }
}

/* People get the curve of all pairs together. */
static void print_curves(const study *s, const scored *r)
{
    output *o = output_begin(json);
    output_line(o, "calibration: edges by predicted effect, as many in each bin");
    for (uint32_t p = 0; json && p < r->pairs; p++)
        print_curve(o, s->layers.item[r->pair[p].source].name,
                    s->layers.item[r->pair[p].target].name, &r->pair[p]);
    print_curve(o, "all", "", &r->all);
    output_end(o);
}

static status print_edge(study *s, const effect_cell *cell, output *o, error *err)
{
    uint32_t feature[2] = {cell->source, cell->target};
    uint32_t position[2] = {0, 0};
    const char *label[2] = {NULL, NULL};
    char *name[2] = {NULL, NULL};
    status code = STATUS_OK;
    for (int i = 0; i < 2 && code == STATUS_OK; i++) {
        while (feature[i] >= s->layers.item[position[i]].features)
            feature[i] -= s->layers.item[position[i]++].features;
        name[i] = study_feature_name(s, position[i], feature[i]);
        code = study_label(s, position[i], feature[i], &label[i], err);
    }
    if (code == STATUS_OK) {
        output_text(o, "source", name[0]);
        output_text(o, "target", name[1]);
        output_number(o, "predicted", cell->predicted, 4);
        output_number(o, "measured", cell->measured, 4);
        output_text(o, "wrong", effects_disagreement(cell, cut));
        output_text(o, "source_label", label[0]);
        output_text(o, "target_label", label[1]);
        output_record(o);
    }
    free(name[0]);
    free(name[1]);
    return code;
}

static status print_edges(study *s, const scored *r, error *err)
{
    status code = STATUS_OK;
    output *o = output_begin(json);
    output_line(o, "the edges that disagree most with what was measured");
    for (uint32_t i = 0; i < r->all.edge_count && i < limit && code == STATUS_OK; i++)
        code = print_edge(s, &r->all.edge[i], o, err);
    output_end(o);
    return code;
}

static void print_words(const scored *r)
{
    output *o = output_begin(json);
    if (!no_baselines) {
        effects_standing standing = effects_standing_of(r->pair, r->pairs, &r->all);
        char *said = effects_standing_say(&standing);
        output_line(o, "%s", said);
        free(said);
    }
    output_line(o,
                "judged: every target feature for each of %u source features that were removed; "
                "%llu of %llu such cells moved by more than %g",
                r->all.removed, (unsigned long long)r->all.circuit.moved,
                (unsigned long long)r->all.circuit.cells, cut);
    if (r->unfinished)
        output_line(o, "%u measured layer pairs are not fitted to their end and were left out",
                    r->unfinished);
    output_end(o);
}

static status print(study *s, const fit *f, const scored *r, error *err)
{
    char how[128];
    fit_describe(f, "lambda", how, sizeof how);
    output *o = output_begin(json);
    output_line(o, "fit %lld (%s): %s", (long long)f->id, fit_state_shown(f), how);
    output_end(o);
    print_pairs(s, r);
    print_words(r);
    print_curves(s, r);
    return limit > 0 ? print_edges(s, r, err) : STATUS_OK;
}

static void scored_release(scored *r)
{
    for (uint32_t p = 0; p < r->pairs; p++)
        effects_pair_release(&r->pair[p]);
    free(r->pair);
    effects_pair_release(&r->all);
}

static status judge(const study *s, const fit *f, scored *r, error *err)
{
    effects_options how = {.cut = cut,
                           .no_lasso = no_lasso,
                           .no_baselines = no_baselines,
                           .threads = (unsigned)threads,
                           .cancel = progress_cancel()};
    effects_judge *judge = NULL;
    status code = effects_judge_open(&judge, s->connection, &s->layers, f->id, &how, err);
    uint32_t pairs = judge ? effects_judge_pairs(judge) : 0;
    r->unfinished = judge ? effects_judge_unfinished(judge) : 0;
    r->pair = mem_zero(pairs, sizeof *r->pair);
    while (code == STATUS_OK && r->pairs < pairs) {
        progress_score(NULL, (double)r->pairs / pairs);
        code = effects_judge_pair(judge, r->pairs, &r->pair[r->pairs], err);
        r->pairs += code == STATUS_OK;
    }
    progress_end();
    effects_judge_close(judge);
    return code == STATUS_OK ? effects_pair_mean(r->pair, r->pairs, &r->all, err) : code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    if (truth) {
        truth_choice choice = {.file = truth,
                               .by = by,
                               .pairs = judged_pairs,
                               .threshold = threshold,
                               .stable = stable,
                               .fdr = fdr,
                               .fit_id = fit_id,
                               .missing = missing || !spurious,
                               .spurious = spurious || !missing,
                               .limit = limit,
                               .json = json};
        return score_truth(arguments[0], &choice, err);
    }
    study s;
    fit f = {0};
    scored r = {0};
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK && !(cut >= 0 && isfinite(cut)))
        code =
            error_set(err, STATUS_USAGE, "score: option --cut: a number from 0 on, not %g", cut);
    if (code == STATUS_OK && threads > UINT32_MAX)
        code = error_set(err, STATUS_USAGE, "score: option --threads: too many");
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK)
        code = judge(&s, &f, &r, err);
    if (code == STATUS_OK)
        code = print(&s, &f, &r, err);
    scored_release(&r);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_score = {
    .name = "score",
    .arguments = "STUDY",
    .summary =
        "hold a circuit against interventions that were measured, or against a true circuit",
    .details = "For a study that carries measured effects (a manifest's `effects`). Judged is "
               "every cell\n"
               "(removed source feature, target feature): an edge predicts the effect -removal, "
               "no edge 0.\n"
               "average_precision and precision_N say how well the strongest edges find the cells "
               "that moved;\n"
               "sign, of the edges that moved, how many moved the way that was predicted; rank is "
               "Spearman's\n"
               "correlation of predicted and measured over the edges; slope is measured against "
               "predicted (1 is\n"
               "calibrated). Beside it stand two circuits that it should beat: covariance times "
               "the source's mean\n"
               "where it is active, which needs no fit, with as many edges; and the plain Lasso: "
               "the same lambda,\n"
               "without the ridge. The rows of all pairs have the sums of the counts, the means "
               "of the precisions,\n"
               "and the rest over all edges together.\n\n"
               "With --truth: against the edges of a file, LAYER/INDEX or LAYER/COMPONENT; weight "
               "0 says that there\n"
               "is none although it may seem so. shd, the structural Hamming distance, counts "
               "missing and\n"
               "spurious edges. average_precision and auroc rank all candidates by |strength|, "
               "those without an\n"
               "edge tied for the last place; best_f1 is F1 at the threshold that only the truth "
               "can tell. Between\n"
               "components the strength is the Frobenius norm of their block. The score is kept "
               "with the fit (circuitlasso\n"
               "check --list).",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
