#include "src/jobs/writer.h"

#include "src/base/clock.h"
#include "src/base/memory.h"
#include "src/jobs/strength.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WAITING_MAX = 32 }; /* blocks between solver and disk */

typedef struct block {
    struct block *next;
    int64_t pair_id;
    fit_target *target;
    uint32_t targets;
    edge *edge;
    uint64_t edges;
} block;

struct writer {
    db *connection;
    const fit_run_options *options;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work; /* a block came, or the end */
    pthread_cond_t room; /* a block was written */
    block *first, **end;
    unsigned waiting; /* in the list or being written */
    uint64_t waiting_bytes;
    bool stopping;
    status code; /* of the first failed write; later blocks are dropped */
    error err;
    writer_pair pair;
    fit_progress progress; /* `done` counts targets written before the pair at work began */
    uint32_t written;      /* of the pair at work */
    atomic_uint solved;    /* of the pair at work */
    uint32_t done_before;  /* when this run began */
    double began, block_ended;
};

static const char *state_text(lasso_state state)
{
    static const char *const names[] = {
#define STATE_TEXT(name, text, meaning) [name] = text,
        LASSO_STATE_LIST(STATE_TEXT)
#undef STATE_TEXT
    };
    return names[state];
}

static void block_free(block *b)
{
    free(b->target);
    free(b->edge);
    free(b);
}

/* What the wiring says of the edges into one target; none without a wiring. */
typedef struct wires {
    const wired_edge *at, *end;
} wires;

static wires wires_into(const wiring *w, uint32_t target)
{
    return w->first ? (wires){w->item + w->first[target], w->item + w->first[target + 1]}
                    : (wires){NULL, NULL};
}

/* Edges of one target at most: the regression's, and those for which the wiring alone speaks. */
static uint64_t edges_at_most(const writer_pair *pair, const lasso_result *r)
{
    uint64_t count = r->parents;
    for (wires w = wires_into(pair->wired, r->target); w.at < w.end; w.at++)
        count += w.at->strong;
    return count;
}

/* Both estimates of one edge; a missing one counts as zero. */
static edge both(const writer_pair *pair, uint32_t target, uint32_t source, double weight,
                 edge_strength strength, double wired)
{
    return (edge){.pair_id = pair->part->pair_id,
                  .source = source,
                  .target = target,
                  .weight = weight,
                  .standardised = strength.standardised,
                  .removal = edge_removal(strength.removal, wired),
                  .wired = wired};
}

static edge by_wiring(const writer_pair *pair, const lasso_result *r, const wired_edge *e)
{
    return both(pair, r->target, e->source, 0, (edge_strength){0}, (double)e->fall);
}

/* The edges of one target in a wired pair, by source: returns their number. */
static uint64_t merge_wires(const writer_pair *pair, const lasso_result *r,
                            const edge_strength *strengths, edge *out)
{
    edge *at = out;
    wires w = wires_into(pair->wired, r->target);
    for (uint32_t k = 0; k < r->parents; k++) {
        for (; w.at < w.end && w.at->source < r->source[k]; w.at++)
            if (w.at->strong)
                *at++ = by_wiring(pair, r, w.at);
        bool met = w.at < w.end && w.at->source == r->source[k];
        *at++ = both(pair, r->target, r->source[k], r->weight[k], strengths[k],
                     met ? (double)w.at->fall : 0);
        w.at += met;
    }
    for (; w.at < w.end; w.at++)
        if (w.at->strong)
            *at++ = by_wiring(pair, r, w.at);
    return (uint64_t)(at - out);
}

/* The regression's edges, each in the pair of its source's layer. */
static uint64_t share_edges(const writer_pair *pair, const lasso_result *r,
                            const edge_strength *strengths, edge *out)
{
    const writer_part *part = pair->part;
    for (uint32_t k = 0; k < r->parents; k++) {
        uint32_t source = r->source[k];
        while (part + 1 < pair->part + pair->parts && part[1].first <= source)
            part++; /* parents are in ascending order */
        out[k] = (edge){.pair_id = part->pair_id,
                        .source = source - part->first,
                        .target = r->target,
                        .weight = r->weight[k],
                        .standardised = strengths[k].standardised,
                        .removal = strengths[k].removal,
                        .wired = (double)NAN};
    }
    return r->parents;
}

static block *make_block(const writer_pair *pair, const lasso_result *results, uint32_t count)
{
    block *b = mem_zero(1, sizeof *b);
    b->pair_id = pair->pair_id;
    b->targets = count;
    b->target = mem_alloc(count * sizeof *b->target);
    uint64_t room = 0;
    for (uint32_t i = 0; i < count; i++)
        room += edges_at_most(pair, &results[i]);
    b->edge = mem_alloc(room * sizeof *b->edge);
    float *y = mem_zero(pair->target->m.rows, sizeof *y);
    edge_strength *strengths = mem_alloc(pair->source->m.cols * sizeof *strengths);
    for (uint32_t i = 0; i < count; i++) {
        const lasso_result *r = &results[i];
        b->target[i] = (fit_target){.feature = r->target,
                                    .state = state_text(r->state),
                                    .lambda = r->lambda,
                                    .lambda_max = r->lambda_max,
                                    .intercept = r->intercept,
                                    .r2 = r->r2,
                                    .gap = r->gap,
                                    .parents = r->parents};
        b->target[i].stretch = strength_measure(pair->source, pair->target, r, y, strengths);
        b->edges += pair->wired->first ? merge_wires(pair, r, strengths, b->edge + b->edges)
                                       : share_edges(pair, r, strengths, b->edge + b->edges);
    }
    free(y);
    free(strengths);
    return b;
}

static uint64_t block_bytes(const block *b)
{
    return sizeof *b + b->targets * sizeof *b->target + b->edges * sizeof *b->edge;
}

/* Whether another block may wait; the lock is held. */
static bool has_room(const writer *w, const block *b)
{
    return w->waiting == 0 ||
           (w->waiting < WAITING_MAX && w->waiting_bytes + block_bytes(b) <= w->pair.waiting);
}

bool writer_block(void *user, uint32_t first, const lasso_result *results, uint32_t count)
{
    (void)first;
    writer *w = user;
    block *b = make_block(&w->pair, results, count);
    pthread_mutex_lock(&w->lock);
    while (!has_room(w, b) && w->code == STATUS_OK)
        pthread_cond_wait(&w->room, &w->lock);
    bool sound = w->code == STATUS_OK;
    if (sound) {
        *w->end = b;
        w->end = &b->next;
        w->waiting++;
        w->waiting_bytes += block_bytes(b);
        for (uint32_t i = 0; i < count; i++) {
            if (results[i].state == LASSO_UNCONVERGED)
                w->progress.unconverged++;
            w->progress.worst_gap = fmax(w->progress.worst_gap, results[i].gap);
        }
        w->progress.edges += b->edges;
        pthread_cond_signal(&w->work);
    }
    pthread_mutex_unlock(&w->lock);
    if (!sound)
        block_free(b);
    return sound;
}

atomic_uint *writer_done(writer *w)
{
    return &w->solved;
}

/* A snapshot; the lock is held. */
static fit_progress snapshot(writer *w)
{
    fit_progress p = w->progress;
    uint32_t solved = atomic_load(&w->solved);
    p.done += solved > w->written ? solved : w->written;
    p.seconds = clock_seconds() - w->began;
    uint32_t here = p.done - w->done_before;
    p.rate = p.seconds > 0.2 ? here / p.seconds : 0;
    p.seconds_left = p.rate > 0 ? (p.targets - p.done) / p.rate : -1;
    return p;
}

static void write_block(writer *w, const block *b)
{
    error err = {0};
    double now = clock_seconds();
    status code = fit_add_block(w->connection, b->pair_id, b->target, b->targets, b->edge,
                                b->edges, now - w->block_ended, &err);
    w->block_ended = now;
    if (code != STATUS_OK) {
        pthread_mutex_lock(&w->lock);
        w->code = code;
        w->err = err;
        pthread_mutex_unlock(&w->lock);
    }
}

static void *writer_main(void *argument)
{
    writer *w = argument;
    double told = 0;
    pthread_mutex_lock(&w->lock);
    while (!w->stopping || w->first) {
        block *b = w->first;
        if (b) {
            w->first = b->next;
            if (!w->first)
                w->end = &w->first;
            bool sound = w->code == STATUS_OK;
            pthread_mutex_unlock(&w->lock);
            if (sound)
                write_block(w, b);
            pthread_mutex_lock(&w->lock);
            w->written += b->targets;
            w->waiting--;
            w->waiting_bytes -= block_bytes(b);
            block_free(b);
            pthread_cond_broadcast(&w->room);
        } else {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_nsec += 100 * 1000 * 1000;
            if (until.tv_nsec >= 1000 * 1000 * 1000) {
                until.tv_nsec -= 1000 * 1000 * 1000;
                until.tv_sec++;
            }
            pthread_cond_timedwait(&w->work, &w->lock, &until);
        }
        double now = clock_seconds();
        if (w->options->progress && now - told >= 0.1) {
            fit_progress p = snapshot(w);
            pthread_mutex_unlock(&w->lock);
            w->options->progress(w->options->user, &p);
            pthread_mutex_lock(&w->lock);
            told = now;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

status writer_start(writer **out, const char *study, const fit_run_options *options,
                    const fit_progress *progress, error *err)
{
    writer *w = mem_zero(1, sizeof *w);
    status code = db_open(&w->connection, study, DB_WRITE, err);
    if (code != STATUS_OK) {
        free(w);
        return code;
    }
    w->options = options;
    w->progress = *progress;
    w->done_before = progress->done;
    w->end = &w->first;
    w->began = w->block_ended = clock_seconds();
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_cond_init(&w->room, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        db_close(w->connection);
        free(w);
        return error_set(err, STATUS_MACHINE, "cannot start a thread to write '%s'", study);
    }
    *out = w;
    return STATUS_OK;
}

void writer_set_pair(writer *w, const writer_pair *pair, uint32_t number, uint32_t source_position,
                     uint32_t target_position)
{
    error ignored = {0}; /* a cache of another size is no reason to stop */
    pthread_mutex_lock(&w->lock);
    if (pair->cache)
        db_limit_cache(w->connection, pair->cache, &ignored);
    w->pair = *pair;
    w->progress.done += w->written;
    w->written = 0;
    atomic_store(&w->solved, 0);
    w->progress.pair = number;
    w->progress.source_position = source_position;
    w->progress.target_position = target_position;
    w->block_ended = clock_seconds();
    pthread_mutex_unlock(&w->lock);
}

status writer_drain(writer *w, error *err)
{
    pthread_mutex_lock(&w->lock);
    while (w->waiting)
        pthread_cond_wait(&w->room, &w->lock);
    status code = w->code;
    if (code != STATUS_OK && err)
        *err = w->err;
    pthread_mutex_unlock(&w->lock);
    return code;
}

void writer_stop(writer *w, fit_progress *progress)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    if (progress) {
        atomic_store(&w->solved, 0); /* only what was written counts at the end */
        *progress = snapshot(w);
    }
    db_close(w->connection);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->work);
    pthread_cond_destroy(&w->room);
    free(w);
}
