/* The stream as two autoencoders put it back, and what was added in between. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/stream.h"

#include <criterion/criterion.h>

enum { SOURCES = 12, TARGETS = 15, WIDTH = 9 };

typedef struct pair_made {
    float *z, *y;
    autoencoder from, to;
    matrix source, target;
} pair_made;

/* Related: target k does what source k does, in its direction. */
static pair_made pair_make(uint32_t rows, bool related)
{
    uint64_t seed = 3;
    pair_made p = {.from = made_autoencoder(SOURCES, WIDTH, &seed),
                   .to = made_autoencoder(TARGETS, WIDTH, &seed)};
    p.z = mem_zero((size_t)rows * SOURCES, sizeof *p.z);
    p.y = mem_zero((size_t)rows * TARGETS, sizeof *p.y);
    if (related)
        memcpy(p.to.decoder, p.from.decoder, (size_t)SOURCES * WIDTH * sizeof(float));
    for (size_t i = 0; i < WIDTH; i++) {
        p.from.decoder_bias[i] = (float)made_normal(&seed);
        p.to.decoder_bias[i] = (float)made_normal(&seed);
    }
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < TARGETS; k++) {
            if (k < SOURCES && made_uniform(&seed) < 0.3)
                p.z[r * SOURCES + k] = (float)(1 + made_uniform(&seed));
            if (related && k < SOURCES)
                p.y[r * TARGETS + k] = p.z[r * SOURCES + k];
            else if (made_uniform(&seed) < 0.1)
                p.y[r * TARGETS + k] = (float)(1 + made_uniform(&seed));
        }
    p.source = made_matrix(rows, SOURCES, p.z);
    p.target = made_matrix(rows, TARGETS, p.y);
    return p;
}

static void pair_free(pair_made *p)
{
    free(p->z);
    free(p->y);
    autoencoder_release(&p->from);
    autoencoder_release(&p->to);
    matrix_release(&p->source);
    matrix_release(&p->target);
}

static void put_back(const pair_made *p, size_t row, double *before, double *after)
{
    for (size_t i = 0; i < WIDTH; i++) {
        before[i] = (double)p->from.decoder_bias[i];
        after[i] = 0;
    }
    for (size_t k = 0; k < SOURCES; k++)
        made_write(&p->from, k, (double)p->z[row * SOURCES + k], before);
    for (size_t k = 0; k < TARGETS; k++)
        made_write(&p->to, k, (double)p->y[row * TARGETS + k], after);
}

static void expect_stream(bool related)
{
    enum { ROWS = 200 };
    pair_made p = pair_make(ROWS, related);
    stream s;
    cr_assert_eq(stream_create(&s, &p.source, &p.from, &p.target, &p.to, NULL), STATUS_OK);
    cr_expect_eq(s.rows, ROWS);
    cr_expect_eq(s.width, WIDTH);
    cr_expect_eq(s.handed_on, related);
    double before[WIDTH], after[WIDTH];
    for (size_t r = 0; r < ROWS; r++) {
        put_back(&p, r, before, after);
        for (size_t i = 0; i < WIDTH; i++) {
            double added = after[i] + (double)p.to.decoder_bias[i] - (related ? before[i] : 0);
            cr_expect_float_eq((double)s.before[r * WIDTH + i], before[i], 1e-5);
            cr_expect_float_eq((double)s.after[r * WIDTH + i], after[i], 1e-5);
            cr_expect_float_eq((double)s.added[r * WIDTH + i], added, 1e-5);
        }
    }
    stream_release(&s);
    pair_free(&p);
}

Test(wiring_stream, is_put_back_and_what_is_handed_on_is_not_added)
{
    expect_stream(true);
}

Test(wiring_stream, all_is_added_where_layers_have_nothing_to_do_with_each_other)
{
    expect_stream(false);
}

/* Some of the samples, spread over all, the same of both layers. */
Test(wiring_stream, of_many_samples_some_do)
{
    enum { ROWS = 20000, MOST = 16384 };
    pair_made p = pair_make(ROWS, true);
    stream s;
    cr_assert_eq(stream_create(&s, &p.source, &p.from, &p.target, &p.to, NULL), STATUS_OK);
    cr_assert_eq(s.rows, MOST);
    cr_expect_eq(s.source.rows, MOST);
    cr_expect_eq(s.target.rows, MOST);
    for (size_t r = 0; r < MOST; r += 1000) {
        double before[WIDTH], after[WIDTH];
        put_back(&p, r * ROWS / MOST, before, after);
        for (size_t i = 0; i < WIDTH; i++) {
            cr_expect_float_eq((double)s.before[r * WIDTH + i], before[i], 1e-5);
            cr_expect_float_eq((double)s.after[r * WIDTH + i], after[i], 1e-5);
        }
    }
    stream_release(&s);
    pair_free(&p);
}
