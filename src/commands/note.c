#include "db/note.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

#include <stdlib.h>

static bool json, pin, unpin;
static const char *label, *tag, *untag;

static const command_option options[] = {
    {"label", OPTION_TEXT, &label, "TEXT", "your own label; \"\" shows the imported one again"},
    {"tag", OPTION_TEXT, &tag, "TAG", "add a tag: one word"},
    {"untag", OPTION_TEXT, &untag, "TAG", "take a tag away"},
    {"pin", OPTION_FLAG, &pin, NULL, "pin it"},
    {"unpin", OPTION_FLAG, &unpin, NULL, "unpin it"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

static void print_note(output *o, const study *s, const feature_note *n)
{
    const layer *in = layer_by_id(&s->layers, n->layer_id);
    char *name = in ? study_feature_name(s, in->position, n->feature) : NULL;
    output_text(o, "feature", name);
    output_text(o, "pinned", n->pinned ? "pinned" : NULL);
    output_text(o, "label", n->label);
    output_text(o, "tags", n->tags);
    output_record(o);
    free(name);
}

/* All notes, or those on one layer or feature. */
static status list_notes(const study *s, const layer *in, uint32_t feature, bool one, error *err)
{
    note_set notes;
    status code = note_list(s->connection, &notes, err);
    if (code != STATUS_OK)
        return code;
    output *o = output_begin(json);
    uint32_t shown = 0;
    for (uint32_t i = 0; i < notes.count; i++) {
        const feature_note *n = &notes.item[i];
        if (in && (n->layer_id != in->id || (one && n->feature != feature)))
            continue;
        print_note(o, s, n);
        shown++;
    }
    if (shown == 0)
        output_line(o, "nothing is noted%s", in ? " there" : " yet");
    output_end(o);
    note_set_release(&notes);
    return STATUS_OK;
}

static status change_notes(const study *s, int64_t layer_id, uint32_t feature, error *err)
{
    db *d = s->connection;
    status code = db_begin(d, err);
    if (code != STATUS_OK)
        return code;
    if (label)
        code = note_set_label(d, layer_id, feature, label, err);
    if (code == STATUS_OK && untag)
        code = note_set_tag(d, layer_id, feature, untag, false, err);
    if (code == STATUS_OK && tag)
        code = note_set_tag(d, layer_id, feature, tag, true, err);
    if (code == STATUS_OK && (pin || unpin))
        code = note_set_pin(d, layer_id, feature, pin, err);
    if (code == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    bool change = label || tag || untag || pin || unpin, one = false;
    const layer *in = NULL;
    uint32_t feature = 0;
    study s;
    if (pin && unpin)
        return error_set(err, STATUS_USAGE, "note: --pin and --unpin contradict each other");
    status code = study_open(&s, arguments[0], change ? DB_WRITE : DB_READ, err);
    if (code == STATUS_OK && count > 1)
        code = study_find(&s, arguments[1], &in, &feature, &one, err);
    if (code == STATUS_OK && change && !one)
        code = error_set(err, STATUS_USAGE, "note: name the feature: LAYER/INDEX");
    if (code == STATUS_OK && change)
        code = change_notes(&s, in->id, feature, err);
    if (code == STATUS_OK && (!change || json))
        code = list_notes(&s, in, feature, one, err);
    study_release(&s);
    return code;
}

const command command_note = {
    .name = "note",
    .arguments = "STUDY [LAYER[/INDEX]]",
    .summary = "label, tag and pin features in your own words",
    .details =
        "With options: changes what is noted on one feature. Without: lists all notes, or those\n"
        "on a layer or feature. Your label is shown in place of the imported one. Notes are\n"
        "kept by the layer's name and the feature's index, and stay when the study is imported\n"
        "anew.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};
