/* Line files of effects and edges, and archives of effects. */
#include "src/formats/edge_list.h"
#include "src/formats/effects.h"
#include "tests/unit/folder_fixture.h"

#include <math.h>

TestSuite(formats_effects, .init = set_up, .fini = tear_down);

#define HEADING "source\ttarget\teffect\tn_active\n"

static status sum_effects(const char *text, double *sum, error *err)
{
    effects *e;
    scratch_write_text(scratch, "e.tsv", text);
    status code = effects_open(&e, &here, "e.tsv", 10, 20, err);
    for (*sum = 0; code == STATUS_OK;) {
        effect_line line;
        bool more;
        code = effects_next(e, &line, &more, err);
        if (code != STATUS_OK || !more)
            break;
        *sum += line.source + 100.0 * line.target + 1e4 * line.active + line.effect;
    }
    effects_close(e);
    return code;
}

Test(formats_effects, effects_and_what_is_wrong_with_them)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "'e.tsv': line 1: expected the heading"},
        {"a\tb\n", "line 1: expected the heading"},
        {HEADING "1\t2\t0.5\n", "line 2: 3 fields, expected 4"},
        {HEADING "1\t2\t0.5\t1\t1\n", "line 2: 5 fields, expected 4"},
        {HEADING "10\t2\t0.5\t1\n", "line 2: source feature '10', expected a number from 0 to 9"},
        {HEADING "1\t20\t0.5\t1\n", "line 2: target feature '20', expected a number from 0 to 19"},
        {HEADING "1\t2\tx\t1\n", "line 2: effect 'x', expected a finite number"},
        {HEADING "1\t2\tnan\t1\n", "line 2: effect 'nan', expected a finite number"},
        {HEADING "1\t2\t0\t-1\n", "line 2: n_active '-1', expected a number"},
    };
    double sum;
    error err = {0};
    cr_expect_eq(sum_effects(HEADING "1\t2\t0.5\t3\n\n9\t19\t-0.25\t4\n", &sum, &err), STATUS_OK,
                 "%s", err.message);
    cr_expect_float_eq(sum, 10 + 2100 + 7e4 + 0.25, 1e-9);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        err = (error){0};
        cr_expect_eq(sum_effects(cases[i].text, &sum, &err), STATUS_INPUT);
        expect_message(&err, cases[i].message);
    }
}

/* An archive of the fixtures as a table: "source target effect active; ..." */
static status read_archive(const char *file, char *told, size_t capacity, error *err)
{
    folder archives;
    effects *e = NULL;
    size_t used = 0;
    bool more = true;
    *err = (error){0};
    told[0] = '\0';
    cr_assert_eq(folder_open_parent(&archives, "tests/unit/fixtures/effects/x", false, err),
                 STATUS_OK);
    status code = effects_open(&e, &archives, file, 10, 4, err);
    while (code == STATUS_OK && more && used < capacity) {
        effect_line line;
        code = effects_next(e, &line, &more, err);
        if (code == STATUS_OK && more)
            used += (size_t)snprintf(told + used, capacity - used, "%u %u %g %u; ", line.source,
                                     line.target, line.effect, line.active);
    }
    if (code == STATUS_OK)
        cr_expect_float_eq(effects_fraction(e), 1, 1e-12);
    effects_close(e);
    folder_close(&archives);
    return code;
}

/* Feature 0 moved nothing, and still was removed. */
Test(formats_effects, effects_in_archives)
{
    static const struct {
        const char *file, *told;
    } good[] = {
        {"good.npz", "7 1 -0.5 11; 7 2 0.25 11; 0 0 0 0; 3 0 1 5; 3 3 2 5; "},
        {"other-names.npz", "7 1 -0.5 11; 7 2 0.25 11; 0 0 0 0; 3 0 1 5; 3 3 2 5; "},
        {"no-active.npz", "7 1 -0.5 0; 7 2 0.25 0; 0 0 0 0; 3 0 1 0; 3 3 2 0; "},
    };
    static const struct {
        const char *file, *message;
    } wrong[] = {
        {"bad-no-features.npz", "no entry 'features.npy'"},
        {"bad-no-effect.npz", "neither an entry 'effect.npy' nor 'effect_same_token.npy'"},
        {"bad-feature.npz", "number 1 is 10, expected a feature from 0 to 9"},
        {"bad-negative.npz", "number 1 is -1, expected a feature from 0 to 9"},
        {"bad-twice.npz", "feature 7 is there twice"},
        {"bad-real-features.npz", "1 dimensions of float64, expected a list of whole numbers"},
        {"bad-many.npz", "11 numbers, expected 1 to 10"},
        {"bad-none.npz", "0 numbers, expected 1 to 10"},
        {"bad-rows.npz", "2 x 4, of float32; expected numbers, 3 removed features x 4 features"},
        {"bad-columns.npz",
         "3 x 3, of float32; expected numbers, 3 removed features x 4 features"},
        {"bad-list.npz", "1 dimensions, 12 x 1"},
        {"bad-order.npz", "columns first (fortran_order), expected rows first"},
        {"bad-nan.npz", "row 2, column 3 is not a finite number"},
        {"bad-active.npz", "2 numbers, expected 3"},
        {"bad-active-negative.npz", "number 0 is -11, expected a number of samples"},
        {"bad-cut.npz", "not a sound .npz archive"},
        {"bad-not-zip.npz", "not a sound .npz archive"},
        {"bad-pickle.npz", "holds pickled Python objects, which are never read"},
        {"none.npz", "cannot open 'none.npz'"},
    };
    char told[512];
    error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_eq(read_archive(good[i].file, told, sizeof told, &err), STATUS_OK, "%s",
                     err.message);
        cr_expect_str_eq(told, good[i].told, "%s", good[i].file);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(read_archive(wrong[i].file, told, sizeof told, &err), STATUS_INPUT, "%s",
                     wrong[i].file);
        expect_message(&err, wrong[i].message);
    }
}

static status join_edges(const char *text, char *told, size_t capacity, error *err)
{
    edge_list *e = NULL;
    size_t used = 0;
    bool more = true;
    *err = (error){0};
    told[0] = '\0';
    scratch_write_text(scratch, "e.tsv", text);
    status code = edge_list_open(&e, &here, "e.tsv", "weight", err);
    while (code == STATUS_OK && more && used < capacity) {
        edge_line line;
        code = edge_list_next(e, &line, &more, err);
        if (code == STATUS_OK && more)
            used += (size_t)snprintf(told + used, capacity - used, "%s %s %g; ", line.source,
                                     line.target, line.strength);
    }
    edge_list_close(e);
    return code;
}

Test(formats_effects, edges_and_what_is_wrong_with_them)
{
    static const char *const good[] = {
        "{\"source\": \"a/1\", \"weight\": 0.5, \"target\": \"b/2\"}\n\n"
        "{\"target\": \"b/3\", \"weight\": -2, \"source\": \"a/1\", \"more\": []}\n",
        "\nweight\tx\tsource\ttarget\n0.5\t\ta/1\tb/2\n-2\tno\ta/1\tb/3\n",
    };
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"", "no edges in it"},
        {"source\ttarget\n", "line 1: no column 'weight'"},
        {"source\tweight\n", "line 1: no column 'target'"},
        {"source\ttarget\tweight\na\tb\n", "line 2: 2 fields, expected 3"},
        {"source\ttarget\tweight\na\tb\tinf\n", "line 2: weight 'inf', expected a finite number"},
        {"{\"source\": \"a\", \"target\": \"b\"}\n", "line 1: expected \"source\" and \"target\""},
        {"{\"source\": 1, \"target\": \"b\", \"weight\": 1}\n", "line 1: expected \"source\""},
        {"{\"source\": \"a\", \"target\": \"b\", \"weight\": 1}\nx\n", "line 2: "},
    };
    char told[256];
    error err;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_eq(join_edges(good[i], told, sizeof told, &err), STATUS_OK, "%s", err.message);
        cr_expect_str_eq(told, "a/1 b/2 0.5; a/1 b/3 -2; ");
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(join_edges(wrong[i].text, told, sizeof told, &err), STATUS_INPUT, "%s",
                     wrong[i].text);
        expect_message(&err, wrong[i].message);
    }
}
