#include "db/autoencoder.h"

#include "db/sql.h"

#include <math.h>

status autoencoder_add(db *d, int64_t layer_id, const autoencoder *a, const char *source,
                       error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO autoencoder (layer_id, width, source, decoder_bias)"
                        " VALUES (?1, ?2, ?3, ?4)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, a->width);
        sql_bind_text(&q, 3, source);
        sql_bind_blob(&q, 4, a->decoder_bias, a->width * sizeof *a->decoder_bias);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static uint64_t direction_bytes(const autoencoder *a, uint32_t features)
{
    return (uint64_t)features * a->width * sizeof(float);
}

status autoencoder_add_block(db *d, int64_t layer_id, uint32_t first_feature, const autoencoder *a,
                             error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO autoencoder_block (layer_id, first_feature, feature_count,"
                        " encoder, decoder, encoder_bias) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, first_feature);
        sql_bind_int(&q, 3, a->features);
        sql_bind_blob(&q, 4, a->encoder, direction_bytes(a, a->features));
        sql_bind_blob(&q, 5, a->decoder, direction_bytes(a, a->features));
        sql_bind_blob(&q, 6, a->encoder_bias, a->features * sizeof *a->encoder_bias);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

/* Reading: as for activations, sizes and numbers are checked before they are used. */

static status damaged(const db *d, const layer *l, const char *what, error *err)
{
    return error_set(err, STATUS_INPUT, "'%s' is damaged: the autoencoder of layer '%s': %s",
                     d->path, l->name, what);
}

static status read_floats(db *d, const layer *l, const char *table, const char *column,
                          int64_t rowid, float *out, uint64_t bytes, error *err)
{
    status s = sql_read_blob(d, table, column, rowid, 0, out, bytes, err);
    for (uint64_t k = 0; k < bytes / sizeof *out && s == STATUS_OK; k++) {
        if (!isfinite(out[k]))
            s = damaged(d, l, "a number is not finite", err);
    }
    return s;
}

/* Takes the memory and fills the decoder's bias. */
static status load_head(db *d, const layer *l, autoencoder *out, error *err)
{
    sql q;
    bool row = false;
    uint32_t width = 0;
    uint64_t bias_bytes = 0;
    uint64_t file_bytes = 0;
    status s = sql_open(
        &q, d, "SELECT width, length(decoder_bias) FROM autoencoder WHERE layer_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, l->id);
        s = sql_step(&q, &row, err);
    }
    if (row) {
        width = sql_u32(&q, 0);
        bias_bytes = sql_u64(&q, 1);
        s = sql_check(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && !row)
        return error_set(err, STATUS_INPUT, "'%s': layer '%s' was imported without an autoencoder",
                         d->path, l->name);
    if (s == STATUS_OK)
        s = sql_file_bytes(d, &file_bytes, err);
    if (s != STATUS_OK)
        return s;
    if (bias_bytes != (uint64_t)width * sizeof(float))
        return damaged(d, l, "the size of a blob is not what its row says", err);
    if ((uint64_t)l->features * width > file_bytes / (2 * sizeof(float)))
        return damaged(d, l, "it claims more than the file holds", err);
    s = autoencoder_create(out, l->features, width, err);
    return s == STATUS_OK ? read_floats(d, l, "autoencoder", "decoder_bias", l->id,
                                        out->decoder_bias, bias_bytes, err)
                          : s;
}

/* The row that q stands at; *next is the first feature that is still to come. */
static status load_block(sql *q, const layer *l, autoencoder *out, uint32_t *next, error *err)
{
    static const char table[] = "autoencoder_block";
    db *d = q->owner;
    int64_t rowid = sql_int(q, 0);
    uint32_t first = sql_u32(q, 1);
    uint32_t count = sql_u32(q, 2);
    uint64_t encoder_bytes = sql_u64(q, 3);
    uint64_t decoder_bytes = sql_u64(q, 4);
    uint64_t bias_bytes = sql_u64(q, 5);
    status s = sql_check(q, err);
    if (s != STATUS_OK)
        return s;
    if (first != *next || count == 0 || count > l->features - first)
        return damaged(d, l, "blocks overlap or leave a gap", err);
    uint64_t bytes = direction_bytes(out, count);
    if (encoder_bytes != bytes || decoder_bytes != bytes || bias_bytes != count * sizeof(float))
        return damaged(d, l, "the size of a blob is not what its row says", err);
    size_t at = (size_t)first * out->width;
    s = read_floats(d, l, table, "encoder", rowid, out->encoder + at, bytes, err);
    if (s == STATUS_OK)
        s = read_floats(d, l, table, "decoder", rowid, out->decoder + at, bytes, err);
    if (s == STATUS_OK)
        s = read_floats(d, l, table, "encoder_bias", rowid, out->encoder_bias + first, bias_bytes,
                        err);
    *next = first + count;
    return s;
}

static status load_blocks(db *d, const layer *l, autoencoder *out, error *err)
{
    sql q;
    bool row = false;
    uint32_t next = 0;
    status s = sql_open(&q, d,
                        "SELECT rowid, first_feature, feature_count, length(encoder),"
                        " length(decoder), length(encoder_bias) FROM autoencoder_block"
                        " WHERE layer_id = ?1 ORDER BY first_feature",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, l->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row)
        s = load_block(&q, l, out, &next, err);
    sql_close(&q);
    if (s == STATUS_OK && next != l->features)
        s = damaged(d, l, "its last features are missing", err);
    return s;
}

status autoencoder_load(db *d, const layer *l, autoencoder *out, error *err)
{
    *out = (autoencoder){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_head(d, l, out, err);
    if (s == STATUS_OK)
        s = load_blocks(d, l, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        autoencoder_release(out);
    return s;
}
