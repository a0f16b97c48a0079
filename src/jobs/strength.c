#include "src/jobs/strength.h"

#include <stddef.h>

/* A column's stored entries; dense layers: row is NULL. */
typedef struct column {
    const uint32_t *row;
    const float *value;
    uint64_t count;
} column;

static column column_of(const matrix *m, uint32_t k)
{
    if (m->dense)
        return (column){NULL, m->value + (size_t)k * m->rows, m->rows};
    uint64_t first = m->col_start[k];
    return (column){m->row + first, m->value + first, m->col_start[k + 1] - first};
}

static double column_mean(column c, uint32_t rows)
{
    double sum = 0;
    for (uint64_t e = 0; e < c.count; e++)
        sum += (double)c.value[e];
    return sum / rows;
}

static double column_variance(column c, double mean, uint32_t rows)
{
    double sum = (double)(rows - c.count) * mean * mean;
    for (uint64_t e = 0; e < c.count; e++) {
        double away = (double)c.value[e] - mean;
        sum += away * away;
    }
    return sum / rows;
}

static void scatter(column c, bool set, float *y)
{
    for (uint64_t e = 0; e < c.count; e++)
        y[c.row ? c.row[e] : e] = set ? c.value[e] : 0;
}

typedef struct meeting {
    double carried;    /* sum of z where both are active, by the samples where z is */
    double covariance; /* of z and y: samples that z does not store add nothing */
} meeting;

static meeting meet(column z, const float *y, double y_mean, uint32_t rows)
{
    double carried = 0;
    double product = 0;
    uint64_t active = 0;
    for (uint64_t e = 0; e < z.count; e++) {
        double value = (double)z.value[e];
        float other = y[z.row ? z.row[e] : e];
        product += value * ((double)other - y_mean);
        if (other != 0)
            carried += value;
        if (value != 0)
            active++;
    }
    return (meeting){active ? carried / (double)active : 0, product / rows};
}

/* s, from |r|^2 = |y|^2 - 2 y'p + |p|^2 (centred): the fit has said how large r is. */
static double unshrinking(double covariance, double variance, double r2)
{
    double fitted = 2 * covariance - r2 * variance; /* var(p) */
    return fitted > 1e-9 * covariance ? covariance / fitted : 1;
}

double strength_measure(const layer_data *source, const layer_data *target, const lasso_result *r,
                        float *y, edge_strength *out)
{
    uint32_t rows = target->m.rows;
    column c = column_of(&target->m, r->target);
    double mean = column_mean(c, rows);
    double sd = target->sd[r->target];
    double covariance = 0; /* of y and p */
    scatter(c, true, y);
    for (uint32_t k = 0; k < r->parents; k++) {
        meeting m = meet(column_of(&source->m, r->source[k]), y, mean, rows);
        covariance += r->weight[k] * m.covariance;
        out[k] = (edge_strength){.standardised =
                                     sd > 0 ? r->weight[k] * source->sd[r->source[k]] / sd : 0,
                                 .removal = r->weight[k] * m.carried};
    }
    scatter(c, false, y);
    double s = unshrinking(covariance, column_variance(c, mean, rows), r->r2);
    for (uint32_t k = 0; k < r->parents; k++)
        out[k].removal *= s;
    return s;
}
