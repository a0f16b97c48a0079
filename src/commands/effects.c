#include "db/effect.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"
#include "src/jobs/effects_file.h"

static bool json, replace;
static const char *from, *to;

static const command_option options[] = {
    {"from", OPTION_TEXT, &from, "LAYER", "the layer whose features were removed"},
    {"to", OPTION_TEXT, &to, "LAYER", "the layer whose features were measured"},
    {"replace", OPTION_FLAG, &replace, NULL, "put them in the place of those that are there"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

static status add(study *s, const char *file, error *err)
{
    const layer *cause = NULL, *result = NULL;
    uint64_t stored = 0;
    if (!from || !to)
        return error_set(
            err, STATUS_USAGE,
            "effects: '%s' needs --from LAYER and --to LAYER: between which layers it "
            "was measured",
            file);
    status code = study_find(s, from, &cause, NULL, NULL, err);
    if (code == STATUS_OK)
        code = study_find(s, to, &result, NULL, NULL, err);
    if (code == STATUS_OK)
        code = effects_file_add(s->connection, file, cause, result, replace, &stored, err);
    return code;
}

static status list(study *s, error *err)
{
    effect_sets sets = {0};
    status code = effect_set_list(s->connection, &sets, err);
    output *o = output_begin(json);
    for (uint32_t i = 0; i < sets.count; i++) {
        const effect_set *set = &sets.item[i];
        output_text(o, "source", layer_by_id(&s->layers, set->source_layer)->name);
        output_text(o, "target", layer_by_id(&s->layers, set->target_layer)->name);
        output_count(o, "removed", set->removed);
        output_count(o, "effects", set->effects);
        output_text(o, "file", set->source);
        output_record(o);
    }
    if (code == STATUS_OK && sets.count == 0)
        output_line(o, "no effects of interventions are in the study");
    output_end(o);
    effect_sets_release(&sets);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    status code = STATUS_OK;
    if (count == 1 && (from || to || replace))
        return error_set(err, STATUS_USAGE, "effects: --from, --to and --replace go with a file");
    code = study_open(&s, arguments[0], count > 1 ? DB_WRITE : DB_READ, err);
    if (code == STATUS_OK && count > 1)
        code = add(&s, arguments[1], err);
    if (code == STATUS_OK)
        code = list(&s, err);
    study_release(&s);
    return code;
}

const command command_effects = {
    .name = "effects",
    .arguments = "STUDY [FILE]",
    .summary = "list the measured effects of interventions, or add a file of them",
    .details =
        "A file is a table, source target effect n_active, separated by tabs, with that\n"
        "heading; or an .npz archive with `features` (the removed source features), `effect`\n"
        "(removed x target features) and perhaps `n_active` (a number a removed feature). An\n"
        "effect is the mean change of the target feature, over the samples where the source was\n"
        "active, when the source is removed; what is not listed did not move. A file with a\n"
        "fault changes nothing. `score` holds fits against effects. `import --replace` makes\n"
        "the study anew, with the manifest's effects only.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};
