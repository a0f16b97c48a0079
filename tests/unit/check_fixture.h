/* Checks of fits of planted data: what is asked, run and found, of circuits whose truth the test
 * has made. */
#ifndef TESTS_CHECK_FIXTURE_H
#define TESTS_CHECK_FIXTURE_H

#include "src/jobs/check.h"
#include "src/jobs/fit.h"
#include "tests/unit/planted_fixture.h"

#include <criterion/criterion.h>

static char *path;
static db *d;
static layer_set layers;

static inline void open_planted(planted *p)
{
    error err = {0};
    path = planted_study(p);
    cr_assert_eq(db_open(&d, path, DB_WRITE, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(layer_list(d, &layers, &err), STATUS_OK, "%s", err.message);
}

static inline void close_planted(planted *p)
{
    layer_set_release(&layers);
    db_close(d);
    d = NULL;
    fixture_remove(path);
    planted_free(p);
}

static inline int64_t fit_it(lasso_rule rule, double lambda, double ridge)
{
    error err = {0};
    int64_t id = 0;
    fit_progress last;
    fit_request request = {.settings = lasso_defaults()};
    request.settings.rule = rule;
    request.settings.lambda = lambda;
    request.settings.ridge = ridge;
    fit_request_adjacent(&request, &layers, NULL, 0);
    cr_assert_eq(fit_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    fit_request_release(&request);
    fit_run_options how = {.threads = 2};
    cr_assert_eq(fit_run(path, id, &how, &last, &err), STATUS_OK, "%s", err.message);
    return id;
}

static inline int64_t ask(int64_t fit_id, const char *kind, uint64_t rounds, uint64_t seed)
{
    error err = {0};
    int64_t id = 0;
    check_request request = {.fit_id = fit_id, .kind = kind, .settings = check_settings_open()};
    request.settings.rounds = rounds;
    request.settings.seed = seed;
    cr_assert_eq(check_create(d, &layers, &request, &id, &err), STATUS_OK, "%s", err.message);
    return id;
}

static inline status run_it(int64_t id, const atomic_bool *cancel)
{
    error err = {0};
    check_progress last;
    check_run_options how = {.threads = 2, .cancel = cancel};
    status code = check_run(path, id, &how, &last, &err);
    if (code != STATUS_OK && code != STATUS_INTERRUPTED)
        fprintf(stderr, "%s\n", err.message);
    return code;
}

static inline check_report checked(int64_t fit_id, const char *kind, uint64_t rounds,
                                   uint64_t seed)
{
    check_report r;
    error err = {0};
    int64_t id = ask(fit_id, kind, rounds, seed);
    cr_assert_eq(run_it(id, NULL), STATUS_OK);
    cr_assert_eq(check_get_report(d, id, &r, &err), STATUS_OK, "%s", err.message);
    cr_expect_eq(r.about.state, FIT_DONE);
    cr_expect_eq(r.about.done, r.about.units);
    return r;
}

enum { SOURCES = 60, TARGETS = 60, PARENTS = 3 };

static inline void fill_sparse(planted *p, int which, double density, uint64_t *seed)
{
    for (uint32_t f = 0; f < p->features[which]; f++)
        for (uint32_t i = 0; i < p->samples; i++)
            if (fixture_random(seed) < density)
                planted_column(p, which, f)[i] = (float)(0.5 + fixture_random(seed));
}

static inline planted make_noise(uint64_t seed)
{
    planted p = planted_create(80, 10, 40, SOURCES, TARGETS, &seed);
    fill_sparse(&p, 0, 0.1, &seed);
    fill_sparse(&p, 1, 0.1, &seed);
    return p;
}

/* Target t follows the sources t, t + 1, t + 2 (mod SOURCES); share: of its variance that they
 * explain. */
static inline planted make_circuit(uint64_t seed, double share)
{
    planted p = planted_create(80, 10, 40, SOURCES, TARGETS, &seed);
    fill_sparse(&p, 0, 0.1, &seed);
    for (uint32_t t = 0; t < TARGETS; t++) {
        float *y = planted_column(&p, 1, t);
        double mean = 0, squares = 0;
        for (uint32_t k = 0; k < PARENTS; k++)
            for (uint32_t i = 0; i < p.samples; i++)
                y[i] += planted_column(&p, 0, (t + k) % SOURCES)[i];
        for (uint32_t i = 0; i < p.samples; i++) {
            mean += (double)y[i] / p.samples;
            squares += (double)y[i] * (double)y[i] / p.samples;
        }
        double noise = sqrt((squares - mean * mean) * (1 - share) / share);
        for (uint32_t i = 0; i < p.samples; i++)
            y[i] += (float)(5 + noise * planted_normal(&seed));
    }
    return p;
}

static inline bool is_planted(uint32_t source, uint32_t target)
{
    return (source + SOURCES - target) % SOURCES < PARENTS;
}

typedef struct truth {
    double threshold;
    uint32_t found, planted;
} truth;

static inline bool count_true(void *user, const edge *e)
{
    truth *t = user;
    if (fabs(e->removal) >= t->threshold) {
        t->found++;
        t->planted += is_planted(e->source, e->target);
    }
    return true;
}

static inline truth true_rate(int64_t fit_id, double threshold)
{
    fit f = {0};
    truth t = {.threshold = threshold};
    cr_assert_eq(fit_get(d, fit_id, &f, NULL), STATUS_OK);
    cr_assert_eq(fit_each_edge(d, f.pair[0].id, count_true, &t, NULL), STATUS_OK);
    fit_release(&f);
    return t;
}

#endif
