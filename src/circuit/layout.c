#include "src/circuit/layout.h"

#include "src/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 24, SHIFTS = 8 };

/* Columns as lists of items, in order. */
typedef struct order {
    layout *l;
    uint32_t *start; /* by column: its first place; column_count + 1 entries */
    uint32_t *at;    /* by place: item */
    double *wish;    /* by item: where its neighbours would have it */
} order;

/* -- columns, bends and links -------------------------------------------------------------- */

static void make_boxes(const circuit *c, const subcircuit *s, layout *l)
{
    l->layer = mem_alloc(((size_t)c->layer_count + 1) * sizeof *l->layer);
    for (uint32_t i = 0; i < s->node_count; i++) {
        uint32_t position = circuit_position(c, s->node[i], NULL);
        if (l->column_count == 0 || l->layer[l->column_count - 1] != position)
            l->layer[l->column_count++] = position;
        l->item[l->item_count++] =
            (layout_item){.node = s->node[i], .column = l->column_count - 1};
    }
    l->box_count = l->item_count;
}

uint32_t layout_box_of(const layout *l, uint32_t node)
{
    uint32_t low = 0, high = l->box_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (l->item[middle].node < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->box_count && l->item[low].node == node ? low : LAYOUT_BEND;
}

/* One line: from box to box, through the bends that its source has, or gets, on the way.
 * bend[source * columns + column] knows them. */
static void link_line(layout *l, uint32_t line, uint32_t from, uint32_t to, uint32_t *bend)
{
    uint32_t at = from;
    for (uint32_t column = l->item[from].column + 1; column <= l->item[to].column; column++) {
        uint32_t next = to;
        if (column < l->item[to].column) {
            uint32_t *known = &bend[from * l->column_count + column];
            if (*known == LAYOUT_BEND) {
                *known = l->item_count;
                l->item[l->item_count++] = (layout_item){.node = LAYOUT_BEND, .column = column};
            }
            next = *known;
        }
        l->link[l->link_count++] = (layout_link){at, next, line};
        at = next;
    }
}

static void make_links(const circuit *c, const subcircuit *s, layout *l)
{
    size_t cells = (size_t)l->box_count * l->column_count;
    uint32_t *bend = mem_alloc((cells + 1) * sizeof *bend);
    memset(bend, 0xff, cells * sizeof *bend);
    for (uint32_t line = 0; line < s->edge_count; line++) {
        const circuit_edge *e = &c->edge[s->edge[line]];
        link_line(l, line, layout_box_of(l, e->source), layout_box_of(l, e->target), bend);
    }
    free(bend);
}

/* -- crossings ----------------------------------------------------------------------------- */

/* Pairs of links between the same columns whose ends are in opposite order. */
static uint32_t count_crossings(const layout *l)
{
    uint32_t crossings = 0;
    for (uint32_t i = 0; i < l->link_count; i++)
        for (uint32_t j = i + 1; j < l->link_count; j++) {
            const layout_item *a = &l->item[l->link[i].from], *b = &l->item[l->link[i].to];
            const layout_item *x = &l->item[l->link[j].from], *y = &l->item[l->link[j].to];
            if (a->column == x->column)
                crossings += (a->slot < x->slot && b->slot > y->slot) ||
                             (a->slot > x->slot && b->slot < y->slot);
        }
    return crossings;
}

static void number_slots(order *o)
{
    for (uint32_t column = 0; column < o->l->column_count; column++)
        for (uint32_t k = o->start[column]; k < o->start[column + 1]; k++)
            o->l->item[o->at[k]].slot = k - o->start[column];
}

/* The mean place of an item's neighbours to the left, to the right, or on both sides. An item
 * without any stays where it is. `scale` stretches columns of different length over each other. */
static void make_wishes(order *o, bool left, bool right, bool scale)
{
    layout *l = o->l;
    double *sum = mem_zero(2 * (size_t)l->item_count, sizeof *sum), *count = sum + l->item_count;
    for (uint32_t i = 0; i < l->link_count; i++) {
        const layout_link *link = &l->link[i];
        uint32_t ends[2] = {link->from, link->to};
        for (int side = 0; side < 2; side++) {
            uint32_t self = ends[side], other = ends[1 - side], column = l->item[other].column;
            if (side == 0 ? !right : !left)
                continue;
            double place = l->item[other].slot + 0.5;
            sum[self] += scale ? place / (o->start[column + 1] - o->start[column]) : place;
            count[self]++;
        }
    }
    for (uint32_t i = 0; i < l->item_count; i++) {
        uint32_t column = l->item[i].column;
        double own = l->item[i].slot + 0.5;
        o->wish[i] = count[i] > 0 ? sum[i] / count[i]
                     : scale      ? own / (o->start[column + 1] - o->start[column])
                                  : own;
    }
    free(sum);
}

/* Insertion sort: columns are short, and equals keep their order. */
static void sort_column(order *o, uint32_t column)
{
    for (uint32_t k = o->start[column] + 1; k < o->start[column + 1]; k++) {
        uint32_t moved = o->at[k], to = k;
        for (; to > o->start[column] && o->wish[o->at[to - 1]] > o->wish[moved]; to--)
            o->at[to] = o->at[to - 1];
        o->at[to] = moved;
    }
}

static void sweep(order *o, bool forward)
{
    uint32_t columns = o->l->column_count;
    for (uint32_t i = 1; i < columns; i++) {
        make_wishes(o, forward, !forward, true);
        sort_column(o, forward ? i : columns - 1 - i);
        number_slots(o);
    }
}

static void reduce_crossings(order *o)
{
    layout *l = o->l;
    size_t bytes = ((size_t)l->item_count + 1) * sizeof *o->at;
    uint32_t *best = mem_alloc(bytes);
    memcpy(best, o->at, bytes);
    l->crossings = count_crossings(l);
    for (int i = 0; i < SWEEPS && l->crossings > 0; i++) {
        sweep(o, i % 2 == 0);
        uint32_t crossings = count_crossings(l);
        if (crossings < l->crossings) {
            l->crossings = crossings;
            memcpy(best, o->at, bytes);
        }
    }
    memcpy(o->at, best, bytes);
    free(best);
    number_slots(o);
}

/* -- slots --------------------------------------------------------------------------------- */

/* Moves a column's items towards their wishes, in order, none beyond the grid. */
static void shift_column(order *o, uint32_t column, bool from_top)
{
    layout *l = o->l;
    uint32_t first = o->start[column], count = o->start[column + 1] - first;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rank = from_top ? i : count - 1 - i, self = o->at[first + rank];
        int64_t slot = (int64_t)floor(o->wish[self]);
        int64_t least = rank, most = (int64_t)l->slot_count - (int64_t)(count - rank);
        if (from_top && i > 0)
            least = (int64_t)l->item[o->at[first + rank - 1]].slot + 1;
        if (!from_top && i > 0)
            most = (int64_t)l->item[o->at[first + rank + 1]].slot - 1;
        slot = slot < least ? least : slot > most ? most : slot;
        l->item[self].slot = (uint32_t)slot;
    }
}

static void assign_slots(order *o)
{
    layout *l = o->l;
    for (uint32_t column = 0; column < l->column_count; column++) {
        uint32_t count = o->start[column + 1] - o->start[column];
        l->slot_count = count > l->slot_count ? count : l->slot_count;
    }
    for (uint32_t column = 0; column < l->column_count; column++) /* begin in the middle */
        for (uint32_t k = o->start[column]; k < o->start[column + 1]; k++)
            l->item[o->at[k]].slot =
                k - o->start[column] +
                (l->slot_count - (o->start[column + 1] - o->start[column])) / 2;
    for (int i = 0; i < SHIFTS; i++)
        for (uint32_t column = 0; column < l->column_count; column++) {
            uint32_t turn = i % 2 ? l->column_count - 1 - column : column;
            make_wishes(o, true, true, false);
            shift_column(o, turn, i % 4 < 2);
        }
}

/* -- the whole ----------------------------------------------------------------------------- */

static void list_columns(order *o)
{
    layout *l = o->l;
    o->start = mem_zero((size_t)l->column_count + 2, sizeof *o->start);
    o->at = mem_alloc(((size_t)l->item_count + 1) * sizeof *o->at);
    o->wish = mem_alloc(((size_t)l->item_count + 1) * sizeof *o->wish);
    for (uint32_t i = 0; i < l->item_count; i++)
        o->start[l->item[i].column + 2]++;
    for (uint32_t column = 2; column < l->column_count + 2; column++)
        o->start[column] += o->start[column - 1];
    for (uint32_t i = 0; i < l->item_count; i++)
        o->at[o->start[l->item[i].column + 1]++] = i;
    number_slots(o);
}

void layout_make(const circuit *c, const subcircuit *s, layout *out)
{
    *out = (layout){0};
    /* the columns are not known yet; there are no more than nodes, and no more than layers */
    size_t columns = s->node_count < c->layer_count ? s->node_count : c->layer_count;
    out->item = mem_alloc(((size_t)s->node_count * (columns + 1) + 1) * sizeof *out->item);
    out->link = mem_alloc(((size_t)s->edge_count * columns + 1) * sizeof *out->link);
    make_boxes(c, s, out);
    make_links(c, s, out);
    order o = {.l = out};
    list_columns(&o);
    reduce_crossings(&o);
    assign_slots(&o);
    free(o.start);
    free(o.at);
    free(o.wish);
}

void layout_release(layout *l)
{
    free(l->layer);
    free(l->item);
    free(l->link);
    *l = (layout){0};
}
