/* Losses of one sample, t = 1 where its class is c and 0 elsewhere:
 *
 *     real     1/2 (y - eta)^2
 *     binary   log(1 + exp(eta)) - t eta
 *     class    log(sum over c of exp(eta_c)) - eta_y
 *
 * all of them through log-sum-exp, so that predictors of any size give finite numbers. */
#include "solver/variable_model.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double variable_log_add(double a, double b)
{
    double high = a > b ? a : b;
    double low = a > b ? b : a;
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

static void refresh_sums(variable_model *m, const variable_problem *p)
{
    if (p->kind == VARIABLE_REAL)
        return;
    for (uint32_t i = 0; i < p->rows; i++) {
        if (p->kind == VARIABLE_BINARY) {
            m->lse[i] = variable_log_add(0, m->eta[i]);
            continue;
        }
        double high = m->eta[i];
        for (uint32_t c = 1; c < p->outputs; c++)
            high = fmax(high, m->eta[(size_t)c * p->rows + i]);
        double sum = 0;
        for (uint32_t c = 0; c < p->outputs; c++)
            sum += exp(m->eta[(size_t)c * p->rows + i] - high);
        /* cppcheck-suppress invalidFunctionArg; the highest output adds exp(0) */
        m->lse[i] = high + log(sum);
    }
}

void variable_model_refresh(variable_model *m, const variable_problem *p)
{
    for (uint32_t c = 0; c < p->outputs; c++) {
        double *eta = m->eta + (size_t)c * p->rows;
        const double *a = m->a + (size_t)c * p->size;
        for (uint32_t i = 0; i < p->rows; i++)
            eta[i] = m->b[c];
        for (uint32_t j = 0; j < p->size; j++)
            if (a[j] != 0) {
                variable_column z = variable_get(p, j);
                variable_add(&z, a[j], eta);
            }
    }
    refresh_sums(m, p);
}

status variable_model_create(variable_model *m, const variable_problem *p, error *err)
{
    *m = (variable_model){
        .a = calloc((size_t)p->outputs * p->size + 1, sizeof *m->a),
        .b = calloc(p->outputs, sizeof *m->b),
        .eta = mem_try((size_t)p->outputs * p->rows, sizeof *m->eta),
        .lse = mem_try(p->rows, sizeof *m->lse),
    };
    if (!m->a || !m->b || !m->eta || !m->lse) {
        variable_model_release(m);
        return error_memory(err, "the linear predictors of a target variable");
    }
    if (p->kind == VARIABLE_BINARY)
        m->b[0] = log(p->share[1] / p->share[0]);
    for (uint32_t c = 0; p->kind == VARIABLE_CLASS && c < p->outputs; c++)
        m->b[c] = log(p->share[c]);
    variable_model_refresh(m, p);
    return STATUS_OK;
}

void variable_model_release(variable_model *m)
{
    free(m->a);
    free(m->b);
    free(m->eta);
    free(m->lse);
    *m = (variable_model){0};
}

double variable_model_loss(const variable_model *m, const variable_problem *p)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->rows; i++) {
        if (p->kind == VARIABLE_REAL)
            sum += 0.5 * (p->y[i] - m->eta[i]) * (p->y[i] - m->eta[i]);
        else if (p->kind == VARIABLE_BINARY)
            sum += m->lse[i] - (p->class[i] ? m->eta[i] : 0);
        else
            sum += m->lse[i] - m->eta[(size_t)p->class[i] * p -> rows + i];
    }
    return sum / p->rows;
}

void variable_model_residual(const variable_model *m, const variable_problem *p, uint32_t c,
                             double *u)
{
    const double *eta = m->eta + (size_t)c * p->rows;
    for (uint32_t i = 0; i < p->rows; i++)
        u[i] = p->kind == VARIABLE_REAL ? p->y[i] - eta[i]
                                        : variable_hit(p, c, i) - exp(eta[i] - m->lse[i]);
}

/* ---- intercepts ---- */

/* Solves h x = g for a symmetric positive definite h (n x n, overwritten); x replaces g. */
static void solve_cholesky(uint32_t n, double *h, double *g)
{
    for (uint32_t j = 0; j < n; j++) {
        for (uint32_t k = 0; k < j; k++)
            for (uint32_t i = j; i < n; i++)
                h[i * n + j] -= h[i * n + k] * h[j * n + k];
        double pivot = sqrt(fmax(h[j * n + j], 1e-300));
        for (uint32_t i = j; i < n; i++)
            h[i * n + j] /= pivot;
    }
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < i; k++)
            g[i] -= h[i * n + k] * g[k];
        g[i] /= h[i * n + i];
    }
    for (uint32_t i = n; i-- > 0;) {
        for (uint32_t k = i + 1; k < n; k++)
            g[i] -= h[k * n + i] * g[k];
        g[i] /= h[i * n + i];
    }
}

/* Mean residual g and minus its derivative h by the intercepts (lower triangle). For classes h is
 * singular along (1, .., 1), which changes nothing: a multiple of ones fills it up. */
static double intercept_slopes(const variable_model *m, const variable_problem *p, double *g,
                               double *h, double *probability)
{
    uint32_t n = p->outputs;
    memset(g, 0, n * sizeof *g);
    memset(h, 0, (size_t)n * n * sizeof *h);
    for (uint32_t i = 0; i < p->rows; i++) {
        for (uint32_t c = 0; c < n; c++) {
            probability[c] = exp(m->eta[(size_t)c * p->rows + i] - m->lse[i]);
            g[c] += variable_hit(p, c, i) - probability[c];
        }
        for (uint32_t c = 0; c < n; c++) {
            h[c * n + c] += probability[c];
            for (uint32_t d = 0; d <= c; d++)
                h[c * n + d] -= probability[c] * probability[d];
        }
    }
    double largest = 0;
    double trace = 0;
    for (uint32_t c = 0; c < n; c++) {
        g[c] /= p->rows;
        largest = fmax(largest, fabs(g[c]));
        for (uint32_t d = 0; d <= c; d++)
            h[c * n + d] /= p->rows;
        trace += h[c * n + c];
    }
    for (uint32_t c = 0; n > 1 && c < n; c++)
        for (uint32_t d = 0; d <= c; d++)
            h[c * n + d] += trace / n / n;
    return largest;
}

static void shift(variable_model *m, const variable_problem *p, const double *step, double part)
{
    for (uint32_t c = 0; c < p->outputs; c++) {
        m->b[c] += part * step[c];
        for (uint32_t i = 0; i < p->rows; i++)
            m->eta[(size_t)c * p->rows + i] += part * step[c];
    }
    refresh_sums(m, p);
}

/* Newton's method, steps halved until the loss does not rise by more than its rounding. */
static void balance_classes(variable_model *m, const variable_problem *p, double *g, double *h,
                            double *probability)
{
    enum { STEPS = 100, HALVINGS = 40 };
    static const double small = 1e-11;
    double noise = 1e-13 * p->null_loss;
    double before = INFINITY;
    for (unsigned step = 0; step < STEPS; step++) {
        double slope = intercept_slopes(m, p, g, h, probability);
        if (slope <= 1e-3 * small || (slope <= small && slope > 0.25 * before))
            return; /* all the digits there are */
        before = slope;
        solve_cholesky(p->outputs, h, g);
        double loss = variable_model_loss(m, p);
        double part = 1;
        shift(m, p, g, part);
        for (unsigned i = 0; i < HALVINGS && variable_model_loss(m, p) > loss + noise; i++) {
            part /= 2;
            shift(m, p, g, -part);
        }
    }
}

bool variable_model_balance(variable_model *m, const variable_problem *p)
{
    if (p->kind == VARIABLE_REAL) {
        double sum = 0;
        for (uint32_t i = 0; i < p->rows; i++)
            sum += p->y[i] - m->eta[i];
        m->b[0] += sum / p->rows;
        for (uint32_t i = 0; i < p->rows; i++)
            m->eta[i] += sum / p->rows;
        return true;
    }
    double *g = mem_try(p->outputs, sizeof *g);
    double *h = mem_try((size_t)p->outputs * p->outputs, sizeof *h);
    double *probability = mem_try(p->outputs, sizeof *probability);
    bool enough = g && h && probability;
    if (enough)
        balance_classes(m, p, g, h, probability);
    free(g);
    free(h);
    free(probability);
    return enough;
}
