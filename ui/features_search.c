#include "ui/features_search.h"

#include "src/base/memory.h"

#include <stdlib.h>

void features_found_free(void *found)
{
    features_found *f = found;
    if (!f)
        return;
    for (uint32_t i = 0; i < f->table.count; i++) {
        free(f->label[i]);
        free(f->noted[i]);
    }
    free(f->label);
    free(f->noted);
    feature_table_release(&f->table);
    free(f);
}

void features_found_note(features_found *f, const note_set *set)
{
    for (uint32_t i = 0; i < f->table.count; i++) {
        feature_row *row = &f->table.row[i];
        const feature_note *of = note_find(set, row->layer_id, row->feature);
        free(f->noted[i]);
        f->noted[i] = of ? notes_label(of, f->label[i]) : NULL;
        row->label = of ? f->noted[i] : f->label[i];
    }
}

static status search(db *d, void *ask, void **result, error *err)
{
    features_found *f = mem_zero(1, sizeof *f);
    status code = feature_search(d, ask, 0, FEATURES_FOUND_MOST, &f->table, err);
    if (code != STATUS_OK) {
        free(f);
        return code;
    }
    f->label = mem_zero(f->table.count, sizeof *f->label);
    f->noted = mem_zero(f->table.count, sizeof *f->noted);
    for (uint32_t i = 0; i < f->table.count; i++)
        if (f->table.row[i].label)
            f->table.row[i].label = f->label[i] = text_clean(f->table.row[i].label);
    *result = f;
    return STATUS_OK;
}

void features_search(app *a, const char *words)
{
    app_ask(a, &(reader_question){.kind = READ_SEARCH,
                                  .work = search,
                                  .ask = mem_copy_text(words),
                                  .release_ask = free,
                                  .release = features_found_free});
}
