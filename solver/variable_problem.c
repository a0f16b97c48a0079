/* Checking and preparing a target variable and the layer it is regressed on. */
#include "solver/variable_problem.h"

#include "solver/design.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

variable_settings variable_defaults(void)
{
    return (variable_settings){.points = 20, .fraction = 0.02, .tolerance = 1e-6};
}

status variable_settings_check(const variable_settings *settings, error *err)
{
    if (settings->points < 1 || settings->points > 10000)
        return error_set(err, STATUS_USAGE, "a path of %u points: expected 1 to 10000",
                         settings->points);
    if (!(settings->fraction > 0 && settings->fraction <= 1))
        return error_set(err, STATUS_USAGE,
                         "lambda %g of its maximum: expected more than 0, at most 1",
                         settings->fraction);
    if (!isfinite(settings->ridge) || settings->ridge < 0)
        return error_set(err, STATUS_USAGE, "ridge %g: expected a number, zero or more",
                         settings->ridge);
    if (!isfinite(settings->tolerance) || settings->tolerance <= 0)
        return error_set(err, STATUS_USAGE, "tolerance %g: expected a number above zero",
                         settings->tolerance);
    return STATUS_OK;
}

static status measure_columns(variable_problem *p, const variable_settings *settings, error *err)
{
    const matrix *x = p->x;
    p->column = mem_try(x->cols, sizeof *p->column);
    p->mean = mem_try(x->cols, sizeof *p->mean);
    p->penalty = mem_try(x->cols, sizeof *p->penalty);
    p->ridge = mem_try(x->cols, sizeof *p->ridge);
    if (!p->column || !p->mean || !p->penalty || !p->ridge)
        return error_memory(err, "the statistics of a layer");
    double variances = 0;
    for (uint32_t k = 0; k < x->cols; k++) {
        column_moments m = column_measure(x, k);
        if (m.constant || !(m.norm > 0))
            continue;
        double sd = m.norm / sqrt(x->rows);
        p->column[p->size] = k;
        p->mean[p->size] = m.mean;
        p->penalty[p->size] = settings->scale ? sd : 1.0;
        p->ridge[p->size] = settings->ridge * sd * (settings->scale ? sd : 1.0);
        variances += settings->scale ? 1.0 : sd * sd;
        p->size++;
    }
    for (uint32_t j = 0; j < p->size; j++)
        p->ridge[j] *= sqrt(variances / p->size);
    return STATUS_OK;
}

/* Values are divided by the largest first, so that squares neither overflow nor vanish. */
static status prepare_real(variable_problem *p, const variable *v, bool scale, error *err)
{
    p->y = mem_try(p->rows, sizeof *p->y);
    if (!p->y)
        return error_memory(err, "a target variable");
    double largest = 0;
    p->constant = true;
    for (uint32_t i = 0; i < p->rows; i++) {
        if (!isfinite(v->value[i]))
            return error_set(err, STATUS_INPUT, "sample %u: the value is not finite", i);
        largest = fmax(largest, fabs(v->value[i]));
        p->constant = p->constant && v->value[i] == v->value[0];
    }
    if (p->constant) {
        p->centre = p->rows ? v->value[0] : 0;
        return STATUS_OK;
    }
    double mean = 0;
    double squares = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        mean += v->value[i] / largest / p->rows;
    for (uint32_t i = 0; i < p->rows; i++) {
        p->y[i] = v->value[i] / largest - mean;
        squares += p->y[i] * p->y[i] / p->rows;
    }
    double sd = sqrt(squares);
    double sum = 0;
    for (uint32_t i = 0; i < p->rows; i++)
        sum += p->y[i] /= sd;
    for (uint32_t i = 0; i < p->rows; i++)
        p->y[i] -= sum / p->rows;
    p->centre = mean * largest;
    p->unit = sd * largest;
    p->lambda_unit = scale ? 1.0 : p->unit;
    p->null_loss = 0.5;
    return STATUS_OK;
}

static status prepare_classes(variable_problem *p, const variable *v, error *err)
{
    uint32_t classes = v->kind == VARIABLE_BINARY ? 2 : v->classes;
    if (classes < 2)
        return error_set(err, STATUS_INPUT, "%u class%s, expected at least 2", classes,
                         classes == 1 ? "" : "es");
    p->class = mem_try(p->rows, sizeof *p->class);
    p->share = calloc(classes, sizeof *p->share);
    if (!p->class || !p->share)
        return error_memory(err, "a target variable");
    for (uint32_t i = 0; i < p->rows; i++) {
        double value = v->value[i];
        if (!(value >= 0 && value < classes) || value != floor(value))
            return error_set(err, STATUS_INPUT,
                             "sample %u: class %g, expected a whole number from 0 to %u", i, value,
                             classes - 1);
        p->class[i] = (uint32_t)value;
        p->share[p->class[i]] += 1;
    }
    for (uint32_t c = 0; c < classes; c++) {
        if (p->share[c] == 0)
            return error_set(err, STATUS_INPUT,
                             "class %u has no samples: its intercept would be minus infinity", c);
        p->share[c] /= p->rows;
        p->null_loss -= p->share[c] * log(p->share[c]);
    }
    return STATUS_OK;
}

status variable_problem_create(variable_problem *p, const matrix *x, const variable *v,
                               const variable_settings *settings, const atomic_bool *cancel,
                               error *err)
{
    *p = (variable_problem){.x = x,
                            .kind = v->kind,
                            .rows = x->rows,
                            .outputs = variable_outputs(v),
                            .unit = 1,
                            .lambda_unit = 1,
                            .loops = dense_loops_choose(),
                            .cancel = cancel};
    if (v->rows != x->rows)
        return error_set(err, STATUS_USAGE,
                         "the target variable has %u samples, expected %u as in the layer",
                         v->rows, x->rows);
    if (v->rows == 0)
        return error_set(err, STATUS_INPUT, "there are no samples");
    status code = v->kind == VARIABLE_REAL ? prepare_real(p, v, settings->scale, err)
                                           : prepare_classes(p, v, err);
    return code == STATUS_OK ? measure_columns(p, settings, err) : code;
}

void variable_problem_release(variable_problem *p)
{
    free(p->column);
    free(p->mean);
    free(p->penalty);
    free(p->ridge);
    free(p->y);
    free(p->class);
    free(p->share);
    *p = (variable_problem){0};
}
