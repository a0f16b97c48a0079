/* Two fits of a study are compared on several threads while another writes to it; the outcome is
 * the same on one thread and on many. */
#include "src/circuit/compare.h"
#include "tests/unit/study_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static void must(status code, const error *err)
{
    if (code == STATUS_OK)
        return;
    fprintf(stderr, "compare_threads: %s\n", err->message);
    exit(1);
}

/* A fit of both pairs: the edges from s to t where s + t is a multiple of `step`. */
static int64_t make_fit(db *d, const layer_set *layers, uint32_t step)
{
    error err = {0};
    fit_pair pair[2];
    for (uint32_t p = 0; p < 2; p++)
        pair[p] = (fit_pair){.source_layer = layers->item[p].id,
                             .target_layer = layers->item[p + 1].id,
                             .targets = FIXTURE_FEATURES};
    fit f = {.kind = "pairwise",
             .rule = "pair",
             .lambda = 0.1,
             .tolerance = 1e-6,
             .state = FIT_QUEUED,
             .data_hash = (char[]){"x"},
             .pair = pair,
             .pair_count = 2};
    must(fit_add(d, &f, &err), &err);
    for (uint32_t p = 0; p < 2; p++) {
        edge edges[FIXTURE_FEATURES * FIXTURE_FEATURES];
        uint64_t count = 0;
        for (uint32_t t = 0; t < FIXTURE_FEATURES; t++)
            for (uint32_t s = 0; s < FIXTURE_FEATURES; s++)
                if ((s + t) % step == 0)
                    edges[count++] =
                        (edge){.source = s, .target = t, .removal = s * step + t, .wired = NAN};
        must(fit_add_block(d, f.pair[p].id, NULL, 0, edges, count, 0, &err), &err);
    }
    return f.id;
}

typedef struct writing {
    const char *path;
    atomic_bool stop;
} writing;

static void *write_on(void *user)
{
    writing *w = user;
    error err = {0};
    db *d = NULL;
    must(db_open(&d, w->path, DB_WRITE, &err), &err);
    while (!atomic_load(&w->stop))
        must(db_set_fact(d, "note", "changed", &err), &err);
    db_close(d);
    return NULL;
}

int main(void)
{
    enum { ROUNDS = 20, MOST = 50 };
    error err = {0};
    db *d = NULL;
    layer_set layers;
    comparison first, again;
    char *path = fixture_study();
    must(db_open(&d, path, DB_WRITE, &err), &err);
    must(layer_list(d, &layers, &err), &err);
    int64_t a = make_fit(d, &layers, 2), b = make_fit(d, &layers, 3);
    must(compare_fits(d, path, a, b, STRENGTH_REMOVAL, MOST, 1, &first, &err), &err);
    writing w = {.path = path};
    pthread_t writer;
    pthread_create(&writer, NULL, write_on, &w);
    int failed = 0;
    for (int round = 0; round < ROUNDS; round++) {
        must(compare_fits(d, path, a, b, STRENGTH_REMOVAL, MOST, 4, &again, &err), &err);
        failed += memcmp(&first.total, &again.total, sizeof first.total) != 0 ||
                  first.change_count != again.change_count ||
                  memcmp(first.change, again.change, first.change_count * sizeof *first.change);
        comparison_release(&again);
    }
    atomic_store(&w.stop, true);
    pthread_join(writer, NULL);
    comparison_release(&first);
    layer_set_release(&layers);
    db_close(d);
    fixture_remove(path);
    printf("%d passed, %d failed\n", ROUNDS - failed, failed);
    return failed > 0;
}
