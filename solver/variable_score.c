/* How well weights predict samples that they need not have seen. */
#include "solver/variable_model.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

void variable_predict(const matrix *x, const variable_point *point, uint32_t outputs, double *eta)
{
    for (uint32_t c = 0; c < outputs; c++)
        for (uint32_t i = 0; i < x->rows; i++)
            eta[(size_t)c * x->rows + i] = point->intercept[c];
    for (uint32_t w = 0; w < point->count; w++) {
        uint32_t k = point->weight[w].feature;
        double *out = eta + (size_t)point->weight[w].output * x->rows;
        uint64_t start = x->dense ? (uint64_t)k * x->rows : x->col_start[k];
        uint64_t entries = x->dense ? x->rows : x->col_start[k + 1] - start;
        for (uint64_t e = 0; e < entries; e++)
            out[x->dense ? e : x->row[start + e]] +=
                point->weight[w].weight * (double)x->value[start + e];
    }
}

uint32_t variable_likeliest(const double *eta, uint32_t rows, uint32_t outputs, uint32_t i)
{
    if (outputs == 1)
        return eta[i] > 0; /* a binary variable's class 0 has predictor 0 */
    uint32_t likeliest = 0;
    for (uint32_t c = 1; c < outputs; c++)
        if (eta[(size_t)c * rows + i] > eta[(size_t)likeliest * rows + i])
            likeliest = c;
    return likeliest;
}

/* Deviance of one sample. */
static double deviance(const double *eta, uint32_t rows, uint32_t outputs, uint32_t i,
                       uint32_t class)
{
    double sum = outputs == 1 ? 0 : -INFINITY;
    for (uint32_t c = 0; c < outputs; c++)
        sum = variable_log_add(sum, eta[(size_t)c * rows + i]);
    double own = outputs > 1 ? eta[(size_t) class * rows + i] : class ? eta[i] : 0;
    return 2 * (sum - own);
}

status variable_score_point(const matrix *x, const variable *v, const variable_point *point,
                            variable_score *out, error *err)
{
    uint32_t outputs = variable_outputs(v);
    double *eta = mem_try((size_t)outputs * x->rows, sizeof *eta);
    *out = (variable_score){0};
    if (!eta)
        return error_memory(err, "the predictions of a target variable");
    variable_predict(x, point, outputs, eta);
    for (uint32_t i = 0; i < x->rows; i++) {
        if (v->kind == VARIABLE_REAL) {
            out->loss += (v->value[i] - eta[i]) * (v->value[i] - eta[i]);
            continue;
        }
        uint32_t class = (uint32_t)v->value[i];
        out->loss += deviance(eta, x->rows, outputs, i, class);
        out->right += variable_likeliest(eta, x->rows, outputs, i) == class;
    }
    free(eta);
    return STATUS_OK;
}
