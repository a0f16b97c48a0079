#include "tests/oracle/oracle.h"

#include <math.h>
#include <stdlib.h>

static void *take(size_t count, size_t bytes)
{
    void *memory = calloc(count ? count : 1, bytes);
    if (!memory)
        abort();
    return memory;
}

static void expand(const matrix *m, uint32_t column, double *out)
{
    for (uint32_t i = 0; i < m->rows; i++)
        out[i] = m->dense ? (double)m->value[(size_t)column * m->rows + i] : 0;
    if (!m->dense)
        for (uint64_t e = m->col_start[column]; e < m->col_start[column + 1]; e++)
            out[m->row[e]] = (double)m->value[e];
}

static void prepare(double *v, uint32_t rows, bool scale, double *mean, double *sd)
{
    double low = INFINITY;
    double high = -INFINITY;
    long double sum = 0;
    for (uint32_t i = 0; i < rows; i++) {
        sum += (long double)v[i];
        low = fmin(low, v[i]);
        high = fmax(high, v[i]);
    }
    *mean = rows ? (double)(sum / rows) : 0;
    long double squares = 0;
    for (uint32_t i = 0; i < rows; i++) {
        v[i] = low == high ? 0 : v[i] - *mean;
        squares += (long double)v[i] * (long double)v[i];
    }
    *sd = rows ? sqrt((double)(squares / rows)) : 0;
    for (uint32_t i = 0; i < rows && scale && *sd > 0; i++)
        v[i] /= *sd;
}

oracle oracle_create(const matrix *x, double ridge, bool scale)
{
    oracle o = {.rows = x->rows, .cols = x->cols, .scale = scale};
    o.z = take((size_t)x->rows * x->cols, sizeof *o.z);
    o.mean = take(x->cols, sizeof *o.mean);
    o.sd = take(x->cols, sizeof *o.sd);
    o.kappa = take(x->cols, sizeof *o.kappa);
    double variances = 0;
    uint32_t varying = 0;
    for (uint32_t k = 0; k < x->cols; k++) {
        double *z = o.z + (size_t)k * x->rows;
        expand(x, k, z);
        prepare(z, x->rows, scale, &o.mean[k], &o.sd[k]);
        if (o.sd[k] > 0) {
            variances += scale ? 1 : o.sd[k] * o.sd[k];
            varying++;
        }
    }
    for (uint32_t k = 0; k < x->cols; k++)
        if (o.sd[k] > 0)
            o.kappa[k] = ridge * (scale ? 1 : o.sd[k]) * sqrt(variances / varying);
    return o;
}

void oracle_release(oracle *o)
{
    free(o->z);
    free(o->mean);
    free(o->sd);
    free(o->kappa);
    *o = (oracle){0};
}

void oracle_target(const oracle *o, const matrix *y, uint32_t column, double *out, double *mean,
                   double *sd)
{
    expand(y, column, out);
    prepare(out, o->rows, o->scale, mean, sd);
}

static double dot(const double *a, const double *b, uint32_t count)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

double oracle_lambda_max(const oracle *o, const double *y)
{
    double most = 0;
    for (uint32_t k = 0; k < o->cols; k++)
        most = fmax(most, fabs(dot(o->z + (size_t)k * o->rows, y, o->rows)) / o->rows);
    return most;
}

double oracle_gap(const oracle *o, const double *y, double lambda, const double *a, double *kkt)
{
    double *r = take(o->rows, sizeof *r);
    for (uint32_t i = 0; i < o->rows; i++)
        r[i] = y[i];
    double l1 = 0;
    double l2 = 0;
    for (uint32_t k = 0; k < o->cols; k++) {
        if (a[k] == 0)
            continue;
        l1 += fabs(a[k]);
        l2 += o->kappa[k] * a[k] * a[k];
        for (uint32_t i = 0; i < o->rows; i++)
            r[i] -= a[k] * o->z[(size_t)k * o->rows + i];
    }
    double worst = 0;
    double violation = 0;
    for (uint32_t k = 0; k < o->cols; k++) {
        double g = dot(o->z + (size_t)k * o->rows, r, o->rows) / o->rows - o->kappa[k] * a[k];
        worst = fmax(worst, fabs(g));
        double off = a[k] != 0 ? fabs(g - copysign(lambda, a[k])) : fmax(0, fabs(g) - lambda);
        violation = fmax(violation, off);
    }
    if (kkt)
        *kkt = violation > 0 ? violation / lambda : 0;
    double m = o->rows;
    double rr = dot(r, r, o->rows) / m + l2;
    double ry = dot(r, y, o->rows) / m;
    double yy = dot(y, y, o->rows) / m;
    double s = worst > lambda ? lambda / worst : 1;
    free(r);
    double primal = 0.5 * rr + lambda * l1;
    double bound = s * ry - 0.5 * s * s * rr;
    return yy > 0 ? (primal - bound) / (0.5 * yy) : 0;
}

double oracle_solve(const oracle *o, const double *y, double lambda, double tolerance,
                    unsigned sweeps, double *a)
{
    double *r = take(o->rows, sizeof *r);
    double *square = take(o->cols, sizeof *square);
    for (uint32_t i = 0; i < o->rows; i++)
        r[i] = y[i];
    for (uint32_t k = 0; k < o->cols; k++) {
        const double *z = o->z + (size_t)k * o->rows;
        square[k] = dot(z, z, o->rows) / o->rows;
        a[k] = 0;
    }
    double gap = 1;
    for (unsigned sweep = 0; sweep < sweeps; sweep++) {
        for (uint32_t k = 0; k < o->cols; k++) {
            if (!(square[k] > 0))
                continue;
            const double *z = o->z + (size_t)k * o->rows;
            double pull = dot(z, r, o->rows) / o->rows + square[k] * a[k];
            double excess = fabs(pull) - lambda;
            double next = excess > 0 ? copysign(excess, pull) / (square[k] + o->kappa[k]) : 0;
            for (uint32_t i = 0; i < o->rows && next != a[k]; i++)
                r[i] -= (next - a[k]) * z[i];
            a[k] = next;
        }
        if (sweep % 10 == 9 || sweep + 1 == sweeps) {
            gap = oracle_gap(o, y, lambda, a, NULL);
            if (gap <= tolerance)
                break;
        }
    }
    free(r);
    free(square);
    return gap;
}

void oracle_import(const oracle *o, double target_sd, uint32_t parents, const uint32_t *source,
                   const double *weight, double *a)
{
    for (uint32_t k = 0; k < o->cols; k++)
        a[k] = 0;
    for (uint32_t j = 0; j < parents; j++)
        a[source[j]] = o->scale ? weight[j] * o->sd[source[j]] / target_sd : weight[j];
}
