/* An independent judge of target-variable fits: dense, naive, double, sharing no code with the
 * solver. It works with coefficients and intercepts on the data's own scale. */
#ifndef TESTS_VARIABLE_ORACLE_H
#define TESTS_VARIABLE_ORACLE_H

#include "src/base/matrix.h"

typedef enum oracle_loss { ORACLE_SQUARED, ORACLE_LOGISTIC, ORACLE_SOFTMAX } oracle_loss;

typedef struct variable_oracle {
    oracle_loss loss;
    uint32_t rows, cols, outputs;
    double *z;     /* rows x cols, row by row */
    const double *y; /* rows; borrowed */
    double *p;     /* cols: 1, or the column's deviation; 0: constant, no predictor */
    double *kappa; /* cols: the coefficient of (p a)^2 / 2 */
    double unit;   /* squared error with scale: y's deviation; else 1 */
    double null;   /* the objective without features */
} variable_oracle;

variable_oracle variable_oracle_create(const matrix *x, oracle_loss loss, uint32_t classes,
                                       const double *y, double ridge, bool scale);
void variable_oracle_release(variable_oracle *o);

/* a: outputs x cols, b: outputs. In the units of the problem as solved: relative to nothing. */
double variable_oracle_objective(const variable_oracle *o, double lambda, const double *a,
                                 const double *b);

/* (P - D) / P(0), D from the residual scaled into the feasible set; with ridge from the conjugate
 * of the penalty. *balance: the largest |sum of residuals| / M, which should be nothing. */
double variable_oracle_gap(const variable_oracle *o, double lambda, const double *a,
                           const double *b, double *balance);

/* Accelerated proximal gradient with restarts; a and b start at zero. Returns the objective. */
double variable_oracle_solve(const variable_oracle *o, double lambda, unsigned iterations,
                             double *a, double *b);

#endif
