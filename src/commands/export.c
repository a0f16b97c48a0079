#include "src/base/memory.h"
#include "src/base/text.h"
#include "src/circuit/picture.h"
#include "src/commands/command.h"
#include "src/commands/study.h"
#include "src/commands/trust.h"
#include "src/jobs/fit.h"

#include <stdlib.h>

/* Without a focus: the strongest paths of all, as many as may find room. */
enum { NODES_MOST = 1000, PATHS_LOOKED_AT = 500 };

static const char *format_name = "svg", *file, *focus;
static double threshold;
static double stable = (double)NAN, fdr = (double)NAN;
static uint64_t fit_id, nodes = 40;

static const command_option options[] = {
    {"format", OPTION_TEXT, &format_name, "FORMAT", "svg or dot (Graphviz) (default svg)"},
    {"output", OPTION_TEXT, &file, "FILE", "where to write it (needed)"},
    {"focus", OPTION_TEXT, &focus, "LAYER/INDEX",
     "the feature in the middle (default: none; the strongest paths through the fit)"},
    {"nodes", OPTION_COUNT, &nodes, "N", "at most N features (default 40)"},
    {"fit", OPTION_COUNT, &fit_id, "FIT", "which fit (default: the newest)"},
    {"threshold", OPTION_NUMBER, &threshold, "X",
     "only edges whose |standardised weight| is at least X (default 0)"},
    TRUST_OPTIONS(stable, fdr),
    {0},
};

static char *layer_name(void *user, uint32_t position)
{
    return mem_copy_text(((study *)user)->layers.item[position].name);
}

static char *feature_name(void *user, uint32_t position, uint32_t feature)
{
    return study_feature_name(user, position, feature);
}

/* The tables were loaded by load_labels: nothing can fail any more. */
static const char *feature_label(void *user, uint32_t position, uint32_t feature)
{
    const char *label = NULL;
    return study_label(user, position, feature, &label, NULL) == STATUS_OK ? label : NULL;
}

static status load_labels(study *s, const picture *p, error *err)
{
    status code = STATUS_OK;
    const char *label = NULL;
    for (uint32_t i = 0; i < p->layout.column_count && code == STATUS_OK; i++)
        code = study_label(s, p->layout.layer[i], 0, &label, err);
    return code;
}

static status make_picture(const study *s, const circuit *c, picture *p, error *err)
{
    path_end from, to;
    subcircuit_room room = picture_room((uint32_t)nodes, (uint32_t)nodes / 4 + 2);
    const layer *l = NULL;
    uint32_t feature = 0;
    bool one = false;
    path_set set;
    if (focus) {
        status code = study_find(s, focus, &l, &feature, &one, err);
        if (code == STATUS_OK && !one)
            code = error_set(err, STATUS_USAGE,
                             "export: option --focus: '%s' is a layer; a feature is LAYER/INDEX",
                             focus);
        if (code == STATUS_OK)
            picture_around(c, threshold, circuit_node(c, l->position, feature), room, p);
        return code;
    }
    paths_through(c, &from, &to);
    status code = paths_find(c, from, to, threshold, PATHS_LOOKED_AT, &set, err);
    if (code != STATUS_OK)
        return code;
    picture_of_paths(c, &set, room, p);
    path_set_release(&set);
    return STATUS_OK;
}

static status write_picture(study *s, const circuit *c, const fit *f, picture *p,
                            const diagram_format *format, error *err)
{
    status code = make_picture(s, c, p, err);
    if (code == STATUS_OK)
        code = load_labels(s, p, err);
    if (code != STATUS_OK)
        return code;
    picture_words words = {s, layer_name, feature_name, feature_label};
    char how[128];
    fit_describe(f, "lambda", how, sizeof how);
    uint32_t feature = 0;
    uint32_t position = focus ? circuit_position(c, p->focus, &feature) : 0;
    char *middle = focus ? study_feature_name(s, position, feature) : NULL;
    char *title = mem_format("%s%s; fit %lld: %s", focus ? "Around " : "The strongest paths",
                             focus ? middle : "", (long long)f->id, how);
    code = picture_write(c, p, &words, title, format, file, err);
    char *shown = text_clean(file);
    if (code == STATUS_OK)
        printf("wrote '%s': %u features, %u edges\n", shown, p->sub.node_count, p->sub.edge_count);
    free(shown);
    free(title);
    free(middle);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s = {0};
    fit f = {0};
    circuit *c = NULL;
    picture p = {0};
    const diagram_format *format = diagram_format_find(format_name);
    if (!format)
        return error_set(err, STATUS_USAGE, "export: option --format: '%s', expected svg or dot",
                         format_name);
    if (!file)
        return error_set(err, STATUS_USAGE,
                         "export: option --output is needed: where to write the picture");
    if (nodes == 0 || nodes > NODES_MOST)
        return error_set(err, STATUS_USAGE, "export: option --nodes: 1 to %d, not %llu",
                         NODES_MOST, (unsigned long long)nodes);
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)fit_id, &f, err);
    if (code == STATUS_OK)
        code = circuit_load(s.connection, &s.layers, f.id, STRENGTH_STANDARDISED, &c, err);
    if (code == STATUS_OK)
        code = trust_apply(&c, stable, fdr, err);
    if (code == STATUS_OK)
        code = write_picture(&s, c, &f, &p, format, err);
    picture_release(&p);
    circuit_free(c);
    fit_release(&f);
    study_release(&s);
    return code;
}

const command command_export = {
    .name = "export",
    .arguments = "STUDY --output FILE",
    .summary = "write a layered picture of the circuit as SVG or DOT",
    .details =
        "Columns are layers, boxes are features, lines are edges; dashed lines have negative\n"
        "weights. With --focus the features with the strongest paths to and from one feature\n"
        "are drawn, else those on the strongest paths from the first fitted layer to the last.",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run,
};
