#include "src/jobs/engine.h"

#include "src/base/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

typedef enum order_kind { ORDER_FIT, ORDER_RESUME, ORDER_SHELVE, ORDER_DELETE } order_kind;

typedef struct order {
    struct order *next;
    order_kind kind;
    fit_request request; /* of ORDER_FIT */
    int64_t fit_id;      /* of the others */
} order;

/* A thread and what waits for it, oldest first. */
typedef struct desk {
    pthread_t thread;
    order *first, **end;
} desk;

struct engine {
    char *study;
    unsigned threads;
    queue *news;
    desk runner; /* runs fits, one after the other: ORDER_RESUME */
    desk clerk;  /* all else at once, so that a fit stands in the workspace while another runs */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* an order came, a fit ended, or the end */
    int64_t running;     /* fit at work; 0: none */
    atomic_bool cancel;
    bool stopping;
};

static void order_free(order *o)
{
    fit_request_release(&o->request);
    free(o);
}

static void tell(void *user, const fit_progress *progress)
{
    engine *e = user;
    fit_progress *copy = mem_alloc(sizeof *copy);
    *copy = *progress;
    queue_post(e->news, ENGINE_PROGRESS, copy, free);
}

static void tell_failure(engine *e, const error *err)
{
    error *copy = mem_alloc(sizeof *copy);
    *copy = *err;
    queue_post(e->news, ENGINE_FAILED, copy, free);
}

static status create(engine *e, const fit_request *request, int64_t *fit_id, error *err)
{
    db *d = NULL;
    layer_set layers = {0};
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = fit_create(d, &layers, request, fit_id, err);
    layer_set_release(&layers);
    db_close(d);
    return code;
}

static status delete_fit(engine *e, int64_t fit_id, error *err)
{
    db *d = NULL;
    fit f = {0};
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = fit_get(d, fit_id, &f, err);
    if (code == STATUS_OK && f.state == FIT_RUNNING && !fit_is_cut_off(&f))
        code = error_set(err, STATUS_INPUT, "fit %lld is being run by %s: cancel it there first",
                         (long long)fit_id, f.runner);
    if (code == STATUS_OK)
        code = fit_delete(d, fit_id, err);
    fit_release(&f);
    db_close(d);
    return code;
}

/* A fit that does not run is cancelled; `why` may be NULL. */
static status shelve(engine *e, int64_t fit_id, const char *why, error *err)
{
    db *d = NULL;
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = fit_set_state(d, fit_id, FIT_CANCELLED, why, err);
    db_close(d);
    return code;
}

static bool leaving(engine *e)
{
    pthread_mutex_lock(&e->lock);
    bool stopping = e->stopping;
    pthread_mutex_unlock(&e->lock);
    return stopping;
}

static void tell_cancelled(engine *e, int64_t fit_id)
{
    fit_progress gone = {.fit_id = fit_id, .state = FIT_CANCELLED, .seconds_left = -1};
    tell(e, &gone);
}

static void run(engine *e, int64_t fit_id)
{
    error err = {0};
    fit_progress last = {0};
    fit_run_options options = {
        .threads = e->threads, .progress = tell, .user = e, .cancel = &e->cancel};
    status code = fit_run(e->study, fit_id, &options, &last, &err);
    if (code == STATUS_INTERRUPTED && leaving(e))
        shelve(e, fit_id, FIT_PROGRAM_LEFT, NULL); /* the next start offers to resume it */
    if (last.pairs == 0 && code != STATUS_OK)
        tell_failure(e, &err); /* it never began */
    else
        tell(e, &last);
}

static order *take_next(engine *e, desk *at)
{
    pthread_mutex_lock(&e->lock);
    if (at == &e->runner && e->running) {
        e->running = 0;
        pthread_cond_broadcast(&e->wake);
    }
    while (!at->first && !e->stopping)
        pthread_cond_wait(&e->wake, &e->lock);
    order *o = e->stopping ? NULL : at->first;
    if (o) {
        at->first = o->next;
        if (!at->first)
            at->end = &at->first;
        if (o->kind == ORDER_RESUME) {
            e->running = o->fit_id;
            atomic_store(&e->cancel, false);
        }
    }
    pthread_mutex_unlock(&e->lock);
    return o;
}

static void append(engine *e, order *o)
{
    pthread_mutex_lock(&e->lock);
    desk *at = o->kind == ORDER_RESUME ? &e->runner : &e->clerk;
    *at->end = o;
    at->end = &o->next;
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

static void *runner_main(void *argument)
{
    engine *e = argument;
    for (order *o; (o = take_next(e, &e->runner)) != NULL; order_free(o))
        run(e, o->fit_id);
    return NULL;
}

/* Until the fit does not run (any more), or the end. */
static void await_end(engine *e, int64_t fit_id)
{
    pthread_mutex_lock(&e->lock);
    while (e->running == fit_id && !e->stopping)
        pthread_cond_wait(&e->wake, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

static status obey(engine *e, const order *o, error *err)
{
    int64_t fit_id = o->fit_id;
    status code = STATUS_OK;
    if (o->kind == ORDER_FIT) {
        code = create(e, &o->request, &fit_id, err);
        if (code == STATUS_OK) {
            fit_progress queued = {.fit_id = fit_id, .state = FIT_QUEUED, .seconds_left = -1};
            tell(e, &queued);
            engine_resume(e, fit_id);
        }
        return code;
    }
    await_end(e, fit_id);
    code = o->kind == ORDER_DELETE ? delete_fit(e, fit_id, err) : shelve(e, fit_id, NULL, err);
    if (code == STATUS_OK)
        tell_cancelled(e, fit_id);
    return code;
}

static void *clerk_main(void *argument)
{
    engine *e = argument;
    for (order *o; (o = take_next(e, &e->clerk)) != NULL; order_free(o)) {
        error err = {0};
        if (obey(e, o, &err) != STATUS_OK)
            tell_failure(e, &err);
    }
    return NULL;
}

static void end_threads(engine *e, bool runner, bool clerk)
{
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    atomic_store(&e->cancel, true);
    pthread_cond_broadcast(&e->wake);
    pthread_mutex_unlock(&e->lock);
    if (runner)
        pthread_join(e->runner.thread, NULL);
    if (clerk)
        pthread_join(e->clerk.thread, NULL);
}

static void engine_free(engine *e)
{
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->wake);
    free(e->study);
    free(e);
}

status engine_start(engine **out, const char *study, unsigned threads, queue *news, error *err)
{
    engine *e = mem_zero(1, sizeof *e);
    e->study = mem_copy_text(study);
    e->threads = threads;
    e->news = news;
    e->runner.end = &e->runner.first;
    e->clerk.end = &e->clerk.first;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->wake, NULL);
    bool runner = pthread_create(&e->runner.thread, NULL, runner_main, e) == 0;
    bool clerk = runner && pthread_create(&e->clerk.thread, NULL, clerk_main, e) == 0;
    if (!clerk) {
        end_threads(e, runner, clerk);
        engine_free(e);
        return error_set(err, STATUS_MACHINE, "cannot start a thread for fits");
    }
    *out = e;
    return STATUS_OK;
}

void engine_fit(engine *e, const fit_request *request)
{
    order *o = mem_zero(1, sizeof *o);
    o->kind = ORDER_FIT;
    o->request = *request;
    o->request.pair = mem_alloc((request->pair_count + 1) * sizeof *o->request.pair);
    for (uint32_t p = 0; p < request->pair_count; p++)
        o->request.pair[p] = request->pair[p];
    append(e, o);
}

void engine_resume(engine *e, int64_t fit_id)
{
    order *o = mem_zero(1, sizeof *o);
    o->kind = ORDER_RESUME;
    o->fit_id = fit_id;
    append(e, o);
}

void engine_cancel(engine *e, int64_t fit_id)
{
    order *waiting = NULL;
    pthread_mutex_lock(&e->lock);
    if (e->running == fit_id)
        atomic_store(&e->cancel, true);
    desk *at = &e->runner;
    for (order **place = &at->first; *place && !waiting;) {
        if ((*place)->fit_id == fit_id) {
            waiting = *place;
            *place = waiting->next;
        } else {
            place = &(*place)->next;
        }
    }
    at->end = &at->first;
    while (*at->end)
        at->end = &(*at->end)->next;
    pthread_mutex_unlock(&e->lock);
    if (waiting) {
        waiting->kind = ORDER_SHELVE;
        waiting->next = NULL;
        append(e, waiting);
    }
}

void engine_delete(engine *e, int64_t fit_id)
{
    engine_cancel(e, fit_id);
    order *o = mem_zero(1, sizeof *o);
    o->kind = ORDER_DELETE;
    o->fit_id = fit_id;
    append(e, o);
}

void engine_stop(engine *e)
{
    if (!e)
        return;
    end_threads(e, true, true);
    for (order *o = e->clerk.first; o;) {
        order *next = o->next;
        error ignored = {0};
        obey(e, o, &ignored); /* a fit asked for in the last moment is not lost */
        order_free(o);
        o = next;
    }
    for (order *o = e->runner.first; o;) {
        order *next = o->next;
        shelve(e, o->fit_id, FIT_PROGRAM_LEFT, NULL);
        order_free(o);
        o = next;
    }
    engine_free(e);
}
