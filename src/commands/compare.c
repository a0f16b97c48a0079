#include "src/circuit/compare.h"

#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"
#include "src/formats/edge_list.h"
#include "src/jobs/fit.h"

#include <stdlib.h>
#include <string.h>

static bool json;
static const char *by = "removal", *with, *graph;
static uint64_t limit = 20;

static const command_option options[] = {
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "removal, weight or standardised: what is compared (default removal)"},
    {"with", OPTION_TEXT, &with, "STUDY", "the second fit is of this study (default: its newest)"},
    {"graph", OPTION_TEXT, &graph, "FILE", "a file of edges instead of a second fit"},
    {"limit", OPTION_COUNT, &limit, "N", "the N greatest changes (default 20)"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line: layer pairs, then changes"},
    {0},
};

static status read_strength(strength *which, error *err)
{
#define READ_STRENGTH(value, name, meaning)                                                       \
    if (strcmp(by, name) == 0) {                                                                  \
        *which = value;                                                                           \
        return STATUS_OK;                                                                         \
    }
    STRENGTH_LIST(READ_STRENGTH)
#undef READ_STRENGTH
    return error_set(err, STATUS_USAGE,
                     "compare: option --by: '%s', expected removal, weight or standardised", by);
}

static status read_number(const char *text, int64_t *id, error *err)
{
    char *end = NULL;
    long long number = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number <= 0)
        return error_set(err, STATUS_USAGE, "compare: '%s', expected the number of a fit", text);
    *id = number;
    return STATUS_OK;
}

/* One of the two, and what it is called. */
typedef struct compared {
    compare_side side;
    char *name;
} compared;

static void compared_release(compared *c)
{
    compare_side_release(&c->side);
    free(c->name);
}

/* A fit of study `of`, in the numbers of `first`'s layers. fit_id 0: its newest. */
static status take_fit(const study *first, const study *of, int64_t fit_id, strength measure,
                       compared *out, error *err)
{
    char how[128];
    fit f = {0};
    status code = fit_get(of->connection, fit_id, &f, err);
    if (code == STATUS_OK)
        code = compare_side_of_fit(&out->side, of->connection, of->path, &of->layers,
                                   &first->layers, f.id, measure, err);
    if (code == STATUS_OK) {
        fit_describe(&f, "lambda", how, sizeof how);
        out->name = mem_format("%s%sfit %lld (%s): %s", of == first ? "" : of->path,
                               of == first ? "" : ", ", (long long)f.id, fit_state_shown(&f), how);
    }
    if (code == STATUS_OK && out->side.pairs == 0)
        code = error_set(err, STATUS_INPUT,
                         "fit %lld of '%s' has no layer pair whose layers are in '%s' too",
                         (long long)f.id, of->path, first->path);
    fit_release(&f);
    return code;
}

/* ---- a file of edges ---- */

static status take_edge(const study *s, const edge_line *line, compare_side *side, error *err)
{
    const layer *end[2] = {NULL, NULL};
    uint32_t feature[2];
    const char *name[2] = {line->source, line->target};
    for (int i = 0; i < 2; i++) {
        bool one = false;
        status code = study_find(s, name[i], &end[i], &feature[i], &one, err);
        if (code == STATUS_OK && !one)
            code = error_set(err, STATUS_INPUT, "'%s', expected LAYER/INDEX", name[i]);
        if (code != STATUS_OK)
            return code;
    }
    if (end[0]->position >= end[1]->position)
        return error_set(err, STATUS_INPUT,
                         "an edge from '%s' to '%s': its target is not in a "
                         "later layer",
                         name[0], name[1]);
    compare_side_add(side, end[0]->position, feature[0], end[1]->position, feature[1],
                     (float)line->strength);
    return STATUS_OK;
}

static status check_once(const study *s, const char *file, compare_side *side, error *err)
{
    const compare_edges *pair = NULL;
    uint32_t twice = 0;
    compare_side_sort(side, &pair, &twice);
    if (!pair)
        return STATUS_OK;
    return error_set(err, STATUS_INPUT, "'%s': the edge from %s/%u to %s/%u is there twice", file,
                     s->layers.item[pair->source_layer].name, pair->source[twice],
                     s->layers.item[pair->target_layer].name, pair->target[twice]);
}

static status take_file(const study *s, const char *file, compared *out, error *err)
{
    folder here = {.fd = -1};
    edge_list *list = NULL;
    bool more = true;
    out->name = mem_copy_text(file);
    status code = folder_open_parent(&here, "./", true, err);
    if (code == STATUS_OK)
        code = edge_list_open(&list, &here, file, by, err);
    while (code == STATUS_OK) {
        edge_line line;
        code = edge_list_next(list, &line, &more, err);
        if (code != STATUS_OK || !more)
            break;
        if (take_edge(s, &line, &out->side, err) != STATUS_OK)
            code = edge_list_place(list, err);
    }
    edge_list_close(list);
    folder_close(&here);
    return code == STATUS_OK ? check_once(s, file, &out->side, err) : code;
}

/* ---- what is printed ---- */

static void print_count(output *o, const char *source, const char *target,
                        const compare_count *count)
{
    output_text(o, "source", source);
    output_text(o, "target", target);
    output_count(o, "both", count->both);
    output_count(o, "only_first", count->only_a);
    output_count(o, "only_second", count->only_b);
    output_number(o, "jaccard", compare_jaccard(count), 3);
    output_number(o, "rank_correlation", count->rank, 3);
    output_record(o);
}

static void print_pairs(const study *s, const comparison *c)
{
    output *o = output_begin(json);
    for (uint32_t p = 0; p < c->pair_count; p++)
        print_count(o, s->layers.item[c->pair[p].source].name,
                    s->layers.item[c->pair[p].target].name, &c->pair[p]);
    if (!json)
        print_count(o, "all", "", &c->total);
    output_end(o);
}

static status print_change(study *s, const comparison *c, const compare_change *change, output *o,
                           error *err)
{
    uint32_t source = 0, target = 0;
    uint32_t from = compare_position(c, change->source, &source);
    uint32_t to = compare_position(c, change->target, &target);
    const char *source_label = NULL, *target_label = NULL;
    status code = study_label(s, from, source, &source_label, err);
    if (code == STATUS_OK)
        code = study_label(s, to, target, &target_label, err);
    if (code != STATUS_OK)
        return code;
    char *source_name = study_feature_name(s, from, source);
    char *target_name = study_feature_name(s, to, target);
    output_text(o, "source", source_name);
    output_text(o, "target", target_name);
    output_number(o, "change", (double)change->b - (double)change->a, 4);
    output_number(o, "first", (double)change->a, 4);
    output_number(o, "second", (double)change->b, 4);
    output_text(o, "source_label", source_label);
    output_text(o, "target_label", target_label);
    output_record(o);
    free(source_name);
    free(target_name);
    return STATUS_OK;
}

static status print(study *s, const compared side[2], const comparison *found, error *err)
{
    static const char *const which[] = {"first", "second"};
    status code = STATUS_OK;
    output *o = output_begin(json);
    for (int i = 0; i < 2; i++) {
        output_line(o, "%s: %s", which[i], side[i].name);
        if (side[i].side.left_out)
            output_line(o, "%u layer pairs of it have no counterpart and are left out",
                        side[i].side.left_out);
    }
    output_end(o);
    print_pairs(s, found);
    o = output_begin(json);
    output_line(o, "the greatest changes of %s", by);
    for (uint32_t i = 0; i < found->change_count && code == STATUS_OK; i++)
        code = print_change(s, found, &found->change[i], o, err);
    output_note(o, "strengths rank dependencies; they are not causal effects");
    output_end(o);
    return code;
}

/* The second circuit: a fit of the same study, of another, or a file. */
static status take_second(const study *s, char **arguments, int count, strength measure,
                          compared *out, error *err)
{
    int64_t id = 0;
    status code = STATUS_OK;
    study other = {0};
    if (with && graph)
        return error_set(err, STATUS_USAGE, "compare: --with and --graph exclude each other");
    if (graph && count > 2)
        return error_set(err, STATUS_USAGE, "compare: --graph takes the place of the second fit");
    if (!with && !graph && count < 3)
        return error_set(err, STATUS_USAGE,
                         "compare: a second FIT is needed, or --with STUDY, or --graph FILE");
    if (count > 2)
        code = read_number(arguments[2], &id, err);
    if (code != STATUS_OK || graph)
        return code == STATUS_OK ? take_file(s, graph, out, err) : code;
    if (!with)
        return take_fit(s, s, id, measure, out, err);
    code = study_open(&other, with, DB_READ, err);
    if (code == STATUS_OK)
        code = take_fit(s, &other, id, measure, out, err);
    study_release(&other);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    compared side[2] = {{{0}, NULL}, {{0}, NULL}};
    comparison found = {0};
    strength measure = STRENGTH_REMOVAL;
    int64_t id = 0;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = read_strength(&measure, err);
    if (code == STATUS_OK)
        code = read_number(arguments[1], &id, err);
    if (code == STATUS_OK)
        code = take_fit(&s, &s, id, measure, &side[0], err);
    if (code == STATUS_OK)
        code = take_second(&s, arguments, count, measure, &side[1], err);
    if (code == STATUS_OK)
        code = compare_sides(&side[0].side, &side[1].side, &s.layers,
                             limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX, 0, &found, err);
    if (code == STATUS_OK)
        code = print(&s, side, &found, err);
    comparison_release(&found);
    compared_release(&side[0]);
    compared_release(&side[1]);
    study_release(&s);
    return code;
}

const command command_compare = {
    .name = "compare",
    .arguments = "STUDY FIT [FIT]",
    .summary = "compare two circuits: edges of both, of one only, and how strengths differ",
    .details = "Two fits of a study; a fit and one of another study, whose layers have the same "
               "names (--with);\n"
               "or a fit and edges from elsewhere (--graph): JSON lines as `edges --json` prints "
               "them, or a TSV\n"
               "table, with source and target (LAYER/INDEX) and a column named as --by says.\n"
               "For every pair of layers: how many edges both have, and how many only the first "
               "or the second;\n"
               "jaccard, the edges of both over those of either; and the rank correlation "
               "(Spearman's) of the\n"
               "strengths of the edges of both. Then the edges whose strength differs most; an "
               "edge that one of\n"
               "them does not have counts as 0 there.",
    .least = 2,
    .most = 3,
    .options = options,
    .run = run,
};
