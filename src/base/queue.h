/* The one way a result crosses threads: a locked list of messages and a descriptor that becomes
 * readable when there are some. A payload is immutable once posted and belongs to the receiver. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "src/base/error.h"

typedef struct message {
    struct message *next;
    int kind;      /* the receiver's own enum */
    void *payload; /* freed with release(payload) */
    void (*release)(void *payload);
} message;

typedef struct queue queue;

status queue_create(queue **out, error *err);
void queue_free(queue *q); /* releases what was not received; NULL is fine */

int queue_descriptor(const queue *q);

/* Appends a message and wakes the receiver. Any thread. */
void queue_post(queue *q, int kind, void *payload, void (*release)(void *));

/* Takes the whole list, oldest first (NULL: none), and silences the descriptor. */
message *queue_take(queue *q);

/* Releases one message and returns the next of the list. */
message *message_free(message *m);

/* Wakes the receiver without a message. Safe in a signal handler. */
void queue_wake(const queue *q);

#endif
