/* A small study with known activations, made afresh in a temporary folder for tests. */
#ifndef TESTS_STUDY_FIXTURE_H
#define TESTS_STUDY_FIXTURE_H

#include "db/autoencoder.h"
#include "db/feature.h"
#include "db/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIXTURE_LAYERS = 3, FIXTURE_FEATURES = 40, FIXTURE_SAMPLES = 400 };

/* xorshift: the same study on every machine */
static inline double fixture_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Feature f of layer l+1 follows feature f of layer l, so the circuit is known. Feature 7 of the
 * last layer never fires. */
static inline void fixture_matrix(matrix *m, const matrix *before, uint64_t *seed, bool last)
{
    matrix_create(m, FIXTURE_SAMPLES, FIXTURE_FEATURES, false,
                  (uint64_t)FIXTURE_SAMPLES * FIXTURE_FEATURES, NULL);
    uint64_t at = 0;
    for (uint32_t f = 0; f < FIXTURE_FEATURES; f++) {
        m->col_start[f] = at;
        for (uint32_t i = 0; i < FIXTURE_SAMPLES && !(last && f == 7); i++) {
            double value = fixture_random(seed) < 0.05 ? 1 + fixture_random(seed) : 0;
            if (before)
                for (uint64_t k = before->col_start[f]; k < before->col_start[f + 1]; k++)
                    if (before->row[k] == i)
                        value += 2 * (double)before->value[k];
            if (value != 0) {
                m->row[at] = i;
                m->value[at++] = (float)value;
            }
        }
    }
    m->col_start[FIXTURE_FEATURES] = at;
}

static inline void fixture_stats(const matrix *m, feature_stats *stats)
{
    for (uint32_t f = 0; f < m->cols; f++) {
        double sum = 0;
        double squares = 0;
        uint64_t n = m->col_start[f + 1] - m->col_start[f];
        for (uint64_t k = m->col_start[f]; k < m->col_start[f + 1]; k++) {
            sum += (double)m->value[k];
            squares += (double)m->value[k] * (double)m->value[k];
        }
        double mean = sum / m->rows;
        stats[f] = (feature_stats){.active = (uint32_t)n,
                                   .mean = mean,
                                   .sd = sqrt(squares / m->rows - mean * mean),
                                   .active_mean = n ? sum / (double)n : 0};
    }
}

/* Makes the study and returns its path (free it after fixture_remove). */
static inline char *fixture_study(void)
{
    char folder[] = "/tmp/circuitlasso-test-XXXXXX";
    if (!mkdtemp(folder))
        abort();
    char *path = malloc(sizeof folder + 16);
    sprintf(path, "%s/study.clw", folder);
    db *d = NULL;
    error err = {0};
    uint64_t seed = 88172645463325252u;
    matrix m[FIXTURE_LAYERS];
    if (db_open(&d, path, DB_CREATE, &err) != STATUS_OK || db_begin(d, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    for (uint32_t l = 0; l < FIXTURE_LAYERS; l++) {
        char name[32];
        char hash[32];
        feature_stats stats[FIXTURE_FEATURES];
        snprintf(name, sizeof name, "blocks.%u.hook", l);
        snprintf(hash, sizeof hash, "hash%u", l);
        fixture_matrix(&m[l], l ? &m[l - 1] : NULL, &seed, l + 1 == FIXTURE_LAYERS);
        fixture_stats(&m[l], stats);
        layer in = {.name = name,
                    .position = l,
                    .kind = LAYER_SAE,
                    .features = FIXTURE_FEATURES,
                    .samples = FIXTURE_SAMPLES,
                    .nonzeros = m[l].col_start[FIXTURE_FEATURES],
                    .source = "none",
                    .hash = hash};
        if (layer_add(d, &in, &err) != STATUS_OK ||
            layer_add_block(d, in.id, 0, &m[l], &err) != STATUS_OK ||
            feature_add(d, in.id, 0, stats, FIXTURE_FEATURES, &err) != STATUS_OK ||
            feature_set_label(d, in.id, 3, "a label \x1b[31m with an escape", "test", &err) !=
                STATUS_OK) {
            fprintf(stderr, "%s\n", err.message);
            abort();
        }
    }
    for (uint32_t l = 0; l < FIXTURE_LAYERS; l++)
        matrix_release(&m[l]);
    if (db_commit(d, &err) != STATUS_OK || db_finish_bulk(d, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    db_close(d);
    return path;
}

/* Gives a layer of the study an autoencoder of this width; what stands in it is made up. */
static inline void fixture_autoencoder(db *d, const layer *l, uint32_t width)
{
    autoencoder a;
    error err = {0};
    uint64_t seed = 1181783497276652981u + l->position;
    if (autoencoder_create(&a, l->features, width, &err) != STATUS_OK)
        abort();
    for (uint32_t i = 0; i < l->features * width; i++) /* one of full width gives all back */
        a.encoder[i] = a.decoder[i] = width >= l->features ? (i / width == i % width)
                                                           : (float)(fixture_random(&seed) - 0.5);
    memset(a.encoder_bias, 0, l->features * sizeof *a.encoder_bias);
    memset(a.decoder_bias, 0, width * sizeof *a.decoder_bias);
    if (autoencoder_add(d, l->id, &a, "made up", &err) != STATUS_OK ||
        autoencoder_add_block(d, l->id, 0, &a, &err) != STATUS_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    autoencoder_release(&a);
}

static inline void fixture_remove(char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char file[128];
        snprintf(file, sizeof file, "%s%s", path, suffixes[i]);
        unlink(file);
    }
    *strrchr(path, '/') = '\0';
    rmdir(path);
    free(path);
}

#endif
