/* A cursor in a list of any length, and the window on it. Rows exist only while they are drawn,
 * so 400,000 of them weigh what 40 do. */
#ifndef UI_LIST_H
#define UI_LIST_H

#include "ui/action.h"
#include "ui/draw.h"

typedef struct list {
    uint32_t count;  /* rows */
    uint32_t cursor; /* row, < count unless count is 0 */
    uint32_t top;    /* first row shown */
    int page;        /* rows shown when it was drawn last; at least 1 */
} list;

/* Another number of rows: the cursor stays where it is as far as it can. */
void list_set_count(list *l, uint32_t count);

/* Cursor to a row (clamped), in the middle of the page when it was outside. */
void list_go(list *l, uint32_t row);

/* A moving action (down, up, page, half page, top, bottom) with its count (0: none). False:
 * not a moving action. */
bool list_act(list *l, action_id act, int count);

/* Calls row() for each visible row: `line` is its line of r, and the ground of the cursor's row
 * is drawn already when `focused`. A scroll bar stands in the last column when rows are hidden;
 * `row` gets a region without it. */
void list_draw(list *l, region r, bool focused,
               void (*row)(void *user, region r, int line, uint32_t index, style on), void *user);

#endif
