/* Debias: does the classifier that a target fit is lean on an attribute, and what does it do
 * without the features that carry it? src/jobs/debias.h says what is compared and measured.
 *
 * The fit must have seen the training documents alone; the held-out ones are dealt out to two
 * halves, whole documents each. Figures, of the whole circuit, for each of the classifiers before,
 * zeroed, averaged, retrained and oracle (`before accuracy`, ...): features, accuracy, worst,
 * worst label, worst attribute, worst size, leakage, feature leakage. Besides: held out (samples),
 * chance, tied, spurious (features that were named) and used (how many of them the fit has a
 * weight for).
 */
#include "db/document.h"
#include "db/target.h"
#include "src/base/memory.h"
#include "src/jobs/check.h"
#include "src/jobs/debias.h"
#include "src/jobs/folds.h"
#include "src/jobs/stack.h"
#include "src/jobs/variable.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURES_OF_ROW = 8, FIGURES = DEBIAS_ROWS * FIGURES_OF_ROW + 8 };

static status settle(check_settings *s, error *err)
{
    (void)s;
    (void)err;
    return STATUS_OK;
}

/* ---- whether it applies ---- */

static void why_not(const variable_fit *f, const target_set *targets, const char *attribute,
                    uint32_t held, char *why, size_t capacity)
{
    const target *label = target_by_id(targets, f->target_id);
    const target *about = attribute ? target_find(targets, attribute) : NULL;
    if (!label || label->kind == TARGET_REAL)
        snprintf(why, capacity, "'%s' has no classes: a classifier is what is looked at",
                 f->target);
    else if (!attribute)
        snprintf(why, capacity, "it needs an attribute, the name of a target variable");
    else if (!about)
        snprintf(why, capacity, "there is no target variable '%s'", attribute);
    else if (about->kind == TARGET_REAL)
        snprintf(why, capacity, "the attribute '%s' has no classes", attribute);
    else if (about->id == f->target_id)
        snprintf(why, capacity, "'%s' is the label itself", attribute);
    else if (!f->train_only)
        snprintf(why, capacity,
                 "fit %lld has seen the held-out documents too; fit '%s' anew on the training "
                 "documents alone (--train)",
                 (long long)f->base.id, f->target);
    else if (held == 0)
        snprintf(why, capacity,
                 "no document is held out: mark those to judge on with \"split\": \"held out\"");
}

static status applies(db *d, const layer_set *layers, const fit *f, const check_settings *settings,
                      char *why, size_t capacity, error *err)
{
    variable_fit v = {0};
    target_set targets = {0};
    uint8_t *held = NULL;
    uint32_t count = 0;
    if (strcmp(f->kind, "target") != 0) {
        snprintf(why, capacity, "fit %lld is of layer pairs: it is for those of target variables",
                 (long long)f->id);
        return STATUS_OK;
    }
    status code = variable_fit_get(d, f->id, &v, err);
    if (code == STATUS_OK)
        code = target_list(d, &targets, err);
    if (code == STATUS_OK)
        code =
            document_held_out(d, layers->count ? layers->item[0].samples : 0, &held, &count, err);
    if (code == STATUS_OK)
        why_not(&v, &targets, settings->attribute, count, why, capacity);
    free(held);
    target_set_release(&targets);
    variable_fit_release(&v);
    return code;
}

/* ---- the data ---- */

typedef struct run {
    check_job *job;
    variable_fit f;
    stack source;
    variable label, attribute;
    double *label_value, *attribute_value;
    uint8_t *held, *spurious;
    uint32_t *fold; /* of the held-out samples: which half */
    uint32_t named, used;
    variable_point before; /* by column of the stack */
} run;

/* `blocks.3/17`: the column, or a sentence. */
static status find_column(const run *r, const char *name, uint32_t *column, error *err)
{
    const char *slash = strrchr(name, '/');
    char *end = NULL;
    unsigned long index = slash ? strtoul(slash + 1, &end, 10) : 0;
    if (!slash || slash[1] < '0' || slash[1] > '9' || *end || index > UINT32_MAX)
        return error_set(err, STATUS_INPUT, "'%s' is no feature: expected LAYER/INDEX", name);
    for (uint32_t l = 0; l < r->source.count; l++) {
        const layer *in = layer_by_id(r->job->layers, r->source.layer[l]);
        if (strlen(in->name) == (size_t)(slash - name) &&
            strncmp(in->name, name, (size_t)(slash - name)) == 0 &&
            stack_column_of(&r->source, in->id, (uint32_t)index, column))
            return STATUS_OK;
    }
    return error_set(err, STATUS_INPUT, "fit %lld reads no feature '%s'", (long long)r->f.base.id,
                     name);
}

static status mark_spurious(run *r, error *err)
{
    r->spurious = calloc((size_t)r->source.data.m.cols + 1, 1);
    if (!r->spurious)
        return error_memory(err, "the spurious features");
    char *list = mem_copy_text(r->job->settings.features ? r->job->settings.features : "");
    char *save = NULL;
    status code = STATUS_OK;
    for (char *name = strtok_r(list, "\n", &save); name && code == STATUS_OK;
         name = strtok_r(NULL, "\n", &save)) {
        uint32_t column = 0;
        code = find_column(r, name, &column, err);
        if (code == STATUS_OK) {
            r->named += !r->spurious[column];
            r->spurious[column] = 1;
        }
    }
    free(list);
    return code;
}

/* The fit's chosen point, its weights by column. */
static status load_point(run *r, error *err)
{
    variable_fit_weight *weight = NULL;
    uint32_t count = 0;
    status code = variable_fit_weights(r->job->connection, &r->f, r->f.chosen,
                                       &r->before.intercept, &weight, &count, err);
    if (code == STATUS_OK)
        r->before.weight = mem_alloc(((size_t)count + 1) * sizeof *r->before.weight);
    uint8_t *seen = mem_zero((size_t)r->source.data.m.cols + 1, 1);
    for (uint32_t w = 0; w < count && code == STATUS_OK; w++) {
        uint32_t column = 0;
        if (!stack_column_of(&r->source, weight[w].layer, weight[w].feature, &column) ||
            weight[w].output >= r->f.outputs) {
            code = error_set(err, STATUS_INPUT, "fit %lld has a weight of no feature",
                             (long long)r->f.base.id);
            break;
        }
        r->used += r->spurious[column] && !seen[column];
        seen[column] = 1;
        r->before.weight[r->before.count++] =
            (variable_weight){weight[w].output, column, weight[w].weight};
    }
    free(seen);
    free(weight);
    return code;
}

static status load_values(run *r, error *err)
{
    target_set targets = {0};
    status code = target_list(r->job->connection, &targets, err);
    const target *label = target_by_id(&targets, r->f.target_id);
    const target *about = target_find(&targets, r->job->settings.attribute);
    if (code == STATUS_OK && (!label || !about)) /* `applies` has just seen them */
        code = error_set(err, STATUS_INPUT, "a target variable is gone");
    if (code == STATUS_OK)
        code = variable_load(r->job->connection, label, &r->label, &r->label_value, err);
    if (code == STATUS_OK)
        code = variable_load(r->job->connection, about, &r->attribute, &r->attribute_value, err);
    uint32_t rows = r->source.data.m.rows;
    if (code == STATUS_OK && (r->label.rows != rows || r->attribute.rows != rows))
        code = error_set(err, STATUS_INPUT,
                         "the label has %u values and the attribute %u, expected %u as the layers "
                         "have samples",
                         r->label.rows, r->attribute.rows, rows);
    target_set_release(&targets);
    return code;
}

static status load(run *r, error *err)
{
    check_job *job = r->job;
    uint32_t count = 0;
    status code = variable_fit_get(job->connection, job->fit->id, &r->f, err);
    if (code == STATUS_OK)
        code = fit_check_ridge(&r->f.base, err);
    if (code == STATUS_OK)
        code = stack_load(&r->source, job->connection, job->layers, r->f.layer, r->f.layer_count,
                          err);
    if (code == STATUS_OK && strcmp(r->source.hash, r->f.base.data_hash) != 0)
        code = error_set(err, STATUS_INPUT, "the activations have changed since fit %lld was made",
                         (long long)r->f.base.id);
    if (code == STATUS_OK)
        code = mark_spurious(r, err);
    if (code == STATUS_OK)
        code = load_point(r, err);
    if (code == STATUS_OK)
        code = load_values(r, err);
    if (code == STATUS_OK)
        code = document_held_out(job->connection, r->label.rows, &r->held, &count, err);
    uint8_t *out = mem_alloc((size_t)r->label.rows + 1);
    for (uint32_t i = 0; code == STATUS_OK && i < r->label.rows; i++)
        out[i] = !r->held[i];
    if (code == STATUS_OK)
        code =
            folds_among(job->connection, r->label.rows, out, 2, job->settings.seed, &r->fold, err);
    if (code == STATUS_USAGE)
        code =
            error_set(err, STATUS_INPUT, "one document is held out: two halves need two at least");
    free(out);
    return code;
}

/* ---- the findings ---- */

static void add_figure(check_findings *f, check_figure *figure, const char *row, const char *name,
                       double value)
{
    check_figure *at = &figure[f->figures++];
    *at = (check_figure){.value = value};
    snprintf(at->name, sizeof at->name, "%s%s%s", row, row[0] ? " " : "", name);
}

static status keep(run *r, const debias_report *found, error *err)
{
    check_figure figure[FIGURES];
    check_findings f = {.figure = figure};
    for (debias_row row = 0; row < DEBIAS_ROWS; row++) {
        const debias_scores *s = &found->row[row];
        const char *name = debias_row_name(row);
        if (!s->known)
            continue;
        uint32_t worst = s->worst_label * found->attributes + s->worst_attribute;
        add_figure(&f, figure, name, "features", s->features);
        add_figure(&f, figure, name, "accuracy", s->accuracy);
        add_figure(&f, figure, name, "worst", s->worst);
        add_figure(&f, figure, name, "worst label", s->worst_label);
        add_figure(&f, figure, name, "worst attribute", s->worst_attribute);
        add_figure(&f, figure, name, "worst size", found->size[worst]);
        add_figure(&f, figure, name, "leakage", s->leakage);
        add_figure(&f, figure, name, "feature leakage", s->feature_leakage);
    }
    add_figure(&f, figure, "", "held out", found->held);
    add_figure(&f, figure, "", "chance", found->chance);
    add_figure(&f, figure, "", "tied", found->tied);
    add_figure(&f, figure, "", "spurious", r->named);
    add_figure(&f, figure, "", "used", r->used);
    return check_keep(r->job, &f, 1, err);
}

static status run_all(check_job *job, error *err)
{
    run r = {.job = job};
    debias_report found = {0};
    status code = check_plan(job, 1, err);
    if (code == STATUS_OK && job->about.done)
        return STATUS_OK;
    if (code == STATUS_OK)
        code = load(&r, err);
    if (code == STATUS_OK) {
        const variable_fit_point *chosen = &r.f.point[r.f.chosen];
        debias_data data = {.x = &r.source.data.m,
                            .label = &r.label,
                            .attribute = &r.attribute,
                            .held = r.held,
                            .half = r.fold};
        debias_request request = {.before = &r.before,
                                  .settings = {.points = r.f.chosen + 1,
                                               .fraction = chosen->lambda / r.f.lambda_max,
                                               .ridge = r.f.base.ridge,
                                               .scale = r.f.base.scale,
                                               .tolerance = r.f.base.tolerance},
                                  .spurious = r.spurious,
                                  .retrain = job->settings.retrain > 0,
                                  .cancel = job->cancel,
                                  .part = &job->part};
        atomic_store(&job->parts, debias_parts(&request));
        code = debias_judge(&data, &request, &found, err);
    }
    if (code == STATUS_OK)
        code = keep(&r, &found, err);
    debias_report_release(&found);
    free(r.before.intercept);
    free(r.before.weight);
    free(r.fold);
    free(r.held);
    free(r.spurious);
    free(r.label_value);
    free(r.attribute_value);
    stack_release(&r.source);
    variable_fit_release(&r.f);
    return code;
}

/* ---- saying it ---- */

static double of(const check_report *r, debias_row row, const char *name)
{
    char figure[CHECK_NAME];
    snprintf(figure, sizeof figure, "%s %s", debias_row_name(row), name);
    return 100 * check_figure_of(r, 0, 0, figure);
}

/* "10.0 % zeroed, 81.0 % averaged and 84.0 % retrained": a figure of the classifiers that do
 * without the spurious features. */
static char *say_changed(const check_report *r, const char *name)
{
    double retrained = of(r, DEBIAS_RETRAINED, name);
    char *last =
        isfinite(retrained) ? mem_format(", %.1f %% retrained", retrained) : mem_copy_text("");
    char *text = mem_format("%.1f %% zeroed, %.1f %% averaged%s", of(r, DEBIAS_ZEROED, name),
                            of(r, DEBIAS_AVERAGED, name), last);
    free(last);
    return text;
}

static char *say(const check_report *r, const layer_set *layers, const fit *f)
{
    (void)layers;
    (void)f;
    double named = check_figure_of(r, 0, 0, "spurious");
    double held = check_figure_of(r, 0, 0, "held out");
    double chance = 100 * check_figure_of(r, 0, 0, "chance");
    if (named == 0)
        return mem_format(
            "On %.0f held-out samples the classifier is right in %.1f %%, in its worst group in "
            "%.1f %% (an oracle in %.1f %%), and its predictions give the attribute away in %.1f "
            "%% "
            "(guessing: %.1f %%); no feature was named spurious, so none was taken away.",
            held, of(r, DEBIAS_BEFORE, "accuracy"), of(r, DEBIAS_BEFORE, "worst"),
            of(r, DEBIAS_ORACLE, "worst"), of(r, DEBIAS_BEFORE, "leakage"), chance);
    char *worst = say_changed(r, "worst"), *leakage = say_changed(r, "leakage");
    char *text = mem_format(
        "On %.0f held-out samples, taking away %.0f feature%s (%.0f with a weight) turns a "
        "worst-group accuracy of %.1f %% into %s (an oracle has %.1f %%; the group has %.0f "
        "samples), and predictions that give the attribute away in %.1f %% into %s (guessing: "
        "%.1f "
        "%%); this tells what the classifier leans on, not what the model computes.",
        held, named, named == 1 ? "" : "s", check_figure_of(r, 0, 0, "used"),
        of(r, DEBIAS_BEFORE, "worst"), worst, of(r, DEBIAS_ORACLE, "worst"),
        of(r, DEBIAS_BEFORE, "worst size") / 100, of(r, DEBIAS_BEFORE, "leakage"), leakage,
        chance);
    free(worst);
    free(leakage);
    return text;
}

static char *verdict(const check_report *r)
{
    double named = check_figure_of(r, 0, 0, "spurious");
    double chance = 100 * check_figure_of(r, 0, 0, "chance");
    debias_row after =
        isfinite(of(r, DEBIAS_RETRAINED, "worst")) ? DEBIAS_RETRAINED : DEBIAS_ZEROED;
    if (named == 0)
        return mem_format(
            "worst group right in %.1f %%, attribute given away in %.1f %% (guessing: "
            "%.1f %%); no feature was named spurious",
            of(r, DEBIAS_BEFORE, "worst"), of(r, DEBIAS_BEFORE, "leakage"), chance);
    return mem_format("%s without %.0f feature%s: worst group right in %.1f %% (before: %.1f %%), "
                      "attribute given away in %.1f %% (before: %.1f %%, guessing: %.1f %%)",
                      debias_row_name(after), named, named == 1 ? "" : "s", of(r, after, "worst"),
                      of(r, DEBIAS_BEFORE, "worst"), of(r, after, "leakage"),
                      of(r, DEBIAS_BEFORE, "leakage"), chance);
}

const check_kind check_kind_debias = {
    .name = "debias",
    .meaning = "a classifier without the features that carry an attribute",
    .settle = settle,
    .applies = applies,
    .run = run_all,
    .say = say,
    .verdict = verdict,
};
