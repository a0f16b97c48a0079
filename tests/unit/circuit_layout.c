/* What a picture chooses, where it puts it, and the files it writes. */
#include "src/circuit/picture.h"
#include "tests/unit/circuit_fixture.h"
#include "tests/unit/scratch.h"

#include <string.h>

/* Every box and bend has a place of its own, and every line leads from its source to its target.
 */
static void is_sound(const circuit *c, const subcircuit *s, const layout *l)
{
    cr_assert_eq(l->box_count, s->node_count);
    for (uint32_t i = 0; i < l->item_count; i++) {
        cr_assert_lt(l->item[i].column, l->column_count);
        cr_assert_lt(l->item[i].slot, l->slot_count);
        for (uint32_t j = 0; j < i; j++)
            cr_assert(l->item[i].column != l->item[j].column || l->item[i].slot != l->item[j].slot,
                      "items %u and %u stand in one place", i, j);
        if (i < l->box_count) {
            cr_assert_eq(l->layer[l->item[i].column], circuit_position(c, l->item[i].node, NULL));
            cr_assert_eq(layout_box_of(l, s->node[i]), i);
        }
    }
    for (uint32_t line = 0, k = 0; line < s->edge_count; line++) {
        const circuit_edge *e = &c->edge[s->edge[line]];
        uint32_t at = layout_box_of(l, e->source);
        cr_assert_neq(at, LAYOUT_BEND);
        for (; k < l->link_count && l->link[k].line == line; k++) {
            cr_assert_eq(l->link[k].from, at);
            cr_assert_eq(l->item[at].column + 1, l->item[l->link[k].to].column);
            at = l->link[k].to;
        }
        cr_assert_eq(at, layout_box_of(l, e->target));
    }
}

static uint32_t crossings_of(const layout *l)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < l->link_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const layout_item *a = &l->item[l->link[i].from], *b = &l->item[l->link[i].to];
            const layout_item *x = &l->item[l->link[j].from], *y = &l->item[l->link[j].to];
            count += a->column == x->column &&
                     ((int64_t)a->slot - x->slot) * ((int64_t)b->slot - y->slot) < 0;
        }
    return count;
}

Test(layout, every_box_has_a_place_and_every_line_its_ends)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        circuit *c = fixture_circuit(seed * 7919, 6, 12, 30, seed % 2, 1000);
        for (uint32_t most = 1; most <= 60; most += 13) {
            picture p;
            picture_around(c, 0.5, fixture_below(&seed, c->node_count), picture_room(most, 7), &p);
            is_sound(c, &p.sub, &p.layout);
            cr_assert_eq(p.layout.crossings, crossings_of(&p.layout));
            picture_release(&p);
        }
        circuit_free(c);
    }
}

Test(layout, of_the_same_picture_is_the_same)
{
    circuit *c = fixture_circuit(77, 5, 10, 40, true, 3);
    picture a, b;
    picture_around(c, 0, 23, picture_room(30, 8), &a);
    picture_around(c, 0, 23, picture_room(30, 8), &b);
    cr_assert_eq(a.layout.item_count, b.layout.item_count);
    cr_assert_arr_eq(a.layout.item, b.layout.item, a.layout.item_count * sizeof *a.layout.item);
    picture_release(&a);
    picture_release(&b);
    circuit_free(c);
}

/* n lines side by side, listed so that drawn as they come they all cross. */
Test(layout, lines_that_need_not_cross_do_not)
{
    enum { N = 8 };
    circuit_edge *list = malloc(2 * N * sizeof *list);
    for (uint32_t i = 0; i < N; i++) {
        list[i] = (circuit_edge){
            .source = i, .target = N + (N - 1 - i), .standardised = 1, .removal = 1};
        list[N + i] = (circuit_edge){
            .source = N + i, .target = 2 * N + (i * 3) % N, .standardised = 1, .removal = 1};
    }
    circuit *c = NULL;
    cr_assert_eq(circuit_build(3, (uint32_t[]){N, N, N}, list, 2 * N, STRENGTH_REMOVAL, &c, NULL),
                 STATUS_OK);
    path_end from, to;
    path_set set;
    paths_through(c, &from, &to);
    cr_assert_eq(paths_find(c, from, to, 0, 100, &set, NULL), STATUS_OK);
    cr_assert_eq(set.count, N);
    picture p;
    picture_of_paths(c, &set, picture_room(60, 60), &p);
    cr_expect_eq(p.sub.node_count, 3 * N);
    cr_expect_eq(p.layout.slot_count, N);
    cr_expect_eq(p.layout.crossings, 0);
    for (uint32_t i = 0; i < p.layout.link_count; i++) /* and they are straight */
        cr_expect_eq(p.layout.item[p.layout.link[i].from].slot,
                     p.layout.item[p.layout.link[i].to].slot);
    picture_release(&p);
    path_set_release(&set);
    circuit_free(c);
}

Test(subcircuit, keeps_to_its_room_and_hangs_together)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        circuit *c = fixture_circuit(seed * 104729, 5, 15, 35, seed % 2, 1000);
        uint32_t focus = fixture_below(&seed, c->node_count);
        subcircuit_room room = {20, 6, 25};
        subcircuit s;
        subcircuit_around(c, 1.5, focus, room, &s);
        cr_assert_leq(s.node_count, room.nodes);
        cr_assert_leq(s.edge_count, room.edges);
        cr_assert_leq(s.edge_count, s.between);
        bool met[5 * 15] = {false};
        met[focus] = true;
        for (uint32_t turn = 0; turn < s.node_count; turn++)
            for (uint32_t i = 0; i < s.edge_count; i++) {
                const circuit_edge *e = &c->edge[s.edge[i]];
                cr_assert_geq(fabs(circuit_strength(c, e)), 1.5);
                met[e->source] |= met[e->target];
                met[e->target] |= met[e->source];
            }
        uint32_t a_layer[5] = {0};
        for (uint32_t i = 0; i < s.node_count; i++) {
            cr_assert(met[s.node[i]], "a node that nothing leads to");
            cr_assert_leq(++a_layer[circuit_position(c, s.node[i], NULL)], room.nodes_a_layer);
        }
        for (uint32_t i = 1; i < s.edge_count; i++)
            cr_assert_neq(s.edge[i], s.edge[i - 1]);
        subcircuit_release(&s);
        circuit_free(c);
    }
}

Test(subcircuit, of_paths_has_whole_paths_only)
{
    circuit *c = fixture_circuit(11, 5, 8, 60, false, 1000);
    path_end from, to;
    path_set set;
    paths_through(c, &from, &to);
    cr_assert_eq(paths_find(c, from, to, 0, 50, &set, NULL), STATUS_OK);
    subcircuit s;
    subcircuit_of_paths(c, &set, picture_room(14, 4), &s);
    cr_assert_leq(s.node_count, 14);
    for (uint32_t i = 0; i < s.node_count; i++) {
        uint32_t position = circuit_position(c, s.node[i], NULL), in = 0, out = 0;
        for (uint32_t k = 0; k < s.edge_count; k++) {
            in += c->edge[s.edge[k]].target == s.node[i];
            out += c->edge[s.edge[k]].source == s.node[i];
        }
        cr_expect(position == 0 || in > 0);
        cr_expect(position == 4 || out > 0);
    }
    subcircuit_release(&s);
    path_set_release(&set);
    circuit_free(c);
}

/* -- files --------------------------------------------------------------------------------- */

#define HOSTILE "\"]; evil [label=\"\\N <script>&amp;'\x1b[2J\xff\xe2\x80\xae\n\t\x01 ]]> --> \\"

static char *hostile_layer(void *user, uint32_t position)
{
    (void)user, (void)position;
    return strdup(HOSTILE);
}

static char *hostile_name(void *user, uint32_t position, uint32_t feature)
{
    (void)user, (void)position, (void)feature;
    return strdup(HOSTILE "/7");
}

static const char *hostile_label(void *user, uint32_t position, uint32_t feature)
{
    (void)user, (void)position;
    return feature % 2 ? NULL : HOSTILE HOSTILE HOSTILE;
}

static char *written(const picture *p, const circuit *c, const char *folder, const char *format)
{
    const picture_words words = {NULL, hostile_layer, hostile_name, hostile_label};
    char *file = scratch_path(folder, format);
    error err = {0};
    cr_assert_eq(picture_write(c, p, &words, HOSTILE, diagram_format_find(format), file, &err),
                 STATUS_OK, "%s", err.message);
    FILE *in = fopen(file, "rb");
    char *text = calloc(1, 1 << 20);
    cr_assert_gt(fread(text, 1, (1 << 20) - 1, in), 0);
    fclose(in);
    free(file);
    return text;
}

/* Tags nest and nothing but references begins with &: what a reader of XML insists on. */
static void is_well_formed(const char *text)
{
    char open[64][32];
    int depth = 0;
    for (const char *at = text; *at; at++) {
        cr_assert((unsigned char)*at >= 0x20 || *at == '\n', "a control character");
        if (*at == '&')
            cr_assert(at[1] == '#' && strspn(at + 2, "0123456789") > 0 &&
                      at[2 + strspn(at + 2, "0123456789")] == ';');
        cr_assert_neq(*at, '>');
        if (*at != '<')
            continue;
        const char *end = strchr(at, '>');
        cr_assert_not_null(end);
        if (at[1] == '/') {
            cr_assert_gt(depth, 0);
            depth--;
            cr_assert(strncmp(open[depth], at + 2, strlen(open[depth])) == 0, "%.40s", at);
        } else if (at[1] != '?' && end[-1] != '/') {
            cr_assert_lt(depth, 64);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)strcspn(at + 1, " >"), at + 1);
        }
        at = end;
    }
    cr_assert_eq(depth, 0);
}

Test(picture, of_hostile_labels_is_well_formed)
{
    char *folder = scratch_create();
    circuit *c = fixture_circuit(21, 4, 6, 50, true, 100);
    picture p;
    picture_around(c, 0, 8, picture_room(15, 5), &p);
    char *svg = written(&p, c, folder, "svg"), *dot = written(&p, c, folder, "dot");
    is_well_formed(svg);
    cr_expect_null(strstr(svg, "<script"));
    /* outside of its quotes DOT holds nothing of a label, inside no backslash but a line's end */
    bool quoted = false;
    for (const char *at = dot; *at; at++) {
        if (*at == '"')
            quoted = !quoted;
        cr_assert(*at != '\\' || (quoted && at[1] == 'n'));
        cr_assert(quoted || strncmp(at, "evil", 4) != 0);
        cr_assert((unsigned char)*at >= 0x20 || *at == '\n');
    }
    cr_assert_not(quoted);
    cr_expect_eq(scratch_count(folder), 2, "nothing but the two files is left");
    free(svg);
    free(dot);
    picture_release(&p);
    circuit_free(c);
    scratch_remove(folder);
}

Test(picture, that_cannot_be_written_leaves_what_was_there)
{
    char *folder = scratch_create();
    circuit *c = fixture_circuit(21, 4, 6, 50, true, 100);
    const picture_words words = {NULL, hostile_layer, hostile_name, hostile_label};
    char *missing = scratch_path(folder, "no/such/folder.svg");
    picture p;
    error err = {0};
    picture_around(c, 0, 8, picture_room(15, 5), &p);
    cr_expect_neq(picture_write(c, &p, &words, "x", diagram_format_find("svg"), missing, &err),
                  STATUS_OK);
    cr_expect_not_null(strstr(err.message, "cannot write"));
    cr_expect_neq(picture_write(c, &p, &words, "x", diagram_format_find("svg"), folder, &err),
                  STATUS_OK);
    cr_expect_eq(scratch_count(folder), 0);
    cr_expect_null(diagram_format_find("png"));
    free(missing);
    picture_release(&p);
    circuit_free(c);
    scratch_remove(folder);
}
