/* Fits and checks in the background, one after the other, for the screen.
 *
 * All calls return at once; what comes of them arrives on the queue as ENGINE_PROGRESS messages
 * (payload: fit_progress) or ENGINE_CHECK messages (payload: check_progress) about ten times a
 * second while a fit or a check runs and once at each change of state, and as ENGINE_FAILED
 * (payload: error) when something asked for could not be done. */
#ifndef JOBS_ENGINE_H
#define JOBS_ENGINE_H

#include "src/base/queue.h"
#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "src/jobs/variable.h"

typedef struct engine engine;

typedef enum engine_message { ENGINE_PROGRESS = 100, ENGINE_FAILED, ENGINE_CHECK } engine_message;

/* Starts the threads. `study` and `news` must outlive the engine. */
status engine_start(engine **out, const char *study, unsigned threads, queue *news, error *err);

void engine_fit(engine *e, const fit_request *request); /* copies the request */
/* Likewise; `then`, which may be NULL, checks the fit as soon as it is done,
 * be it after a stop and engine_resume. */
void engine_fit_variable(engine *e, const variable_request *request, const check_request *then);
void engine_resume(engine *e, int64_t fit_id);
void engine_cancel(engine *e, int64_t fit_id); /* running or waiting */
void engine_delete(engine *e, int64_t fit_id); /* cancels it first */

void engine_check(engine *e, const check_request *request); /* copies the request */
void engine_check_resume(engine *e, int64_t check_id);
void engine_check_cancel(engine *e, int64_t check_id); /* running or waiting */
void engine_check_delete(engine *e, int64_t check_id); /* cancels it first */

/* Cancels what runs, waits for its last block, ends the threads. What ran or waited is marked, so
 * that fit_was_interrupted (check_was_interrupted) tells it from one that the user cancelled. NULL
 * is fine. */
void engine_stop(engine *e);

#endif
