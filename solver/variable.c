/* The path of a target variable.
 *
 * Every point starts from the one before. Its working set is what the strong rule keeps (features
 * whose gradient may grow past lambda if it grows no faster than lambda falls) and what is
 * nonzero; Newton steps solve it; a full pass over the layer then certifies the point and finds
 * the features that the rule missed. It is done when the duality gap says so. */
#include "solver/variable.h"

#include "solver/variable_certificate.h"
#include "solver/variable_extrapolate.h"
#include "solver/variable_newton.h"
#include "src/base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROUNDS = 30, STEPS_OF_ROUND = 200 };

typedef struct path_run {
    variable_problem p;
    variable_model m;
    newton_space space;
    uint8_t *member;  /* outputs x size: the working set */
    double *gradient; /* outputs x size, of the last certificate */
    double *u;        /* rows */
    trail trail;      /* classes: of coefficients and intercepts */
    double *jump;     /* classes: the same, before or after an extrapolation */
    double tolerance;
    unsigned rounds;
} path_run;

static status run_create(path_run *run, const matrix *x, const variable *v,
                         const variable_settings *settings, const atomic_bool *cancel, error *err)
{
    run->tolerance = settings->tolerance;
    run->rounds = settings->max_rounds ? settings->max_rounds : DEFAULT_ROUNDS;
    status code = variable_problem_create(&run->p, x, v, settings, cancel, err);
    if (code != STATUS_OK || run->p.constant)
        return code;
    code = variable_model_create(&run->m, &run->p, err);
    if (code == STATUS_OK)
        code = newton_space_create(&run->space, &run->p, err);
    if (code != STATUS_OK)
        return code;
    size_t all = (size_t)run->p.outputs * run->p.size;
    run->member = calloc(all + 1, 1);
    run->gradient = mem_try(all, sizeof *run->gradient);
    run->u = mem_try(run->p.rows, sizeof *run->u);
    size_t coordinates = run->p.outputs > 1 ? all + run->p.outputs : 1;
    run->jump = mem_try(coordinates, sizeof *run->jump);
    return run->member && run->gradient && run->u && run->jump &&
                   trail_create(&run->trail, coordinates)
               ? STATUS_OK
               : error_memory(err, "the path of a target variable");
}

static void run_release(path_run *run)
{
    variable_problem_release(&run->p);
    variable_model_release(&run->m);
    newton_space_release(&run->space);
    free(run->member);
    free(run->gradient);
    free(run->u);
    free(run->jump);
    trail_release(&run->trail);
}

/* Adds the features whose gradient exceeds `threshold`, or that have weight; returns how many. The
 * slack is for lambda = lambda_max, where a weight must not come from a division's last bit. */
static uint64_t extend_set(path_run *run, double threshold)
{
    uint64_t added = 0;
    for (uint32_t c = 0; c < run->p.outputs; c++)
        for (uint32_t j = 0; j < run->p.size; j++) {
            size_t at = (size_t)c * run->p.size + j;
            double bound = threshold * run->p.penalty[j] * (1 + 1e-13);
            if (!run->member[at] && (run->m.a[at] != 0 || fabs(run->gradient[at]) > bound)) {
                run->member[at] = 1;
                added++;
            }
        }
    return added;
}

static double objective(const path_run *run, double lambda)
{
    const variable_problem *p = &run->p;
    double penalty = 0;
    for (uint32_t c = 0; c < p->outputs; c++)
        for (uint32_t j = 0; j < p->size; j++) {
            double a = run->m.a[(size_t)c * p->size + j];
            penalty += lambda * p->penalty[j] * fabs(a) + 0.5 * p->ridge[j] * a * a;
        }
    return variable_model_loss(&run->m, p) + penalty;
}

static void exchange(double *left, double *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double swap = left[i];
        left[i] = right[i];
        right[i] = swap;
    }
}

/* Classes trade places slowly, one at a time: after some rounds, jump to where they are heading,
 * if the objective is lower there. */
static void extrapolate_classes(path_run *run, double lambda)
{
    size_t all = (size_t)run->p.outputs * run->p.size;
    double *next = trail_next(&run->trail);
    memcpy(next, run->m.a, all * sizeof *next);
    memcpy(next + all, run->m.b, run->p.outputs * sizeof *next);
    if (!trail_extrapolate(&run->trail, run->jump))
        return;
    double before = objective(run, lambda);
    for (unsigned way = 0; way < 2; way++) { /* there, and back if it was no good */
        exchange(run->m.a, run->jump, all);
        exchange(run->m.b, run->jump + all, run->p.outputs);
        variable_model_refresh(&run->m, &run->p);
        if (objective(run, lambda) < before)
            return;
    }
}

/* Newton steps on the working set, output after output, until all violations are small. */
static void solve_set(path_run *run, double lambda, double precise)
{
    trail_begin(&run->trail, (size_t)run->p.outputs * run->p.size + run->p.outputs);
    for (unsigned step = 0; step < STEPS_OF_ROUND; step++) {
        double worst = 0;
        for (uint32_t c = 0; c < run->p.outputs && !variable_cancelled(&run->p); c++)
            worst =
                fmax(worst, newton_step(&run->m, &run->p, c, run->member + (size_t)c * run->p.size,
                                        lambda, precise, &run->space));
        if (worst <= precise || variable_cancelled(&run->p))
            return;
        if (run->p.outputs > 1)
            extrapolate_classes(run, lambda);
    }
}

/* `before`: lambda of the last point. Both internal. */
static status solve_point(path_run *run, double lambda, double before, variable_certificate *found,
                          error *err)
{
    double precise = 1e-3 * lambda;
    memset(run->member, 0, (size_t)run->p.outputs * run->p.size);
    extend_set(run, fmax(2 * lambda - before, 0));
    for (unsigned round = 0; round < run->rounds; round++) {
        solve_set(run, lambda, precise);
        if (!variable_certify(&run->m, &run->p, lambda, run->gradient, run->u, found))
            return error_memory(err, "the intercepts of a target variable");
        if (variable_cancelled(&run->p))
            return error_set(err, STATUS_INTERRUPTED, "interrupted");
        if (found->gap <= run->tolerance)
            break;
        if (extend_set(run, lambda) == 0)
            precise = fmax(0.1 * precise, 1e-14 * lambda);
    }
    return STATUS_OK;
}

/* The model as a result, on the data's own scale. */
static status keep_point(const path_run *run, double lambda, const variable_certificate *found,
                         variable_point *out, error *err)
{
    const variable_problem *p = &run->p;
    uint32_t count = 0;
    for (size_t at = 0; at < (size_t)p->outputs * p->size; at++)
        count += run->m.a[at] != 0;
    *out = (variable_point){.lambda = lambda,
                            .gap = found->gap,
                            .converged = found->gap <= run->tolerance,
                            .explained = fmax(0, 1 - found->loss / p->null_loss),
                            .intercept = mem_try(p->outputs, sizeof *out->intercept),
                            .weight = mem_try(count, sizeof *out->weight)};
    if (!out->intercept || !out->weight)
        return error_memory(err, "the weights of a target variable");
    double mean = 0;
    for (uint32_t c = 0; c < p->outputs; c++) {
        out->intercept[c] = p->centre + p->unit * run->m.b[c];
        mean += run->m.b[c] / p->outputs;
        for (uint32_t j = 0; j < p->size; j++) {
            double a = run->m.a[(size_t)c * p->size + j];
            if (a != 0)
                out->weight[out->count++] = (variable_weight){c, p->column[j], p->unit * a};
        }
    }
    for (uint32_t c = 0; p->kind == VARIABLE_CLASS && c < p->outputs; c++)
        out->intercept[c] -= mean;
    for (uint32_t j = 0; j < p->size; j++) {
        bool used = false;
        for (uint32_t c = 0; c < p->outputs; c++)
            used = used || run->m.a[(size_t)c * p->size + j] != 0;
        out->features += used;
    }
    return STATUS_OK;
}

static status solve_constant(const path_run *run, variable_path *out, error *err)
{
    out->constant = true;
    out->point[out->count++] = (variable_point){.converged = true,
                                                .intercept = mem_try(1, sizeof(double)),
                                                .weight = mem_try(0, sizeof(variable_weight))};
    if (!out->point[0].intercept || !out->point[0].weight)
        return error_memory(err, "the weights of a target variable");
    out->point[0].intercept[0] = run->p.centre;
    return STATUS_OK;
}

static status solve_points(path_run *run, const variable_settings *settings, const double *lambda,
                           uint32_t count, atomic_uint *done, variable_path *out, error *err)
{
    const variable_problem *p = &run->p;
    variable_certificate found;
    if (!variable_certify(&run->m, p, DBL_MAX, run->gradient, run->u, &found))
        return error_memory(err, "the intercepts of a target variable");
    double before = found.worst;
    out->lambda_max = found.worst * p->lambda_unit;
    for (uint32_t i = 0; i < count; i++) {
        double part = count > 1 ? (double)i / (count - 1) : 1;
        double wanted = lambda ? lambda[i] : out->lambda_max * pow(settings->fraction, part);
        double internal = wanted / p->lambda_unit;
        status code = solve_point(run, internal, before, &found, err);
        if (code == STATUS_OK)
            code = keep_point(run, wanted, &found, &out->point[out->count++], err);
        if (code != STATUS_OK)
            return code;
        before = internal;
        if (done)
            atomic_fetch_add(done, 1);
    }
    return STATUS_OK;
}

static status check_lambdas(const double *lambda, uint32_t count, error *err)
{
    for (uint32_t i = 0; i < count; i++)
        if (!(lambda[i] > 0) || !isfinite(lambda[i]) || (i && lambda[i] > lambda[i - 1]))
            return error_set(err, STATUS_USAGE,
                             "lambda %g: expected numbers above zero, none above the one before",
                             lambda[i]);
    return STATUS_OK;
}

status variable_solve(const matrix *x, const variable *v, const variable_settings *settings,
                      const double *lambda, uint32_t count, const atomic_bool *cancel,
                      atomic_uint *done, variable_path *out, error *err)
{
    path_run run = {0};
    *out = (variable_path){.outputs = variable_outputs(v)};
    status code = variable_settings_check(settings, err);
    if (code == STATUS_OK && lambda)
        code = check_lambdas(lambda, count, err);
    if (code == STATUS_OK)
        code = run_create(&run, x, v, settings, cancel, err);
    if (code == STATUS_OK) {
        count = lambda ? count : settings->points;
        out->point = calloc((size_t)count + 1, sizeof *out->point);
        out->null_loss = run.p.null_loss * run.p.unit * run.p.unit;
        if (!out->point)
            code = error_memory(err, "the path of a target variable");
        else if (run.p.constant)
            code = solve_constant(&run, out, err);
        else
            code = solve_points(&run, settings, lambda, count, done, out, err);
    }
    run_release(&run);
    if (code != STATUS_OK)
        variable_path_release(out);
    return code;
}

void variable_path_release(variable_path *path)
{
    for (uint32_t i = 0; i < path->count; i++) {
        free(path->point[i].intercept);
        free(path->point[i].weight);
    }
    free(path->point);
    *path = (variable_path){0};
}
