/* The inner solver: the Lasso on one target's working set, on a small Gram matrix. */
#ifndef SOLVER_DESCENT_H
#define SOLVER_DESCENT_H

#include "solver/gram_set.h"

#include <stddef.h>

/* Working sets up to this size are solved on their Gram matrix (at most 64 MiB of it a thread);
 * above, on residuals: slower a step, but bounded memory. */
enum { GRAM_LIMIT = 4096 };

typedef struct subproblem {
    const lasso_design *design;
    uint32_t size;
    const uint32_t *rank;
    double *u;               /* coefficients of unit-length columns for a unit-length target */
    double *g;               /* gradient at u: z_j'r - ridge_j u_j, exact on entry */
    const double *threshold; /* lambda_j: what |g_j| is compared with */
    const double *ridge;     /* kappa_j */
    double rr;               /* |r|^2 + sum kappa u^2 at entry */
    double tolerance;        /* relative duality gap within the working set */
    bool stubborn;           /* many rounds have not helped: Newton steps are worth their price */
    const atomic_bool *cancel;
} subproblem;

/* One thread's scratch: design->size each, but for the pool of Gram rows, which grows with the
 * largest working set. One pool a thread, refilled for every problem: keeping rows with each
 * target in flight was measured to be no faster (they leave the cache between rounds) at many
 * times the memory. */
typedef struct descent_space {
    double *start_u, *start_g;
    float *quick; /* how far g has moved since it was last right */
    uint32_t *active;
    uint32_t *row_at; /* which pool row holds row j of the Gram matrix, or NO_ROW */
    gram_set set;     /* sparse layers: the Gram matrix */
    float *pool;      /* dense layers: rows of it */
    size_t pool_length;
} descent_space;

status descent_space_create(descent_space *space, const lasso_design *design, error *err);
void descent_space_release(descent_space *space);

/* Solves from u and leaves the solution there, g with it. False: out of memory. */
bool descent_run(subproblem *problem, descent_space *space);

#endif
