#include "ui/features_rows.h"

#include "src/base/fuzzy.h"
#include "src/base/memory.h"
#include "src/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *head;
    int width;
    bool falls;
} columns[] = {
#define FEATURE_COLUMN_ROW(id, head, width, falling) [id] = {head, width, falling},
    FEATURE_COLUMN_LIST(FEATURE_COLUMN_ROW)
#undef FEATURE_COLUMN_ROW
};

const char *feature_column_head(feature_column column)
{
    return columns[column].head;
}

int feature_column_width(feature_column column)
{
    return columns[column].width;
}

bool feature_column_falls(feature_column column)
{
    return columns[column].falls;
}

void feature_degrees(const circuit *c, const layer_set *layers, const feature_row *row,
                     uint32_t *in, uint32_t *out)
{
    *in = *out = 0;
    const layer *l = c ? layer_by_id(layers, row->layer_id) : NULL;
    if (!l || l->position >= c->layer_count)
        return;
    uint32_t node = circuit_node(c, l->position, row->feature);
    if (node >= c->node_count)
        return;
    *in = c->in_start[node + 1] - c->in_start[node];
    *out = c->out_start[node + 1] - c->out_start[node];
}

bool label_has_words(const char *label, const char *words)
{
    char word[96];
    for (const char *at = words; *(at += strspn(at, " "));) {
        size_t length = strcspn(at, " ");
        if (length >= sizeof word)
            return false;
        memcpy(word, at, length);
        word[length] = '\0';
        if (!label || !text_contains(label, word))
            return false;
        at += length;
    }
    return true;
}

/* What comparing two rows needs: figures are computed once a row, not once a comparison. */
typedef struct sorting {
    const feature_table *table;
    const double *key; /* by place in the table; NULL: by label */
    int sign;
} sorting;

static int compare_labels(const char *a, const char *b)
{
    bool none_a = !a || !*a, none_b = !b || !*b;
    if (none_a || none_b)
        return none_a - none_b; /* features without a label come last */
    return strcasecmp(a, b);
}

static int compare(const void *left, const void *right, void *user)
{
    const sorting *s = user;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    int difference;
    if (s->key)
        difference = (s->key[a] > s->key[b]) - (s->key[a] < s->key[b]);
    else
        difference = compare_labels(s->table->row[a].label, s->table->row[b].label);
    if (difference)
        return s->sign * difference;
    return (a > b) - (a < b); /* stable */
}

static double figure(const feature_row *row, feature_column column, const layer_set *layers,
                     const circuit *c)
{
    uint32_t in, out;
    switch (column) {
    case COLUMN_DENSITY: {
        const layer *l = layer_by_id(layers, row->layer_id);
        return l && l->samples ? (double)row->active / l->samples : 0.0;
    }
    case COLUMN_MEAN: return (double)row->mean;
    case COLUMN_MAX: return (double)row->maximum;
    case COLUMN_IN: feature_degrees(c, layers, row, &in, &out); return in;
    case COLUMN_OUT: feature_degrees(c, layers, row, &in, &out); return out;
    case COLUMN_INDEX: {
        const layer *l = layer_by_id(layers, row->layer_id);
        return (l ? l->position : 0) * 0x1p32 + row->feature;
    }
    case COLUMN_LABEL:
    case COLUMN_COUNT: break;
    }
    return 0.0;
}

bool feature_row_passes(const filter *f, const feature_row *row, const layer_set *layers,
                        const note_set *notes, const circuit *c)
{
    uint32_t in = 0, out = 0;
    const feature_note *of = f->by_note ? note_find(notes, row->layer_id, row->feature) : NULL;
    if (f->by_degree)
        feature_degrees(c, layers, row, &in, &out);
    filter_facts facts = {.figure = {[FILTER_INDEX] = row->feature,
                                     [FILTER_DENSITY] = figure(row, COLUMN_DENSITY, layers, c),
                                     [FILTER_ACTIVE] = row->active,
                                     [FILTER_MEAN] = (double)row->mean,
                                     [FILTER_SD] = (double)row->sd,
                                     [FILTER_MAX] = (double)row->maximum,
                                     [FILTER_IN] = in,
                                     [FILTER_OUT] = out},
                          .label = row->label,
                          .tags = of ? of->tags : NULL,
                          .pinned = of && of->pinned};
    return filter_passes(f, &facts);
}

/* Takes the rows that all that was asked for lets through, in the table's order. */
static void take(feature_rows *rows, const feature_table *table, const layer_set *layers,
                 const note_set *notes, const circuit *c, const feature_order *order)
{
    rows->count = rows->dead = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const feature_row *row = &table->row[i];
        if (rows->fuzzy ? !row->label || fuzzy_score(row->label, order->words) == 0
                        : order->words[0] && !label_has_words(row->label, order->words))
            continue;
        if (order->filter.count > 0 && !feature_row_passes(&order->filter, row, layers, notes, c))
            continue;
        if (order->hide_dead && row->active == 0)
            rows->dead++;
        else
            rows->item[rows->count++] = i;
    }
}

static bool any_has_words(const feature_table *table, const char *words)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (label_has_words(table->row[i].label, words))
            return true;
    return false;
}

void feature_rows_make(feature_rows *rows, const feature_table *table, const layer_set *layers,
                       const note_set *notes, const circuit *c, const feature_order *order)
{
    rows->item = mem_grow(rows->item, table->count ? table->count : 1, sizeof *rows->item);
    rows->fuzzy = order->words[0] && !any_has_words(table, order->words);
    take(rows, table, layers, notes, c, order);
    bool falls = feature_column_falls(order->column) != order->turned;
    bool one_layer =
        table->count && table->row[0].layer_id == table->row[table->count - 1].layer_id;
    bool by_fit = rows->fuzzy && order->column == COLUMN_INDEX && !order->turned;
    if (order->as_found || (order->column == COLUMN_INDEX && !falls && one_layer && !by_fit))
        return; /* the table's own order */
    double *key = NULL;
    if (order->column != COLUMN_LABEL) {
        key = mem_alloc((table->count ? table->count : 1) * sizeof *key);
        for (uint32_t i = 0; i < rows->count; i++) {
            const feature_row *row = &table->row[rows->item[i]];
            key[rows->item[i]] = by_fit ? -fuzzy_score(row->label, order->words)
                                        : figure(row, order->column, layers, c);
        }
    }
    sorting how = {table, key, falls ? -1 : 1};
    qsort_r(rows->item, rows->count, sizeof *rows->item, compare, &how);
    free(key);
}

void feature_rows_release(feature_rows *rows)
{
    free(rows->item);
    *rows = (feature_rows){0};
}

uint32_t feature_rows_find(const feature_rows *rows, const feature_table *table, int64_t layer_id,
                           uint32_t feature)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        const feature_row *row = &table->row[rows->item[i]];
        if (row->feature == feature && row->layer_id == layer_id)
            return i;
    }
    return UINT32_MAX;
}
