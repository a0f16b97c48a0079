/* `:` calls an action by its name; up and down bring back those called before. */
#include "ui/screen.h"

#include <stdio.h>
#include <string.h>

void palette_open(app *a)
{
    struct screen *s = a->screen;
    s->line = LINE_PALETTE;
    strcpy(s->line_label, ":");
    s->past_at = -1;
    prompt_set(&s->input, "");
    app_dirty(a);
}

static bool fits(const app *a, action_id id, const char *begin)
{
    const action *row = action_get(id);
    return id != ACT_PALETTE && (row->views & 1u << a->view) &&
           strncmp(row->name, begin, strlen(begin)) == 0;
}

/* The longest beginning that all fitting names share. */
static void complete(app *a)
{
    prompt *input = &a->screen->input;
    const char *shared = NULL;
    size_t length = 0;
    for (int id = ACT_NONE + 1; id < ACT_COUNT; id++) {
        if (!fits(a, (action_id)id, input->text))
            continue;
        const char *name = action_get((action_id)id)->name;
        if (!shared) {
            shared = name;
            length = strlen(name);
        }
        size_t same = 0;
        while (same < length && name[same] == shared[same])
            same++;
        length = same;
    }
    if (shared && length > input->length) {
        char whole[PROMPT_LENGTH];
        memcpy(whole, shared, length);
        whole[length] = '\0';
        prompt_set(input, whole);
    }
}

/* The action that the text names: whole, or as the beginning of one name only. */
static action_id named(const app *a, const char *text)
{
    action_id whole = action_of_name(a->view, text), only = ACT_NONE;
    if (whole != ACT_NONE)
        return whole;
    for (int id = ACT_NONE + 1; id < ACT_COUNT; id++)
        if (fits(a, (action_id)id, text)) {
            if (only != ACT_NONE)
                return ACT_NONE;
            only = (action_id)id;
        }
    return only;
}

/* Puts the name first; it stands there once. */
static void remember(struct screen *s, const char *name)
{
    int at = 0;
    while (at < s->past_count && strcmp(s->past[at], name) != 0)
        at++;
    if (at == s->past_count && s->past_count < PAST_NAMES)
        s->past_count++;
    at = at < PAST_NAMES ? at : PAST_NAMES - 1;
    memmove(s->past[1], s->past[0], (size_t)at * sizeof *s->past);
    snprintf(s->past[0], sizeof s->past[0], "%s", name);
}

/* by 1: the name called before; by -1: the one after it, at last an empty line. */
static void recall(struct screen *s, int by)
{
    int at = s->past_at + by;
    if (at < -1 || at >= s->past_count)
        return;
    s->past_at = at;
    prompt_set(&s->input, at < 0 ? "" : s->past[at]);
}

void palette_key(app *a, int key)
{
    struct screen *s = a->screen;
    if (key == PRESSED_TAB) {
        complete(a);
    } else if (key == PRESSED_UP || key == 16) { /* ^P */
        recall(s, 1);
    } else if (key == PRESSED_DOWN || key == 14) { /* ^N */
        recall(s, -1);
    } else if (key == PRESSED_ENTER) {
        s->line = LINE_FREE;
        action_id act = named(a, s->input.text);
        if (act != ACT_NONE) {
            remember(s, action_get(act)->name);
            screen_act(a, act, 0);
        } else if (s->input.length > 0)
            app_say(a, ROLE_WARNING, "'%s' names no action of this view, or several",
                    s->input.text);
    } else if (key == PRESSED_ESC || key == 3 ||
               (key == PRESSED_BACKSPACE && s->input.length == 0)) {
        s->line = LINE_FREE;
    } else {
        prompt_key(&s->input, key, NULL);
    }
    app_dirty(a);
}

void palette_draw_hints(app *a, region line)
{
    const prompt *input = &a->screen->input;
    int at = 1;
    action_id only = named(a, input->text);
    if (only != ACT_NONE && input->length > 0) {
        at += draw_text(line, 0, at, line.cols, ROLE_KEY, action_get(only)->name) + 2;
        draw_text(line, 0, at, line.cols, ROLE_DIM, action_get(only)->help);
        return;
    }
    for (int id = ACT_NONE + 1; id < ACT_COUNT && at < line.cols; id++)
        if (fits(a, (action_id)id, input->text))
            at +=
                draw_text(line, 0, at, line.cols - at, ROLE_KEY, action_get((action_id)id)->name) +
                2;
}
