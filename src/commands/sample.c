#include "db/document.h"
#include "db/sample.h"
#include "src/base/memory.h"
#include "src/circuit/sample.h"
#include "src/commands/command.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static bool json, edges;
static uint64_t fit_id, limit = 10;

static const command_option options[] = {
    {"edges", OPTION_FLAG, &edges, NULL, "the edges that matter there, instead of the features"},
    {"fit", OPTION_COUNT, &fit_id, "FIT", "whose edges (default: the newest fit)"},
    {"limit", OPTION_COUNT, &limit, "N",
     "at most N a layer or layer pair, 0 for all (default 10)"},
    {"json", OPTION_FLAG, &json, NULL, "one JSON object a line"},
    {0},
};

/* What is active at the sample, layer by layer, strongest first. */
typedef struct active {
    sample_activation *item; /* nodes count the features of all layers, as a circuit's do */
    uint32_t count;
} active;

static int by_strength(const void *left, const void *right)
{
    const sample_activation *a = left;
    const sample_activation *b = right;
    float x = fabsf(a->value);
    float y = fabsf(b->value);
    if (x != y)
        return x > y ? -1 : 1;
    return (a->node > b->node) - (a->node < b->node);
}

static status load_layer(study *s, uint32_t position, uint32_t first_node, uint32_t sample,
                         active *all, error *err)
{
    sample_rows rows;
    status code =
        layer_load_samples(s->connection, &s->layers.item[position], sample, 1, &rows, err);
    if (code != STATUS_OK)
        return code;
    uint32_t count = (uint32_t)rows.start[rows.count];
    all->item = mem_grow(all->item, (size_t)all->count + count + 1, sizeof *all->item);
    sample_activation *own = all->item + all->count;
    for (uint32_t i = 0; i < count; i++)
        own[i] = (sample_activation){first_node + rows.feature[i], rows.value[i]};
    if (count > 0)
        qsort(own, count, sizeof *own, by_strength);
    all->count += count;
    sample_rows_release(&rows);
    return STATUS_OK;
}

/* The layer of a node; *feature gets its index there. */
static uint32_t position_of(const study *s, uint32_t node, uint32_t *feature)
{
    uint32_t position = 0;
    while (node >= s->layers.item[position].features)
        node -= s->layers.item[position++].features;
    *feature = node;
    return position;
}

static status print_end(study *s, output *o, uint32_t node, const char *name,
                        const char *label_name, error *err)
{
    uint32_t feature = 0;
    uint32_t position = position_of(s, node, &feature);
    const char *label = NULL;
    status code = study_label(s, position, feature, &label, err);
    if (code != STATUS_OK)
        return code;
    char *text = study_feature_name(s, position, feature);
    output_text(o, name, text);
    output_text(o, label_name, label);
    free(text);
    return STATUS_OK;
}

static status print_features(study *s, output *o, const active *all, error *err)
{
    uint32_t before = UINT32_MAX;
    uint64_t shown = 0;
    status code = STATUS_OK;
    for (uint32_t i = 0; code == STATUS_OK && i < all->count; i++) {
        uint32_t feature = 0;
        uint32_t position = position_of(s, all->item[i].node, &feature);
        shown = position == before ? shown + 1 : 0;
        before = position;
        if (limit && shown >= limit)
            continue;
        code = print_end(s, o, all->item[i].node, "feature", "label", err);
        output_number(o, "value", (double)all->item[i].value, 4);
        output_record(o);
    }
    return code;
}

static status print_edges(study *s, output *o, const active *all, error *err)
{
    circuit *c = NULL;
    status code =
        circuit_load(s->connection, &s->layers, (int64_t)fit_id, STRENGTH_REMOVAL, &c, err);
    if (code != STATUS_OK)
        return code;
    sample_circuit at;
    uint32_t most = limit && limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
    sample_circuit_make(&at, c, all->item, all->count, most);
    for (uint32_t p = 0; p < at.pair_count; p++) {
        for (uint32_t i = 0; code == STATUS_OK && i < at.pair[p].count; i++) {
            const sample_edge *e = &at.edge[at.pair[p].start + i];
            code = print_end(s, o, c->edge[e->edge].source, "source", "source_label", err);
            if (code == STATUS_OK)
                code = print_end(s, o, c->edge[e->edge].target, "target", "target_label", err);
            output_number(o, "carried", (double)e->carried, 4);
            output_number(o, "weight", (double)c->edge[e->edge].weight, 4);
            output_record(o);
        }
    }
    output_note(o, "weights rank dependencies; they are not causal effects");
    sample_circuit_release(&at);
    circuit_free(c);
    return code;
}

/* Which document it is, and which of its tokens. */
static status print_place(study *s, output *o, uint32_t sample, error *err)
{
    document doc;
    uint32_t documents = 0;
    uint32_t samples = 0;
    status code = document_count(s->connection, &documents, &samples, NULL, err);
    if (code != STATUS_OK || documents == 0)
        return code;
    code = document_of_sample(s->connection, sample, &doc, err);
    if (code != STATUS_OK)
        return code;
    uint32_t at = sample - doc.first_sample;
    char *name = doc.name ? mem_copy_text(doc.name) : mem_format("%lld", (long long)doc.id);
    if (doc.token && doc.token_count == doc.samples)
        output_line(o, "document %s, token %u of %u: %s", name, at + 1, doc.token_count,
                    doc.token[at]);
    else
        output_line(o, "document %s", name);
    free(name);
    document_release(&doc);
    return STATUS_OK;
}

static status show(study *s, uint32_t sample, error *err)
{
    active all = {0};
    uint32_t first_node = 0;
    status code = STATUS_OK;
    for (uint32_t l = 0; code == STATUS_OK && l < s->layers.count; l++) {
        code = load_layer(s, l, first_node, sample, &all, err);
        first_node += s->layers.item[l].features;
    }
    if (code == STATUS_OK) {
        output *o = output_begin(json);
        code = print_place(s, o, sample, err);
        if (code == STATUS_OK)
            code = edges ? print_edges(s, o, &all, err) : print_features(s, o, &all, err);
        output_end(o);
    }
    free(all.item);
    return code;
}

static status run(char **arguments, int count, error *err)
{
    (void)count;
    study s;
    char *end = NULL;
    errno = 0;
    unsigned long sample = strtoul(arguments[1], &end, 10);
    if (arguments[1][0] < '0' || arguments[1][0] > '9' || *end || errno)
        return error_set(err, STATUS_USAGE, "sample: '%s' is not the number of a sample",
                         arguments[1]);
    status code = study_open(&s, arguments[0], DB_READ, err);
    uint32_t samples = code == STATUS_OK && s.layers.count ? s.layers.item[0].samples : 0;
    if (code == STATUS_OK && sample >= samples)
        code = error_set(err, STATUS_INPUT, "'%s' has no sample %lu: it has %u, from 0 on",
                         arguments[0], sample, samples);
    if (code == STATUS_OK)
        code = show(&s, (uint32_t)sample, err);
    study_release(&s);
    return code;
}

const command command_sample = {
    .name = "sample",
    .arguments = "STUDY SAMPLE",
    .summary = "what is active at one sample, and the circuit as it sees it",
    .details =
        "The features of each layer that are not zero at the sample, strongest first. With "
        "--edges,\n"
        "the edges of a fit that leave them, layer pair by layer pair, by what they carry there:\n"
        "weight * activation of the source. Samples count from 0.",
    .least = 2,
    .most = 2,
    .options = options,
    .run = run,
};
