#include "src/jobs/effects_file.h"

#include "db/effect.h"
#include "src/base/memory.h"
#include "src/formats/effects.h"

#include <stdlib.h>

enum { BATCH = 4096 };

/* The next effects of the file, at most BATCH. */
static status read_batch(effects *lines, effect *batch, uint32_t *count, bool *more, error *err)
{
    for (*count = 0; *count < BATCH;) {
        effect_line line;
        status code = effects_next(lines, &line, more, err);
        if (code != STATUS_OK || !*more)
            return code;
        batch[(*count)++] = (effect){line.source, line.target, line.effect, line.active};
    }
    return STATUS_OK;
}

status effects_file_store(db *d, const folder *f, const char *file, const layer *from,
                          const layer *to, status (*tick)(void *user, double fraction), void *user,
                          uint64_t *stored, error *err)
{
    effects *lines = NULL;
    int64_t set = 0;
    effect *batch = mem_alloc(BATCH * sizeof *batch);
    *stored = 0;
    status code = effects_open(&lines, f, file, from->features, to->features, err);
    if (code == STATUS_OK)
        code = effect_set_add(d, from->id, to->id, file, &set, err);
    bool more = true;
    while (code == STATUS_OK && more) {
        uint32_t count = 0;
        code = read_batch(lines, batch, &count, &more, err);
        if (code == STATUS_OK && (code = effect_add(d, set, batch, count, err)) == STATUS_INPUT)
            error_prefix(err, "'%s'", file);
        if (code == STATUS_OK && tick)
            code = tick(user, effects_fraction(lines));
        *stored += count;
    }
    if (code == STATUS_OK && *stored == 0)
        code = error_set(err, STATUS_INPUT, "'%s': no effects in it", file);
    effects_close(lines);
    free(batch);
    return code;
}

/* Whether something was measured between the layers; what is may be replaced. */
static status make_room(db *d, const layer *from, const layer *to, bool replace, error *err)
{
    effect_sets sets = {0};
    if (replace)
        return effect_set_delete(d, from->id, to->id, err);
    status code = effect_set_list(d, &sets, err);
    for (uint32_t i = 0; code == STATUS_OK && i < sets.count; i++)
        if (sets.item[i].source_layer == from->id && sets.item[i].target_layer == to->id)
            code = error_set(err, STATUS_INPUT,
                             "effects of '%s' on '%s' are there already, from '%s'; --replace "
                             "puts others in their place",
                             from->name, to->name, sets.item[i].source);
    effect_sets_release(&sets);
    return code;
}

status effects_file_add(db *d, const char *path, const layer *from, const layer *to, bool replace,
                        uint64_t *stored, error *err)
{
    folder here = {.fd = -1};
    *stored = 0;
    status code = from->position < to->position
                      ? folder_open_parent(&here, "./", true, err)
                      : error_set(err, STATUS_USAGE,
                                  "layer '%s' does not come before layer '%s': removing a feature "
                                  "changes later layers only",
                                  from->name, to->name);
    if (code == STATUS_OK)
        code = db_begin(d, err);
    if (code == STATUS_OK) {
        code = make_room(d, from, to, replace, err);
        if (code == STATUS_OK)
            code = effects_file_store(d, &here, path, from, to, NULL, NULL, stored, err);
        if (code == STATUS_OK)
            code = db_commit(d, err);
        else
            db_rollback(d);
    }
    folder_close(&here);
    return code;
}
