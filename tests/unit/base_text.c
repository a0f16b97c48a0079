/* Imported text is hostile: whatever comes in, what goes out cannot act on a terminal. */
#include "src/base/memory.h"
#include "src/base/text.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static void utf8(void)
{
    setenv("LC_ALL", "C.UTF-8", 1);
    text_setup();
    cr_assert(text_is_utf8());
}

static void ascii(void)
{
    setenv("LC_ALL", "C", 1);
    text_setup();
    cr_assert(!text_is_utf8());
}

static void expect(const char *raw, const char *shown)
{
    char *clean = text_clean(raw);
    cr_expect_str_eq(clean, shown);
    free(clean);
}

TestSuite(text, .init = utf8);
TestSuite(text_ascii, .init = ascii);

Test(text, plain_text_stays)
{
    expect("pronouns ending in -self", "pronouns ending in -self");
    expect("naïve 日本語 é", "naïve 日本語 é");
    expect("", "");
    expect(NULL, "");
}

Test(text, control_bytes_become_escapes)
{
    expect("a\x1b[2Jb", "a\\x1b[2Jb");
    expect("a\nb\tc\rd", "a\\nb\\tc\\rd");
    expect("\x07\x7f", "\\x07\\x7f");
    expect("\xc2\x9b" "31m", "\\x9b31m"); /* the one-character form of ESC [ */
}

Test(text, invisible_and_reordering_characters_are_named)
{
    expect("a\u202Eb", "a<U+202E>b");
    expect("a\u200Bb", "a<U+200B>b");
    expect("a\uFEFFb", "a<U+FEFF>b");
    expect("\u2028", "<U+2028>");
}

Test(text, broken_utf8_is_shown_byte_by_byte)
{
    expect("\xff\xfe", "\\xff\\xfe");
    expect("\xc3", "\\xc3");
    expect("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a lone surrogate */
    expect("ok\xf0\x9f\x98", "ok\\xf0\\x9f\\x98");
}

/* Every byte pair: nothing below space, no DEL, no C1, whatever the input. */
Test(text, no_pair_of_bytes_gets_a_control_character_through)
{
    for (int a = 1; a < 256; a++)
        for (int b = 1; b < 256; b++) {
            char raw[3] = {(char)a, (char)b, '\0'};
            char *clean = text_clean(raw);
            for (const char *at = clean; *at; at++) {
                unsigned char byte = (unsigned char)*at;
                cr_assert(byte >= 0x20 && byte != 0x7f, "bytes %d %d", a, b);
                cr_assert(!(byte == 0xc2 && (unsigned char)at[1] < 0xa0), "bytes %d %d", a, b);
            }
            free(clean);
        }
}

Test(text, truncation_never_cuts_a_character_or_an_escape)
{
    char out[6];
    cr_expect_eq(text_clean_into(out, sizeof out, "abcé", 5), 5);
    cr_expect_str_eq(out, "abcé");
    cr_expect_eq(text_clean_into(out, sizeof out, "abcdé", 6), 4);
    cr_expect_str_eq(out, "abcd");
    cr_expect_eq(text_clean_into(out, sizeof out, "abc\x1b", 4), 3);
    cr_expect_str_eq(out, "abc");
}

Test(text, width_counts_display_columns)
{
    cr_expect_eq(text_width("abc"), 3);
    cr_expect_eq(text_width("日本"), 4);
    cr_expect_eq(text_width("e\u0301"), 1);
    int used = 0;
    cr_expect_eq(text_fit("日本語", 5, &used), strlen("日本"));
    cr_expect_eq(used, 4);
    cr_expect_eq(text_fit("e\u0301x", 1, &used), strlen("e\u0301"));
}

Test(text_ascii, everything_else_is_named)
{
    expect("é", "<U+00E9>");
    expect("\xff", "\\xff");
}

Test(text, search_ignores_the_case_of_ascii)
{
    cr_expect(text_contains("Pronouns ending in -self", "pronoun"));
    cr_expect(text_contains("abc", ""));
    cr_expect(text_contains("x 日本語", "日本"));
    cr_expect_not(text_contains("abc", "abd"));
}
