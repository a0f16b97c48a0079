#include "src/jobs/debias_named.h"

#include "src/base/memory.h"
#include "src/formats/lines.h"

#include <stdlib.h>
#include <string.h>

static bool is_read(const debias_reads *reads, int64_t layer_id)
{
    for (uint32_t l = 0; l < reads->count; l++)
        if (reads->layer[l] == layer_id)
            return true;
    return false;
}

static void append(debias_features *list, const layer *in, uint32_t feature)
{
    if (list->count == list->room) {
        list->room = list->room ? 2 * list->room : 64;
        list->item = mem_grow(list->item, list->room, sizeof *list->item);
    }
    list->item[list->count++] = (check_feature){in->id, feature};
}

void debias_features_release(debias_features *list)
{
    free(list->item);
    *list = (debias_features){0};
}

void debias_add_tagged(const debias_reads *reads, const note_set *notes, const char *tag,
                       debias_features *list)
{
    for (uint32_t n = 0; n < notes->count; n++) {
        const feature_note *note = &notes->item[n];
        const layer *in = layer_by_id(reads->layers, note->layer_id);
        if (in && note->feature < in->features && is_read(reads, in->id) &&
            note_has_tag(note->tags, tag))
            append(list, in, note->feature);
    }
}

static status add_line(const debias_reads *reads, const lines *from, char *line,
                       debias_features *list, error *err)
{
    uint32_t feature = 0;
    bool one = false;
    line[strcspn(line, " \t#")] = '\0';
    if (!*line)
        return STATUS_OK;
    const layer *in = layer_find_feature(reads->layers, line, &feature, &one);
    if (!in)
        return lines_error(from, err, "'%s' names no feature of one layer", line);
    if (!one)
        return lines_error(from, err, "'%s' is a layer, expected LAYER/INDEX", line);
    if (feature >= in->features)
        return lines_error(from, err, "'%s', but the layer has features 0 to %u", line,
                           in->features - 1);
    if (!is_read(reads, in->id))
        return lines_error(from, err, "'%s' is not of a layer that the classifier reads", line);
    append(list, in, feature);
    return STATUS_OK;
}

status debias_add_file(const debias_reads *reads, const char *file, debias_features *list,
                       error *err)
{
    lines *from = NULL;
    char *line = NULL;
    size_t length = 0;
    status code = lines_open_path(&from, file, err);
    while (code == STATUS_OK && (code = lines_next(from, &line, &length, err)) == STATUS_OK &&
           line)
        code = add_line(reads, from, line, list, err);
    lines_close(from);
    return code;
}
