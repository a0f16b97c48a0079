/* The prepared problem that the parts of the target-variable solver share. Internal units: a real
 * variable is centred and divided by its deviation, so that its values are near one whatever
 * theirs were; columns of the layer are as they are. */
#ifndef SOLVER_VARIABLE_PROBLEM_H
#define SOLVER_VARIABLE_PROBLEM_H

#include "solver/variable.h"
#include "solver/variable_dense.h"

typedef struct variable_problem {
    const matrix *x;
    variable_kind kind;
    uint32_t rows, outputs;
    uint32_t size;    /* predictors: columns that vary; by predictor: */
    uint32_t *column; /* its column of x, ascending */
    double *mean;
    double *penalty; /* p: the weight of |a| in the objective: 1, or the deviation with scale */
    double *ridge;   /* kappa = p^2 rho sqrt(var vbar): the coefficient of a^2 / 2 */
    double *y;       /* real: values in internal units */
    uint32_t *class; /* binary and class: the class of each sample */
    double *share;   /* binary and class: part of the samples in each class */
    bool constant;   /* real: does not vary */
    double centre, unit; /* real: value = centre + unit y; else 0 and 1 */
    double lambda_unit;  /* lambda of the caller = internal lambda * this */
    double null_loss;    /* internal: L at a = 0 with the best intercept */
    const dense_loops *loops;
    const atomic_bool *cancel;
} variable_problem;

status variable_problem_create(variable_problem *p, const matrix *x, const variable *v,
                               const variable_settings *settings, const atomic_bool *cancel,
                               error *err);
void variable_problem_release(variable_problem *p);

/* Whether sample i counts as a hit for output c: y = 1 of that output's logistic regression. */
static inline double variable_hit(const variable_problem *p, uint32_t c, uint32_t i)
{
    return p->class[i] == (p->kind == VARIABLE_BINARY ? 1 : c) ? 1.0 : 0.0;
}

static inline bool variable_cancelled(const variable_problem *p)
{
    return p->cancel && atomic_load_explicit(p->cancel, memory_order_relaxed);
}

/* Stored entries of a predictor's column; dense layers: row is NULL, count the number of rows. */
typedef struct variable_column {
    const uint32_t *row;
    const float *value;
    uint64_t count;
    const dense_loops *loops;
} variable_column;

static inline variable_column variable_get(const variable_problem *p, uint32_t j)
{
    const matrix *x = p->x;
    uint32_t k = p->column[j];
    if (x->dense)
        return (variable_column){NULL, x->value + (size_t)k * x->rows, x->rows, p->loops};
    uint64_t start = x->col_start[k];
    return (variable_column){x->row + start, x->value + start, x->col_start[k + 1] - start,
                             p->loops};
}

/* z'v */
static inline double variable_dot(const variable_column *z, const double *v)
{
    double sum = 0;
    if (z->row)
        for (uint64_t e = 0; e < z->count; e++)
            sum += (double)z->value[e] * v[z->row[e]];
    else
        sum = z->loops->dot(z->value, v, z->count);
    return sum;
}

/* v += a z */
static inline void variable_add(const variable_column *z, double a, double *v)
{
    if (z->row)
        for (uint64_t e = 0; e < z->count; e++)
            v[z->row[e]] += a * (double)z->value[e];
    else
        for (uint64_t e = 0; e < z->count; e++)
            v[e] += a * (double)z->value[e];
}

#endif
