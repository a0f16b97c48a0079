/* A sparse target touches few rows: y'Z is the sum of these rows of Z, scattered into one reused
 * vector that stays in cache. For all targets of a layer this is the product Z'Y, formed one row
 * of the result at a time and never stored. */
#include "solver/correlation.h"

#include <string.h>

bool correlation_is_cheap(const lasso_design *design, const matrix *y, uint32_t column)
{
    if (y->dense || design->x->dense)
        return false;
    uint64_t touched = 0;
    for (uint64_t e = y->col_start[column]; e < y->col_start[column + 1]; e++)
        touched += design->row_start[y->row[e] + 1] - design->row_start[y->row[e]];
    return touched < design->row_start[design->rows] / 4 + design->size;
}

void correlation_of_target(const lasso_design *design, const matrix *y, uint32_t column,
                           double y_sum, double *out)
{
    memset(out, 0, design->size * sizeof *out);
    for (uint64_t e = y->col_start[column]; e < y->col_start[column + 1]; e++) {
        double v = (double)y->value[e];
        uint64_t end = design->row_start[y->row[e] + 1];
        for (uint64_t at = design->row_start[y->row[e]]; at < end; at++)
            out[design->row_rank[at]] += v * (double)design->row_value[at];
    }
    for (uint32_t k = 0; k < design->size; k++)
        out[k] -= design->mean[k] * y_sum;
}

void correlation_of_vector(const lasso_design *design, const double *v, double sum, double *out)
{
    for (uint32_t k = 0; k < design->size; k++)
        out[k] = design_dot(design_get(design, k), v) - design->mean[k] * sum;
}
