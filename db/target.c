#include "db/target.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <jansson.h>
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

/* Takes the names out of the JSON array; what is no array of texts has none. */
static void read_classes(target *t)
{
    json_t *names = t->classes ? json_loads(t->classes, 0, NULL) : NULL;
    t->class_count = json_is_array(names) ? (uint32_t)json_array_size(names) : 0;
    t->class_name = mem_zero(t->class_count, sizeof *t->class_name);
    for (uint32_t c = 0; c < t->class_count; c++)
        t->class_name[c] = mem_copy_text(json_string_value(json_array_get(names, c)));
    json_decref(names);
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
        read_classes(&out->item[out->count - 1]);
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
        for (uint32_t c = 0; c < set->item[i].class_count; c++)
            free(set->item[i].class_name[c]);
        free(set->item[i].class_name);
    }
    free(set->item);
    *set = (target_set){0};
}

const target *target_by_id(const target_set *set, int64_t target_id)
{
    for (uint32_t t = 0; t < set->count; t++)
        if (set->item[t].id == target_id)
            return &set->item[t];
    return NULL;
}

const target *target_find(const target_set *set, const char *name)
{
    for (uint32_t t = 0; t < set->count; t++)
        if (strcmp(set->item[t].name, name) == 0)
            return &set->item[t];
    return NULL;
}

char *target_output_name(const target *t, uint32_t output)
{
    if (t->kind == TARGET_REAL)
        return NULL;
    uint32_t class = t->kind == TARGET_BINARY ? 1 : output;
    const char *name = class < t->class_count ? t->class_name[class] : NULL;
    return name ? mem_copy_text(name) : mem_format("class %u", class);
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
