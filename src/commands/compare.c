#include "src/circuit/compare.h"

#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"
#include "src/jobs/fit.h"

#include <stdlib.h>
#include <string.h>

static bool json;
static const char *by = "removal";
static uint64_t limit = 20;

static const command_option options[] = {
    {"by", OPTION_TEXT, &by, "STRENGTH",
     "removal, weight or standardised: what is compared (default removal)"},
    {"limit", OPTION_COUNT, &limit, "N", "the N greatest changes (default 20)"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line: layer pairs, then changes"},
    {0},
};

static status read_strength(strength *which, error *err)
{
    if (strength_find(by, which))
        return STATUS_OK;
    return error_set(err, STATUS_USAGE,
                     "compare: option --by: '%s', expected removal, weight or standardised", by);
}

static status load(const study *s, const char *text, strength ranked_by, fit *f, circuit **c,
                   error *err)
{
    char *end = NULL;
    long long id = strtoll(text, &end, 10);
    if (*text == '\0' || *end != '\0' || id <= 0)
        return error_set(err, STATUS_USAGE, "compare: '%s', expected the number of a fit", text);
    status code = fit_get(s->connection, id, f, err);
    return code == STATUS_OK ? circuit_load(s->connection, &s->layers, f->id, ranked_by, c, err)
                             : code;
}

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

static status print_change(study *s, const circuit *c, const compare_change *change, output *o,
                           error *err)
{
    uint32_t source = 0, target = 0;
    uint32_t from = circuit_position(c, change->source, &source);
    uint32_t to = circuit_position(c, change->target, &target);
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

static status print(study *s, const fit *f, const circuit *c, const comparison *found, error *err)
{
    static const char *const which[] = {"first", "second"};
    char how[128];
    status code = STATUS_OK;
    output *o = output_begin(json);
    for (int i = 0; i < 2; i++) {
        fit_describe(&f[i], "lambda", how, sizeof how);
        output_line(o, "%s: fit %lld (%s): %s", which[i], (long long)f[i].id,
                    fit_state_shown(&f[i]), how);
    }
    output_end(o);
    print_pairs(s, found);
    o = output_begin(json);
    output_line(o, "the greatest changes of %s", by);
    for (uint32_t i = 0; i < found->change_count && code == STATUS_OK; i++)
        code = print_change(s, c, &found->change[i], o, err);
    output_note(o, "strengths rank dependencies; they are not causal effects");
    output_end(o);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    fit f[2] = {{0}, {0}};
    circuit *c[2] = {NULL, NULL};
    comparison found = {0};
    strength ranked_by = STRENGTH_REMOVAL;
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = read_strength(&ranked_by, err);
    for (int i = 0; i < 2 && code == STATUS_OK; i++)
        code = load(&s, arguments[1 + i], ranked_by, &f[i], &c[i], err);
    if (code == STATUS_OK)
        code = compare_circuits(c[0], c[1], limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX - 1,
                                &found, err);
    if (code == STATUS_OK)
        code = print(&s, f, c[0], &found, err);
    comparison_release(&found);
    for (int i = 0; i < 2; i++) {
        circuit_free(c[i]);
        fit_release(&f[i]);
    }
    study_release(&s);
    return code;
}

const command command_compare = {
    .name = "compare",
    .arguments = "STUDY FIT FIT",
    .summary = "compare two fits: edges of both, of one only, and how strengths differ",
    .details =
        "For every pair of layers: how many edges both fits have, and how many only the first or "
        "the\n"
        "second; jaccard, the edges of both over those of either; and the rank correlation\n"
        "(Spearman's) of the strengths of the edges of both. Then the edges whose strength "
        "differs\n"
        "most; an edge that a fit does not have counts as 0 there.",
    .least = 3,
    .most = 3,
    .options = options,
    .run = run,
};
