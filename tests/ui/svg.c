#include "tests/ui/svg.h"

#include <stdio.h>
#include <string.h>

/* Of a character cell and the margin, in pixels. */
enum { WIDTH = 8, HEIGHT = 17, BASELINE = 13, MARGIN = 10 };

static const char page[] = "#16181d";
static const char ink[] = "#d5d8de";

/* A colour of the emulator as #rrggbb; `standard` for the terminal's own. */
static void colour_name(const VTermScreen *screen, VTermColor colour, bool is_standard,
                        const char *standard, char name[8])
{
    if (is_standard) {
        memcpy(name, standard, 8);
        return;
    }
    vterm_screen_convert_color_to_rgb(screen, &colour);
    snprintf(name, 8, "#%02x%02x%02x", colour.rgb.red, colour.rgb.green, colour.rgb.blue);
}

typedef struct look {
    char front[8], back[8];
    bool bold, underline;
} look;

static look look_of(const VTermScreen *screen, const VTermScreenCell *cell)
{
    look l = {.bold = cell->attrs.bold, .underline = cell->attrs.underline != 0};
    colour_name(screen, cell->fg, VTERM_COLOR_IS_DEFAULT_FG(&cell->fg), ink, l.front);
    colour_name(screen, cell->bg, VTERM_COLOR_IS_DEFAULT_BG(&cell->bg), page, l.back);
    if (cell->attrs.reverse) {
        char swap[8];
        memcpy(swap, l.front, sizeof swap);
        memcpy(l.front, l.back, sizeof swap);
        memcpy(l.back, swap, sizeof swap);
    }
    return l;
}

static void put_character(FILE *out, uint32_t c)
{
    if (c == '<')
        fputs("&lt;", out);
    else if (c == '&')
        fputs("&amp;", out);
    else if (c < 0x80)
        fputc((int)c, out);
    else
        fprintf(out, "&#x%x;", (unsigned)c);
}

static void put_row(FILE *out, VTermScreen *screen, int row, int columns)
{
    for (int col = 0; col < columns;) {
        VTermScreenCell cell;
        vterm_screen_get_cell(screen, (VTermPos){row, col}, &cell);
        look first = look_of(screen, &cell);
        int end = col;
        bool blank = true;
        /* cells of one look make one run */
        for (; end < columns; end++) {
            vterm_screen_get_cell(screen, (VTermPos){row, end}, &cell);
            look here = look_of(screen, &cell);
            if (memcmp(&here, &first, sizeof here) != 0)
                break;
            blank = blank && (cell.chars[0] == 0 || cell.chars[0] == ' ');
        }
        int x = MARGIN + col * WIDTH;
        int y = MARGIN + row * HEIGHT;
        if (strcmp(first.back, page) != 0)
            fprintf(out, "<rect x='%d' y='%d' width='%d' height='%d' fill='%s'/>", x, y,
                    (end - col) * WIDTH, HEIGHT, first.back);
        if (!blank) {
            fprintf(out, "<text x='%d' y='%d' textLength='%d' fill='%s'%s%s>", x, y + BASELINE,
                    (end - col) * WIDTH, first.front, first.bold ? " font-weight='bold'" : "",
                    first.underline ? " text-decoration='underline'" : "");
            for (int at = col; at < end; at++) {
                vterm_screen_get_cell(screen, (VTermPos){row, at}, &cell);
                if (cell.chars[0] == (uint32_t)-1)
                    continue; /* the second half of a wide character */
                put_character(out, cell.chars[0] ? cell.chars[0] : ' ');
                for (int i = 1; cell.chars[0] && i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i];
                     i++)
                    put_character(out, cell.chars[i]);
            }
            fputs("</text>", out);
        }
        col = end;
    }
    fputc('\n', out);
}

bool svg_write(VTermScreen *screen, int rows, int columns, const char *path)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return false;
    int width = 2 * MARGIN + columns * WIDTH;
    int height = 2 * MARGIN + rows * HEIGHT;
    fprintf(out,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' viewBox='0 0 %d %d' "
            "xml:space='preserve' font-family='DejaVu Sans Mono, Menlo, Consolas, monospace' "
            "font-size='13'>\n<rect width='100%%' height='100%%' rx='6' fill='%s'/>\n",
            width, height, width, height, page);
    for (int row = 0; row < rows; row++)
        put_row(out, screen, row, columns);
    fputs("</svg>\n", out);
    return fclose(out) == 0;
}
