#include "src/jobs/engine.h"

#include "src/base/memory.h"
#include "src/jobs/engine_order.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* A thread and what waits for it, oldest first. */
typedef struct desk {
    pthread_t thread;
    order *first, **end;
} desk;

struct engine {
    char *study;
    unsigned threads;
    queue *news;
    desk runner; /* runs tasks, one after the other: ORDER_RESUME */
    desk clerk;  /* all else at once, so that a task stands in the workspace while another runs */
    pthread_mutex_t lock;
    pthread_cond_t wake; /* an order came, a fit ended, or the end */
    task running;        /* at work */
    int64_t checked_fit; /* which fit the check at work is of; 0: not known yet */
    atomic_bool cancel;
    order *later; /* checks that wait for their fits to be done, be it after a stop */
    bool stopping;
};

static bool same(task a, task b)
{
    return a.check == b.check && a.id == b.id;
}

static void tell(void *user, const fit_progress *progress)
{
    engine *e = user;
    fit_progress *copy = mem_alloc(sizeof *copy);
    *copy = *progress;
    queue_post(e->news, ENGINE_PROGRESS, copy, free);
}

static void tell_check(void *user, const check_progress *progress)
{
    engine *e = user;
    check_progress *copy = mem_alloc(sizeof *copy);
    *copy = *progress;
    queue_post(e->news, ENGINE_CHECK, copy, free);
    pthread_mutex_lock(&e->lock);
    if (same(e->running, (task){true, progress->check_id}))
        e->checked_fit = progress->fit_id;
    pthread_mutex_unlock(&e->lock);
}

/* That the task stands so now, without anything to say about its work. */
static void tell_state(engine *e, task t, int64_t fit_id, const char *kind, fit_state state)
{
    fit_progress fit_now = {.fit_id = t.id, .state = state, .seconds_left = -1};
    check_progress check_now = {
        .check_id = t.id, .fit_id = fit_id, .state = state, .seconds_left = -1};
    snprintf(check_now.kind, sizeof check_now.kind, "%s", kind);
    if (t.check)
        tell_check(e, &check_now);
    else
        tell(e, &fit_now);
}

static void tell_failure(engine *e, const error *err)
{
    error *copy = mem_alloc(sizeof *copy);
    *copy = *err;
    queue_post(e->news, ENGINE_FAILED, copy, free);
}

/* Stores what was asked for. */
static status create(engine *e, const order *o, task *made, error *err)
{
    db *d = NULL;
    layer_set layers = {0};
    made->check = o->kind == ORDER_CHECK;
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = made->check ? check_create(d, &layers, &o->check, &made->id, err)
               : o->kind == ORDER_VARIABLE
                   ? variable_create(d, &layers, &o->variable, &made->id, err)
                   : fit_create(d, &layers, &o->request, &made->id, err);
    layer_set_release(&layers);
    db_close(d);
    return code;
}

static status delete_fit(db *d, int64_t fit_id, error *err)
{
    fit f = {0};
    status code = fit_get(d, fit_id, &f, err);
    if (code == STATUS_OK && f.state == FIT_RUNNING && !fit_is_cut_off(&f))
        code = error_set(err, STATUS_INPUT, "fit %lld is being run by %s: cancel it there first",
                         (long long)fit_id, f.runner);
    if (code == STATUS_OK)
        code = fit_delete(d, fit_id, err);
    fit_release(&f);
    return code;
}

static status delete_task(engine *e, task t, error *err)
{
    db *d = NULL;
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK)
        code = t.check ? check_delete_idle(d, t.id, err) : delete_fit(d, t.id, err);
    db_close(d);
    return code;
}

/* Whether it still waits for its turn: resumed at once, it may have run, and be done. */
static status is_queued(db *d, task t, bool *queued, error *err)
{
    fit f = {0};
    check c = {0};
    status code = t.check ? check_get(d, t.id, &c, err) : fit_get(d, t.id, &f, err);
    *queued = code == STATUS_OK && (t.check ? c.state : f.state) == FIT_QUEUED;
    check_release(&c);
    fit_release(&f);
    return code;
}

/* A task that does not run is cancelled; `why` may be NULL: only if it waits, which *waits tells.
 */
static status shelve(engine *e, task t, const char *why, bool *waits, error *err)
{
    db *d = NULL;
    bool idle = why != NULL;
    status code = db_open(&d, e->study, DB_WRITE, err);
    if (code == STATUS_OK && !why)
        code = is_queued(d, t, &idle, err);
    if (waits)
        *waits = idle;
    if (code == STATUS_OK && idle)
        code = t.check ? check_set_state(d, t.id, FIT_CANCELLED, why, err)
                       : fit_set_state(d, t.id, FIT_CANCELLED, why, err);
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

/* True: it is done. */
static bool run_fit(engine *e, int64_t fit_id)
{
    error err = {0};
    fit_progress last = {0};
    fit_run_options options = {
        .threads = e->threads, .progress = tell, .user = e, .cancel = &e->cancel};
    status code = fit_run(e->study, fit_id, &options, &last, &err);
    if (code == STATUS_INTERRUPTED && leaving(e)) /* the next start offers to resume it */
        shelve(e, (task){false, fit_id}, FIT_PROGRAM_LEFT, NULL, NULL);
    if (last.pairs == 0 && code != STATUS_OK)
        tell_failure(e, &err); /* it never began */
    else
        tell(e, &last);
    return last.state == FIT_DONE;
}

/* Whether the check is there no more: it was deleted, or its fit was. */
static bool is_gone(engine *e, int64_t check_id)
{
    db *d = NULL;
    check c = {0};
    bool gone = db_open(&d, e->study, DB_READ, NULL) == STATUS_OK &&
                check_get(d, check_id, &c, NULL) == STATUS_INPUT;
    check_release(&c);
    db_close(d);
    return gone;
}

static void run_check(engine *e, int64_t check_id)
{
    error err = {0};
    check_progress last = {0};
    check_run_options options = {
        .threads = e->threads, .progress = tell_check, .user = e, .cancel = &e->cancel};
    status code = check_run(e->study, check_id, &options, &last, &err);
    if (code == STATUS_INTERRUPTED && leaving(e))
        shelve(e, (task){true, check_id}, FIT_PROGRAM_LEFT, NULL, NULL);
    if (code == STATUS_INPUT && is_gone(e, check_id))
        last.state = FIT_CANCELLED;
    else if (code != STATUS_OK && code != STATUS_INTERRUPTED)
        tell_failure(e, &err);
    tell_check(e, &last);
}

static order *take_next(engine *e, desk *at)
{
    pthread_mutex_lock(&e->lock);
    if (at == &e->runner && e->running.id) {
        e->running = (task){0};
        e->checked_fit = 0;
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
            e->running = o->about;
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

static void put_off(engine *e, order *then)
{
    pthread_mutex_lock(&e->lock);
    then->next = e->later;
    e->later = then;
    pthread_mutex_unlock(&e->lock);
}

/* The check that waits for the fit, or NULL. */
static order *take_later(engine *e, int64_t fit_id)
{
    pthread_mutex_lock(&e->lock);
    order **place = &e->later;
    while (*place && (*place)->check.fit_id != fit_id)
        place = &(*place)->next;
    order *found = *place;
    if (found) {
        *place = found->next;
        found->next = NULL;
    }
    pthread_mutex_unlock(&e->lock);
    return found;
}

static void check_now(engine *e, int64_t fit_id)
{
    order *then = take_later(e, fit_id);
    if (then)
        append(e, then);
}

/* A fit takes every core: whoever looks at the screen meanwhile goes first. Threads that it starts
 * inherit this (on Linux a thread has a niceness of its own). */
static void step_back(void)
{
    enum { NICER = 10 };
    id_t here = (id_t)gettid();
    errno = 0;
    int now = getpriority(PRIO_PROCESS, here);
    if (errno == 0)
        setpriority(PRIO_PROCESS, here, now + NICER); /* where it may not be: as before */
}

static void *runner_main(void *argument)
{
    engine *e = argument;
    step_back();
    for (order *o; (o = take_next(e, &e->runner)) != NULL; order_free(o))
        if (o->about.check)
            run_check(e, o->about.id);
        else if (run_fit(e, o->about.id))
            check_now(e, o->about.id);
    return NULL;
}

/* Until the task does not run (any more), or the end. */
static void await_end(engine *e, task t)
{
    pthread_mutex_lock(&e->lock);
    while (same(e->running, t) && !e->stopping)
        pthread_cond_wait(&e->wake, &e->lock);
    pthread_mutex_unlock(&e->lock);
}

static void resume(engine *e, task t)
{
    append(e, order_resume(t));
}

static status obey(engine *e, order *o, error *err)
{
    task t = o->about;
    status code = STATUS_OK;
    if (o->kind == ORDER_FIT || o->kind == ORDER_VARIABLE || o->kind == ORDER_CHECK) {
        code = create(e, o, &t, err);
        if (code == STATUS_OK) {
            order *then = order_check_then(o, t.id);
            if (then)
                put_off(e, then);
            tell_state(e, t, o->check.fit_id, t.check ? o->check.kind : "", FIT_QUEUED);
            append(e, order_resume(t));
        }
        return code;
    }
    await_end(e, t);
    bool ended = true;
    code = o->kind == ORDER_DELETE ? delete_task(e, t, err) : shelve(e, t, NULL, &ended, err);
    if (code == STATUS_OK && o->kind == ORDER_DELETE && !t.check)
        order_free(take_later(e, t.id));
    if (code == STATUS_OK && ended)
        tell_state(e, t, 0, "", FIT_CANCELLED);
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
    for (order *o = e->later; o;) {
        order *next = o->next;
        order_free(o);
        o = next;
    }
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
    append(e, order_fit(request));
}

void engine_fit_variable(engine *e, const variable_request *request, const check_request *then)
{
    append(e, order_variable(request, then));
}

void engine_check(engine *e, const check_request *request)
{
    append(e, order_check(request));
}

void engine_resume(engine *e, int64_t fit_id)
{
    resume(e, (task){false, fit_id});
}

void engine_check_resume(engine *e, int64_t check_id)
{
    resume(e, (task){true, check_id});
}

static void cancel(engine *e, task t)
{
    order *waiting = NULL;
    pthread_mutex_lock(&e->lock);
    if (same(e->running, t))
        atomic_store(&e->cancel, true);
    desk *at = &e->runner;
    for (order **place = &at->first; *place && !waiting;) {
        if (same((*place)->about, t)) {
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

static void delete (engine *e, task t)
{
    cancel(e, t);
    order *o = mem_zero(1, sizeof *o);
    o->kind = ORDER_DELETE;
    o->about = t;
    append(e, o);
}

void engine_cancel(engine *e, int64_t fit_id)
{
    cancel(e, (task){false, fit_id});
}

void engine_check_cancel(engine *e, int64_t check_id)
{
    cancel(e, (task){true, check_id});
}

void engine_delete(engine *e, int64_t fit_id)
{
    pthread_mutex_lock(&e->lock);
    if (e->running.check && e->checked_fit == fit_id) /* its check goes with it */
        atomic_store(&e->cancel, true);
    pthread_mutex_unlock(&e->lock);
    delete (e, (task){false, fit_id});
}

void engine_check_delete(engine *e, int64_t check_id)
{
    delete (e, (task){true, check_id});
}

void engine_stop(engine *e)
{
    if (!e)
        return;
    end_threads(e, true, true);
    for (order *o = e->clerk.first; o;) {
        order *next = o->next;
        error ignored = {0};
        obey(e, o, &ignored); /* what is asked for in the last moment is not lost */
        order_free(o);
        o = next;
    }
    for (order *o = e->runner.first; o;) {
        order *next = o->next;
        shelve(e, o->about, FIT_PROGRAM_LEFT, NULL, NULL);
        order_free(o);
        o = next;
    }
    engine_free(e);
}
