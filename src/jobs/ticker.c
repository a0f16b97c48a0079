#include "src/jobs/ticker.h"

#include "src/base/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

struct ticker {
    void (*tick)(void *user);
    void *user;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t end;
    bool stopping;
};

static void *ticker_main(void *argument)
{
    ticker *t = argument;
    pthread_mutex_lock(&t->lock);
    while (!t->stopping) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 100 * 1000 * 1000;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        pthread_cond_timedwait(&t->end, &t->lock, &until);
        if (!t->stopping)
            t->tick(t->user);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

static void ticker_free(ticker *t)
{
    pthread_cond_destroy(&t->end);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

ticker *ticker_start(void (*tick)(void *user), void *user)
{
    ticker *t = mem_zero(1, sizeof *t);
    t->tick = tick;
    t->user = user;
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->end, NULL);
    if (pthread_create(&t->thread, NULL, ticker_main, t) == 0)
        return t;
    ticker_free(t);
    return NULL;
}

void ticker_stop(ticker *t)
{
    if (!t)
        return;
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->end);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    ticker_free(t);
}
