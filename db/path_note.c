#include "db/path_note.h"

#include "db/sql.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A note on a path: subject 'path', source and target its ends, value all its features, a line
 * each. */

static char *name_place(const layer_set *layers, path_place at)
{
    const layer *l = layer_by_id(layers, at.layer_id);
    return l && at.feature < l->features ? mem_format("%s/%u", l->name, at.feature) : NULL;
}

static status name_path(const layer_set *layers, const path_place *place, uint32_t count,
                        char **text, error *err)
{
    *text = mem_copy_text("");
    for (uint32_t i = 0; i < count; i++) {
        char *name = name_place(layers, place[i]);
        if (!name)
            return error_set(err, STATUS_INPUT, "the path leads over a feature that is not there");
        char *longer = mem_format("%s%s%s", *text, i ? "\n" : "", name);
        free(name);
        free(*text);
        *text = longer;
    }
    return STATUS_OK;
}

static status write_pin(db *d, const char *text, bool on, error *err)
{
    sql q;
    const char *last = strrchr(text, '\n') + 1;
    char *first = mem_format("%.*s", (int)strcspn(text, "\n"), text);
    status s = sql_open(&q, d,
                        on ? "INSERT INTO note (subject, source, target, kind, value, changed)"
                             " VALUES ('path', ?1, ?2, 'pin', ?3, ?4) ON CONFLICT DO NOTHING"
                           : "DELETE FROM note WHERE subject = 'path' AND source = ?1"
                             " AND target = ?2 AND kind = 'pin' AND value = ?3",
                        err);
    if (s == STATUS_OK) {
        sql_bind_text(&q, 1, first);
        sql_bind_text(&q, 2, last);
        sql_bind_text(&q, 3, text);
        if (on)
            sql_bind_int(&q, 4, (int64_t)time(NULL));
        s = sql_run(&q, err);
    }
    sql_close(&q);
    free(first);
    return s;
}

status path_pin(db *d, const path_place *place, uint32_t count, bool on, error *err)
{
    layer_set layers = {0};
    char *text = NULL;
    if (count < 2 || count > PATH_PLACES_MOST)
        return error_set(err, STATUS_INPUT, "a path of %u features: expected 2 to %d", count,
                         PATH_PLACES_MOST);
    status s = layer_list(d, &layers, err);
    if (s == STATUS_OK)
        s = name_path(&layers, place, count, &text, err);
    if (s == STATUS_OK)
        s = write_pin(d, text, on, err);
    free(text);
    layer_set_release(&layers);
    return s;
}

/* `layer/index`; false: the study has no such feature. */
static bool read_place(const layer_set *layers, char *name, path_place *out)
{
    char *slash = strrchr(name, '/'), *end = NULL;
    if (!slash || slash[1] < '0' || slash[1] > '9')
        return false;
    unsigned long feature = strtoul(slash + 1, &end, 10);
    *slash = '\0';
    for (uint32_t i = 0; i < layers->count; i++)
        if (*end == '\0' && strcmp(layers->item[i].name, name) == 0 &&
            feature < layers->item[i].features) {
            *out = (path_place){layers->item[i].id, (uint32_t)feature};
            return true;
        }
    return false;
}

static bool read_path(const layer_set *layers, char *text, pinned_path *out)
{
    char *rest = NULL;
    *out = (pinned_path){0};
    for (char *name = strtok_r(text, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest)) {
        out->place = mem_grow(out->place, out->count + 1, sizeof *out->place);
        if (out->count == PATH_PLACES_MOST ||
            !read_place(layers, name, &out->place[out->count++])) {
            free(out->place);
            return false;
        }
    }
    if (out->count < 2)
        free(out->place);
    return out->count >= 2;
}

status path_pins(db *d, const layer_set *layers, pinned_paths *out, error *err)
{
    sql q;
    bool row = false;
    *out = (pinned_paths){0};
    status s = sql_open(&q, d,
                        "SELECT value FROM note WHERE subject = 'path' AND kind = 'pin'"
                        " ORDER BY note_id",
                        err);
    while (s == STATUS_OK && (s = sql_step(&q, &row, err)) == STATUS_OK && row) {
        char *text = sql_text(&q, 0);
        out->item = mem_grow(out->item, out->count + 1, sizeof *out->item);
        if (text && read_path(layers, text, &out->item[out->count]))
            out->count++;
        else
            out->strange++;
        free(text);
    }
    sql_close(&q);
    if (s != STATUS_OK)
        pinned_paths_release(out);
    return s;
}

void pinned_paths_release(pinned_paths *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        free(p->item[i].place);
    free(p->item);
    *p = (pinned_paths){0};
}
