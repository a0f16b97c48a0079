#include "src/base/memory.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

#include <stdlib.h>
#include <string.h>

static bool json;
static const char *search, *sort_by = "index";
static uint64_t limit = 50;

static const command_option options[] = {
    {"search", OPTION_TEXT, &search, "WORDS", "only features whose label has these words"},
    {"sort", OPTION_TEXT, &sort_by, "COLUMN",
     "index, density, mean or max; the last three greatest first (default index)"},
    {"limit", OPTION_COUNT, &limit, "N", "at most N rows, 0 for all (default 50)"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

static int by_density(const void *a, const void *b)
{
    const feature_row *x = a;
    const feature_row *y = b;
    return (x->active < y->active) - (x->active > y->active);
}

static int by_mean(const void *a, const void *b)
{
    const feature_row *x = a;
    const feature_row *y = b;
    return (x->mean < y->mean) - (x->mean > y->mean);
}

static int by_max(const void *a, const void *b)
{
    const feature_row *x = a;
    const feature_row *y = b;
    return (x->maximum < y->maximum) - (x->maximum > y->maximum);
}

static status sort_rows(feature_table *table, error *err)
{
    if (strcmp(sort_by, "density") == 0)
        qsort(table->row, table->count, sizeof *table->row, by_density);
    else if (strcmp(sort_by, "mean") == 0)
        qsort(table->row, table->count, sizeof *table->row, by_mean);
    else if (strcmp(sort_by, "max") == 0)
        qsort(table->row, table->count, sizeof *table->row, by_max);
    else if (strcmp(sort_by, "index") != 0)
        return error_set(err, STATUS_USAGE,
                         "features: option --sort: '%s', expected index, density, mean or max",
                         sort_by);
    return STATUS_OK;
}

static void print_row(output *o, const study *s, const feature_row *row)
{
    const layer *in = layer_by_id(&s->layers, row->layer_id);
    output_text(o, "layer", in ? in->name : NULL);
    output_count(o, "feature", row->feature);
    output_number(o, "density", in && in->samples ? (double)row->active / in->samples : 0, 5);
    output_number(o, "mean", (double)row->mean, 4);
    output_number(o, "active_mean", (double)row->active_mean, 3);
    output_number(o, "max", (double)row->maximum, 3);
    output_text(o, "label", study_own_label(s, row->layer_id, row->feature, row->label));
    output_record(o);
}

static status load_rows(study *s, const char *where, feature_table *table, error *err)
{
    const layer *in = NULL;
    uint32_t feature = 0;
    bool one = false;
    status code =
        where ? study_find(s, where, &in, &feature, &one, err) : STATUS_OK;
    if (code != STATUS_OK)
        return code;
    if (search)
        return feature_search(s->connection, search, in ? in->id : 0,
                              limit ? (uint32_t)limit : UINT32_MAX, table, err);
    if (!in)
        return error_set(err, STATUS_USAGE, "features: name a layer, or give --search WORDS");
    code = feature_list(s->connection, in->id, table, err);
    if (code == STATUS_OK && one) {
        table->row[0] = table->row[feature];
        table->count = 1;
    }
    return code;
}

static status run(char **arguments, int count, error *err)
{
    study s;
    feature_table table = {0};
    status code = study_open(&s, arguments[0], DB_READ, err);
    if (code == STATUS_OK)
        code = load_rows(&s, count > 1 ? arguments[1] : NULL, &table, err);
    if (code == STATUS_OK && !search)
        code = sort_rows(&table, err);
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        uint32_t shown = limit && limit < table.count ? (uint32_t)limit : table.count;
        for (uint32_t i = 0; i < shown; i++)
            print_row(o, &s, &table.row[i]);
        output_end(o);
        if (!json && shown < table.count)
            printf("(%u more; --limit 0 shows all)\n", table.count - shown);
        if (!json && table.count == 0)
            printf("no feature's label has these words\n");
    }
    feature_table_release(&table);
    study_release(&s);
    return code;
}

const command command_features = {
    .name = "features",
    .arguments = "STUDY [LAYER[/INDEX]]",
    .summary = "list or search features",
    .details =
        "The features of a layer (by name, unique part of it, or position), or one of them; or,\n"
        "with --search, those of the layer or of all layers whose label has words that begin\n"
        "so. density is the share of samples where a feature is not zero, active_mean its mean\n"
        "there.",
    .least = 1,
    .most = 2,
    .options = options,
    .run = run,
};
