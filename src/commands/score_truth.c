#include "src/commands/score_truth.h"

#include "db/component.h"
#include "src/base/memory.h"
#include "src/commands/output.h"
#include "src/commands/progress.h"
#include "src/commands/study.h"
#include "src/jobs/check.h"
#include "src/jobs/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct showing {
    study *s;
    const truth_choice *choice;
    check_report report;
    fit f;
    component_set *parts; /* by position; empty where features were judged */
} showing;

/* ---- figures ---- */

static void print_pair(const showing *k, output *o, int64_t source, int64_t target,
                       const char *from, const char *to)
{
    static const char *const counts[][2] = {{"candidates", "candidates"}, {"true", "true edges"},
                                            {"found", "found"},           {"right", "right"},
                                            {"missing", "missing"},       {"spurious", "spurious"},
                                            {"shd", "distance"}};
    static const char *const shares[][2] = {{"precision", "precision"},
                                            {"recall", "recall"},
                                            {"f1", "f1"},
                                            {"average_precision", "average precision"},
                                            {"auroc", "auroc"},
                                            {"best_f1", "best f1"}};
    output_text(o, "source", from);
    output_text(o, "target", to);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        output_count(o, counts[i][0],
                     (uint64_t)check_figure_of(&k->report, source, target, counts[i][1]));
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        output_number(o, shares[i][0], check_figure_of(&k->report, source, target, shares[i][1]),
                      3);
    output_number(o, "best_threshold",
                  check_figure_of(&k->report, source, target, "best threshold"), 4);
    output_record(o);
}

static void print_pairs(const showing *k)
{
    output *o = output_begin(k->choice->json);
    for (uint32_t p = 0; p < k->f.pair_count; p++) {
        int64_t source = k->f.pair[p].source_layer, target = k->f.pair[p].target_layer;
        if (!isnan(check_figure_of(&k->report, source, target, "candidates")))
            print_pair(k, o, source, target, layer_by_id(&k->s->layers, source)->name,
                       layer_by_id(&k->s->layers, target)->name);
    }
    print_pair(k, o, 0, 0, "all", "");
    output_end(o);
}

/* What the truth calls its lines, and how many of each the circuit has. */
static void print_kinds(const showing *k)
{
    static const char head[] = "lines ";
    char found[CHECK_NAME + sizeof head];
    output *o = output_begin(k->choice->json);
    for (uint32_t i = 0; i < k->report.figures; i++) {
        const check_figure *f = &k->report.figure[i];
        if (f->source_layer != 0 || strncmp(f->name, head, strlen(head)) != 0)
            continue;
        snprintf(found, sizeof found, "found %s", f->name + strlen(head));
        output_text(o, "kind", f->name + strlen(head));
        output_count(o, "lines", (uint64_t)f->value);
        output_count(o, "found", (uint64_t)check_figure_of(&k->report, 0, 0, found));
        output_record(o);
    }
    output_end(o);
}

/* ---- edges ---- */

typedef struct wrong {
    uint32_t from, source, to, target; /* positions and features */
    double value;
} wrong;

typedef struct gathering {
    const layer *source, *target;
    wrong *list;
    size_t count, room;
} gathering;

static bool gather(void *user, const check_edges *e)
{
    gathering *g = user;
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->source[i] >= g->source->features || e->target >= g->target->features)
            return false;
        if (g->count == g->room) {
            g->room = g->room ? 2 * g->room : 256;
            g->list = mem_grow(g->list, g->room, sizeof *g->list);
        }
        g->list[g->count++] = (wrong){g->source->position, e->source[i], g->target->position,
                                      e->target, (double)e->value[i]};
    }
    return true;
}

static int by_value(const void *left, const void *right)
{
    double a = fabs(((const wrong *)left)->value), b = fabs(((const wrong *)right)->value);
    return (a < b) - (a > b);
}

static char *unit_name(const showing *k, uint32_t position, uint32_t feature)
{
    for (uint32_t i = 0; i < k->parts[position].count; i++)
        if (k->parts[position].item[i].first == feature)
            return mem_format("%s/%s", k->s->layers.item[position].name,
                              k->parts[position].item[i].name);
    return study_feature_name(k->s, position, feature);
}

static status print_wrong(const showing *k, const wrong *w, const char *what, output *o,
                          error *err)
{
    const char *source_label = NULL, *target_label = NULL;
    status code = study_label(k->s, w->from, w->source, &source_label, err);
    if (code == STATUS_OK)
        code = study_label(k->s, w->to, w->target, &target_label, err);
    if (code != STATUS_OK)
        return code;
    char *source = unit_name(k, w->from, w->source), *target = unit_name(k, w->to, w->target);
    if (k->choice->json)
        output_text(o, "wrong", what);
    output_text(o, "source", source);
    output_text(o, "target", target);
    output_number(o, strcmp(what, "missing") == 0 ? "true_weight" : "strength", w->value, 4);
    output_text(o, "source_label", source_label);
    output_text(o, "target_label", target_label);
    output_record(o);
    free(source);
    free(target);
    return STATUS_OK;
}

static status print_edges(const showing *k, const char *what, const char *head, error *err)
{
    gathering g = {0};
    status code = STATUS_OK;
    for (uint32_t p = 0; p < k->f.pair_count && code == STATUS_OK; p++) {
        g.source = layer_by_id(&k->s->layers, k->f.pair[p].source_layer);
        g.target = layer_by_id(&k->s->layers, k->f.pair[p].target_layer);
        code = check_each_edges(k->s->connection, k->report.about.id, g.source->id, g.target->id,
                                what, gather, &g, err);
    }
    if (g.count > 1)
        qsort(g.list, g.count, sizeof *g.list, by_value);
    output *o = output_begin(k->choice->json);
    if (g.count > 0)
        output_line(o, "%s", head);
    for (size_t i = 0; i < g.count && i < k->choice->limit && code == STATUS_OK; i++)
        code = print_wrong(k, &g.list[i], what, o, err);
    output_end(o);
    free(g.list);
    return code;
}

/* ---- the whole ---- */

static status find_parts(showing *k, error *err)
{
    char name[CHECK_NAME];
    status code = STATUS_OK;
    k->parts = mem_zero(k->s->layers.count, sizeof *k->parts);
    for (uint32_t p = 0; p < k->s->layers.count && code == STATUS_OK; p++) {
        snprintf(name, sizeof name, "components %u", p);
        if (!isnan(check_figure_of(&k->report, 0, 0, name)))
            code = component_list(k->s->connection, &k->s->layers.item[p], &k->parts[p], err);
    }
    return code;
}

static status print(showing *k, error *err)
{
    char how[128];
    fit_describe(&k->f, "lambda", how, sizeof how);
    char *said = check_kind_find("truth")->say(&k->report, &k->s->layers, &k->f);
    output *o = output_begin(k->choice->json);
    output_line(o, "fit %lld (%s): %s", (long long)k->f.id, fit_state_shown(&k->f), how);
    output_line(o, "%s", said);
    double elsewhere = check_figure_of(&k->report, 0, 0, "truth elsewhere");
    if (elsewhere > 0)
        output_line(o, "%.0f lines of the truth are of layer pairs that were not judged.",
                    elsewhere);
    output_end(o);
    free(said);
    print_pairs(k);
    o = output_begin(k->choice->json);
    output_line(o, "candidates: pairs of features (or components) that vary, and all true edges");
    output_end(o);
    print_kinds(k);
    status code = find_parts(k, err);
    if (code == STATUS_OK && k->choice->missing)
        code = print_edges(k, "missing", "the greatest true edges that the circuit misses", err);
    if (code == STATUS_OK && k->choice->spurious)
        code = print_edges(k, "spurious", "the strongest edges of the circuit that are not true",
                           err);
    for (uint32_t p = 0; k->parts && p < k->s->layers.count; p++)
        component_set_release(&k->parts[p]);
    free(k->parts);
    return code;
}

static status judge(study *s, const truth_choice *choice, int64_t fit_id, int64_t *check_id,
                    error *err)
{
    check_request request = {.fit_id = fit_id, .kind = "truth", .settings = check_settings_open()};
    check_run_options how = {.progress = progress_check, .cancel = progress_cancel()};
    check_progress last;
    request.settings.file = mem_copy_text(choice->file);
    request.settings.by = mem_copy_text(choice->by);
    request.settings.pairs = mem_copy_text(choice->pairs);
    request.settings.cut = choice->threshold;
    request.settings.stable = choice->stable;
    request.settings.fdr = choice->fdr;
    status code = check_create(s->connection, &s->layers, &request, check_id, err);
    if (code == STATUS_OK)
        code = check_run(s->path, *check_id, &how, &last, err);
    progress_end();
    if (code != STATUS_OK && *check_id > 0) /* a truth that is none leaves nothing behind */
        check_delete_idle(s->connection, *check_id, NULL);
    check_settings_release(&request.settings);
    return code;
}

status score_truth(const char *path, const truth_choice *choice, error *err)
{
    study s;
    showing k = {.s = &s, .choice = choice};
    int64_t check_id = 0;
    status code = study_open(&s, path, DB_WRITE, err);
    if (code == STATUS_OK)
        code = fit_get(s.connection, (int64_t)choice->fit_id, &k.f, err);
    if (code == STATUS_OK)
        code = judge(&s, choice, k.f.id, &check_id, err);
    if (code == STATUS_OK)
        code = check_get_report(s.connection, check_id, &k.report, err);
    if (code == STATUS_OK)
        code = print(&k, err);
    check_report_release(&k.report);
    fit_release(&k.f);
    study_release(&s);
    return code;
}
