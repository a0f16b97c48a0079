/* A study of two layers whose activations a test has made itself, and its documents. */
#ifndef TESTS_PLANTED_FIXTURE_H
#define TESTS_PLANTED_FIXTURE_H

#include "db/document.h"
#include "tests/unit/study_fixture.h"

typedef struct planted {
    uint32_t documents, *length; /* of each document, in samples */
    uint32_t samples;
    uint32_t features[2];
    float *value[2]; /* samples x features, by columns */
} planted;

/* Documents of `least` to `most` samples, all activations 0. */
static inline planted planted_create(uint32_t documents, uint32_t least, uint32_t most,
                                     uint32_t sources, uint32_t targets, uint64_t *seed)
{
    planted p = {.documents = documents, .features = {sources, targets}};
    p.length = malloc(documents * sizeof *p.length);
    for (uint32_t d = 0; d < documents; d++)
        p.samples += p.length[d] = least + (uint32_t)(fixture_random(seed) * (most - least + 1));
    for (int l = 0; l < 2; l++)
        p.value[l] = calloc((size_t)p.samples * p.features[l], sizeof(float));
    return p;
}

static inline float *planted_column(const planted *p, int which, uint32_t feature)
{
    return p->value[which] + (size_t)feature * p->samples;
}

static inline double planted_normal(uint64_t *seed)
{
    return sqrt(-2 * log(1 - fixture_random(seed))) *
           cos(6.283185307179586 * fixture_random(seed));
}

static inline void planted_free(planted *p)
{
    free(p->length);
    free(p->value[0]);
    free(p->value[1]);
}

/* Only what is not zero is stored, as an SAE layer has it. */
static inline void planted_matrix(const planted *p, int l, matrix *m)
{
    uint64_t at = 0;
    matrix_create(m, p->samples, p->features[l], false, (uint64_t)p->samples * p->features[l],
                  NULL);
    for (uint32_t f = 0; f < p->features[l]; f++) {
        m->col_start[f] = at;
        for (uint32_t i = 0; i < p->samples; i++)
            if (planted_column(p, l, f)[i] != 0) {
                m->row[at] = i;
                m->value[at++] = planted_column(p, l, f)[i];
            }
    }
    m->col_start[p->features[l]] = at;
}

static inline void planted_check(status code, const error *err)
{
    if (code != STATUS_OK) {
        fprintf(stderr, "%s\n", err->message);
        abort();
    }
}

/* Stores it and returns the study's path (free it with fixture_remove). */
static inline char *planted_study(const planted *p)
{
    char folder[] = "/tmp/circuitlasso-test-XXXXXX";
    db *d = NULL;
    error err = {0};
    if (!mkdtemp(folder))
        abort();
    char *path = malloc(sizeof folder + 16);
    sprintf(path, "%s/study.clw", folder);
    planted_check(db_open(&d, path, DB_CREATE, &err), &err);
    planted_check(db_begin(d, &err), &err);
    for (int l = 0; l < 2; l++) {
        char name[32];
        matrix m;
        snprintf(name, sizeof name, "blocks.%d.hook", l);
        planted_matrix(p, l, &m);
        feature_stats *stats = calloc(m.cols, sizeof *stats);
        fixture_stats(&m, stats);
        layer in = {.name = name,
                    .position = (uint32_t)l,
                    .kind = LAYER_SAE,
                    .features = m.cols,
                    .samples = m.rows,
                    .nonzeros = m.col_start[m.cols],
                    .source = "none",
                    .hash = name};
        planted_check(layer_add(d, &in, &err), &err);
        planted_check(layer_add_block(d, in.id, 0, &m, &err), &err);
        planted_check(feature_add(d, in.id, 0, stats, m.cols, &err), &err);
        matrix_release(&m);
        free(stats);
    }
    for (uint32_t i = 0, first = 0; i < p->documents; first += p->length[i++])
        planted_check(document_add(d, i, NULL, "text", NULL, first, p->length[i], &err), &err);
    planted_check(db_commit(d, &err), &err);
    planted_check(db_finish_bulk(d, &err), &err);
    db_close(d);
    return path;
}

#endif
