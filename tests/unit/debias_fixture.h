/* A study in which an attribute goes with the label in training, and not in the held-out
 * documents.
 *
 * One layer of 30 features; 600 training documents of one sample, then 400 held-out ones, 100 of
 * each group. Features 0 to 4 say the label, faintly; 5 to 7 say the attribute, loudly; the others
 * say nothing. `rare` has a third class that no training document has; `lonely` never goes with
 * label 1 where it is held out; `spot` is the same everywhere. */
#ifndef TESTS_DEBIAS_FIXTURE_H
#define TESTS_DEBIAS_FIXTURE_H

#include "db/document.h"
#include "db/target.h"
#include "tests/unit/study_fixture.h"

enum {
    BIASED_TRAIN = 600,
    BIASED_HELD = 400,
    BIASED_FEATURES = 30,
    BIASED_FAINT = 5,
    BIASED_LOUD = 8
};
enum { BIASED_SAMPLES = BIASED_TRAIN + BIASED_HELD };

static inline void biased_variables(double *label, double *attribute)
{
    for (uint32_t i = 0; i < BIASED_SAMPLES; i++) {
        label[i] = i % 2;
        attribute[i] = i < BIASED_TRAIN ? i % 2 : i / 2 % 2;
    }
}

static inline void biased_matrix(matrix *m, const double *label, const double *attribute)
{
    uint64_t seed = 4242, at = 0;
    matrix_create(m, BIASED_SAMPLES, BIASED_FEATURES, false,
                  (uint64_t)BIASED_SAMPLES * BIASED_FEATURES, NULL);
    for (uint32_t k = 0; k < BIASED_FEATURES; k++) {
        m->col_start[k] = at;
        for (uint32_t i = 0; i < BIASED_SAMPLES; i++) {
            double chance = k < BIASED_FAINT  ? 0.2 + 0.5 * label[i]
                            : k < BIASED_LOUD ? 0.15 + 0.7 * attribute[i]
                                              : 0.1;
            if (fixture_random(&seed) < chance) {
                m->row[at] = i;
                m->value[at++] = (float)(1 + fixture_random(&seed));
            }
        }
    }
    m->col_start[BIASED_FEATURES] = at;
}

static inline void biased_must(status code, const error *err)
{
    if (code != STATUS_OK) {
        fprintf(stderr, "%s\n", err->message);
        abort();
    }
}

/* Makes the study and returns its path (free it with fixture_remove). */
static inline char *biased_study(void)
{
    static double label[BIASED_SAMPLES], attribute[BIASED_SAMPLES], other[BIASED_SAMPLES];
    char folder[] = "/tmp/circuitlasso-test-XXXXXX";
    if (!mkdtemp(folder))
        abort();
    char *path = malloc(sizeof folder + 16);
    sprintf(path, "%s/study.clw", folder);
    db *d = NULL;
    error err = {0};
    matrix m;
    feature_stats stats[BIASED_FEATURES];
    layer in = {.name = (char *)(uintptr_t) "only",
                .kind = LAYER_SAE,
                .features = BIASED_FEATURES,
                .samples = BIASED_SAMPLES,
                .source = (char *)(uintptr_t) "none",
                .hash = (char *)(uintptr_t) "hash"};
    biased_variables(label, attribute);
    biased_matrix(&m, label, attribute);
    fixture_stats(&m, stats);
    in.nonzeros = m.col_start[BIASED_FEATURES];
    biased_must(db_open(&d, path, DB_CREATE, &err), &err);
    biased_must(db_begin(d, &err), &err);
    biased_must(layer_add(d, &in, &err), &err);
    biased_must(layer_add_block(d, in.id, 0, &m, &err), &err);
    biased_must(feature_add(d, in.id, 0, stats, BIASED_FEATURES, &err), &err);
    for (uint32_t i = 0; i < BIASED_SAMPLES; i++) {
        biased_must(document_add(d, i, NULL, "a text", NULL, i, 1, &err), &err);
        if (i >= BIASED_TRAIN)
            biased_must(document_hold_out(d, i, &err), &err);
    }
    biased_must(target_add(d, "job", TARGET_BINARY, "[\"nurse\", \"professor\"]", label,
                           BIASED_SAMPLES, &err),
                &err);
    biased_must(
        target_add(d, "gender", TARGET_BINARY, "[\"f\", \"m\"]", attribute, BIASED_SAMPLES, &err),
        &err);
    for (uint32_t i = 0; i < BIASED_SAMPLES; i++)
        other[i] = i < BIASED_TRAIN ? label[i] : i % 3;
    biased_must(
        target_add(d, "rare", TARGET_CLASS, "[\"a\", \"b\", \"c\"]", other, BIASED_SAMPLES, &err),
        &err);
    for (uint32_t i = 0; i < BIASED_SAMPLES; i++)
        other[i] = i >= BIASED_TRAIN && label[i] == 1 ? 0 : attribute[i];
    biased_must(target_add(d, "lonely", TARGET_BINARY, NULL, other, BIASED_SAMPLES, &err), &err);
    for (uint32_t i = 0; i < BIASED_SAMPLES; i++)
        other[i] = i;
    biased_must(target_add(d, "number", TARGET_REAL, NULL, other, BIASED_SAMPLES, &err), &err);
    biased_must(db_commit(d, &err), &err);
    biased_must(db_finish_bulk(d, &err), &err);
    db_close(d);
    matrix_release(&m);
    return path;
}

#endif
