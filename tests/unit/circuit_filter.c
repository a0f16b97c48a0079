/* Filter expressions: what passes, and what a wrong one says. */
#include "src/circuit/filter.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const filter_facts noun = {.figure = {[FILTER_INDEX] = 17,
                                             [FILTER_DENSITY] = 0.002,
                                             [FILTER_ACTIVE] = 40,
                                             [FILTER_MEAN] = 0.5,
                                             [FILTER_SD] = 0.25,
                                             [FILTER_MAX] = 2,
                                             [FILTER_IN] = 4,
                                             [FILTER_OUT] = 0},
                                  .label = "Personal pronouns, he",
                                  .tags = "check odd",
                                  .pinned = true};

static bool passes(const char *text)
{
    filter f = {.count = 0};
    error err = {0};
    cr_assert_eq(filter_parse(&f, text, &err), STATUS_OK, "%s: %s", text, err.message);
    return filter_passes(&f, &noun);
}

Test(filter, passes_what_holds)
{
    static const char *const holds[] = {"",
                                        "  ",
                                        "density>0.001",
                                        "density>0.1%",
                                        "in>3 out<5 max>=2",
                                        "max=2",
                                        "index!=3",
                                        "label~pronoun",
                                        "label~PRONOUN",
                                        "label~\"personal pro\"",
                                        "tag:check",
                                        "tag:odd pin",
                                        "!tag:strange",
                                        "!out>0",
                                        "labelled",
                                        "sd<=.25 mean<1e3",
                                        "active>-1"};
    static const char *const fails[] = {"density<0.001",    "in>3 out>5", "max>2",    "index=18",
                                        "label~noun max>3", "label~verb", "tag:chec", "!pin",
                                        "!labelled",        "mean!=0.5"};
    for (size_t i = 0; i < sizeof holds / sizeof *holds; i++)
        cr_assert(passes(holds[i]), "%s", holds[i]);
    for (size_t i = 0; i < sizeof fails / sizeof *fails; i++)
        cr_assert(!passes(fails[i]), "%s", fails[i]);
}

Test(filter, a_feature_without_anything_passes_nothing_but_turned_terms)
{
    filter f;
    filter_facts bare = {.pinned = false};
    cr_assert_eq(filter_parse(&f, "!pin !label~x !tag:y !labelled in=0", NULL), STATUS_OK);
    cr_assert(filter_passes(&f, &bare));
    cr_assert_eq(filter_parse(&f, "label~x", NULL), STATUS_OK);
    cr_assert(!filter_passes(&f, &bare));
}

Test(filter, a_wrong_one_says_what_was_expected)
{
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"dense>3", "no column 'dense': expected index, density"},
        {"density", "expected > >= < <= = or != and a number after density"},
        {"density~3", "expected > >= < <= = or !="},
        {"density>", "'density>': expected a number after density>"},
        {"in>3x", "expected a number after in>"},
        {"max>%", "expected a number after max>"},
        {"label=he", "expected label~word"},
        {"label~", "expected a word"},
        {"label~\"\"", "expected a word"},
        {"tag~odd", "expected tag:word"},
        {"!", "no column ''"},
        {"pin>3", "no column 'pin'"},
        {"in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1 in>1",
         "more than 16 terms"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        filter f = {.count = 7};
        error err = {0};
        cr_assert_eq(filter_parse(&f, wrong[i].text, &err), STATUS_INPUT, "%s", wrong[i].text);
        cr_assert(strstr(err.message, wrong[i].said), "%s: %s", wrong[i].text, err.message);
        cr_assert_eq(f.count, 7, "the old filter stays");
    }
}

Test(filter, knows_what_it_looks_at)
{
    filter f;
    filter_parse(&f, "density>0 label~x", NULL);
    cr_assert(!f.by_degree && !f.by_note);
    filter_parse(&f, "out>0 pin", NULL);
    cr_assert(f.by_degree && f.by_note);
}

Test(filter, terms_of_edges_know_their_end)
{
    edge_filter f;
    error err = {0};
    cr_assert_eq(edge_filter_parse(&f, "tag:odd !from.pin to.label~\"a b\" from.density>1%", &err),
                 STATUS_OK, "%s", err.message);
    cr_assert(f.either.count == 1 && f.source.count == 2 && f.target.count == 1);
    filter_facts plain = {.figure = {[FILTER_DENSITY] = 0.02}, .label = "x a b"};
    filter_facts pinned = plain;
    pinned.pinned = true;
    cr_assert(filter_passes(&f.source, &plain) && !filter_passes(&f.source, &pinned));
    cr_assert(filter_passes(&f.target, &plain));
    plain.label = "ab";
    cr_assert(!filter_passes(&f.target, &plain));
    cr_assert(!filter_passes(&f.either, &plain));
    plain.tags = "even odd";
    cr_assert(filter_passes(&f.either, &plain));
    cr_assert_eq(edge_filter_parse(&f, "to.dense>3", &err), STATUS_INPUT);
    cr_assert(strstr(err.message, "no column 'dense'"), "%s", err.message);
    cr_assert_eq(f.source.count, 2, "the old filter stays");
}

Test(filter, terms_that_look_at_the_edge_itself)
{
    edge_filter f;
    error err = {0};
    cr_assert_eq(edge_filter_parse(&f, "stable>=80% !stable>0.95 from.pin", &err), STATUS_OK);
    cr_assert(edge_filter_asks(&f, EDGE_STABLE) && !edge_filter_asks(&f, EDGE_FDR));
    cr_assert(edge_filter_passes(&f, (double[]){0.8, NAN, NAN}));
    cr_assert(edge_filter_passes(&f, (double[]){0.95, NAN, NAN}));
    cr_assert(!edge_filter_passes(&f, (double[]){0.79, NAN, NAN}));
    cr_assert(!edge_filter_passes(&f, (double[]){0.96, NAN, NAN}));
    cr_assert(!edge_filter_passes(&f, (double[]){NAN, 0.01, NAN}), "not known: it does not pass");
    cr_assert_eq(edge_filter_parse(&f, "!fdr>5%", &err), STATUS_OK);
    cr_assert(edge_filter_passes(&f, (double[]){NAN, 0.05, NAN}));
    cr_assert(!edge_filter_passes(&f, (double[]){0.9, 0.06, NAN}));
    cr_assert(!edge_filter_passes(&f, (double[]){0.9, NAN, NAN}), "not known: it does not pass");
    cr_assert_eq(edge_filter_parse(&f, "regression>=0.25", &err), STATUS_OK);
    cr_assert(edge_filter_asks(&f, EDGE_REGRESSION));
    cr_assert(edge_filter_passes(&f, (double[]){NAN, NAN, 0.25}));
    cr_assert(!edge_filter_passes(&f, (double[]){NAN, NAN, 0.2}));
    cr_assert(!edge_filter_passes(&f, (double[]){1, 0, NAN}), "only the wiring speaks for it");
    cr_assert_eq(edge_filter_parse(&f, "stable>x", &err), STATUS_INPUT);
    cr_assert(strstr(err.message, "expected a number after stable>"), "%s", err.message);
    cr_assert_eq(edge_filter_parse(&f, "from.pin from.in>2", &err), STATUS_OK);
    cr_assert(edge_filter_passes(&f, (double[]){NAN, NAN, NAN}));
}
