/* Makes a study of the size that real work has, to measure the screen on:
 *
 *   big_study STUDY [LAYERS [FEATURES [EDGES [SAMPLES]]]]       (default 12 32768 5000000 16384)
 *
 * Activations with skewed firing rates, a label on every feature, documents of 128 tokens, and one
 * finished fit of all adjacent layers whose edges are made up (nothing is solved). The same bytes
 * every time. */
#include "db/document.h"
#include "db/feature.h"
#include "db/fit.h"
#include "db/layer.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 128, BLOCK_FEATURES = 4096 };

static uint64_t seed = 0x9e3779b97f4a7c15u;

static uint32_t random_below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 32) * n >> 32);
}

static double random_unit(void)
{
    return random_below(1u << 30) / (double)(1u << 30);
}

static void must(status code, const error *err)
{
    if (code != STATUS_OK) {
        fprintf(stderr, "big_study: %s\n", err->message);
        exit((int)code);
    }
}

static const char *const words[] = {
    "pronouns", "ending", "verbs", "of", "motion", "in", "past", "tense", "names", "cities",
    "numbers", "dates", "question", "marks", "opening", "quotes", "negation", "plural", "nouns",
    "subject", "agreement", "colours", "family", "members", "code", "brackets", "weather", "food"};

static void make_label(char *label, size_t capacity, uint32_t feature)
{
    enum { WORDS = sizeof words / sizeof words[0] };
    snprintf(label, capacity, "%s %s %s, number %u", words[random_below(WORDS)],
             words[random_below(WORDS)], words[random_below(WORDS)], feature);
}

/* Fires in about `rate` of the samples: gaps between firings are geometric. */
static uint32_t make_column(uint32_t *row, float *value, uint32_t samples, double rate)
{
    uint32_t count = 0;
    double at = log(1 - random_unit()) / log(1 - rate);
    while (at < samples) {
        row[count] = (uint32_t)at;
        value[count++] = (float)(0.2 + 3 * random_unit() * random_unit());
        at += 1 + floor(log(1 - random_unit()) / log(1 - rate));
    }
    return count;
}

static void measure_column(const float *value, uint32_t count, uint32_t samples,
                           feature_stats *stats)
{
    double sum = 0;
    double squares = 0;
    *stats = (feature_stats){.active = count};
    for (uint32_t i = 0; i < count; i++) {
        double v = (double)value[i];
        sum += v;
        squares += v * v;
        stats->maximum = fmax(stats->maximum, v);
        stats->histogram[(int)(fmin(v / 3.21, 0.999) * FEATURE_BINS)]++;
    }
    stats->mean = sum / samples;
    stats->sd = sqrt(squares / samples - stats->mean * stats->mean);
    stats->active_mean = count ? sum / count : 0;
}

static uint64_t make_block(db *d, int64_t layer_id, uint32_t first, uint32_t features,
                           uint32_t samples)
{
    error err = {0};
    matrix m;
    feature_stats *stats = mem_alloc(features * sizeof *stats);
    uint64_t room = (uint64_t)features * samples / 40 + 2 * samples;
    must(matrix_create(&m, samples, features, false, room, &err), &err);
    uint64_t at = 0;
    for (uint32_t f = 0; f < features; f++) {
        double rate = fmin(0.2, 0.0002 * exp(2.5 * random_unit() * random_unit() * 2));
        m.col_start[f] = at;
        if (at + samples > room)
            rate = 1e-9;
        uint32_t count = make_column(m.row + at, m.value + at, samples, rate);
        measure_column(m.value + at, count, samples, &stats[f]);
        at += count;
    }
    m.col_start[features] = at;
    must(layer_add_block(d, layer_id, first, &m, &err), &err);
    must(feature_add(d, layer_id, first, stats, features, &err), &err);
    for (uint32_t f = 0; f < features; f++) {
        char label[128];
        make_label(label, sizeof label, first + f);
        must(feature_set_label(d, layer_id, first + f, label, "made up", &err), &err);
    }
    matrix_release(&m);
    free(stats);
    return at;
}

static void make_documents(db *d, uint32_t samples)
{
    error err = {0};
    char *tokens = mem_alloc(TOKENS * 16);
    for (uint32_t doc = 0; doc * TOKENS < samples; doc++) {
        char name[32];
        size_t length = 0;
        snprintf(name, sizeof name, "document-%u", doc);
        for (uint32_t t = 0; t < TOKENS; t++)
            length += (size_t)snprintf(tokens + length, 16, "%c\" %s\"", t ? ',' : '[',
                                       words[random_below(28)]);
        memcpy(tokens + length, "]", 2);
        must(document_add(d, doc, name, NULL, tokens, doc * TOKENS, TOKENS, &err), &err);
    }
    free(tokens);
}

static void make_edges(db *d, const fit_pair *pair, uint32_t features, uint64_t edges)
{
    enum { BATCH = 512 };
    error err = {0};
    uint32_t each = (uint32_t)(edges / features);
    edge *list = mem_alloc((size_t)BATCH * (each + 1) * sizeof *list);
    for (uint32_t first = 0; first < features; first += BATCH) {
        fit_target targets[BATCH];
        uint64_t count = 0;
        uint32_t batch = features - first < BATCH ? features - first : BATCH;
        for (uint32_t i = 0; i < batch; i++) {
            targets[i] = (fit_target){.feature = first + i,
                                      .state = "converged",
                                      .lambda = 0.01,
                                      .lambda_max = 1,
                                      .r2 = random_unit(),
                                      .gap = 1e-7 * random_unit(),
                                      .parents = each};
            uint32_t source = random_below(features);
            uint32_t stride = 1 + random_below(features / (each + 1));
            for (uint32_t k = 0; k < each; k++) {
                double weight = (random_unit() - 0.2) * exp(-4 * random_unit());
                list[count++] = (edge){.target = first + i,
                                       .source = (source + k * stride) % features,
                                       .weight = weight,
                                       .standardised = weight * 0.8,
                                       .removal = weight * 1.4,
                                       .wired = NAN};
            }
        }
        must(fit_add_block(d, pair->id, targets, batch, list, count, 0.01, &err), &err);
    }
    free(list);
}

int main(int argc, char **argv)
{
    uint32_t number[4] = {12, 32768, 5000000, 16384}; /* layers, features, edges, samples */
    error err = {0};
    db *d = NULL;
    if (argc < 2)
        return 2;
    for (int i = 2; i < argc && i < 6; i++)
        number[i - 2] = (uint32_t)strtoul(argv[i], NULL, 10);
    must(db_open(&d, argv[1], DB_CREATE, &err), &err);
    must(db_begin(d, &err), &err);
    must(db_set_fact(d, "model", "made up", &err), &err);
    must(db_set_fact(d, "rows", "tokens", &err), &err);
    int64_t *id = mem_alloc(number[0] * sizeof *id);
    for (uint32_t l = 0; l < number[0]; l++) {
        char name[64];
        uint64_t nonzeros = 0;
        snprintf(name, sizeof name, "blocks.%u.hook_resid_pre", l);
        layer in = {.name = name,
                    .position = l,
                    .kind = LAYER_SAE,
                    .features = number[1],
                    .samples = number[3],
                    .source = "made up",
                    .hash = name};
        must(layer_add(d, &in, &err), &err);
        id[l] = in.id;
        for (uint32_t first = 0; first < number[1]; first += BLOCK_FEATURES)
            nonzeros += make_block(d, in.id, first,
                                   number[1] - first < BLOCK_FEATURES ? number[1] - first
                                                                      : BLOCK_FEATURES,
                                   number[3]);
        must(layer_set_totals(d, in.id, nonzeros, name, &err), &err);
    }
    make_documents(d, number[3]);
    must(db_commit(d, &err), &err);

    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.005,
             .ridge = 2,
             .tolerance = 1e-6,
             .state = FIT_QUEUED,
             .data_hash = (char[]){"made up"},
             .pair_count = number[0] - 1};
    f.pair = mem_zero(number[0], sizeof *f.pair);
    for (uint32_t p = 0; p < f.pair_count; p++)
        f.pair[p] = (fit_pair){
            .source_layer = id[p], .target_layer = id[p + 1], .targets = number[1]};
    must(fit_add(d, &f, &err), &err);
    for (uint32_t p = 0; p < f.pair_count; p++)
        make_edges(d, &f.pair[p], number[1], number[2] / f.pair_count);
    must(fit_set_state(d, f.id, FIT_DONE, NULL, &err), &err);
    must(db_finish_bulk(d, &err), &err);
    db_close(d);
    free(f.pair);
    free(id);
    return 0;
}
