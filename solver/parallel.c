#include "solver/parallel.h"

#include "src/base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_THREADS = 256 };

typedef struct helper {
    pthread_t id;
    bool started;
    unsigned thread;
    void (*run)(void *user, unsigned thread);
    void *user;
} helper;

unsigned parallel_threads(unsigned wanted)
{
    if (wanted == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        wanted = cores > 0 ? (unsigned)cores : 1;
    }
    return wanted < MOST_THREADS ? wanted : MOST_THREADS;
}

static void *start(void *argument)
{
    helper *h = argument;
    h->run(h->user, h->thread);
    return NULL;
}

void parallel_run(unsigned threads, void (*run)(void *user, unsigned thread), void *user)
{
    helper *helpers = threads > 1 ? mem_try(threads - 1, sizeof *helpers) : NULL;
    for (unsigned t = 1; helpers && t < threads; t++) {
        helper *h = &helpers[t - 1];
        *h = (helper){.thread = t, .run = run, .user = user};
        h->started = pthread_create(&h->id, NULL, start, h) == 0;
    }
    run(user, 0);
    for (unsigned t = 1; helpers && t < threads; t++)
        if (helpers[t - 1].started)
            pthread_join(helpers[t - 1].id, NULL);
    free(helpers);
}
