/* Coefficients, linear predictors and losses of a target variable's model as it stands. */
#ifndef SOLVER_VARIABLE_MODEL_H
#define SOLVER_VARIABLE_MODEL_H

#include "solver/variable_problem.h"

typedef struct variable_model {
    double *a;   /* outputs x size: coefficients, internal units */
    double *b;   /* outputs: intercepts */
    double *eta; /* outputs x rows: linear predictors Z a + b */
    double *lse; /* rows: log of the sum of exp(eta) over classes (binary: of 1 and exp(eta)) */
} variable_model;

/* All coefficients zero, the best intercepts. */
status variable_model_create(variable_model *m, const variable_problem *p, error *err);
void variable_model_release(variable_model *m);

/* eta and lse from a and b, so that nothing of earlier steps' rounding is left. */
void variable_model_refresh(variable_model *m, const variable_problem *p);

/* The mean loss L. */
double variable_model_loss(const variable_model *m, const variable_problem *p);

/* u = minus the loss's derivative by each sample's predictor c: y - eta, or y - probability. */
void variable_model_residual(const variable_model *m, const variable_problem *p, uint32_t c,
                             double *u);

/* The best intercepts for these coefficients, to the last digits: the residuals of every output
 * sum to zero, as a dual-feasible point must. False: out of memory. */
bool variable_model_balance(variable_model *m, const variable_problem *p);

/* log(exp(a) + exp(b)) without overflow; either may be minus infinity. */
double variable_log_add(double a, double b);

#endif
