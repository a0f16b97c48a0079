#include "db/variable.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *const point_states[] = {"converged", "unconverged", "constant"};

/* ---- storing ---- */

static status add_variable(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO fit_variable (fit_id, target_id, points, folds, least,"
                        " train_only) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, f->base.id);
        sql_bind_int(&q, 2, f->target_id);
        sql_bind_int(&q, 3, f->points);
        sql_bind_int(&q, 4, f->folds);
        sql_bind_int(&q, 5, f->least);
        sql_bind_int(&q, 6, f->train_only);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status add_layers(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s =
        sql_open(&q, d, "INSERT INTO variable_layer (fit_id, layer_id) VALUES (?1, ?2)", err);
    for (uint32_t l = 0; s == STATUS_OK && l < f->layer_count; l++) {
        sql_bind_int(&q, 1, f->base.id);
        sql_bind_int(&q, 2, f->layer[l]);
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
    strcpy(f->base.kind, "target");
    strcpy(f->base.rule, "target");
    f->base.pair_count = 0;
    s = fit_add(d, &f->base, err);
    if (s == STATUS_OK)
        s = add_variable(d, f, err);
    if (s == STATUS_OK)
        s = add_layers(d, f, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

static status set_results(db *d, const variable_fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "UPDATE fit_variable SET outputs = ?2, lambda_max = ?3, null_loss = ?4,"
                        " chosen = ?5, seconds = ?6 WHERE fit_id = ?1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, f->base.id);
        sql_bind_int(&q, 2, f->outputs);
        sql_bind_real(&q, 3, f->lambda_max);
        sql_bind_real(&q, 4, f->null_loss);
        sql_bind_int(&q, 5, f->chosen);
        sql_bind_real(&q, 6, f->seconds);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status drop_points(db *d, int64_t fit_id, error *err)
{
    sql q;
    status s = sql_open(&q, d, "DELETE FROM variable_point WHERE fit_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, fit_id);
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
        sql_bind_int(&q, 1, f->base.id);
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

status variable_fit_finish(db *d, variable_fit *f, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = drop_points(d, f->base.id, err);
    if (s == STATUS_OK)
        s = set_results(d, f, err);
    if (s == STATUS_OK)
        s = add_points(d, f, err);
    if (s == STATUS_OK)
        s = fit_set_state(d, f->base.id, FIT_DONE, NULL, err);
    f->base.state = FIT_DONE;
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

static const char variable_columns[] =
    "SELECT v.target_id, t.name, v.points, v.folds, v.least, v.train_only, v.outputs,"
    " v.lambda_max, v.null_loss, v.chosen, v.seconds FROM fit_variable AS v"
    " JOIN target AS t USING (target_id) WHERE fit_id = ?1";

static void read_variable(sql *q, variable_fit *f)
{
    f->target_id = sql_int(q, 0);
    f->target = sql_text(q, 1);
    f->points = sql_u32(q, 2);
    f->folds = sql_u32(q, 3);
    f->least = sql_int(q, 4) != 0;
    f->train_only = sql_int(q, 5) != 0;
    f->outputs = sql_u32(q, 6); /* NULL, until it is done, is 0 */
    f->lambda_max = sql_real(q, 7);
    f->null_loss = sql_real(q, 8);
    f->chosen = sql_u32(q, 9);
    f->seconds = sql_real(q, 10);
}

static status load_variable(db *d, int64_t fit_id, variable_fit *f, bool *found, error *err)
{
    sql q;
    status s = sql_open(&q, d, variable_columns, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, fit_id);
        s = sql_step(&q, found, err);
    }
    if (s == STATUS_OK && *found) {
        read_variable(&q, f);
        s = sql_check(&q, err);
    }
    sql_close(&q);
    return s;
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
        sql_bind_int(&q, 1, f->base.id);
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
        sql_bind_int(&q, 1, f->base.id);
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
                          (long long)f->base.id, f->point_count - 1);
            break;
        }
    }
    sql_close(&q);
    if (s == STATUS_OK && f->base.state == FIT_DONE && f->chosen >= f->point_count)
        s = error_set(err, STATUS_INPUT, "'%s' is damaged: fit %lld has no point %u", d->path,
                      (long long)f->base.id, f->chosen);
    return s;
}

/* All of one fit; *found is false when it is not of a target variable. */
static status load_fit(db *d, int64_t fit_id, variable_fit *f, bool *found, error *err)
{
    *f = (variable_fit){0};
    status s = load_variable(d, fit_id, f, found, err);
    if (s == STATUS_OK && *found)
        s = fit_get(d, fit_id, &f->base, err);
    if (s == STATUS_OK && *found)
        s = load_layers(d, f, err);
    if (s == STATUS_OK && *found)
        s = load_points(d, f, err);
    return s;
}

static status load_fits(db *d, variable_fit_set *out, error *err)
{
    sql q;
    bool row = false, found = false;
    status s = sql_open(&q, d, "SELECT fit_id FROM fit_variable ORDER BY fit_id DESC", err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        s = load_fit(d, sql_int(&q, 0), &out->item[out->count++], &found, err);
    }
    sql_close(&q);
    return s;
}

status variable_fit_list(db *d, variable_fit_set *out, error *err)
{
    *out = (variable_fit_set){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_fits(d, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        variable_fit_set_release(out);
    return s;
}

status variable_fit_get(db *d, int64_t fit_id, variable_fit *out, error *err)
{
    bool found = false;
    *out = (variable_fit){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_fit(d, fit_id, out, &found, err);
    db_rollback(d);
    if (s == STATUS_OK && !found)
        s = error_set(err, STATUS_INPUT, "'%s' has no fit %lld of a target variable", d->path,
                      (long long)fit_id);
    if (s != STATUS_OK)
        variable_fit_release(out);
    return s;
}

void variable_fit_release(variable_fit *f)
{
    fit_release(&f->base);
    free(f->target);
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
        sql_bind_int(&q, 1, f->base.id);
        sql_bind_int(&q, 2, point);
    }
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row &&
           found < f->outputs && sql_u32(&q, 0) == found)
        intercept[found++] = sql_real(&q, 1);
    sql_close(&q);
    if (s == STATUS_OK && found != f->outputs)
        s = error_set(err, STATUS_INPUT, "'%s' is damaged: fit %lld has %u intercepts, of %u",
                      d->path, (long long)f->base.id, found, f->outputs);
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
        sql_bind_int(&q, 1, f->base.id);
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
