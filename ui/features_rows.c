#include "ui/features_rows.h"

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
    case COLUMN_MEAN:
        return (double)row->mean;
    case COLUMN_MAX:
        return (double)row->maximum;
    case COLUMN_IN:
        feature_degrees(c, layers, row, &in, &out);
        return in;
    case COLUMN_OUT:
        feature_degrees(c, layers, row, &in, &out);
        return out;
    case COLUMN_INDEX: {
        const layer *l = layer_by_id(layers, row->layer_id);
        return (l ? l->position : 0) * 0x1p32 + row->feature;
    }
    case COLUMN_LABEL:
    case COLUMN_COUNT:
        break;
    }
    return 0.0;
}

void feature_rows_make(feature_rows *rows, const feature_table *table, const layer_set *layers,
                       const circuit *c, const feature_order *order)
{
    rows->item = mem_grow(rows->item, table->count ? table->count : 1, sizeof *rows->item);
    rows->count = rows->dead = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        const feature_row *row = &table->row[i];
        if (order->words[0] && !label_has_words(row->label, order->words))
            continue;
        if (order->hide_dead && row->active == 0)
            rows->dead++;
        else
            rows->item[rows->count++] = i;
    }
    bool falls = feature_column_falls(order->column) != order->turned;
    bool one_layer = table->count && table->row[0].layer_id == table->row[table->count - 1].layer_id;
    if (order->as_found || (order->column == COLUMN_INDEX && !falls && one_layer))
        return; /* the table's own order */
    double *key = NULL;
    if (order->column != COLUMN_LABEL) {
        key = mem_alloc((table->count ? table->count : 1) * sizeof *key);
        for (uint32_t i = 0; i < rows->count; i++) {
            uint32_t place = rows->item[i];
            key[place] = figure(&table->row[place], order->column, layers, c);
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
