/* A thread that looks at work in progress ten times a second. */
#ifndef JOBS_TICKER_H
#define JOBS_TICKER_H

typedef struct ticker ticker;

/* Calls tick(user) on a thread of its own until ticker_stop. NULL, and no calls, when there is no
 * thread to be had: what is told is not needed. */
ticker *ticker_start(void (*tick)(void *user), void *user);
void ticker_stop(ticker *t); /* returns after the last call; NULL is fine */

#endif
