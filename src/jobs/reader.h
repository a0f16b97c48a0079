/* Questions to the workspace that the screen must not wait for.
 *
 * A reader is a thread with its own read-only connection. An ask replaces a waiting or running one
 * of the same kind, so fast fingers never queue up stale work. Every ask that is not replaced is
 * answered exactly once, on the queue: a message of that kind whose payload is a reader_answer. */
#ifndef JOBS_READER_H
#define JOBS_READER_H

#include "db/db.h"
#include "src/base/queue.h"

typedef struct reader reader;

typedef struct reader_answer {
    uint64_t ticket; /* as reader_ask returned it */
    status code;
    error err;                     /* when code is not STATUS_OK */
    void *result;                  /* else: what `work` made; set to NULL to keep it */
    void (*release)(void *result); /* frees it otherwise */
} reader_answer;

typedef struct reader_question {
    int kind; /* of the answering message; at least 200 (the engine uses those from 100) */
    /* Runs on the reader's thread; makes *result, which nobody changes afterwards. */
    status (*work)(db *d, void *ask, void **result, error *err);
    void *ask;                     /* argument of work, owned by the reader */
    void (*release_ask)(void *);   /* may be NULL */
    void (*release)(void *result); /* may be NULL */
} reader_question;

status reader_start(reader **out, const char *study, queue *answers, error *err);
uint64_t reader_ask(reader *r, const reader_question *question); /* ticket, from 1 */
void reader_stop(reader *r); /* interrupts what runs; NULL is fine */

#endif
