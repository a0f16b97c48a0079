/* Places of target features: which lose theirs and which take them, on samples written out, and
 * what is known of the places of random layers, against plain sorting. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/places.h"

#include <criterion/criterion.h>

enum { A, B, C, D };

/* One sample with the places given. What places_find prepares for every layer comes from a layer
 * of one feature. */
static places written(const place *item, uint32_t count, bool shared, double noise)
{
    float one = 1;
    autoencoder a = {0};
    cr_assert_eq(autoencoder_create(&a, 1, 1, NULL), STATUS_OK);
    *a.encoder = *a.decoder = 1;
    *a.encoder_bias = *a.decoder_bias = 0;
    matrix z = made_matrix(1, 1, &one);
    stream s = {.rows = 1, .width = 1, .target = z, .after = &one, .added = &one};
    places p;
    cr_assert_eq(places_find(&s, &a, 1, NULL, &p, NULL), STATUS_OK);
    matrix_release(&z);
    autoencoder_release(&a);
    free(p.item);
    p.item = mem_alloc(count * sizeof *p.item);
    memcpy(p.item, item, count * sizeof *item);
    p.first[1] = count;
    p.shared = shared;
    p.noise = noise;
    return p;
}

static void expect_falls(const place *item, uint32_t count, bool shared, double noise,
                         const float *change, const double *want, double within)
{
    places p = written(item, count, shared, noise);
    float fall[8];
    cr_assert_eq(places_most(&p), count);
    places_fall(&p, 0, change, fall);
    for (uint32_t i = 0; i < count; i++)
        cr_expect_float_eq((double)fall[i], want[i], within, "place %u: %g, expected %g", i,
                           (double)fall[i], want[i]);
    places_release(&p);
}

/* TopK: A and B are active, C is next and D far off; u is exact but for a thousandth. */
static const place shared_places[] = {
    {.feature = A, .value = 3, .limit = 1},
    {.feature = B, .value = 2, .limit = 1},
    {.feature = C, .value = 1.9F, .limit = 2, .below = 1},
    {.feature = D, .value = 0.5F, .limit = 2, .below = 1},
};
static const double exact = 1e-3;

Test(wiring_places, the_next_best_takes_a_place_that_is_lost)
{
    const float change[] = {-3, 0, 0, 0};
    expect_falls(shared_places, 4, true, exact, change, (double[]){3, 0, -1.9, 0}, 1e-3);
}

Test(wiring_places, nothing_else_changes_while_nobody_crosses)
{
    expect_falls(shared_places, 4, true, exact, (float[]){0, 0, 0, 0}, (double[]){0, 0, 0, 0},
                 1e-3);
    expect_falls(shared_places, 4, true, exact, (float[]){-0.75F, 0.25F, 0, 0.5F},
                 (double[]){0.75, -0.25, 0, 0}, 1e-3);
}

Test(wiring_places, who_rises_above_the_least_pushes_it_out)
{
    expect_falls(shared_places, 4, true, exact, (float[]){0, 0, 0.6F, 0},
                 (double[]){0, 2, -2.5, 0}, 2e-3);
    expect_falls(shared_places, 4, true, exact, (float[]){0, 0, 0.6F, 4},
                 (double[]){0, 2, 0, -4.5}, 2e-3);
    expect_falls(shared_places, 4, true, exact, (float[]){-0.5F, 0, 0.75F, 4},
                 (double[]){3, 2, -2.65, -4.5}, 2e-3);
}

Test(wiring_places, two_who_are_equal_share_the_place)
{
    const place equal[] = {shared_places[A],
                           shared_places[B],
                           {.feature = C, .value = 1.75F, .limit = 2, .below = 1},
                           {.feature = D, .value = 1.75F, .limit = 2, .below = 1}};
    expect_falls(equal, 4, true, 0.05, (float[]){-3, 0, 0, 0},
                 (double[]){3, 0, -0.875 - 0.05 * 0.3989, -0.875 - 0.05 * 0.3989}, 0.05);
}

/* u was known to lie below 2: the mean of the normal's part between the threshold and there. */
Test(wiring_places, who_is_known_to_lie_below_rises_by_no_more)
{
    const place likely[] = {shared_places[A],
                            shared_places[B],
                            {.feature = C, .value = 2.5F, .limit = 2, .below = 0.158655F}};
    places p = written(likely, 3, true, 0.5);
    float fall[3];
    places_fall(&p, 0, (float[]){-3, 0, 0}, fall);
    cr_expect_float_eq((double)fall[0], 3, 1e-6);
    cr_expect_lt((double)fall[2], -1.6);
    cr_expect_gt((double)fall[2], -2);
    places_release(&p);
}

Test(wiring_places, where_nothing_was_active_nothing_falls_or_rises)
{
    const place none[] = {{.feature = A, .value = 0.3F, .limit = INFINITY, .below = 1},
                          {.feature = B, .value = -1, .limit = INFINITY, .below = 1}};
    expect_falls(none, 2, true, 0.2, (float[]){0.5F, -0.5F}, (double[]){0, 0}, 0);
}

Test(wiring_places, fixed_thresholds_know_no_neighbours)
{
    const place fixed[] = {
        {.feature = A, .value = 3, .limit = 0.01F},
        {.feature = B, .value = 0.5F, .limit = 0.4F}, /* JumpReLU: either 0 or 0.4 and more */
        {.feature = C, .value = -0.5F, .limit = 0.01F, .below = 1},
        {.feature = D, .value = 0.2F, .limit = 0.4F, .below = 1},
    };
    expect_falls(fixed, 4, false, exact, (float[]){0, 0, 0, 0}, (double[]){0, 0, 0, 0}, 0);
    expect_falls(fixed, 4, false, exact, (float[]){-5, -0.05F, -3, 0.1F},
                 (double[]){3, 0.05, 0, 0}, 1e-5);
    expect_falls(fixed, 4, false, exact, (float[]){2, -0.2F, 0.75F, 0.5F},
                 (double[]){-2, 0.5, -0.25, -0.7}, 1e-4);
}

Test(wiring_places, changes_that_are_no_numbers_end)
{
    places p = written(shared_places, 4, true, exact);
    const float odd[] = {NAN, INFINITY, -INFINITY, 1e30F};
    float fall[4];
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            float change[4] = {0};
            change[k] = odd[i];
            places_fall(&p, 0, change, fall);
            for (size_t n = 0; n < 4; n++)
                change[n] = odd[(i + (n > k)) % 4];
            places_fall(&p, 0, change, fall);
        }
    places_release(&p);
}

/* ---- what is found ---- */

enum { ROWS = 120, WIDTH = 100, SOME = 150, FEW = 12, ACTIVE = 5, NEXT = 64 };

typedef struct layer_made {
    autoencoder a;
    stream s;
    float *z; /* rows x features, as recorded */
    uint32_t features;
    bool bias_taken; /* from what the encoder reads */
} layer_made;

static double product(const layer_made *l, size_t feature, const float *x)
{
    double wide[WIDTH];
    for (size_t i = 0; i < WIDTH; i++)
        wide[i] = (double)x[i];
    return made_reading(&l->a, feature, wide);
}

/* What the model is made of: a few of the autoencoder's own directions, some noise, the bias. */
static layer_made layer_make(uint32_t features, bool topk, bool bias_taken, uint64_t seed)
{
    layer_made l = {.a = made_autoencoder(features, WIDTH, &seed),
                    .features = features,
                    .bias_taken = bias_taken};
    for (size_t i = 0; i < WIDTH; i++)
        l.a.decoder_bias[i] = (float)(1.5 * made_normal(&seed));
    for (size_t k = 0; k < features; k++)
        l.a.encoder_bias[k] = (float)(-0.1 * made_uniform(&seed));
    for (size_t k = 0; k < features && !bias_taken; k++)
        l.a.encoder_bias[k] -= (float)product(&l, k, l.a.decoder_bias);
    l.z = mem_zero((size_t)ROWS * features, sizeof *l.z);
    double *u = mem_alloc(features * sizeof *u);
    for (size_t r = 0; r < ROWS; r++) {
        double x[WIDTH];
        for (size_t i = 0; i < WIDTH; i++)
            x[i] = 0.05 * made_normal(&seed) + (bias_taken ? 0 : (double)l.a.decoder_bias[i]);
        uint32_t first = random_below(&seed, features);
        for (uint32_t n = topk ? 0 : random_below(&seed, 3); n < ACTIVE; n++)
            made_write(&l.a, (first + n) % features, 4 + 3 * made_uniform(&seed), x);
        for (size_t k = 0; k < features; k++)
            u[k] = made_reading(&l.a, k, x) + (double)l.a.encoder_bias[k];
        made_topk(u, features, topk ? ACTIVE : features);
        for (size_t k = 0; k < features && r % 40 != 7; k++) /* some samples are left out */
            l.z[r * features + k] = topk || u[k] > 3 ? (float)u[k] : 0;
    }
    free(u);
    l.s = (stream){.rows = ROWS, .width = WIDTH, .target = made_matrix(ROWS, features, l.z)};
    l.s.after = mem_zero(ROWS * WIDTH, sizeof *l.s.after);
    l.s.added = mem_zero(ROWS * WIDTH, sizeof *l.s.added);
    for (size_t r = 0; r < ROWS; r++) {
        double x[WIDTH] = {0};
        for (size_t k = 0; k < features; k++)
            made_write(&l.a, k, (double)l.z[r * features + k], x);
        for (size_t i = 0; i < WIDTH; i++) {
            l.s.after[r * WIDTH + i] = (float)x[i];
            l.s.added[r * WIDTH + i] = (float)made_normal(&seed);
        }
    }
    return l;
}

static void layer_free(layer_made *l)
{
    autoencoder_release(&l->a);
    stream_release(&l->s);
    free(l->z);
}

/* u of the stream as put back */
static double reading(const layer_made *l, size_t row, size_t feature)
{
    double u = product(l, feature, l->s.after + row * WIDTH) + (double)l->a.encoder_bias[feature];
    return l->bias_taken ? u : u + product(l, feature, l->a.decoder_bias);
}

static double least_of(const layer_made *l, size_t feature)
{
    double least = INFINITY;
    for (size_t r = 0; r < ROWS; r++)
        if (l->z[r * l->features + feature] != 0)
            least = fmin(least, (double)l->z[r * l->features + feature]);
    return least;
}

/* The features of a sample that come next: none that is active in no sample, by u, or by what u
 * lacks of the feature's threshold. */
static void expect_row(const layer_made *l, const places *p, size_t row, bool topk)
{
    const float *z = l->z + row * l->features;
    const place *at = p->item + p->first[row], *end = p->item + p->first[row + 1];
    bool listed[SOME] = {false};
    double least = INFINITY, last = INFINITY;
    uint32_t eligible = 0, runners = 0;
    for (uint32_t k = 0; k < l->features; k++) {
        if (z[k] == 0) {
            eligible += isfinite(least_of(l, k)) ? 1 : 0;
            continue;
        }
        cr_assert(at < end && at->below == 0 && at->feature == k);
        cr_expect_eq(at->value, z[k]);
        cr_expect_float_eq((double)at->added, product(l, k, l->s.added + row * WIDTH), 1e-4);
        least = fmin(least, (double)z[k]);
        listed[k] = true;
        at++;
    }
    for (; at < end && isfinite(at->value); at++, runners++) {
        double u = reading(l, row, at->feature), limit = topk ? least : least_of(l, at->feature);
        cr_assert(at->below > 0 && at->below <= 1 && !listed[at->feature]);
        listed[at->feature] = true;
        cr_expect_float_eq((double)at->value, u, 1e-4);
        cr_expect((double)at->limit == limit);
        cr_expect_float_eq((double)at->added, product(l, at->feature, l->s.added + row * WIDTH),
                           1e-4);
        double below = isfinite(limit) ? 0.5 * erfc(-(limit - u) / p->noise * M_SQRT1_2) : 1;
        cr_expect_float_eq((double)at->below, fmax(below, 1e-6), 1e-3);
        last = fmin(last, topk ? u : u - limit);
    }
    cr_expect_eq(runners, eligible < NEXT ? eligible : NEXT);
    for (; at < end; at++)
        cr_expect(at->below > 0 && isinf(at->limit));
    for (uint32_t k = 0; k < l->features; k++)
        if (!listed[k] && isfinite(least_of(l, k)))
            cr_expect_leq(reading(l, row, k) - (topk ? 0 : least_of(l, k)), last + 1e-4);
}

/* Half as much again as active features lie from what was recorded. */
static void expect_noise(const layer_made *l, const places *p)
{
    double count = 0, sum = 0, squares = 0;
    for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < l->features; k++) {
            double seen = (double)l->z[r * l->features + k];
            double off = seen != 0 ? reading(l, r, k) - seen : 0;
            count += seen != 0 ? 1 : 0;
            sum += off;
            squares += off * off;
        }
    double want = 1.5 * sqrt(squares / count - sum / count * sum / count);
    cr_expect_float_eq(p->noise, want, 1e-4 * want);
}

static void expect_places(uint32_t features, bool topk, bool bias_taken, uint64_t seed)
{
    layer_made l = layer_make(features, topk, bias_taken, seed);
    places p;
    error err = {0};
    cr_assert_eq(places_find(&l.s, &l.a, 2, NULL, &p, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(p.shared, topk);
    cr_expect_eq(p.rows, ROWS);
    expect_noise(&l, &p);
    float *change = mem_zero(places_most(&p), sizeof *change);
    float *fall = mem_alloc(places_most(&p) * sizeof *fall);
    for (uint32_t r = 0; r < ROWS; r++) {
        expect_row(&l, &p, r, topk);
        places_fall(&p, r, change, fall);
        for (size_t i = 0; i < p.first[r + 1] - p.first[r]; i++)
            cr_expect_leq(fabs((double)fall[i]), topk && r % 40 != 7 ? 0.2 : 0);
    }
    free(change);
    free(fall);
    places_release(&p);
    layer_free(&l);
}

Test(wiring_places, topk_is_seen_and_the_next_best_are_listed)
{
    expect_places(SOME, true, true, 11);
    expect_places(SOME, true, false, 12);
}

Test(wiring_places, thresholds_are_seen_and_the_nearest_to_theirs_are_listed)
{
    expect_places(SOME, false, true, 13);
    expect_places(SOME, false, false, 14);
}

Test(wiring_places, fewer_features_than_could_come_next)
{
    expect_places(FEW, true, true, 15);
    expect_places(FEW, false, true, 16);
}

Test(wiring_places, is_the_same_with_any_number_of_threads)
{
    layer_made l = layer_make(SOME, true, true, 17);
    places one, other;
    cr_assert_eq(places_find(&l.s, &l.a, 1, NULL, &one, NULL), STATUS_OK);
    for (unsigned threads = 2; threads < 8; threads += 3) {
        cr_assert_eq(places_find(&l.s, &l.a, threads, NULL, &other, NULL), STATUS_OK);
        cr_expect_eq(one.noise, other.noise);
        cr_expect_eq(memcmp(one.item, other.item, one.first[ROWS] * sizeof *one.item), 0);
        places_release(&other);
    }
    places_release(&one);
    layer_free(&l);
}

Test(wiring_places, an_autoencoder_of_another_layer_is_refused)
{
    layer_made l = layer_make(SOME, true, true, 18);
    uint64_t seed = 99;
    autoencoder other = made_autoencoder(SOME, WIDTH, &seed);
    places p;
    error err = {0};
    cr_expect_eq(places_find(&l.s, &other, 1, NULL, &p, &err), STATUS_INPUT);
    cr_expect(strstr(err.message, "does not give its activations back"));
    cr_expect(strstr(err.message, "expected at least 50 %"));
    cr_expect_null(p.item);
    autoencoder_release(&other);
    layer_free(&l);
}

Test(wiring_places, can_be_cancelled)
{
    layer_made l = layer_make(SOME, true, true, 19);
    atomic_bool cancel = true;
    places p;
    error err = {0};
    cr_expect_eq(places_find(&l.s, &l.a, 2, &cancel, &p, &err), STATUS_INTERRUPTED);
    cr_expect_null(p.item);
    layer_free(&l);
}

/* Nothing active anywhere, a single activity, the same activity everywhere: nothing to refuse. */
Test(wiring_places, layers_that_hardly_say_anything_are_taken)
{
    for (size_t entries = 0; entries <= ROWS; entries = entries * ROWS + 1) {
        layer_made l = layer_make(SOME, true, true, 20);
        memset(l.a.encoder_bias, 0, SOME * sizeof *l.a.encoder_bias);
        memset(l.a.decoder_bias, 0, WIDTH * sizeof *l.a.decoder_bias);
        memset(l.z, 0, (size_t)ROWS * SOME * sizeof *l.z);
        memset(l.s.after, 0, ROWS * WIDTH * sizeof *l.s.after);
        for (size_t r = 0; r < entries && r < ROWS; r++) {
            l.z[r * SOME + 3] = 0.7F;
            for (size_t i = 0; i < WIDTH; i++)
                l.s.after[r * WIDTH + i] = 0.7F * l.a.decoder[3 * WIDTH + i];
        }
        matrix_release(&l.s.target);
        l.s.target = made_matrix(ROWS, SOME, l.z);
        places p;
        error err = {0};
        cr_expect_eq(places_find(&l.s, &l.a, 1, NULL, &p, &err), STATUS_OK, "%s", err.message);
        cr_expect(p.noise > 0);
        places_release(&p);
        layer_free(&l);
    }
}
