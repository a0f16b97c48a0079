/* The relative duality gap of a target variable's model, in double, from the data. */
#ifndef SOLVER_VARIABLE_CERTIFICATE_H
#define SOLVER_VARIABLE_CERTIFICATE_H

#include "solver/variable_model.h"

typedef struct variable_certificate {
    double loss;  /* L */
    double gap;   /* (P - D) / P(0) */
    double worst; /* largest |z'u / M - kappa a| / p: 0.. lambda where it is optimal */
} variable_certificate;

/* Refreshes the model (predictors from coefficients, best intercepts) and certifies it at
 * `lambda` (internal). gradient: outputs x size, gets z'u / M. u: scratch, rows. False: out of
 * memory. */
bool variable_certify(variable_model *m, const variable_problem *p, double lambda,
                      double *gradient, double *u, variable_certificate *out);

#endif
