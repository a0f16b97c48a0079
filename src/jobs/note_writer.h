/* The user's notes, written behind the screen's back: a thread of its own, because the workspace
 * may be locked for seconds, and the engine's thread is at work for as long as a fit runs. */
#ifndef JOBS_NOTE_WRITER_H
#define JOBS_NOTE_WRITER_H

#include "db/path_note.h"
#include "src/base/queue.h"

#include <stdint.h>

typedef struct note_writer note_writer;

/* What arrives on the queue: NOTES_WRITTEN (no payload) when nothing waits any more, and
 * NOTES_FAILED (payload: error) for each change that could not be made. */
enum { NOTES_WRITTEN = 150, NOTES_FAILED };

typedef enum note_change {
    NOTE_LABEL,
    NOTE_TAGS,
    NOTE_TAG,
    NOTE_UNTAG,
    NOTE_PIN,
    NOTE_UNPIN,
    NOTE_PIN_PATH,
    NOTE_UNPIN_PATH
} note_change;

/* `study` and `news` must outlive the writer. */
status note_writer_start(note_writer **out, const char *study, queue *news, error *err);

/* One change, in order of the calls (db/note.h says what `text` means); returns at once. */
void note_writer_add(note_writer *w, note_change what, int64_t layer_id, uint32_t feature,
                     const char *text);

/* Pins or unpins a path (db/path_note.h), in the same order; the places are copied. */
void note_writer_pin_path(note_writer *w, const path_place *place, uint32_t count, bool on);

/* Writes what waits, ends the thread. NULL is fine. */
void note_writer_stop(note_writer *w);

#endif
