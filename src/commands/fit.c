#include "src/jobs/fit.h"
#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/jobs/estimate.h"
#include "src/jobs/lambda_path.h"
#include "src/jobs/memory_plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NO_PATH UINT64_MAX /* --path was not given */

static bool json, take_over, joint, estimated;
static const char *layers, *pairs = "adjacent", *rule = "pair", *scale = "none", *wiring = "on";
static double lambda = (double)NAN, ridge = (double)NAN, tolerance = 1e-6;
static uint64_t resume, threads, memory, points = NO_PATH;

static const command_option options[] = {
    {"layers", OPTION_TEXT, &layers, "A,B,...",
     "only these layers, in computation order (default: all)"},
    {"pairs", OPTION_TEXT, &pairs, "PAIRS",
     "adjacent, all (each layer on every earlier one), or a list A:B,C:D (default adjacent)"},
    {"joint", OPTION_FLAG, &joint, NULL,
     "one regression a target on all its source layers at once (implies --pairs all)"},
    {"rule", OPTION_TEXT, &rule, "RULE",
     "what --lambda is: pair or target (a fraction of lambda_max), parents (a target), edges (a "
     "pair), cv (folds, by document), absolute (default pair)"},
    {"lambda", OPTION_NUMBER, &lambda, "X",
     "lambda as the rule reads it (default: pair 0.005, target 0.05, parents 20, edges 10000, "
     "cv 5)"},
    {"path", OPTION_COUNT, &points, "N",
     "for each layer pair, a line for each of N lambdas (2 to 1000), log-spaced from the largest "
     "down to --lambda, to choose one by; rules pair, target and absolute; stores nothing"},
    {"ridge", OPTION_NUMBER, &ridge, "R", "ridge term, no unit (default 0: the plain Lasso)"},
    {"scale", OPTION_TEXT, &scale, "S",
     "none, or sd: divide columns by their deviation (default none)"},
    {"wiring", OPTION_TEXT, &wiring, "on|off",
     "use the layers' autoencoders where both of a pair have theirs (on by default)"},
    {"tolerance", OPTION_NUMBER, &tolerance, "T", "relative duality gap to reach (default 1e-6)"},
    {"threads", OPTION_COUNT, &threads, "N", "threads (default: all cores)"},
    {"memory", OPTION_BYTES, &memory, "SIZE",
     "memory that the program may take; with less it is slower (default: what the layers need, "
     "and 512 MiB of caches)"},
    {"resume", OPTION_COUNT, &resume, "FIT", "go on with a fit that was cancelled or cut off"},
    {"take-over", OPTION_FLAG, &take_over, NULL,
     "resume even if another machine was running it: make sure that it is not"},
    {"estimate", OPTION_FLAG, &estimated, NULL,
     "say about how long it takes and how large it gets, from a trial on a few targets; fit "
     "nothing"},
    {"json", OPTION_FLAG, &json, NULL, "the result as a JSON object"},
    {0},
};

static status read_rule(lasso_settings *settings, error *err)
{
    const struct {
        const char *name;
        lasso_rule rule;
        double standard;
    } rules[] = {{"pair", LASSO_OF_PAIR, settings->lambda},
                 {"target", LASSO_OF_TARGET, 0.05},
                 {"parents", LASSO_PARENTS, 20},
                 {"edges", LASSO_EDGES, 10000},
                 {"cv", LASSO_CROSS, 5},
                 {"absolute", LASSO_ABSOLUTE, (double)NAN}};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (strcmp(rule, rules[i].name) == 0) {
            settings->rule = rules[i].rule;
            settings->lambda = isnan(lambda) ? rules[i].standard : lambda;
            if (isnan(settings->lambda))
                return error_set(err, STATUS_USAGE, "fit: rule absolute needs --lambda");
            return STATUS_OK;
        }
    return error_set(err, STATUS_USAGE,
                     "fit: option --rule: '%s', expected pair, target, parents, edges, cv or "
                     "absolute",
                     rule);
}

static status read_wiring(bool *on, error *err)
{
    *on = strcmp(wiring, "on") == 0;
    if (*on || strcmp(wiring, "off") == 0)
        return STATUS_OK;
    return error_set(err, STATUS_USAGE, "fit: option --wiring: '%s', expected on or off", wiring);
}

/* `settings` has lasso_defaults(). */
static status read_settings(lasso_settings *settings, error *err)
{
    settings->ridge = isnan(ridge) ? settings->ridge : ridge;
    settings->tolerance = tolerance;
    status code = command_read_scale("fit", scale, &settings->scale, err);
    return code == STATUS_OK ? read_rule(settings, err) : code;
}

/* The layers that --layers names, as positions. */
static status read_layers(const study *s, uint32_t **position, uint32_t *count, error *err)
{
    const layer **found = NULL;
    status code = study_find_layers(s, layers, &found, count, err);
    *position = mem_alloc(((size_t)*count + 1) * sizeof **position);
    for (uint32_t l = 0; l < *count; l++)
        (*position)[l] = found[l]->position;
    free(found);
    return code;
}

/* A:B,C:D */
static status read_pairs(const study *s, fit_request *request, error *err)
{
    char *list = mem_copy_text(pairs);
    char *save = NULL;
    status code = STATUS_OK;
    request->pair = mem_alloc((strlen(list) + 1) * sizeof *request->pair);
    for (char *names = strtok_r(list, ",", &save); names && code == STATUS_OK;
         names = strtok_r(NULL, ",", &save)) {
        const layer *source = NULL;
        const layer *target = NULL;
        char *colon = strchr(names, ':');
        if (!colon) {
            code =
                error_set(err, STATUS_USAGE,
                          "fit: option --pairs: '%s', expected adjacent, all, or A:B,C:D", pairs);
            break;
        }
        *colon = '\0';
        code = study_find(s, names, &source, NULL, NULL, err);
        if (code == STATUS_OK)
            code = study_find(s, colon + 1, &target, NULL, NULL, err);
        if (code == STATUS_OK)
            request->pair[request->pair_count++] =
                (struct fit_request_pair){source->id, target->id};
    }
    free(list);
    return code;
}

static status read_request(const study *s, fit_request *request, error *err)
{
    uint32_t *chosen = NULL;
    uint32_t count = 0;
    request->joint = joint;
    status code = read_wiring(&request->wiring, err);
    if (code == STATUS_OK && layers)
        code = read_layers(s, &chosen, &count, err);
    if (code != STATUS_OK)
        ;
    else if (joint || strcmp(pairs, "all") == 0)
        fit_request_all(request, &s->layers, chosen, count);
    else if (strcmp(pairs, "adjacent") == 0)
        fit_request_adjacent(request, &s->layers, chosen, count);
    else
        code = read_pairs(s, request, err);
    free(chosen);
    request->settings = lasso_defaults();
    return code == STATUS_OK ? read_settings(&request->settings, err) : code;
}

/* *unwired: how many pairs of a Lasso have no wiring although it is on. */
static status create(const study *s, int64_t *fit_id, uint32_t *unwired, error *err)
{
    fit_request request = {0};
    status code = read_request(s, &request, err);
    if (code == STATUS_OK)
        code = memory_plan_check(&s->layers, &request, 1, memory, err);
    if (code == STATUS_OK)
        code = fit_create(s->connection, &s->layers, &request, fit_id, err);
    if (request.wiring && !request.joint && request.settings.ridge == 0)
        *unwired = request.pair_count - fit_wired_pairs(&s->layers, &request);
    fit_request_release(&request);
    return code;
}

static status print_estimate(const study *s, error *err)
{
    fit_request request = {0};
    estimate about;
    estimator *e = estimator_create();
    status code = read_request(s, &request, err);
    if (code == STATUS_OK)
        code = memory_plan_check(&s->layers, &request, 1, memory, err);
    if (code == STATUS_OK)
        code = estimate_fit(e, s->connection, &s->layers, &request, (unsigned)threads,
                            progress_cancel(), &about, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        if (json) {
            output_count(o, "targets", about.targets);
            output_count(o, "tried", about.tried);
            output_number(o, "parents", about.parents, 1);
            output_count(o, "edges", about.edges);
            output_count(o, "wired_alone", about.wired_alone);
            output_count(o, "bytes", about.bytes);
            output_number(o, "seconds", about.seconds, 2);
            output_record(o);
        } else {
            output_line(o,
                        "about %.3g s, %llu edges (%.3g a target), %.3g MB: from %u of %u targets",
                        about.seconds, (unsigned long long)about.edges,
                        (double)about.edges / about.targets, (double)about.bytes / 1e6,
                        about.tried, about.targets);
        }
        output_end(o);
    }
    estimator_free(e);
    fit_request_release(&request);
    return code;
}

/* What lambda_path_run's callback prints to. */
typedef struct path_table {
    output *out;
    uint32_t points;
} path_table;

static void show_path(void *user, const layer *source, const layer *target,
                      const path_point *point)
{
    const path_table *t = user;
    progress_end();
    for (uint32_t i = 0; i < t->points; i++) {
        const path_point *p = &point[i];
        output_text(t->out, "source", source ? source->name : "all before");
        output_text(t->out, "target", target->name);
        output_count(t->out, "point", i + 1);
        output_number(t->out, "lambda", p->asked, 6);
        output_number(t->out, "absolute", p->lambda > 0 ? p->lambda : (double)NAN, 6);
        output_number(t->out, "parents", p->parents, 2);
        output_count(t->out, "edges", p->edges);
        output_number(t->out, "r2", p->r2, 4);
        output_small(t->out, "worst_gap", p->worst_gap);
        output_count(t->out, "unconverged", p->unconverged);
        output_record(t->out);
    }
}

static status print_path(const study *s, error *err)
{
    fit_request request = {0};
    status code = read_request(s, &request, err);
    if (code == STATUS_OK) {
        path_table table = {output_begin(json),
                            points < UINT32_MAX ? (uint32_t)points : UINT32_MAX};
        path_options how = {.points = table.points,
                            .threads = (unsigned)threads,
                            .memory = memory,
                            .each = show_path,
                            .progress = progress_path,
                            .user = &table,
                            .cancel = progress_cancel()};
        code = lambda_path_run(s->connection, &s->layers, &request, &how, err);
        progress_end();
        if (code == STATUS_OK || code == STATUS_PARTIAL)
            output_note(table.out,
                        "nothing is stored; to keep one: the same command with its --lambda, "
                        "without --path");
        output_end(table.out);
    }
    fit_request_release(&request);
    return code;
}

/* Without wiring the Lasso foretells removals badly; nobody who begins can know that. */
static void advise(const output *o, uint32_t unwired, uint32_t fitted)
{
    char some[48] = "";
    if (unwired < fitted)
        snprintf(some, sizeof some, " for %u of %u pairs", unwired, fitted);
    output_line(o, "no wiring%s: removals rest on the regression alone; in the sample's model",
                some);
    output_line(o, "--ridge 0.25 predicts them better (README, \"Why the defaults are what they "
                   "are\")");
}

static void report(const char *path, const fit_progress *p, uint32_t unwired)
{
    output *o = output_begin(json);
    if (json) {
        output_count(o, "fit", (uint64_t)p->fit_id);
        output_text(o, "state", fit_state_name(p->state));
        output_count(o, "targets", p->targets);
        output_count(o, "done", p->done);
        output_count(o, "edges", p->edges);
        output_count(o, "unconverged", p->unconverged);
        output_number(o, "worst_gap", p->worst_gap, 0);
        output_number(o, "seconds", p->seconds, 2);
        output_record(o);
    } else {
        output_line(o, "fit %lld %s: %u of %u %s, %llu %s, worst gap %.1e, %.1f s",
                    (long long)p->fit_id, fit_state_name(p->state), p->done, p->targets,
                    p->of_variable ? "points" : "targets", (unsigned long long)p->edges,
                    p->of_variable ? "features" : "edges", p->worst_gap, p->seconds);
        if (p->state == FIT_CANCELLED || p->state == FIT_FAILED)
            output_line(o, "go on with: circuitlasso fit %s --resume %lld", path,
                        (long long)p->fit_id);
        else if (unwired > 0)
            advise(o, unwired, p->pairs);
    }
    output_end(o);
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    int64_t fit_id = (int64_t)resume;
    uint32_t unwired = 0;
    fit_progress last = {0};
    bool path = points != NO_PATH;
    bool only_looks = estimated || path;
    if ((resume != 0) + estimated + path > 1)
        return error_set(err, STATUS_USAGE,
                         "fit: one of --path, --estimate and --resume at a time");
    status code = study_open(&s, arguments[0], resume || only_looks ? DB_READ : DB_WRITE, err);
    if (only_looks) {
        if (code == STATUS_OK)
            code = estimated ? print_estimate(&s, err) : print_path(&s, err);
        study_release(&s);
        return code;
    }
    if (code == STATUS_OK && !resume)
        code = create(&s, &fit_id, &unwired, err);
    if (code == STATUS_OK) {
        fit_run_options how = {.threads = (unsigned)threads,
                               .memory = memory,
                               .take_over = take_over,
                               .progress = progress_fit,
                               .user = &s.layers,
                               .cancel = progress_cancel()};
        code = fit_run(arguments[0], fit_id, &how, &last, err);
        progress_end();
        if (last.pairs)
            report(arguments[0], &last, unwired);
    }
    study_release(&s);
    return code;
}

const command command_fit = {
    .name = "fit",
    .arguments = "STUDY",
    .summary = "learn a circuit: sparse regressions of later layers on earlier ones",
    .details = "For every feature of a layer, the Lasso (with --ridge, an elastic net) on all\n"
               "features of the layer before it, or of the layers that --pairs and --joint say;\n"
               "nonzero coefficients are edges. Every target is certified by its relative\n"
               "duality gap. Where both layers of a pair have their autoencoders, edges are\n"
               "also told from these, and removal is the mean of both (--wiring off: from the\n"
               "regression alone; a joint fit is). Finished targets are stored as they come: a\n"
               "fit that is interrupted or killed keeps them and can be resumed. --path tells\n"
               "of many lambdas what the regression at each would come to. Exit status 1: some\n"
               "targets stayed above the tolerance.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
