/* The mean over folds weighs them by their samples; its standard error comes from their spread
 * about it, sqrt(sum n_f (e_f - e)^2 / M / (K - 1)), as glmnet has it. */
#include "solver/cross_curve.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>

status cross_check_folds(const cross_folds *folds, uint32_t rows, error *err)
{
    if (folds->count < 2 || folds->count > rows)
        return error_set(err, STATUS_USAGE, "%u folds of %u samples: expected 2 to %u",
                         folds->count, rows, rows);
    uint8_t *seen = mem_try(folds->count, sizeof *seen);
    if (!seen)
        return error_memory(err, "cross-validation");
    for (uint32_t f = 0; f < folds->count; f++)
        seen[f] = 0;
    status code = STATUS_OK;
    for (uint32_t i = 0; i < rows && code == STATUS_OK; i++)
        if (folds->of[i] >= folds->count)
            code = error_set(err, STATUS_USAGE, "sample %u is in fold %u of %u", i,
                             folds->of[i] + 1, folds->count);
        else
            seen[folds->of[i]] = 1;
    for (uint32_t f = 0; f < folds->count && code == STATUS_OK; f++)
        if (!seen[f])
            code =
                error_set(err, STATUS_USAGE, "fold %u of %u has no samples", f + 1, folds->count);
    free(seen);
    return code;
}

uint32_t cross_mark(const cross_folds *folds, uint32_t rows, uint32_t fold, bool held,
                    uint8_t *keep)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; i++) {
        keep[i] = (folds->of[i] == fold) == held;
        count += keep[i];
    }
    return count;
}

status cross_curve_create(cross_curve *out, const double *lambda, uint32_t count,
                          const double *fold_error, const uint32_t *samples, uint32_t folds,
                          error *err)
{
    *out = (cross_curve){.count = count, .point = mem_try(count, sizeof *out->point)};
    if (!out->point)
        return error_memory(err, "cross-validation");
    double rows = 0;
    for (uint32_t f = 0; f < folds; f++)
        rows += samples[f];
    for (uint32_t i = 0; i < count; i++) {
        double mean = 0;
        double spread = 0;
        for (uint32_t f = 0; f < folds; f++)
            mean += fold_error[(size_t)f * count + i] * samples[f] / rows;
        for (uint32_t f = 0; f < folds; f++) {
            double away = fold_error[(size_t)f * count + i] - mean;
            spread += away * away * samples[f] / rows;
        }
        out->point[i] = (cross_point){.lambda = lambda[i],
                                      .error = mean,
                                      .deviation = sqrt(spread / (folds - 1)),
                                      .accuracy = (double)NAN};
        if (mean < out->point[out->least].error)
            out->least = i;
    }
    const cross_point *best = &out->point[out->least];
    while (out->point[out->sparsest].error > best->error + best->deviation)
        out->sparsest++;
    return STATUS_OK;
}

void cross_curve_release(cross_curve *curve)
{
    free(curve->point);
    *curve = (cross_curve){0};
}
