/* Runs one function on several threads and waits for all of them. */
#ifndef SOLVER_PARALLEL_H
#define SOLVER_PARALLEL_H

/* The number of threads that settings ask for (0: one a core), at least 1. */
unsigned parallel_threads(unsigned wanted);

/* run(user, 0) on the caller's thread, run(user, 1) .. run(user, threads - 1) on others. Work is
 * shared out inside `run` (an atomic counter), never by thread number, so that a thread that the
 * machine refuses costs time and nothing else. */
void parallel_run(unsigned threads, void (*run)(void *user, unsigned thread), void *user);

#endif
