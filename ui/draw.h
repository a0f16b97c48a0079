/* Drawing on the terminal: everything that is put on the screen goes through here, by display
 * columns, clipped to a region. Text must have gone through text_clean. */
#ifndef UI_DRAW_H
#define UI_DRAW_H

#include "ui/theme.h"

#include <stdint.h>

typedef struct region {
    int y, x, rows, cols;
} region;

/* The part of r from (row, col) on, at most rows x cols; never outside r, perhaps empty. */
region region_part(region r, int row, int col, int rows, int cols);

/* Text at (row, col) of r, at most `width` columns (and never beyond r); cut text ends in an
 * ellipsis. Returns the columns taken. row or col outside r draws nothing. */
int draw_text(region r, int row, int col, int width, style s, const char *text);

/* How many bytes of a text go on one line of `width` columns: up to a blank where that can be. */
size_t draw_cut(const char *text, int width);

/* Text over `lines` lines at most, parted at blanks where it can be; the last one ends in an
 * ellipsis when there is more. Returns the lines taken, at least one. */
int draw_wrapped(region r, int row, int width, int lines, style s, const char *text);
/* The same without drawing. */
int count_wrapped(int width, int lines, const char *text);

/* Marks where words (apart by blanks, ASCII letters without case) stand in the text that draw_text
 * has just drawn at the same place and width. */
void draw_found(region r, int row, int col, int width, style s, const char *text,
                const char *words);

/* Right-aligned in `width` columns; a figure that does not fit becomes `#`s. */
void draw_right(region r, int row, int col, int width, style s, const char *text);

/* printf, then draw_text to the end of the region. Returns the columns taken. */
int draw_format(region r, int row, int col, style s, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Blanks columns [col, col + width) of a row in a style: the cursor's bar, a line's ground. */
void draw_ground(region r, int row, int col, int width, style s);

/* A bar of fraction (0 to 1) of `width` columns: eighths of a block in UTF-8, `#` otherwise. */
void draw_bar(region r, int row, int col, int width, style s, double fraction);

/* The same, with what is not filled drawn too: for progress. */
void draw_progress(region r, int row, int col, int width, style s, double fraction);

/* A histogram of n bins, `rows` rows high, from (row, col) of r on, one column a bin. */
void draw_histogram(region r, int row, int col, int rows, style s, const uint32_t *bins, int n);

void draw_rule(region r, int row, int col, int width, style s);  /* horizontal */
void draw_column(region r, int row, int col, int rows, style s); /* vertical */

/* A frame round the region, a title in its upper edge (NULL: none); returns what is inside. */
region draw_frame(region r, style s, const char *title);

/* Glyphs that have an ASCII stand-in. */
typedef enum glyph {
    GLYPH_ARROW,    /* right arrow, -> */
    GLYPH_ELLIPSIS, /* ... in one column, ~ */
    GLYPH_TIMES,    /* multiplication sign, x */
    GLYPH_DOT,      /* middle dot, . */
    GLYPH_UP,       /* triangle up, ^ : ascending */
    GLYPH_DOWN,     /* triangle down, v */
    GLYPH_MARK,     /* a picked row, * */
    GLYPH_DASH,     /* an empty cell, - */
    GLYPH_ABOVE,    /* at or above, >= */
    GLYPH_LAMBDA    /* lambda, "lambda" */
} glyph;
const char *draw_glyph(glyph g);

/* Figures as people read them; out holds at least 24 bytes. All return out. */
char *show_count(char *out, uint64_t n);       /* 1,234,567 */
char *show_short(char *out, uint64_t n);       /* 1.2M: at most 5 columns */
char *show_figure(char *out, double x);        /* 3 significant digits, at most 8 columns */
char *show_share(char *out, double fraction);  /* 12%, 3.1%, 0.02%: at most 6 columns */
char *show_seconds(char *out, double seconds); /* 0.4 s, 12 s, 3:20, 2 h 10: at most 7 columns */

#endif
