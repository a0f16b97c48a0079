#include "db/fit.h"

#include "db/run_state.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const run_table fits = RUN_TABLE("fit", "fit", "fit_id");

static status insert_fit(db *d, fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO fit (kind, rule, lambda, ridge, scale, tolerance, seed,"
                        " state, version, data_hash, created, wiring)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'queued', ?8, ?9, ?10, ?11)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, f->kind);
        sql_bind_text(&q, 2, f->rule);
        sql_bind_real(&q, 3, f->lambda);
        sql_bind_real(&q, 4, f->ridge);
        sql_bind_text(&q, 5, f->scale ? "sd" : "none");
        sql_bind_real(&q, 6, f->tolerance);
        sql_bind_int(&q, 7, f->seed);
        sql_bind_text(&q, 8, CIRCUITLASSO_VERSION);
        sql_bind_text(&q, 9, f->data_hash ? f->data_hash : "");
        sql_bind_int(&q, 10, f->created);
        sql_bind_int(&q, 11, f->wiring);
        s = sql_run(&q, err);
    }
    f->id = sqlite3_last_insert_rowid(d->handle);
    sql_close(&q);
    return s;
}

static status insert_pairs(db *d, fit *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO fit_pair (fit_id, source_layer, target_layer, targets)"
                        " VALUES (?1, ?2, ?3, ?4)",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->pair_count; i++) {
        sql_bind_int(&q, 1, f->id);
        sql_bind_int(&q, 2, f->pair[i].source_layer);
        sql_bind_int(&q, 3, f->pair[i].target_layer);
        sql_bind_int(&q, 4, f->pair[i].targets);
        s = sql_run(&q, err);
        f->pair[i].id = sqlite3_last_insert_rowid(d->handle);
    }
    sql_close(&q);
    return s;
}

status fit_add(db *d, fit *f, error *err)
{
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    f->created = (int64_t)time(NULL);
    f->state = FIT_QUEUED;
    s = insert_fit(d, f, err);
    if (s == STATUS_OK)
        s = insert_pairs(d, f, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

void fit_release(fit *f)
{
    free(f->runner);
    free(f->message);
    free(f->data_hash);
    free(f->pair);
    *f = (fit){0};
}

void fit_set_release(fit_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        fit_release(&set->item[i]);
    free(set->item);
    *set = (fit_set){0};
}

#define FIT_COLUMNS                                                                               \
    "SELECT fit_id, kind, rule, lambda, ridge, scale = 'sd', tolerance, seed, state, runner,"     \
    " message, data_hash, created, started, finished, ridge_by = 'layer', wiring"                 \
    " FROM fit "

static void read_fit(sql *q, fit *f)
{
    *f = (fit){
        .id = sql_int(q, 0),
        .lambda = sql_real(q, 3),
        .ridge = sql_real(q, 4),
        .scale = sql_int(q, 5) != 0,
        .tolerance = sql_real(q, 6),
        .seed = sql_int(q, 7),
        .state = run_read_state(q, 8),
        .runner = sql_text(q, 9),
        .message = sql_text(q, 10),
        .data_hash = sql_text(q, 11),
        .created = sql_int(q, 12),
        .started = sql_int(q, 13),
        .finished = sql_int(q, 14),
        .ridge_of_layer = sql_int(q, 15) != 0,
        .wiring = sql_int(q, 16) != 0,
    };
    sql_word(q, 1, f->kind, sizeof f->kind);
    sql_word(q, 2, f->rule, sizeof f->rule);
}

static fit_pair read_pair(sql *q)
{
    return (fit_pair){
        .id = sql_int(q, 0),
        .source_layer = sql_int(q, 1),
        .target_layer = sql_int(q, 2),
        .lambda_known = sqlite3_column_type(q->handle, 3) != SQLITE_NULL,
        .lambda = sql_real(q, 3),
        .lambda_max = sql_real(q, 4),
        .targets = sql_u32(q, 5),
        .done = sql_u32(q, 6),
        .converged = sql_u32(q, 7),
        .constant = sql_u32(q, 8),
        .edges = sql_u64(q, 9),
        .worst_gap = sql_real(q, 10),
        .seconds = sql_real(q, 11),
        .wired_alone = sql_u64(q, 12),
    };
}

static status load_pairs(db *d, fit *f, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT p.pair_id, p.source_layer, p.target_layer, p.lambda, p.lambda_max,"
                        " p.targets, p.done, p.converged, p.constant, p.edges, p.worst_gap,"
                        " p.seconds, p.wired_alone FROM fit_pair AS p"
                        " JOIN layer AS a ON a.layer_id = p.source_layer"
                        " JOIN layer AS b ON b.layer_id = p.target_layer"
                        " WHERE p.fit_id = ?1 ORDER BY a.position, b.position",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, f->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        f->pair = mem_grow(f->pair, (size_t)f->pair_count + 1, sizeof *f->pair);
        f->pair[f->pair_count++] = read_pair(&q);
    }
    sql_close(&q);
    return s;
}

static status load_fits(db *d, fit_set *out, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, FIT_COLUMNS "WHERE kind <> 'target' ORDER BY fit_id DESC", err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        read_fit(&q, &out->item[out->count++]);
    }
    sql_close(&q);
    for (uint32_t i = 0; s == STATUS_OK && i < out->count; i++)
        s = load_pairs(d, &out->item[i], err);
    return s;
}

status fit_list(db *d, fit_set *out, error *err)
{
    *out = (fit_set){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_fits(d, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        fit_set_release(out);
    return s;
}

static status load_fit(db *d, int64_t fit_id, fit *out, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        fit_id ? FIT_COLUMNS "WHERE fit_id = ?1"
                               : FIT_COLUMNS "WHERE kind <> 'target' AND (state = 'done' OR EXISTS"
                                             " (SELECT 1 FROM fit_pair AS p WHERE p.fit_id ="
                                             " fit.fit_id AND p.edges > 0))"
                                             " ORDER BY fit_id DESC LIMIT 1",
                        err);
    if (s == STATUS_OK && fit_id)
        sql_bind_int(&q, 1, fit_id);
    if (s == STATUS_OK)
        s = sql_step(&q, &row, err);
    if (row) {
        read_fit(&q, out);
        s = sql_check(&q, err);
    } else if (s == STATUS_OK) {
        s = fit_id ? run_missing(d, &fits, fit_id, err)
                   : error_set(err, STATUS_INPUT, "'%s' has no fit with results yet", d->path);
    }
    sql_close(&q);
    return s == STATUS_OK ? load_pairs(d, out, err) : s;
}

status fit_get(db *d, int64_t fit_id, fit *out, error *err)
{
    *out = (fit){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_fit(d, fit_id, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        fit_release(out);
    return s;
}

status fit_claim(db *d, int64_t fit_id, const char *runner, const char *stale_runner, bool *taken,
                 error *err)
{
    return run_claim(d, &fits, fit_id, runner, stale_runner, taken, err);
}

status fit_set_state(db *d, int64_t fit_id, fit_state state, const char *message, error *err)
{
    return run_set_state(d, &fits, fit_id, state, message, err);
}

status fit_delete(db *d, int64_t fit_id, error *err)
{
    return run_delete(d, &fits, fit_id, err);
}

status fit_pair_set_lambda(db *d, int64_t pair_id, bool known, double lambda, double lambda_max,
                           error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "UPDATE fit_pair SET lambda = ?2, lambda_max = ?3 WHERE pair_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, pair_id);
        if (known)
            sql_bind_real(&q, 2, lambda);
        sql_bind_real(&q, 3, lambda_max);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    if (s == STATUS_OK && sqlite3_changes(d->handle) == 0)
        s = error_set(err, STATUS_INPUT, "'%s' has no layer pair %lld in a fit", d->path,
                      (long long)pair_id);
    return s;
}
