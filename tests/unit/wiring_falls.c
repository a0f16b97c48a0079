/* Falls of target features on small models where removals can be done: the stream is made again
 * without the feature, and the target layer's autoencoder reads it again. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/wiring.h"

#include <criterion/criterion.h>

enum { WIDTH = 64 };

/* The stream is made of the source's directions; the block adds `answer` of what it reads. The
 * target's autoencoder has the source's directions, as far as it reaches, and others. */
typedef struct model {
    uint32_t rows, sources, targets;
    uint32_t most; /* active targets a sample; 0: all that are above `threshold` */
    double threshold;
    autoencoder from, to;
    double *answer; /* WIDTH x WIDTH: the block adds answer times the stream */
    float *z, *y;   /* rows x sources, rows x targets */
    matrix source, target;
} model;

/* Activities of the target features where the stream before the block is x. */
static void read_target(const model *m, const double *x, double *y)
{
    double after[WIDTH];
    for (size_t i = 0; i < WIDTH; i++) {
        after[i] = x[i] - (double)m->to.decoder_bias[i];
        for (size_t c = 0; c < WIDTH; c++)
            after[i] += m->answer[i * WIDTH + c] * x[c];
    }
    for (size_t k = 0; k < m->targets; k++)
        y[k] = made_reading(&m->to, k, after) + (double)m->to.encoder_bias[k];
    if (m->most)
        made_topk(y, m->targets, m->most);
    for (size_t k = 0; k < m->targets; k++)
        y[k] = m->most || y[k] > m->threshold ? y[k] : 0;
}

static void make_stream(const model *m, size_t row, size_t without, double *x)
{
    for (size_t i = 0; i < WIDTH; i++)
        x[i] = (double)m->from.decoder_bias[i];
    for (size_t k = 0; k < m->sources; k++)
        if (k != without)
            made_write(&m->from, k, (double)m->z[row * m->sources + k], x);
}

/* Reads the target layer off the samples in m->z. */
static void model_run(model *m)
{
    double *y = mem_alloc(m->targets * sizeof *y), x[WIDTH];
    m->y = mem_alloc((size_t)m->rows * m->targets * sizeof *m->y);
    for (size_t r = 0; r < m->rows; r++) {
        make_stream(m, r, SIZE_MAX, x);
        read_target(m, x, y);
        for (size_t k = 0; k < m->targets; k++)
            m->y[r * m->targets + k] = (float)y[k];
    }
    free(y);
    m->source = made_matrix(m->rows, m->sources, m->z);
    m->target = made_matrix(m->rows, m->targets, m->y);
}

/* Each source persists, and the block answers it in one of the targets that are not the source's
 * own. Sources come in groups, and some are rare. */
static model model_make(uint32_t rows, uint32_t sources, uint32_t targets, uint32_t most,
                        uint64_t seed)
{
    enum { TOGETHER = 6 };
    model m = {.rows = rows, .sources = sources, .targets = targets, .most = most};
    m.threshold = 1.6;
    m.from = made_autoencoder(sources, WIDTH, &seed);
    m.to = made_autoencoder(targets, WIDTH, &seed);
    uint32_t own = sources < targets / 2 ? sources : targets / 2;
    memcpy(m.to.decoder, m.from.decoder, (size_t)own * WIDTH * sizeof(float));
    /* targets read as much longer as they write shorter; what sources read does not matter */
    for (uint32_t k = 0; k < targets; k++) {
        double gain = 0.8 + 0.6 * made_uniform(&seed);
        for (size_t i = (size_t)k * WIDTH; i < (size_t)(k + 1) * WIDTH; i++) {
            m.to.encoder[i] = (float)(gain * (double)m.to.decoder[i]);
            m.to.decoder[i] = (float)((double)m.to.decoder[i] / gain);
        }
    }
    for (size_t i = 0; i < (size_t)sources * WIDTH; i++)
        m.from.encoder[i] = (float)made_normal(&seed);
    for (size_t i = 0; i < WIDTH; i++) {
        m.from.decoder_bias[i] = (float)(0.4 * made_normal(&seed));
        m.to.decoder_bias[i] = m.from.decoder_bias[i] + (float)(0.1 * made_normal(&seed));
    }
    m.answer = mem_zero(WIDTH * WIDTH, sizeof *m.answer);
    for (uint32_t k = 0; k < sources; k++) {
        const float *reads = m.from.decoder + (size_t)k * WIDTH;
        const float *writes =
            m.to.decoder + (size_t)(own + random_below(&seed, targets - own)) * WIDTH;
        for (size_t i = 0; i < WIDTH; i++)
            for (size_t c = 0; c < WIDTH; c++)
                m.answer[i * WIDTH + c] += 0.7 * (double)writes[i] * (double)reads[c];
    }
    m.z = mem_zero((size_t)rows * sources, sizeof *m.z);
    for (size_t r = 0; r < rows; r++)
        for (uint32_t n = 0; n < TOGETHER; n++) {
            double skewed = made_uniform(&seed) * made_uniform(&seed);
            uint32_t k = (uint32_t)((double)sources * skewed);
            m.z[r * sources + k] = (float)(0.5 + 2 * made_uniform(&seed));
        }
    model_run(&m);
    return m;
}

static void model_free(model *m)
{
    autoencoder_release(&m->from);
    autoencoder_release(&m->to);
    matrix_release(&m->source);
    matrix_release(&m->target);
    free(m->answer);
    free(m->z);
    free(m->y);
}

/* targets x sources: what targets lose where the source is active, on average. */
static double *remove_really(const model *m)
{
    double *fall = mem_zero((size_t)m->targets * m->sources, sizeof *fall);
    double *y = mem_alloc(m->targets * sizeof *y), x[WIDTH];
    for (size_t k = 0; k < m->sources; k++) {
        double active = 0;
        for (size_t r = 0; r < m->rows; r++) {
            if (m->z[r * m->sources + k] == 0)
                continue;
            make_stream(m, r, k, x);
            read_target(m, x, y);
            for (size_t t = 0; t < m->targets; t++)
                fall[t * m->sources + k] += (double)m->y[r * m->targets + t] - y[t];
            active++;
        }
        for (size_t t = 0; t < m->targets; t++)
            fall[t * m->sources + k] /= active > 0 ? active : 1;
    }
    free(y);
    return fall;
}

static wiring wire(const model *m, unsigned threads)
{
    wiring w;
    error err = {0};
    cr_assert_eq(wiring_create(&m->source, &m->from, &m->target, &m->to, threads, NULL, &w, &err),
                 STATUS_OK, "%s", err.message);
    return w;
}

/* Items as a table, targets x sources; those that are not there are 0. */
static double *table(const model *m, const wiring *w)
{
    double *fall = mem_zero((size_t)m->targets * m->sources, sizeof *fall);
    for (size_t i = 0; i < w->first[m->targets]; i++)
        fall[(size_t)w->item[i].target * m->sources + w->item[i].source] = (double)w->item[i].fall;
    return fall;
}

static double correlation(const double *a, const double *b, size_t count)
{
    double n = (double)count, sa = 0, sb = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < count; i++) {
        sa += a[i];
        sb += b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
        ab += a[i] * b[i];
    }
    return (ab - sa * sb / n) / sqrt((aa - sa * sa / n) * (bb - sb * sb / n));
}

Test(wiring_falls, what_persists_and_nothing_else)
{
    enum { FEATURES = 8, ROWS = 400 };
    uint64_t seed = 1;
    model m = {.rows = ROWS, .sources = FEATURES, .targets = FEATURES};
    m.from = made_autoencoder(FEATURES, WIDTH, &seed);
    m.to = made_autoencoder(FEATURES, WIDTH, &seed);
    autoencoder *both[] = {&m.from, &m.to};
    for (size_t a = 0; a < 2; a++) { /* source k lies along axis k, target k along 7 - k */
        memset(both[a]->encoder, 0, (size_t)FEATURES * WIDTH * sizeof(float));
        for (size_t k = 0; k < FEATURES; k++)
            both[a]->encoder[k * WIDTH + (a ? 7 - k : k)] = 1;
        memcpy(both[a]->decoder, both[a]->encoder, (size_t)FEATURES * WIDTH * sizeof(float));
    }
    m.answer = mem_zero(WIDTH * WIDTH, sizeof *m.answer);
    m.z = mem_zero((size_t)ROWS * FEATURES, sizeof *m.z);
    double sum[FEATURES] = {0}, active[FEATURES] = {0};
    for (size_t r = 0; r < ROWS; r++)
        for (size_t k = 0; k < FEATURES; k++)
            if (made_uniform(&seed) < 0.3) {
                m.z[r * FEATURES + k] = (float)(0.2 + made_uniform(&seed));
                sum[k] += (double)m.z[r * FEATURES + k];
                active[k]++;
            }
    model_run(&m);
    wiring w = wire(&m, 2);
    double *fall = table(&m, &w);
    for (size_t t = 0; t < FEATURES; t++)
        for (size_t k = 0; k < FEATURES; k++)
            cr_expect_float_eq(fall[t * FEATURES + k], t == 7 - k ? sum[k] / active[k] : 0, 1e-4);
    free(fall);
    wiring_release(&w);
    model_free(&m);
}

/* How well falls follow real removals, and rises, where a feature takes the place of another. The
 * bounds lie above what is reached with a wrong sign, encoder for decoder, the response transposed
 * or left out, the loss of what is added left out, the wrong offset, or no competition. */
static void expect_agreement(uint32_t most, uint64_t seed, double all, double of_rises)
{
    model m = model_make(1500, 24, 60, most, seed);
    wiring w = wire(&m, 2);
    double *want = remove_really(&m), *got = table(&m, &w);
    size_t cells = (size_t)m.targets * m.sources, rises = 0, seen = 0, falls = 0, found = 0;
    for (size_t i = 0; i < cells; i++) {
        rises += want[i] < -0.05;
        seen += want[i] < -0.05 && got[i] < -0.01;
        falls += want[i] > 0.1;
        found += want[i] > 0.1 && got[i] > 0.05;
    }
    double r = correlation(want, got, cells);
    cr_expect_geq(r, all, "correlation %.4f", r);
    cr_expect_geq(falls, 30);
    cr_expect_geq((double)found, 0.9 * (double)falls, "%zu of %zu falls", found, falls);
    cr_expect_geq((double)seen, of_rises * (double)rises, "%zu of %zu rises", seen, rises);
    free(want);
    free(got);
    wiring_release(&w);
    model_free(&m);
}

Test(wiring_falls, follow_real_removals_where_features_compete)
{
    expect_agreement(8, 2, 0.937, 0.85);
    expect_agreement(8, 3, 0.937, 0.85);
}

Test(wiring_falls, follow_real_removals_of_an_autoencoder_without_places)
{
    expect_agreement(0, 4, 0.95, 0.8);
}

/* What goes together, by its definition (wiring.h): targets x sources. */
static double *count_together(const model *m)
{
    double *out = mem_zero((size_t)m->targets * m->sources, sizeof *out);
    for (size_t t = 0; t < m->targets; t++)
        for (size_t k = 0; k < m->sources; k++) {
            double z = 0, y = 0, zy = 0, both = 0, active = 0;
            for (size_t r = 0; r < m->rows; r++) {
                double of_k = (double)m->z[r * m->sources + k];
                double of_t = (double)m->y[r * m->targets + t];
                z += of_k / m->rows;
                y += of_t / m->rows;
                zy += of_k * of_t / m->rows;
                both += of_t != 0 ? of_k : 0;
                active += of_k != 0;
            }
            out[t * m->sources + k] = fmax(0, zy - z * y) * both / active;
        }
    return out;
}

/* Twelve sets of source features, and a target layer in which each has places of its own; the
 * layers do not lie on one stream. No linear model foretells a set that it has not seen: nothing
 * is known of what is added, and what goes together says all, up to a factor a source. */
Test(wiring_falls, are_told_by_what_goes_together_where_nothing_is_known)
{
    enum { SETS = 12, SOURCES = 8, TARGETS = 24, ROWS = 600, PLACES = 4 };
    uint64_t seed = 11;
    model m = {.rows = ROWS, .sources = SOURCES, .targets = TARGETS};
    m.from = made_autoencoder(SOURCES, WIDTH, &seed);
    m.to = made_autoencoder(TARGETS, WIDTH, &seed);
    m.z = mem_zero(ROWS * SOURCES, sizeof *m.z);
    m.y = mem_zero(ROWS * TARGETS, sizeof *m.y);
    for (size_t r = 0; r < ROWS; r++) {
        uint64_t sources = 100 + random_below(&seed, SETS), targets = sources + 1000;
        for (size_t k = 0; k < SOURCES; k++)
            if (made_uniform(&sources) < 0.4)
                m.z[r * SOURCES + k] = (float)(1 + made_uniform(&seed));
        for (uint32_t n = 0; n < PLACES; n++)
            m.y[r * TARGETS + random_below(&targets, TARGETS)] = (float)(3 + made_uniform(&seed));
    }
    m.source = made_matrix(ROWS, SOURCES, m.z);
    m.target = made_matrix(ROWS, TARGETS, m.y);
    wiring w = wire(&m, 2);
    double *got = table(&m, &w), *want = count_together(&m);
    size_t seen = 0;
    for (size_t k = 0; k < SOURCES; k++) {
        double both = 0, squares = 0;
        for (size_t t = 0; t < TARGETS; t++) {
            both += got[t * SOURCES + k] * want[t * SOURCES + k];
            squares += want[t * SOURCES + k] * want[t * SOURCES + k];
        }
        cr_assert_gt(both, 0);
        for (size_t t = 0; t < TARGETS; t++) {
            double scaled = both / squares * want[t * SOURCES + k];
            cr_expect_float_eq(got[t * SOURCES + k], scaled, 1e-4);
            seen += scaled > 0.01;
        }
    }
    cr_expect_gt(seen, 50);
    free(got);
    free(want);
    wiring_release(&w);
    model_free(&m);
}

static void expect_order(const wiring *w, uint32_t targets, uint32_t sources)
{
    cr_expect_eq(w->first[0], 0);
    for (uint32_t t = 0; t < targets; t++)
        for (uint64_t i = w->first[t]; i < w->first[t + 1]; i++) {
            cr_expect_eq(w->item[i].target, t);
            cr_expect_lt(w->item[i].source, sources);
            cr_expect(isfinite(w->item[i].fall) && w->item[i].fall != 0);
            if (i > w->first[t])
                cr_expect_lt(w->item[i - 1].source, w->item[i].source);
        }
}

/* More candidates than are kept: which ones stay does not depend on who found them when. */
Test(wiring_falls, are_the_same_with_any_number_of_threads)
{
    static const unsigned threads[] = {2, 5};
    model m = model_make(1000, 150, 40, 8, 5);
    wiring one = wire(&m, 1);
    expect_order(&one, m.targets, m.sources);
    cr_assert_eq(one.first[m.targets], (uint64_t)WIRED_KEPT * m.targets);
    for (size_t n = 0; n < 2; n++) {
        wiring other = wire(&m, threads[n]);
        cr_assert_eq(memcmp(one.first, other.first, (m.targets + 1) * sizeof *one.first), 0);
        for (size_t i = 0; i < one.first[m.targets]; i++)
            cr_expect(one.item[i].target == other.item[i].target &&
                      one.item[i].source == other.item[i].source &&
                      one.item[i].fall == other.item[i].fall &&
                      one.item[i].strong == other.item[i].strong);
        wiring_release(&other);
    }
    wiring_release(&one);
    model_free(&m);
}

/* Strong: those that add up to most over all samples. */
Test(wiring_falls, the_strongest_are_an_edge_for_themselves)
{
    model m = model_make(1500, 60, 60, 8, 6);
    wiring w = wire(&m, 2);
    uint64_t strong = 0;
    double least = INFINITY, most_of_weak = 0;
    expect_order(&w, m.targets, m.sources);
    for (uint64_t i = 0; i < w.first[m.targets]; i++) {
        const wired_edge *e = &w.item[i];
        uint64_t active = 0;
        for (size_t r = 0; r < m.rows; r++)
            active += m.z[r * m.sources + e->source] != 0;
        double total = fabs((double)e->fall) * (double)active;
        strong += e->strong;
        if (e->strong)
            least = fmin(least, total);
        else
            most_of_weak = fmax(most_of_weak, total);
    }
    cr_expect_eq(strong, (uint64_t)WIRED_STRONG * m.targets);
    cr_expect_geq(least, most_of_weak * (1 - 1e-6));
    cr_expect_gt(most_of_weak, 0);
    wiring_release(&w);
    model_free(&m);
}

Test(wiring_falls, of_layers_without_samples_or_activity_are_none)
{
    for (uint32_t rows = 0; rows <= 50; rows += 50) {
        uint64_t seed = 7;
        model m = {.rows = rows, .sources = 20, .targets = 30, .most = 4};
        m.from = made_autoencoder(20, WIDTH, &seed);
        m.to = made_autoencoder(30, WIDTH, &seed);
        float *nothing = mem_zero(50 * 30, sizeof *nothing);
        m.source = made_matrix(rows, 20, nothing);
        m.target = made_matrix(rows, 30, nothing);
        wiring w = wire(&m, 2);
        cr_expect_eq(w.first[30], 0);
        wiring_release(&w);
        free(nothing);
        model_free(&m);
    }
}

Test(wiring_falls, can_be_cancelled_and_refuse_what_does_not_read_what_it_writes)
{
    model m = model_make(300, 24, 60, 8, 8);
    atomic_bool cancel = true;
    error err = {0};
    wiring w;
    cr_expect_eq(wiring_create(&m.source, &m.from, &m.target, &m.to, 2, &cancel, &w, &err),
                 STATUS_INTERRUPTED);
    cr_expect_null(w.item);
    cr_expect_null(w.first);
    uint64_t seed = 9;
    for (size_t i = 0; i < (size_t)m.targets * WIDTH; i++)
        m.to.encoder[i] = (float)made_normal(&seed) / 8;
    cr_expect_eq(wiring_create(&m.source, &m.from, &m.target, &m.to, 2, NULL, &w, &err),
                 STATUS_INPUT);
    cr_expect(strstr(err.message, "does not give its activations back"));
    cr_expect_null(w.item);
    model_free(&m);
}
