/* Who runs a fit: enough to tell, later and from another process, whether they still do. */
#ifndef JOBS_RUNNER_H
#define JOBS_RUNNER_H

#include <stdbool.h>

/* This process as text: host, process number, the process's start, the machine's start. Free it.
 */
char *runner_self(void);

/* Whether that process still exists. On this machine that is certain, process numbers used again
 * included; of another machine nothing is known, and it counts as alive. NULL is not alive. */
bool runner_alive(const char *runner);

#endif
