/* Drawing the Features view: the table, and the card beside or below it. */
#include "ui/features.h"
#include "ui/features_table.h"
#include "ui/pointer.h"

#include <stdio.h>

enum {
    WIDE = 120, /* columns from which the card stands beside the table */
    TALL = 15   /* rows from which it stands below */
};

const feature_table *features_table(app *a, const features *f)
{
    if (f->everywhere)
        return f->found ? &f->found->table : NULL;
    return a->study && a->layer < a->study->layers.count ? app_table(a, a->layer) : NULL;
}

const feature_row *features_row(app *a, const features *f, uint32_t *position)
{
    const feature_table *t = features_table(a, f);
    if (!t || f->list.cursor >= f->rows.count)
        return NULL;
    const feature_row *row = &t->row[f->rows.item[f->list.cursor]];
    const layer *l = layer_by_id(&a->study->layers, row->layer_id);
    *position = l ? l->position : a->layer;
    return l ? row : NULL;
}

/* What stands where rows would, and what to do about it. */
static void draw_empty(app *a, features *f, region r)
{
    char dead[24];
    if (!a->study)
        return;
    if (a->study->layers.count == 0)
        draw_text(r, 0, 0, r.cols, ROLE_DIM, "the study has no layers");
    else if (!features_table(a, f))
        draw_text(r, 0, 0, r.cols, ROLE_DIM,
                  f->everywhere ? "searching" : "reading the layer's features");
    else if (f->filter[0])
        draw_format(r, 0, 0, ROLE_DIM, "nothing passes %s; Esc ends the filter", f->filter);
    else if (f->words[0])
        draw_format(r, 0, 0, ROLE_DIM, "no label %s has \"%s\"; %s",
                    f->everywhere ? "of any layer" : "here", f->words,
                    f->everywhere ? "/ searches again" : "a searches all layers, / again");
    else if (f->rows.dead)
        draw_format(r, 0, 0, ROLE_DIM, "all %s features are never active; D shows them",
                    show_count(dead, f->rows.dead));
}

static void draw_rows(app *a, features *f, region r, bool focused)
{
    const feature_table *t = features_table(a, f);
    features_table_draw(a, &f->list, &f->rows, t, &f->order, f->everywhere, f->words, r,
                        focused);
    if (f->rows.count == 0)
        draw_empty(a, f, region_part(r, 1, 0, r.rows - 1, r.cols));
}

void features_draw(app *a, features *f, region body)
{
    if (f->zoomed && f->on_card) {
        card_draw(a, f->card, body, true);
        return;
    }
    bool beside = body.cols >= WIDE, below = !beside && body.rows >= TALL;
    if (f->zoomed || (!beside && !below)) {
        draw_rows(a, f, body, true);
        return;
    }
    int cols = beside ? body.cols * 45 / 100 : body.cols;
    int rows = beside ? body.rows : body.rows / 2;
    draw_rows(a, f, region_part(body, 0, 0, rows, beside ? cols - 1 : cols), !f->on_card);
    region r;
    if (beside) {
        draw_column(body, 0, cols, body.rows, f->on_card ? ROLE_HEAD : ROLE_BORDER);
        r = region_part(body, 1, cols + 2, body.rows - 1, body.cols - cols - 2);
    } else {
        r = region_part(body, rows + 1, 0, body.rows - rows - 1, body.cols);
    }
    int line = beside ? 0 : rows, at = beside ? cols + 1 : 0;
    draw_rule(body, line, at, body.cols - at, f->on_card ? ROLE_HEAD : ROLE_BORDER);
    if (f->card_feature == NOTHING)
        return;
    char name[128], title[132];
    app_feature_name(a, name, sizeof name, f->card_layer, f->card_feature);
    snprintf(title, sizeof title, " %s ", name);
    draw_text(body, line, at + 2, body.cols - at - 4, f->on_card ? ROLE_HEAD : ROLE_NAME, title);
    pointer_pane(r, f->on_card);
    card_draw(a, f->card, r, f->on_card);
}

void features_crumb(app *a, const features *f, char *out, size_t capacity)
{
    char shown[24], all[24], count[56], words[120] = "";
    const feature_table *t = features_table(a, f);
    const char *column = feature_column_head(f->order.column);
    bool sorted = !f->order.as_found && (f->order.column != COLUMN_INDEX || f->order.turned);
    bool fuzzy = f->everywhere ? t && f->found->how == LABEL_FUZZY : f->rows.fuzzy;
    out[0] = '\0';
    if (!t)
        return;
    show_count(shown, f->rows.count);
    show_count(all, t->count);
    if (f->everywhere && t->count >= FEATURES_FOUND_MOST)
        snprintf(count, sizeof count, "%s or more", shown);
    else if (f->rows.count < t->count)
        snprintf(count, sizeof count, "%s of %s", shown, all);
    else
        snprintf(count, sizeof count, "%s%s", all, f->everywhere ? "" : " features");
    if (f->words[0])
        snprintf(words, sizeof words, "%s\"%s\"", fuzzy ? "like " : "", f->words);
    bool live = f->order.hide_dead && f->rows.dead > 0;
    snprintf(out, capacity, "%s%s: %s%s%s%s%s%s%s%s",
             f->everywhere ? words : app_layer_name(a, a->layer),
             f->everywhere ? " in all layers" : "", count, words[0] && !f->everywhere ? ", " : "",
             f->everywhere ? "" : words, f->filter[0] ? ", " : "", f->filter,
             live ? ", active" : "", sorted ? ", by " : "", sorted ? column : "");
}
