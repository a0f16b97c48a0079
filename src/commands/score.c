#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/jobs/effects_judge.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdlib.h>

static bool json, no_lasso;
static double cut = EFFECTS_CUT;
static uint64_t fit_id, limit = 10, threads;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"cut", OPTION_NUMBER, &cut, "X", "|effect| above X counts as moved (default 0.05)"},
    {"no-lasso", OPTION_FLAG, &no_lasso, NULL, "do without the plain Lasso, which takes a fit"},
    {"limit", OPTION_COUNT, &limit, "N", "the N edges that disagree most (default 10)"},
    {"threads", OPTION_COUNT, &threads, "N", "threads (default: all)"},
    {"json", OPTION_FLAG, &json, NULL,
     "one JSON object a line: scores, then the calibration curve, then edges"},
    {0},
};

static void print_score(output *o, const char *source, const char *target, const char *circuit,
                        const effects_score *score)
{
    output_text(o, "source", source);
    output_text(o, "target", target);
    output_text(o, "circuit", circuit);
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
    print_score(o, source, target, "covariance", &p->covariance);
    print_score(o, source, target, "covariance, all cells", &all);
    if (p->lasso.cells > 0)
        print_score(o, source, target, "lasso", &p->lasso);
}

static void print_pairs(const study *s, const effects_report *r)
{
    output *o = output_begin(json);
    for (uint32_t p = 0; p < r->pair_count; p++)
        print_pair(o, s->layers.item[r->pair[p].source].name,
                   s->layers.item[r->pair[p].target].name, &r->pair[p]);
    if (r->pair_count > 1)
        print_pair(o, "all", "", &r->all);
    output_end(o);
}

static void print_curve(const effects_report *r)
{
    output *o = output_begin(json);
    output_line(o, "calibration: edges by predicted effect, as many in each bin");
    for (size_t b = 0; b < r->bins; b++) {
        const calibration_bin *bin = &r->bin[b];
        output_count(o, "edges", bin->count);
        output_number(o, "from", bin->from, 4);
        output_number(o, "to", bin->to, 4);
        output_number(o, "predicted", bin->predicted, 4);
        output_number(o, "measured", bin->measured, 4);
        output_number(o, "deviation", bin->deviation, 4);
        output_record(o);
    }
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

static status print_edges(study *s, const effects_report *r, error *err)
{
    status code = STATUS_OK;
    output *o = output_begin(json);
    output_line(o, "the edges that disagree most with what was measured");
    for (uint32_t i = 0; i < r->edge_count && i < limit && code == STATUS_OK; i++)
        code = print_edge(s, &r->edge[i], o, err);
    output_end(o);
    return code;
}

static void print_words(const effects_report *r)
{
    char verdict[256];
    output *o = output_begin(json);
    effects_verdict(r, verdict, sizeof verdict);
    output_line(o, "%s", verdict);
    output_line(o,
                "judged: every target feature for each of %u source features that were removed; "
                "%llu of %llu such cells moved by more than %g",
                r->all.removed, (unsigned long long)r->all.circuit.moved,
                (unsigned long long)r->all.circuit.cells, r->cut);
    if (r->unfinished)
        output_line(o, "%u measured layer pairs are not fitted to their end and were left out",
                    r->unfinished);
    output_end(o);
}

static status print(study *s, const fit *f, const effects_report *r, error *err)
{
    char how[128];
    fit_describe(f, "lambda", how, sizeof how);
    output *o = output_begin(json);
    output_line(o, "fit %lld (%s): %s", (long long)f->id, fit_state_shown(f), how);
    output_end(o);
    print_pairs(s, r);
    print_words(r);
    print_curve(r);
    return limit > 0 ? print_edges(s, r, err) : STATUS_OK;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    fit f = {0};
    effects_report *r = NULL;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK && !(cut >= 0 && isfinite(cut)))
        code =
            error_set(err, STATUS_USAGE, "score: option --cut: a number from 0 on, not %g", cut);
    if (code == STATUS_OK && threads > 4096)
        code = error_set(err, STATUS_USAGE, "score: option --threads: at most 4096");
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK) {
        effects_options options_of_judge = {.cut = cut,
                                            .no_lasso = no_lasso,
                                            .threads = (unsigned)threads,
                                            .cancel = progress_cancel(),
                                            .progress = progress_score};
        code = effects_judge(s.connection, &s.layers, f.id, &options_of_judge, &r, err);
        progress_end();
    }
    if (code == STATUS_OK)
        code = print(&s, &f, r, err);
    effects_report_free(r);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_score = {
    .name = "score",
    .arguments = "STUDY",
    .summary = "hold a circuit against interventions that were measured",
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
               "and the rest over all edges together.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
