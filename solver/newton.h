/* Where coordinate descent crawls: Newton steps on the coordinates that are not zero. */
#ifndef SOLVER_NEWTON_H
#define SOLVER_NEWTON_H

#include "solver/descent.h"

/* Coordinates that one linear system is solved for: its time is their third power. */
enum { NEWTON_MOST = 512 };

/* Improves p->u from where it stands; p->g must be right there, and is out of date afterwards.
 * False when nothing was done: no or too many coordinates that are not zero, or no memory. */
bool newton_run(subproblem *p);

#endif
