/* The user's own words on features, and what keeps them when a study is imported anew.
 *
 * A note is kept by its layer's name and the feature's index, so it outlives the layer's row. A
 * note on a feature that the present study does not have waits until one does. */
#ifndef DB_NOTE_H
#define DB_NOTE_H

#include "db/db.h"

enum { NOTE_LONGEST = 2000 }; /* bytes of a label or tag */

/* Sets the user's label in place of any before; NULL or "" takes it away. No such feature, or too
 * long a text: STATUS_INPUT. */
status note_set_label(db *d, int64_t layer_id, uint32_t feature, const char *label, error *err);

/* Gives the feature a tag, or takes it away. A tag is one word: STATUS_INPUT otherwise. */
status note_set_tag(db *d, int64_t layer_id, uint32_t feature, const char *tag, bool on,
                    error *err);

/* Exactly these tags, words apart by blanks; "": none. */
status note_set_tags(db *d, int64_t layer_id, uint32_t feature, const char *words, error *err);

status note_set_pin(db *d, int64_t layer_id, uint32_t feature, bool on, error *err);

/* Whether a word is among tags (words apart by blanks; NULL: none). */
bool note_has_tag(const char *tags, const char *tag);

typedef struct feature_note {
    int64_t layer_id;
    uint32_t feature;
    char *label; /* raw; NULL: none */
    char *tags;  /* raw, sorted, apart by one blank; NULL: none */
    bool pinned;
} feature_note;

typedef struct note_set {
    feature_note *item; /* by position of the layer, then feature */
    uint32_t count;
} note_set;

/* What is noted on features of the study. */
status note_list(db *d, note_set *out, error *err);
void note_set_release(note_set *set);
/* NULL: nothing is noted on it. */
const feature_note *note_find(const note_set *set, int64_t layer_id, uint32_t feature);

/* Copies all notes of one workspace into another, which has none, and lets its search find them.
 */
status note_copy_all(db *from, db *to, error *err);

/* Holds the workspace alone until db_close, with no log beside its file, so that another file can
 * be moved into its place. STATUS_INPUT when somebody else has it open. */
status note_hold_alone(db *d, error *err);

#endif
