#include "db/sample.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Entries as they are found, by feature; then counted and put in order by sample. */
typedef struct entry {
    uint32_t sample, feature;
    float value;
} entry;

typedef struct found {
    const layer *l;
    uint32_t first, end; /* samples wanted */
    entry *item;
    size_t count, capacity;
} found;

typedef struct block {
    uint32_t first, count;
    const char *col_start, *sample_index, *value; /* may lie at any address: read with memcpy */
    uint64_t entries;
} block;

static status damaged(const db *d, const found *f, const char *what, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s' is damaged: layer '%s': %s", d->path, f->l->name,
                     what);
}

static uint64_t u64_at(const char *blob, uint64_t i)
{
    uint64_t x;
    memcpy(&x, blob + i * sizeof x, sizeof x);
    return x;
}

static uint32_t u32_at(const char *blob, uint64_t i)
{
    uint32_t x;
    memcpy(&x, blob + i * sizeof x, sizeof x);
    return x;
}

static status add(found *f, uint32_t sample, uint32_t feature, const block *b, uint64_t at,
                  error *err)
{
    float value;
    memcpy(&value, b->value + at * sizeof value, sizeof value);
    if (value == 0.0f || !isfinite(value))
        return STATUS_OK;
    if (f->count == f->capacity) {
        size_t wanted = f->capacity ? 2 * f->capacity : 4096;
        entry *grown = realloc(f->item, wanted * sizeof *grown);
        if (!grown)
            return error_memory(err, "the activations of samples");
        f->item = grown;
        f->capacity = wanted;
    }
    f->item[f->count++] = (entry){sample, feature, value};
    return STATUS_OK;
}

/* The first place in [low, high) of a column whose sample is at least `sample`. */
static uint64_t lower_bound(const block *b, uint64_t low, uint64_t high, uint32_t sample)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (u32_at(b->sample_index, middle) < sample)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static status scan_sparse(db *d, found *f, const block *b, error *err)
{
    status s = STATUS_OK;
    for (uint32_t k = 0; s == STATUS_OK && k < b->count; k++) {
        uint64_t at = u64_at(b->col_start, k), end = u64_at(b->col_start, k + 1);
        if (at > end || end > b->entries)
            return damaged(d, f, "columns of a block are out of order", err);
        for (at = lower_bound(b, at, end, f->first); s == STATUS_OK && at < end; at++) {
            uint32_t sample = u32_at(b->sample_index, at);
            if (sample >= f->end)
                break;
            if (sample < f->first)
                return damaged(d, f, "samples of a feature are out of order", err);
            s = add(f, sample, b->first + k, b, at, err);
        }
    }
    return s;
}

static status scan_dense(found *f, const block *b, error *err)
{
    status s = STATUS_OK;
    for (uint32_t k = 0; k < b->count; k++)
        for (uint32_t i = f->first; s == STATUS_OK && i < f->end; i++)
            s = add(f, i, b->first + k, b, (uint64_t)k * f->l->samples + i, err);
    return s;
}

static status scan_block(sql *q, found *f, error *err)
{
    const layer *l = f->l;
    block b = {.first = sql_u32(q, 0), .count = sql_u32(q, 1)};
    b.col_start = sqlite3_column_blob(q->handle, 2);
    b.sample_index = sqlite3_column_blob(q->handle, 3);
    b.value = sqlite3_column_blob(q->handle, 4);
    uint64_t start_bytes = (uint64_t)sqlite3_column_bytes(q->handle, 2);
    uint64_t index_bytes = (uint64_t)sqlite3_column_bytes(q->handle, 3);
    b.entries = (uint64_t)sqlite3_column_bytes(q->handle, 4) / sizeof(float);
    status s = sql_check(q, err);
    if (s != STATUS_OK)
        return s;
    bool fits = b.first < l->features && b.count <= l->features - b.first;
    if (l->dense)
        fits = fits && b.entries == (uint64_t)b.count * l->samples;
    else
        fits = fits && start_bytes == ((uint64_t)b.count + 1) * sizeof(uint64_t) &&
               index_bytes == b.entries * sizeof(uint32_t);
    if (!fits)
        return damaged(q->owner, f, "a block's size is not what it says", err);
    return l->dense ? scan_dense(f, &b, err) : scan_sparse(q->owner, f, &b, err);
}

/* Stable, so that features stay ascending. */
static status sort_by_sample(const found *f, sample_rows *out, error *err)
{
    out->start = mem_try((size_t)out->count + 2, sizeof *out->start);
    out->feature = mem_try(f->count, sizeof *out->feature);
    out->value = mem_try(f->count, sizeof *out->value);
    if (!out->start || !out->feature || !out->value)
        return error_memory(err, "the activations of samples");
    memset(out->start, 0, ((size_t)out->count + 2) * sizeof *out->start);
    /* shifted by two, so that filling leaves start[i] at the start of sample i */
    for (size_t i = 0; i < f->count; i++)
        out->start[f->item[i].sample - f->first + 2]++;
    for (uint32_t i = 2; i < out->count + 2; i++)
        out->start[i] += out->start[i - 1];
    for (size_t i = 0; i < f->count; i++) {
        uint64_t at = out->start[f->item[i].sample - f->first + 1]++;
        out->feature[at] = f->item[i].feature;
        out->value[at] = f->item[i].value;
    }
    return STATUS_OK;
}

status layer_load_samples(db *d, const layer *l, uint32_t first, uint32_t count, sample_rows *out,
                          error *err)
{
    first = first < l->samples ? first : l->samples;
    count = count < l->samples - first ? count : l->samples - first;
    *out = (sample_rows){.first = first, .count = count};
    found f = {.l = l, .first = first, .end = first + count};
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT first_feature, feature_count, col_start, sample_index, value"
                        " FROM activation_block WHERE layer_id = ?1 ORDER BY first_feature",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, l->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row)
        s = scan_block(&q, &f, err);
    sql_close(&q);
    if (s == STATUS_OK)
        s = sort_by_sample(&f, out, err);
    free(f.item);
    if (s != STATUS_OK)
        sample_rows_release(out);
    return s;
}

void sample_rows_release(sample_rows *rows)
{
    free(rows->start);
    free(rows->feature);
    free(rows->value);
    *rows = (sample_rows){0};
}
