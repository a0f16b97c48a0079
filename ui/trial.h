/* What the fit dialog says before starting: about how long and how large, tried on a thread of its
 * own while one still types. One trial is under way at most; another request stops it. */
#ifndef UI_TRIAL_H
#define UI_TRIAL_H

#include "ui/app.h"

typedef struct trial trial;

/* Tries the request (copied); a->trial is made when it is first needed. */
void trial_begin(app *a, const fit_request *request);

/* Nothing is to be tried any more: the dialog has closed, or makes no sense. NULL is fine. */
void trial_stop(trial *t);

/* True: the answer was for the trial. */
bool trial_answer(app *a, int kind, reader_answer *answer);

/* One clean line: what came of it, or that it is under way; empty: nothing was asked. */
const char *trial_text(const trial *t);

void trial_free(trial *t); /* NULL is fine */

#endif
