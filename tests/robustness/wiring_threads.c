/* Two layers are wired on one thread and on many, and cancelled meanwhile: the same edges, no
 * race. */
#include "tests/unit/wiring_fixture.h"

#include "src/wiring/wiring.h"

#include <pthread.h>
#include <stdio.h>

enum { ROWS = 300, SOURCES = 150, TARGETS = 40, WIDTH = 64, ACTIVE = 6 };

typedef struct layers {
    matrix source, target;
    autoencoder from, to;
} layers;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "wiring_threads: %s\n", what);
    exit(1);
}

static matrix activities(uint32_t features, uint64_t *seed)
{
    float *z = mem_zero((size_t)ROWS * features, sizeof *z);
    for (size_t r = 0; r < ROWS; r++) {
        uint32_t first = random_below(seed, features);
        for (uint32_t n = 0; n < ACTIVE; n++)
            z[r * features + (first + 5 * n) % features] = (float)(1 + 3 * made_uniform(seed));
    }
    matrix m = made_matrix(ROWS, features, z);
    free(z);
    return m;
}

static status wire(const layers *l, unsigned threads, const atomic_bool *cancel, wiring *out)
{
    return wiring_create(&l->source, &l->from, &l->target, &l->to, threads, cancel, out, NULL);
}

/* More candidates than are kept, from any number of threads. */
static void same_on_many(const layers *l)
{
    wiring one, many;
    must(wire(l, 1, NULL, &one) == STATUS_OK, "one thread");
    must(one.first[TARGETS] == (uint64_t)WIRED_KEPT * TARGETS, "too few edges to leave some out");
    must(wire(l, 6, NULL, &many) == STATUS_OK, "six threads");
    must(many.first[TARGETS] == one.first[TARGETS], "another number of edges on six threads");
    for (uint64_t i = 0; i < one.first[TARGETS]; i++) {
        const wired_edge *a = &one.item[i], *b = &many.item[i];
        must(a->target == b->target && a->source == b->source && a->fall == b->fall &&
                 a->strong == b->strong,
             "another edge on six threads");
    }
    wiring_release(&one);
    wiring_release(&many);
}

static void *set(void *cancel)
{
    atomic_store((atomic_bool *)cancel, true);
    return NULL;
}

static void cancelled_meanwhile(const layers *l)
{
    atomic_bool cancel = false;
    pthread_t other;
    wiring w;
    must(pthread_create(&other, NULL, set, &cancel) == 0, "a thread");
    status code = wire(l, 6, &cancel, &w);
    must(code == STATUS_INTERRUPTED || code == STATUS_OK, "neither done nor cancelled");
    must(code == STATUS_OK || !w.item, "edges although cancelled");
    pthread_join(other, NULL);
    wiring_release(&w);
}

int main(void)
{
    uint64_t seed = 1;
    layers l = {.from = made_autoencoder(SOURCES, WIDTH, &seed),
                .to = made_autoencoder(TARGETS, WIDTH, &seed)};
    l.source = activities(SOURCES, &seed);
    l.target = activities(TARGETS, &seed);
    same_on_many(&l);
    cancelled_meanwhile(&l);
    matrix_release(&l.source);
    matrix_release(&l.target);
    autoencoder_release(&l.from);
    autoencoder_release(&l.to);
    return 0;
}
