/* What answers to the mouse: whoever draws something says which part of the screen it took and
 * what a click there means, and forgets nothing, because every frame begins from nothing. All that
 * a click does a key does too. */
#ifndef UI_POINTER_H
#define UI_POINTER_H

#include "ui/action.h"
#include "ui/draw.h"

typedef enum spot_kind {
    SPOT_ACTION, /* a click does an action, with a count (0: none) */
    SPOT_KEY,    /* a click is this key: for what takes keys, not actions */
    SPOT_ROW,    /* a row of a list: the cursor goes there */
    SPOT_OWN,    /* the view's or dialog's own affair, by number */
    SPOT_PANE    /* the rest of a pane */
} spot_kind;

typedef struct spot {
    spot_kind kind;
    region at;
    bool focused; /* its pane has the keys */
    action_id act;
    int number; /* count, key, row, or the view's own */
} spot;

/* Nothing answers any more: a frame begins, or a dialog covers it. */
void pointer_clear(void);

void pointer_action(region at, action_id act, int count);
void pointer_key(region at, int key);
void pointer_own(region at, int number, bool focused);
void pointer_pane(region at, bool focused);

/* Lines of `at` are the rows `top`, ... of a list with `count` rows. */
void pointer_rows(region at, uint32_t top, uint32_t count, bool focused);

/* What was said last of this place, with `number` of the row that was hit. False: nothing. */
bool pointer_find(int y, int x, spot *found);

#endif
