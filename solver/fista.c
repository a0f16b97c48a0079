/* Accelerated proximal gradient, plain, on all features, in the solver's unit-length variables:
 *
 *     u_next = soft(v - grad(v) / L, lambda / L)     grad(v) = -(Z^' (y - Z^ v)) + kappa v
 *     v      = u_next + (t - 1) / t_next (u_next - u),  t_next = (1 + sqrt(1 + 4 t^2)) / 2
 *
 * Every gradient is two products with the data, every few iterations the same certificate as
 * production's decides. No screening, no working set, no Gram matrix: it shares with production
 * only the products and the certificate, and is meant for small problems. */
#include "solver/fista.h"

#include "solver/correlation.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { POWER_STEPS = 100, STEPS_A_CHECK = 10 };

status fista_lipschitz(const lasso_design *design, const atomic_bool *cancel, double *lipschitz,
                       error *err)
{
    uint32_t size = design->size;
    double *v = mem_try(size, sizeof *v);
    double *next = mem_try(size, sizeof *next);
    double *r = mem_try(design->rows, sizeof *r);
    if (!v || !next || !r) {
        free(v);
        free(next);
        free(r);
        return error_memory(err, "the step of fista");
    }
    double ridge = 0;
    for (uint32_t k = 0; k < size; k++) {
        ridge = fmax(ridge, design->ridge[k] * design->inverse[k] * design->inverse[k]);
        v[k] = 1 / sqrt(size) * (1 + 0.5 * ((k * 2654435761U) >> 16 & 1));
    }
    double eigenvalue = 1;
    for (unsigned step = 0; step < POWER_STEPS; step++) {
        if (cancel && atomic_load(cancel))
            break;
        double sum = 0;
        for (uint32_t i = 0; i < design->rows; i++)
            r[i] = 0;
        for (uint32_t k = 0; k < size; k++) {
            design_column z = design_get(design, k);
            double a = v[k] * design->inverse[k];
            for (uint64_t e = 0; e < z.count; e++)
                r[z.row ? z.row[e] : e] += a * (double)z.value[e];
        }
        for (uint32_t i = 0; i < design->rows; i++)
            sum += r[i];
        correlation_of_vector(design, r, sum, next);
        double square = 0;
        for (uint32_t k = 0; k < size; k++) {
            next[k] *= design->inverse[k];
            square += next[k] * next[k];
        }
        eigenvalue = sqrt(square);
        for (uint32_t k = 0; k < size && eigenvalue > 0; k++)
            v[k] = next[k] / eigenvalue;
    }
    free(v);
    free(next);
    free(r);
    /* the power method comes from below: a margin keeps the step safe */
    *lipschitz = 1.05 * fmax(eigenvalue, 1) + ridge;
    return STATUS_OK;
}

/* l->g = (z - mean)'r - kappa a for all features at l->u, and l->worst. */
static void look(workspace *w, const target_rules *rules, lane *l)
{
    const lasso_design *design = rules->design;
    candidate c = target_candidate(l, rules);
    l->r = residual_compute(design, &c, w->r);
    correlation_of_vector(design, w->r, l->r.sum, l->g);
    l->worst = 0;
    for (uint32_t k = 0; k < l->size; k++) {
        double p = design->penalty[k];
        l->g[k] -= design->ridge[k] * candidate_weight(design, &c, k);
        if (fabs(l->g[k]) > l->worst * p)
            l->worst = fabs(l->g[k]) / p;
    }
}

static inline double soft(double z, double threshold)
{
    return z > threshold ? z - threshold : z < -threshold ? z + threshold : 0;
}

target_step fista_run(workspace *w, const target_rules *rules, uint32_t t)
{
    const lasso_design *design = rules->design;
    lane *l = &w->lanes[t];
    double *u = w->u; /* the iterate; l->u is where the gradient is taken */
    if (!lane_reserve(l, design->size))
        return TARGET_NO_MEMORY;
    l->size = design->size;
    for (uint32_t k = 0; k < l->size; k++) {
        l->rank[k] = k;
        l->u[k] = u[k] = 0;
    }
    look(w, rules, l);
    l->lambda_max = l->worst;
    target_enter(l, rules, 0);
    if (!screen_exceeds(l->lambda_max, 1, l->threshold))
        return TARGET_DONE;
    double momentum = 1;
    double unit = 1 / (l->y.norm * rules->lipschitz);
    for (;;) {
        double grown = (1 + sqrt(1 + 4 * momentum * momentum)) / 2;
        double push = (momentum - 1) / grown;
        for (uint32_t k = 0; k < l->size; k++) {
            double scale = design->inverse[k] * unit;
            double next =
                soft(l->u[k] + l->g[k] * scale, l->threshold * design->penalty[k] * scale);
            l->u[k] = next + push * (next - u[k]);
            u[k] = next;
        }
        momentum = grown;
        l->round++;
        bool last = l->round >= rules->max_rounds;
        if (l->round % STEPS_A_CHECK == 0 || last) {
            /* the certificate is that of the iterate; l->u waits in w->g meanwhile */
            for (uint32_t k = 0; k < l->size; k++) {
                w->g[k] = l->u[k];
                l->u[k] = u[k];
            }
            look(w, rules, l);
            l->gap = target_gap(l, rules);
            if (l->gap <= rules->settings.tolerance || last)
                return TARGET_DONE;
            for (uint32_t k = 0; k < l->size; k++)
                l->u[k] = w->g[k];
        }
        look(w, rules, l);
        if (rules->cancel && atomic_load(rules->cancel))
            return TARGET_INTERRUPTED;
    }
}
