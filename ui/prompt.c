#include "ui/prompt.h"

#include "src/base/text.h"
#include "ui/action.h"
#include "ui/term.h"

#include <string.h>
#include <wchar.h>

void prompt_set(prompt *p, const char *text)
{
    p->length = text_clean_into(p->text, sizeof p->text, text, strlen(text));
    p->at = p->length;
}

static bool continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static size_t before(const prompt *p, size_t at)
{
    while (at > 0 && continues(p->text[--at]))
        ;
    return at;
}

static size_t after(const prompt *p, size_t at)
{
    if (at < p->length)
        at++;
    while (at < p->length && continues(p->text[at]))
        at++;
    return at;
}

static void cut(prompt *p, size_t from, size_t to)
{
    memmove(p->text + from, p->text + to, p->length - to + 1);
    p->length -= to - from;
    p->at = from;
}

/* A typed character, if it may stand in text as it is. */
static bool insert(prompt *p, int key)
{
    char raw[8], clean[16];
    mbstate_t state = {0};
    size_t bytes = wcrtomb(raw, (wchar_t)key, &state);
    if (bytes == (size_t)-1)
        return false;
    size_t length = text_clean_into(clean, sizeof clean, raw, bytes);
    if (length != bytes || memcmp(raw, clean, bytes) != 0 || p->length + bytes >= PROMPT_LENGTH)
        return false;
    memmove(p->text + p->at + bytes, p->text + p->at, p->length - p->at + 1);
    memcpy(p->text + p->at, raw, bytes);
    p->at += bytes;
    p->length += bytes;
    return true;
}

static size_t word_start(const prompt *p)
{
    size_t at = p->at;
    while (at > 0 && p->text[at - 1] == ' ')
        at--;
    while (at > 0 && p->text[at - 1] != ' ')
        at--;
    return at;
}

enum { CTRL_A = 1, CTRL_E = 5, CTRL_K = 11, CTRL_U = 21, CTRL_W = 23 };

bool prompt_key(prompt *p, int key, bool *edited)
{
    size_t length = p->length;
    bool typed = false;
    switch (key) {
    case PRESSED_LEFT: p->at = before(p, p->at); break;
    case PRESSED_RIGHT: p->at = after(p, p->at); break;
    case PRESSED_HOME:
    case CTRL_A: p->at = 0; break;
    case PRESSED_END:
    case CTRL_E: p->at = p->length; break;
    case PRESSED_BACKSPACE: cut(p, before(p, p->at), p->at); break;
    case PRESSED_DELETE:
        cut(p, p->at, after(p, p->at));
        p->at = p->at > p->length ? p->length : p->at;
        break;
    case CTRL_U: cut(p, 0, p->at); break;
    case CTRL_W: cut(p, word_start(p), p->at); break;
    case CTRL_K: cut(p, p->at, p->length); break;
    default:
        if (key == PRESSED_SPACE)
            key = ' ';
        if (key < ' ' || key >= KEY_NAMED || key == 0x7f)
            return false;
        typed = insert(p, key);
    }
    if (edited)
        *edited = typed || p->length != length;
    return true;
}

void prompt_draw(const prompt *p, region r, int row, int col, int width, style s, bool focused)
{
    if (row >= r.rows || col >= r.cols)
        return;
    if (width > r.cols - col)
        width = r.cols - col;
    /* Begin so far right that the cursor has its column. */
    size_t from = 0;
    int to_cursor = 0;
    char head[PROMPT_LENGTH];
    for (;; from = after(p, from)) {
        memcpy(head, p->text + from, p->at - from);
        head[p->at - from] = '\0';
        to_cursor = text_width(head);
        if (to_cursor < width || from >= p->at)
            break;
    }
    draw_ground(r, row, col, width, s);
    draw_text(r, row, col, width, s, p->text + from);
    if (focused)
        term_cursor(r.y + row, r.x + col + to_cursor);
}
