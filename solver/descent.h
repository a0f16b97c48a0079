/* The inner solver: the Lasso on one target's working set, on a small Gram matrix. */
#ifndef SOLVER_DESCENT_H
#define SOLVER_DESCENT_H

#include "solver/lasso.h"

#include <stddef.h>

/* Working sets up to this size are solved on their Gram matrix (at most 64 MiB of it a thread);
 * above, on residuals: slower a step, but bounded memory. */
enum { GRAM_LIMIT = 4096 };

/* The Gram rows of one working set, fetched when a coordinate first moves and kept from round to
 * round while the set grows at its end. */
typedef struct gram_rows {
    uint32_t stride;  /* floats a row */
    uint32_t count;   /* rows fetched */
    uint32_t *at;     /* row of member j, or NO_ROW; design->size long */
    uint32_t *filled; /* entries of each row that are there; design->size long */
    float *pool;
    size_t length;
} gram_rows;

#define NO_ROW UINT32_MAX

status gram_rows_create(gram_rows *rows, const lasso_design *design, error *err);
void gram_rows_release(gram_rows *rows);

/* Forgets all rows: another target. A large pool is given back, so that of the targets in
 * flight only the one being solved may hold one. */
void gram_rows_forget(gram_rows *rows);

typedef struct subproblem {
    const lasso_design *design;
    uint32_t size;
    const uint32_t *rank;
    gram_rows *rows;         /* those of rank[0 .. size) so far */
    double *u;               /* coefficients of unit-length columns for a unit-length target */
    double *g;               /* gradient at u: z_j'r - ridge_j u_j, exact on entry */
    const double *threshold; /* lambda_j: what |g_j| is compared with */
    const double *ridge;     /* kappa_j */
    double rr;               /* |r|^2 + sum kappa u^2 at entry */
    double tolerance;        /* relative duality gap within the working set */
    const atomic_bool *cancel;
} subproblem;

/* One thread's scratch, design->size each. */
typedef struct descent_space {
    double *start_u, *start_g, *before, *base;
    float *quick; /* how far g has moved since it was last right */
    uint32_t *active;
    float *compact; /* Gram matrix of the active coordinates, then their g; grows */
    size_t compact_length;
    double *gram_scratch; /* zeros */
} descent_space;

status descent_space_create(descent_space *space, const lasso_design *design, error *err);
void descent_space_release(descent_space *space);

/* Solves from u and leaves the solution there, g with it. False: out of memory. */
bool descent_run(subproblem *problem, descent_space *space);

#endif
