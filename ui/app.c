/* The screen as a whole: brought up, run, taken down; and what views ask of it. */
#include "ui/app.h"

#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/note_writer.h"
#include "ui/config.h"
#include "ui/screen.h"
#include "ui/term.h"
#include "ui/trial.h"
#include "ui/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const view_ops *const all_views[] = {
    &study_view, &features_view, &fits_view,    &circuit_view, &paths_view,
    &trust_view, &sample_view,   &picture_view, &tree_view,    &compare_view};

/* what stands in the status line */

void app_dirty(app *a)
{
    a->screen->dirty = true;
}

void app_rest(app *a)
{
    static const double long_enough = 0.06; /* keys that repeat come every 0.03 s or so */
    a->screen->rest_at = clock_seconds() + long_enough;
}

void app_say(app *a, role r, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(a->screen->message, sizeof a->screen->message, format, arguments);
    va_end(arguments);
    a->screen->message_role = r;
    a->screen->message_seen = false;
    a->screen->message_at = clock_seconds();
    app_dirty(a);
}

void app_prompt(app *a, int tag, const char *label, const char *text)
{
    struct screen *s = a->screen;
    s->line = LINE_VIEW;
    s->line_tag = tag;
    snprintf(s->line_label, sizeof s->line_label, "%s", label);
    s->line_hint[0] = '\0';
    prompt_set(&s->input, text ? text : "");
    app_dirty(a);
}

void app_hint(app *a, const char *text)
{
    snprintf(a->screen->line_hint, sizeof a->screen->line_hint, "%s", text);
}

void app_confirm(app *a, const char *question, void (*yes)(app *, int64_t), int64_t user)
{
    struct screen *s = a->screen;
    s->line = LINE_CONFIRM;
    snprintf(s->line_label, sizeof s->line_label, "%s", question);
    s->confirmed = yes;
    s->confirmed_user = user;
    app_dirty(a);
}

void app_open_modal(app *a, modal *m)
{
    app_close_modal(a);
    a->screen->modal = m;
    app_dirty(a);
}

void app_close_modal(app *a)
{
    modal *m = a->screen->modal;
    a->screen->modal = NULL;
    if (m)
        m->free(m);
    app_dirty(a);
}

uint64_t app_ask(app *a, const reader_question *question)
{
    return reader_ask(a->reader, question);
}

/* names */

const layer *app_layer(const app *a, uint32_t position)
{
    return a->study && position < a->study->layers.count ? &a->study->layers.item[position] : NULL;
}

const char *app_layer_name(const app *a, uint32_t position)
{
    return app_layer(a, position) ? a->study->short_name[position] : "";
}

const char *app_label(app *a, uint32_t position, uint32_t feature)
{
    const feature_table *table = app_table(a, position);
    if (!table || feature >= table->count || !table->row[feature].label)
        return "";
    return table->row[feature].label;
}

const char *app_node_label(app *a, uint32_t node)
{
    uint32_t feature = 0;
    if (!a->circuit)
        return "";
    uint32_t position = circuit_position(a->circuit, node, &feature);
    return app_label(a, position, feature);
}

char *app_feature_name(app *a, char *out, size_t capacity, uint32_t position, uint32_t feature)
{
    snprintf(out, capacity, "%s/%u", app_layer_name(a, position), feature);
    return out;
}

char *app_node_name(app *a, char *out, size_t capacity, uint32_t node)
{
    uint32_t feature = 0;
    out[0] = '\0';
    if (!a->circuit)
        return out;
    uint32_t position = circuit_position(a->circuit, node, &feature);
    return app_feature_name(a, out, capacity, position, feature);
}

const fit *app_fit(const app *a)
{
    for (uint32_t i = 0; a->study && i < a->study->fits.count; i++)
        if (a->study->fits.item[i].id == a->fit_id)
            return &a->study->fits.item[i];
    return NULL;
}

const char *app_show_strength(char *out, const circuit *c, const circuit_edge *e)
{
    bool none = circuit_wired_alone(e) && circuit_strength(c, e) == 0;
    return none ? draw_glyph(GLYPH_DASH) : show_figure(out, circuit_strength(c, e));
}

char *app_fit_settings(char *out, size_t capacity, const fit *f)
{
    fit_describe(f, draw_glyph(GLYPH_LAMBDA), out, capacity);
    return out;
}

/* the clipboard: OSC 52, which tmux, screen and most terminals pass on */

void app_copy(app *a, const char *text)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(text);
    const unsigned char *t = (const unsigned char *)text;
    fputs("\033]52;c;", stdout);
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = (unsigned)t[i] << 16 | (i + 1 < n ? (unsigned)t[i + 1] << 8 : 0u) |
                        (i + 2 < n ? (unsigned)t[i + 2] : 0u);
        putchar(digits[bits >> 18]);
        putchar(digits[bits >> 12 & 63]);
        putchar(i + 1 < n ? digits[bits >> 6 & 63] : '=');
        putchar(i + 2 < n ? digits[bits & 63] : '=');
    }
    fputs("\a", stdout);
    fflush(stdout);
    app_say(a, ROLE_STATUS, "copied: %s", text);
}

/* themes */

static void use_theme(app *a, const char *name)
{
    theme t;
    error err = {0};
    if (theme_find(&t, name, &err) != STATUS_OK) {
        app_say(a, ROLE_ERROR, "%s", err.message);
        theme_built_in(&t);
    }
    theme_use(&t, a->screen->no_color);
}

void app_next_theme(app *a)
{
    struct screen *s = a->screen;
    s->theme_at = (s->theme_at + 1) % s->theme_count;
    char *shown = text_clean(s->theme_names[s->theme_at]);
    app_say(a, ROLE_STATUS, "theme %s", shown);
    free(shown);
    s->theme_chosen = true;
    use_theme(a, s->theme_names[s->theme_at]);
}

static void first_theme(app *a, const ui_options *options, const char *configured)
{
    struct screen *s = a->screen;
    const char *name = options->theme ? options->theme : configured ? configured : "default";
    const char *no_color = getenv("NO_COLOR");
    s->no_color = options->no_color || (no_color && *no_color);
    s->theme_names = theme_names(&s->theme_count);
    for (size_t i = 0; i < s->theme_count; i++)
        if (strcmp(s->theme_names[i], name) == 0)
            s->theme_at = i;
    use_theme(a, name);
}

/* the user's settings */

void app_turn_mouse(app *a)
{
    struct screen *s = a->screen;
    bool on = !s->mouse;
    if (!term_mouse(on)) {
        app_say(a, ROLE_STATUS, "this terminal tells nothing of a mouse");
        return;
    }
    s->mouse = on;
    s->mouse_chosen = true;
    app_say(a, ROLE_STATUS, "%s",
            on ? "mouse on: click, double click, wheel; Shift selects text as before"
               : "mouse off");
}

static void begin_with_settings(app *a, const ui_options *options)
{
    struct screen *s = a->screen;
    config said;
    error err = {0};
    if (config_read(&said, &err) != STATUS_OK)
        app_say(a, ROLE_WARNING, "%s", err.message);
    first_theme(a, options, said.theme);
    s->mouse = said.mouse && term_mouse(true);
    config_release(&said);
}

/* What was chosen by a key is there again the next time. The terminal is the user's own again:
 * what cannot be kept is told there. */
static void keep_settings(const struct screen *s)
{
    error err = {0};
    if (s->theme_chosen && config_keep("theme", s->theme_names[s->theme_at], &err) != STATUS_OK)
        fprintf(stderr, "circuitlasso: the theme is not remembered: %s\n", err.message);
    if (s->mouse_chosen && config_keep("mouse", s->mouse ? "on" : "off", &err) != STATUS_OK)
        fprintf(stderr, "circuitlasso: mouse %s is not remembered: %s\n", s->mouse ? "on" : "off",
                err.message);
}

/* up and down */

static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = text_clean(slash ? slash + 1 : path);
    size_t length = strlen(name);
    if (length > 4 && strcmp(name + length - 4, ".clw") == 0)
        name[length - 4] = '\0';
    return name;
}

static status start(app *a, const ui_options *options, error *err)
{
    status code = queue_create(&a->news, err);
    if (code == STATUS_OK)
        code = reader_start(&a->reader, options->study, a->news, err);
    if (code == STATUS_OK)
        code = reader_start(&a->screen->circuits, options->study, a->news, err);
    if (code == STATUS_OK)
        code = engine_start(&a->engine, options->study, options->threads, a->news, err);
    if (code == STATUS_OK)
        code = note_writer_start(&a->note_writer, options->study, a->news, err);
    if (code == STATUS_OK)
        code = term_start(a->news, err);
    return code;
}

static void release(app *a)
{
    struct screen *s = a->screen;
    note_writer_stop(a->note_writer);
    engine_stop(a->engine);
    reader_stop(a->reader);
    reader_stop(s->circuits);
    app_close_modal(a);
    trial_free(a->trial);
    for (int v = 0; v < VIEW_COUNT; v++)
        if (a->state[v] && a->ops[v]->destroy)
            a->ops[v]->destroy(a->state[v]);
    if (a->news) /* after the views, some of which have readers of their own */
        queue_free(a->news);
    snapshot_end(a);
    for (size_t i = 0; i < s->theme_count; i++)
        free(s->theme_names[i]);
    free(s->theme_names);
    history_end(a);
    free(a->path);
    free(a->name);
}

status ui_run(const ui_options *options, error *err)
{
    struct screen s = {.leave_code = STATUS_OK};
    app a = {.screen = &s,
             .feature = NOTHING,
             .path_from = {NOTHING, NOTHING},
             .path_to = {NOTHING, NOTHING}};
    a.path = mem_copy_text(options->study);
    a.name = name_of(options->study);
    for (size_t v = 0; v < sizeof all_views / sizeof *all_views; v++)
        a.ops[all_views[v]->id] = all_views[v];
    status code = start(&a, options, err);
    if (code == STATUS_OK) {
        for (int v = 0; v < VIEW_COUNT; v++)
            if (a.ops[v]->create)
                a.state[v] = a.ops[v]->create(&a);
        begin_with_settings(&a, options);
        snapshot_begin(&a);
        s.greeting = greeting_due();
        history_begin(&a);
        loop_run(&a);
        /* first the terminal: the last block of a running fit may take a moment */
        term_stop();
        keep_settings(&s);
        code = s.leave_code;
        if (code != STATUS_OK)
            error_set(err, code, "ended by a signal; a running fit can be resumed");
    }
    release(&a);
    return code;
}
