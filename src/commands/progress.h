/* Long work on the command line: a progress bar on a terminal, now and then a line otherwise, and
 * Ctrl-C that stops at the next safe place. All of it on standard error. */
#ifndef COMMANDS_PROGRESS_H
#define COMMANDS_PROGRESS_H

#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "src/jobs/import.h"

/* Set by SIGINT, SIGTERM and SIGHUP from the first call on. */
const atomic_bool *progress_cancel(void);

/* Callbacks for import_run, fit_run and check_run; `user` is the study's layer_set for fits (may
 * be NULL). */
void progress_import(void *user, const import_progress *p);
void progress_fit(void *user, const fit_progress *p);
void progress_check(void *user, const check_progress *p); /* user: NULL */
/* For fits of target variables; `user`: the variable's name. */
void progress_variable(void *user, const fit_progress *p);
/* `user` is not used. */
void progress_score(void *user, double fraction);
void progress_synth(void *user, double fraction);
void progress_path(void *user, double fraction);

/* Ends the line that a bar stands on. */
void progress_end(void);

#endif
