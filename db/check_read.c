/* Reading checks and their findings: declared in check.h. */
#include "db/check.h"
#include "db/run_state.h"
#include "db/sql.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_COLUMNS                                                                             \
    "SELECT check_id, fit_id, kind, settings, state, runner, message, units, done, seconds,"      \
    " created, started, finished FROM fit_check "

static void read_check(sql *q, check *c)
{
    *c = (check){
        .id = sql_int(q, 0),
        .fit_id = sql_int(q, 1),
        .settings = sql_text(q, 3),
        .state = run_read_state(q, 4),
        .runner = sql_text(q, 5),
        .message = sql_text(q, 6),
        .units = sql_u32(q, 7),
        .done = sql_u32(q, 8),
        .seconds = sql_real(q, 9),
        .created = sql_int(q, 10),
        .started = sql_int(q, 11),
        .finished = sql_int(q, 12),
    };
    sql_word(q, 2, c->kind, sizeof c->kind);
}

status check_get(db *d, int64_t check_id, check *out, error *err)
{
    sql q;
    bool row = false;
    *out = (check){0};
    status s = sql_open(&q, d, CHECK_COLUMNS "WHERE check_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, check_id);
        s = sql_step(&q, &row, err);
    }
    if (row) {
        read_check(&q, out);
        s = sql_check(&q, err);
    } else if (s == STATUS_OK) {
        s = error_set(err, STATUS_INPUT, "'%s' has no check %lld", d->path, (long long)check_id);
    }
    sql_close(&q);
    if (s != STATUS_OK)
        check_release(out);
    return s;
}

static status load_figures(db *d, check_report *r, error *err)
{
    sql q;
    bool row = false;
    uint32_t room = 0;
    status s = sql_open(&q, d,
                        "SELECT source_layer, target_layer, name, value FROM check_figure"
                        " WHERE check_id = ?1 ORDER BY source_layer, target_layer, name",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, r->about.id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (r->figures == room) {
            room = room ? 2 * room : 32;
            r->figure = mem_grow(r->figure, room, sizeof *r->figure);
        }
        check_figure *f = &r->figure[r->figures++];
        *f = (check_figure){.source_layer = sql_int(&q, 0),
                            .target_layer = sql_int(&q, 1),
                            .value = sql_real_or_nan(&q, 3)};
        sql_word(&q, 2, f->name, sizeof f->name);
    }
    sql_close(&q);
    return s;
}

static status load_points(db *d, check_report *r, error *err)
{
    sql q;
    bool row = false;
    uint32_t room = 0;
    status s = sql_open(&q, d,
                        "SELECT source_layer, target_layer, series, place, x, y FROM check_point"
                        " WHERE check_id = ?1 ORDER BY source_layer, target_layer, series, place",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, r->about.id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (r->points == room) {
            room = room ? 2 * room : 256;
            r->point = mem_grow(r->point, room, sizeof *r->point);
        }
        check_point *p = &r->point[r->points++];
        *p = (check_point){.source_layer = sql_int(&q, 0),
                           .target_layer = sql_int(&q, 1),
                           .place = sql_u32(&q, 3),
                           .x = sql_real(&q, 4),
                           .y = sql_real(&q, 5)};
        sql_word(&q, 2, p->series, sizeof p->series);
    }
    sql_close(&q);
    return s;
}

static status load_findings(db *d, check_report *r, error *err)
{
    status s = load_figures(d, r, err);
    return s == STATUS_OK ? load_points(d, r, err) : s;
}

static status load_checks(db *d, int64_t fit_id, check_set *out, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        fit_id ? CHECK_COLUMNS "WHERE fit_id = ?1 ORDER BY check_id DESC"
                               : CHECK_COLUMNS "ORDER BY check_id DESC",
                        err);
    if (s == STATUS_OK && fit_id)
        sql_bind_int(&q, 1, fit_id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        out->item[out->count] = (check_report){0};
        read_check(&q, &out->item[out->count++].about);
    }
    sql_close(&q);
    for (uint32_t i = 0; s == STATUS_OK && i < out->count; i++)
        s = load_findings(d, &out->item[i], err);
    return s;
}

status check_list(db *d, int64_t fit_id, check_set *out, error *err)
{
    *out = (check_set){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = load_checks(d, fit_id, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        check_set_release(out);
    return s;
}

status check_get_report(db *d, int64_t check_id, check_report *out, error *err)
{
    *out = (check_report){0};
    status s = sql_begin_reading(d, err);
    if (s != STATUS_OK)
        return s;
    s = check_get(d, check_id, &out->about, err);
    if (s == STATUS_OK)
        s = load_findings(d, out, err);
    db_rollback(d);
    if (s != STATUS_OK)
        check_report_release(out);
    return s;
}

double check_figure_of(const check_report *r, int64_t source_layer, int64_t target_layer,
                       const char *name)
{
    for (uint32_t i = 0; i < r->figures; i++) {
        const check_figure *f = &r->figure[i];
        if (f->source_layer == source_layer && f->target_layer == target_layer &&
            strcmp(f->name, name) == 0)
            return f->value;
    }
    return (double)NAN;
}

const check_point *check_curve_of(const check_report *r, int64_t source_layer,
                                  int64_t target_layer, const char *series, uint32_t *count)
{
    const check_point *first = NULL;
    *count = 0;
    for (uint32_t i = 0; i < r->points; i++) {
        const check_point *p = &r->point[i];
        if (p->source_layer != source_layer || p->target_layer != target_layer ||
            strcmp(p->series, series) != 0)
            continue;
        first = first ? first : p;
        ++*count;
    }
    return first;
}

status check_newest(db *d, int64_t fit_id, const char *kind, int64_t *check_id, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT check_id FROM fit_check WHERE fit_id = ?1 AND kind = ?2"
                        " AND state = 'done' ORDER BY check_id DESC LIMIT 1",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, fit_id);
        sql_bind_text(&q, 2, kind);
        s = sql_step(&q, &row, err);
    }
    *check_id = row ? sql_int(&q, 0) : 0;
    sql_close(&q);
    return s;
}

status check_newest_of_all(db *d, const char *kind, int64_t *check_id, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d, "SELECT max(check_id) FROM fit_check WHERE kind = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, kind);
        s = sql_step(&q, &row, err);
    }
    *check_id = row ? sql_int(&q, 0) : 0;
    sql_close(&q);
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

status check_each_value(db *d, int64_t check_id, int64_t source_layer, int64_t target_layer,
                        const char *name, bool (*each)(void *user, uint32_t feature, double value),
                        void *user, error *err)
{
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT feature, value FROM check_value WHERE check_id = ?1"
                        " AND source_layer = ?2 AND target_layer = ?3 AND name = ?4"
                        " ORDER BY feature",
                        err);
    if (s == STATUS_OK)
        bind_place(&q, check_id, source_layer, target_layer, name);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        uint32_t feature = sql_u32(&q, 0);
        double value = sql_real_or_nan(&q, 1);
        s = sql_check(&q, err);
        if (s == STATUS_OK && !each(user, feature, value))
            break;
    }
    sql_close(&q);
    return s;
}

status check_top_values(db *d, int64_t check_id, const char *name, bool greatest, uint32_t limit,
                        check_value **list, uint32_t *count, error *err)
{
    sql q;
    bool row = false;
    *list = NULL;
    *count = 0;
    status s = sql_open(&q, d,
                        "SELECT source_layer, target_layer, feature, value FROM check_value"
                        " WHERE check_id = ?1 AND name = ?2 AND value IS NOT NULL"
                        " ORDER BY iif(?3, -value, value), source_layer, target_layer, feature"
                        " LIMIT ?4",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, check_id);
        sql_bind_text(&q, 2, name);
        sql_bind_int(&q, 3, greatest);
        sql_bind_int(&q, 4, limit);
    }
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        *list = mem_grow(*list, (size_t)*count + 1, sizeof **list);
        check_value *v = &(*list)[(*count)++];
        *v = (check_value){.source_layer = sql_int(&q, 0),
                           .target_layer = sql_int(&q, 1),
                           .feature = sql_u32(&q, 2),
                           .value = sql_real(&q, 3)};
        memcpy(v->name, name, strnlen(name, CHECK_NAME - 1));
    }
    sql_close(&q);
    if (s != STATUS_OK) {
        free(*list);
        *list = NULL;
        *count = 0;
    }
    return s;
}

/* A blob of `width` bytes an entry, or a misfit. */
static uint32_t read_blob(sql *q, int column, size_t width, void **to, uint32_t *room)
{
    size_t bytes = (size_t)sqlite3_column_bytes(q->handle, column);
    uint32_t count = (uint32_t)(bytes / width);
    if (bytes % width && !q->misfit)
        q->misfit = column + 1;
    if (count > *room) {
        *to = mem_grow(*to, count, width);
        *room = count;
    }
    if (count)
        memcpy(*to, sqlite3_column_blob(q->handle, column), count * width);
    return count;
}

static bool ascends(const uint32_t *list, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++)
        if (list[i] <= list[i - 1])
            return false;
    return true;
}

status check_each_edges(db *d, int64_t check_id, int64_t source_layer, int64_t target_layer,
                        const char *name, bool (*each)(void *user, const check_edges *e),
                        void *user, error *err)
{
    sql q;
    bool row = false;
    uint32_t source_room = 0, value_room = 0;
    check_edges e = {.source_layer = source_layer, .target_layer = target_layer};
    memcpy(e.name, name, strnlen(name, CHECK_NAME - 1));
    status s = sql_open(&q, d,
                        "SELECT target_feature, source_feature, value FROM check_edge"
                        " WHERE check_id = ?1 AND source_layer = ?2 AND target_layer = ?3"
                        " AND name = ?4 ORDER BY target_feature",
                        err);
    if (s == STATUS_OK)
        bind_place(&q, check_id, source_layer, target_layer, name);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        void *source = e.source, *value = e.value;
        e.target = sql_u32(&q, 0);
        e.count = read_blob(&q, 1, sizeof *e.source, &source, &source_room);
        uint32_t values = read_blob(&q, 2, sizeof *e.value, &value, &value_room);
        e.source = source;
        e.value = value;
        s = sql_check(&q, err);
        if (s == STATUS_OK && (values != e.count || !ascends(e.source, e.count)))
            s = error_set(err, STATUS_INPUT,
                          "'%s' is damaged: the edges of feature %u in check %lld", d->path,
                          e.target, (long long)check_id);
        if (s == STATUS_OK && !each(user, &e))
            break;
    }
    sql_close(&q);
    free(e.source);
    free(e.value);
    return s;
}
