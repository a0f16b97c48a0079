/* How far the linear model of what is added is to be trusted, on blocks of which that is known. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/unseen.h"

#include <criterion/criterion.h>

/* Of the coordinates some are left out. */
enum { FEATURES = 24, WIDTH = 70, ROWS = 1200 };

/* Features are active with 0.5 to 1.5. The stream after is `handed` of the stream before, and what
 * is added: an answer of each feature, or of each set of features as a whole. */
typedef struct made {
    float z[ROWS * FEATURES];
    stream s;
} made;

static made *make(uint32_t sets, bool by_set, double handed, uint64_t seed)
{
    made *m = mem_zero(1, sizeof *m);
    m->s = (stream){.rows = ROWS, .width = WIDTH};
    m->s.added = mem_zero(ROWS * WIDTH, sizeof *m->s.added);
    m->s.after = mem_zero(ROWS * WIDTH, sizeof *m->s.after);
    double answer[FEATURES * WIDTH], direction[FEATURES * WIDTH];
    for (size_t i = 0; i < FEATURES * WIDTH; i++) {
        answer[i] = made_normal(&seed);
        direction[i] = made_normal(&seed);
    }
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t of_set = 1000 + random_below(&seed, sets);
        uint64_t which = of_set, added = of_set + 1000000;
        for (size_t c = 0; c < WIDTH && by_set; c++)
            m->s.added[i * WIDTH + c] = (float)(2 * made_normal(&added));
        for (size_t k = 0; k < FEATURES; k++) {
            if (made_uniform(&which) >= 0.2)
                continue;
            double z = 0.5 + made_uniform(&seed);
            m->z[i * FEATURES + k] = (float)z;
            for (size_t c = 0; c < WIDTH; c++) {
                m->s.added[i * WIDTH + c] += by_set ? 0 : (float)(z * answer[k * WIDTH + c]);
                m->s.after[i * WIDTH + c] += (float)(handed * z * direction[k * WIDTH + c]);
            }
        }
        for (size_t c = 0; c < WIDTH; c++)
            m->s.after[i * WIDTH + c] += m->s.added[i * WIDTH + c];
    }
    m->s.source = made_matrix(ROWS, FEATURES, m->z);
    return m;
}

static unseen measure(const made *m, unsigned threads)
{
    unseen u = {.share = -1, .unknown = -1};
    error err = {0};
    cr_assert_eq(unseen_measure(&m->s, threads, NULL, &u, &err), STATUS_OK, "%s", err.message);
    return u;
}

static void made_free(made *m)
{
    stream_release(&m->s);
    free(m);
}

/* The ridge shrinks the answers, so that not all is explained. */
Test(wiring_unseen, a_block_that_answers_each_feature_is_foretold)
{
    made *m = make(100000, false, 1, 1);
    unseen u = measure(m, 2);
    cr_expect(u.share > 0.85 && u.share < 1, "%f", u.share);
    cr_expect(u.unknown > 0 && u.unknown < 0.15, "%f", u.unknown);
    made_free(m);
}

/* 30 sets, each with an answer of its own: what was seen 40 times is fitted, and says nothing of
 * sets that were not. */
static double unknown_of_sets(double handed)
{
    made *m = make(30, true, handed, 2);
    unseen u = measure(m, 2);
    cr_expect_lt(u.share, 0.2, "%f", u.share);
    made_free(m);
    return u.unknown;
}

Test(wiring_unseen, a_block_that_answers_each_set_is_not)
{
    double unknown = unknown_of_sets(0);
    cr_expect_gt(unknown, 0.9, "%f", unknown);
}

/* However badly an answer is foretold: where it is small beside what is handed on, little is
 * unknown. */
Test(wiring_unseen, what_is_unknown_is_a_part_of_the_whole_stream)
{
    double unknown = unknown_of_sets(20);
    cr_expect_lt(unknown, 0.1, "%f", unknown);
}

/* Then there is no other half to learn from: all that is added is unknown, and no more. */
Test(wiring_unseen, of_one_set_of_features_nothing_is_foretold)
{
    made *all = make(1, false, 0, 3), *little = make(1, false, 20, 3);
    unseen u = measure(all, 1);
    cr_expect_eq(u.share, 0);
    cr_expect_float_eq(u.unknown, 1, 1e-12);
    u = measure(little, 1);
    cr_expect_eq(u.share, 0);
    cr_expect(u.unknown > 0 && u.unknown < 0.1, "%f", u.unknown);
    made_free(all);
    made_free(little);
}

/* As the first token of a text is in many models: one sample in twenty, always with the same
 * features, thirty times as large as the others. */
Test(wiring_unseen, what_is_far_louder_than_the_rest_does_not_decide)
{
    made *m = make(100000, false, 1, 6);
    matrix_release(&m->s.source);
    for (size_t i = 0; i < ROWS; i += 20) {
        for (size_t k = 0; k < FEATURES; k++)
            m->z[i * FEATURES + k] = k == 3 ? 1 : 0;
        for (size_t c = 0; c < WIDTH; c++)
            m->s.after[i * WIDTH + c] = m->s.added[i * WIDTH + c] = 100;
    }
    m->s.source = made_matrix(ROWS, FEATURES, m->z);
    unseen u = measure(m, 2);
    cr_expect_gt(u.share, 0.85, "%f", u.share);
    cr_expect_lt(u.unknown, 0.15, "%f", u.unknown);
    made_free(m);
}

Test(wiring_unseen, is_the_same_with_any_number_of_threads)
{
    made *m = make(500, false, 1, 4);
    unseen one = measure(m, 1), many = measure(m, 5);
    cr_expect(one.share == many.share && one.unknown == many.unknown);
    made_free(m);
}

Test(wiring_unseen, can_be_cancelled)
{
    made *m = make(500, false, 1, 5);
    atomic_bool cancel = true;
    unseen u;
    error err = {0};
    cr_expect_eq(unseen_measure(&m->s, 2, &cancel, &u, &err), STATUS_INTERRUPTED);
    made_free(m);
}
