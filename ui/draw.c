#include "ui/draw.h"

#include "src/base/text.h"

#include <curses.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const glyphs[][2] = {
    [GLYPH_ARROW] = {"→", "->"},      [GLYPH_ELLIPSIS] = {"…", "~"}, [GLYPH_TIMES] = {"×", "x"},
    [GLYPH_DOT] = {"·", "."},         [GLYPH_UP] = {"▲", "^"},       [GLYPH_DOWN] = {"▼", "v"},
    [GLYPH_MARK] = {"●", "*"},        [GLYPH_DASH] = {"–", "-"},     [GLYPH_ABOVE] = {"≥", ">="},
    [GLYPH_LAMBDA] = {"λ", "lambda"},
};

const char *draw_glyph(glyph g)
{
    return glyphs[g][text_is_utf8() ? 0 : 1];
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

region region_part(region r, int row, int col, int rows, int cols)
{
    row = row < 0 ? 0 : least(row, r.rows);
    col = col < 0 ? 0 : least(col, r.cols);
    rows = rows < 0 ? 0 : least(rows, r.rows - row);
    cols = cols < 0 ? 0 : least(cols, r.cols - col);
    return (region){r.y + row, r.x + col, rows, cols};
}

/* Columns that are left for something `width` wide at (row, col); 0: it is outside. */
static int room(region r, int row, int col, int width)
{
    if (row < 0 || row >= r.rows || col < 0 || col >= r.cols || width <= 0)
        return 0;
    return least(width, r.cols - col);
}

int draw_text(region r, int row, int col, int width, style s, const char *text)
{
    width = room(r, row, col, width);
    if (width == 0 || !text)
        return 0;
    int used = 0;
    size_t bytes = text_fit(text, width, &used);
    bool cut = text[bytes] != '\0';
    if (cut)
        bytes = text_fit(text, width - 1, &used);
    theme_wear(s);
    mvaddnstr(r.y + row, r.x + col, text, (int)bytes);
    if (cut) {
        addstr(draw_glyph(GLYPH_ELLIPSIS));
        used++;
    }
    return used;
}

/* How many bytes of one of the words stand at `text`; 0: none does. */
static size_t word_at(const char *text, const char *words)
{
    for (const char *at = words; *(at += strspn(at, " "));) {
        size_t length = strcspn(at, " ");
        if (strncasecmp(text, at, length) == 0)
            return length;
        at += length;
    }
    return 0;
}

/* The bytes of the character at the head of cleaned text; *columns: what it takes. */
static size_t character_at(const char *text, int *columns)
{
    char one[8];
    size_t bytes = 1;
    while (bytes + 1 < sizeof one && ((unsigned char)text[bytes] & 0xc0) == 0x80)
        bytes++;
    memcpy(one, text, bytes);
    one[bytes] = '\0';
    *columns = text_width(one);
    return bytes;
}

void draw_found(region r, int row, int col, int width, style s, const char *text,
                const char *words)
{
    width = room(r, row, col, width);
    if (width == 0 || !text || !words[0])
        return;
    int at = 0, columns = 0;
    size_t shown = text_fit(text, width, NULL), bytes = 0, marked = 0;
    if (text[shown])
        shown = text_fit(text, width - 1, NULL); /* an ellipsis stands behind it */
    for (size_t from = 0; from < shown; from += bytes, at += columns) {
        size_t length = from < marked ? 0 : word_at(text + from, words);
        if (length > 0 && from + length <= shown) {
            theme_wear(s);
            mvaddnstr(r.y + row, r.x + col + at, text + from, (int)length);
            marked = from + length;
        }
        bytes = character_at(text + from, &columns);
    }
}

size_t draw_cut(const char *text, int width)
{
    size_t bytes = text_fit(text, width, NULL), cut = bytes;
    if (!text[bytes])
        return bytes;
    while (cut > 0 && text[cut] != ' ')
        cut--;
    return cut < bytes / 2 ? bytes : cut;
}

int draw_wrapped(region r, int row, int width, int lines, style s, const char *text)
{
    int line = 0;
    for (; line < lines - 1; line++) {
        char piece[1024];
        size_t bytes = draw_cut(text, width);
        if (!text[bytes])
            break;
        snprintf(piece, sizeof piece, "%.*s",
                 (int)(bytes < sizeof piece ? bytes : sizeof piece - 1), text);
        draw_text(r, row + line, 0, width, s, piece);
        text += bytes;
        text += *text == ' ';
    }
    draw_text(r, row + line, 0, width, s, text);
    return line + 1;
}

int count_wrapped(int width, int lines, const char *text)
{
    return draw_wrapped((region){0, 0, 0, 0}, 0, width, lines, ROLE_TEXT, text);
}

void draw_right(region r, int row, int col, int width, style s, const char *text)
{
    int wide = text_width(text);
    if (wide <= width) {
        draw_text(r, row, col + width - wide, wide, s, text);
        return;
    }
    char hashes[32];
    int count = least(width, (int)sizeof hashes - 1);
    memset(hashes, '#', (size_t)count);
    hashes[count] = '\0';
    draw_text(r, row, col, count, s, hashes);
}

int draw_format(region r, int row, int col, style s, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return draw_text(r, row, col, r.cols - col, s, text);
}

void draw_ground(region r, int row, int col, int width, style s)
{
    width = room(r, row, col, width);
    if (width == 0)
        return;
    theme_wear(s);
    mvhline(r.y + row, r.x + col, ' ', width);
}

/* The first `eighths` eighths of `width` columns, filled; `empty` behind them, if any. */
static void draw_filled(region r, int row, int col, int width, style s, long eighths,
                        const char *empty)
{
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    theme_wear(s);
    move(r.y + row, r.x + col);
    int full = (int)(eighths / 8);
    int at = 0;
    for (; at < full; at++)
        addstr(text_is_utf8() ? "█" : "#");
    if (at < width && eighths % 8 != 0 && text_is_utf8()) {
        addstr(part[eighths % 8]);
        at++;
    }
    if (empty)
        for (; at < width; at++)
            addstr(empty);
}

static long eighths_of(double fraction, int width)
{
    if (!(fraction > 0))
        return 0;
    if (fraction > 1)
        fraction = 1;
    long eighths = lround(fraction * width * 8);
    if (!text_is_utf8())
        eighths = (eighths + 4) / 8 * 8;
    /* something is never drawn as nothing */
    return eighths > 0 ? eighths : text_is_utf8() ? 1 : 8;
}

void draw_bar(region r, int row, int col, int width, style s, double fraction)
{
    int shown = room(r, row, col, width);
    if (shown > 0)
        draw_filled(r, row, col, shown, s, least((int)eighths_of(fraction, width), shown * 8),
                    NULL);
}

void draw_progress(region r, int row, int col, int width, style s, double fraction)
{
    width = room(r, row, col, width);
    if (width > 0)
        draw_filled(r, row, col, width, s, eighths_of(fraction, width),
                    text_is_utf8() ? "░" : ".");
}

void draw_histogram(region r, int row, int col, int rows, style s, const uint32_t *bins, int n)
{
    static const char *const part[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const plain[] = {" ", ".", ".", ":", ":", ":", "#", "#", "#"};
    uint32_t most = 1;
    for (int i = 0; i < n; i++)
        if (bins[i] > most)
            most = bins[i];
    theme_wear(s);
    for (int i = 0; i < n; i++) {
        if (room(r, row, col + i, 1) == 0)
            continue;
        long eighths = lround((double)bins[i] / most * rows * 8);
        if (eighths == 0 && bins[i] > 0)
            eighths = 1;
        for (int line = 0; line < rows && row + line < r.rows; line++) {
            long here = eighths - 8L * (rows - 1 - line);
            here = here < 0 ? 0 : here > 8 ? 8 : here;
            mvaddstr(r.y + row + line, r.x + col + i, text_is_utf8() ? part[here] : plain[here]);
        }
    }
}

void draw_rule(region r, int row, int col, int width, style s)
{
    width = room(r, row, col, width);
    if (width == 0)
        return;
    theme_wear(s);
    move(r.y + row, r.x + col);
    for (int i = 0; i < width; i++)
        addstr(text_is_utf8() ? "─" : "-");
}

void draw_column(region r, int row, int col, int rows, style s)
{
    theme_wear(s);
    for (int i = 0; i < rows; i++)
        if (room(r, row + i, col, 1) > 0)
            mvaddstr(r.y + row + i, r.x + col, text_is_utf8() ? "│" : "|");
}

region draw_frame(region r, style s, const char *title)
{
    static const char *const corner[2][4] = {{"┌", "┐", "└", "┘"}, {"+", "+", "+", "+"}};
    const char *const *c = corner[text_is_utf8() ? 0 : 1];
    if (r.rows < 2 || r.cols < 2)
        return (region){r.y, r.x, 0, 0};
    for (int row = 0; row < r.rows; row += r.rows - 1)
        draw_rule(r, row, 1, r.cols - 2, s);
    draw_column(r, 1, 0, r.rows - 2, s);
    draw_column(r, 1, r.cols - 1, r.rows - 2, s);
    for (int i = 0; i < 4; i++)
        mvaddstr(r.y + (i / 2) * (r.rows - 1), r.x + (i % 2) * (r.cols - 1), c[i]);
    if (title && r.cols > 6) {
        int used = draw_text(r, 0, 3, r.cols - 6, ROLE_HEAD, title);
        draw_text(r, 0, 2, 1, s, " ");
        draw_text(r, 0, 3 + used, 1, s, " ");
    }
    return region_part(r, 1, 1, r.rows - 2, r.cols - 2);
}
