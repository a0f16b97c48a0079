/* Messages arrive complete, in order, and wake the receiver. */
#include "src/base/memory.h"
#include "src/base/queue.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 4, EACH = 500 };

static int released;

static void count_release(void *payload)
{
    free(payload);
    released++;
}

static void *post_many(void *q)
{
    for (int i = 0; i < EACH; i++) {
        int *number = mem_alloc(sizeof *number);
        *number = i;
        queue_post(q, 7, number, count_release);
    }
    return NULL;
}

static bool readable(queue *q)
{
    struct pollfd at = {.fd = queue_descriptor(q), .events = POLLIN};
    return poll(&at, 1, 0) == 1;
}

Test(queue, nothing_is_lost_between_threads)
{
    queue *q = NULL;
    pthread_t thread[THREADS];
    cr_assert_eq(queue_create(&q, NULL), STATUS_OK);
    for (int t = 0; t < THREADS; t++)
        pthread_create(&thread[t], NULL, post_many, q);
    int received = 0;
    while (received < THREADS * EACH) {
        struct pollfd at = {.fd = queue_descriptor(q), .events = POLLIN};
        cr_assert_eq(poll(&at, 1, 10000), 1, "the descriptor must wake the receiver");
        for (message *m = queue_take(q); m; m = message_free(m))
            received += m->kind == 7;
    }
    for (int t = 0; t < THREADS; t++)
        pthread_join(thread[t], NULL);
    cr_expect_eq(received, THREADS * EACH);
    cr_expect_eq(released, received);
    queue_take(q);
    cr_expect_not(readable(q));
    queue_free(q);
}

Test(queue, one_sender_arrives_in_order_and_leftovers_are_released)
{
    queue *q = NULL;
    cr_assert_eq(queue_create(&q, NULL), STATUS_OK);
    post_many(q);
    int expected = 0;
    message *m = queue_take(q);
    for (; m; m = message_free(m))
        cr_assert_eq(*(int *)m->payload, expected++);
    cr_expect_eq(expected, EACH);
    post_many(q);
    released = 0;
    queue_free(q);
    cr_expect_eq(released, EACH);
}
