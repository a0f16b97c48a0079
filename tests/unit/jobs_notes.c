/* Notes are written behind the caller's back, in order, and what fails is told. */
#include "db/note.h"
#include "src/jobs/note_writer.h"
#include "tests/unit/study_fixture.h"

#include <criterion/criterion.h>
#include <poll.h>

static char *path;
static queue *news;

static void set_up(void)
{
    path = fixture_study();
    cr_assert_eq(queue_create(&news, NULL), STATUS_OK);
}

static void tear_down(void)
{
    queue_free(news);
    fixture_remove(path);
}

TestSuite(jobs_notes, .init = set_up, .fini = tear_down);

static int64_t first_layer(void)
{
    db *d = NULL;
    layer_set layers;
    cr_assert_eq(db_open(&d, path, DB_READ, NULL), STATUS_OK);
    cr_assert_eq(layer_list(d, &layers, NULL), STATUS_OK);
    int64_t id = layers.item[0].id;
    layer_set_release(&layers);
    db_close(d);
    return id;
}

static note_set notes_now(void)
{
    db *d = NULL;
    note_set notes;
    error err = {0};
    cr_assert_eq(db_open(&d, path, DB_READ, &err), STATUS_OK, "%s", err.message);
    cr_assert_eq(note_list(d, &notes, &err), STATUS_OK, "%s", err.message);
    db_close(d);
    return notes;
}

Test(jobs_notes, in_order_and_none_lost_when_it_stops)
{
    int64_t layer_id = first_layer();
    note_writer *w = NULL;
    cr_assert_eq(note_writer_start(&w, path, news, NULL), STATUS_OK);
    for (int i = 0; i < 20; i++) {
        char label[24];
        snprintf(label, sizeof label, "label %d", i);
        note_writer_add(w, NOTE_LABEL, layer_id, 4, label);
    }
    note_writer_add(w, NOTE_TAGS, layer_id, 4, "b a");
    note_writer_add(w, NOTE_PIN, layer_id, 5, NULL);
    note_writer_add(w, NOTE_PIN, layer_id, 6, NULL);
    note_writer_add(w, NOTE_UNPIN, layer_id, 6, NULL);
    note_writer_stop(w);
    note_set notes = notes_now();
    cr_assert_eq(notes.count, 2);
    cr_expect_str_eq(notes.item[0].label, "label 19");
    cr_expect_str_eq(notes.item[0].tags, "a b");
    cr_expect_eq(notes.item[1].feature, 5);
    cr_expect(notes.item[1].pinned);
    note_set_release(&notes);
    int written = 0;
    for (message *m = queue_take(news); m; m = message_free(m)) {
        cr_expect_eq(m->kind, NOTES_WRITTEN);
        written++;
    }
    cr_expect_gt(written, 0);
}

Test(jobs_notes, what_cannot_be_kept_is_told_and_the_rest_goes_on)
{
    int64_t layer_id = first_layer();
    note_writer *w = NULL;
    cr_assert_eq(note_writer_start(&w, path, news, NULL), STATUS_OK);
    note_writer_add(w, NOTE_PIN, layer_id, FIXTURE_FEATURES, NULL);
    note_writer_add(w, NOTE_PIN, layer_id, 1, NULL);
    note_writer_stop(w);
    int failed = 0;
    for (message *m = queue_take(news); m; m = message_free(m)) {
        if (m->kind != NOTES_FAILED)
            continue;
        const error *err = m->payload;
        cr_expect(strstr(err->message, "not kept") && strstr(err->message, "feature 40"), "%s",
                  err->message);
        failed++;
    }
    cr_expect_eq(failed, 1);
    note_set notes = notes_now();
    cr_expect_eq(notes.count, 1);
    note_set_release(&notes);
}

/* While somebody else writes, adding returns at once and the note is written afterwards. */
Test(jobs_notes, a_locked_workspace_is_waited_for)
{
    int64_t layer_id = first_layer();
    note_writer *w = NULL;
    db *other = NULL;
    cr_assert_eq(db_open(&other, path, DB_WRITE, NULL), STATUS_OK);
    cr_assert_eq(db_begin(other, NULL), STATUS_OK);
    cr_assert_eq(note_writer_start(&w, path, news, NULL), STATUS_OK);
    note_writer_add(w, NOTE_LABEL, layer_id, 2, "patience");
    struct pollfd wait = {.fd = queue_descriptor(news), .events = POLLIN};
    cr_expect_eq(poll(&wait, 1, 200), 0, "nothing is written yet");
    db_rollback(other);
    cr_expect_eq(poll(&wait, 1, 20000), 1);
    note_writer_stop(w);
    db_close(other);
    note_set notes = notes_now();
    cr_assert_eq(notes.count, 1);
    cr_expect_str_eq(notes.item[0].label, "patience");
    note_set_release(&notes);
}
