/* Pair-wide lambdas.
 *
 * lambda_max of a pair is the largest of its targets', and most targets cannot hold it: by
 * Cauchy-Schwarz M lambda_max(y) <= |y - ybar| max_k |z_k - mu_k| / p_k. Targets are looked at in
 * the order of that bound, a first batch, and then only those whose bound exceeds what the batch
 * reached. (lambda_max of a target comes out of solving it at an infinite lambda.)
 *
 * A wanted number of parents is found by secants on log(parents) against log(lambda), nearly a
 * line, over a spread sample of targets: every so-manyth in the order of |y|, which the number of
 * parents follows closely, so that few hundred of them stand for all. From above lambda goes down
 * along the line through the last two trials, a factor of five at most, until there are enough
 * parents; then the bracket is narrowed until the number is right to half a percent. (A pair of
 * more than MOST_SAMPLED targets has what its sample has: 20.2 and 20.1 parents a target were
 * measured on 8,192 of them for 20.)
 *
 * Trials begin from nothing. A warm-started path of 20 lambdas down to the one that is wanted was
 * measured to take as long as two of its last points, when one knows where it ends, and the number
 * between two of its points is then still to be found by a solve or two; this search takes about
 * three solves there, trials far above being next to free. Going down by factors of five alone
 * took up to two and a half times as long: the last of them went far beyond, where a solve is
 * dear. */
#include "solver/design.h"
#include "solver/solve.h"
#include "solver/target.h"
#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_BATCH = 64, MOST_SAMPLED = 1024, MOST_TRIALS = 24 };

/* How far beyond where the line says the wanted number is: it bends down. */
static const double overreach = 1.03;

typedef struct ranked {
    double bound; /* on M lambda_max of the problem as solved, but for a common factor */
    uint32_t column;
} ranked;

static int by_bound(const void *left, const void *right)
{
    const ranked *a = left;
    const ranked *b = right;
    if (a->bound != b->bound)
        return a->bound < b->bound ? 1 : -1;
    return a->column < b->column ? -1 : a->column > b->column;
}

/* The targets that vary, largest bound first. */
static uint32_t rank_targets(const lasso_design *design, const matrix *y, ranked *order)
{
    double reach = 0;
    for (uint32_t k = 0; k < design->size; k++)
        reach = fmax(reach, design->norm[k] / design->penalty[k]);
    uint32_t count = 0;
    for (uint32_t k = 0; k < y->cols; k++) {
        column_moments m = column_measure(y, k);
        if (!m.constant && m.norm > 0)
            order[count++] =
                (ranked){reach * m.norm / target_lambda_scale(design, &m) / design->rows, k};
    }
    qsort(order, count, sizeof *order, by_bound);
    return count;
}

typedef struct trial {
    const lasso_design *design;
    const matrix *y;
    lasso_settings settings;
    lasso_hooks hooks;
    error *err;
} trial;

/* Solves `targets` at lambda for the report alone. */
static status try_lambda(const trial *t, const uint32_t *targets, uint32_t count, double lambda,
                         lasso_report *report)
{
    *report = (lasso_report){0};
    status code = solve_run(t->design, t->y, targets, count, &t->settings, &lambda, 1, &t->hooks,
                            report, t->err);
    if (code == STATUS_OK && report->stopped)
        return error_set(t->err, STATUS_INTERRUPTED, "interrupted while choosing lambda");
    return code;
}

static status find_maximum(const trial *t, const ranked *order, uint32_t count, uint32_t *targets,
                           double *lambda_max)
{
    *lambda_max = 0;
    uint32_t looked = 0;
    for (uint32_t batch = FIRST_BATCH; looked < count; batch = count) {
        uint32_t chosen = 0;
        for (; looked < count && chosen < batch; looked++)
            if (order[looked].bound * (1 + 1e-9) >= *lambda_max)
                targets[chosen++] = order[looked].column;
        lasso_report report;
        status code = try_lambda(t, targets, chosen, INFINITY, &report);
        if (code != STATUS_OK)
            return code;
        *lambda_max = fmax(*lambda_max, report.lambda_max);
    }
    return STATUS_OK;
}

static status find_parents(trial *t, const ranked *order, uint32_t count, uint32_t *targets,
                           double wanted, double lambda_max, double *lambda)
{
    *lambda = lambda_max;
    if (count == 0 || wanted <= 0 || lambda_max <= 0)
        return STATUS_OK;
    uint32_t sampled = count < MOST_SAMPLED ? count : MOST_SAMPLED;
    for (uint32_t i = 0; i < sampled; i++)
        targets[i] = order[(uint64_t)i * count / sampled + count / sampled / 2].column;

    /* bracket in logarithms: at `high` there are too few parents, at `low` too many */
    double high = log(lambda_max);
    double few = log(0.5 / sampled);
    double slope = 1; /* of the last step down */
    double low = NAN;
    double many = 0;
    double x = high + log(0.1);
    double aim = log(wanted);
    for (unsigned step = 0; step < MOST_TRIALS; step++) {
        lasso_report report;
        status code = try_lambda(t, targets, sampled, exp(x), &report);
        if (code != STATUS_OK)
            return code;
        *lambda = exp(x);
        double parents = (double)report.edges / sampled;
        if (fabs(parents - wanted) <= 0.005 * wanted)
            break;
        double found = log(fmax(parents, 0.5 / sampled));
        if (parents > wanted) {
            low = x;
            many = found;
        } else {
            slope = fmax(1e-3, found > few ? (found - few) / (high - x) : slope / 4);
            high = x;
            few = found;
        }
        if (isnan(low)) {
            if (x < log(lambda_max) + log(1e-8))
                break; /* not even that may give so many */
            x -= fmin(log(5), fmax(0.01, overreach * (aim - few) / slope));
            continue;
        }
        double part = (aim - few) / (many - few);
        part = fmin(0.9, fmax(0.1, part));
        x = high + part * (low - high);
        if (high - low < 1e-4)
            break;
    }
    return STATUS_OK;
}

status lasso_choose_lambda(const lasso_design *design, const matrix *y,
                           const lasso_settings *settings, const atomic_bool *cancel,
                           double *lambda, double *lambda_max, error *err)
{
    *lambda = *lambda_max = 0;
    status code = lasso_settings_check(settings, err);
    if (code == STATUS_OK)
        code = solve_check(design, y, NULL, 0, settings, err);
    if (code != STATUS_OK)
        return code;
    ranked *order = mem_try(y->cols, sizeof *order);
    uint32_t *targets = mem_try(y->cols, sizeof *targets);
    if (!order || !targets) {
        code = error_memory(err, "the choice of lambda");
        goto done;
    }
    trial t = {.design = design, .y = y, .settings = *settings, .hooks = {.cancel = cancel}};
    t.err = err;
    t.settings.rule = LASSO_ABSOLUTE;
    t.settings.method = LASSO_DESCENT;
    t.settings.max_rounds = 0;
    t.settings.block = 16;
    uint32_t count = rank_targets(design, y, order);
    code = find_maximum(&t, order, count, targets, lambda_max);
    if (code != STATUS_OK)
        goto done;
    switch (settings->rule) {
    case LASSO_ABSOLUTE: *lambda = settings->lambda; break;
    case LASSO_OF_PAIR: *lambda = settings->lambda * *lambda_max; break;
    case LASSO_OF_TARGET: break;
    case LASSO_PARENTS:
    case LASSO_EDGES: {
        double wanted = settings->lambda;
        if (settings->rule == LASSO_EDGES && count > 0)
            wanted /= count;
        t.settings.tolerance = fmax(settings->tolerance, 1e-5);
        code = find_parents(&t, order, count, targets, wanted, *lambda_max, lambda);
        break;
    }
    case LASSO_CROSS: code = error_set(err, STATUS_USAGE, "cross-validation needs folds"); break;
    }
done:
    free(order);
    free(targets);
    return code;
}
