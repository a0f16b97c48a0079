#include "src/circuit/picture.h"

#include "src/base/memory.h"

#include <stdlib.h>

subcircuit_room picture_room(uint32_t nodes, uint32_t nodes_a_layer)
{
    return (subcircuit_room){nodes, nodes_a_layer, nodes + nodes / 2};
}

void picture_around(const circuit *c, double threshold, uint32_t focus, subcircuit_room room,
                    picture *out)
{
    *out = (picture){.focus = focus};
    subcircuit_around(c, threshold, focus, room, &out->sub);
    layout_make(c, &out->sub, &out->layout);
}

void picture_of_paths(const circuit *c, const path_set *set, subcircuit_room room, picture *out)
{
    *out = (picture){.focus = PATH_ANY};
    subcircuit_of_paths(c, set, room, &out->sub);
    layout_make(c, &out->sub, &out->layout);
}

void picture_release(picture *p)
{
    subcircuit_release(&p->sub);
    layout_release(&p->layout);
    *p = (picture){.focus = PATH_ANY};
}

static void add_boxes(const circuit *c, const picture *p, const picture_words *words, diagram *d)
{
    const layout *l = &p->layout;
    d->box = mem_zero(l->box_count, sizeof *d->box);
    for (; d->boxes < l->box_count; d->boxes++) {
        const layout_item *item = &l->item[d->boxes];
        uint32_t feature = 0, position = circuit_position(c, item->node, &feature);
        d->box[d->boxes] =
            (diagram_box){.name = words->name(words->user, position, feature),
                          .label = mem_copy_text(words->label(words->user, position, feature)),
                          .column = item->column,
                          .slot = item->slot,
                          .focus = item->node == p->focus};
    }
}

static void add_lines(const circuit *c, const picture *p, diagram *d)
{
    const layout *l = &p->layout;
    d->line = mem_zero(p->sub.edge_count, sizeof *d->line);
    for (; d->lines < p->sub.edge_count; d->lines++) {
        const circuit_edge *e = &c->edge[p->sub.edge[d->lines]];
        d->line[d->lines] =
            (diagram_line){.from = layout_box_of(l, e->source),
                           .to = layout_box_of(l, e->target),
                           .weight = (double)e->standardised,
                           .bend = mem_alloc(((size_t)l->column_count + 1) * sizeof(uint32_t))};
    }
    for (uint32_t i = 0; i < l->link_count; i++) {
        diagram_line *line = &d->line[l->link[i].line];
        const layout_item *to = &l->item[l->link[i].to];
        if (to->node == LAYOUT_BEND)
            line->bend[line->bends++] = to->slot;
    }
}

status picture_write(const circuit *c, const picture *p, const picture_words *words,
                     const char *title, const diagram_format *format, const char *path, error *err)
{
    diagram d = {.title = mem_copy_text(title), .slots = p->layout.slot_count};
    d.note = mem_format("%u of %u edges between %u boxes; standardised weights, which rank "
                        "dependencies and are not causal effects",
                        p->sub.edge_count, p->sub.between, p->sub.node_count);
    d.column = mem_zero(p->layout.column_count, sizeof *d.column);
    for (; d.columns < p->layout.column_count; d.columns++)
        d.column[d.columns] = words->layer(words->user, p->layout.layer[d.columns]);
    add_boxes(c, p, words, &d);
    add_lines(c, p, &d);
    status code = diagram_write(&d, format, path, err);
    diagram_release(&d);
    return code;
}
