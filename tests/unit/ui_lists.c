/* The arithmetic of lists, the input line, and figures. */
#include "src/base/text.h"
#include "ui/list.h"
#include "ui/prompt.h"

#include <criterion/criterion.h>
#include <string.h>

static void sound(const list *l)
{
    uint32_t page = (uint32_t)l->page;
    if (l->count == 0) {
        cr_assert(l->cursor == 0 && l->top == 0);
        return;
    }
    cr_assert(l->cursor < l->count);
    cr_assert(l->cursor >= l->top && l->cursor - l->top < page);
    cr_assert(l->top == 0 || l->top + page <= l->count);
}

Test(list, moves_and_counts)
{
    list l = {.page = 10};
    list_set_count(&l, 400000);
    cr_assert(list_act(&l, ACT_DOWN, 0) && l.cursor == 1);
    cr_assert(list_act(&l, ACT_DOWN, 25) && l.cursor == 26);
    cr_assert(list_act(&l, ACT_UP, 1000) && l.cursor == 0);
    cr_assert(list_act(&l, ACT_PAGE_DOWN, 3) && l.cursor == 30 && l.top == 30);
    cr_assert(list_act(&l, ACT_BOTTOM, 0) && l.cursor == 399999);
    cr_assert(list_act(&l, ACT_TOP, 20) && l.cursor == 19);
    cr_assert(list_act(&l, ACT_BOTTOM, 500000) && l.cursor == 399999);
    cr_assert(list_act(&l, ACT_TOP, 0) && l.cursor == 0);
    cr_assert(!list_act(&l, ACT_OPEN, 0));
    sound(&l);
}

Test(list, a_page_keeps_the_cursors_line)
{
    list l = {.page = 10};
    list_set_count(&l, 100);
    list_act(&l, ACT_DOWN, 4);
    list_act(&l, ACT_PAGE_DOWN, 0);
    cr_assert(l.top == 10 && l.cursor == 14);
    list_act(&l, ACT_PAGE_UP, 0);
    cr_assert(l.top == 0 && l.cursor == 4);
}

Test(list, is_sound_after_anything)
{
    static const action_id moves[] = {ACT_DOWN,      ACT_UP,      ACT_PAGE_DOWN, ACT_PAGE_UP,
                                      ACT_HALF_DOWN, ACT_HALF_UP, ACT_TOP,       ACT_BOTTOM};
    static const uint32_t counts[] = {0, 1, 2, 9, 10, 11, 100, 400000, UINT32_MAX};
    uint32_t random = 12345;
    list l = {.page = 7};
    for (int step = 0; step < 100000; step++) {
        random = random * 1664525u + 1013904223u;
        uint32_t what = random >> 24;
        if (what < 8) {
            l.page = 1 + (int)(random >> 8 & 31);
            list_set_count(&l, l.count);
        } else if (what < 16) {
            list_set_count(&l, counts[(random >> 8) % 9]);
        } else if (what < 24) {
            list_go(&l, random);
        } else {
            list_act(&l, moves[what % 8], (int)(random >> 8 & 15) * 3);
        }
        sound(&l);
    }
}

Test(list, shrinking_keeps_what_it_can)
{
    list l = {.page = 10};
    list_set_count(&l, 100);
    list_go(&l, 50);
    cr_assert(l.cursor == 50 && l.top == 45);
    list_set_count(&l, 60);
    cr_assert(l.cursor == 50 && l.top == 45);
    list_set_count(&l, 3);
    cr_assert(l.cursor == 2 && l.top == 0);
    list_set_count(&l, 0);
    sound(&l);
}

static void type(prompt *p, const char *text)
{
    while (*text)
        cr_assert(prompt_key(p, (unsigned char)*text++, NULL));
}

Test(prompt, edits)
{
    prompt p;
    bool edited = false;
    prompt_set(&p, "");
    type(&p, "one two");
    cr_assert_str_eq(p.text, "one two");
    cr_assert(prompt_key(&p, PRESSED_HOME, &edited) && !edited);
    type(&p, "x");
    cr_assert(prompt_key(&p, PRESSED_DELETE, &edited) && edited);
    cr_assert_str_eq(p.text, "xne two");
    prompt_key(&p, PRESSED_END, NULL);
    prompt_key(&p, 23, NULL); /* ^W */
    cr_assert_str_eq(p.text, "xne ");
    prompt_key(&p, PRESSED_BACKSPACE, NULL);
    prompt_key(&p, PRESSED_LEFT, NULL);
    prompt_key(&p, 11, NULL); /* ^K */
    cr_assert_str_eq(p.text, "xn");
    prompt_key(&p, 21, NULL); /* ^U */
    cr_assert_str_eq(p.text, "");
    cr_assert(prompt_key(&p, PRESSED_BACKSPACE, &edited) && !edited);
    cr_assert(!prompt_key(&p, PRESSED_UP, NULL) && !prompt_key(&p, PRESSED_TAB, NULL));
}

Test(prompt, never_overflows_nor_takes_control_characters)
{
    prompt p;
    prompt_set(&p, "");
    for (int i = 0; i < 1000; i++)
        prompt_key(&p, 'a', NULL);
    cr_assert(p.length == PROMPT_LENGTH - 1 && strlen(p.text) == p.length);
    prompt_set(&p, "\033[2J");
    cr_assert(!strchr(p.text, '\033'));
    prompt_set(&p, "");
    prompt_key(&p, 0x202e, NULL); /* right-to-left override */
    prompt_key(&p, 0x9b, NULL);
    cr_assert(p.length == 0);
}

static void figure(double x, const char *expected)
{
    char out[24];
    cr_assert_str_eq(show_figure(out, x), expected, "%g: %s, not %s", x, out, expected);
    cr_assert(strlen(out) <= 8, "%s", out);
}

Test(figures, have_three_digits)
{
    figure(0, "0");
    figure(0.000912345, "0.000912");
    figure(0.00142, "0.00142");
    figure(0.0803, "0.0803");
    figure(0.4567, "0.457");
    figure(-1.25, "-1.250");
    figure(12.345, "12.35");
    figure(-123.45, "-123.5");
    figure(12345, "12345");
    figure(3e-7, "3.0e-07");
    figure(-3e-7, "-3.0e-07");
    figure(1e9, "1.0e+09");
}

Test(figures, of_all_kinds)
{
    char out[24];
    cr_assert_str_eq(show_count(out, 0), "0");
    cr_assert_str_eq(show_count(out, 999), "999");
    cr_assert_str_eq(show_count(out, 1234567), "1,234,567");
    cr_assert(strlen(show_count(out, UINT64_MAX)) < 24);
    cr_assert_str_eq(show_short(out, 9999), "9999");
    cr_assert_str_eq(show_short(out, 12345), "12k");
    cr_assert_str_eq(show_short(out, 1234567), "1.2M");
    cr_assert(strlen(show_short(out, UINT64_MAX)) <= 5);
    cr_assert_str_eq(show_share(out, 0), "0%");
    cr_assert_str_eq(show_share(out, 0.00002), "<0.01%");
    cr_assert_str_eq(show_share(out, 0.0012), "0.12%");
    cr_assert_str_eq(show_share(out, 0.016), "1.6%");
    cr_assert_str_eq(show_share(out, 1), "100%");
    cr_assert_str_eq(show_seconds(out, 0.44), "0.4 s");
    cr_assert_str_eq(show_seconds(out, 59.4), "59 s");
    cr_assert_str_eq(show_seconds(out, 200), "3:20");
    cr_assert_str_eq(show_seconds(out, 7800), "2 h 10");
    cr_assert_str_eq(show_seconds(out, -1), "?");
}
