#include "src/circuit/paths.h"

#include "db/target.h"
#include "src/base/memory.h"
#include "src/circuit/outcome.h"
#include "src/circuit/propagation.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"
#include "src/commands/trust.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS_MOST = 100000 };

static bool json;
static const char *from, *to, *to_target;
static double threshold;
static double stable = (double)NAN, fdr = (double)NAN;
static uint64_t fit_id, target_fit, wanted = 10;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"from", OPTION_TEXT, &from, "LAYER[/INDEX]",
     "where paths begin (default: as far back as they go)"},
    {"to", OPTION_TEXT, &to, "LAYER[/INDEX]", "where paths end (default: as far as they go)"},
    {"to-target", OPTION_TEXT, &to_target, "NAME[/CLASS]",
     "where paths end: a target variable, or one of its classes"},
    {"target-fit", OPTION_COUNT, &target_fit, "FIT",
     "the fit of that variable that leads to it (default: its newest)"},
    {"limit", OPTION_COUNT, &wanted, "N", "the N strongest paths (default 10)"},
    {"threshold", OPTION_NUMBER, &threshold, "X",
     "only over edges whose |standardised weight| is at least X (default 0)"},
    TRUST_OPTIONS(stable, fdr),
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line, for each feature of each path"},
    {0},
};

static status read_end(const study *s, const char *text, path_end *end, error *err)
{
    const layer *found = NULL;
    bool one = false;
    *end = (path_end){PATH_ANY, PATH_ANY};
    if (!text)
        return STATUS_OK;
    uint32_t feature = 0;
    status code = study_find(s, text, &found, &feature, &one, err);
    if (code == STATUS_OK)
        *end = (path_end){found->position, one ? feature : PATH_ANY};
    return code;
}

/* -- the target variable -------------------------------------------------------------------- */

/* The variable that paths lead to, and the fit of it; empty when they lead to features. */
typedef struct outcome {
    target_set targets;
    const target *about;
    variable_fit f;
    uint32_t output; /* PATH_ANY: any */
} outcome;

static void outcome_release(outcome *o)
{
    variable_fit_release(&o->f);
    target_set_release(&o->targets);
}

/* `/CLASS` at the end of --to-target, unless the whole is the name of a variable. */
static status read_variable(outcome *o, char *name, error *err)
{
    char *slash = strrchr(name, '/');
    o->about = target_find(&o->targets, name);
    o->output = PATH_ANY;
    if (o->about || !slash)
        return o->about ? STATUS_OK
                        : error_set(err, STATUS_INPUT, "there is no target variable '%s'", name);
    *slash = '\0';
    o->about = target_find(&o->targets, name);
    if (!o->about)
        return error_set(err, STATUS_INPUT, "there is no target variable '%s'", to_target);
    for (uint32_t c = 0; c < o->about->class_count; c++)
        if (o->about->class_name[c] && strcmp(o->about->class_name[c], slash + 1) == 0)
            o->output = c;
    if (o->about->kind == TARGET_BINARY && o->output != PATH_ANY)
        o->output = 0; /* its one predictor speaks for both classes, with opposite signs */
    return o->output != PATH_ANY
               ? STATUS_OK
               : error_set(err, STATUS_INPUT, "'%s' has no class '%s'", o->about->name, slash + 1);
}

static status find_fit(const study *s, outcome *o, error *err)
{
    variable_fit_set fits = {0};
    uint64_t newest = target_fit;
    status code = target_fit ? STATUS_OK : variable_fit_list(s->connection, &fits, err);
    for (uint32_t i = fits.count; i-- > 0;)
        if (fits.item[i].target_id == o->about->id && fits.item[i].base.state == FIT_DONE)
            newest = (uint64_t)fits.item[i].base.id;
    variable_fit_set_release(&fits);
    if (code == STATUS_OK && newest == 0)
        return error_set(err, STATUS_INPUT,
                         "no fit leads to '%s' yet; circuitlasso target %s %s --layer LAYER "
                         "makes one",
                         o->about->name, s->path, o->about->name);
    if (code == STATUS_OK)
        code = variable_fit_get(s->connection, (int64_t)newest, &o->f, err);
    if (code == STATUS_OK && o->f.target_id != o->about->id)
        code = error_set(err, STATUS_INPUT, "fit %llu is of '%s', not of '%s'",
                         (unsigned long long)target_fit, o->f.target, o->about->name);
    if (code == STATUS_OK && o->f.base.state != FIT_DONE)
        code = error_set(err, STATUS_INPUT, "fit %llu is %s: nothing leads on yet",
                         (unsigned long long)newest, fit_state_shown(&o->f.base));
    return code;
}

static status find_outcome(const study *s, outcome *o, error *err)
{
    char *name = mem_copy_text(to_target);
    status code = target_list(s->connection, &o->targets, err);
    if (code == STATUS_OK)
        code = read_variable(o, name, err);
    if (code == STATUS_OK)
        code = find_fit(s, o, err);
    free(name);
    return code;
}

/* Lets the circuit go on to the variable, and paths end there. */
static status lead_on(const study *s, const outcome *o, circuit **c, path_end *last, error *err)
{
    circuit *longer = NULL;
    status code =
        circuit_with_outcome(s->connection, &s->layers, *c, &o->f, o->f.chosen, &longer, err);
    if (code != STATUS_OK)
        return code;
    circuit_free(*c);
    *c = longer;
    *last = (path_end){s->layers.count, o->output};
    return STATUS_OK;
}

/* -- printing -------------------------------------------------------------------------------- */

typedef struct printed {
    study *s;
    const circuit *c;
    const outcome *to;
    output *out;
} printed;

/* A feature's name and label (borrowed), or the variable's and its class (free *name, *class). */
static status describe(const printed *w, uint32_t node, char **name, const char **label,
                       char **class, error *err)
{
    uint32_t feature = 0;
    uint32_t position = circuit_position(w->c, node, &feature);
    *label = NULL;
    *class = NULL;
    if (position == w->s->layers.count) {
        *name = mem_copy_text(w->to->about->name);
        *label = *class = target_output_name(w->to->about, feature);
        return STATUS_OK;
    }
    *name = study_feature_name(w->s, position, feature);
    return study_label(w->s, position, feature, label, err);
}

/* What becomes of the concept at this place. */
static void read_place(const printed *w, const circuit_path *p, uint32_t place,
                       const char *source_label, const char *label, char *out, size_t capacity)
{
    out[0] = '\0';
    if (place > 0) {
        propagation step =
            propagation_of_step(w->c, threshold, p->edge[place - 1], source_label, label);
        propagation_say(&step, out, capacity);
    }
    uint32_t node = path_node(w->c, p, place);
    if (place == p->length && circuit_position(w->c, node, NULL) < w->s->layers.count) {
        propagation end = propagation_of_end(w->c, threshold, node);
        char said[64];
        size_t used = strlen(out);
        snprintf(out + used, capacity - used, "; %s", propagation_say(&end, said, sizeof said));
    }
}

/* A record: the feature at a place of a path, and the step that led there. */
static status print_step(const printed *w, const circuit_path *p, uint32_t number, uint32_t place,
                         error *err)
{
    char *name = NULL, *source = NULL, *class = NULL, *none = NULL;
    const char *label = NULL, *source_label = NULL;
    char reading[160];
    status code = describe(w, path_node(w->c, p, place), &name, &label, &class, err);
    if (code == STATUS_OK && place > 0)
        code = describe(w, path_node(w->c, p, place - 1), &source, &source_label, &none, err);
    if (code == STATUS_OK) {
        output *o = w->out;
        read_place(w, p, place, source_label, class ? NULL : label, reading, sizeof reading);
        output_count(o, "path", number);
        output_number(o, "weight", p->weight, 6);
        output_count(o, "step", place);
        output_text(o, "feature", name);
        output_number(
            o, "standardised",
            place > 0 ? (double)w->c->edge[p->edge[place - 1]].standardised : (double)NAN, 4);
        output_text(o, "reading", reading);
        output_text(o, "mark",
                    place > 0 && p->length > 1 && p->weakest == place - 1 ? "weakest" : "");
        output_text(o, "label", label);
        output_record(o);
    }
    free(name);
    free(source);
    free(class);
    return code;
}

static status print_paths(const printed *w, const path_set *set, error *err)
{
    status code = STATUS_OK;
    for (uint32_t i = 0; i < set->count; i++)
        for (uint32_t place = 0; place <= set->item[i].length && code == STATUS_OK; place++)
            code = print_step(w, &set->item[i], i + 1, place, err);
    if (code == STATUS_OK)
        output_note(w->out, "%u of %.6g paths, strongest first; %u edges below the threshold",
                    set->count, set->all, set->hidden);
    output_note(w->out, "strengths rank dependencies; they are not causal effects");
    return code;
}

static void print_head(const printed *w, const fit *f)
{
    char how[128];
    fit_describe(f, "lambda", how, sizeof how);
    output_line(w->out, "fit %lld (%s): %s", (long long)f->id, fit_state_shown(f), how);
    if (w->to->about)
        output_line(w->out, "to '%s' by fit %lld, at lambda %.6g: %u features", w->to->about->name,
                    (long long)w->to->f.base.id, w->to->f.point[w->to->f.chosen].lambda,
                    w->to->f.point[w->to->f.chosen].features);
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    fit f = {0};
    circuit *c = NULL;
    path_set set = {0};
    path_end first, last;
    outcome goal = {0};
    if ((to && to_target) || (target_fit && !to_target))
        return error_set(err, STATUS_USAGE,
                         to ? "paths: either --to or --to-target"
                            : "paths: --target-fit goes with --to-target");
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = read_end(&s, from, &first, err);
    if (code == STATUS_OK)
        code = read_end(&s, to, &last, err);
    if (code == STATUS_OK && to_target)
        code = find_outcome(&s, &goal, err);
    if (code == STATUS_OK && (wanted == 0 || wanted > PATHS_MOST))
        code = error_set(err, STATUS_USAGE, "paths: option --limit: 1 to %d, not %llu", PATHS_MOST,
                         (unsigned long long)wanted);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK)
        code = circuit_load(s.connection, &s.layers, f.id, STRENGTH_STANDARDISED, &c, err);
    if (code == STATUS_OK)
        code = trust_apply(&c, stable, fdr, err);
    if (code == STATUS_OK && to_target)
        code = lead_on(&s, &goal, &c, &last, err);
    else if (code == STATUS_OK && !from && !to)
        paths_through(c, &first, &last);
    if (code == STATUS_OK)
        code = paths_find(c, first, last, threshold, (uint32_t)wanted, &set, err);
    if (code == STATUS_OK) {
        printed w = {.s = &s, .c = c, .to = &goal, .out = output_begin(json)};
        print_head(&w, &f);
        code = print_paths(&w, &set, err);
        output_end(w.out);
    }
    path_set_release(&set);
    circuit_free(c);
    outcome_release(&goal);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_paths = {
    .name = "paths",
    .arguments = "STUDY",
    .summary = "the strongest paths between features, into one, from one, or to a target variable",
    .details =
        "The weight of a path is the product of its edges' standardised weights. The strongest\n"
        "paths are found exactly, whatever the circuit's size. With only --to, paths begin\n"
        "where no edge leads in; with only --from they end where none leads out; with neither\n"
        "they lead from the first fitted layer to the last. reading says what becomes of the\n"
        "concept at each step: it persists (one parent has 60% of the squared weights of its\n"
        "target's parents, or 40% and a similar label), merges with others, or is a minor part\n"
        "of what another parent carries. With --to-target the last step is a weight of a target\n"
        "variable's fit, at the point of its path that it chose: times sd(feature), for numbers\n"
        "/ sd(variable).",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
