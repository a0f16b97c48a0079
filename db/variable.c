#include "db/variable.h"

#include "db/fit.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>

static const char *const point_states[] = {"converged", "unconverged", "constant"};

/* ---- storing ---- */

static status add_fit(db *d, variable_fit *f, error *err)
{
    fit row = {.kind = "target",
               .rule = "target",
               .lambda = f->fraction,
               .ridge = f->ridge,
               .scale = f->scale,
               .tolerance = f->tolerance,
               .seed = f->seed,
               .data_hash = f->data_hash};
    status s = fit_add(d, &row, err);
    f->fit_id = row.id;
    f->created = row.created;
    return s == STATUS_OK ? fit_set_state(d, f->fit_id, FIT_DONE, NULL, err) : s;
}

static status add_variable(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO fit_variable (fit_id, target_id, outputs, lambda_max,"
                        " null_loss, folds, chosen, seconds)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, f->fit_id);
        sql_bind_int(&q, 2, f->target_id);
        sql_bind_int(&q, 3, f->outputs);
        sql_bind_real(&q, 4, f->lambda_max);
        sql_bind_real(&q, 5, f->null_loss);
        sql_bind_int(&q, 6, f->folds);
        sql_bind_int(&q, 7, f->chosen);
        sql_bind_real(&q, 8, f->seconds);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status add_layers(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d, "INSERT INTO variable_layer (fit_id, layer_id) VALUES (?1, ?2)",
                        err);
    for (uint32_t l = 0; s == STATUS_OK && l < f->layer_count; l++) {
        sql_bind_int(&q, 1, f->fit_id);
        sql_bind_int(&q, 2, f->layer[l]);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status add_points(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO variable_point (fit_id, point, state, lambda, gap, explained,"
                        " features, held_out, held_out_deviation, accuracy)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->point_count; i++) {
        const variable_fit_point *p = &f->point[i];
        sql_bind_int(&q, 1, f->fit_id);
        sql_bind_int(&q, 2, i);
        sql_bind_text(&q, 3, p->state);
        sql_bind_real(&q, 4, p->lambda);
        sql_bind_real(&q, 5, p->gap);
        sql_bind_real(&q, 6, p->explained);
        sql_bind_int(&q, 7, p->features);
        sql_bind_real_or_null(&q, 8, p->held_out);
        sql_bind_real_or_null(&q, 9, p->deviation);
        sql_bind_real_or_null(&q, 10, p->accuracy);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status variable_fit_add(db *d, variable_fit *f, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = add_fit(d, f, err);
    if (s == STATUS_OK)
        s = add_variable(d, f, err);
    if (s == STATUS_OK)
        s = add_layers(d, f, err);
    if (s == STATUS_OK)
        s = add_points(d, f, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

static status add_intercepts(db *d, int64_t fit_id, uint32_t point, const double *intercept,
                             uint32_t outputs, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO variable_intercept (fit_id, point, output, intercept)"
                        " VALUES (?1, ?2, ?3, ?4)",
                        err);
    for (uint32_t c = 0; s == STATUS_OK && c < outputs; c++) {
        sql_bind_int(&q, 1, fit_id);
        sql_bind_int(&q, 2, point);
        sql_bind_int(&q, 3, c);
        sql_bind_real(&q, 4, intercept[c]);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status variable_fit_add_weights(db *d, int64_t fit_id, uint32_t point, const double *intercept,
                                uint32_t outputs, const variable_fit_weight *weight,
                                uint32_t count, error *err)
{
    sql q = {0};
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = add_intercepts(d, fit_id, point, intercept, outputs, err);
    if (s == STATUS_OK)
        s = sql_open(&q, d,
                     "INSERT INTO variable_weight (fit_id, point, output, layer_id, feature,"
                     " weight, standardised) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     err);
    for (uint32_t w = 0; s == STATUS_OK && w < count; w++) {
        sql_bind_int(&q, 1, fit_id);
        sql_bind_int(&q, 2, point);
        sql_bind_int(&q, 3, weight[w].output);
        sql_bind_int(&q, 4, weight[w].layer);
        sql_bind_int(&q, 5, weight[w].feature);
        sql_bind_real(&q, 6, weight[w].weight);
        sql_bind_real(&q, 7, weight[w].standardised);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

/* ---- reading ---- */

#define VARIABLE_COLUMNS                                                                          \
    "SELECT f.fit_id, v.target_id, t.name, f.lambda, f.ridge, f.scale = 'sd', f.tolerance,"       \
    " f.seed, f.data_hash, f.created, v.outputs, v.lambda_max, v.null_loss, v.folds, v.chosen,"   \
    " v.seconds FROM fit AS f JOIN fit_variable AS v USING (fit_id)"                              \
    " JOIN target AS t USING (target_id) "

static void read_variable(sql *q, variable_fit *f)
{
    *f = (variable_fit){
        .fit_id = sql_int(q, 0),
        .target_id = sql_int(q, 1),
        .target = sql_text(q, 2),
        .fraction = sql_real(q, 3),
        .ridge = sql_real(q, 4),
        .scale = sql_int(q, 5) != 0,
        .tolerance = sql_real(q, 6),
        .seed = sql_int(q, 7),
        .data_hash = sql_text(q, 8),
        .created = sql_int(q, 9),
        .outputs = sql_u32(q, 10),
        .lambda_max = sql_real(q, 11),
        .null_loss = sql_real(q, 12),
        .folds = sql_u32(q, 13),
        .chosen = sql_u32(q, 14),
        .seconds = sql_real(q, 15),
    };
}

static status load_layers(db *d, variable_fit *f, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT layer_id FROM variable_layer JOIN layer USING (layer_id)"
                        " WHERE fit_id = ?1 ORDER BY position",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, f->fit_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        f->layer = mem_grow(f->layer, (size_t)f->layer_count + 1, sizeof *f->layer);
        f->layer[f->layer_count++] = sql_int(&q, 0);
    }
    sql_close(&q);
    return s;
}

static status load_points(db *d, variable_fit *f, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT state, lambda, gap, explained, features, held_out,"
                        " held_out_deviation, accuracy, point FROM variable_point"
                        " WHERE fit_id = ?1 ORDER BY point",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, f->fit_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        f->point = mem_grow(f->point, (size_t)f->point_count + 1, sizeof *f->point);
        f->point[f->point_count++] = (variable_fit_point){
            .state = point_states[sql_name(&q, 0, point_states,
                                           sizeof point_states / sizeof *point_states)],
            .lambda = sql_real(&q, 1),
            .gap = sql_real(&q, 2),
            .explained = sql_real(&q, 3),
            .features = sql_u32(&q, 4),
            .held_out = sql_real_or_nan(&q, 5),
            .deviation = sql_real_or_nan(&q, 6),
            .accuracy = sql_real_or_nan(&q, 7),
        };
        if (sql_int(&q, 8) != f->point_count - 1) {
            s = error_set(err, STATUS_INPUT, "'%s' is damaged: fit %lld has no point %u", d->path,
                          (long long)f->fit_id, f->point_count - 1);
            break;
        }
    }
    sql_close(&q);
    if (s == STATUS_OK && f->chosen >= f->point_count)
        s = error_set(err, STATUS_INPUT, "'%s' is damaged: fit %lld has no point %u", d->path,
                      (long long)f->fit_id, f->chosen);
    return s;
}

/* All of them, or one (fit_id), newest first. */
static status load_fits(db *d, int64_t fit_id, variable_fit_set *out, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        fit_id ? VARIABLE_COLUMNS "WHERE f.fit_id = ?1"
                               : VARIABLE_COLUMNS "ORDER BY f.fit_id DESC",
                        err);
    if (s == STATUS_OK && fit_id)
        sql_bind_int(&q, 1, fit_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        read_variable(&q, &out->item[out->count++]);
    }
    sql_close(&q);
    for (uint32_t i = 0; s == STATUS_OK && i < out->count; i++) {
        s = load_layers(d, &out->item[i], err);
        if (s == STATUS_OK)
            s = load_points(d, &out->item[i], err);
    }
    return s;
}

static status load_at_once(db *d, int64_t fit_id, variable_fit_set *out, error *err)
{
    *out = (variable_fit_set){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_fits(d, fit_id, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        variable_fit_set_release(out);
    return s;
}

status variable_fit_list(db *d, variable_fit_set *out, error *err)
{
    return load_at_once(d, 0, out, err);
}

status variable_fit_get(db *d, int64_t fit_id, variable_fit *out, error *err)
{
    variable_fit_set set;
    *out = (variable_fit){0};
    status s = fit_id > 0 ? load_at_once(d, fit_id, &set, err) : STATUS_OK;
    if (s != STATUS_OK)
        return s;
    if (fit_id <= 0 || set.count == 0)
        return error_set(err, STATUS_INPUT, "'%s' has no fit %lld of a target variable", d->path,
                         (long long)fit_id);
    *out = set.item[0];
    free(set.item);
    return STATUS_OK;
}

void variable_fit_release(variable_fit *f)
{
    free(f->target);
    free(f->data_hash);
    free(f->layer);
    free(f->point);
    *f = (variable_fit){0};
}

void variable_fit_set_release(variable_fit_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        variable_fit_release(&set->item[i]);
    free(set->item);
    *set = (variable_fit_set){0};
}

static status load_intercepts(db *d, const variable_fit *f, uint32_t point, double *intercept,
                              error *err)
{
    sql q;
    bool row = false;
    uint32_t found = 0;
    status s = sql_open(&q, d,
                        "SELECT output, intercept FROM variable_intercept"
                        " WHERE fit_id = ?1 AND point = ?2 ORDER BY output",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, f->fit_id);
        sql_bind_int(&q, 2, point);
    }
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row &&
           found < f->outputs && sql_u32(&q, 0) == found)
        intercept[found++] = sql_real(&q, 1);
    sql_close(&q);
    if (s == STATUS_OK && found != f->outputs)
        s = error_set(err, STATUS_INPUT, "'%s' is damaged: fit %lld has %u intercepts, of %u",
                      d->path, (long long)f->fit_id, found, f->outputs);
    return s;
}

static status load_weights(db *d, const variable_fit *f, uint32_t point,
                           variable_fit_weight **weight, uint32_t *count, error *err)
{
    sql q;
    bool row = false;
    size_t room = 0;
    status s = sql_open(&q, d,
                        "SELECT output, layer_id, feature, weight, standardised"
                        " FROM variable_weight WHERE fit_id = ?1 AND point = ?2"
                        " ORDER BY output, layer_id, feature",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, f->fit_id);
        sql_bind_int(&q, 2, point);
    }
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (*count == room) {
            room = room ? 2 * room : 64;
            *weight = mem_grow(*weight, room, sizeof **weight);
        }
        (*weight)[(*count)++] = (variable_fit_weight){.output = sql_u32(&q, 0),
                                                      .layer = sql_int(&q, 1),
                                                      .feature = sql_u32(&q, 2),
                                                      .weight = sql_real(&q, 3),
                                                      .standardised = sql_real(&q, 4)};
        s = sql_check(&q, err);
    }
    sql_close(&q);
    return s;
}

status variable_fit_weights(db *d, const variable_fit *f, uint32_t point, double **intercept,
                            variable_fit_weight **weight, uint32_t *count, error *err)
{
    *weight = NULL;
    *count = 0;
    *intercept = mem_try(f->outputs, sizeof **intercept);
    if (!*intercept)
        return error_memory(err, "the intercepts of a target variable");
    status s = sql_begin_reading(d, err);
    if (s == STATUS_OK) {
        s = load_intercepts(d, f, point, *intercept, err);
        if (s == STATUS_OK)
            s = load_weights(d, f, point, weight, count, err);
        db_rollback(d);
    }
    if (s != STATUS_OK) {
        free(*intercept);
        free(*weight);
        *intercept = NULL;
        *weight = NULL;
        *count = 0;
    }
    return s;
}
