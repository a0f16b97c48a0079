#include "src/jobs/check.h"
#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORST = 20 }; /* rows of values that are printed of a check at most */

static bool json, list_them, take_over;
static const char *file, *noise, *by, *pairs, *measured;
static double cut = (double)NAN, rate = (double)NAN;
static uint64_t fit_id, target_fit, rounds, folds, seed, resume, delete_id, show_id;
static uint64_t threads, memory;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"rounds", OPTION_COUNT, &rounds, "N",
     "null: permutations (default 20); stability: pairs of halves (default 50)"},
    {"folds", OPTION_COUNT, &folds, "K", "held-out, null: parts of the documents (default 5)"},
    {"seed", OPTION_COUNT, &seed, "N", "what the random choices follow from (default 0)"},
    {"cut", OPTION_NUMBER, &cut, "X",
     "from which size on something counts; each kind has its own"},
    {"rate", OPTION_NUMBER, &rate, "X",
     "null: the false discovery rate that is wanted (default 0.05)"},
    {"noise", OPTION_TEXT, &noise, "WHICH",
     "null: unexplained (what the fit leaves of a target) or whole (default unexplained)"},
    {"file", OPTION_TEXT, &file, "FILE", "truth: the file with the true edges"},
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "truth: removal, weight or standardised (default removal between SAE layers, else weight)"},
    {"pairs", OPTION_TEXT, &pairs, "PAIRS",
     "truth: layer pairs of which it has an edge (truth), or all of the fit (default truth)"},
    {"target-fit", OPTION_COUNT, &target_fit, "FIT",
     "faithfulness: the fit of the target variable (default: the newest that the circuit leads "
     "to)"},
    {"measured", OPTION_TEXT, &measured, "FILE",
     "faithfulness: kept nodes, a tab and a value a line, measured on the real model"},
    {"list", OPTION_FLAG, &list_them, NULL,
     "list the fit's checks and what they found; run nothing"},
    {"show", OPTION_COUNT, &show_id, "CHECK", "what this check found; run nothing"},
    {"resume", OPTION_COUNT, &resume, "CHECK", "go on with a check that was cancelled or cut off"},
    {"delete", OPTION_COUNT, &delete_id, "CHECK", "delete this check and its findings"},
    {"take-over", OPTION_FLAG, &take_over, NULL,
     "resume even if another machine was running it: make sure that it is not"},
    {"threads", OPTION_COUNT, &threads, "N", "threads (default: all cores)"},
    {"memory", OPTION_BYTES, &memory, "SIZE", "memory that the solver's caches may take"},
    {"json", OPTION_FLAG, &json, NULL,
     "one JSON object a line, for each figure and each point of a curve"},
    {0},
};

static const char *layer_name(const study *s, int64_t layer_id)
{
    const layer *l = layer_id ? layer_by_id(&s->layers, layer_id) : NULL;
    return l ? l->name : NULL;
}

static void print_head(output *o, const check *c)
{
    output_count(o, "check", (uint64_t)c->id);
    output_text(o, "kind", c->kind);
}

static void print_figures(const study *s, const check_report *r, output *o)
{
    for (uint32_t i = 0; i < r->figures; i++) {
        const check_figure *f = &r->figure[i];
        print_head(o, &r->about);
        output_text(o, "source", layer_name(s, f->source_layer));
        output_text(o, "target", layer_name(s, f->target_layer));
        output_text(o, "figure", f->name);
        output_number(o, "value", f->value, 4);
        output_record(o);
    }
}

/* For programs: curves, too. */
static void print_points(const study *s, const check_report *r, output *o)
{
    for (uint32_t i = 0; i < r->points; i++) {
        const check_point *p = &r->point[i];
        print_head(o, &r->about);
        output_text(o, "source", layer_name(s, p->source_layer));
        output_text(o, "target", layer_name(s, p->target_layer));
        output_text(o, "series", p->series);
        output_number(o, "x", p->x, 6);
        output_number(o, "y", p->y, 6);
        output_record(o);
    }
}

/* The target features that the kind would have one look at first. */
static status print_worst(study *s, const check_report *r, const check_kind *kind, error *err)
{
    check_value *list = NULL;
    uint32_t count = 0;
    if (!kind->worst)
        return STATUS_OK;
    status code = check_top_values(s->connection, r->about.id, kind->worst,
                                   kind->worst_is_greatest, WORST, &list, &count, err);
    output *o = output_begin(json);
    for (uint32_t i = 0; code == STATUS_OK && i < count; i++) {
        const layer *source = layer_by_id(&s->layers, list[i].source_layer);
        const layer *target = layer_by_id(&s->layers, list[i].target_layer);
        const char *label = NULL;
        if (!source || !target || list[i].feature >= target->features)
            continue;
        code = study_label(s, target->position, list[i].feature, &label, err);
        char *name = study_feature_name(s, target->position, list[i].feature);
        print_head(o, &r->about);
        output_text(o, "source", source->name);
        output_text(o, "feature", name);
        output_number(o, kind->worst, list[i].value, 3);
        output_text(o, "label", label);
        output_record(o);
        free(name);
    }
    output_end(o);
    free(list);
    return code;
}

static status show(study *s, int64_t check_id, error *err)
{
    check_report r = {0};
    fit f = {0};
    status code = check_get_report(s->connection, check_id, &r, err);
    if (code == STATUS_OK)
        code = fit_get(s->connection, r.about.fit_id, &f, err);
    if (code == STATUS_OK) {
        const check_kind *kind = check_kind_find(r.about.kind);
        bool done = r.about.state == FIT_DONE;
        output *o = output_begin(json);
        output_line(o, "check %lld of fit %lld, %s: %s, %.1f s", (long long)r.about.id,
                    (long long)f.id, r.about.kind, check_state_shown(&r.about), r.about.seconds);
        if (kind && done) {
            char *verdict = kind->verdict(&r), *said = kind->say(&r, &s->layers, &f);
            output_line(o, "%s: %s", kind->name, verdict);
            output_line(o, "%s", said);
            free(verdict);
            free(said);
        }
        print_figures(s, &r, o);
        output_end(o);
        if (json) {
            o = output_begin(json);
            print_points(s, &r, o);
            output_end(o);
        }
        if (kind && done)
            code = print_worst(s, &r, kind, err);
    }
    fit_release(&f);
    check_report_release(&r);
    return code;
}

static status list(const study *s, int64_t id, error *err)
{
    check_set set = {0};
    status code = check_list(s->connection, id, &set, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        if (set.count == 0)
            output_line(o, "no checks of fit %lld yet; circuitlasso check %s runs them",
                        (long long)id, s->path);
        for (uint32_t i = 0; i < set.count; i++) {
            const check *c = &set.item[i].about;
            print_head(o, c);
            output_count(o, "fit", (uint64_t)c->fit_id);
            output_text(o, "state", check_state_shown(c));
            output_text(o, "settings", c->settings);
            output_count(o, "done", c->done);
            output_count(o, "units", c->units);
            output_number(o, "seconds", c->seconds, 1);
            output_text(o, "message", c->message);
            output_record(o);
        }
        output_end(o);
    }
    check_set_release(&set);
    return code;
}

static status run_one(study *s, int64_t check_id, error *err)
{
    check_progress last;
    check_run_options how = {.threads = (unsigned)threads,
                             .memory = memory,
                             .take_over = take_over,
                             .progress = progress_check,
                             .cancel = progress_cancel()};
    status code = check_run(s->path, check_id, &how, &last, err);
    progress_end();
    if (code == STATUS_INTERRUPTED && !json)
        printf("go on with: circuitlasso check %s --resume %lld\n", s->path, (long long)check_id);
    return code == STATUS_OK ? show(s, check_id, err) : code;
}

/* Of the kinds that were not named: whether this one applies to the fit. */
static status does_apply(const study *s, const fit *f, const check_kind *kind,
                         const check_settings *asked, bool *does, error *err)
{
    char why[512] = "";
    check_settings settings = check_settings_copy(asked);
    status code = kind->settle(&settings, err);
    if (code == STATUS_OK)
        code = kind->applies(s->connection, &s->layers, f, &settings, why, sizeof why, err);
    *does = !why[0];
    if (code == STATUS_OK && why[0])
        fprintf(stderr, "circuitlasso: check %s is left out: %s\n", kind->name, why);
    check_settings_release(&settings);
    return code;
}

static status run_kinds(study *s, const fit *f, char **names, int named, error *err)
{
    uint32_t count = 0;
    const check_kind *const *kinds = check_kinds(&count);
    check_request request = {.fit_id = f->id, .settings = check_settings_open()};
    request.settings.rounds = rounds;
    request.settings.folds = folds;
    request.settings.seed = seed;
    request.settings.cut = cut;
    request.settings.rate = rate;
    request.settings.noise = mem_copy_text(noise);
    request.settings.file = mem_copy_text(file);
    request.settings.target_fit = target_fit;
    request.settings.measured = mem_copy_text(measured);
    request.settings.by = mem_copy_text(by);
    request.settings.pairs = mem_copy_text(pairs);
    status code = STATUS_OK;
    for (int i = 0; i < (named ? named : (int)count) && code == STATUS_OK; i++) {
        int64_t check_id = 0;
        bool does = true;
        request.kind = named ? names[i] : kinds[i]->name;
        if (!named)
            code = does_apply(s, f, kinds[i], &request.settings, &does, err);
        if (code == STATUS_OK && does)
            code = check_create(s->connection, &s->layers, &request, &check_id, err);
        if (code == STATUS_OK && does)
            code = run_one(s, check_id, err);
    }
    check_settings_release(&request.settings);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    fit f = {0};
    status code = study_open(&s, arguments[0], list_them || show_id ? DB_READ : DB_WRITE, err);
    if (code == STATUS_OK && delete_id)
        code = check_delete_idle(s.connection, (int64_t)delete_id, err);
    else if (code == STATUS_OK && show_id)
        code = show(&s, (int64_t)show_id, err);
    else if (code == STATUS_OK && resume)
        code = run_one(&s, (int64_t)resume, err);
    else if (code == STATUS_OK) {
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
        if (code == STATUS_OK)
            code =
                list_them ? list(&s, f.id, err) : run_kinds(&s, &f, arguments + 1, count - 1, err);
    }
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_check = {
    .name = "check",
    .arguments = "STUDY [KIND...]",
    .summary = "test whether a fit's circuit is real: held-out documents, permutations, resamples",
    .details =
        "Without a KIND all checks that apply are run, one after the other; each is a job that\n"
        "keeps its finished parts when it is interrupted or killed, and its findings in the\n"
        "workspace. Documents are never torn apart: tokens of one text depend on each other.\n"
        "Kinds:\n"
        "held-out   R2 of every target on documents that a refit has not seen\n"
        "null       edges that arise with whole documents out of step: false discovery rate\n"
        "stability  how often each edge comes back in halves of the documents\n"
        "effects    against measured interventions, beside covariance and Lasso (more: `score`)\n"
        "truth      agreement with a true circuit, of --file; circuitlasso score tells more\n"
        "debias     of a target variable's fit: circuitlasso debias runs it\n"
        "faithfulness  how few nodes and edges carry what the linear surrogate says of a variable",
    .least = 1,
    .most = 32,
    .options = options,
    .run = run,
};
