#include "src/commands/study.h"

#include "src/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

status study_open(study *s, const char *path, db_mode mode, error *err)
{
    *s = (study){.path = path};
    status code = db_open(&s->connection, path, mode, err);
    if (code == STATUS_OK)
        code = layer_list(s->connection, &s->layers, err);
    if (code == STATUS_OK)
        code = note_list(s->connection, &s->notes, err);
    if (code == STATUS_OK)
        s->features = mem_zero(s->layers.count, sizeof *s->features);
    return code;
}

void study_release(study *s)
{
    for (uint32_t l = 0; s->features && l < s->layers.count; l++)
        feature_table_release(&s->features[l]);
    free(s->features);
    note_set_release(&s->notes);
    layer_set_release(&s->layers);
    db_close(s->connection);
    *s = (study){0};
}

/* Why layer_find found nothing. */
static status not_one_layer(const study *s, const char *text, error *err)
{
    char fitting[160] = "";
    uint32_t count = 0;
    size_t length = 0;
    for (uint32_t l = 0; *text && l < s->layers.count; l++)
        if (strstr(s->layers.item[l].name, text)) {
            if (count++ < 3 && length < sizeof fitting)
                length += (size_t)snprintf(fitting + length, sizeof fitting - length, "%s'%s'",
                                           length ? ", " : "", s->layers.item[l].name);
        }
    if (count > 1)
        return error_set(err, STATUS_INPUT,
                         "'%s' fits %u layers: %s%s; a longer part of the name, or its number, "
                         "tells which",
                         text, count, fitting, count > 3 ? ", ..." : "");
    return error_set(err, STATUS_INPUT, "'%s' has no layer '%s'; circuitlasso layers lists them",
                     s->path, text);
}

status study_find(const study *s, const char *text, const layer **found, uint32_t *feature,
                  bool *has_feature, error *err)
{
    uint32_t index = 0;
    bool one = false;
    *found = has_feature ? layer_find_feature(&s->layers, text, &index, &one)
                         : layer_find(&s->layers, text);
    if (!*found)
        return not_one_layer(s, text, err);
    if (one && index >= (*found)->features)
        return error_set(err, STATUS_INPUT, "'%s': feature %u, but the layer has features 0 to %u",
                         (*found)->name, index, (*found)->features - 1);
    if (has_feature)
        *has_feature = one;
    if (feature)
        *feature = index;
    return STATUS_OK;
}

status study_find_layers(const study *s, const char *list, const layer ***found, uint32_t *count,
                         error *err)
{
    char *names = mem_copy_text(list);
    char *save = NULL;
    status code = STATUS_OK;
    *found = mem_alloc((strlen(list) + 1) * sizeof **found);
    *count = 0;
    for (char *name = strtok_r(names, ",", &save); name && code == STATUS_OK;
         name = strtok_r(NULL, ",", &save)) {
        code = study_find(s, name, &(*found)[*count], NULL, NULL, err);
        *count += code == STATUS_OK;
    }
    free(names);
    return code;
}

const char *study_own_label(const study *s, int64_t layer_id, uint32_t feature,
                            const char *imported)
{
    const feature_note *note = note_find(&s->notes, layer_id, feature);
    return note && note->label ? note->label : imported;
}

status study_label(study *s, uint32_t position, uint32_t feature, const char **label, error *err)
{
    feature_table *table = &s->features[position];
    if (!table->row) {
        status code = feature_list(s->connection, s->layers.item[position].id, table, err);
        if (code != STATUS_OK)
            return code;
    }
    *label = study_own_label(s, s->layers.item[position].id, feature,
                             feature < table->count ? table->row[feature].label : NULL);
    return STATUS_OK;
}

char *study_feature_name(const study *s, uint32_t position, uint32_t feature)
{
    return mem_format("%s/%u", s->layers.item[position].name, feature);
}
