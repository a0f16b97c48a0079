/* Fuzzy search: what is found, and what is found first. */
#include "src/base/fuzzy.h"

#include <criterion/criterion.h>

static void better(const char *pattern, const char *one, const char *other)
{
    int first = fuzzy_score(one, pattern), second = fuzzy_score(other, pattern);
    cr_assert_gt(first, second, "'%s': '%s' (%d) before '%s' (%d)", pattern, one, first, other,
                 second);
}

Test(fuzzy, finds_letters_in_order)
{
    cr_assert_gt(fuzzy_score("possessive pronouns", "pspron"), 0);
    cr_assert_gt(fuzzy_score("Possessive Pronouns", "PSpron"), 0);
    cr_assert_gt(fuzzy_score("possessive pronouns", "pos pro"), 0);
    cr_assert_gt(fuzzy_score("日本語の特徴", "日特"), 0);
    cr_assert_eq(fuzzy_score("pronouns", "pronouny"), 0);
    cr_assert_eq(fuzzy_score("pronouns", "nop"), 0);
    cr_assert_eq(fuzzy_score("", "a"), 0);
    cr_assert_eq(fuzzy_score("pronouns", ""), 0);
    cr_assert_eq(fuzzy_score("pronouns", "  "), 0);
}

Test(fuzzy, likes_letters_together_and_beginnings)
{
    better("pron", "pronouns", "parts of reason");
    better("pron", "the pronouns", "apt reason now");
    better("pp", "personal pronouns", "happens");
    better("end", "the end", "seen in adverbs");
    better("noun", "a noun, nouns", "nothing under");
}

Test(fuzzy, takes_the_narrowest_stretch)
{
    /* an early p far away does not count against the word */
    cr_assert_eq(fuzzy_score("p ............ pronoun", "pronoun"),
                 fuzzy_score("x pronoun", "pronoun"));
}

Test(fuzzy, the_mask_never_passes_over_what_is_found)
{
    static const char *const text[] = {"possessive pronouns", "Ends in 123 (x)", "日本語の特徴",
                                       "a\tb", ""};
    static const char *const pattern[] = {"pspron", "e123)", "語",  "日 徴",
                                          "ab",     "x",     "p p", "zq"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        for (size_t j = 0; j < sizeof pattern / sizeof *pattern; j++) {
            uint64_t wanted = fuzzy_mask(pattern[j]);
            if (fuzzy_score(text[i], pattern[j]) > 0)
                cr_assert_eq(fuzzy_mask(text[i]) & wanted, wanted, "'%s' in '%s'", pattern[j],
                             text[i]);
        }
}

Test(fuzzy, slips)
{
    static const char *const slips[][2] = {
        {"layer", "layers"}, {"layer", "laye"}, {"layer", "leyer"},      {"layer", "alyer"},
        {"layer", "laeyr"},  {"layer", "lyer"}, {"blocks.0", "blocks.9"}};
    static const char *const others[][2] = {
        {"layer", "lier"}, {"layer", "reyal"}, {"la", "l"}, {"ab", "ba"}, {"", "x"}};
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        cr_expect(fuzzy_is_slip(slips[i][0], slips[i][1]), "%s", slips[i][1]);
        cr_expect(fuzzy_is_slip(slips[i][1], slips[i][0]), "%s", slips[i][1]);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        cr_expect(!fuzzy_is_slip(others[i][0], others[i][1]), "%s", others[i][1]);
}
