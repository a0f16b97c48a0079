#include "db/target.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_names[] = {
    [TARGET_REAL] = "real", [TARGET_BINARY] = "binary", [TARGET_CLASS] = "class"};

const char *target_kind_name(target_kind kind)
{
    return kind_names[kind];
}

status target_add(db *d, const char *name, target_kind kind, const char *classes,
                  const double *value, uint32_t samples, error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "INSERT INTO target (name, kind, classes, value) VALUES (?1, ?2, ?3, ?4)", err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, name);
        sql_bind_text(&q, 2, target_kind_name(kind));
        sql_bind_text(&q, 3, classes);
        sql_bind_blob(&q, 4, value, samples * sizeof *value);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status target_list(db *d, target_set *out, error *err)
{
    *out = (target_set){0};
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT target_id, ifnull(name, ''), kind, classes, length(value) / 8"
                        " FROM target ORDER BY target_id",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        out->item[out->count++] = (target){
            .id = sql_int(&q, 0),
            .name = sql_text(&q, 1),
            .kind = (target_kind)sql_name(&q, 2, kind_names,
                                          sizeof kind_names / sizeof *kind_names),
            .classes = sql_text(&q, 3),
            .samples = sql_u32(&q, 4),
        };
    }
    sql_close(&q);
    if (s != STATUS_OK)
        target_set_release(out);
    return s;
}

void target_set_release(target_set *set)
{
    for (uint32_t i = 0; i < set->count; i++) {
        free(set->item[i].name);
        free(set->item[i].classes);
    }
    free(set->item);
    *set = (target_set){0};
}

static status read_values(sql *q, double **value, uint32_t *samples, error *err)
{
    const void *blob = sqlite3_column_blob(q->handle, 0);
    size_t bytes = (size_t)sqlite3_column_bytes(q->handle, 0);
    if (bytes % sizeof **value != 0)
        return error_set(err, STATUS_INPUT, "'%s' is damaged: a target of %zu bytes",
                         q->owner->path, bytes);
    if (bytes > 0 && !blob)
        return error_memory(err, "a target variable");
    *value = mem_try(bytes, 1);
    if (!*value)
        return error_memory(err, "a target variable");
    if (bytes > 0)
        memcpy(*value, blob, bytes);
    *samples = (uint32_t)(bytes / sizeof **value);
    for (uint32_t i = 0; i < *samples; i++) {
        if (!isfinite((*value)[i]))
            return error_set(err, STATUS_INPUT,
                             "'%s' is damaged: a target is not finite at sample %u",
                             q->owner->path, i);
    }
    return STATUS_OK;
}

status target_load(db *d, int64_t target_id, double **value, uint32_t *samples, error *err)
{
    *value = NULL;
    *samples = 0;
    sql q;
    bool row = false;
    status s = sql_open(&q, d, "SELECT value FROM target WHERE target_id = ?1", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, target_id);
        s = sql_step(&q, &row, err);
    }
    if (row)
        s = read_values(&q, value, samples, err);
    else if (s == STATUS_OK)
        s = error_set(err, STATUS_INPUT, "'%s' has no target variable %lld", d->path,
                      (long long)target_id);
    sql_close(&q);
    if (s != STATUS_OK) {
        free(*value);
        *value = NULL;
        *samples = 0;
    }
    return s;
}
