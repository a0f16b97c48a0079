#include "src/jobs/reader.h"

#include "src/base/memory.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct waiting {
    struct waiting *next;
    reader_question question;
    uint64_t ticket;
} waiting;

struct reader {
    char *study;
    db *connection; /* used by the thread only, but for db_interrupt under the lock */
    queue *answers;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    waiting *first;    /* oldest first, at most one of a kind */
    int running_kind;  /* 0: idle */
    bool superseded;   /* the running question was asked again: drop its answer */
    bool stopping;
    uint64_t last_ticket;
};

static void waiting_free(waiting *w)
{
    if (w->question.release_ask)
        w->question.release_ask(w->question.ask);
    free(w);
}

static void answer_free(void *payload)
{
    reader_answer *answer = payload;
    if (answer->result && answer->release)
        answer->release(answer->result);
    free(answer);
}

static waiting *take_next(reader *r)
{
    pthread_mutex_lock(&r->lock);
    while (!r->first && !r->stopping)
        pthread_cond_wait(&r->wake, &r->lock);
    waiting *w = r->stopping ? NULL : r->first;
    if (w) {
        r->first = w->next;
        r->running_kind = w->question.kind;
        r->superseded = false;
    }
    pthread_mutex_unlock(&r->lock);
    return w;
}

static void *reader_main(void *argument)
{
    reader *r = argument;
    for (waiting *w; (w = take_next(r)) != NULL;) {
        reader_answer *answer = mem_zero(1, sizeof *answer);
        answer->ticket = w->ticket;
        answer->release = w->question.release;
        answer->code =
            w->question.work(r->connection, w->question.ask, &answer->result, &answer->err);
        pthread_mutex_lock(&r->lock);
        bool drop = r->superseded || r->stopping;
        r->running_kind = 0;
        pthread_mutex_unlock(&r->lock);
        if (drop)
            answer_free(answer);
        else
            queue_post(r->answers, w->question.kind, answer, answer_free);
        waiting_free(w);
    }
    return NULL;
}

status reader_start(reader **out, const char *study, queue *answers, error *err)
{
    reader *r = mem_zero(1, sizeof *r);
    status code = db_open(&r->connection, study, DB_READ, err);
    if (code != STATUS_OK) {
        free(r);
        return code;
    }
    r->study = mem_copy_text(study);
    r->answers = answers;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    if (pthread_create(&r->thread, NULL, reader_main, r) != 0) {
        code = error_set(err, STATUS_MACHINE, "cannot start a thread to read '%s'", study);
        db_close(r->connection);
        free(r->study);
        free(r);
        return code;
    }
    *out = r;
    return STATUS_OK;
}

uint64_t reader_ask(reader *r, const reader_question *question)
{
    waiting *fresh = mem_zero(1, sizeof *fresh);
    fresh->question = *question;
    pthread_mutex_lock(&r->lock);
    uint64_t ticket = fresh->ticket = ++r->last_ticket;
    waiting **place = &r->first;
    while (*place && (*place)->question.kind != question->kind)
        place = &(*place)->next;
    waiting *replaced = *place;
    fresh->next = replaced ? replaced->next : NULL;
    *place = fresh;
    if (r->running_kind == question->kind) {
        r->superseded = true;
        db_interrupt(r->connection);
    }
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    if (replaced)
        waiting_free(replaced);
    return ticket;
}

void reader_stop(reader *r)
{
    if (!r)
        return;
    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    if (r->running_kind)
        db_interrupt(r->connection);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
    for (waiting *w = r->first; w;) {
        waiting *next = w->next;
        waiting_free(w);
        w = next;
    }
    db_close(r->connection);
    pthread_mutex_destroy(&r->lock);
    pthread_cond_destroy(&r->wake);
    free(r->study);
    free(r);
}
