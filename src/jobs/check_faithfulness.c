/* Faithfulness and completeness of a circuit for a target variable, on the linear surrogate.
 *
 * src/jobs/surrogate.h says what the surrogate and the metric m are.
 *
 *     faithfulness = (m(circuit) - m(empty)) / (m(full) - m(empty))
 *     completeness = the same of all but the circuit
 *
 * Curves, over how many of the strongest are kept, log-spaced (series, x = kept): `node
 * faithfulness`, `node completeness`, `edge faithfulness`, `edge completeness`; the variable's
 * weights are edges like others. `measured` has what the user's file says of the real model:
 * kept nodes, a tab, value, a line each. Values: strength, of every feature (source layer 0).
 *
 * Figures: nodes, edges (with any part in it), m full, m empty, m real (the target fit on recorded
 * activations), reach ((m full - m empty) / (m real - m empty)), score full and score real
 * (accuracy, or R2 for numbers), nodes 80 and edges 80 (the first point of the curve with a
 * faithfulness of 0.8 or more). */
#include "src/base/memory.h"
#include "src/formats/lines.h"
#include "src/formats/table_line.h"
#include "src/jobs/check.h"
#include "src/jobs/surrogate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 24 }; /* of a curve */

static const double enough = 0.8;

static status settle(check_settings *s, error *err)
{
    (void)s;
    (void)err;
    return STATUS_OK;
}

/* ---- which target fit ---- */

static bool leads_to(const fit *f, int64_t layer_id)
{
    for (uint32_t p = 0; p < f->pair_count; p++)
        if (f->pair[p].target_layer == layer_id)
            return true;
    return false;
}

static bool fits_together(const fit *f, const variable_fit *v)
{
    for (uint32_t l = 0; l < v->layer_count; l++)
        if (leads_to(f, v->layer[l]))
            return v->base.state == FIT_DONE;
    return false;
}

/* The one asked for, or the newest that reads a layer which the circuit leads to; *out is zeroed
 * and why[0] set when there is none. */
static status find_variable(db *d, const fit *f, uint64_t asked, variable_fit *out, char *why,
                            size_t capacity, error *err)
{
    variable_fit_set set = {0};
    *out = (variable_fit){0};
    status code =
        asked ? variable_fit_get(d, (int64_t)asked, out, err) : variable_fit_list(d, &set, err);
    if (code == STATUS_OK && asked && !fits_together(f, out)) {
        snprintf(why, capacity, "fit %llu is not done, or reads no layer that fit %lld leads to",
                 (unsigned long long)asked, (long long)f->id);
        variable_fit_release(out);
    }
    for (uint32_t i = 0; i < set.count && !out->base.id; i++)
        if (fits_together(f, &set.item[i])) {
            *out = set.item[i];
            set.item[i] = (variable_fit){0};
        }
    if (code == STATUS_OK && !asked && !out->base.id)
        snprintf(why, capacity,
                 "no target variable is fitted on a layer that fit %lld leads to; circuitlasso "
                 "target fits one",
                 (long long)f->id);
    variable_fit_set_release(&set);
    return code;
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    variable_fit v = {0};
    (void)layers;
    if (strcmp(f->kind, "target") == 0) {
        snprintf(why, capacity,
                 "fit %lld is of a target variable: it is for circuits that lead to "
                 "one (--fit names the circuit, --target-fit the variable's)",
                 (long long)f->id);
        return STATUS_OK;
    }
    status code = find_variable(d, f, settings->target_fit, &v, why, capacity, err);
    variable_fit_release(&v);
    return code;
}

/* ---- the work ---- */

typedef struct run {
    check_job *job;
    variable_fit v;
    surrogate s;
    double full; /* m(full) - m(empty) */
    check_point *point;
    uint32_t points;
} run;

static void add_figure(check_findings *f, check_figure *figure, const char *name, double value)
{
    check_figure *at = &figure[f->figures++];
    *at = (check_figure){.value = value};
    snprintf(at->name, sizeof at->name, "%s", name);
}

/* Reads the layers; tells the figures that are no curves. */
static status measure(run *r, check_findings *f, check_figure *figure, error *err)
{
    surrogate_facts facts;
    status code = surrogate_read(&r->s, r->job->cancel, &facts, err);
    if (code != STATUS_OK)
        return code;
    r->full = facts.full - facts.empty;
    if (!(r->full > 0))
        return error_set(err, STATUS_INPUT,
                         "the surrogate says nothing of '%s' (m(full) - m(empty) is %.3g): there "
                         "is nothing to be faithful to",
                         r->v.target, r->full);
    add_figure(f, figure, "target fit", (double)r->v.base.id);
    add_figure(f, figure, "nodes", r->s.a.nodes);
    add_figure(f, figure, "edges", r->s.a.edges);
    add_figure(f, figure, "m empty", facts.empty);
    add_figure(f, figure, "m full", facts.full);
    add_figure(f, figure, "m real", facts.real);
    add_figure(f, figure, "reach", r->full / (facts.real - facts.empty));
    add_figure(f, figure, "score full", facts.score_full);
    add_figure(f, figure, "score real", facts.score_real);
    return STATUS_OK;
}

/* ---- the curves ---- */

static void add_point(run *r, const char *series, uint32_t place, double x, double y)
{
    check_point *at = &r->point[r->points++];
    *at = (check_point){.place = place, .x = x, .y = y};
    snprintf(at->series, sizeof at->series, "%s", series);
}

static status curve(run *r, ablation_part part, check_findings *f, check_figure *figure,
                    error *err)
{
    static const char *const names[][3] = {
        {"node faithfulness", "node completeness", "nodes 80"},
        {"edge faithfulness", "edge completeness", "edges 80"},
    };
    uint32_t step[POINTS];
    uint32_t count =
        ablation_steps(part == ABLATION_NODES ? r->s.a.nodes : r->s.a.edges, POINTS, step);
    double reached = (double)NAN;
    r->points = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (check_cancelled(r->job))
            return error_set(err, STATUS_INTERRUPTED, "cancelled");
        double faithful = surrogate_metric(&r->s, part, step[i], false) / r->full;
        double complete = surrogate_metric(&r->s, part, step[i], true) / r->full;
        if (isnan(reached) && faithful >= enough)
            reached = step[i];
        add_point(r, names[part][0], i, step[i], faithful);
        add_point(r, names[part][1], i, step[i], complete);
        atomic_fetch_add(&r->job->part, 1);
    }
    add_figure(f, figure, names[part][2], reached);
    f->point = r->point;
    f->points = r->points;
    return STATUS_OK;
}

/* ---- what was measured on the real model ---- */

static status read_measured_line(run *r, const lines *from, char *line, error *err)
{
    char *field[2];
    uint64_t kept = 0;
    double value = 0;
    if (!*line || *line == '#')
        return STATUS_OK;
    if (table_line_split(line, '\t', field, 2) != 2 || !table_line_number(field[0], &kept) ||
        !table_line_real(field[1], &value))
        return lines_error(from, err, "expected a number of kept nodes, a tab and a value");
    r->point = mem_grow(r->point, (size_t)r->points + 1, sizeof *r->point);
    add_point(r, "measured", r->points, (double)kept, value);
    return STATUS_OK;
}

static status read_measured(run *r, error *err)
{
    const char *file = r->job->settings.measured;
    lines *from = NULL;
    char *line = NULL;
    size_t length = 0;
    r->points = 0;
    status code = lines_open_path(&from, file, err);
    while (code == STATUS_OK && (code = lines_next(from, &line, &length, err)) == STATUS_OK &&
           line)
        code = read_measured_line(r, from, line, err);
    if (code == STATUS_OK && r->points == 0)
        code = error_set(err, STATUS_INPUT, "'%s': no value in it", file);
    lines_close(from);
    return code;
}

/* Strengths of the features that are ranked, as values of the whole circuit. */
static check_value *list_strengths(const run *r, uint32_t *count)
{
    check_value *value = mem_alloc(((size_t)r->s.a.nodes + 1) * sizeof *value);
    *count = 0;
    for (uint32_t n = 0; n < r->s.a.first_output; n++) {
        uint32_t feature = 0;
        if (r->s.a.node_rank[n] == ABLATION_UNRANKED)
            continue;
        uint32_t l = circuit_position(r->s.c, n, &feature);
        value[*count] = (check_value){.target_layer = r->job->layers->item[l].id,
                                      .name = "strength",
                                      .feature = feature,
                                      .value = r->s.a.node_strength[n]};
        (*count)++;
    }
    return value;
}

static status find_and_load(run *r, error *err)
{
    char why[256] = "";
    status code = find_variable(r->job->connection, r->job->fit, r->job->settings.target_fit,
                                &r->v, why, sizeof why, err);
    if (code == STATUS_OK && why[0])
        code = error_set(err, STATUS_INPUT, "%s", why);
    return code == STATUS_OK
               ? surrogate_open(&r->s, r->job->connection, r->job->layers, r->job->fit, &r->v, err)
               : code;
}

/* Three units: the facts (and what was measured), nodes, edges. All but the first need m(full), so
 * a run that was cut off reads the layers again. */
static status run_all(check_job *job, error *err)
{
    run r = {.job = job};
    check_figure figure[16];
    check_findings f = {.figure = figure};
    status code = check_plan(job, 3, err);
    atomic_store(&job->parts, POINTS);
    if (code == STATUS_OK)
        code = find_and_load(&r, err);
    if (code == STATUS_OK && job->settings.measured)
        code = read_measured(&r, err);
    if (code == STATUS_OK)
        code = measure(&r, &f, figure, err);
    if (code == STATUS_OK && job->about.done < 1) {
        check_value *value = list_strengths(&r, &f.values);
        f.value = value;
        f.point = r.point;
        f.points = r.points;
        code = check_keep(job, &f, 1, err);
        free(value);
    }
    r.point = mem_grow(r.point, 2 * POINTS, sizeof *r.point);
    for (uint32_t part = ABLATION_NODES; part <= ABLATION_EDGES && code == STATUS_OK; part++) {
        if (job->about.done > part + 1)
            continue;
        f = (check_findings){.figure = figure};
        code = curve(&r, (ablation_part)part, &f, figure, err);
        if (code == STATUS_OK)
            code = check_keep(job, &f, part + 2, err);
    }
    surrogate_close(&r.s);
    variable_fit_release(&r.v);
    free(r.point);
    return code;
}

/* ---- saying it ---- */

/* "12 of 305 nodes" or "no part of the 305 nodes" */
static char *say_enough(const check_report *r, const char *reached, const char *all)
{
    double kept = check_figure_of(r, 0, 0, reached), of = check_figure_of(r, 0, 0, all);
    return isfinite(kept) ? mem_format("the strongest %.0f of %.0f %s", kept, of, all)
                          : mem_format("no number of the %.0f %s", of, all);
}

static char *say(const check_report *r, const layer_set *layers, const fit *f)
{
    (void)layers;
    (void)f;
    char *nodes = say_enough(r, "nodes 80", "nodes"), *edges = say_enough(r, "edges 80", "edges");
    uint32_t measured = 0;
    check_curve_of(r, 0, 0, "measured", &measured);
    char *text = mem_format(
        "On the linear surrogate (what is left out is mean-ablated, values are propagated through "
        "the fitted layers from the first on), %s carry %.0f %% of what it says of the variable "
        "of "
        "fit %.0f, and so do %s. The surrogate moves the predictors by %.1f %% of what recorded "
        "activations move them by (score %.3f, recorded %.3f): what it is faithful to is that "
        "part%s.",
        nodes, 100 * enough, check_figure_of(r, 0, 0, "target fit"), edges,
        100 * check_figure_of(r, 0, 0, "reach"), check_figure_of(r, 0, 0, "score full"),
        check_figure_of(r, 0, 0, "score real"),
        measured ? "; the curve `measured` is of the real model" : "");
    free(nodes);
    free(edges);
    return text;
}

static char *verdict(const check_report *r)
{
    char *nodes = say_enough(r, "nodes 80", "nodes");
    char *text =
        mem_format("%s carry %.0f %% of what the linear surrogate says of the variable of "
                   "fit %.0f",
                   nodes, 100 * enough, check_figure_of(r, 0, 0, "target fit"));
    free(nodes);
    return text;
}

const check_kind check_kind_faithfulness = {
    .name = "faithfulness",
    .meaning = "how few nodes and edges carry what the linear surrogate says of a target variable",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
    .worst = "strength",
    .worst_is_greatest = true,
};
