/* The mouse, where the user wants it: a click goes where the cursor keys would, a second one on
 * the same place is Enter, the wheel scrolls. */
#include "ui/pointer.h"
#include "ui/screen.h"
#include "ui/term.h"

enum { WHEEL_LINES = 3 };

/* Seconds that may pass between the clicks of a double one. */
static const double double_click = 0.4;

/* Turns to the other pane, if the place lies there. */
static void turn_to(app *a, const spot *s)
{
    if (!s->focused)
        screen_act(a, ACT_PANE, 0);
}

/* Scrolls; what has no window of its own to scroll moves its cursor. */
static void wheel(app *a, const spot *s, bool down)
{
    const view_ops *ops = a->ops[a->view];
    turn_to(a, s);
    action_id scroll = down ? ACT_SCROLL_DOWN : ACT_SCROLL_UP;
    if (ops->act(a, a->state[a->view], scroll, WHEEL_LINES) == ACTED_NOT)
        screen_act(a, down ? ACT_DOWN : ACT_UP, 1);
    app_dirty(a);
}

static void click(app *a, const spot *s, bool again)
{
    const view_ops *ops = a->ops[a->view];
    turn_to(a, s);
    switch (s->kind) {
    case SPOT_ACTION: screen_act(a, s->act, s->number); break;
    case SPOT_ROW: screen_act(a, again ? ACT_OPEN : ACT_TOP, again ? 0 : s->number + 1); break;
    case SPOT_OWN:
        if (again)
            screen_act(a, ACT_OPEN, 0);
        else if (ops->click)
            ops->click(a, a->state[a->view], s->number);
        app_dirty(a);
        break;
    default: break;
    }
}

static void on_modal(app *a, const spot *s, const mouse_event *e)
{
    modal *m = a->screen->modal;
    bool open = true;
    if (e->what != MOUSE_CLICK)
        for (int i = 0; i < WHEEL_LINES && open && m->wheel; i++)
            open = m->key(a, m, e->what == MOUSE_WHEEL_DOWN ? PRESSED_DOWN : PRESSED_UP);
    else if (s && s->kind == SPOT_KEY)
        open = m->key(a, m, s->number);
    else if (s && s->kind == SPOT_OWN && m->click)
        m->click(a, m, s->number);
    if (!open)
        app_close_modal(a);
    app_dirty(a);
}

void mouse_take(app *a, const mouse_event *e)
{
    struct screen *s = a->screen;
    spot at, *hit = pointer_find(e->y, e->x, &at) ? &at : NULL;
    bool again = e->what == MOUSE_CLICK && s->clicked && e->y == s->clicked_y &&
                 e->x == s->clicked_x && s->pause < double_click;
    s->clicked = e->what == MOUSE_CLICK && !again; /* a third click begins anew */
    s->clicked_y = e->y;
    s->clicked_x = e->x;
    if (s->modal)
        on_modal(a, hit, e);
    else if (s->line == LINE_FREE && hit && e->what == MOUSE_CLICK)
        click(a, hit, again);
    else if (s->line == LINE_FREE && hit)
        wheel(a, hit, e->what == MOUSE_WHEEL_DOWN);
}
