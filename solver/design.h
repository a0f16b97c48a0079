/* The prepared source layer, as the parts of the solver see it.
 *
 * Columns that vary are renumbered by *rank*: most stored entries first (ties: lower column
 * first). SAE features are skewed, a few fire in half of the samples and most in a few of a
 * thousand; with ranks the popular ones, which most targets share, lie together in memory.
 * Constant columns have no rank, so nothing downstream meets them. */
#ifndef SOLVER_DESIGN_H
#define SOLVER_DESIGN_H

#include "solver/gram.h"
#include "solver/kernels.h"
#include "solver/lasso.h"

#define NO_RANK UINT32_MAX

struct lasso_design {
    const matrix *x; /* borrowed */
    bool scale;
    double rho; /* the ridge setting; `ridge` below is what it comes to */
    uint32_t rows;
    uint32_t size;    /* columns that vary; everything below is by rank, `size` long */
    uint32_t *column; /* rank -> column of x */
    double *mean;
    double *norm;    /* |z_k - mean_k|, > 0 */
    double *inverse; /* 1 / norm */
    double *penalty; /* p_k, the weight of |a_k| in the objective: 1, or sd_k with scale */
    double *ridge;   /* kappa_k = M p_k^2 rho sqrt(var_k vbar): the coefficient of a_k^2 / 2 */

    /* sparse layers: the same entries by rows, ranks ascending in a row */
    uint64_t *row_start; /* rows + 1 */
    uint32_t *row_rank;
    float *row_value;

    sweep_layer sweep; /* sparse layers */
    uint32_t *rank_of; /* column of x -> rank, NO_RANK for constant columns; sparse layers */

    gram_table gram;
    const kernels *vector;
};

/* Stored entries of one column (by rank); dense layers: row is NULL, count the number of rows. */
typedef struct design_column {
    const uint32_t *row;
    const float *value;
    uint64_t count;
} design_column;

/* Whether products of a dense column's values stay in the range of float. */
static inline bool design_is_ordinary(const lasso_design *design, uint32_t rank)
{
    return design->norm[rank] > 1e-12 && design->norm[rank] < 1e12;
}

static inline design_column design_get(const lasso_design *design, uint32_t rank)
{
    const matrix *x = design->x;
    uint32_t k = design->column[rank];
    if (x->dense)
        return (design_column){NULL, x->value + (size_t)k * x->rows, x->rows};
    uint64_t start = x->col_start[k];
    return (design_column){x->row + start, x->value + start, x->col_start[k + 1] - start};
}

/* z'v, in one order on every machine. */
double design_dot(design_column z, const double *v);

/* Mean, centred norm and constancy of any column of a layer. A column is constant when all its
 * values are equal, not when their variance rounds to zero. */
typedef struct column_moments {
    double sum, mean, norm;
    bool constant;
} column_moments;

column_moments column_measure(const matrix *x, uint32_t column);

#endif
