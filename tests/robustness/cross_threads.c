/* Folds on several threads, for the thread sanitizer: the same curve on 1 and 4 threads, and
 * cancelling at any moment ends all of them. */
#include "solver/cross.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 300, COLS = 60, FOLDS = 5, POINTS = 6, TRIALS = 30 };

static uint64_t state = 12345;

static double uniform(void)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (double)(state >> 11) * 0x1p-53;
}

static matrix x;
static double y[ROWS];
static uint32_t fold[ROWS];

static void make(void)
{
    error err;
    if (matrix_create(&x, ROWS, COLS, false, (uint64_t)ROWS * COLS, &err) != STATUS_OK)
        exit(STATUS_MACHINE);
    uint64_t at = 0;
    for (uint32_t k = 0; k < COLS; k++) {
        x.col_start[k] = at;
        for (uint32_t i = 0; i < ROWS; i++)
            if (uniform() < 0.2) {
                x.row[at] = i;
                x.value[at++] = (float)(0.1 + uniform());
                y[i] += k % 7 == 0;
            }
    }
    x.col_start[COLS] = at;
    for (uint32_t i = 0; i < ROWS; i++) {
        y[i] = y[i] + uniform() > 2;
        fold[i] = i / 6 % FOLDS;
    }
}

static status run(unsigned threads, const atomic_bool *cancel, cross_curve *curve)
{
    static const double lambda[POINTS] = {0.05, 0.03, 0.02, 0.01, 0.005, 0.001};
    variable v = {.kind = VARIABLE_BINARY, .classes = 2, .rows = ROWS, .value = y};
    variable_settings settings = variable_defaults();
    cross_folds folds = {fold, FOLDS};
    atomic_uint done = 0;
    error err;
    return cross_variable(&x, &v, &settings, lambda, POINTS, &folds, threads, cancel, &done, curve,
                          &err);
}

static void *cancel_soon(void *user)
{
    struct timespec wait = {.tv_nsec = (long)(uniform() * 20e6)};
    nanosleep(&wait, NULL);
    atomic_store((atomic_bool *)user, true);
    return NULL;
}

int main(void)
{
    cross_curve one;
    make();
    if (run(1, NULL, &one) != STATUS_OK)
        return 1;
    for (int trial = 0; trial < TRIALS; trial++) {
        cross_curve other;
        atomic_bool cancel = false;
        pthread_t canceller;
        bool cancelling = trial % 3 != 0;
        if (cancelling && pthread_create(&canceller, NULL, cancel_soon, &cancel) != 0)
            return 1;
        status code = run(4, &cancel, &other);
        if (cancelling)
            pthread_join(canceller, NULL);
        if (code != STATUS_OK && (code != STATUS_INTERRUPTED || !cancelling)) {
            fprintf(stderr, "trial %d: status %d\n", trial, (int)code);
            return 1;
        }
        for (uint32_t i = 0; code == STATUS_OK && i < POINTS; i++)
            if (memcmp(&one.point[i].error, &other.point[i].error, sizeof(double)) != 0) {
                fprintf(stderr, "trial %d: point %u differs\n", trial, i);
                return 1;
            }
        cross_curve_release(&other);
    }
    cross_curve_release(&one);
    matrix_release(&x);
    printf("%d trials\n", TRIALS);
    return 0;
}
