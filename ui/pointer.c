#include "ui/pointer.h"

enum { SPOTS_MOST = 2048 /* a large terminal full of a text's tokens */ };

static struct {
    spot of;
    uint32_t top, count; /* of rows */
} spots[SPOTS_MOST];
static int spot_count;

void pointer_clear(void)
{
    spot_count = 0;
}

/* What does not fit goes unanswered: the keys are there. */
static void add(spot of, uint32_t top, uint32_t count)
{
    if (spot_count == SPOTS_MOST || of.at.rows < 1 || of.at.cols < 1)
        return;
    spots[spot_count].of = of;
    spots[spot_count].top = top;
    spots[spot_count++].count = count;
}

void pointer_action(region at, action_id act, int count)
{
    add((spot){SPOT_ACTION, at, true, act, count}, 0, 0);
}

void pointer_key(region at, int key)
{
    add((spot){SPOT_KEY, at, true, ACT_NONE, key}, 0, 0);
}

void pointer_own(region at, int number, bool focused)
{
    add((spot){SPOT_OWN, at, focused, ACT_NONE, number}, 0, 0);
}

void pointer_pane(region at, bool focused)
{
    add((spot){SPOT_PANE, at, focused, ACT_NONE, 0}, 0, 0);
}

void pointer_rows(region at, uint32_t top, uint32_t count, bool focused)
{
    add((spot){SPOT_ROW, at, focused, ACT_NONE, 0}, top, count);
}

bool pointer_find(int y, int x, spot *found)
{
    for (int i = spot_count; i-- > 0;) {
        region at = spots[i].of.at;
        if (y < at.y || y >= at.y + at.rows || x < at.x || x >= at.x + at.cols)
            continue;
        *found = spots[i].of;
        if (found->kind != SPOT_ROW)
            return true;
        uint32_t row = spots[i].top + (uint32_t)(y - at.y);
        if (row >= spots[i].count)
            found->kind = SPOT_PANE; /* below the last row */
        else
            found->number = row < INT32_MAX ? (int)row : INT32_MAX - 1;
        return true;
    }
    return false;
}
