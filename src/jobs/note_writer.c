#include "src/jobs/note_writer.h"

#include "db/note.h"
#include "src/base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct change {
    struct change *next;
    note_change what;
    int64_t layer_id;
    uint32_t feature;
    char *text;
    path_place *place; /* of a path; else NULL */
    uint32_t places;
} change;

struct note_writer {
    const char *study;
    queue *news;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    change *first, **end;
    bool stopping;
};

static status write_change(db *d, const change *c, error *err)
{
    switch (c->what) {
    case NOTE_LABEL: return note_set_label(d, c->layer_id, c->feature, c->text, err);
    case NOTE_TAGS: return note_set_tags(d, c->layer_id, c->feature, c->text, err);
    case NOTE_TAG:
    case NOTE_UNTAG:
        return note_set_tag(d, c->layer_id, c->feature, c->text, c->what == NOTE_TAG, err);
    case NOTE_PIN_PATH:
    case NOTE_UNPIN_PATH: return path_pin(d, c->place, c->places, c->what == NOTE_PIN_PATH, err);
    case NOTE_PIN:
    case NOTE_UNPIN: break;
    }
    return note_set_pin(d, c->layer_id, c->feature, c->what == NOTE_PIN, err);
}

static void tell_failure(note_writer *w, const error *err)
{
    error *copy = mem_alloc(sizeof *copy);
    *copy = *err;
    error_prefix(copy, "the note was not kept");
    queue_post(w->news, NOTES_FAILED, copy, free);
}

static void write_all(note_writer *w, change *c)
{
    db *d = NULL;
    error opening = {0};
    status code = db_open(&d, w->study, DB_WRITE, &opening);
    while (c) {
        change *next = c->next;
        error err = opening;
        if (code != STATUS_OK || write_change(d, c, &err) != STATUS_OK)
            tell_failure(w, &err);
        free(c->text);
        free(c->place);
        free(c);
        c = next;
    }
    db_close(d);
    queue_post(w->news, NOTES_WRITTEN, NULL, NULL);
}

static void *writer_main(void *argument)
{
    note_writer *w = argument;
    pthread_mutex_lock(&w->lock);
    while (w->first || !w->stopping) {
        change *all = w->first;
        w->first = NULL;
        w->end = &w->first;
        if (!all) {
            pthread_cond_wait(&w->wake, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        write_all(w, all);
        pthread_mutex_lock(&w->lock);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

status note_writer_start(note_writer **out, const char *study, queue *news, error *err)
{
    note_writer *w = mem_zero(1, sizeof *w);
    w->study = study;
    w->news = news;
    w->end = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, NULL);
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        free(w);
        return error_set(err, STATUS_MACHINE, "cannot start a thread for notes");
    }
    *out = w;
    return STATUS_OK;
}

static void add(note_writer *w, change *c)
{
    pthread_mutex_lock(&w->lock);
    *w->end = c;
    w->end = &c->next;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

void note_writer_add(note_writer *w, note_change what, int64_t layer_id, uint32_t feature,
                     const char *text)
{
    change *c = mem_zero(1, sizeof *c);
    *c = (change){.what = what, .layer_id = layer_id, .feature = feature};
    c->text = mem_copy_text(text ? text : "");
    add(w, c);
}

void note_writer_pin_path(note_writer *w, const path_place *place, uint32_t count, bool on)
{
    change *c = mem_zero(1, sizeof *c);
    *c = (change){.what = on ? NOTE_PIN_PATH : NOTE_UNPIN_PATH, .places = count};
    c->place = mem_alloc((size_t)(count ? count : 1) * sizeof *place);
    memcpy(c->place, place, count * sizeof *place);
    add(w, c);
}

void note_writer_stop(note_writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->wake);
    free(w);
}
