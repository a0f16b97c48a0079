#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/progress.h"
#include "src/commands/target_show.h"
#include "src/jobs/variable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX /* of --point and --sample */

static bool json, least, train;
static const char *layers, *scale = "none";
static double lambda = (double)NAN, ridge, tolerance = 1e-6;
static uint64_t points, folds, seed, threads, fit_id, limit = 20;
static uint64_t point = NONE, sample = NONE;

static const command_option options[] = {
    {"layer", OPTION_TEXT, &layers, "A,B,...",
     "fit the variable on this layer, or on these side by side"},
    {"path", OPTION_COUNT, &points, "N",
     "lambdas, from the largest down (default 20; 30 with --cv)"},
    {"lambda", OPTION_NUMBER, &lambda, "X",
     "the last one, as a fraction of lambda_max (default 0.02; 0.001 with --cv)"},
    {"cv", OPTION_COUNT, &folds, "K", "cross-validate over K folds of whole documents"},
    {"least", OPTION_FLAG, &least, NULL,
     "choose the least held-out error, not the sparsest fit within one standard error"},
    {"seed", OPTION_COUNT, &seed, "N", "which documents share a fold (default 0)"},
    {"train", OPTION_FLAG, &train, NULL,
     "see the training documents alone, not the held-out ones"},
    {"ridge", OPTION_NUMBER, &ridge, "R", "ridge term, no unit (default 0: the plain Lasso)"},
    {"scale", OPTION_TEXT, &scale, "S",
     "none, or sd: divide columns by their deviation (default none)"},
    {"tolerance", OPTION_NUMBER, &tolerance, "T", "relative duality gap to reach (default 1e-6)"},
    {"threads", OPTION_COUNT, &threads, "N",
     "threads of the cross-validation (default: all cores)"},
    {"fit", OPTION_COUNT, &fit_id, "FIT", "show this fit again"},
    {"point", OPTION_COUNT, &point, "I", "show the features of this point of the path"},
    {"sample", OPTION_COUNT, &sample, "I",
     "rank features by |weight * activation| in this sample, not by |weight|"},
    {"limit", OPTION_COUNT, &limit, "N", "at most N features a class, 0 for all (default 20)"},
    {"json", OPTION_FLAG, &json, NULL, "JSON lines: the points of the path, then the features"},
    {0},
};

/* The ids of the layers that --layer names. */
static status read_layers(const study *s, int64_t **id, uint32_t *count, error *err)
{
    const layer **found = NULL;
    if (!layers)
        return error_set(err, STATUS_USAGE, "target: which layer? --layer names it");
    status code = study_find_layers(s, layers, &found, count, err);
    *id = mem_alloc(((size_t)*count + 1) * sizeof **id);
    for (uint32_t l = 0; l < *count; l++)
        (*id)[l] = found[l]->id;
    free(found);
    return code;
}

static status read_request(variable_request *request, error *err)
{
    if (points > UINT32_MAX || folds > UINT32_MAX)
        return error_set(err, STATUS_USAGE, "target: --path and --cv are at most %u", UINT32_MAX);
    const char *name = request->target;
    *request = variable_request_usual(folds > 0);
    request->target = name;
    request->settings.ridge = ridge;
    request->settings.tolerance = tolerance;
    if (points)
        request->settings.points = (uint32_t)points;
    if (!isnan(lambda))
        request->settings.fraction = lambda;
    request->folds = (uint32_t)folds;
    request->seed = seed;
    request->least_error = least;
    request->train_only = train;
    return command_read_scale("target", scale, &request->settings.scale, err);
}

static status fit_variable(const study *s, const char *name, error *err)
{
    variable_request request = {.target = name};
    int64_t *id = NULL;
    int64_t made = 0;
    status code = read_request(&request, err);
    if (code == STATUS_OK)
        code = read_layers(s, &id, &request.layer_count, err);
    request.layer = id;
    if (code == STATUS_OK)
        code = variable_create(s->connection, &s->layers, &request, &made, err);
    if (code == STATUS_OK) {
        fit_progress last;
        fit_run_options how = {.threads = (unsigned)threads,
                               .progress = progress_variable,
                               .user = (void *)(uintptr_t)name,
                               .cancel = progress_cancel()};
        code = fit_run(s->path, made, &how, &last, err);
        progress_end();
        fit_id = (uint64_t)made;
    }
    free(id);
    return code;
}

static void warn_at_end(const variable_fit *f)
{
    if (f->folds && f->point_count > 1 && f->chosen + 1 == f->point_count && !json)
        printf("the last lambda of the path is the chosen one: a lower --lambda may do better\n");
}

static status show(study *s, error *err)
{
    variable_fit f = {0};
    target_choice choice = {.json = json,
                            .one_point = point != NONE,
                            .point = (uint32_t)point,
                            .one_sample = sample != NONE,
                            .sample = (uint32_t)sample,
                            .limit = limit};
    if (point > NONE || sample > NONE)
        return error_set(err, STATUS_USAGE, "target: --point and --sample are below %u", NONE);
    status code = variable_fit_get(s->connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK && f.base.state != FIT_DONE)
        code = error_set(err, STATUS_INPUT, "fit %lld is %s: it has no path yet",
                         (long long)f.base.id, fit_state_shown(&f.base));
    if (code == STATUS_OK)
        code = target_show_fit(s, &f, &choice, err);
    if (code == STATUS_OK)
        warn_at_end(&f);
    variable_fit_release(&f);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    if (fit_id && count > 1)
        return error_set(err, STATUS_USAGE, "target: either a variable to fit, or --fit");
    status code = study_open(&s, arguments[0], count > 1 ? DB_WRITE : DB_READ, err);
    if (code == STATUS_OK && count == 1 && !fit_id) {
        code = target_show_list(&s, json, err);
    } else if (code == STATUS_OK) {
        status fitted = count > 1 ? fit_variable(&s, arguments[1], err) : STATUS_OK;
        error complaint = *err; /* a partial fit is shown, and complained about all the same */
        code = fitted;
        if (fitted == STATUS_OK || fitted == STATUS_PARTIAL)
            code = show(&s, err);
        if (code == STATUS_OK && fitted == STATUS_PARTIAL) {
            *err = complaint;
            code = fitted;
        }
    }
    study_release(&s);
    return code;
}

const command command_target = {
    .name = "target",
    .arguments = "STUDY [VARIABLE]",
    .summary = "which features a target variable depends on: a sparse regression of it on a layer",
    .details =
        "Squared error for numbers, logistic for two classes, softmax for more, each with an l1\n"
        "penalty, for a whole path of lambdas at once; every point is certified by its relative\n"
        "duality gap. The features are those of one point: the end of the path or, with --cv,\n"
        "the sparsest within one standard error of the least held-out error. They are ranked by\n"
        "|weight|; with --sample, by |weight * activation| in one sample. Fits are stored:\n"
        "without VARIABLE, the study's variables and their fits are listed, and --fit shows one\n"
        "of them. Exit status 1: some points stayed above the tolerance.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};
