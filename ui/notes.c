#include "ui/notes.h"

#include "src/base/memory.h"
#include "src/jobs/note_writer.h"
#include "ui/app.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TAG_LABEL = 1000, TAG_TAGS };

/* -- reading ------------------------------------------------------------------------------- */

static void clean(char **text)
{
    char *shown = *text ? text_clean(*text) : NULL;
    free(*text);
    *text = shown;
}

status notes_read(db *d, notes *out, error *err)
{
    *out = (notes){0};
    status code = note_list(d, &out->set, err);
    if (code != STATUS_OK)
        return code;
    for (uint32_t i = 0; i < out->set.count; i++) {
        clean(&out->set.item[i].label);
        clean(&out->set.item[i].tags);
    }
    out->imported = mem_zero((size_t)out->set.count + 1, sizeof *out->imported);
    out->shown = mem_zero((size_t)out->set.count + 1, sizeof *out->shown);
    return STATUS_OK;
}

void notes_release(notes *n)
{
    for (uint32_t i = 0; n->shown && i < n->set.count; i++)
        free(n->shown[i]);
    free(n->shown);
    free(n->imported);
    note_set_release(&n->set);
    *n = (notes){0};
}

/* -- showing ------------------------------------------------------------------------------- */

/* `check odd` as ` #check #odd`. Free it. */
static char *mark_tags(const char *tags)
{
    char *out = mem_alloc(2 * strlen(tags) + 3), *to = out;
    bool begins = true;
    *to++ = ' ';
    for (const char *at = tags; *at; at++) {
        if (begins)
            *to++ = '#';
        *to++ = *at;
        begins = *at == ' ';
    }
    *to = '\0';
    return out;
}

char *notes_label(const feature_note *of, const char *imported)
{
    char *tags = of->tags ? mark_tags(of->tags) : mem_copy_text("");
    const char *label = of->label ? of->label : imported ? imported : "";
    char *shown = mem_format("%s%s%s%s", of->pinned ? draw_glyph(GLYPH_MARK) : "",
                             of->pinned ? " " : "", label, *label ? tags : tags + (*tags == ' '));
    free(tags);
    return shown;
}

void notes_put_on(notes *n, const feature_table *table)
{
    for (uint32_t i = 0; i < n->set.count; i++) {
        const feature_note *of = &n->set.item[i];
        if (of->feature >= table->count || table->row[of->feature].layer_id != of->layer_id)
            continue;
        feature_row *row = &table->row[of->feature];
        n->imported[i] = row->label;
        n->shown[i] = notes_label(of, row->label);
        row->label = n->shown[i];
    }
}

void notes_take_off(notes *n, const feature_table *table)
{
    for (uint32_t i = 0; i < n->set.count; i++) {
        const feature_note *of = &n->set.item[i];
        if (n->shown[i] && of->feature < table->count &&
            table->row[of->feature].label == n->shown[i])
            table->row[of->feature].label = n->imported[i];
    }
}

/* -- changing ------------------------------------------------------------------------------ */

static const feature_note *note_of(const app *a, uint32_t position, uint32_t feature)
{
    const layer *l = app_layer(a, position);
    return l ? note_find(&a->study->notes.set, l->id, feature) : NULL;
}

/* The imported label, whatever lies over it; "" when there is none. */
static const char *imported_label(app *a, uint32_t position, uint32_t feature)
{
    const feature_note *of = note_of(a, position, feature);
    const notes *n = &a->study->notes;
    const char *label = app_label(a, position, feature);
    if (of && n->shown[of - n->set.item])
        label = n->imported[of - n->set.item];
    return label ? label : "";
}

static void edit(app *a, int tag, uint32_t position, uint32_t feature)
{
    char name[128], question[160];
    const feature_note *of = note_of(a, position, feature);
    const char *text = of ? (tag == TAG_LABEL ? of->label : of->tags) : NULL;
    if (!text && tag == TAG_LABEL)
        text = imported_label(a, position, feature);
    a->noted = PLACE(a->view);
    a->noted.layer = position;
    a->noted.feature = feature;
    app_feature_name(a, name, sizeof name, position, feature);
    snprintf(question, sizeof question,
             tag == TAG_LABEL ? "your label of %s: " : "tags of %s: ", name);
    /* what the line cannot hold is not offered: it would be kept cut */
    app_prompt(a, tag, question, text && strlen(text) < PROMPT_LENGTH ? text : "");
}

static void turn_pin(app *a, uint32_t position, uint32_t feature)
{
    char name[128];
    const feature_note *of = note_of(a, position, feature);
    bool pinned = of && of->pinned;
    note_writer_add(a->note_writer, pinned ? NOTE_UNPIN : NOTE_PIN, app_layer(a, position)->id,
                    feature, NULL);
    app_feature_name(a, name, sizeof name, position, feature);
    app_say(a, ROLE_STATUS, "%s %s", pinned ? "unpinned" : "pinned", name);
}

void notes_toggle_tag(app *a, uint32_t position, uint32_t feature, const char *tag)
{
    char name[128];
    const feature_note *of = note_of(a, position, feature);
    bool on = !note_has_tag(of ? of->tags : NULL, tag);
    note_writer_add(a->note_writer, on ? NOTE_TAG : NOTE_UNTAG, app_layer(a, position)->id,
                    feature, tag);
    app_feature_name(a, name, sizeof name, position, feature);
    app_say(a, ROLE_STATUS, "%s is %s %s", name, on ? "tagged" : "no longer tagged", tag);
}

bool notes_act(app *a, action_id act, uint32_t position, uint32_t feature)
{
    if (act != ACT_LABEL && act != ACT_TAG && act != ACT_PIN)
        return false;
    const layer *l = app_layer(a, position);
    if (!l || feature >= l->features)
        app_say(a, ROLE_STATUS, "no feature is at hand");
    else if (act == ACT_PIN)
        turn_pin(a, position, feature);
    else
        edit(a, act == ACT_LABEL ? TAG_LABEL : TAG_TAGS, position, feature);
    return true;
}

bool notes_typed(app *a, int tag, prompt_event event, const char *text)
{
    if (tag != TAG_LABEL && tag != TAG_TAGS)
        return false;
    const layer *l = app_layer(a, a->noted.layer);
    if (event != PROMPT_ACCEPTED || !l)
        return true;
    text += strspn(text, " ");
    bool as_imported =
        tag == TAG_LABEL && strcmp(text, imported_label(a, a->noted.layer, a->noted.feature)) == 0;
    note_writer_add(a->note_writer, tag == TAG_LABEL ? NOTE_LABEL : NOTE_TAGS, l->id,
                    a->noted.feature, as_imported ? "" : text);
    return true;
}
