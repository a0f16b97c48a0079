/* Close to the solution an iteration x -> T(x) is nearly linear, and slow where T has eigenvalues
 * near one: coordinate descent on correlated features, classes that trade places. The combination
 * of the last iterates, weights summing to one, whose differences cancel best, cancels the slow
 * part. (Anderson 1965; for coordinate descent: Bertrand and Massias 2021.) It may also be
 * nonsense, far from the solution: whoever uses it compares objectives. */
#include "solver/variable_extrapolate.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DIFFERENCES = ITERATES - 1 };

bool trail_create(trail *t, size_t room)
{
    *t = (trail){.iterate = mem_try(room, ITERATES * sizeof *t->iterate), .room = room};
    return t->iterate != NULL;
}

void trail_release(trail *t)
{
    free(t->iterate);
    *t = (trail){0};
}

void trail_begin(trail *t, size_t length)
{
    t->length = length;
    t->count = 0;
}

double *trail_next(trail *t)
{
    return t->iterate + t->count++ * t->length;
}

/* Gaussian elimination with the largest pivot; false: singular. */
static bool solve(double h[DIFFERENCES][DIFFERENCES], double x[DIFFERENCES])
{
    for (unsigned k = 0; k < DIFFERENCES; k++) {
        unsigned best = k;
        for (unsigned i = k + 1; i < DIFFERENCES; i++)
            if (fabs(h[i][k]) > fabs(h[best][k]))
                best = i;
        if (!(fabs(h[best][k]) > 0))
            return false;
        for (unsigned j = 0; j < DIFFERENCES; j++) {
            double swap = h[k][j];
            h[k][j] = h[best][j];
            h[best][j] = swap;
        }
        double swap = x[k];
        x[k] = x[best];
        x[best] = swap;
        for (unsigned i = k + 1; i < DIFFERENCES; i++) {
            double part = h[i][k] / h[k][k];
            for (unsigned j = k; j < DIFFERENCES; j++)
                h[i][j] -= part * h[k][j];
            x[i] -= part * x[k];
        }
    }
    for (unsigned k = DIFFERENCES; k-- > 0;) {
        for (unsigned j = k + 1; j < DIFFERENCES; j++)
            x[k] -= h[k][j] * x[j];
        x[k] /= h[k][k];
    }
    return true;
}

bool trail_extrapolate(trail *t, double *out)
{
    if (t->count < ITERATES)
        return false;
    double h[DIFFERENCES][DIFFERENCES] = {{0}};
    double x[DIFFERENCES];
    size_t n = t->length;
    for (unsigned p = 0; p < DIFFERENCES; p++) {
        const double *a = t->iterate + p * n;
        for (unsigned q = 0; q <= p; q++) {
            const double *b = t->iterate + q * n;
            for (size_t i = 0; i < n; i++)
                h[p][q] += (a[n + i] - a[i]) * (b[n + i] - b[i]);
            h[q][p] = h[p][q];
        }
        x[p] = 1;
    }
    t->count = 0;
    double trace = 0;
    for (unsigned p = 0; p < DIFFERENCES; p++)
        trace += h[p][p];
    for (unsigned p = 0; p < DIFFERENCES; p++)
        h[p][p] += 1e-14 * trace;
    if (!(trace > 0) || !solve(h, x))
        return false;
    double sum = 0;
    for (unsigned p = 0; p < DIFFERENCES; p++)
        sum += x[p];
    if (!isfinite(sum) || sum == 0)
        return false;
    memset(out, 0, n * sizeof *out);
    for (unsigned p = 0; p < DIFFERENCES; p++)
        for (size_t i = 0; i < n; i++)
            out[i] += x[p] / sum * t->iterate[(p + 1) * n + i];
    return true;
}
