#include "src/base/queue.h"

#include "src/base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct queue {
    pthread_mutex_t lock;
    message *first;
    message **end;
    int descriptor;
};

status queue_create(queue **out, error *err)
{
    queue *q = mem_zero(1, sizeof *q);
    q->descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->descriptor < 0) {
        free(q);
        return error_errno(err, "cannot create an event descriptor");
    }
    pthread_mutex_init(&q->lock, NULL);
    q->end = &q->first;
    *out = q;
    return STATUS_OK;
}

message *message_free(message *m)
{
    message *next = m->next;
    if (m->release)
        m->release(m->payload);
    free(m);
    return next;
}

void queue_free(queue *q)
{
    if (!q)
        return;
    for (message *m = q->first; m;)
        m = message_free(m);
    pthread_mutex_destroy(&q->lock);
    close(q->descriptor);
    free(q);
}

int queue_descriptor(const queue *q)
{
    return q->descriptor;
}

void queue_wake(const queue *q)
{
    int saved = errno;
    uint64_t one = 1;
    ssize_t ignored = write(q->descriptor, &one, sizeof one);
    (void)ignored; /* EAGAIN: the counter is full, so the receiver is awake already */
    errno = saved;
}

void queue_post(queue *q, int kind, void *payload, void (*release)(void *))
{
    message *m = mem_alloc(sizeof *m);
    *m = (message){.kind = kind, .payload = payload, .release = release};
    pthread_mutex_lock(&q->lock);
    *q->end = m;
    q->end = &m->next;
    pthread_mutex_unlock(&q->lock);
    queue_wake(q);
}

message *queue_take(queue *q)
{
    uint64_t count = 0;
    ssize_t ignored = read(q->descriptor, &count, sizeof count);
    (void)ignored; /* EAGAIN: nothing was posted */
    pthread_mutex_lock(&q->lock);
    message *list = q->first;
    q->first = NULL;
    q->end = &q->first;
    pthread_mutex_unlock(&q->lock);
    return list;
}
