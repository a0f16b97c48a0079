/* Keys that come before what they are for: who types `2jj` faster than the layer is read means its
 * third feature. They wait, in order, until the view has what they act on. Leaving never waits. */
#include "ui/screen.h"

#include <string.h>

static bool view_waits(app *a)
{
    const view_ops *ops = a->ops[a->view];
    return ops->waiting && ops->waiting(a, a->state[a->view]);
}

static bool opens_line(action_id act)
{
    return act == ACT_SEARCH || act == ACT_FILTER || act == ACT_FIND;
}

/* Whether an action needs what is still on its way: all but those that lead elsewhere. */
static bool needs_view(action_id act)
{
    return act != ACT_NONE && (action_get(act)->views != IN_ALL || act <= ACT_OPEN ||
                               act == ACT_PANE || act == ACT_ZOOM);
}

bool typeahead_hold(app *a, int key)
{
    struct screen *s = a->screen;
    if (s->modal || s->line != LINE_FREE || key == PRESSED_RESIZE)
        return false;
    if (s->held_count == 0 && !view_waits(a))
        return false;
    action_id act = action_of_key(a->view, key);
    bool leads_away = !s->held_line && !needs_view(act);
    if (key == PRESSED_ESC || key == 3 || key == PRESSED_MOUSE || leads_away ||
        (s->held_count == 0 && opens_line(act))) {
        if (act != ACT_NONE)
            s->held_count = s->held_line = 0;
        return false;
    }
    if (s->held_count < HELD_MOST)
        s->held[s->held_count++] = key;
    s->held_line |= opens_line(act);
    return true;
}

bool typeahead_next(app *a, int *key)
{
    struct screen *s = a->screen;
    if (s->held_count == 0 || (s->line == LINE_FREE && !s->modal && view_waits(a)))
        return false;
    *key = s->held[0];
    memmove(s->held, s->held + 1, (size_t)--s->held_count * sizeof *s->held);
    s->held_line &= s->held_count > 0;
    return true;
}
