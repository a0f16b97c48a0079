#include "db/component.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>

status component_add(db *d, int64_t layer_id, uint32_t place, const component *c, error *err)
{
    sql q;
    status s =
        sql_open(&q, d,
                 "INSERT INTO component (layer_id, component, name, first_feature, features)"
                 " VALUES (?1, ?2, ?3, ?4, ?5)",
                 err);
    if (s == STATUS_OK) {
        sql_bind_int(&q, 1, layer_id);
        sql_bind_int(&q, 2, place);
        sql_bind_text(&q, 3, c->name);
        sql_bind_int(&q, 4, c->first);
        sql_bind_int(&q, 5, c->features);
        s = sql_run(&q, err);
    }
    sql_close(&q);
    return s;
}

status component_list(db *d, const layer *l, component_set *out, error *err)
{
    sql q;
    bool row = false;
    uint32_t room = 0;
    uint64_t next = 0; /* first feature of the next component */
    *out = (component_set){0};
    status s = sql_open(&q, d,
                        "SELECT name, first_feature, features FROM component WHERE layer_id = ?1"
                        " ORDER BY component",
                        err);
    if (s == STATUS_OK)
        sql_bind_int(&q, 1, l->id);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        if (out->count == room) {
            room = room ? 2 * room : 64;
            out->item = mem_grow(out->item, room, sizeof *out->item);
        }
        component *c = &out->item[out->count++];
        *c = (component){sql_text(&q, 0), sql_u32(&q, 1), sql_u32(&q, 2)};
        s = sql_check(&q, err);
        if (s == STATUS_OK && c->first != next)
            break;
        next += c->features;
    }
    sql_close(&q);
    if (s == STATUS_OK && (row || (out->count > 0 && next != l->features)))
        s = error_set(err, STATUS_INPUT,
                      "'%s' is damaged: the components of layer '%s' do not cover it", d->path,
                      l->name);
    if (s != STATUS_OK)
        component_set_release(out);
    return s;
}

void component_set_release(component_set *set)
{
    for (uint32_t i = 0; i < set->count; i++)
        free(set->item[i].name);
    free(set->item);
    *set = (component_set){0};
}
