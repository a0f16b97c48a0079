#include "ui/list.h"

#include "src/base/text.h"

#include "ui/pointer.h"

#include <curses.h>

/* Keeps the cursor in the list and the window on the cursor. */
static void settle(list *l)
{
    if (l->page < 1)
        l->page = 1;
    uint32_t page = (uint32_t)l->page;
    if (l->count == 0) {
        l->cursor = l->top = 0;
        return;
    }
    if (l->cursor >= l->count)
        l->cursor = l->count - 1;
    if (l->cursor < l->top)
        l->top = l->cursor;
    else if (l->cursor - l->top >= page)
        l->top = l->cursor - page + 1;
    uint32_t last_top = l->count > page ? l->count - page : 0;
    if (l->top > last_top)
        l->top = last_top;
}

void list_set_count(list *l, uint32_t count)
{
    l->count = count;
    settle(l);
}

void list_go(list *l, uint32_t row)
{
    bool outside = row < l->top || row - l->top >= (uint32_t)(l->page < 1 ? 1 : l->page);
    l->cursor = row;
    if (outside) {
        uint32_t half = (uint32_t)l->page / 2;
        l->top = row > half ? row - half : 0;
    }
    settle(l);
}

static void step(list *l, int64_t by)
{
    int64_t to = (int64_t)l->cursor + by;
    l->cursor = to < 0 ? 0 : to > UINT32_MAX ? UINT32_MAX : (uint32_t)to;
}

/* A page moves the window and the cursor alike, so that the cursor keeps its line. */
static void leaf(list *l, int64_t by)
{
    int64_t top = (int64_t)l->top + by;
    l->top = top < 0 ? 0 : top > UINT32_MAX ? UINT32_MAX : (uint32_t)top;
    if (l->count > 0 && l->top >= l->count)
        l->top = l->count - 1;
    step(l, by);
    if (l->count > 0 && l->cursor >= l->count)
        l->cursor = l->count - 1;
    uint32_t last_top = l->count > (uint32_t)l->page ? l->count - (uint32_t)l->page : 0;
    if (l->top > last_top)
        l->top = last_top;
}

/* The window alone moves; the cursor only as far as it must to stay in it. */
static void slide(list *l, int64_t by)
{
    int64_t page = l->page > 1 ? l->page : 1;
    int64_t last = l->count > page ? (int64_t)l->count - page : 0;
    int64_t top = (int64_t)l->top + by;
    top = top < 0 ? 0 : top > last ? last : top;
    l->top = (uint32_t)top;
    if (l->cursor < l->top)
        l->cursor = l->top;
    else if (l->cursor >= top + page)
        l->cursor = (uint32_t)(top + page - 1);
}

bool list_act(list *l, action_id act, int count)
{
    int64_t times = count > 0 ? count : 1;
    int64_t page = l->page > 1 ? l->page : 1;
    switch (act) {
    case ACT_DOWN: step(l, times); break;
    case ACT_UP: step(l, -times); break;
    case ACT_PAGE_DOWN: leaf(l, times * page); break;
    case ACT_PAGE_UP: leaf(l, -times * page); break;
    case ACT_HALF_DOWN: leaf(l, times * ((page + 1) / 2)); break;
    case ACT_HALF_UP: leaf(l, -times * ((page + 1) / 2)); break;
    case ACT_SCROLL_DOWN: slide(l, times); break;
    case ACT_SCROLL_UP: slide(l, -times); break;
    case ACT_TOP: list_go(l, count > 0 ? (uint32_t)count - 1 : 0); break;
    case ACT_BOTTOM: list_go(l, count > 0 ? (uint32_t)count - 1 : UINT32_MAX); break;
    default: return false;
    }
    settle(l);
    return true;
}

static void draw_scroll_bar(const list *l, region r)
{
    uint64_t rows = (uint64_t)r.rows;
    int size = (int)(rows * rows / l->count);
    if (size < 1)
        size = 1;
    uint64_t hidden = l->count - rows;
    int at = (int)((rows - (uint64_t)size) * l->top / (hidden ? hidden : 1));
    for (int line = 0; line < r.rows; line++) {
        bool thumb = line >= at && line < at + size;
        theme_wear(thumb ? ROLE_BORDER : ROLE_DIM);
        mvaddstr(r.y + line, r.x + r.cols - 1,
                 text_is_utf8() ? (thumb ? "┃" : "│") : (thumb ? "#" : "|"));
    }
}

void list_draw(list *l, region r, bool focused,
               void (*row)(void *user, region r, int line, uint32_t index, style on), void *user)
{
    if (r.rows < 1 || r.cols < 1)
        return;
    l->page = r.rows;
    settle(l);
    pointer_rows(r, l->top, l->count, focused);
    bool bar = l->count > (uint32_t)r.rows;
    region inner = region_part(r, 0, 0, r.rows, r.cols - (bar ? 1 : 0));
    for (int line = 0; line < r.rows && l->top + (uint32_t)line < l->count; line++) {
        uint32_t index = l->top + (uint32_t)line;
        style on = focused && index == l->cursor ? ON_CURSOR : 0;
        if (on)
            draw_ground(inner, line, 0, inner.cols, ROLE_TEXT | on);
        row(user, inner, line, index, on);
    }
    if (bar)
        draw_scroll_bar(l, r);
}
