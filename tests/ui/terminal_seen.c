/* What a person sees of a terminal. */
#include "tests/ui/terminal_own.h"

#include "src/base/memory.h"
#include "tests/ui/svg.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t put_utf8(char *out, uint32_t c)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | (c >> 6));
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | (c >> 12));
        out[1] = (char)(0x80 | ((c >> 6) & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (c >> 18));
    out[1] = (char)(0x80 | ((c >> 12) & 0x3F));
    out[2] = (char)(0x80 | ((c >> 6) & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

/* The text of one row; column (may be NULL) gets the column in which each byte stands. */
static size_t row_text(const terminal *t, int row, char *out, int *column)
{
    size_t length = 0, solid = 0;
    for (int col = 0; col < t->columns;) {
        VTermScreenCell cell;
        vterm_screen_get_cell(t->screen, (VTermPos){row, col}, &cell);
        size_t start = length;
        if (cell.chars[0] == 0 || cell.chars[0] == (uint32_t)-1)
            out[length++] = ' ';
        for (int i = 0;
             i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != (uint32_t)-1; i++)
            length += put_utf8(out + length, cell.chars[i]);
        for (size_t i = start; column && i < length; i++)
            column[i] = col;
        if (out[start] != ' ' || length - start > 1)
            solid = length;
        col += cell.width > 1 ? cell.width : 1;
    }
    out[solid] = '\0';
    return solid;
}

static size_t row_room(const terminal *t)
{
    return (size_t)t->columns * VTERM_MAX_CHARS_PER_CELL * 4 + 2;
}

char *terminal_text(const terminal *t)
{
    char *text = mem_alloc((size_t)t->rows * row_room(t) + 1);
    size_t length = 0;
    for (int row = 0; row < t->rows; row++) {
        length += row_text(t, row, text + length, NULL);
        text[length++] = '\n';
    }
    text[length] = '\0';
    return text;
}

static bool cell_looks(const VTermScreenCell *cell, terminal_look look)
{
    bool reverse = cell->attrs.reverse, bold = cell->attrs.bold || cell->attrs.underline;
    bool colour = !VTERM_COLOR_IS_DEFAULT_FG(&cell->fg) || !VTERM_COLOR_IS_DEFAULT_BG(&cell->bg);
    switch (look) {
    case LOOK_REVERSE: return reverse;
    case LOOK_BOLD: return bold;
    case LOOK_COLOUR: return colour;
    case LOOK_STANDS_OUT: break;
    }
    return reverse || bold || colour;
}

bool terminal_find(const terminal *t, const char *text, int *row, int *column)
{
    char *line = mem_alloc(row_room(t));
    int *columns = mem_alloc(row_room(t) * sizeof *columns);
    bool found = false;
    for (*row = 0; *row < t->rows && !found; *row += !found) {
        row_text(t, *row, line, columns);
        const char *at = strstr(line, text);
        found = at != NULL;
        if (found)
            *column = columns[at - line];
    }
    free(line);
    free(columns);
    return found;
}

bool terminal_looks(const terminal *t, const char *text, terminal_look look)
{
    char *line = mem_alloc(row_room(t));
    int *column = mem_alloc(row_room(t) * sizeof *column);
    bool found = false;
    for (int row = 0; row < t->rows && !found; row++) {
        row_text(t, row, line, column);
        for (const char *at = line; (at = strstr(at, text)) && !found; at++) {
            found = true;
            for (size_t i = 0; i < strlen(text); i++) {
                VTermScreenCell cell;
                VTermPos where = {row, column[(size_t)(at - line) + i]};
                vterm_screen_get_cell(t->screen, where, &cell);
                found = found && cell_looks(&cell, look);
            }
        }
    }
    free(line);
    free(column);
    return found;
}

bool terminal_has_colour(const terminal *t)
{
    for (int row = 0; row < t->rows; row++)
        for (int col = 0; col < t->columns; col++) {
            VTermScreenCell cell;
            vterm_screen_get_cell(t->screen, (VTermPos){row, col}, &cell);
            if (cell_looks(&cell, LOOK_COLOUR))
                return true;
        }
    return false;
}

bool terminal_picture(const terminal *t, const char *path)
{
    return svg_write(t->screen, t->rows, t->columns, path);
}
