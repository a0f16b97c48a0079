/* One step towards the minimum in the coefficients of one output. */
#ifndef SOLVER_VARIABLE_NEWTON_H
#define SOLVER_VARIABLE_NEWTON_H

#include "solver/variable_extrapolate.h"
#include "solver/variable_model.h"

/* What the steps of a path share. */
typedef struct newton_space {
    double *weight;      /* rows: second derivative of the loss by the predictor */
    double *slope;       /* rows: minus the first derivative */
    double *residual;    /* rows: of the quadratic model, but for a multiple of `weight` */
    double *saved;       /* rows: the residual before an extrapolation */
    double *probability; /* rows: of this output's class */
    double *rest;        /* rows: of the other classes together: 1 - probability, all its digits */
    double *growth;      /* rows: of the log-sum-exp over classes, by the last trial of a step */
    double *change;      /* rows: of the predictor */
    uint32_t *set;       /* size: the working set, predictors ascending; by place in it: */
    double *curvature;   /* weighted variance; below zero: not measured yet */
    double *weighted;    /* z'w */
    double *start;       /* coefficients before the step */
    double *jump;        /* coefficients before or after an extrapolation */
    trail trail;
} newton_space;

status newton_space_create(newton_space *space, const variable_problem *p, error *err);
void newton_space_release(newton_space *space);

/* Minimises the quadratic model of the objective in output c's coefficients of the working set
 * (`member`, size bytes) and its intercept by coordinate descent, and goes as far along that step
 * as the objective falls. `precise`: the violation of the optimality conditions, on the scale of
 * lambda, that need not be improved on. Returns the violation that it found before the step. */
double newton_step(variable_model *m, const variable_problem *p, uint32_t c, const uint8_t *member,
                   double lambda, double precise, newton_space *space);

#endif
