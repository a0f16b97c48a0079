/* An independent judge of the solver: dense, naive, double, and sharing no code with it. It
 * works on explicitly centred (and scaled) copies, in the units of the objective itself. */
#ifndef TESTS_ORACLE_H
#define TESTS_ORACLE_H

#include "src/base/matrix.h"

/* A layer as a dense matrix of doubles, centred, divided by sd with scale. */
typedef struct oracle {
    uint32_t rows, cols;
    double *z;    /* cols columns of `rows` */
    double *mean; /* of the data */
    double *sd;   /* population; 0: constant */
    double *kappa; /* ridge * sqrt(variance * mean variance of the columns that vary) */
    bool scale;
} oracle;

oracle oracle_create(const matrix *x, double ridge, bool scale);
void oracle_release(oracle *o);

/* Column `column` of y: centred, and scaled with o->scale, into out (rows long). *sd gets its
 * deviation, *mean its mean. */
void oracle_target(const oracle *o, const matrix *y, uint32_t column, double *out, double *mean,
                   double *sd);

/* Largest lambda at which target y (as prepared) has parents. */
double oracle_lambda_max(const oracle *o, const double *y);

/* Relative duality gap of coefficients `a` (cols long, in the units of the prepared problem).
 * *kkt (may be NULL): the largest violation of the optimality conditions, relative to lambda. */
double oracle_gap(const oracle *o, const double *y, double lambda, const double *a, double *kkt);

/* Coordinate descent until the gap is below `tolerance` or for `sweeps`; a starts at zero.
 * Returns the gap. */
double oracle_solve(const oracle *o, const double *y, double lambda, double tolerance,
                    unsigned sweeps, double *a);

/* Coefficients on the data's own scale -> those of the prepared problem, all cols of them. */
void oracle_import(const oracle *o, double target_sd, uint32_t parents, const uint32_t *source,
                   const double *weight, double *a);

#endif
