/* The user's own labels, tags and pins on the screen: read with the study, laid over the imported
 * labels of every table, and changed with the same keys in every view that has a feature at hand.
 */
#ifndef UI_NOTES_H
#define UI_NOTES_H

#include "db/feature.h"
#include "db/note.h"
#include "ui/view.h"

typedef struct notes {
    note_set set;          /* clean */
    const char **imported; /* by place in the set: the label that was laid over */
    char **shown;          /* what lies there now; NULL: its table is not here */
} notes;

/* Runs on the reader's thread. */
status notes_read(db *d, notes *out, error *err);
void notes_release(notes *n);

/* What stands for a feature's label: a mark when it is pinned, the user's label or else the
 * imported one (clean; may be NULL), the tags. Free it. */
char *notes_label(const feature_note *of, const char *imported);

/* Lays the notes over a layer's table, and takes them off again. */
void notes_put_on(notes *n, const feature_table *table);
void notes_take_off(notes *n, const feature_table *table);

/* Editing the label (ACT_LABEL) or tags (ACT_TAG), or turning the pin (ACT_PIN), of a feature; it
 * may be NOTHING. False: another action. */
bool notes_act(app *a, action_id act, uint32_t position, uint32_t feature);

/* Gives the feature this tag, or takes it away; the feature must be there. */
void notes_toggle_tag(app *a, uint32_t position, uint32_t feature, const char *tag);

/* A view's `typed` begins with this. True: it was for the notes. */
bool notes_typed(app *a, int tag, prompt_event event, const char *text);

#endif
