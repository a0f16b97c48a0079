/* A fit under a memory setting: its process never takes more, its result is the same to the last
 * bit, and a setting that is too small is refused before anything is done. */
#include "src/base/memory.h"
#include "src/jobs/fit.h"
#include "src/jobs/memory_plan.h"
#include "tests/unit/planted_fixture.h"

#include <criterion/criterion.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_MEASURABLE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_IS_MEASURABLE 0
#endif
#endif
#ifndef MEMORY_IS_MEASURABLE
#define MEMORY_IS_MEASURABLE 1
#endif

enum { FEATURES = 700 };

/* Targets that follow three sources each. */
static char *make_study(void)
{
    uint64_t seed = 2026;
    planted p = planted_create(30, 20, 20, FEATURES, FEATURES, &seed);
    for (uint32_t f = 0; f < FEATURES; f++)
        for (uint32_t i = 0; i < p.samples; i++)
            if (fixture_random(&seed) < (f < 50 ? 0.5 : 0.03))
                planted_column(&p, 0, f)[i] = (float)(0.5 + fixture_random(&seed));
    for (uint32_t f = 0; f < FEATURES; f++)
        for (uint32_t k = 0; k < 3; k++) {
            const float *from = planted_column(&p, 0, (f * 7 + k * 311) % FEATURES);
            for (uint32_t i = 0; i < p.samples; i++)
                planted_column(&p, 1, f)[i] += from[i];
        }
    char *path = planted_study(&p);
    planted_free(&p);
    return path;
}

/* What a child that fits under the setting comes to. */
typedef struct outcome {
    status code;
    uint64_t peak; /* bytes */
    uint64_t edges;
    double weights; /* their sum, in order */
    char message[200];
} outcome;

static uint64_t peak_memory(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "VmHWM: %llu", &kib);
    if (file)
        fclose(file);
    return kib * 1024;
}

static bool add_weight(void *user, const edge *e)
{
    outcome *o = user;
    o->edges++;
    o->weights += e->weight * (1 + e->source % 17);
    return true;
}

static void fit_here(const char *path, lasso_settings settings, unsigned threads, uint64_t memory,
                     outcome *o)
{
    db *d = NULL;
    layer_set layers = {0};
    error err = {0};
    fit_request request = {.settings = settings};
    int64_t id = 0;
    fit_progress last;
    fit f = {0};
    o->code = db_open(&d, path, DB_WRITE, &err);
    if (o->code == STATUS_OK)
        o->code = layer_list(d, &layers, &err);
    fit_request_all(&request, &layers, NULL, 0);
    if (o->code == STATUS_OK)
        o->code = fit_create(d, &layers, &request, &id, &err);
    fit_run_options options = {.threads = threads, .memory = memory};
    if (o->code == STATUS_OK)
        o->code = fit_run(path, id, &options, &last, &err);
    o->peak = peak_memory();
    snprintf(o->message, sizeof o->message, "%.199s", err.message);
    if (o->code == STATUS_OK && fit_get(d, id, &f, &err) == STATUS_OK)
        fit_each_edge(d, f.pair[0].id, add_weight, o, &err);
    fit_release(&f);
    fit_request_release(&request);
    layer_set_release(&layers);
    db_close(d);
}

static outcome fit_apart(const char *path, lasso_settings settings, unsigned threads,
                         uint64_t memory)
{
    int ends[2];
    outcome o = {.code = STATUS_MACHINE};
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        fit_here(path, settings, threads, memory, &o);
        _exit(write(ends[1], &o, sizeof o) == sizeof o ? 0 : 1);
    }
    close(ends[1]);
    cr_assert_eq(read(ends[0], &o, sizeof o), sizeof o);
    close(ends[0]);
    waitpid(child, NULL, 0);
    return o;
}

/* The least that a refusal says would do. */
static uint64_t least_memory(const char *path, lasso_settings settings)
{
    outcome o = fit_apart(path, settings, 1, 1 << 20);
    unsigned long long mib = 0;
    cr_assert_eq(o.code, STATUS_USAGE, "%s", o.message);
    const char *at = strstr(o.message, "at least ");
    cr_assert_not_null(at, "%s", o.message);
    cr_assert_eq(sscanf(at, "at least %llu MiB", &mib), 1);
    return mib << 20;
}

Test(memory, a_fit_keeps_to_it_and_its_result_does_not_depend_on_it, .timeout = 240)
{
    char *path = make_study();
    lasso_settings settings = lasso_defaults();
    settings.rule = LASSO_OF_TARGET;
    settings.lambda = 0.05;
    uint64_t least = least_memory(path, settings);
    outcome free_of_limits = fit_apart(path, settings, 2, 0);
    cr_assert_eq(free_of_limits.code, STATUS_OK, "%s", free_of_limits.message);
    cr_assert_gt(free_of_limits.edges, FEATURES);
    const uint64_t memories[] = {least, least + (8 << 20), 8 * least};
    for (unsigned i = 0; i < sizeof memories / sizeof *memories; i++) {
        outcome o = fit_apart(path, settings, 3, memories[i]);
        cr_assert_eq(o.code, STATUS_OK, "%s", o.message);
        cr_assert_eq(o.edges, free_of_limits.edges);
        cr_assert_eq(o.weights, free_of_limits.weights);
        if (MEMORY_IS_MEASURABLE) {
            cr_assert_leq(o.peak, memories[i], "%llu MiB of %llu",
                          (unsigned long long)o.peak >> 20, (unsigned long long)memories[i] >> 20);
            if (i == 0)
                cr_assert_lt(o.peak, free_of_limits.peak);
        }
    }
    fixture_remove(path);
}

Test(memory, cross_validation_keeps_to_it, .timeout = 240)
{
    char *path = make_study();
    lasso_settings settings = lasso_defaults();
    settings.rule = LASSO_CROSS;
    settings.lambda = 2;
    uint64_t least = least_memory(path, settings);
    outcome o = fit_apart(path, settings, 2, least);
    cr_assert_eq(o.code, STATUS_OK, "%s", o.message);
    if (MEMORY_IS_MEASURABLE)
        cr_assert_leq(o.peak, least, "%llu MiB of %llu", (unsigned long long)o.peak >> 20,
                      (unsigned long long)least >> 20);
    fixture_remove(path);
}

/* What is planned fits the setting, and a setting that fits is never refused: over layers of many
 * shapes, dense and sparse. */
Test(memory, plans_use_what_there_is)
{
    for (unsigned way = 0; way < 12; way++) {
        layer from = {
            .name = "from", .features = 64U << (way % 6), .samples = 5000, .dense = way >= 6};
        from.nonzeros = (uint64_t)from.samples * (from.dense ? from.features : 40);
        layer to = from;
        to.name = "to";
        const layer *source[] = {&from};
        memory_plan plan;
        error err = {0};
        uint64_t low = 1, high = (uint64_t)1 << 40;
        cr_assert_eq(
            memory_plan_make(source, 1, &to, false, LASSO_OF_PAIR, 1, 4, high, &plan, &err),
            STATUS_OK);
        cr_assert_eq(plan.threads, 4);
        uint64_t most = plan.table;
        while (high - low > 1)
            if (memory_plan_make(source, 1, &to, false, LASSO_OF_PAIR, 1, 4, (low + high) / 2,
                                 &plan, &err) == STATUS_OK)
                high = (low + high) / 2;
            else
                low = (low + high) / 2;
        uint64_t before = 0;
        unsigned threads = 0;
        for (uint64_t memory = high; memory < 64 * high; memory += memory / 4) {
            cr_assert_eq(
                memory_plan_make(source, 1, &to, false, LASSO_OF_PAIR, 1, 4, memory, &plan, &err),
                STATUS_OK);
            uint64_t taken = plan.table + plan.waiting + 2 * plan.cache;
            cr_assert_lt(taken, memory);
            cr_assert_leq(plan.table, most);
            cr_assert_geq(plan.threads, threads);
            cr_assert(plan.threads > threads || plan.table >= before);
            before = plan.table;
            threads = plan.threads;
        }
    }
}
