/* Threads under stress, for the thread sanitizer (a plain program: it does not start under the
 * unit tests' framework): the same problem on 1 and 4 threads must give the same bits, and
 * cancelling at any moment must end all threads with whole blocks only. */
#include "solver/lasso.h"
#include "src/base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 400, COLS = 120, TRIALS = 40 };

static uint64_t state = 12345;

static double uniform(void)
{
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (double)(state >> 11) * 0x1p-53;
}

static matrix make(void)
{
    matrix m;
    error err;
    if (matrix_create(&m, ROWS, COLS, false, (uint64_t)ROWS * COLS, &err) != STATUS_OK)
        exit(STATUS_MACHINE);
    uint64_t at = 0;
    for (uint32_t k = 0; k < COLS; k++) {
        m.col_start[k] = at;
        double rate = 0.02 + 0.3 * uniform() * uniform();
        for (uint32_t i = 0; i < ROWS; i++) {
            if (uniform() < rate) {
                m.row[at] = i;
                m.value[at++] = (float)(0.1 + uniform());
            }
        }
    }
    m.col_start[COLS] = at;
    return m;
}

typedef struct sums {
    double weight[COLS]; /* sum of weights times column numbers, a target */
    uint32_t parents[COLS], targets;
} sums;

static bool add(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    sums *s = user;
    for (uint32_t i = 0; i < count; i++) {
        const lasso_result *r = &results[i];
        s->parents[r->target] = r->parents;
        s->targets++;
        for (uint32_t j = 0; j < r->parents; j++)
            s->weight[r->target] += r->weight[j] * (r->source[j] + 1);
    }
    return true;
}

typedef struct alarm_clock {
    atomic_bool *cancel;
    long nanoseconds;
} alarm_clock;

static void *ring(void *user)
{
    alarm_clock *a = user;
    nanosleep(&(struct timespec){.tv_nsec = a->nanoseconds}, NULL);
    atomic_store(a->cancel, true);
    return NULL;
}

int main(void)
{
    matrix x = make();
    matrix y = make();
    lasso_settings settings = lasso_defaults();
    settings.rule = LASSO_OF_TARGET;
    settings.lambda = 0.02;
    settings.block = 4;
    settings.threads = 1;
    lasso_design *design = NULL;
    lasso_report report;
    error err = {0};
    static sums alone;
    lasso_hooks hooks = {.user = &alone, .block = add};
    if (lasso_design_create(&design, &x, &settings, &err) != STATUS_OK ||
        lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err) != STATUS_OK) {
        fprintf(stderr, "solver_threads: %s\n", err.message);
        return STATUS_MACHINE;
    }
    double whole = report.seconds;
    unsigned wrong = 0;
    unsigned stopped = 0;
    settings.threads = 4;
    lasso_design_free(design);
    if (lasso_design_create(&design, &x, &settings, &err) != STATUS_OK)
        return STATUS_MACHINE;
    for (unsigned trial = 0; trial < TRIALS; trial++) {
        static sums some;
        memset(&some, 0, sizeof some);
        atomic_bool cancel = false;
        atomic_uint done = 0;
        settings.rule = trial % 4 == 3 ? LASSO_OF_PAIR : LASSO_OF_TARGET;
        alarm_clock a = {&cancel, (long)(whole * 1e9 * trial / TRIALS)};
        hooks = (lasso_hooks){.user = &some, .block = add, .cancel = &cancel, .done = &done};
        pthread_t clock;
        bool ringing = trial > 0 && pthread_create(&clock, NULL, ring, &a) == 0;
        status code = lasso_solve(design, &y, NULL, 0, &settings, &hooks, &report, &err);
        if (ringing)
            pthread_join(clock, NULL);
        wrong += code != STATUS_OK || report.targets != some.targets ||
                 report.stopped != (some.targets < COLS);
        stopped += report.stopped;
        for (uint32_t t = 0; t < COLS && settings.rule == LASSO_OF_TARGET; t++)
            wrong += some.weight[t] != 0 &&
                     (some.weight[t] != alone.weight[t] || some.parents[t] != alone.parents[t]);
    }
    lasso_design_free(design);
    matrix_release(&x);
    matrix_release(&y);
    printf("solver_threads: %u trials, %u cut short, %u wrong\n", (unsigned)TRIALS, stopped,
           wrong);
    return wrong == 0 ? STATUS_OK : STATUS_PARTIAL;
}
