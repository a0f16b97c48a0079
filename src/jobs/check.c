#include "src/jobs/check.h"

#include "db/target.h"
#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/fit.h"
#include "src/jobs/runner.h"
#include "src/jobs/ticker.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- kinds ---- */

static const check_kind *const kinds[] = {
#define KIND_ADDRESS(id) &check_kind_##id,
    CHECK_KIND_LIST(KIND_ADDRESS)
#undef KIND_ADDRESS
};

const check_kind *const *check_kinds(uint32_t *count)
{
    *count = sizeof kinds / sizeof *kinds;
    return kinds;
}

const check_kind *check_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i]->name, name) == 0)
            return kinds[i];
    return NULL;
}

/* ---- settings, as JSON ---- */

check_settings check_settings_open(void)
{
    check_settings s = {0};
#define NUMBER_OPEN(name, meaning) s.name = (double)NAN;
    CHECK_SETTING_NUMBER_LIST(NUMBER_OPEN)
#undef NUMBER_OPEN
    return s;
}

void check_settings_release(check_settings *s)
{
#define TEXT_FREE(name, meaning) free(s->name);
    CHECK_SETTING_TEXT_LIST(TEXT_FREE)
#undef TEXT_FREE
    *s = check_settings_open();
}

check_settings check_settings_copy(const check_settings *s)
{
    check_settings copy = *s;
#define TEXT_COPY(name, meaning) copy.name = mem_copy_text(s->name);
    CHECK_SETTING_TEXT_LIST(TEXT_COPY)
#undef TEXT_COPY
    return copy;
}

static char *write_settings(const check_settings *s)
{
    json_t *object = json_object();
#define COUNT_WRITE(name, meaning)                                                                \
    if (s->name)                                                                                  \
        json_object_set_new(object, #name, json_integer((json_int_t)s->name));
    CHECK_SETTING_COUNT_LIST(COUNT_WRITE)
#undef COUNT_WRITE
#define NUMBER_WRITE(name, meaning)                                                               \
    if (isfinite(s->name))                                                                        \
        json_object_set_new(object, #name, json_real(s->name));
    CHECK_SETTING_NUMBER_LIST(NUMBER_WRITE)
#undef NUMBER_WRITE
#define TEXT_WRITE(name, meaning)                                                                 \
    if (s->name)                                                                                  \
        json_object_set_new(object, #name, json_string(s->name));
    CHECK_SETTING_TEXT_LIST(TEXT_WRITE)
#undef TEXT_WRITE
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(15));
    json_decref(object);
    return text;
}

status check_settings_of(const check *c, check_settings *out, error *err)
{
    *out = check_settings_open();
    json_t *object = c->settings ? json_loads(c->settings, 0, NULL) : NULL;
    if (!json_is_object(object)) {
        json_decref(object);
        return error_set(err, STATUS_INPUT, "check %lld: its settings are no JSON object",
                         (long long)c->id);
    }
#define COUNT_READ(name, meaning)                                                                 \
    if (json_integer_value(json_object_get(object, #name)) > 0)                                   \
        out->name = (uint64_t)json_integer_value(json_object_get(object, #name));
    CHECK_SETTING_COUNT_LIST(COUNT_READ)
#undef COUNT_READ
#define NUMBER_READ(name, meaning)                                                                \
    if (json_is_number(json_object_get(object, #name)))                                           \
        out->name = json_number_value(json_object_get(object, #name));
    CHECK_SETTING_NUMBER_LIST(NUMBER_READ)
#undef NUMBER_READ
#define TEXT_READ(name, meaning)                                                                  \
    out->name = mem_copy_text(json_string_value(json_object_get(object, #name)));
    CHECK_SETTING_TEXT_LIST(TEXT_READ)
#undef TEXT_READ
    json_decref(object);
    return STATUS_OK;
}

/* ---- asking ---- */

static status check_fit(const fit *f, error *err)
{
    if (f->state == FIT_RUNNING && !fit_is_cut_off(f))
        return error_set(err, STATUS_INPUT, "fit %lld is still running: wait for its end",
                         (long long)f->id);
    return f->state == FIT_DONE
               ? STATUS_OK
               : error_set(err, STATUS_INPUT, "fit %lld is not finished: resume it first",
                           (long long)f->id);
}

static status check_applies(db *d, const layer_set *layers, const fit *f, const check_kind *kind,
                            const check_settings *settings, error *err)
{
    char why[512] = "";
    status code = kind->applies(d, layers, f, settings, why, sizeof why, err);
    if (code == STATUS_OK && why[0])
        code = error_set(err, STATUS_INPUT, "check %s: %s", kind->name, why);
    return code;
}

static status no_such_kind(const char *name, error *err)
{
    char all[256] = "";
    for (size_t i = 0, used = 0; i < sizeof kinds / sizeof *kinds && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "",
                                 kinds[i]->name);
    return error_set(err, STATUS_USAGE, "there is no check '%s': expected one of %s", name, all);
}

static status name_attribute(db *d, int64_t target_id, char **name, error *err)
{
    target_set targets = {0};
    status code = target_list(d, &targets, err);
    const target *found = target_by_id(&targets, target_id);
    if (code == STATUS_OK && !found)
        code = error_set(err, STATUS_INPUT, "the attribute is gone");
    if (code == STATUS_OK) {
        free(*name);
        *name = mem_copy_text(found->name);
    }
    target_set_release(&targets);
    return code;
}

static int by_place(const void *left, const void *right)
{
    const check_feature *a = left, *b = right;
    return a->layer_id != b->layer_id ? (a->layer_id > b->layer_id ? 1 : -1)
                                      : (a->feature > b->feature) - (a->feature < b->feature);
}

static status name_features(const layer_set *layers, const check_request *r, char **list,
                            error *err)
{
    enum { NUMBER = 12 }; /* slash, digits, end of line */
    check_feature *sorted = mem_alloc(r->features * sizeof *sorted);
    size_t room = 1, used = 0;
    status code = STATUS_OK;
    memcpy(sorted, r->feature, r->features * sizeof *sorted);
    qsort(sorted, r->features, sizeof *sorted, by_place);
    for (uint32_t i = 0; i < r->features && code == STATUS_OK; i++) {
        const layer *in = layer_by_id(layers, sorted[i].layer_id);
        room += in ? strlen(in->name) + NUMBER : 0;
        if (!in)
            code = error_set(err, STATUS_INPUT, "a layer of the features is gone");
    }
    if (code == STATUS_OK) {
        free(*list);
        *list = mem_alloc(room);
    }
    for (uint32_t i = 0; i < r->features && code == STATUS_OK; i++)
        if (i == 0 || by_place(&sorted[i - 1], &sorted[i]) != 0)
            used +=
                (size_t)snprintf(*list + used, room - used, "%s/%u\n",
                                 layer_by_id(layers, sorted[i].layer_id)->name, sorted[i].feature);
    free(sorted);
    return code;
}

status check_create(db *d, const layer_set *layers, const check_request *request,
                    int64_t *check_id, error *err)
{
    fit f = {0};
    check c = {.fit_id = request->fit_id};
    const check_kind *kind = check_kind_find(request->kind);
    *check_id = 0;
    if (!kind)
        return no_such_kind(request->kind, err);
    check_settings settings = check_settings_copy(&request->settings);
    status code = kind->settle(&settings, err);
    if (code == STATUS_OK && request->attribute_id)
        code = name_attribute(d, request->attribute_id, &settings.attribute, err);
    if (code == STATUS_OK && request->features)
        code = name_features(layers, request, &settings.features, err);
    if (code == STATUS_OK)
        code = fit_get(d, request->fit_id, &f, err);
    if (code == STATUS_OK)
        code = check_fit(&f, err);
    if (code == STATUS_OK)
        code = check_applies(d, layers, &f, kind, &settings, err);
    if (code == STATUS_OK) {
        snprintf(c.kind, sizeof c.kind, "%s", kind->name);
        c.fit_id = f.id;
        c.settings = write_settings(&settings);
        code = check_add(d, &c, err);
        *check_id = c.id;
    }
    check_release(&c);
    fit_release(&f);
    check_settings_release(&settings);
    return code;
}

/* ---- running ---- */

bool check_cancelled(const check_job *job)
{
    return job->cancel && atomic_load(job->cancel);
}

status check_plan(check_job *job, uint32_t units, error *err)
{
    status code = STATUS_OK;
    if (job->about.units == units)
        return STATUS_OK;
    if (job->about.done > 0)
        code = check_clear(job->connection, job->about.id, err);
    if (code == STATUS_OK)
        code = check_set_units(job->connection, job->about.id, units, err);
    job->about.units = units;
    job->about.done = 0;
    atomic_store(&job->units, units);
    atomic_store(&job->done, 0);
    return code;
}

void check_show(check_job *job, uint32_t done)
{
    atomic_store(&job->part, 0);
    atomic_store(&job->done, done);
}

status check_keep(check_job *job, const check_findings *findings, uint32_t done, error *err)
{
    double now = clock_seconds();
    status code =
        check_store(job->connection, job->about.id, findings, done, now - job->since, err);
    if (code != STATUS_OK)
        return code;
    job->since = now;
    job->about.done = done;
    check_show(job, done);
    return check_cancelled(job) && done < job->about.units
               ? error_set(err, STATUS_INTERRUPTED, "cancelled")
               : STATUS_OK;
}

typedef struct run {
    check_job job;
    layer_set layers;
    fit f;
    const check_run_options *options;
    const check_kind *kind;
    double began;
    double before; /* the fraction that was done when this run began */
} run;

static check_progress snapshot(run *r)
{
    check_job *job = &r->job;
    check_progress p = {.check_id = job->about.id,
                        .fit_id = job->about.fit_id,
                        .state = FIT_RUNNING,
                        .units = atomic_load(&job->units),
                        .done = atomic_load(&job->done),
                        .seconds = clock_seconds() - r->began,
                        .seconds_left = -1};
    memcpy(p.kind, job->about.kind, sizeof p.kind);
    unsigned parts = atomic_load(&job->parts);
    unsigned part = atomic_load(&job->part);
    double within = parts && part < parts ? (double)part / parts : 0;
    p.fraction = p.units ? fmin(1, (p.done + within) / p.units) : 0;
    double here = p.fraction - r->before;
    if (p.seconds > 0.2 && here > 0)
        p.seconds_left = p.seconds / here * (1 - p.fraction);
    return p;
}

static void tell(void *user)
{
    run *r = user;
    check_progress p = snapshot(r);
    r->options->progress(r->options->user, &p);
}

static status claim(run *r, error *err)
{
    check *c = &r->job.about;
    if (c->state == FIT_RUNNING && !check_is_cut_off(c) && !r->options->take_over)
        return error_set(err, STATUS_INPUT, "check %lld is being run already, by %s",
                         (long long)c->id, c->runner);
    char *self = runner_self();
    bool taken = false;
    status code = check_claim(r->job.connection, c->id, self, c->runner, &taken, err);
    free(self);
    if (code == STATUS_OK && !taken)
        code = error_set(err, STATUS_INPUT, "check %lld has just been taken by another process",
                         (long long)c->id);
    return code;
}

/* What must hold before the kind's own work can begin. */
static status prepare(run *r, error *err)
{
    check_job *job = &r->job;
    r->kind = check_kind_find(job->about.kind);
    if (!r->kind)
        return error_set(err, STATUS_INPUT,
                         "check %lld is of a kind that this program has not: '%s'",
                         (long long)job->about.id, job->about.kind);
    status code = check_settings_of(&job->about, &job->settings, err);
    if (code == STATUS_OK)
        code = r->kind->settle(&job->settings, err);
    if (code == STATUS_OK)
        code = check_fit(&r->f, err);
    if (code == STATUS_OK && r->f.pair_count)
        code = fit_check_data(&r->layers, &r->f, err);
    if (code == STATUS_OK)
        code = check_applies(job->connection, &r->layers, &r->f, r->kind, &job->settings, err);
    return code;
}

static status work(run *r, check_progress *last, error *err)
{
    check_job *job = &r->job;
    atomic_store(&job->units, job->about.units);
    atomic_store(&job->done, job->about.done);
    r->began = job->since = clock_seconds();
    r->before = job->about.units ? (double)job->about.done / job->about.units : 0;
    ticker *t = r->options->progress ? ticker_start(tell, r) : NULL;
    status code = check_cancelled(job) ? error_set(err, STATUS_INTERRUPTED, "cancelled")
                                       : r->kind->run(job, err);
    ticker_stop(t);
    *last = snapshot(r);
    last->state = code == STATUS_OK            ? FIT_DONE
                  : code == STATUS_INTERRUPTED ? FIT_CANCELLED
                                               : FIT_FAILED;
    error ignored = {0};
    status stored = check_set_state(job->connection, job->about.id, last->state,
                                    last->state == FIT_FAILED ? err->message : NULL,
                                    code == STATUS_OK ? err : &ignored);
    return code == STATUS_OK ? stored : code;
}

status check_run(const char *study, int64_t check_id, const check_run_options *options,
                 check_progress *last, error *err)
{
    run r = {.options = options,
             .job = {.study = study,
                     .settings = check_settings_open(),
                     .threads = options->threads,
                     .memory = options->memory,
                     .cancel = options->cancel}};
    check_job *job = &r.job;
    error own = {0};
    if (!err)
        err = &own;
    *last = (check_progress){.check_id = check_id, .state = FIT_FAILED, .seconds_left = -1};
    job->layers = &r.layers;
    job->fit = &r.f;
    status code = db_open(&job->connection, study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = check_get(job->connection, check_id, &job->about, err);
    if (code == STATUS_OK)
        code = layer_list(job->connection, &r.layers, err);
    if (code == STATUS_OK)
        code = fit_get(job->connection, job->about.fit_id, &r.f, err);
    if (code == STATUS_OK && job->about.state == FIT_DONE) {
        atomic_store(&job->units, job->about.units);
        atomic_store(&job->done, job->about.done);
        r.began = clock_seconds();
        *last = snapshot(&r);
        last->state = FIT_DONE;
    } else if (code == STATUS_OK) {
        code = prepare(&r, err);
        if (code == STATUS_OK)
            code = claim(&r, err);
        if (code == STATUS_OK)
            code = work(&r, last, err);
    }
    if (code != STATUS_OK)
        snprintf(last->message, sizeof last->message, "%.255s", err->message);
    check_settings_release(&job->settings);
    check_release(&job->about);
    fit_release(&r.f);
    layer_set_release(&r.layers);
    db_close(job->connection);
    return code;
}

status check_delete_idle(db *d, int64_t check_id, error *err)
{
    check c = {0};
    status code = check_get(d, check_id, &c, err);
    if (code == STATUS_OK && c.state == FIT_RUNNING && !check_is_cut_off(&c))
        code = error_set(err, STATUS_INPUT, "check %lld is being run by %s: cancel it there first",
                         (long long)check_id, c.runner);
    check_release(&c);
    return code == STATUS_OK ? check_delete(d, check_id, err) : code;
}

bool check_is_cut_off(const check *c)
{
    return c->state == FIT_RUNNING && !runner_alive(c->runner);
}

bool check_was_interrupted(const check *c)
{
    return check_is_cut_off(c) ||
           (c->state == FIT_CANCELLED && c->message && strcmp(c->message, FIT_PROGRAM_LEFT) == 0);
}

const char *check_state_shown(const check *c)
{
    return check_is_cut_off(c) ? "cut off" : fit_state_name(c->state);
}
