#include "tests/oracle/variable_oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double mean_of(const double *v, uint32_t rows, size_t stride)
{
    double sum = 0;
    for (uint32_t i = 0; i < rows; i++)
        sum += v[i * stride];
    return sum / rows;
}

static double deviation_of(const double *v, uint32_t rows, size_t stride)
{
    double mean = mean_of(v, rows, stride);
    double squares = 0;
    for (uint32_t i = 0; i < rows; i++)
        squares += (v[i * stride] - mean) * (v[i * stride] - mean);
    return sqrt(squares / rows);
}

static bool varies(const variable_oracle *o, uint32_t k)
{
    for (uint32_t i = 1; i < o->rows; i++)
        if (o->z[(size_t)i * o->cols + k] != o->z[k])
            return true;
    return false;
}

static double null_objective(const variable_oracle *o)
{
    if (o->loss == ORACLE_SQUARED) {
        double sd = deviation_of(o->y, o->rows, 1) / o->unit;
        return 0.5 * sd * sd;
    }
    double entropy = 0;
    uint32_t classes = o->loss == ORACLE_LOGISTIC ? 2 : o->outputs;
    for (uint32_t c = 0; c < classes; c++) {
        double share = 0;
        for (uint32_t i = 0; i < o->rows; i++)
            share += (uint32_t)o->y[i] == c;
        share /= o->rows;
        entropy -= share * log(share);
    }
    return entropy;
}

variable_oracle variable_oracle_create(const matrix *x, oracle_loss loss, uint32_t classes,
                                       const double *y, double ridge, bool scale)
{
    variable_oracle o = {.loss = loss,
                         .rows = x->rows,
                         .cols = x->cols,
                         .outputs = loss == ORACLE_SOFTMAX ? classes : 1,
                         .y = y,
                         .unit = 1};
    o.z = calloc((size_t)x->rows * x->cols, sizeof *o.z);
    o.p = calloc(x->cols, sizeof *o.p);
    o.kappa = calloc(x->cols, sizeof *o.kappa);
    for (uint32_t k = 0; k < x->cols; k++) {
        if (x->dense)
            for (uint32_t i = 0; i < x->rows; i++)
                o.z[(size_t)i * x->cols + k] = (double)x->value[(size_t)k * x->rows + i];
        else
            for (uint64_t e = x->col_start[k]; e < x->col_start[k + 1]; e++)
                o.z[(size_t)x->row[e] * x->cols + k] = (double)x->value[e];
    }
    double variances = 0;
    uint32_t varying = 0;
    for (uint32_t k = 0; k < x->cols; k++)
        if (varies(&o, k)) {
            double sd = deviation_of(o.z + k, o.rows, o.cols);
            o.p[k] = scale ? sd : 1;
            o.kappa[k] = scale ? ridge : ridge * sd;
            variances += scale ? 1 : sd * sd;
            varying++;
        }
    for (uint32_t k = 0; k < x->cols; k++)
        o.kappa[k] *= varying ? sqrt(variances / varying) : 0;
    if (loss == ORACLE_SQUARED && scale)
        o.unit = deviation_of(y, o.rows, 1);
    o.null = null_objective(&o);
    return o;
}

void variable_oracle_release(variable_oracle *o)
{
    free(o->z);
    free(o->p);
    free(o->kappa);
}

/* Linear predictors of one sample. */
static void predict(const variable_oracle *o, uint32_t i, const double *a, const double *b,
                    double *eta)
{
    const double *z = o->z + (size_t)i * o->cols;
    for (uint32_t c = 0; c < o->outputs; c++) {
        eta[c] = b[c];
        for (uint32_t k = 0; k < o->cols; k++)
            eta[c] += z[k] * a[(size_t)c * o->cols + k];
    }
}

/* Probabilities of the classes, 0 .. of them. */
static void probabilities(const variable_oracle *o, const double *eta, double *q)
{
    if (o->loss == ORACLE_LOGISTIC) {
        q[0] = 1 / (1 + exp(eta[0]));
        q[1] = 1 / (1 + exp(-eta[0]));
        return;
    }
    for (uint32_t c = 0; c < o->outputs; c++) {
        double sum = 0;
        for (uint32_t d = 0; d < o->outputs; d++)
            sum += exp(eta[d] - eta[c]);
        q[c] = 1 / sum;
    }
}

static double loss_of(const variable_oracle *o, uint32_t i, const double *eta, double *q)
{
    if (o->loss == ORACLE_SQUARED)
        return 0.5 * pow((o->y[i] - eta[0]) / o->unit, 2);
    probabilities(o, eta, q);
    return -log(q[(uint32_t)o->y[i]]);
}

double variable_oracle_objective(const variable_oracle *o, double lambda, const double *a,
                                 const double *b)
{
    double *eta = malloc((o->outputs + 2) * sizeof *eta);
    double *q = malloc((o->outputs + 2) * sizeof *q);
    double sum = 0;
    double penalty = 0;
    for (uint32_t i = 0; i < o->rows; i++) {
        predict(o, i, a, b, eta);
        sum += loss_of(o, i, eta, q) / o->rows;
    }
    for (uint32_t c = 0; c < o->outputs; c++)
        for (uint32_t k = 0; k < o->cols; k++) {
            double w = o->p[k] * a[(size_t)c * o->cols + k] / o->unit;
            penalty += lambda * fabs(w) + 0.5 * o->kappa[k] * w * w;
        }
    free(eta);
    free(q);
    return sum + penalty;
}

/* Minus the derivative of the loss by each predictor: rows x outputs, in units of 1 / unit. */
static void residuals(const variable_oracle *o, const double *a, const double *b, double *u)
{
    double *eta = malloc((o->outputs + 2) * sizeof *eta);
    double *q = malloc((o->outputs + 2) * sizeof *q);
    for (uint32_t i = 0; i < o->rows; i++) {
        double *r = u + (size_t)i * o->outputs;
        predict(o, i, a, b, eta);
        if (o->loss == ORACLE_SQUARED) {
            r[0] = (o->y[i] - eta[0]) / o->unit;
            continue;
        }
        probabilities(o, eta, q);
        if (o->loss == ORACLE_LOGISTIC)
            r[0] = o->y[i] == 1 ? q[0] : -q[1];
        for (uint32_t c = 0; o->loss == ORACLE_SOFTMAX && c < o->outputs; c++)
            r[c] = ((uint32_t)o->y[i] == c) - q[c];
    }
    free(eta);
    free(q);
}

static double entropy(double q)
{
    return q > 0 ? -q * log(q) : 0;
}

static double dual_loss(const variable_oracle *o, const double *u, double s)
{
    double centre = o->loss == ORACLE_SQUARED ? mean_of(o->y, o->rows, 1) : 0;
    double sum = 0;
    for (uint32_t i = 0; i < o->rows; i++) {
        const double *r = u + (size_t)i * o->outputs;
        if (o->loss == ORACLE_SQUARED)
            sum += s * r[0] * (o->y[i] - centre) / o->unit - 0.5 * s * s * r[0] * r[0];
        else if (o->loss == ORACLE_LOGISTIC)
            sum += entropy(s * fabs(r[0])) + entropy(1 - s * fabs(r[0]));
        for (uint32_t c = 0; o->loss == ORACLE_SOFTMAX && c < o->outputs; c++)
            sum += entropy(((uint32_t)o->y[i] == c) - s * r[c]);
    }
    return sum / o->rows;
}

double variable_oracle_gap(const variable_oracle *o, double lambda, const double *a,
                           const double *b, double *balance)
{
    size_t all = (size_t)o->outputs * o->cols;
    double *u = malloc((size_t)o->rows * o->outputs * sizeof *u);
    double *v = calloc(all, sizeof *v);
    residuals(o, a, b, u);
    *balance = 0;
    double s = 1;
    for (uint32_t c = 0; c < o->outputs; c++) {
        *balance = fmax(*balance, fabs(mean_of(u + c, o->rows, o->outputs)));
        for (uint32_t k = 0; k < o->cols; k++) {
            double mean = mean_of(o->z + k, o->rows, o->cols);
            double *at = &v[(size_t)c * o->cols + k];
            for (uint32_t i = 0; i < o->rows; i++)
                *at += (o->z[(size_t)i * o->cols + k] - mean) * u[(size_t)i * o->outputs + c] /
                       o->rows;
            if (o->p[k] > 0 && o->kappa[k] == 0)
                s = fmin(s, lambda * o->p[k] / fabs(*at));
        }
    }
    double dual = dual_loss(o, u, s);
    for (size_t at = 0; at < all; at++) {
        uint32_t k = (uint32_t)(at % o->cols);
        if (!(o->kappa[k] > 0))
            continue;
        double over = fmax(0, fabs(v[at]) / o->p[k] - lambda);
        dual -= over * over / (2 * o->kappa[k]);
    }
    free(u);
    free(v);
    return (variable_oracle_objective(o, lambda, a, b) - dual) / o->null;
}

/* Largest eigenvalue of [Z 1]'[Z 1] / M, by the power method. */
static double largest_eigenvalue(const variable_oracle *o)
{
    uint32_t n = o->cols + 1;
    double *x = malloc(n * sizeof *x);
    double *next = malloc(n * sizeof *next);
    double value = 0;
    for (uint32_t k = 0; k < n; k++)
        x[k] = 1;
    for (unsigned step = 0; step < 500; step++) {
        memset(next, 0, n * sizeof *next);
        for (uint32_t i = 0; i < o->rows; i++) {
            const double *z = o->z + (size_t)i * o->cols;
            double sum = x[o->cols];
            for (uint32_t k = 0; k < o->cols; k++)
                sum += z[k] * x[k];
            for (uint32_t k = 0; k < o->cols; k++)
                next[k] += z[k] * sum / o->rows;
            next[o->cols] += sum / o->rows;
        }
        value = 0;
        for (uint32_t k = 0; k < n; k++)
            value = fmax(value, fabs(next[k]));
        for (uint32_t k = 0; k < n; k++)
            x[k] = next[k] / value;
    }
    free(x);
    free(next);
    return 1.02 * value;
}

/* One proximal step from (a, b) into (to_a, to_b). */
static void proximal_step(const variable_oracle *o, double lambda, double step, const double *a,
                          const double *b, double *u, double *to_a, double *to_b)
{
    residuals(o, a, b, u);
    for (uint32_t c = 0; c < o->outputs; c++) {
        to_b[c] = b[c] + step / o->unit * mean_of(u + c, o->rows, o->outputs);
        for (uint32_t k = 0; k < o->cols; k++) {
            size_t at = (size_t)c * o->cols + k;
            double p = o->p[k] / o->unit;
            double slope = 0;
            for (uint32_t i = 0; i < o->rows; i++)
                slope += o->z[(size_t)i * o->cols + k] * u[(size_t)i * o->outputs + c] / o->rows;
            double now = a[at] + step * slope / o->unit;
            double shrunk = fmax(0, fabs(now) - step * lambda * p);
            to_a[at] = p > 0 ? copysign(shrunk, now) / (1 + step * o->kappa[k] * p * p) : 0;
        }
    }
}

static void descend(const variable_oracle *o, double lambda, unsigned iterations, double *a,
                    double *b)
{
    static const double curvature[] = {1, 0.25, 0.5};
    size_t n = (size_t)o->outputs * o->cols + o->outputs;
    double step = o->unit * o->unit / (curvature[o->loss] * largest_eigenvalue(o));
    double *now = calloc(n, sizeof *now); /* coefficients, then intercepts */
    double *ahead = calloc(n, sizeof *ahead);
    double *next = calloc(n, sizeof *next);
    double *u = malloc((size_t)o->rows * o->outputs * sizeof *u);
    size_t all = n - o->outputs;
    double t = 1;
    for (unsigned i = 0; i < iterations; i++) {
        proximal_step(o, lambda, step, ahead, ahead + all, u, next, next + all);
        double against = 0; /* > 0: momentum points uphill, begin anew */
        for (size_t j = 0; j < n; j++)
            against += (ahead[j] - next[j]) * (next[j] - now[j]);
        double after = against > 0 ? 1 : (1 + sqrt(1 + 4 * t * t)) / 2;
        for (size_t j = 0; j < n; j++) {
            ahead[j] = next[j] + (against > 0 ? 0 : (t - 1) / after * (next[j] - now[j]));
            now[j] = next[j];
        }
        t = after;
    }
    memcpy(a, now, all * sizeof *a);
    memcpy(b, now + all, o->outputs * sizeof *b);
    free(now);
    free(ahead);
    free(next);
    free(u);
}

/* On centred columns, where the intercept does not get in the way of the others. */
double variable_oracle_solve(const variable_oracle *o, double lambda, unsigned iterations,
                             double *a, double *b)
{
    variable_oracle centred = *o;
    double *mean = malloc(o->cols * sizeof *mean);
    centred.z = malloc((size_t)o->rows * o->cols * sizeof *centred.z);
    for (uint32_t k = 0; k < o->cols; k++) {
        mean[k] = mean_of(o->z + k, o->rows, o->cols);
        for (uint32_t i = 0; i < o->rows; i++)
            centred.z[(size_t)i * o->cols + k] = o->z[(size_t)i * o->cols + k] - mean[k];
    }
    descend(&centred, lambda, iterations, a, b);
    for (uint32_t c = 0; c < o->outputs; c++)
        for (uint32_t k = 0; k < o->cols; k++)
            b[c] -= mean[k] * a[(size_t)c * o->cols + k];
    free(mean);
    free(centred.z);
    return variable_oracle_objective(o, lambda, a, b);
}
