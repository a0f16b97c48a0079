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

struct engine {
    char *study;
    unsigned threads;
    queue *news;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    order *first, **end;
    int64_t running; /* fit at work; 0: none */
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

static order *take_next(engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->running = 0;
    while (!e->first && !e->stopping)
        pthread_cond_wait(&e->wake, &e->lock);
    order *o = e->stopping ? NULL : e->first;
    if (o) {
        e->first = o->next;
        if (!e->first)
            e->end = &e->first;
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
    *e->end = o;
    e->end = &o->next;
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
}

static void *engine_main(void *argument)
{
    engine *e = argument;
    for (order *o; (o = take_next(e)) != NULL; order_free(o)) {
        error err = {0};
        status code = STATUS_OK;
        int64_t fit_id = 0;
        switch (o->kind) {
        case ORDER_FIT:
            code = create(e, &o->request, &fit_id, &err);
            if (code == STATUS_OK) {
                fit_progress queued = {.fit_id = fit_id, .state = FIT_QUEUED, .seconds_left = -1};
                tell(e, &queued);
                engine_resume(e, fit_id); /* behind what waits already; can be cancelled there */
            }
            break;
        case ORDER_RESUME: run(e, o->fit_id); break;
        case ORDER_DELETE:
            code = delete_fit(e, o->fit_id, &err);
            if (code == STATUS_OK)
                tell_cancelled(e, o->fit_id);
            break;
        case ORDER_SHELVE:
            code = shelve(e, o->fit_id, NULL, &err);
            if (code == STATUS_OK)
                tell_cancelled(e, o->fit_id);
            break;
        }
        if (code != STATUS_OK)
            tell_failure(e, &err);
    }
    return NULL;
}

status engine_start(engine **out, const char *study, unsigned threads, queue *news, error *err)
{
    engine *e = mem_zero(1, sizeof *e);
    e->study = mem_copy_text(study);
    e->threads = threads;
    e->news = news;
    e->end = &e->first;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->wake, NULL);
    if (pthread_create(&e->thread, NULL, engine_main, e) != 0) {
        free(e->study);
        free(e);
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
    pthread_mutex_lock(&e->lock);
    if (e->running == fit_id)
        atomic_store(&e->cancel, true);
    for (order *o = e->first; o; o = o->next)
        if (o->kind == ORDER_RESUME && o->fit_id == fit_id)
            o->kind = ORDER_SHELVE;
    pthread_mutex_unlock(&e->lock);
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
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    atomic_store(&e->cancel, true);
    pthread_cond_signal(&e->wake);
    pthread_mutex_unlock(&e->lock);
    pthread_join(e->thread, NULL);
    for (order *o = e->first; o;) {
        order *next = o->next;
        if (o->kind == ORDER_RESUME)
            shelve(e, o->fit_id, FIT_PROGRAM_LEFT, NULL);
        order_free(o);
        o = next;
    }
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->wake);
    free(e->study);
    free(e);
}
