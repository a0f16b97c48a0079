#include "db/check.h"

#include "db/run_state.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const run_table checks = RUN_TABLE("check", "fit_check", "check_id");

status check_add(db *d, check *c, error *err)
{
    sql q;
    c->created = (int64_t)time(NULL);
    c->state = FIT_QUEUED;
    status s = sql_open(&q, d,
                        "INSERT INTO fit_check (fit_id, kind, settings, state, created)"
                        " VALUES (?1, ?2, ?3, 'queued', ?4)",
                        err);
    if (s != STATUS_OK)
        return s;
    sql_bind_int(&q, 1, c->fit_id);
    sql_bind_text(&q, 2, c->kind);
    sql_bind_text(&q, 3, c->settings);
    sql_bind_int(&q, 4, c->created);
    s = sql_run(&q, err);
    if (s != STATUS_OK && q.code == SQLITE_CONSTRAINT_FOREIGNKEY)
        s = error_set(err, STATUS_INPUT, "'%s' has no fit %lld", d->path, (long long)c->fit_id);
    c->id = sqlite3_last_insert_rowid(d->handle);
    sql_close(&q);
    return s;
}

void check_release(check *c)
{
    free(c->settings);
    free(c->runner);
    free(c->message);
    *c = (check){0};
}

void check_report_release(check_report *r)
{
    check_release(&r->about);
    free(r->figure);
    free(r->point);
    *r = (check_report){0};
}

void check_set_release(check_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        check_report_release(&set->item[i]);
    free(set->item);
    *set = (check_set){0};
}

status check_claim(db *d, int64_t check_id, const char *runner, const char *stale_runner,
                   bool *taken, error *err)
{
    return run_claim(d, &checks, check_id, runner, stale_runner, taken, err);
}

status check_set_state(db *d, int64_t check_id, fit_state state, const char *message, error *err)
{
    return run_set_state(d, &checks, check_id, state, message, err);
}

status check_delete(db *d, int64_t check_id, error *err)
{
    return run_delete(d, &checks, check_id, err);
}

/* ---- storing findings ---- */

static status run_for(db *d, const char *text, int64_t check_id, error *err)
{
    sql q;
    status s = sql_open(&q, d, text, err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, check_id);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status check_set_units(db *d, int64_t check_id, uint32_t units, error *err)
{
    sql q;
    status s = sql_open(&q, d, "UPDATE fit_check SET units = ?2 WHERE check_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, check_id);
        sql_bind_int(&q, 2, units);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s == STATUS_OK && sqlite3_changes(d->handle) == 0
               ? run_missing(d, &checks, check_id, err)
               : s;
}

status check_clear(db *d, int64_t check_id, error *err)
{
    static const char *const statements[] = {
        "DELETE FROM check_figure WHERE check_id = ?1",
        "DELETE FROM check_point WHERE check_id = ?1",
        "DELETE FROM check_value WHERE check_id = ?1",
        "DELETE FROM check_edge WHERE check_id = ?1",
        "UPDATE fit_check SET done = 0, units = 0, seconds = 0 WHERE check_id = ?1",
    };
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    for (size_t i = 0; s == STATUS_OK && i < sizeof statements / sizeof *statements; i++)
        s = run_for(d, statements[i], check_id, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

static void bind_place(sql *q, int64_t check_id, int64_t source_layer, int64_t target_layer,
                       const char *name)
{
    sql_bind_int(q, 1, check_id);
    sql_bind_int(q, 2, source_layer);
    sql_bind_int(q, 3, target_layer);
    sql_bind_text(q, 4, name);
}

static status store_figures(db *d, int64_t check_id, const check_findings *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO check_figure (check_id, source_layer, target_layer, name,"
                        " value) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (check_id, source_layer,"
                        " target_layer, name) DO UPDATE SET value = ?5",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->figures; i++) {
        const check_figure *g = &f->figure[i];
        bind_place(&q, check_id, g->source_layer, g->target_layer, g->name);
        sql_bind_real_or_null(&q, 5, g->value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status store_points(db *d, int64_t check_id, const check_findings *f, error *err)
{
    sql q;
    status s =
        sql_open(&q, d,
                 "INSERT INTO check_point (check_id, source_layer, target_layer, series, place, x,"
                 " y) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (check_id, source_layer,"
                 " target_layer, series, place) DO UPDATE SET x = ?6, y = ?7 + iif(?8, y, 0.0)",
                 err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->points; i++) {
        const check_point *p = &f->point[i];
        bind_place(&q, check_id, p->source_layer, p->target_layer, p->series);
        sql_bind_int(&q, 5, p->place);
        sql_bind_real(&q, 6, p->x);
        sql_bind_real(&q, 7, p->y);
        sql_bind_int(&q, 8, f->add);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status store_values(db *d, int64_t check_id, const check_findings *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT OR REPLACE INTO check_value (check_id, source_layer, target_layer,"
                        " name, feature, value) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->values; i++) {
        const check_value *v = &f->value[i];
        bind_place(&q, check_id, v->source_layer, v->target_layer, v->name);
        sql_bind_int(&q, 5, v->feature);
        sql_bind_real_or_null(&q, 6, v->value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status store_edges(db *d, int64_t check_id, const check_findings *f, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT OR REPLACE INTO check_edge (check_id, source_layer, target_layer,"
                        " name, target_feature, source_feature, value)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                        err);
    for (uint32_t i = 0; s == STATUS_OK && i < f->edge_rows; i++) {
        const check_edges *e = &f->edges[i];
        bind_place(&q, check_id, e->source_layer, e->target_layer, e->name);
        sql_bind_int(&q, 5, e->target);
        sql_bind_blob(&q, 6, e->source, e->count * sizeof *e->source);
        sql_bind_blob(&q, 7, e->value, e->count * sizeof *e->value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status advance(db *d, int64_t check_id, uint32_t done, double seconds, error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "UPDATE fit_check SET done = ?2, seconds = seconds + ?3 WHERE check_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, check_id);
        sql_bind_int(&q, 2, done);
        sql_bind_real(&q, 3, seconds);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s == STATUS_OK && sqlite3_changes(d->handle) == 0
               ? run_missing(d, &checks, check_id, err)
               : s;
}

status check_store(db *d, int64_t check_id, const check_findings *findings, uint32_t done,
                   double seconds, error *err)
{
    static const check_findings none = {0};
    const check_findings *f = findings ? findings : &none;
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = advance(d, check_id, done, seconds, err);
    if (s == STATUS_OK)
        s = store_figures(d, check_id, f, err);
    if (s == STATUS_OK)
        s = store_points(d, check_id, f, err);
    if (s == STATUS_OK)
        s = store_values(d, check_id, f, err);
    if (s == STATUS_OK)
        s = store_edges(d, check_id, f, err);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}
