/* `?`: every key of the present view, scrollable and searchable, from the action table. */
#include "src/base/memory.h"
#include "ui/pointer.h"
#include "ui/screen.h"

#include <stdlib.h>
#include <string.h>

enum { KEYS_WIDTH = 18, NAME_WIDTH = 18 };

/* One line of the page: an action's, or one that continues it; or a heading. */
typedef struct help_line {
    const char *heading;
    const action *row; /* NULL on lines that continue */
    const char *text;
    int bytes;
} help_line;

typedef struct help {
    modal base;
    view_id view;
    help_line *line;
    uint32_t count, capacity;
    int width; /* that the lines were broken for */
    list rows;
    prompt search;
    bool searching, stale;
} help;

static void add_line(help *h, help_line line)
{
    if (h->count == h->capacity) {
        h->capacity = 2 * h->capacity + 64;
        h->line = mem_grow(h->line, h->capacity, sizeof *h->line);
    }
    h->line[h->count++] = line;
}

/* Breaks an action's help between words; the first line carries the keys. */
static void add_action(help *h, const action *row, int width)
{
    const char *rest = row->help;
    for (const action *first = row; *rest || first; first = NULL) {
        int bytes = (int)text_fit(rest, width, NULL);
        if (rest[bytes]) {
            int space = bytes;
            while (space > 0 && rest[space] != ' ')
                space--;
            bytes = space > 0 ? space : bytes;
        }
        add_line(h, (help_line){.row = first, .text = rest, .bytes = bytes});
        rest += bytes;
        while (*rest == ' ')
            rest++;
        if (bytes == 0)
            break;
    }
}

static bool found(const help *h, const action *row)
{
    const char *words = h->search.text;
    return text_contains(row->help, words) || text_contains(row->keys, words) ||
           text_contains(row->name, words);
}

static void add_section(help *h, const char *heading, bool everywhere, int width)
{
    bool headed = false;
    for (int id = ACT_NONE + 1; id < ACT_COUNT; id++) {
        const action *row = action_get((action_id)id);
        if (!(row->views & 1u << h->view) || (row->views == IN_ALL) != everywhere ||
            !found(h, row))
            continue;
        if (!headed && h->count > 0)
            add_line(h, (help_line){.text = ""});
        if (!headed)
            add_line(h, (help_line){.heading = heading});
        headed = true;
        add_action(h, row, width);
    }
}

static void build(help *h, int width)
{
    int names = width >= 70 ? NAME_WIDTH : 0;
    int text = width - KEYS_WIDTH - names - 2;
    h->width = width;
    h->stale = false;
    h->count = 0;
    add_section(h, view_name(h->view), false, text);
    add_section(h, "Everywhere", true, text);
    if (h->count == 0)
        add_line(h, (help_line){.text = "nothing here has these words", .bytes = 28});
    list_set_count(&h->rows, h->count);
}

static void draw_line(void *user, region r, int row, uint32_t index, style on)
{
    help *h = user;
    const help_line *line = &h->line[index];
    char text[256];
    int names = h->width >= 70 ? NAME_WIDTH : 0;
    (void)on;
    if (line->heading) {
        draw_text(r, row, 1, r.cols, ROLE_HEAD, line->heading);
        return;
    }
    if (line->row) {
        draw_text(r, row, 2, KEYS_WIDTH - 3, ROLE_KEY, line->row->keys);
        if (names)
            draw_text(r, row, KEYS_WIDTH, names - 1, ROLE_DIM, line->row->name);
    }
    int bytes = line->bytes < (int)sizeof text ? line->bytes : (int)sizeof text - 1;
    memcpy(text, line->text, (size_t)bytes);
    text[bytes] = '\0';
    draw_text(r, row, KEYS_WIDTH + names, r.cols, ROLE_TEXT, text);
}

static void help_draw(app *a, modal *m, region screen)
{
    help *h = (help *)m;
    (void)a;
    for (int row = 0; row < screen.rows; row++)
        draw_ground(screen, row, 0, screen.cols, ROLE_TEXT);
    draw_ground(screen, 0, 0, screen.cols, ROLE_TITLE);
    draw_format(screen, 0, 1, ROLE_TITLE, "keys of %s", view_name(h->view));
    int width = screen.cols > 110 ? 110 : screen.cols;
    if (width != h->width || h->stale)
        build(h, width);
    region body = region_part(screen, 1, 0, screen.rows - 2, screen.cols);
    list_draw(&h->rows, body, false, draw_line, h);
    region foot = region_part(screen, screen.rows - 1, 0, 1, screen.cols);
    int at = 1;
    if (h->searching || h->search.length > 0) {
        at += draw_text(foot, 0, at, 2, ROLE_KEY, "/");
        prompt_draw(&h->search, foot, 0, at, foot.cols - at - 1, ROLE_TEXT, h->searching);
        return;
    }
    static const char *const keys[][2] = {{"j k", "scroll"}, {"/", "search"}, {"q", "close"}};
    for (size_t i = 0; i < 3; i++) {
        if (i > 0)
            pointer_key(region_part(foot, 0, at, 1, 8), keys[i][0][0]);
        at += draw_text(foot, 0, at, foot.cols, ROLE_KEY, keys[i][0]) + 1;
        at += draw_text(foot, 0, at, foot.cols, ROLE_DIM, keys[i][1]) + 2;
    }
}

/* The page has no cursor: moving keys move the window. */
static void scroll(help *h, action_id act)
{
    uint32_t page = (uint32_t)(h->rows.page > 0 ? h->rows.page : 1);
    if (act == ACT_DOWN)
        h->rows.cursor = h->rows.top + page; /* the row below the window */
    else if (act == ACT_UP)
        h->rows.cursor = h->rows.top > 0 ? h->rows.top - 1 : 0;
    else
        list_act(&h->rows, act, 0);
    list_set_count(&h->rows, h->count);
}

static bool search_key(help *h, int key)
{
    if (key == PRESSED_ENTER) {
        h->searching = false;
    } else if (key == PRESSED_ESC || (key == PRESSED_BACKSPACE && h->search.length == 0)) {
        h->searching = false;
        prompt_set(&h->search, "");
    } else {
        prompt_key(&h->search, key, NULL);
    }
    h->stale = true;
    h->rows.cursor = h->rows.top = 0;
    return true;
}

static bool help_key(app *a, modal *m, int key)
{
    help *h = (help *)m;
    (void)a;
    if (h->searching)
        return search_key(h, key);
    if (key == '/') {
        h->searching = true;
        return true;
    }
    if (key == PRESSED_ESC && h->search.length > 0)
        return search_key(h, key);
    action_id act = action_of_key(h->view, key);
    if (key == PRESSED_SPACE)
        act = ACT_PAGE_DOWN;
    if (act == ACT_BACK || act == ACT_HELP || act == ACT_QUIT)
        return false;
    scroll(h, act);
    return true;
}

static void help_free(modal *m)
{
    help *h = (help *)m;
    free(h->line);
    free(h);
}

modal *help_create(app *a)
{
    help *h = mem_zero(1, sizeof *h);
    h->base = (modal){.draw = help_draw, .key = help_key, .free = help_free, .wheel = true};
    h->view = a->view;
    return &h->base;
}

void help_say_unbound(app *a, int key)
{
    char meanings[256] = "";
    if (key <= ' ' || key > '~')
        return;
    for (int id = 1; id < ACT_COUNT; id++) {
        bool named = false;
        for (int v = 0; v < VIEW_COUNT; v++) {
            size_t length = strlen(meanings), room = sizeof meanings - length;
            if (action_of_key((view_id)v, key) != (action_id)id)
                continue;
            if (named)
                snprintf(meanings + length, room, ", %s", view_name((view_id)v));
            else
                snprintf(meanings + length, room, "%s%s in %s", length ? "; " : "",
                         action_get((action_id)id)->name, view_name((view_id)v));
            named = true;
        }
    }
    if (meanings[0])
        app_say(a, ROLE_STATUS, "%c is %s; nothing here: ? shows every key", key, meanings);
    else
        app_say(a, ROLE_STATUS, "%c means nothing: ? shows every key", key);
}
