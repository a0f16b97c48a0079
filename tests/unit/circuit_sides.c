/* Fits of a study, of another study, and edges from elsewhere as sides of a comparison. */
#include "src/circuit/compare.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>

typedef struct opened {
    char *path;
    db *d;
    layer_set layers;
} opened;

static opened one, two;

static void expect(status code, const error *err)
{
    cr_assert_eq(code, STATUS_OK, "%s", err->message);
}

static void open_study(opened *s)
{
    error err = {0};
    s->path = fixture_study();
    expect(db_open(&s->d, s->path, DB_WRITE, &err), &err);
    expect(layer_list(s->d, &s->layers, &err), &err);
}

static void close_study(opened *s)
{
    layer_set_release(&s->layers);
    db_close(s->d);
    fixture_remove(s->path);
}

static void open_both(void)
{
    open_study(&one);
    open_study(&two);
}

static void close_both(void)
{
    close_study(&one);
    close_study(&two);
}

TestSuite(sides, .init = open_both, .fini = close_both);

/* A fit of two pairs with the edges from s to t where (s + t) is a multiple of `step`. */
static int64_t make_fit(const opened *s, uint32_t step, double scale)
{
    error err = {0};
    fit_pair pair[2];
    for (uint32_t p = 0; p < 2; p++)
        pair[p] = (fit_pair){.source_layer = s->layers.item[p].id,
                             .target_layer = s->layers.item[p + 1].id,
                             .targets = FIXTURE_FEATURES};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.1,
             .tolerance = 1e-6,
             .state = FIT_QUEUED,
             .data_hash = (char[]){"x"},
             .pair = pair,
             .pair_count = 2};
    expect(fit_add(s->d, &f, &err), &err);
    for (uint32_t p = 0; p < 2; p++) {
        fit_target done[FIXTURE_FEATURES];
        edge edges[FIXTURE_FEATURES * FIXTURE_FEATURES];
        uint64_t count = 0;
        for (uint32_t t = 0; t < FIXTURE_FEATURES; t++) {
            done[t] = (fit_target){.feature = t, .state = "converged"};
            for (uint32_t from = 0; from < FIXTURE_FEATURES; from++)
                if ((from + t) % step == 0)
                    edges[count++] = (edge){.source = from,
                                            .target = t,
                                            .weight = scale * (1 + from),
                                            .standardised = -scale,
                                            .removal = scale * (from + 100 * t),
                                            .wired = NAN};
        }
        expect(fit_add_block(s->d, f.pair[p].id, done, FIXTURE_FEATURES, edges, count, 1, &err),
               &err);
    }
    return f.id;
}

/* Edges where the sum of two features is a multiple of step. */
static uint64_t edges_of(uint32_t step)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < FIXTURE_FEATURES * FIXTURE_FEATURES; i++)
        count += (i / FIXTURE_FEATURES + i % FIXTURE_FEATURES) % step == 0;
    return count;
}

Test(sides, two_fits_of_a_study)
{
    error err = {0};
    comparison all;
    int64_t a = make_fit(&one, 2, 1), b = make_fit(&one, 3, -2);
    expect(compare_fits(one.d, one.path, a, b, STRENGTH_REMOVAL, 7, 2, &all, &err), &err);
    cr_assert_eq(all.pair_count, 2);
    for (uint32_t p = 0; p < 2; p++) {
        cr_expect(all.pair[p].source == p && all.pair[p].target == p + 1);
        cr_expect_eq(all.pair[p].both, edges_of(6));
        cr_expect_eq(all.pair[p].only_a, edges_of(2) - edges_of(6));
        cr_expect_eq(all.pair[p].only_b, edges_of(3) - edges_of(6));
        cr_expect_float_eq(all.pair[p].rank, 1, 1e-12);
    }
    cr_expect_eq(all.total.both, 2 * edges_of(6));
    cr_expect_float_eq(all.total.rank, 1, 1e-12);
    /* the strongest of both: from 39 to 39 is in both (78 is a multiple of 6), 3939 and -7878 */
    cr_assert_eq(all.change_count, 7);
    cr_expect_float_eq((double)all.change[0].a, 3939, 1e-3);
    cr_expect_float_eq((double)all.change[0].b, -7878, 1e-3);
    uint32_t feature = 0;
    cr_expect_eq(compare_position(&all, all.change[0].target, &feature), 1);
    cr_expect_eq(feature, 39);
    comparison_release(&all);
    expect(compare_fits(one.d, one.path, a, b, STRENGTH_WEIGHT, 1, 1, &all, &err), &err);
    cr_expect_float_eq((double)(all.change[0].a - all.change[0].b), 40 * 3, 1e-3);
    comparison_release(&all);
    cr_expect_eq(compare_fits(one.d, one.path, a, 77, STRENGTH_REMOVAL, 7, 2, &all, &err),
                 STATUS_INPUT);
}

Test(sides, a_fit_of_another_study_by_the_names_of_its_layers)
{
    error err = {0};
    comparison all;
    compare_side a, b;
    int64_t fit_a = make_fit(&one, 2, 1), fit_b = make_fit(&two, 2, 1);
    strcpy(two.layers.item[0].name, "elsewhere"); /* shorter than what was there */
    expect(compare_side_of_fit(&a, one.d, one.path, &one.layers, &one.layers, fit_a,
                               STRENGTH_REMOVAL, &err),
           &err);
    expect(compare_side_of_fit(&b, two.d, two.path, &two.layers, &one.layers, fit_b,
                               STRENGTH_REMOVAL, &err),
           &err);
    cr_expect_eq(a.pairs, 2);
    cr_expect_eq(b.pairs, 1);
    cr_expect_eq(b.left_out, 1);
    expect(compare_sides(&a, &b, &one.layers, 5, 2, &all, &err), &err);
    cr_expect_eq(all.pair[0].only_a, edges_of(2));
    cr_expect_eq(all.pair[1].both, edges_of(2));
    cr_expect_eq(all.pair[1].only_a + all.pair[1].only_b, 0);
    comparison_release(&all);
    compare_side_release(&b);
    two.layers.item[1].features++;
    cr_expect_eq(compare_side_of_fit(&b, two.d, two.path, &two.layers, &one.layers, fit_b,
                                     STRENGTH_REMOVAL, &err),
                 STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "41 features, but 40"), "%s", err.message);
    compare_side_release(&a);
}

/* A study from a stranger: an edge beyond a layer's features is told, on whatever thread. */
Test(sides, an_edge_that_cannot_be)
{
    error err = {0};
    comparison all;
    int64_t a = make_fit(&one, 2, 1), b = make_fit(&one, 2, 1);
    edge beyond = {.source = FIXTURE_FEATURES, .target = 0, .weight = 1, .wired = NAN};
    fit f;
    expect(fit_get(one.d, b, &f, &err), &err);
    expect(fit_add_block(one.d, f.pair[1].id, NULL, 0, &beyond, 1, 0, &err), &err);
    cr_expect_eq(compare_fits(one.d, one.path, a, b, STRENGTH_REMOVAL, 5, 2, &all, &err),
                 STATUS_INPUT);
    cr_expect_not_null(strstr(err.message, "does not have"), "%s", err.message);
    fit_release(&f);
}
