#include "src/jobs/debias.h"

#include "db/target.h"
#include "db/variable.h"
#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/jobs/check.h"
#include "src/jobs/debias_named.h"
#include "src/jobs/variable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool json, retrain;
static const char *attribute, *layers, *file, *tag;
static double lambda = (double)NAN, ridge;
static uint64_t fit_id, folds, seed, threads;

static const command_option options[] = {
    {"attribute", OPTION_TEXT, &attribute, "NAME",
     "the variable that the classifier should not lean on"},
    {"layer", OPTION_TEXT, &layers, "A,B,...",
     "fit the label on this layer, or on these side by side, on the training documents"},
    {"fit", OPTION_COUNT, &fit_id, "FIT",
     "look at this fit (of target --train) instead of a new one"},
    {"features", OPTION_TEXT, &file, "FILE",
     "the spurious features, LAYER/INDEX a line; what stands behind a blank or # is passed over"},
    {"tag", OPTION_TEXT, &tag, "WORD",
     "the spurious features are those with this tag (default spurious; with --features: none)"},
    {"retrain", OPTION_FLAG, &retrain, NULL, "also fit anew without the spurious features"},
    {"cv", OPTION_COUNT, &folds, "K", "choose lambda over K folds of whole training documents"},
    {"lambda", OPTION_NUMBER, &lambda, "X",
     "the last lambda, as a fraction of lambda_max (default 0.02; 0.001 with --cv)"},
    {"ridge", OPTION_NUMBER, &ridge, "R", "ridge term, no unit (default 0)"},
    {"seed", OPTION_COUNT, &seed, "N", "which held-out documents are in which half (default 0)"},
    {"threads", OPTION_COUNT, &threads, "N", "threads of the cross-validation (default: all)"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line, for each classifier"},
    {0},
};

/* ---- the classifier ---- */

static status fit_label(const study *s, const char *label, error *err)
{
    variable_request request = variable_request_usual(folds > 0);
    const layer **found = NULL;
    int64_t made = 0;
    if (!layers)
        return error_set(err, STATUS_USAGE, "debias: which layer? --layer names it");
    if (folds > UINT32_MAX)
        return error_set(err, STATUS_USAGE, "debias: --cv is at most %u", UINT32_MAX);
    request.target = label;
    request.folds = (uint32_t)folds;
    request.train_only = true;
    request.settings.ridge = ridge;
    if (!isnan(lambda))
        request.settings.fraction = lambda;
    status code = study_find_layers(s, layers, &found, &request.layer_count, err);
    int64_t *id = mem_alloc(((size_t)request.layer_count + 1) * sizeof *id);
    for (uint32_t l = 0; l < request.layer_count; l++)
        id[l] = found[l]->id;
    request.layer = id;
    if (code == STATUS_OK)
        code = variable_create(s->connection, &s->layers, &request, &made, err);
    if (code == STATUS_OK) {
        fit_progress last;
        fit_run_options how = {.threads = (unsigned)threads,
                               .progress = progress_variable,
                               .user = (void *)(uintptr_t)label,
                               .cancel = progress_cancel()};
        code = fit_run(s->path, made, &how, &last, err);
        progress_end();
        fit_id = (uint64_t)made;
    }
    free(id);
    free(found);
    return code == STATUS_PARTIAL ? STATUS_OK : code; /* its gap stands with it */
}

/* ---- printing ---- */

static char *class_of(const target *t, double number)
{
    uint32_t class = (uint32_t)number;
    return class < t->class_count && t->class_name[class] ? mem_copy_text(t->class_name[class])
                                                          : mem_format("%u", class);
}

static double figure_of(const check_report *r, debias_row row, const char *name)
{
    char *figure = mem_format("%s %s", debias_row_name(row), name);
    double value = check_figure_of(r, 0, 0, figure);
    free(figure);
    return value;
}

static void print_row(output *o, const check_report *r, debias_row row, const target *label,
                      const target *about)
{
    char *of_label = class_of(label, figure_of(r, row, "worst label"));
    char *of_attribute = class_of(about, figure_of(r, row, "worst attribute"));
    char *group = mem_format("%s %s, %s %s", label->name, of_label, about->name, of_attribute);
    output_text(o, "classifier", debias_row_name(row));
    output_number(o, "features", figure_of(r, row, "features"), 1);
    output_number(o, "accuracy", figure_of(r, row, "accuracy"), 3);
    output_number(o, "worst_group", figure_of(r, row, "worst"), 3);
    output_number(o, "leakage", figure_of(r, row, "leakage"), 3);
    output_number(o, "feature_leakage", figure_of(r, row, "feature leakage"), 3);
    output_text(o, "worst_is", group);
    output_number(o, "of_samples", figure_of(r, row, "worst size"), 0);
    output_record(o);
    free(group);
    free(of_label);
    free(of_attribute);
}

static void print_report(const study *s, const check_report *r, const variable_fit *f,
                         const target *label, const target *about)
{
    output *o = output_begin(json);
    output_line(o,
                "check %lld: '%s' by fit %lld, held against '%s'; %.0f of %.0f spurious features "
                "have a weight",
                (long long)r->about.id, f->target, (long long)f->base.id, about->name,
                check_figure_of(r, 0, 0, "used"), check_figure_of(r, 0, 0, "spurious"));
    for (debias_row row = 0; row < DEBIAS_ROWS; row++)
        if (isfinite(figure_of(r, row, "accuracy")))
            print_row(o, r, row, label, about);
    char *said = check_kind_find("debias")->say(r, &s->layers, &f->base);
    output_note(o, "%s", said);
    free(said);
    if (check_figure_of(r, 0, 0, "spurious") == 0)
        output_note(o,
                    "circuitlasso target %s --fit %lld ranks the features; tag the spurious ones "
                    "(circuitlasso note, or t in Features) or list them for --features",
                    s->path, (long long)f->base.id);
    output_note(o,
                "%.0f %% of the training samples have the attribute that is usual for their label",
                100 * check_figure_of(r, 0, 0, "tied"));
    output_end(o);
}

static status show(const study *s, int64_t check_id, const variable_fit *f, error *err)
{
    check_report r = {0};
    target_set targets = {0};
    status code = check_get_report(s->connection, check_id, &r, err);
    if (code == STATUS_OK)
        code = target_list(s->connection, &targets, err);
    const target *label = target_by_id(&targets, f->target_id);
    const target *about = target_find(&targets, attribute);
    if (code == STATUS_OK && label && about)
        print_report(s, &r, f, label, about);
    target_set_release(&targets);
    check_report_release(&r);
    return code;
}

/* ---- all of it ---- */

static status judge(const study *s, error *err)
{
    variable_fit f = {0};
    check_request request = {.kind = "debias", .settings = check_settings_open()};
    check_progress last;
    int64_t check_id = 0;
    debias_features list = {0};
    status code = variable_fit_get(s->connection, (int64_t)fit_id, &f, err);
    const debias_reads reads = {&s->layers, f.layer, f.layer_count};
    if (code == STATUS_OK && (tag || !file))
        debias_add_tagged(&reads, &s->notes, tag ? tag : "spurious", &list);
    if (code == STATUS_OK && file)
        code = debias_add_file(&reads, file, &list, err);
    request.fit_id = f.base.id;
    request.settings.attribute = mem_copy_text(attribute);
    request.feature = list.item;
    request.features = list.count;
    request.settings.retrain = retrain;
    request.settings.seed = seed;
    if (code == STATUS_OK)
        code = check_create(s->connection, &s->layers, &request, &check_id, err);
    if (code == STATUS_OK) {
        check_run_options how = {
            .threads = (unsigned)threads, .progress = progress_check, .cancel = progress_cancel()};
        code = check_run(s->path, check_id, &how, &last, err);
        progress_end();
    }
    if (code == STATUS_OK)
        code = show(s, check_id, &f, err);
    check_settings_release(&request.settings);
    debias_features_release(&list);
    variable_fit_release(&f);
    return code;
}

/* Before anything is fitted: whether the variables are there and have classes. */
static status check_variables(const study *s, const char *label, error *err)
{
    target_set targets = {0};
    status code = target_list(s->connection, &targets, err);
    const char *names[] = {attribute, label};
    for (int i = 0; i < 2 && code == STATUS_OK && names[i]; i++) {
        const target *t = target_find(&targets, names[i]);
        if (!t)
            code = error_set(err, STATUS_INPUT, "there is no target variable '%s'", names[i]);
        else if (t->kind == TARGET_REAL)
            code =
                error_set(err, STATUS_INPUT, "'%s' is a number: debias is for classes", names[i]);
    }
    target_set_release(&targets);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    if (!attribute)
        return error_set(err, STATUS_USAGE, "debias: which attribute? --attribute names it");
    if ((count > 1) == (fit_id > 0))
        return error_set(err, STATUS_USAGE, "debias: either a label to fit, or --fit");
    if (fit_id && (layers || folds || ridge != 0 || !isnan(lambda)))
        return error_set(
            err, STATUS_USAGE,
            "debias: --layer, --cv, --lambda and --ridge are for a new fit, not --fit");
    status code = study_open(&s, arguments[0], DB_WRITE, err);
    if (code == STATUS_OK)
        code = check_variables(&s, count > 1 ? arguments[1] : NULL, err);
    if (code == STATUS_OK && count > 1)
        code = fit_label(&s, arguments[1], err);
    if (code == STATUS_OK)
        code = judge(&s, err);
    study_release(&s);
    return code;
}

const command command_debias = {
    .name = "debias",
    .arguments = "STUDY [LABEL]",
    .summary = "a classifier without the features that carry an attribute it should not lean on",
    .details =
        "Fits LABEL on the training documents (or takes --fit), sets the spurious features to\n"
        "0, and judges all on the held-out documents, where the attribute should not go with\n"
        "the label. before: as fitted; zeroed; averaged: set to their mean in training instead;\n"
        "retrained without them; oracle: fitted on one half of the held-out documents and\n"
        "judged on the other, both ways. worst_group: accuracy in the (label, attribute) group\n"
        "where it is least. leakage: how often the attribute is guessed from the predicted\n"
        "class, by what is usual for that class in training. feature_leakage: how often a Lasso\n"
        "tells the attribute from the features that the classifier still uses, fitted on one\n"
        "half of the held-out documents and judged on the other, both ways. With two balanced\n"
        "attributes 0.5 tells nothing. The result is kept as a check of the fit.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};
