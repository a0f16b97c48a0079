#include "ui/trial.h"

#include "src/base/memory.h"
#include "src/jobs/estimate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct trial {
    reader *reader;
    estimator *estimator; /* the reader's thread's own */
    atomic_bool cancel;
    bool under_way, again; /* again: `next` waits for the one under way to stop */
    fit_request next;
    char text[160];
};

typedef struct trial_ask {
    estimator *estimator;
    fit_request request;
    const atomic_bool *cancel;
} trial_ask;

/* Waits until the keys rest; false: cancelled. */
static bool keys_rest(const atomic_bool *cancel)
{
    for (int i = 0; i < 15 && !atomic_load(cancel); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    return !atomic_load(cancel);
}

static status work(db *d, void *asked, void **result, error *err)
{
    const trial_ask *ask = asked;
    layer_set layers = {0};
    if (!keys_rest(ask->cancel))
        return error_set(err, STATUS_INTERRUPTED, "cancelled");
    estimate *found = mem_zero(1, sizeof *found);
    status code = layer_list(d, &layers, err);
    if (code == STATUS_OK)
        code = estimate_fit(ask->estimator, d, &layers, &ask->request, 0, ask->cancel, found, err);
    layer_set_release(&layers);
    *result = found;
    return code;
}

static void ask_free(void *asked)
{
    trial_ask *ask = asked;
    fit_request_release(&ask->request);
    free(ask);
}

static fit_request copy(const fit_request *request)
{
    fit_request out = *request;
    out.pair = mem_alloc((request->pair_count + 1) * sizeof *out.pair);
    if (request->pair_count)
        memcpy(out.pair, request->pair, request->pair_count * sizeof *out.pair);
    return out;
}

static void ask_next(trial *t)
{
    trial_ask *ask = mem_alloc(sizeof *ask);
    *ask = (trial_ask){t->estimator, t->next, &t->cancel};
    t->next = (fit_request){0};
    t->again = false;
    t->under_way = true;
    atomic_store(&t->cancel, false);
    reader_ask(t->reader, &(reader_question){.kind = READ_TRIAL,
                                             .work = work,
                                             .ask = ask,
                                             .release_ask = ask_free,
                                             .release = free});
}

void trial_begin(app *a, const fit_request *request)
{
    error err = {0};
    if (!a->trial) {
        a->trial = mem_zero(1, sizeof *a->trial);
        a->trial->estimator = estimator_create();
    }
    trial *t = a->trial;
    if (!t->reader && reader_start(&t->reader, a->path, a->news, &err) != STATUS_OK) {
        snprintf(t->text, sizeof t->text, "%.150s", err.message);
        return;
    }
    fit_request_release(&t->next);
    t->next = copy(request);
    t->again = true;
    snprintf(t->text, sizeof t->text, "trying a few targets");
    atomic_store(&t->cancel, true);
    if (!t->under_way)
        ask_next(t);
}

void trial_stop(trial *t)
{
    if (!t)
        return;
    t->again = false;
    t->text[0] = '\0';
    atomic_store(&t->cancel, true);
}

/* Three digits are all that a trial can tell. */
static uint64_t rounded(uint64_t n)
{
    uint64_t unit = 1;
    while (n / unit >= 1000)
        unit *= 10;
    return (n + unit / 2) / unit * unit;
}

static void say(trial *t, const estimate *e)
{
    char seconds[24], edges[24];
    snprintf(t->text, sizeof t->text, "about %s, %s edges (%.3g a target), %.3g MB",
             show_seconds(seconds, e->seconds), show_count(edges, rounded(e->edges)),
             (double)e->edges / e->targets, (double)e->bytes / 1e6);
}

bool trial_answer(app *a, int kind, reader_answer *answer)
{
    trial *t = a->trial;
    if (kind != READ_TRIAL)
        return false;
    t->under_way = false;
    if (t->again)
        ask_next(t);
    else if (answer->code == STATUS_OK)
        say(t, answer->result);
    else if (answer->code != STATUS_INTERRUPTED)
        snprintf(t->text, sizeof t->text, "%.150s", answer->err.message);
    return true;
}

const char *trial_text(const trial *t)
{
    return t ? t->text : "";
}

void trial_free(trial *t)
{
    if (!t)
        return;
    trial_stop(t);
    reader_stop(t->reader);
    estimator_free(t->estimator);
    fit_request_release(&t->next);
    free(t);
}
