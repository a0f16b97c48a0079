#include "src/circuit/paths.h"

#include "src/circuit/propagation.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PATHS_MOST = 100000 };

static bool json;
static const char *from, *to;
static double threshold;
static uint64_t fit_id, wanted = 10;

static const command_option options[] = {
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"from", OPTION_TEXT, &from, "LAYER[/INDEX]",
     "where paths begin (default: as far back as they go)"},
    {"to", OPTION_TEXT, &to, "LAYER[/INDEX]", "where paths end (default: as far as they go)"},
    {"limit", OPTION_COUNT, &wanted, "N", "the N strongest paths (default 10)"},
    {"threshold", OPTION_NUMBER, &threshold, "X",
     "only over edges whose |standardised weight| is at least X (default 0)"},
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

/* A record: the feature at a place of a path, and the step that led there. */
static status print_step(study *s, const circuit *c, const circuit_path *p, uint32_t number,
                         uint32_t place, output *o, error *err)
{
    uint32_t feature = 0, before = 0;
    uint32_t position = circuit_position(c, path_node(c, p, place), &feature);
    const char *label = NULL, *source_label = NULL;
    status code = study_label(s, position, feature, &label, err);
    if (code == STATUS_OK && place > 0) {
        uint32_t source = circuit_position(c, path_node(c, p, place - 1), &before);
        code = study_label(s, source, before, &source_label, err);
    }
    if (code != STATUS_OK)
        return code;
    char *name = study_feature_name(s, position, feature);
    char reading[160] = "";
    if (place > 0) {
        propagation step =
            propagation_of_step(c, threshold, p->edge[place - 1], source_label, label);
        propagation_say(&step, reading, sizeof reading);
    }
    if (place == p->length) {
        propagation end = propagation_of_end(c, threshold, path_node(c, p, place));
        char said[64];
        size_t used = strlen(reading);
        snprintf(reading + used, sizeof reading - used, "; %s",
                 propagation_say(&end, said, sizeof said));
    }
    output_count(o, "path", number);
    output_number(o, "weight", p->weight, 6);
    output_count(o, "step", place);
    output_text(o, "feature", name);
    output_number(o, "standardised",
                  place > 0 ? (double)c->edge[p->edge[place - 1]].standardised : (double)NAN, 4);
    output_text(o, "reading", reading);
    output_text(o, "mark", place > 0 && p->length > 1 && p->weakest == place - 1 ? "weakest" : "");
    output_text(o, "label", label);
    output_record(o);
    free(name);
    return STATUS_OK;
}

static status print_paths(study *s, const circuit *c, const path_set *set, output *o, error *err)
{
    status code = STATUS_OK;
    for (uint32_t i = 0; i < set->count; i++)
        for (uint32_t place = 0; place <= set->item[i].length && code == STATUS_OK; place++)
            code = print_step(s, c, &set->item[i], i + 1, place, o, err);
    if (code == STATUS_OK)
        output_note(o, "%u of %.6g paths, strongest first; %u edges below the threshold",
                    set->count, set->all, set->hidden);
    output_note(o, "strengths rank dependencies; they are not causal effects");
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    fit f = {0};
    circuit *c = NULL;
    path_set set = {0};
    path_end first, last;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = read_end(&s, from, &first, err);
    if (code == STATUS_OK)
        code = read_end(&s, to, &last, err);
    if (code == STATUS_OK && (wanted == 0 || wanted > PATHS_MOST))
        code = error_set(err, STATUS_USAGE, "paths: option --limit: 1 to %d, not %llu", PATHS_MOST,
                         (unsigned long long)wanted);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK)
        code = circuit_load(s.connection, &s.layers, f.id, STRENGTH_STANDARDISED, &c, err);
    if (code == STATUS_OK && !from && !to)
        paths_through(c, &first, &last);
    if (code == STATUS_OK)
        code = paths_find(c, first, last, threshold, (uint32_t)wanted, &set, err);
    if (code == STATUS_OK) {
        char how[128];
        fit_describe(&f, "lambda", how, sizeof how);
        output *o = output_begin(json);
        output_line(o, "fit %lld (%s): %s", (long long)f.id, fit_state_shown(&f), how);
        code = print_paths(&s, c, &set, o, err);
        output_end(o);
    }
    path_set_release(&set);
    circuit_free(c);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_paths = {
    .name = "paths",
    .arguments = "STUDY",
    .summary = "the strongest paths between features, into one, or from one",
    .details = "The weight of a path is the product of its edges' standardised weights. The "
               "strongest paths\n"
               "are found exactly, whatever the circuit's size. With only --to, paths begin where "
               "no edge leads\n"
               "in; with only --from they end where none leads out; with neither they lead from "
               "the first\n"
               "fitted layer to the last. reading says what becomes of the concept at each step: "
               "it persists\n"
               "(one parent has 60% of the squared weights of its target's parents, or 40% and a "
               "similar\n"
               "label), merges with others, or is a minor part of what another parent carries.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
