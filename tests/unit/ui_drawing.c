/* Drawing on a terminal that is not there: what lands in which cell, and that nothing lands
 * outside its region. */
#include "src/base/text.h"
#include "ui/draw.h"

#include <criterion/criterion.h>
#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static bool screen_up(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("LINES", "10", 1);
    setenv("COLUMNS", "40", 1);
    text_setup();
    FILE *nowhere = fopen("/dev/null", "r+");
    if (!text_is_utf8() || !newterm("xterm", nowhere, nowhere))
        return false;
    erase();
    return true;
}

/* The characters of a row, without the blanks at its end. */
static const char *row_text(int row)
{
    static char text[512];
    mvinnstr(row, 0, text, sizeof text - 1);
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == ' ')
        text[--length] = '\0';
    return text;
}

Test(drawing, text_is_cut_by_columns)
{
    if (!screen_up())
        return;
    region r = {1, 2, 3, 10};
    cr_assert(draw_text(r, 0, 0, 10, 0, "0123456789") == 10);
    cr_assert_str_eq(row_text(1), "  0123456789");
    cr_assert(draw_text(r, 1, 0, 10, 0, "0123456789a") == 10);
    cr_assert_str_eq(row_text(2), "  012345678…");
    cr_assert(draw_text(r, 2, 7, 10, 0, "abcdef") == 3);
    cr_assert_str_eq(row_text(3), "         ab…");
    endwin();
}

Test(drawing, wide_and_combining_characters_keep_their_columns)
{
    if (!screen_up())
        return;
    region r = {0, 0, 5, 7};
    cr_assert(draw_text(r, 0, 0, 7, 0, "日本語") == 6);
    cr_assert(draw_text(r, 1, 0, 5, 0, "日本語") == 5); /* two of them and the ellipsis */
    cr_assert_str_eq(row_text(1), "日本…");
    cr_assert(draw_text(r, 2, 0, 4, 0, "日本語") == 3); /* never half of one */
    cr_assert_str_eq(row_text(2), "日…");
    cr_assert(draw_text(r, 3, 0, 3, 0, "e\xcc\x81t\xc3\xa9") == 3);
    cr_assert_str_eq(row_text(3), "e\xcc\x81t\xc3\xa9");
    endwin();
}

/* 1040 bytes stand before the second one, in a few columns. */
Test(drawing, found_words_are_marked_however_many_bytes_stand_before_them)
{
    if (!screen_up())
        return;
    region r = {0, 3, 1, 30};
    char text[2048] = "ab 日";
    for (int i = 0; i < 520; i++)
        strcat(text, "\xcc\x81");
    strcat(text, " Bb abc");
    draw_found(r, 0, 0, 30, 0, text, "x b");
    cr_assert_str_eq(row_text(0), "    b    Bb  b");
    erase();
    draw_found(r, 0, 0, 30, 0, text, "");
    cr_assert_str_eq(row_text(0), "");
    endwin();
}

Test(drawing, nothing_lands_outside)
{
    if (!screen_up())
        return;
    region r = {2, 5, 2, 6};
    draw_text(r, -1, 0, 10, 0, "x");
    draw_text(r, 2, 0, 10, 0, "x");
    draw_text(r, 0, 6, 10, 0, "x");
    draw_text(r, 0, -1, 10, 0, "x");
    draw_right(r, 0, 0, 50, 0, "x");
    draw_bar(r, 0, 4, 20, 0, 1.0);
    draw_rule(r, 1, 3, 20, 0);
    draw_ground(r, 1, 8, 20, 0);
    draw_histogram(r, 1, 4, 9, 0, (uint32_t[]){3, 2, 1}, 3);
    cr_assert_str_eq(row_text(1), "");
    cr_assert_str_eq(row_text(4), "");
    cr_assert_str_eq(row_text(2), "         ██");
    cr_assert_str_eq(row_text(3), "        ─█");
    endwin();
}

Test(drawing, bars_are_in_proportion_and_never_vanish)
{
    if (!screen_up())
        return;
    region r = {0, 0, 6, 10};
    draw_bar(r, 0, 0, 10, 0, 0.5);
    cr_assert_str_eq(row_text(0), "█████");
    draw_bar(r, 1, 0, 10, 0, 0.0);
    cr_assert_str_eq(row_text(1), "");
    draw_bar(r, 2, 0, 10, 0, 1e-9);
    cr_assert_str_eq(row_text(2), "▏");
    draw_bar(r, 3, 0, 10, 0, 7.0);
    cr_assert_str_eq(row_text(3), "██████████");
    draw_progress(r, 4, 0, 10, 0, 0.25);
    cr_assert_str_eq(row_text(4), "██▌░░░░░░░");
    endwin();
}

Test(drawing, figures_that_do_not_fit_are_not_cut)
{
    if (!screen_up())
        return;
    region r = {0, 0, 2, 10};
    draw_right(r, 0, 0, 5, 0, "1234");
    cr_assert_str_eq(row_text(0), " 1234");
    draw_right(r, 1, 0, 5, 0, "123456");
    cr_assert_str_eq(row_text(1), "#####");
    endwin();
}

Test(drawing, parts_stay_inside)
{
    region r = {3, 4, 10, 20};
    region p = region_part(r, 2, 5, 100, 100);
    cr_assert(p.y == 5 && p.x == 9 && p.rows == 8 && p.cols == 15);
    p = region_part(r, 50, -3, 2, 2);
    cr_assert(p.rows == 0 && p.x == 4 && p.cols == 2);
    p = region_part(r, 0, 0, -1, 5);
    cr_assert(p.rows == 0);
}

Test(drawing, a_frame_leaves_its_inside)
{
    if (!screen_up())
        return;
    region in = draw_frame((region){0, 0, 3, 12}, 0, "title");
    cr_assert(in.y == 1 && in.x == 1 && in.rows == 1 && in.cols == 10);
    cr_assert_str_eq(row_text(0), "┌─ title ──┐");
    cr_assert_str_eq(row_text(2), "└──────────┘");
    in = draw_frame((region){0, 0, 1, 12}, 0, NULL);
    cr_assert(in.rows == 0 && in.cols == 0);
    endwin();
}
