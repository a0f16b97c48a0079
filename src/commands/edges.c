#include "src/commands/command.h"
#include "src/commands/show.h"
#include "src/commands/trust.h"
#include "src/jobs/fit.h"
#include "src/jobs/slide_circuit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool json;
static const char *from, *to, *by = "removal";
static double threshold, at = (double)NAN;
static double stable = (double)NAN, fdr = (double)NAN;
static uint64_t fit_id, limit = 50;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"from", OPTION_TEXT, &from, "LAYER[/INDEX]", "only edges from this layer or feature"},
    {"to", OPTION_TEXT, &to, "LAYER[/INDEX]", "only edges to this layer or feature"},
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "removal, weight or standardised: what ranks edges (default removal)"},
    {"threshold", OPTION_NUMBER, &threshold, "X", "only edges at least this strong (default 0)"},
    {"at", OPTION_NUMBER, &at, "LAMBDA",
     "solve the feature of --to anew at this lambda, and list the parents that it has there"},
    {"limit", OPTION_COUNT, &limit, "N", "at most N rows, 0 for all (default 50)"},
    TRUST_OPTIONS(stable, fdr),
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

static bool wanted(const circuit *c, const circuit_edge *e, const edge_choice *choice)
{
    uint32_t source = 0;
    uint32_t target = 0;
    uint32_t source_position = circuit_position(c, e->source, &source);
    uint32_t target_position = circuit_position(c, e->target, &target);
    if (choice->from && source_position != choice->from->position)
        return false;
    if (choice->to && target_position != choice->to->position)
        return false;
    return !(choice->from_one && source != choice->from_feature) &&
           !(choice->to_one && target != choice->to_feature);
}

static status print_edge(study *s, const circuit *c, const circuit_edge *e, output *o, error *err)
{
    uint32_t source = 0;
    uint32_t target = 0;
    uint32_t source_position = circuit_position(c, e->source, &source);
    uint32_t target_position = circuit_position(c, e->target, &target);
    const char *source_label = NULL;
    const char *target_label = NULL;
    status code = study_label(s, source_position, source, &source_label, err);
    if (code == STATUS_OK)
        code = study_label(s, target_position, target, &target_label, err);
    if (code != STATUS_OK)
        return code;
    char *source_name = study_feature_name(s, source_position, source);
    char *target_name = study_feature_name(s, target_position, target);
    output_text(o, "source", source_name);
    output_text(o, "target", target_name);
    /* in a table, what only the wiring speaks for has no weight to show */
    bool weighed = json || !circuit_wired_alone(e);
    output_number(o, "removal", (double)e->removal, 4);
    if (json || c->wiring)
        output_number(o, "wired", (double)e->wired, 4);
    output_number(o, "weight", weighed ? (double)e->weight : (double)NAN, 4);
    output_number(o, "standardised", weighed ? (double)e->standardised : (double)NAN, 4);
    if (c->frequency)
        output_number(o, "stable", (double)c->frequency[e - c->edge], 2);
    if (c->fdr)
        output_number(o, "fdr", (double)c->fdr[e - c->edge], 4);
    output_text(o, "source_label", source_label);
    output_text(o, "target_label", target_label);
    output_record(o);
    free(source_name);
    free(target_name);
    return STATUS_OK;
}

status show_edges(study *s, const circuit *c, const edge_choice *choice, output *o, error *err)
{
    uint32_t strong = circuit_count(c, NULL, 0, choice->threshold);
    uint64_t chosen = 0;
    uint64_t weak = 0;
    status code = STATUS_OK;
    for (uint32_t i = 0; i < c->edge_count && code == STATUS_OK; i++) {
        if (!wanted(c, &c->edge[i], choice))
            continue;
        if (i >= strong)
            weak++;
        else if (chosen++ < choice->limit || !choice->limit)
            code = print_edge(s, c, &c->edge[i], o, err);
    }
    if (code == STATUS_OK && !choice->limit)
        output_note(o, "%llu edges, %llu below the threshold", (unsigned long long)chosen,
                    (unsigned long long)weak);
    else if (code == STATUS_OK)
        output_note(o, "%llu of %llu edges shown, %llu more below the threshold",
                    (unsigned long long)(chosen < choice->limit ? chosen : choice->limit),
                    (unsigned long long)chosen, (unsigned long long)weak);
    if (c->wiring)
        output_note(o,
                    "wired is what the layers' autoencoders say of the removal; an edge without "
                    "a weight has only that");
    output_note(o, "strengths rank dependencies; they are not causal effects");
    return code;
}

static status read_choice(const study *s, edge_choice *choice, strength *ranked_by, error *err)
{
    *choice = (edge_choice){.threshold = threshold, .limit = limit};
    status code = STATUS_OK;
    if (from)
        code = study_find(s, from, &choice->from, &choice->from_feature, &choice->from_one, err);
    if (code == STATUS_OK && to)
        code = study_find(s, to, &choice->to, &choice->to_feature, &choice->to_one, err);
    if (code != STATUS_OK)
        return code;
    if (strength_find(by, ranked_by))
        return STATUS_OK;
    return error_set(err, STATUS_USAGE,
                     "edges: option --by: '%s', expected removal, weight or standardised", by);
}

/* Instead of the fit's edges those into one feature at another lambda; nothing is stored. */
static status load_slid(const study *s, const edge_choice *choice, int64_t id, strength ranked_by,
                        slide_result *found, circuit **c, error *err)
{
    slide *slid = NULL;
    if (!choice->to || !choice->to_one)
        return error_set(err, STATUS_USAGE, "edges: option --at needs --to LAYER/INDEX");
    if (!(at >= 0))
        return error_set(err, STATUS_USAGE, "edges: option --at: %g, expected 0 or more", at);
    status code = slide_open(&slid, s->connection, &s->layers, id, choice->to->id, err);
    if (code == STATUS_OK)
        code = slide_solve(slid, choice->to_feature, at, found, err);
    if (code == STATUS_OK)
        code = slide_circuit(&s->layers, choice->to, choice->to_feature, found, ranked_by, c, err);
    slide_close(slid);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    edge_choice choice;
    strength ranked_by = STRENGTH_REMOVAL;
    fit f = {0};
    circuit *c = NULL;
    slide_result found = {0};
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = read_choice(&s, &choice, &ranked_by, err);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK)
        code = isnan(at) ? circuit_load(s.connection, &s.layers, f.id, ranked_by, &c, err)
                         : load_slid(&s, &choice, f.id, ranked_by, &found, &c, err);
    if (code == STATUS_OK)
        code = trust_apply(&c, stable, fdr, err);
    if (code == STATUS_OK) {
        char how[128];
        fit_describe(&f, "lambda", how, sizeof how);
        output *o = output_begin(json);
        output_line(o, "fit %lld (%s): %s", (long long)f.id, fit_state_shown(&f), how);
        if (!isnan(at))
            output_line(
                o,
                "but at lambda %g, not the fit's%s: relative gap %.1e, R2 %.3f, none left at %.3g",
                at, f.wiring ? ", and by the regression alone" : "", found.gap, found.r2,
                found.lambda_max);
        code = show_edges(&s, c, &choice, o, err);
        output_end(o);
    }
    slide_result_release(&found);
    circuit_free(c);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_edges = {
    .name = "edges",
    .arguments = "STUDY",
    .summary = "list the edges of a fit, strongest first",
    .details =
        "An edge is a nonzero coefficient: the target feature depends on the source feature.\n"
        "removal is by how much the target would fall, says the linear surrogate, if the source\n"
        "were removed where it is active: the weight times what the source carries there,\n"
        "counting only samples where the target is active too (a silent one cannot fall), times\n"
        "what undoes the shrinkage of the target's fit (see the README). standardised is weight\n"
        "* sd(source) / sd(target). Where a fit uses the layers' autoencoders, wired is what\n"
        "these say of the fall, and removal the mean of both, theirs counting twice; an edge\n"
        "that only they speak for has weight 0. All of these rank dependencies; none is a\n"
        "causal effect.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
