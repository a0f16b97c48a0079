#include "db/layer.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
#define LAYER_KIND_TEXT(name, text, meaning) text,
    LAYER_KIND_LIST(LAYER_KIND_TEXT)
#undef LAYER_KIND_TEXT
};

const char *layer_kind_name(layer_kind kind)
{
    return kind_names[kind];
}

status layer_add(db *d, layer *l, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO layer (name, position, kind, dense, features, samples,"
                        " nonzeros, source, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, l->name);
        sql_bind_int(&q, 2, l->position);
        sql_bind_text(&q, 3, layer_kind_name(l->kind));
        sql_bind_int(&q, 4, l->dense);
        sql_bind_int(&q, 5, l->features);
        sql_bind_int(&q, 6, l->samples);
        sql_bind_int(&q, 7, (int64_t)l->nonzeros);
        sql_bind_text(&q, 8, l->source ? l->source : "");
        sql_bind_text(&q, 9, l->hash ? l->hash : "");
        s = sql_run(&q, err);
    }
    if (s == STATUS_OK)
        l->id = sqlite3_last_insert_rowid(d->handle);
    sql_close(&q);
    return s;
}

status layer_set_totals(db *d, int64_t layer_id, uint64_t nonzeros, const char *hash, error *err)
{
    sql q;
    status s =
        sql_open(&q, d, "UPDATE layer SET nonzeros = ?2, hash = ?3 WHERE layer_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, (int64_t)nonzeros);
        sql_bind_text(&q, 3, hash);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static void layer_release(layer *l)
{
    free(l->name);
    free(l->source);
    free(l->hash);
}

void layer_set_release(layer_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        layer_release(&set->item[i]);
    free(set->item);
    *set = (layer_set){0};
}

static layer read_layer(sql *q)
{
    return (layer){
        .id = (int64_t)sql_u64(q, 0),
        .name = sql_text(q, 1),
        .position = sql_u32(q, 2),
        .kind = (layer_kind)sql_name(q, 3, kind_names, sizeof kind_names / sizeof *kind_names),
        .dense = sql_u32(q, 4) != 0,
        .features = sql_u32(q, 5),
        .samples = sql_u32(q, 6),
        .nonzeros = sql_u64(q, 7),
        .source = sql_text(q, 8),
        .hash = sql_text(q, 9),
        .labelled = sql_u32(q, 10),
        .live = sql_u32(q, 11),
        .autoencoder_width = sql_u32(q, 12),
    };
}

status layer_list(db *d, layer_set *out, error *err)
{
    *out = (layer_set){0};
    sql q;
    bool row = false;
    /* both counts are answered by indexes: no row of `feature` is read */
    status s = sql_open(
        &q, d,
        "SELECT layer_id, ifnull(name, ''), position, kind, dense, features, samples, nonzeros,"
        " ifnull(source, ''), ifnull(hash, ''),"
        " (SELECT count(*) FROM feature AS f WHERE f.layer_id = l.layer_id AND f.label IS NOT "
        "NULL),"
        " (SELECT count(*) FROM feature AS f WHERE f.layer_id = l.layer_id AND f.active > 0),"
        " ifnull((SELECT width FROM autoencoder AS a WHERE a.layer_id = l.layer_id"
        "  AND NOT EXISTS (SELECT 1 FROM study WHERE key = 'pool' AND value <> 'none')), 0)"
        " FROM layer AS l ORDER BY position",
        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        out->item[out->count++] = read_layer(&q);
    }
    sql_close(&q);
    if (s != STATUS_OK)
        layer_set_release(out);
    return s;
}

static bool whole_number(const char *text, uint32_t *number)
{
    if (strspn(text, "0123456789") != strlen(text) || !*text || strlen(text) > 9)
        return false;
    *number = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

const layer *layer_find(const layer_set *set, const char *text)
{
    const layer *part = NULL;
    uint32_t parts = 0;
    uint32_t position = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        if (strcmp(set->item[i].name, text) == 0)
            return &set->item[i];
        if (strstr(set->item[i].name, text)) {
            part = &set->item[i];
            parts++;
        }
    }
    if (whole_number(text, &position))
        return position < set->count ? &set->item[position] : NULL;
    return *text && parts == 1 ? part : NULL;
}

const layer *layer_find_feature(const layer_set *set, const char *text, uint32_t *feature,
                                bool *one)
{
    const char *slash = strrchr(text, '/');
    const layer *found = layer_find(set, text); /* a layer's own name may have a slash */
    *one = false;
    *feature = 0;
    if (found || !slash || !whole_number(slash + 1, feature))
        return found;
    char *name = strndup(text, (size_t)(slash - text));
    found = name ? layer_find(set, name) : NULL;
    free(name);
    *one = found != NULL;
    return found;
}

const layer *layer_by_id(const layer_set *set, int64_t id)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->item[i].id == id)
            return &set->item[i];
    }
    return NULL;
}

uint32_t layer_first(const layer_set *set, uint32_t position)
{
    uint32_t first = 0;
    for (uint32_t l = 0; l < position; l++)
        first += set->item[l].features;
    return first;
}

status layer_add_block(db *d, int64_t layer_id, uint32_t first_feature, const matrix *m,
                       error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO activation_block (layer_id, first_feature, feature_count,"
                        " col_start, sample_index, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (s == STATUS_OK) {
        size_t entries = matrix_entries(m);
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, first_feature);
        sql_bind_int(&q, 3, m->cols);
        sql_bind_blob(&q, 4, m->col_start,
                      m->dense ? 0 : ((size_t)m->cols + 1) * sizeof *m->col_start);
        sql_bind_blob(&q, 5, m->row, m->dense ? 0 : entries * sizeof *m->row);
        sql_bind_blob(&q, 6, m->value, entries * sizeof *m->value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

/* Reading. Sizes, pointers and indices are all checked before they are used: see DESIGN's
 * hostile workspaces. Blobs are read straight into the matrix, never held twice. */

typedef struct block {
    int64_t rowid;
    uint32_t first, count;
    uint64_t entries;
} block;

static status damaged(const db *d, const layer *l, uint32_t first, const char *what, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s' is damaged: layer '%s', block of feature %u: %s",
                     d->path, l->name, first, what);
}

/* rowid, first_feature, feature_count and the three sizes -> a block whose sizes agree */
static status read_block(sql *q, const layer *l, block *b, error *err)
{
    *b = (block){.rowid = sql_int(q, 0), .first = sql_u32(q, 1), .count = sql_u32(q, 2)};
    uint64_t start_bytes = sql_u64(q, 3);
    uint64_t index_bytes = sql_u64(q, 4);
    uint64_t value_bytes = sql_u64(q, 5);
    b->entries = value_bytes / sizeof(float);
    status s = sql_check(q, err);
    if (s != STATUS_OK)
        return s;
    bool fits = b->count > 0 && b->first < l->features && b->count <= l->features - b->first &&
                value_bytes % sizeof(float) == 0;
    if (l->dense)
        fits = fits && start_bytes == 0 && index_bytes == 0 &&
               b->entries == (uint64_t)b->count * l->samples;
    else
        fits = fits && start_bytes == ((uint64_t)b->count + 1) * sizeof(uint64_t) &&
               index_bytes == b->entries * sizeof(uint32_t);
    return fits ? STATUS_OK : damaged(q->owner, l, b->first, "its size is not what it says", err);
}

#define BLOCK_COLUMNS                                                                             \
    "SELECT rowid, first_feature, feature_count,"                                                 \
    " length(col_start), length(sample_index), length(value) FROM activation_block"

/* Part of one blob: `bytes` from `offset`. */
static status read_blob(db *d, const block *b, const char *column, uint64_t offset, void *out,
                        uint64_t bytes, error *err)
{
    return sql_read_blob(d, "activation_block", column, b->rowid, offset, out, bytes, err);
}

/* Entries of one column: samples ascending and in range, values finite. */
static status check_column(const db *d, const layer *l, uint32_t feature, const uint32_t *sample,
                           const float *value, uint64_t count, error *err)
{
    for (uint64_t k = 0; k < count; k++) {
        if (sample && (sample[k] >= l->samples || (k > 0 && sample[k] <= sample[k - 1])))
            return damaged(d, l, feature, "its samples are out of order or range", err);
        if (!isfinite(value[k]))
            return damaged(d, l, feature, "a value is not finite", err);
    }
    return STATUS_OK;
}

static status list_blocks(db *d, const layer *l, block **out, uint32_t *count, error *err)
{
    sql q;
    bool row = false;
    uint32_t next = 0;
    uint64_t entries = 0;
    *out = NULL;
    *count = 0;
    status s = sql_open(&q, d, BLOCK_COLUMNS " WHERE layer_id = ?1 ORDER BY first_feature", err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, l->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        *out = mem_grow(*out, (size_t)*count + 1, sizeof **out);
        block *b = &(*out)[(*count)++];
        s = read_block(&q, l, b, err);
        if (s == STATUS_OK && b->first != next)
            s = damaged(d, l, b->first, "blocks overlap or leave a gap", err);
        next = b->first + b->count;
        entries += b->entries;
    }
    if (s == STATUS_OK && next != l->features)
        s = damaged(d, l, next, "it is missing", err);
    if (s == STATUS_OK && !l->dense && entries != l->nonzeros)
        s = damaged(d, l, 0, "the layer's number of nonzeros is another", err);
    sql_close(&q);
    return s;
}

/* What the blocks claim to hold cannot be more than the file. */
static status check_memory(db *d, const layer *l, error *err)
{
    uint64_t bytes = 0;
    status s = sql_file_bytes(d, &bytes, err);
    uint64_t entries = l->dense ? (uint64_t)l->features * l->samples : l->nonzeros;
    if (s == STATUS_OK && entries > bytes / sizeof(float))
        s = damaged(d, l, 0, "the layer claims more than the file holds", err);
    return s;
}

static status load_block(db *d, const layer *l, const block *b, matrix *m, uint64_t at, error *err)
{
    status s = read_blob(d, b, "value", 0, m->value + at, b->entries * sizeof *m->value, err);
    if (s != STATUS_OK)
        return s;
    if (l->dense)
        return check_column(d, l, b->first, NULL, m->value + at, b->entries, err);

    uint64_t *start = m->col_start + b->first;
    s = read_blob(d, b, "col_start", 0, start, ((uint64_t)b->count + 1) * sizeof *start, err);
    if (s == STATUS_OK)
        s = read_blob(d, b, "sample_index", 0, m->row + at, b->entries * sizeof *m->row, err);
    if (s == STATUS_OK && (start[0] != 0 || start[b->count] != b->entries))
        s = damaged(d, l, b->first, "its columns do not fill it", err);
    for (uint32_t k = 0; s == STATUS_OK && k < b->count; k++) {
        uint64_t first = start[k];
        uint64_t end = start[k + 1];
        if (first > end || end > b->entries)
            s = damaged(d, l, b->first, "its columns are out of order", err);
        else
            s = check_column(d, l, b->first + k, m->row + at + first, m->value + at + first,
                             end - first, err);
    }
    for (uint32_t k = 0; s == STATUS_OK && k <= b->count; k++)
        start[k] += at;
    return s;
}

status layer_load(db *d, const layer *l, matrix *out, error *err)
{
    *out = (matrix){0};
    block *blocks = NULL;
    uint32_t count = 0;
    uint64_t at = 0;
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = list_blocks(d, l, &blocks, &count, err);
    if (s == STATUS_OK)
        s = check_memory(d, l, err);
    if (s == STATUS_OK)
        s = matrix_create(out, l->samples, l->features, l->dense, l->nonzeros, err);
    if (s == STATUS_OK && !l->dense)
        out->col_start[0] = 0; /* a layer without features has no block to set it */
    for (uint32_t i = 0; s == STATUS_OK && i < count; i++) {
        s = load_block(d, l, &blocks[i], out, at, err);
        at += blocks[i].entries;
    }
    db_rollback(d);
    free(blocks);
    if (s != STATUS_OK)
        matrix_release(out);
    return s;
}

static status find_block(db *d, const layer *l, uint32_t feature, block *b, error *err)
{
    sql q;
    bool row = false;
    *b = (block){0};
    status s = sql_open(&q, d,
                        BLOCK_COLUMNS " WHERE layer_id = ?1 AND first_feature <= ?2"
                                      " ORDER BY first_feature DESC LIMIT 1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, l->id);
        sql_bind_int(&q, 2, feature);
        s = sql_step(&q, &row, err);
    }
    if (row)
        s = read_block(&q, l, b, err);
    if (s == STATUS_OK && (!row || feature - b->first >= b->count))
        s = error_set(err, STATUS_INPUT, "'%s': layer '%s' has no activations of feature %u",
                      d->path, l->name, feature);
    sql_close(&q);
    return s;
}

/* The entries first .. first + count - 1 of a block are those of feature `column` in it. */
static status column_range(db *d, const layer *l, const block *b, uint32_t column, uint64_t *first,
                           uint64_t *count, error *err)
{
    uint64_t start[2] = {0, 0};
    if (l->dense) {
        *first = (uint64_t)column * l->samples;
        *count = l->samples;
        return STATUS_OK;
    }
    status s = read_blob(d, b, "col_start", column * sizeof *start, start, sizeof start, err);
    if (s == STATUS_OK && (start[0] > start[1] || start[1] > b->entries))
        s = damaged(d, l, b->first, "its columns are out of order", err);
    *first = start[0];
    *count = start[1] - start[0];
    return s;
}

static status load_column(db *d, const layer *l, uint32_t feature, uint32_t **sample,
                          float **value, uint64_t *count, error *err)
{
    block b;
    uint64_t first = 0;
    status s = find_block(d, l, feature, &b, err);
    if (s == STATUS_OK)
        s = column_range(d, l, &b, feature - b.first, &first, count, err);
    if (s != STATUS_OK)
        return s;
    if (*count > (uint64_t)l->samples)
        return damaged(d, l, b.first, "a column has more entries than there are samples", err);
    *sample = mem_try(*count, sizeof **sample);
    *value = mem_try(*count, sizeof **value);
    if (!*sample || !*value)
        return error_memory(err, "a feature's activations");
    s = read_blob(d, &b, "value", first * sizeof **value, *value, *count * sizeof **value, err);
    if (s == STATUS_OK && !l->dense)
        s = read_blob(d, &b, "sample_index", first * sizeof **sample, *sample,
                      *count * sizeof **sample, err);
    for (uint64_t k = 0; l->dense && k < *count; k++)
        (*sample)[k] = (uint32_t)k;
    return s == STATUS_OK ? check_column(d, l, feature, *sample, *value, *count, err) : s;
}

status layer_load_feature(db *d, const layer *l, uint32_t feature, uint32_t **sample,
                          float **value, uint64_t *count, error *err)
{
    *sample = NULL;
    *value = NULL;
    *count = 0;
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_column(d, l, feature, sample, value, count, err);
    db_rollback(d);
    if (s != STATUS_OK) {
        free(*sample);
        free(*value);
        *sample = NULL;
        *value = NULL;
        *count = 0;
    }
    return s;
}
