/* One layer: from its file to blocks of columns, statistics and labels. */
#include "src/base/memory.h"

#include "db/component.h"
#include "src/formats/labels.h"
#include "src/jobs/import_parts.h"
#include "src/jobs/pooling.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A block is read as a whole by whoever wants one of its features, so it is kept small. */
enum { BLOCK_ENTRIES = 1 << 20, BLOCK_FEATURES = 1 << 16 };
enum { DEFAULT_MEMORY = 256 << 20, CLAIM_CAP = 1000 };

/* Columns on their way into the workspace. */
typedef struct block {
    matrix m; /* capacity: `entries`; rows: samples; cols: those added so far */
    uint64_t entries;
    uint64_t used; /* entries of the sparse block */
    uint32_t first;
    feature_stats *stats;
    uint32_t features_cap;
} block;

/* FNV-1a over the columns: independent of how they are cut into blocks. */
static void hash_bytes(uint64_t *hash, const void *bytes, size_t n)
{
    const unsigned char *b = bytes;
    uint64_t h = *hash;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * UINT64_C(0x100000001b3);
    *hash = h;
}

static void hash_column(uint64_t *hash, const column *c)
{
    hash_bytes(hash, &c->count, sizeof c->count);
    hash_bytes(hash, c->row, c->count * sizeof *c->row);
    hash_bytes(hash, c->value, c->count * sizeof *c->value);
}

static status block_create(block *b, const layer *l, error *err)
{
    uint32_t cap = l->features < BLOCK_FEATURES ? l->features : BLOCK_FEATURES;
    if (l->dense && BLOCK_ENTRIES / l->samples < cap)
        cap = BLOCK_ENTRIES / l->samples > 0 ? BLOCK_ENTRIES / l->samples : 1;
    *b = (block){.entries = BLOCK_ENTRIES, .features_cap = cap};
    status code = matrix_create(&b->m, l->samples, cap, l->dense, b->entries, err);
    b->stats = mem_try(cap, sizeof *b->stats);
    if (code == STATUS_OK && !b->stats)
        code = error_memory(err, "an activation block");
    b->m.cols = 0;
    return code;
}

static void block_release(block *b)
{
    matrix_release(&b->m);
    free(b->stats);
}

static status block_flush(block *b, importer *im, const layer *l)
{
    if (b->m.cols == 0)
        return STATUS_OK;
    status code = layer_add_block(im->build, l->id, b->first, &b->m, im->err);
    if (code == STATUS_OK)
        code = feature_add(im->build, l->id, b->first, b->stats, b->m.cols, im->err);
    b->first += b->m.cols;
    b->m.cols = 0;
    b->used = 0;
    return code;
}

/* A single column may be longer than a block is meant to be. */
static status block_grow(block *b, uint64_t entries, error *err)
{
    uint32_t *row = realloc(b->m.row, entries * sizeof *row);
    if (!row)
        return error_memory(err, "an activation block");
    b->m.row = row;
    float *value = realloc(b->m.value, entries * sizeof *value);
    if (!value)
        return error_memory(err, "an activation block");
    b->m.value = value;
    b->entries = entries;
    return STATUS_OK;
}

static status block_add(block *b, importer *im, const layer *l, const column *c)
{
    status code = STATUS_OK;
    if (b->m.cols == b->features_cap || (!l->dense && b->used + c->count > b->entries))
        code = block_flush(b, im, l);
    if (code == STATUS_OK && !l->dense && c->count > b->entries)
        code = block_grow(b, c->count, im->err);
    if (code != STATUS_OK)
        return code;
    uint32_t k = b->m.cols++;
    pooling_stats(c, l->samples, &b->stats[k]);
    if (l->dense) {
        float *value = b->m.value + (size_t)k * l->samples;
        memset(value, 0, l->samples * sizeof *value);
        for (uint32_t i = 0; i < c->count; i++)
            value[c->row[i]] = c->value[i];
        return STATUS_OK;
    }
    memcpy(b->m.row + b->used, c->row, c->count * sizeof *c->row);
    memcpy(b->m.value + b->used, c->value, c->count * sizeof *c->value);
    b->m.col_start[k] = b->used;
    b->used += c->count;
    b->m.col_start[k + 1] = b->used;
    return STATUS_OK;
}

/* All layers have the same samples: the documents' or those of the first layer. */
static status check_rows(importer *im, const char *file, uint32_t rows)
{
    if (!im->rows_from) {
        im->rows = im->samples = rows;
        im->rows_from = mem_format("'%s'", file);
    }
    if (rows == im->rows)
        return STATUS_OK;
    return error_set(im->err, STATUS_INPUT, "'%s': %u rows, but %s has %u%s", file, rows,
                     im->rows_from, im->rows,
                     !im->start                       ? ""
                     : im->source.rows == ROWS_TOKENS ? " tokens"
                                                      : " documents");
}

/* A sparse file can claim any shape; what is made of it must bear some relation to its size. */
static status check_claim(importer *im, const char *file, const layer *l, uint64_t bytes)
{
    uint64_t claimed =
        l->dense ? (uint64_t)l->samples * l->features : (uint64_t)l->samples + l->features;
    if (claimed / CLAIM_CAP <= bytes)
        return STATUS_OK;
    return error_set(im->err, STATUS_INPUT,
                     "'%s': its %llu bytes claim to be %u samples x %u features, "
                     "too much to be true",
                     file, (unsigned long long)bytes, l->samples, l->features);
}

static status open_layer(importer *im, const manifest_layer *m, activations **out)
{
    const char *tensor = m->tensor ? m->tensor->text : NULL;
    status code = activations_open(out, &im->files, m->activations->text, tensor,
                                   m->drop_nonfinite, im->err);
    return code == STATUS_OK ? check_rows(im, m->activations->text, activations_rows(*out)) : code;
}

static status check_autoencoder(importer *im, uint32_t position)
{
    sae_weights *from;
    status code = import_open_autoencoder(im, position, &from);
    if (code == STATUS_OK)
        sae_weights_close(from);
    return code;
}

status import_check_layers(importer *im)
{
    status code = STATUS_OK;
    uint32_t file = im->step;
    for (uint32_t i = 0; code == STATUS_OK && i < im->source.layer_count; i++) {
        const manifest_layer *m = &im->source.layer[i];
        layer *l = &im->layers[i];
        activations *from;
        code = open_layer(im, m, &from);
        if (code == STATUS_OK) {
            *l = (layer){.name = m->name->text,
                         .position = i,
                         .kind = l->kind,
                         .dense = l->kind != LAYER_SAE,
                         .features = activations_cols(from),
                         .samples = im->samples,
                         .source = m->activations->text};
            code = check_claim(im, l->source, l, im->file[file].bytes);
        }
        if (code == STATUS_OK && m->components && m->coordinates != l->features)
            code = yaml_error(m->components, im->source.path, im->err,
                              "the components have %llu coordinates together, but '%s' has %u",
                              (unsigned long long)m->coordinates, l->source, l->features);
        activations_close(from);
        if (code == STATUS_OK && m->autoencoder)
            code = check_autoencoder(im, i);
        file += 1U + (m->labels != NULL) + (m->autoencoder != NULL);
    }
    return code;
}

static status fill_columns(importer *im, activations *from, columns *into)
{
    for (;;) {
        activation *at;
        size_t capacity, count;
        status code = columns_room(into, &at, &capacity, im->err);
        if (code != STATUS_OK)
            return code;
        code = activations_read(from, at, capacity < 65536 ? capacity : 65536, &count, im->err);
        if (code == STATUS_OK)
            code = import_tick(im, activations_fraction(from) / 2);
        if (code != STATUS_OK)
            return code;
        if (count == 0)
            return columns_finish(into, im->err);
        columns_added(into, count);
    }
}

/* Reading is done: what is still wrong with the file has to be told with its name. */
static status store_columns(importer *im, columns *from, layer *l)
{
    block b;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    hash_bytes(&hash, &l->samples, sizeof l->samples);
    status code = block_create(&b, l, im->err);
    for (uint32_t k = 0; code == STATUS_OK && k < l->features; k++) {
        column c;
        code = columns_next(from, &c, im->err);
        if (code == STATUS_INPUT)
            error_prefix(im->err, "'%s'", l->source);
        if (code != STATUS_OK)
            break;
        pooling_apply(&c, im->source.pool, im->start, im->documents);
        hash_column(&hash, &c);
        l->nonzeros += c.count;
        code = block_add(&b, im, l, &c);
        if (code == STATUS_OK)
            code = import_tick(im, 0.5 + 0.5 * k / l->features);
    }
    if (code == STATUS_OK)
        code = block_flush(&b, im, l);
    block_release(&b);
    if (code != STATUS_OK)
        return code;
    char text[32];
    snprintf(text, sizeof text, "%016" PRIx64, hash);
    return layer_set_totals(im->build, l->id, l->nonzeros, text, im->err);
}

static status store_components(importer *im, const manifest_layer *m, int64_t layer_id)
{
    component next = {0};
    status code = STATUS_OK;
    for (uint32_t i = 0; i < m->component_count && code == STATUS_OK; i++) {
        next.first += next.features;
        next.features = m->component[i].count;
        next.name = m->component[i].name->text;
        code = component_add(im->build, layer_id, i, &next, im->err);
    }
    return code;
}

status import_layer(importer *im, uint32_t position)
{
    const manifest_layer *m = &im->source.layer[position];
    layer *l = &im->layers[position];
    char no_hash_yet[] = "";
    activations *from;
    columns *turned = NULL;
    status code = open_layer(im, m, &from);
    if (code == STATUS_OK) {
        l->hash = no_hash_yet;
        code = layer_add(im->build, l, im->err);
        l->hash = NULL;
    }
    if (code == STATUS_OK)
        code = store_components(im, m, l->id);
    uint64_t memory = im->request->memory ? im->request->memory : DEFAULT_MEMORY;
    if (code == STATUS_OK)
        code = columns_create(&turned, l->features, memory, im->folder, im->err);
    if (code == STATUS_OK)
        code = fill_columns(im, from, turned);
    if (code == STATUS_OK)
        code = store_columns(im, turned, l);
    columns_free(turned);
    activations_close(from);
    if (code == STATUS_OK) {
        im->report->layers++;
        im->report->features += l->features;
        im->report->nonzeros += l->nonzeros;
    }
    return code;
}

status import_labels(importer *im, uint32_t position)
{
    const manifest_layer *m = &im->source.layer[position];
    const layer *l = &im->layers[position];
    labels *from;
    status code = labels_open(&from, &im->files, m->labels->text, l->name, l->features, im->err);
    uint8_t *labelled = mem_zero(l->features, 1);
    while (code == STATUS_OK) {
        label found;
        bool more;
        code = labels_next(from, &found, &more, im->err);
        if (code != STATUS_OK || !more)
            break;
        code = import_tick(im, labels_fraction(from));
        if (code != STATUS_OK || labelled[found.feature])
            continue; /* of several explanations the first is kept */
        labelled[found.feature] = 1;
        im->report->labels++;
        code =
            feature_set_label(im->build, l->id, found.feature, found.text, found.source, im->err);
    }
    free(labelled);
    labels_close(from);
    return code;
}
