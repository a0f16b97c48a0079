/* Each column is a layer's boxes. A box has two lines: lines leave it to the right on the upper
 * one, the name's, and enter it from the left on the lower one, the label's. So what leaves and
 * what enters never shares a row, and between two columns a line is told by where it turns: all
 * lines of a source share one upright, all lines into a target share its row. */
#include "ui/picture_draw.h"

#include "ui/pointer.h"

#include "src/base/memory.h"
#include "ui/canvas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AROUND = 5,     /* rows that are not picture: subject, heads, two of the cursor, reminder */
    NARROWEST = 12, /* columns of a box */
    WIDEST = 34,
    AIRY = 3, /* rows a slot: framed boxes */
    DENSE = 2
};

typedef struct drawing {
    picture_shown *s;
    const layout *l;
    canvas canvas;
    int pitch, width; /* rows a slot; columns a box */
    int *x;           /* by column: left edge */
    int *upright;     /* by item: column of the canvas where its lines turn */
} drawing;

uint32_t picture_fits(region body)
{
    int slots = (body.rows - AROUND) / DENSE;
    return slots < 3 ? 3 : (uint32_t)slots;
}

/* -- places -------------------------------------------------------------------------------- */

static int exit_row(const drawing *d, uint32_t item)
{
    return (int)d->l->item[item].slot * d->pitch + (d->pitch == AIRY ? 1 : 0);
}

static int entry_row(const drawing *d, uint32_t item)
{
    return exit_row(d, item) + 1;
}

/* Where the lines of an item turn: the rows between its exit and its targets. */
typedef struct span {
    uint32_t item, column;
    int from, to;
    bool leads; /* whether there are any lines */
} span;

static int by_span(const void *a, const void *b)
{
    const span *x = a, *y = b;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    if (x->to - x->from != y->to - y->from)
        return x->to - x->from < y->to - y->from ? -1 : 1; /* short ones turn first */
    return x->item < y->item ? -1 : x->item > y->item;
}

/* By column, short ones first. */
static span *list_spans(const drawing *d)
{
    const layout *l = d->l;
    span *spans = mem_zero(l->item_count + 1, sizeof *spans);
    for (uint32_t i = 0; i < l->item_count; i++)
        spans[i] = (span){i, l->item[i].column, exit_row(d, i), exit_row(d, i), false};
    for (uint32_t k = 0; k < l->link_count; k++) {
        span *s = &spans[l->link[k].from];
        int row = entry_row(d, l->link[k].to);
        s->from = row < s->from ? row : s->from;
        s->to = row > s->to ? row : s->to;
        s->leads = true;
    }
    qsort(spans, l->item_count, sizeof *spans, by_span);
    return spans;
}

/* Gives each source an upright that is free over its span; gap[column] gets the columns that those
 * of a column need. */
static void assign_uprights(drawing *d, int *gap)
{
    span *spans = list_spans(d);
    for (uint32_t i = 0, first = 0; i < d->l->item_count; i++) {
        int at = 0;
        if (spans[i].column != spans[first].column)
            first = i;
        for (uint32_t k = first; k < i; k++) {
            bool meets = spans[k].leads && d->upright[spans[k].item] == at &&
                         spans[k].from <= spans[i].to && spans[i].from <= spans[k].to;
            if (meets) { /* the next one, and again from the first */
                at++;
                k = first - 1;
            }
        }
        d->upright[spans[i].item] = at;
        if (spans[i].leads && at + 4 > gap[spans[i].column])
            gap[spans[i].column] = at + 4;
    }
    free(spans);
}

/* Widths of boxes and of what is between them; returns the columns of the whole. */
static int place_columns(drawing *d, int cols)
{
    uint32_t columns = d->l->column_count;
    int *gap = mem_zero(columns + 1, sizeof *gap), gaps = 0;
    assign_uprights(d, gap);
    for (uint32_t column = 0; column + 1 < columns; column++)
        gaps += gap[column];
    d->width = columns > 0 ? (cols - gaps) / (int)columns : cols;
    d->width = d->width < NARROWEST ? NARROWEST : d->width > WIDEST ? WIDEST : d->width;
    int at = 0;
    for (uint32_t column = 0; column < columns; column++) {
        d->x[column] = at;
        at += d->width + gap[column];
    }
    for (uint32_t i = 0; i < d->l->item_count; i++)
        d->upright[i] += d->x[d->l->item[i].column] + d->width + 1;
    free(gap);
    return at;
}

/* -- lines --------------------------------------------------------------------------------- */

/* Whether the line begins or ends at the cursor's box. */
static bool is_lit(const drawing *d, uint32_t line)
{
    const circuit_edge *e = &d->s->c->edge[d->s->p->sub.edge[line]];
    uint32_t node = d->s->cursor < d->l->box_count ? d->l->item[d->s->cursor].node : NOTHING;
    return e->source == node || e->target == node;
}

static style line_style(const drawing *d, uint32_t line, bool lit)
{
    const circuit_edge *e = &d->s->c->edge[d->s->p->sub.edge[line]];
    return !lit ? ROLE_DIM : e->standardised < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE;
}

static void draw_link(drawing *d, const layout_link *link, bool lit)
{
    const layout_item *from = &d->l->item[link->from], *to = &d->l->item[link->to];
    style look = line_style(d, link->line, lit);
    int right = d->x[from->column] + d->width, left = d->x[to->column];
    int turn = d->upright[link->from], out = exit_row(d, link->from), in = entry_row(d, link->to);
    canvas_across(&d->canvas, out, right - 1, turn, look, lit, true);
    canvas_down(&d->canvas, turn, out < in ? out : in, out < in ? in : out, look, lit, true);
    canvas_across(&d->canvas, in, turn, left - 1, look, lit, true);
    if (to->node != LAYOUT_BEND) {
        canvas_head(&d->canvas, in, left - 1, look, lit);
        return;
    }
    /* through the column, and up to the row on which lines leave */
    canvas_across(&d->canvas, in, left - 1, left + d->width - 1, look, lit, true);
    canvas_down(&d->canvas, left + d->width - 1, in - 1, in, look, lit, true);
}

static void draw_lines(drawing *d)
{
    for (int lit = 0; lit < 2; lit++)
        for (uint32_t i = 0; i < d->l->link_count; i++)
            if (is_lit(d, d->l->link[i].line) == lit)
                draw_link(d, &d->l->link[i], lit);
}

/* -- boxes --------------------------------------------------------------------------------- */

static void draw_outline(drawing *d, uint32_t box)
{
    int left = d->x[d->l->item[box].column], right = left + d->width - 1, row = exit_row(d, box);
    bool at_cursor = box == d->s->cursor;
    style look = at_cursor ? ROLE_HEAD : ROLE_BORDER;
    for (int line = 0; line < 2; line++) {
        canvas_side(&d->canvas, row + line, left, look, at_cursor);
        canvas_side(&d->canvas, row + line, right, look, at_cursor);
    }
    if (d->pitch != AIRY)
        return;
    for (int side = 0; side < 2; side++)
        canvas_down(&d->canvas, side ? right : left, row - 1, row + 2, look, at_cursor, true);
    canvas_across(&d->canvas, row - 1, left, right, look, at_cursor, true);
    canvas_across(&d->canvas, row + 2, left, right, look, at_cursor, true);
}

static void draw_words(const drawing *d, region r, uint32_t box)
{
    app *a = d->s->a;
    const layout_item *item = &d->l->item[box];
    bool focus = item->node == d->s->p->focus;
    style on = box == d->s->cursor ? ON_CURSOR : 0;
    char number[160], name[176];
    snprintf(name, sizeof name, "%s%s%s", focus ? draw_glyph(GLYPH_MARK) : "", focus ? " " : "",
             picture_number(d->s->outcome, d->s->c, item->node, number, sizeof number));
    int row = exit_row(d, box) - d->s->top, col = d->x[item->column] + 1 - d->s->left;
    int width = d->width - 2, cut = col < 0 ? -col : 0;
    if (cut >= width) /* off the screen; one that is partly off shows what begins on it */
        return;
    region inside = region_part(r, 0, col + cut, r.rows, width - cut);
    if (row + 1 >= 0)
        pointer_own(region_part(inside, row, 0, row < 0 ? 1 : 2, width), (int)box, true);
    for (int line = 0; line < 2 && cut == 0; line++) {
        const char *text = line == 0 ? name : picture_label(a, d->s->outcome, d->s->c, item->node);
        style look = line == 0 ? ROLE_NAME : ROLE_LABEL;
        if (on)
            draw_ground(inside, row + line, 0, width, look | on);
        draw_text(inside, row + line, 0, width, look | on, text);
    }
}

/* -- round the picture --------------------------------------------------------------------- */

/* The cursor's box in whole, and its lines with their weights. */
static void draw_at_hand(const drawing *d, region r, int row)
{
    app *a = d->s->a;
    char name[160], text[160];
    if (d->s->cursor >= d->l->box_count)
        return;
    uint32_t node = d->l->item[d->s->cursor].node;
    int col =
        draw_text(r, row, 0, r.cols, ROLE_NAME,
                  picture_name(a, d->s->outcome, d->s->c, node, name, sizeof name)) +
        1;
    draw_text(r, row, col, r.cols - col, ROLE_LABEL,
              picture_label(a, d->s->outcome, d->s->c, node));
    col = 0;
    for (int out = 0; out < 2; out++) {
        bool any = false;
        for (uint32_t i = 0; i < d->s->p->sub.edge_count; i++) {
            const circuit_edge *e = &d->s->c->edge[d->s->p->sub.edge[i]];
            uint32_t other = out ? e->target : e->source;
            if ((out ? e->source : e->target) != node)
                continue;
            if (!any)
                col += draw_text(r, row + 1, col, r.cols - col, ROLE_DIM, out ? "to " : "from ");
            any = true;
            picture_number(d->s->outcome, d->s->c, other, text, sizeof text);
            col += draw_text(r, row + 1, col, r.cols - col, ROLE_NAME, text) + 1;
            col += draw_text(r, row + 1, col, r.cols - col,
                             e->standardised < 0 ? ROLE_NEGATIVE : ROLE_POSITIVE,
                             show_figure(text, (double)e->standardised)) +
                   2;
        }
    }
}

/* What is hidden is always said; the subject, which the title line has too, gives way. */
static void draw_subject(const drawing *d, region r)
{
    const subcircuit *sub = &d->s->p->sub;
    char counts[160];
    int n = snprintf(counts, sizeof counts, "%u boxes, %u of %u edges", sub->node_count,
                     sub->edge_count, sub->between);
    if (sub->left_out > 0)
        snprintf(counts + n, sizeof counts - (size_t)n, ", %u feature%s left out", sub->left_out,
                 sub->left_out == 1 ? "" : "s");
    int wide = text_width(counts), room = r.cols - wide - 2;
    if (room > 0)
        draw_text(r, 0, 0, room, ROLE_HEAD, d->s->subject);
    draw_right(r, 0, room > 0 ? room + 2 : 0, wide, ROLE_DIM, counts);
}

static void draw_heads(const drawing *d, region r, int row)
{
    for (uint32_t column = 0; column < d->l->column_count; column++) {
        int col = d->x[column] - d->s->left;
        if (col >= 0)
            draw_text(r, row, col, d->width, ROLE_HEAD,
                      picture_head(d->s->a, d->s->outcome, d->l->layer[column]));
    }
}

/* Moves [*start, *start + length) so that [from, to) is in it, as little as possible. */
static void follow(int *start, int length, int whole, int from, int to)
{
    if (to > *start + length)
        *start = to - length;
    if (from < *start)
        *start = from;
    if (*start > whole - length)
        *start = whole - length;
    if (*start < 0)
        *start = 0;
}

void picture_draw(picture_shown *s, region body)
{
    const layout *l = &s->p->layout;
    drawing d = {.s = s, .l = l};
    int rows = body.rows - AROUND;
    d.pitch = (int)l->slot_count * AIRY + 1 <= rows ? AIRY : DENSE;
    d.x = mem_zero(l->column_count + 1, sizeof *d.x);
    d.upright = mem_zero(l->item_count + 1, sizeof *d.upright);
    int high = (int)l->slot_count * d.pitch + (d.pitch == AIRY ? 1 : 0);
    int wide = place_columns(&d, body.cols);
    canvas_create(&d.canvas, high, wide);
    if (s->cursor < l->box_count) {
        int row = exit_row(&d, s->cursor), col = d.x[l->item[s->cursor].column];
        follow(&s->top, rows, high, row - 1, row + 3);
        follow(&s->left, body.cols, wide, col - 4, col + d.width + 4);
    }
    for (uint32_t box = 0; box < l->box_count; box++)
        if (box != s->cursor)
            draw_outline(&d, box);
    draw_lines(&d);
    if (s->cursor < l->box_count)
        draw_outline(&d, s->cursor);
    region plane = region_part(body, 2, 0, rows, body.cols);
    canvas_draw(&d.canvas, plane, s->top, s->left);
    for (uint32_t box = 0; box < l->box_count; box++)
        draw_words(&d, plane, box);
    draw_subject(&d, body);
    draw_heads(&d, body, 1);
    draw_at_hand(&d, body, body.rows - 3);
    draw_text(body, body.rows - 1, 0, body.cols, ROLE_DIM,
              body.cols < text_width(WEIGHTS_REMINDER) ? "a ranking, not causal effects"
                                                       : WEIGHTS_REMINDER);
    canvas_release(&d.canvas);
    free(d.x);
    free(d.upright);
}
