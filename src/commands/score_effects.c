#include "src/commands/score_effects.h"

#include "src/base/memory.h"
#include "src/base/text.h"
#include "src/circuit/plot.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/commands/trust.h"
#include "src/jobs/effects_judge.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What was found. */
typedef struct scored {
    const effects_choice *how;
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

/* A ranking of all cells: all that can be said of it. */
static effects_score all_cells(const effects_pair *p, double average_precision)
{
    return (effects_score){.cells = p->circuit.cells,
                           .moved = p->circuit.moved,
                           .edges = p->circuit.cells,
                           .found = p->circuit.moved,
                           .average_precision = average_precision,
                           .precision = {(double)NAN, (double)NAN, (double)NAN},
                           .sign_agreement = (double)NAN,
                           .rank_correlation = (double)NAN,
                           .slope = (double)NAN};
}

static void print_pair(output *o, const char *source, const char *target, const effects_pair *p)
{
    print_score(o, source, target, "this fit", &p->circuit);
    if (p->covariance.cells > 0) {
        effects_score all = all_cells(p, p->covariance_all);
        print_score(o, source, target, "covariance", &p->covariance);
        print_score(o, source, target, "covariance, all cells", &all);
    }
    if (p->coactive.cells > 0) {
        effects_score all = all_cells(p, p->coactive_all);
        print_score(o, source, target, "both active", &p->coactive);
        print_score(o, source, target, "both active, all cells", &all);
    }
    if (p->lasso.cells > 0)
        print_score(o, source, target, "lasso", &p->lasso);
}

static void print_pairs(const study *s, const scored *r)
{
    output *o = output_begin(r->how->json);
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
    output *o = output_begin(r->how->json);
    output_line(o, "calibration: edges by predicted effect, as many in each bin");
    for (uint32_t p = 0; r->how->json && p < r->pairs; p++)
        print_curve(o, s->layers.item[r->pair[p].source].name,
                    s->layers.item[r->pair[p].target].name, &r->pair[p]);
    print_curve(o, "all", "", &r->all);
    output_end(o);
}

/* Measured against predicted, every edge a dot; the line is where both are equal. */
static void print_plot(const scored *r)
{
    enum { ROWS = 20, COLS = 64, EDGE_PEN = 1, LINE_PEN = 2 };
    plot_axis axis = {0, 0, false};
    char cell[4];
    plot p;
    for (uint32_t i = 0; i < r->all.edge_count; i++) {
        const effect_cell *e = &r->all.edge[i];
        axis.from = fmin(axis.from, fmin(e->predicted, e->measured));
        axis.to = fmax(axis.to, fmax(e->predicted, e->measured));
    }
    if (!(axis.to > axis.from))
        return;
    plot_create(&p, ROWS, COLS, axis, axis);
    plot_line(&p, axis.from, axis.from, axis.to, axis.to, PLOT_DOTTED, LINE_PEN);
    plot_line(&p, axis.from, 0, axis.to, 0, PLOT_DASHED, LINE_PEN);
    plot_line(&p, 0, axis.from, 0, axis.to, PLOT_DASHED, LINE_PEN);
    for (uint32_t i = 0; i < r->all.edge_count; i++)
        plot_dot(&p, r->all.edge[i].predicted, r->all.edge[i].measured, EDGE_PEN);
    printf(
        "measured effect, %.3g to %.3g; dots are edges, the slope is where it is as predicted\n",
        axis.from, axis.to);
    for (int row = 0; row < ROWS; row++) {
        for (int col = 0; col < COLS; col++) {
            const char *text = plot_cell(&p, row, col, text_is_utf8(), cell);
            fputs(*text ? text : " ", stdout);
        }
        putchar('\n');
    }
    printf("%*s\n", COLS, "predicted effect, the same scale");
    plot_release(&p);
}

static status print_edge(study *s, const effect_cell *cell, double cut, output *o, error *err)
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
    output *o = output_begin(r->how->json);
    output_line(o, "the edges that disagree most with what was measured");
    for (uint32_t i = 0; i < r->all.edge_count && i < r->how->limit && code == STATUS_OK; i++)
        code = print_edge(s, &r->all.edge[i], r->how->cut, o, err);
    output_end(o);
    return code;
}

/* For programs: what the sentence is made of. */
static void print_standing(output *o, const effects_standing *s)
{
    static const char *const sure[] = {"worse", "open", "better"};
    output_text(o, "than_covariance", sure[effects_standing_sign(s) + 1]);
    output_number(o, "average_precision", s->circuit, 3);
    output_number(o, "covariance", s->covariance, 3);
    output_number(o, "both_active", s->coactive, 3);
    output_number(o, "difference", s->gain.mean, 3);
    output_number(o, "standard_error", s->gain.error, 3);
    output_count(o, "better_pairs", s->better);
    output_count(o, "pairs", s->pairs);
    output_record(o);
}

static void print_words(const scored *r)
{
    output *o = output_begin(r->how->json);
    if (!r->how->no_baselines) {
        effects_standing standing = effects_standing_of(r->pair, r->pairs, &r->all);
        char *said = effects_standing_say(&standing);
        output_line(o, "%s", said);
        free(said);
        if (r->how->json)
            print_standing(o, &standing);
    }
    output_line(o,
                "judged: every target feature for each of %u source features that were removed; "
                "%llu of %llu such cells moved by more than %g",
                r->all.removed, (unsigned long long)r->all.circuit.moved,
                (unsigned long long)r->all.circuit.cells, r->how->cut);
    if (r->unfinished)
        output_line(o, "%u measured layer pairs are not fitted to their end and were left out",
                    r->unfinished);
    output_end(o);
}

static status print(study *s, const fit *f, const scored *r, error *err)
{
    char how[128];
    fit_describe(f, "lambda", how, sizeof how);
    output *o = output_begin(r->how->json);
    output_line(o, "fit %lld (%s): %s", (long long)f->id, fit_state_shown(f), how);
    output_end(o);
    print_pairs(s, r);
    print_words(r);
    print_curves(s, r);
    if (r->how->plot && !r->how->json)
        print_plot(r);
    return r->how->limit > 0 ? print_edges(s, r, err) : STATUS_OK;
}

static void scored_release(scored *r)
{
    for (uint32_t p = 0; p < r->pairs; p++)
        effects_pair_release(&r->pair[p]);
    free(r->pair);
    effects_pair_release(&r->all);
}

/* The circuit of those edges that checks stand by; NULL: all that the fit has. */
static status trusted_circuit(const study *s, const fit *f, const effects_choice *how, circuit **c,
                              error *err)
{
    if (isnan(how->stable) && isnan(how->fdr))
        return STATUS_OK;
    status code = circuit_load(s->connection, &s->layers, f->id, STRENGTH_REMOVAL, c, err);
    return code == STATUS_OK ? trust_apply(c, how->stable, how->fdr, err) : code;
}

static status judge(const study *s, const fit *f, scored *r, error *err)
{
    circuit *trusted = NULL;
    effects_options how = {.cut = r->how->cut,
                           .no_lasso = r->how->no_lasso,
                           .no_baselines = r->how->no_baselines,
                           .threads = (unsigned)r->how->threads,
                           .cancel = progress_cancel()};
    effects_judge *judge = NULL;
    status code = trusted_circuit(s, f, r->how, &trusted, err);
    how.only = trusted;
    if (code == STATUS_OK)
        code = effects_judge_open(&judge, s->connection, &s->layers, f->id, &how, err);
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
    circuit_free(trusted);
    return code == STATUS_OK ? effects_pair_mean(r->pair, r->pairs, &r->all, err) : code;
}

static status check_choice(const effects_choice *how, error *err)
{
    if (!(how->cut >= 0 && isfinite(how->cut)))
        return error_set(err, STATUS_USAGE, "score: option --cut: a number from 0 on, not %g",
                         how->cut);
    if (how->threads > UINT32_MAX)
        return error_set(err, STATUS_USAGE, "score: option --threads: too many");
    return STATUS_OK;
}

status score_effects(const char *study_path, const effects_choice *choice, error *err)
{
    study s;
    fit f = {0};
    scored r = {.how = choice};
    status code = study_open(&s, study_path, DB_READ, err);
    if (code == STATUS_OK)
        code = check_choice(choice, err);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)choice->fit_id, &f, err);
    if (code == STATUS_OK)
        code = judge(&s, &f, &r, err);
    if (code == STATUS_OK)
        code = print(&s, &f, &r, err);
    scored_release(&r);
    fit_release(&f);
    study_release(&s);
    return code;
}
