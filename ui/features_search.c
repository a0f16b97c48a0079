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

typedef struct search_ask {
    label_index *x;
    char *stamp; /* of the layers, as the study was read last */
    char *words; /* NULL: only get ready */
} search_ask;

static search_ask *make_ask(const app *a, label_index *x, const char *words)
{
    search_ask *ask = mem_alloc(sizeof *ask);
    *ask = (search_ask){x, mem_copy_text(""), mem_copy_text(words)};
    for (uint32_t i = 0; a->study && i < a->study->layers.count; i++) {
        const layer *l = &a->study->layers.item[i];
        char *longer =
            mem_format("%s %lld %s", ask->stamp, (long long)l->id, l->hash ? l->hash : "");
        free(ask->stamp);
        ask->stamp = longer;
    }
    return ask;
}

static void free_ask(void *ask)
{
    search_ask *of = ask;
    free(of->stamp);
    free(of->words);
    free(of);
}

static status search(db *d, void *ask, void **result, error *err)
{
    const search_ask *of = ask;
    feature_table table;
    label_match how;
    status code = label_index_read(of->x, d, of->stamp, err);
    if (code == STATUS_OK)
        code = label_index_search(of->x, d, of->words, FEATURES_FOUND_MOST, &table, &how, err);
    if (code != STATUS_OK)
        return code;
    features_found *f = mem_zero(1, sizeof *f);
    f->table = table;
    f->how = how;
    f->label = mem_zero((size_t)table.count + 1, sizeof *f->label);
    f->noted = mem_zero((size_t)table.count + 1, sizeof *f->noted);
    for (uint32_t i = 0; i < table.count; i++)
        if (table.row[i].label)
            f->table.row[i].label = f->label[i] = text_clean(table.row[i].label);
    *result = f;
    return STATUS_OK;
}

static status prepare(db *d, void *ask, void **result, error *err)
{
    const search_ask *of = ask;
    *result = NULL;
    return label_index_read(of->x, d, of->stamp, err);
}

void features_search(app *a, label_index *x, const char *words)
{
    app_ask(a, &(reader_question){.kind = READ_SEARCH,
                                  .work = search,
                                  .ask = make_ask(a, x, words),
                                  .release_ask = free_ask,
                                  .release = features_found_free});
}

void features_search_prepare(app *a, label_index *x)
{
    app_ask(a, &(reader_question){.kind = READ_LABELS,
                                  .work = prepare,
                                  .ask = make_ask(a, x, NULL),
                                  .release_ask = free_ask});
}
