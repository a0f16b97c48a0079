/* View 1: the study. Layers in computation order, target variables, what has been fitted. */
#include "src/base/memory.h"
#include "ui/edges.h"
#include "ui/fit_dialog.h"
#include "ui/map.h"
#include "ui/target_dialog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct study_state {
    app *a;
    list layers;
    bool *picked; /* by position */
    uint32_t picked_size;
    map map;
    bool in_map, zoomed;
    int body_rows; /* when it was drawn last */
} study_state;

static void *create(app *a)
{
    study_state *v = mem_zero(1, sizeof *v);
    v->a = a;
    return v;
}

static void destroy(void *self)
{
    study_state *v = self;
    map_release(&v->map);
    free(v->picked);
    free(v);
}

static void changed(app *a, void *self, unsigned what)
{
    study_state *v = self;
    if (!(what & CHANGED_STUDY))
        return;
    uint32_t count = a->study->layers.count;
    if (count != v->picked_size) {
        free(v->picked);
        v->picked = mem_zero(count + 1, sizeof *v->picked);
        v->picked_size = count;
    }
    list_set_count(&v->layers, count);
    map_make(&v->map, a->study);
}

static void enter(app *a, void *self, const place *where)
{
    study_state *v = self;
    (void)a;
    if (where->layer != NOTHING)
        list_go(&v->layers, where->layer);
}

static void leave(app *a, void *self, place *where)
{
    study_state *v = self;
    (void)a;
    where->layer = v->layers.cursor;
}

/* drawing */

static void draw_facts(const study *s, region r)
{
    char text[24];
    int at = 1;
    at += draw_text(r, 0, at, r.cols - at, ROLE_NAME, s->model);
    at += at > 1 ? 3 : 0;
    at += draw_text(r, 0, at, r.cols - at, ROLE_NUMBER, show_count(text, s->samples));
    at += draw_text(r, 0, at, r.cols - at, ROLE_DIM, " samples") + 3;
    if (s->documents > 0 && s->documents != s->samples) {
        at += draw_text(r, 0, at, r.cols - at, ROLE_NUMBER, show_count(text, s->documents));
        at += draw_text(r, 0, at, r.cols - at, ROLE_DIM, " documents") + 3;
    }
    at += draw_text(r, 0, at, r.cols - at, ROLE_NUMBER, show_count(text, s->layers.count));
    at += draw_text(r, 0, at, r.cols - at, ROLE_DIM, s->layers.count == 1 ? " layer" : " layers") +
          3;
    uint64_t features = 0;
    for (uint32_t i = 0; i < s->layers.count; i++)
        features += s->layers.item[i].features;
    at += draw_text(r, 0, at, r.cols - at, ROLE_NUMBER, show_count(text, features));
    draw_text(r, 0, at, r.cols - at, ROLE_DIM, " features");
}

/* Where the columns of the layers' table stand; 0: there is no room for that one. */
typedef struct columns {
    int name, name_width, kind, features, live, density, labelled;
} columns;

static columns columns_for(int cols)
{
    columns c = {.name = 6};
    int right = cols - 1;
    c.labelled = right - 8;
    c.density = c.labelled - 9;
    right = c.density;
    if (cols >= 58) {
        c.live = right - 8;
        c.features = c.live - 9;
        right = c.features;
    }
    if (cols >= 66) {
        c.kind = right - 10;
        right = c.kind;
    }
    c.name_width = right - c.name - 1;
    return c;
}

static void draw_heads(region r, int row, const columns *c)
{
    draw_text(r, row, c->name, c->name_width, ROLE_HEAD, "layer");
    if (c->kind)
        draw_text(r, row, c->kind, 10, ROLE_HEAD, "kind");
    if (c->features) {
        draw_right(r, row, c->features, 8, ROLE_HEAD, "features");
        draw_right(r, row, c->live, 7, ROLE_HEAD, "live");
    }
    draw_right(r, row, c->density, 8, ROLE_HEAD, "density");
    draw_right(r, row, c->labelled, 8, ROLE_HEAD, "labelled");
}

static void draw_layer(void *user, region r, int line, uint32_t index, style on)
{
    study_state *v = user;
    const layer *l = app_layer(v->a, index);
    columns c = columns_for(r.cols);
    char text[24];
    double cells = (double)l->samples * l->features;
    if (v->picked[index])
        draw_text(r, line, 1, 1, ROLE_PICKED | on, draw_glyph(GLYPH_MARK));
    snprintf(text, sizeof text, "%u", index);
    draw_right(r, line, 2, 3, ROLE_DIM | on, text);
    /* the short name where the long one has no room */
    bool whole = text_width(l->name) <= c.name_width;
    draw_text(r, line, c.name, c.name_width, ROLE_NAME | on,
              whole ? l->name : app_layer_name(v->a, index));
    if (c.kind)
        draw_text(r, line, c.kind, 9, ROLE_DIM | on, layer_kind_name(l->kind));
    if (c.features) {
        draw_right(r, line, c.features, 8, ROLE_NUMBER | on, show_count(text, l->features));
        draw_right(r, line, c.live, 7, ROLE_NUMBER | on, show_count(text, l->live));
    }
    draw_right(r, line, c.density, 8, ROLE_NUMBER | on,
               show_share(text, cells > 0 ? (double)l->nonzeros / cells : 0));
    draw_right(r, line, c.labelled, 8, ROLE_NUMBER | on,
               show_share(text, l->features ? (double)l->labelled / l->features : 0));
}

static void draw_targets(const study *s, region r)
{
    int at = 1;
    if (s->targets.count == 0) {
        draw_text(r, 0, 1, r.cols - 2, ROLE_DIM, "no target variables");
        return;
    }
    at += draw_text(r, 0, at, r.cols - at, ROLE_HEAD, "targets") + 2;
    for (uint32_t i = 0; i < s->targets.count && at < r.cols; i++) {
        at += draw_text(r, 0, at, r.cols - at - 1, ROLE_NAME, s->targets.item[i].name) + 1;
        at += draw_text(r, 0, at, r.cols - at - 1, ROLE_DIM,
                        target_kind_name(s->targets.item[i].kind)) +
              3;
    }
}

/* What the cell under the map's cursor says, at which setting it was fitted. */
static void draw_cell_facts(study_state *v, region r)
{
    const map_cell *cell = map_at(&v->map, v->map.row, v->map.col);
    char settings[128], edges[24];
    if (!cell->pair) {
        draw_format(r, 0, 0, ROLE_DIM, "%s %s %s: not fitted", app_layer_name(v->a, v->map.row),
                    draw_glyph(GLYPH_ARROW), app_layer_name(v->a, v->map.col));
        return;
    }
    draw_format(r, 0, 0, ROLE_DIM, "fit %lld: %s edges, %s", (long long)cell->newest->id,
                show_count(edges, cell->pair->edges),
                app_fit_settings(settings, sizeof settings, cell->newest));
}

static void draw_map(study_state *v, region r)
{
    if (v->a->study->fits.count == 0) {
        draw_text(r, 0, 0, r.cols, ROLE_DIM,
                  r.cols >= 62
                      ? "nothing fitted yet: pick layers with Space, then press f (or just f: all)"
                      : "nothing fitted yet: press f");
        return;
    }
    map_draw(&v->map, v->a, region_part(r, 0, 0, r.rows - (v->in_map ? 1 : 0), r.cols), v->in_map);
    if (v->in_map) {
        int rows = (int)v->map.layers;
        draw_cell_facts(v, region_part(r, rows < r.rows ? rows : r.rows - 1, 0, 1, r.cols));
    }
}

/* How the body is shared out, by its size and the number of layers. */
typedef struct layout {
    int top;  /* the table's first line; the facts stand above */
    int wide; /* columns of the table */
    int rows; /* layers shown */
    int targets;
    region map; /* beside the table, below it, or nowhere */
} layout;

static layout layout_of(const study_state *v, region body)
{
    enum { LEAST_TABLE = 80, WIDEST_TABLE = 100, LEAST_MAP = 44 };
    const study *s = v->a->study;
    int layers = (int)s->layers.count;
    bool roomy = body.rows >= 14;
    int map_cols = map_width(&v->map) > LEAST_MAP ? map_width(&v->map) : LEAST_MAP;
    int map_rows = s->fits.count == 0 ? 2 : layers + 2;
    bool beside = body.cols >= LEAST_TABLE + 4 + map_cols;
    bool below = !beside && body.rows >= 16;
    layout l = {.top = roomy ? 2 : 1};
    l.wide = beside ? body.cols - map_cols - 4 : body.cols;
    if (l.wide > WIDEST_TABLE)
        l.wide = WIDEST_TABLE;
    /* where both are long, the table has a little more than half */
    int left = body.rows - l.top - 1 - (roomy ? 2 : 1);
    int under = !below ? 0 : map_rows < left * 2 / 5 ? map_rows : left * 2 / 5;
    if (below && layers < left - map_rows)
        under = map_rows;
    l.rows = layers < left - under ? layers : left - under;
    l.targets = l.top + 1 + l.rows + (roomy ? 1 : 0);
    if (beside)
        l.map = region_part(body, l.top, l.wide + 3, body.rows - l.top, map_cols + 1);
    else if (below)
        l.map = region_part(body, l.targets + 2, 1, body.rows - l.targets - 2, body.cols - 2);
    return l;
}

static void draw(app *a, void *self, region body)
{
    study_state *v = self;
    const study *s = a->study;
    v->body_rows = body.rows;
    if (!s) {
        draw_text(body, 0, 1, body.cols, ROLE_DIM, "opening the study");
        return;
    }
    if (v->zoomed && v->in_map) {
        draw_map(v, region_part(body, 0, 1, body.rows, body.cols - 2));
        return;
    }
    layout l = layout_of(v, body);
    region table = region_part(body, l.top, 0, l.rows + 1, l.wide);
    columns c = columns_for(l.wide - (l.rows < (int)s->layers.count ? 1 : 0));
    draw_facts(s, body);
    draw_heads(table, 0, &c);
    list_draw(&v->layers, region_part(table, 1, 0, l.rows, l.wide), !v->in_map, draw_layer, v);
    draw_targets(s, region_part(body, l.targets, 0, 1, l.wide));
    if (l.map.rows > 0)
        draw_map(v, l.map);
}

/* acting */

static uint32_t count_picked(const study_state *v)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->picked_size; i++)
        count += v->picked[i];
    return count;
}

static void open_fit_dialog(study_state *v)
{
    uint32_t count = count_picked(v);
    if (count == 1) {
        app_say(v->a, ROLE_WARNING, "one layer is picked: pick another one, or none for all");
        return;
    }
    uint32_t *chosen = mem_alloc((count + 1) * sizeof *chosen);
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->picked_size; i++)
        if (v->picked[i])
            chosen[n++] = i;
    fit_dialog_open(v->a, count > 0 ? chosen : NULL, count);
    free(chosen);
}

static void open_target_dialog(study_state *v)
{
    uint32_t *chosen = mem_alloc(((size_t)v->picked_size + 1) * sizeof *chosen), n = 0;
    for (uint32_t i = 0; i < v->picked_size; i++)
        if (v->picked[i])
            chosen[n++] = i;
    if (n == 0 && v->layers.cursor < v->layers.count)
        chosen[n++] = v->layers.cursor;
    if (n > 0)
        target_dialog_open(v->a, chosen, n);
    free(chosen);
}

static unsigned open_map_cell(study_state *v)
{
    const map_cell *cell = map_at(&v->map, v->map.row, v->map.col);
    if (!cell->pair) {
        app_say(v->a, ROLE_STATUS, "nothing fitted between these two");
        return ACTED_REDRAW;
    }
    app_use_fit(v->a, cell->newest->id);
    place where = PLACE(VIEW_CIRCUIT);
    where.mode = CIRCUIT_ALL;
    where.sort = circuit_only_pair(v->map.row, v->map.col);
    app_go(v->a, &where);
    return ACTED_REDRAW;
}

/* On a cell of the map. */
static void click(app *a, void *self, int number)
{
    study_state *v = self;
    (void)a;
    map_click(&v->map, number);
}

static unsigned act(app *a, void *self, action_id id, int count)
{
    study_state *v = self;
    if (!a->study)
        return ACTED_NOT;
    if (v->in_map ? map_act(&v->map, id, count) : list_act(&v->layers, id, count))
        return ACTED_REDRAW;
    switch (id) {
    case ACT_PANE:
        v->in_map = !v->in_map && a->study->fits.count > 0;
        v->zoomed = false;
        if (v->in_map) /* in a small window the map is a screen of its own */
            v->zoomed = v->body_rows < 16;
        return ACTED_REDRAW;
    case ACT_ZOOM: v->zoomed = v->in_map && !v->zoomed; return ACTED_REDRAW;
    case ACT_BACK:
        if (!v->in_map)
            return ACTED_NOT;
        v->in_map = v->zoomed = false;
        return ACTED_REDRAW;
    case ACT_PICK:
        if (v->layers.cursor < v->picked_size)
            v->picked[v->layers.cursor] = !v->picked[v->layers.cursor];
        list_act(&v->layers, ACT_DOWN, 0);
        return ACTED_REDRAW;
    case ACT_PICK_ALL: {
        bool all = count_picked(v) < v->picked_size;
        memset(v->picked, all, v->picked_size * sizeof *v->picked);
        return ACTED_REDRAW;
    }
    case ACT_FIT: open_fit_dialog(v); return ACTED_REDRAW;
    case ACT_FIT_TARGET: open_target_dialog(v); return ACTED_REDRAW;
    case ACT_OPEN: {
        if (v->in_map)
            return open_map_cell(v);
        place where = PLACE(VIEW_FEATURES);
        where.layer = v->layers.cursor;
        app_go(a, &where);
        return ACTED_REDRAW;
    }
    default: return ACTED_NOT;
    }
}

static void crumb(app *a, void *self, char *out, size_t capacity)
{
    study_state *v = self;
    uint32_t count = count_picked(v);
    (void)a;
    out[0] = '\0';
    if (count > 0)
        snprintf(out, capacity, "%u picked", count);
}

static bool waiting(app *a, void *self)
{
    (void)self;
    return !a->study;
}

const view_ops study_view = {
    .id = VIEW_STUDY,
    .create = create,
    .destroy = destroy,
    .enter = enter,
    .leave = leave,
    .draw = draw,
    .act = act,
    .waiting = waiting,
    .click = click,
    .changed = changed,
    .crumb = crumb,
};
