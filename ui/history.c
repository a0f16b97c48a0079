/* Where the user has been: back and forward along the way, and marked places. */
#include "src/base/memory.h"
#include "ui/screen.h"

#include <stdlib.h>
#include <string.h>

static const view_ops *ops_of(app *a)
{
    return a->ops[a->view];
}

place place_here(app *a)
{
    place here = PLACE(a->view);
    if (ops_of(a)->leave)
        ops_of(a)->leave(a, a->state[a->view], &here);
    return here;
}

static void enter(app *a, const place *where)
{
    a->view = where->view;
    if (ops_of(a)->enter)
        ops_of(a)->enter(a, a->state[a->view], where);
    app_dirty(a);
}

static void push(history *h, const place *here)
{
    enum { DEEPEST = 1000 };
    if (h->count == DEEPEST)
        memmove(h->item, h->item + 1, --h->count * sizeof *h->item);
    if (h->count == h->capacity) {
        h->capacity = 2 * h->capacity + 16;
        h->item = mem_grow(h->item, h->capacity, sizeof *h->item);
    }
    h->item[h->count++] = *here;
}

void app_go(app *a, const place *where)
{
    place here = place_here(a);
    push(&a->screen->back, &here);
    a->screen->forward.count = 0; /* another way begins here */
    enter(a, where);
}

/* One step along `from`; where we are goes onto `to`. */
static bool step(app *a, history *from, history *to)
{
    if (from->count == 0)
        return false;
    place here = place_here(a), where = from->item[--from->count];
    push(to, &here);
    enter(a, &where);
    return true;
}

bool app_back(app *a)
{
    return step(a, &a->screen->back, &a->screen->forward);
}

bool app_forward(app *a)
{
    return step(a, &a->screen->forward, &a->screen->back);
}

void app_pop_to(app *a, size_t depth, const place *where)
{
    history *h = &a->screen->back;
    if (h->count > depth)
        h->count = depth;
    enter(a, where);
}

void app_switch_view(app *a, view_id view)
{
    history *h = &a->screen->back;
    if (view == a->view)
        return;
    /* there and back again leaves no trail, so that q soon finds its way out */
    if (h->count > 0 && h->item[h->count - 1].view == view)
        app_back(a);
    else
        app_go(a, &PLACE(view));
}

/* marks: a letter each, as long as the screen is up */

void history_mark(app *a, int key)
{
    struct screen *s = a->screen;
    if (key < 'a' || key > 'z') {
        app_say(a, ROLE_STATUS, "a mark is a letter from a to z");
        return;
    }
    s->mark[key - 'a'] = place_here(a);
    s->marked[key - 'a'] = true;
    app_say(a, ROLE_STATUS, "marked: ' and %c come back here", key);
}

void history_jump(app *a, int key)
{
    const struct screen *s = a->screen;
    if (key < 'a' || key > 'z' || !s->marked[key - 'a']) {
        app_say(a, ROLE_STATUS, "no such mark; M and a letter set one");
        return;
    }
    place where = s->mark[key - 'a'];
    app_go(a, &where);
}

void history_begin(app *a)
{
    enter(a, &PLACE(VIEW_STUDY));
}

void history_end(app *a)
{
    free(a->screen->back.item);
    free(a->screen->forward.item);
}
