#include "db/effect.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>

status effect_set_add(db *d, int64_t source_layer, int64_t target_layer, const char *file,
                      int64_t *set_id, error *err)
{
    sql q;
    status s = sql_open(&q, d,
                        "INSERT INTO effect_set (source_layer, target_layer, source)"
                        " VALUES (?1, ?2, ?3)",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, source_layer);
        sql_bind_int(&q, 2, target_layer);
        sql_bind_text(&q, 3, file);
        s = sql_run(&q, err);
    }
    *set_id = s == STATUS_OK ? sqlite3_last_insert_rowid(d->handle) : 0;
    sql_close(&q);
    return s;
}

status effect_set_list(db *d, effect_sets *out, error *err)
{
    *out = (effect_sets){0};
    sql q;
    bool row = false;
    status s = sql_open(&q, d,
                        "SELECT effect_set_id, source_layer, target_layer, effect_set.source,"
                        " (SELECT count(*) FROM effect AS e"
                        "   WHERE e.effect_set_id = effect_set.effect_set_id),"
                        " (SELECT count(DISTINCT source_feature) FROM effect AS e"
                        "   WHERE e.effect_set_id = effect_set.effect_set_id)"
                        " FROM effect_set JOIN layer AS a ON a.layer_id = source_layer"
                        " JOIN layer AS b ON b.layer_id = target_layer"
                        " ORDER BY a.position, b.position",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        out->item = mem_grow(out->item, (size_t)out->count + 1, sizeof *out->item);
        out->item[out->count++] = (effect_set){
            .id = sql_int(&q, 0),
            .source_layer = sql_int(&q, 1),
            .target_layer = sql_int(&q, 2),
            .source = sql_text(&q, 3),
            .effects = sql_u64(&q, 4),
            .removed = sql_u32(&q, 5),
        };
    }
    sql_close(&q);
    if (s != STATUS_OK)
        effect_sets_release(out);
    return s;
}

void effect_sets_release(effect_sets *sets)
{
    for (uint32_t i = 0; i < sets->count; i++)
        free(sets->item[i].source);
    free(sets->item);
    *sets = (effect_sets){0};
}

status effect_set_delete(db *d, int64_t source_layer, int64_t target_layer, error *err)
{
    sql q;
    status s = sql_open(
        &q, d, "DELETE FROM effect_set WHERE source_layer = ?1 AND target_layer = ?2", err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, source_layer);
        sql_bind_int(&q, 2, target_layer);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

static status add_effect(sql *q, int64_t set_id, const effect *e, error *err)
{
    sql_bind_int(q, 1, set_id);
    sql_bind_int(q, 2, e->source);
    sql_bind_int(q, 3, e->target);
    sql_bind_real(q, 4, e->effect);
    sql_bind_int(q, 5, e->active);
    status s = sql_run(q, err);
    if (s != STATUS_OK && q->code == SQLITE_CONSTRAINT_PRIMARYKEY)
        return error_set(err, STATUS_INPUT,
                         "the effect of feature %u on feature %u is there twice", e->source,
                         e->target);
    return s;
}

status effect_add(db *d, int64_t set_id, const effect *effects, uint32_t count, error *err)
{
    sql q;
    status s = db_begin(d, err);
    if (s != STATUS_OK)
        return s;
    s = sql_open(&q, d,
                 "INSERT INTO effect (effect_set_id, source_feature, target_feature, effect,"
                 " active) VALUES (?1, ?2, ?3, ?4, ?5)",
                 err);
    for (uint32_t i = 0; s == STATUS_OK && i < count; i++)
        s = add_effect(&q, set_id, &effects[i], err);
    sql_close(&q);
    if (s == STATUS_OK)
        return db_commit(d, err);
    db_rollback(d);
    return s;
}

status effect_load(db *d, int64_t source_layer, int64_t target_layer, effect **effects,
                   uint32_t *count, error *err)
{
    *effects = NULL;
    *count = 0;
    sql q;
    bool row = false;
    uint32_t room = 0;
    status s = sql_open(&q, d,
                        "SELECT e.source_feature, e.target_feature, e.effect, e.active"
                        " FROM effect_set AS s JOIN effect AS e USING (effect_set_id)"
                        " WHERE s.source_layer = ?1 AND s.target_layer = ?2"
                        " ORDER BY e.source_feature, e.target_feature",
                        err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, source_layer);
        sql_bind_int(&q, 2, target_layer);
    }
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (*count == room) {
            room = room ? 2 * room : 1024;
            *effects = mem_grow(*effects, room, sizeof **effects);
        }
        (*effects)[(*count)++] = (effect){
            .source = sql_u32(&q, 0),
            .target = sql_u32(&q, 1),
            .effect = sql_real(&q, 2),
            .active = sql_u32(&q, 3),
        };
    }
    sql_close(&q);
    if (s != STATUS_OK) {
        free(*effects);
        *effects = NULL;
        *count = 0;
    }
    return s;
}
