/* The page of a check: what it says, its lists, its chart. */
#include "src/base/memory.h"
#include "ui/pointer.h"
#include "ui/trust_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIGURE = 10, WIDEST = 110, BESIDE = 110, CHART_ROWS = 7, CHART_LEAST = 6 };

typedef struct page_picture {
    app *a;
    const trust_state *v;
    const trust_check *c;
    const trust_findings *found;
    trust_tab tab;
    char **words; /* of TAB_WORDS: lines */
} page_picture;

char *page_show(char *out, trust_as as, double value)
{
    if (isnan(value))
        return strcpy(out, draw_glyph(GLYPH_DASH));
    switch (as) {
    case AS_COUNT: return show_count(out, value > 0 ? (uint64_t)(value + 0.5) : 0);
    case AS_RATIO: snprintf(out, 24, "%.2f", value); return out;
    case AS_PERCENT: return show_share(out, value);
    case AS_FIGURE: return show_figure(out, value);
    }
    return out;
}

/* -- names --------------------------------------------------------------------------------- */

static int name_width(const app *a)
{
    char text[24];
    int widest = 0;
    for (uint32_t i = 0; i < a->study->layers.count; i++) {
        snprintf(text, sizeof text, "/%u", a->study->layers.item[i].features);
        int width = text_width(app_layer_name(a, i)) + text_width(text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

void page_draw_node(app *a, region r, int line, int col, int end, uint32_t node, style on)
{
    char name[160];
    uint32_t position, feature;
    trust_place(a, node, &position, &feature);
    int wide = name_width(a), most = end - col < 24 ? end - col : (end - col) * 3 / 4;
    wide = wide > most ? most : wide;
    app_feature_name(a, name, sizeof name, position, feature);
    if (text_width(name) > wide) /* the feature matters more than its layer's name */
        snprintf(name, sizeof name, "%u/%u", position, feature);
    draw_text(r, line, col, wide, ROLE_NAME | on, name);
    draw_text(r, line, col + wide + 1, end - col - wide - 1, ROLE_LABEL | on,
              app_label(a, position, feature));
}

static const char *layer_name(const app *a, int64_t id)
{
    const layer *l = layer_by_id(&a->study->layers, id);
    return l ? app_layer_name(a, l->position) : "?";
}

/* `embed -> 0.resid_post`, or what stands for all pairs. Returns the columns taken. */
static int draw_pair_name(const page_picture *p, region r, int line, uint32_t pair, int width,
                          style on)
{
    int64_t from, to;
    trust_pair(&p->c->report, pair, &from, &to);
    if (!from)
        return draw_text(r, line, 0, width, ROLE_TEXT | on,
                         p->c->look->of_variable ? "classifier" : "the whole circuit");
    int col = draw_text(r, line, 0, width, ROLE_NAME | on, layer_name(p->a, from)) + 1;
    col += draw_text(r, line, col, width - col, ROLE_DIM | on, draw_glyph(GLYPH_ARROW)) + 1;
    return col + draw_text(r, line, col, width - col, ROLE_NAME | on, layer_name(p->a, to));
}

void page_draw_tabs(const trust_state *v, const trust_tab *tab, uint32_t tabs, region r, int row)
{
    char count[24];
    int col = 0;
    bool brief = r.cols < 110, one = r.cols < 72;
    for (uint32_t i = 0; i < tabs; i++) {
        bool here = i == v->at;
        if (one && !here)
            continue;
        int begin = col;
        col += draw_text(r, row, col, r.cols - col, here ? ROLE_KEY : ROLE_HEAD,
                         brief && !one ? tab[i].brief : tab[i].name);
        bool bad = tab[i].kind == TAB_SOLVED && i == 1 && tab[i].count > 0;
        if (tab[i].kind != TAB_WORDS)
            col += 1 + draw_text(r, row, col + 1, r.cols - col,
                                 bad    ? ROLE_WARNING
                                 : here ? ROLE_NUMBER
                                        : ROLE_DIM,
                                 show_count(count, tab[i].all));
        pointer_own(region_part(r, row, begin, 1, col - begin), TRUST_CLICK_TAB + (int)i, true);
        col += 3;
    }
    if (tabs < 2)
        return;
    if (one)
        col += 1 + draw_format(r, row, col, ROLE_DIM, "%u of %u", v->at + 1, tabs);
    draw_text(r, row, col, 3, ROLE_KEY, "Tab");
}

/* -- rows ---------------------------------------------------------------------------------- */

/* How many columns of figures there is room for beside names. */
static int columns_shown(const trust_column *column, int cols)
{
    int room = (cols - (cols < 60 ? 16 : 30)) / FIGURE, count = 0;
    while (count < TRUST_COLUMNS && count < room && column[count].figure)
        count++;
    return count;
}

static void draw_figures(const page_picture *p, region r, int line, const trust_column *column,
                         const char *prefix, int64_t from, int64_t to, style on)
{
    char name[CHECK_NAME], figure[24];
    int shown = columns_shown(column, r.cols), at = r.cols - shown * FIGURE;
    for (int i = 0; i < shown; i++) {
        snprintf(name, sizeof name, "%s%s", prefix, column[i].figure);
        double value = check_figure_of(&p->c->report, from, to, name);
        draw_right(r, line, at + i * FIGURE, FIGURE - 1, ROLE_NUMBER | on,
                   page_show(figure, column[i].as, value));
    }
}

/* How many of a list's values there is room for beside names. */
static int values_shown(const trust_list_look *look, int cols)
{
    int shown = 0;
    while (shown < TRUST_VALUES && look->head[shown] &&
           (shown == 0 || cols - (shown + 1) * FIGURE >= 18))
        shown++;
    return shown;
}

static void draw_item(const page_picture *p, region r, int line, uint32_t index, style on)
{
    const trust_list_look *look = &p->c->look->list[p->tab.which];
    const trust_item *item = &p->found->list[p->tab.which].item[index];
    char figure[24];
    int at = r.cols;
    for (int i = values_shown(look, r.cols) - 1; i >= 0; i--) {
        at -= FIGURE;
        draw_right(r, line, at, FIGURE - 1, ROLE_NUMBER | on,
                   page_show(figure, look->as, item->value[i]));
    }
    if (item->source == NOTHING) {
        page_draw_node(p->a, r, line, 0, at - 1, item->target, on);
        return;
    }
    int half = (at - 3) / 2;
    page_draw_node(p->a, r, line, 0, half, item->source, on);
    draw_text(r, line, half + 1, 2, ROLE_DIM | on, draw_glyph(GLYPH_ARROW));
    page_draw_node(p->a, r, line, half + 3, at - 1, item->target, on);
}

static void draw_row(void *user, region r, int line, uint32_t index, style on)
{
    const page_picture *p = user;
    const trust_look *look = p->c->look;
    int64_t from, to;
    char figure[24];
    switch (p->tab.kind) {
    case TAB_PAIRS:
        trust_pair(&p->c->report, index, &from, &to);
        draw_pair_name(p, r, line, index,
                       r.cols - columns_shown(look->column, r.cols) * FIGURE - 1, on);
        draw_figures(p, r, line, look->column, "", from, to, on);
        break;
    case TAB_TABLE:
        trust_pair(&p->c->report, p->v->pair, &from, &to);
        draw_text(r, line, 0, 28, ROLE_NAME | on, look->prefix_name[index]);
        draw_figures(p, r, line, look->by_prefix, look->prefix[index], from, to, on);
        break;
    case TAB_LIST: draw_item(p, r, line, index, on); break;
    case TAB_FIGURES: {
        const check_figure *f = &p->c->report.figure[index];
        char *name = text_clean(f->name);
        draw_text(r, line, 0, r.cols / 2, ROLE_NAME | on, name);
        draw_text(r, line, r.cols / 2, r.cols / 3, ROLE_DIM | on,
                  f->target_layer ? layer_name(p->a, f->target_layer) : "");
        draw_right(r, line, r.cols - FIGURE, FIGURE, ROLE_NUMBER | on,
                   page_show(figure, AS_FIGURE, f->value));
        free(name);
        break;
    }
    case TAB_WORDS: draw_text(r, line, 0, r.cols, ROLE_TEXT | on, p->words[index]); break;
    case TAB_SOLVED: break;
    }
}

static void draw_heads(const page_picture *p, region r)
{
    const trust_look *look = p->c->look;
    const trust_column *column = p->tab.kind == TAB_PAIRS ? look->column : look->by_prefix;
    if (p->tab.kind == TAB_LIST) {
        const trust_list_look *l = &look->list[p->tab.which];
        int at = r.cols;
        for (int i = values_shown(l, r.cols) - 1; i >= 0; i--)
            draw_right(r, 0, at -= FIGURE, FIGURE - 1, ROLE_HEAD, l->head[i]);
        draw_text(r, 0, 0, at - 1, ROLE_HEAD, l->edges ? "edge" : "feature");
        return;
    }
    if (p->tab.kind == TAB_FIGURES || p->tab.kind == TAB_WORDS)
        return;
    int shown = columns_shown(column, r.cols), at = r.cols - shown * FIGURE;
    if (p->tab.kind == TAB_PAIRS)
        draw_text(r, 0, 0, at - 1, ROLE_HEAD, "pair");
    else
        draw_pair_name(p, r, 0, p->v->pair, at - 1, 0);
    for (int i = 0; i < shown; i++)
        draw_right(r, 0, at + i * FIGURE, FIGURE - 1, ROLE_HEAD, column[i].head);
}

/* One line on the list at hand. */
static const char *about(const page_picture *p)
{
    if (p->tab.kind == TAB_PAIRS)
        return chart_exists(p->c) ? "Enter opens the pair's edges; the chart shows the pair, too"
                                  : "Enter opens the pair's edges";
    if (p->tab.kind != TAB_LIST)
        return "";
    const trust_list_look *l = &p->c->look->list[p->tab.which];
    return !p->found ? "reading" : p->found->list[p->tab.which].count ? l->about : l->none;
}

/* What it says, line by line. */
static void draw_words(const page_picture *p, list *l, region r, bool focused)
{
    enum { MOST_LINES = 100 };
    char *line[MOST_LINES];
    page_picture user = *p;
    uint32_t lines = 0;
    const char *text = p->c->say;
    int width = r.cols > WIDEST ? WIDEST : r.cols - 1;
    while (*text && lines < MOST_LINES) {
        size_t bytes = draw_cut(text, width);
        line[lines++] = mem_format("%.*s", (int)bytes, text);
        text += bytes;
        text += *text == ' ';
    }
    user.words = line;
    list_set_count(l, lines);
    list_draw(l, r, focused, draw_row, &user);
    for (uint32_t i = 0; i < lines; i++)
        free(line[i]);
}

static void draw_list(const page_picture *p, list *l, region r, bool focused)
{
    if (r.rows < 2)
        return;
    if (p->tab.kind == TAB_WORDS) {
        draw_words(p, l, r, focused);
        return;
    }
    r.cols = r.cols > WIDEST ? WIDEST : r.cols;
    int below = r.rows >= 5;
    bool bar = l->count > (uint32_t)(r.rows - 1 - below);
    draw_heads(p, region_part(r, 0, 0, 1, r.cols - bar));
    page_picture user = *p;
    list_draw(l, region_part(r, 1, 0, r.rows - 1 - below, r.cols), focused, draw_row, &user);
    int end = l->count + 1 < (uint32_t)r.rows - 1 ? (int)l->count + 1 : r.rows - 1;
    if (below)
        draw_text(r, end, 0, r.cols, ROLE_DIM, about(p));
}

/* -- the head ------------------------------------------------------------------------------ */

/* What it is, how it stands, what it was told, when. Returns the lines taken. */
static int draw_head(const page_picture *p, region r, int most)
{
    const check *about = &p->c->report.about;
    char seconds[24];
    int col = draw_text(r, 0, 0, r.cols, ROLE_NAME, p->c->kind->name) + 2;
    if (!about->id) {
        draw_text(r, 0, col, r.cols - col, ROLE_DIM, "not run");
        return 1 + draw_wrapped(region_part(r, 1, 0, most, r.cols), 0, r.cols, most, ROLE_DIM,
                                p->c->why[0] ? p->c->why : p->c->kind->meaning);
    }
    bool ours = trust_at_work(p->a, p->c);
    col += 2 + draw_text(r, 0, col, r.cols, ours ? ROLE_NAME : ROLE_TEXT,
                         ours ? fit_state_name(FIT_RUNNING) : p->c->state);
    if (ours) {
        draw_progress(r, 0, col, 10, ROLE_BAR, p->a->check.fraction);
        draw_format(r, 0, col + 11, ROLE_NUMBER, "%d%%  %s left",
                    (int)(100 * p->a->check.fraction),
                    show_seconds(seconds, p->a->check.seconds_left));
    } else {
        if (p->c->whose)
            col += draw_text(r, 0, col, (r.cols - col) / 2, ROLE_TEXT, p->c->whose) + 2;
        draw_text(r, 0, col, r.cols - col - 9, ROLE_DIM, p->c->settings);
        draw_right(r, 0, r.cols - 8, 7, ROLE_DIM, show_seconds(seconds, about->seconds));
    }
    bool failed = about->state == FIT_FAILED && about->message && about->message[0];
    const char *said = most > 3 ? p->c->say : p->c->verdict; /* all of it stands in a list, too */
    const char *text = said ? said : failed ? about->message : p->c->kind->meaning;
    role look = said ? ROLE_TEXT : failed ? ROLE_ERROR : ROLE_DIM;
    region below = region_part(r, 1, 0, most, r.cols > WIDEST ? WIDEST : r.cols);
    return 1 + draw_wrapped(below, 0, below.cols, most, look, text);
}

/* -- the whole ----------------------------------------------------------------------------- */

/* Where the chart goes: beside the list, below it, in its place (zoomed), or nowhere. */
static void draw_lower(const page_picture *p, list *l, region r, bool focused)
{
    bool chart = chart_exists(p->c) && p->c->report.points + (p->found ? p->found->dots : 0) > 0;
    if (chart && focused && p->v->zoomed) {
        chart_draw(p->v, p->c, r);
        return;
    }
    if (chart && r.cols >= BESIDE) {
        int left = r.cols * 11 / 20;
        draw_list(p, l, region_part(r, 0, 0, r.rows, left - 2), focused);
        chart_draw(p->v, p->c, region_part(r, 0, left, r.rows, r.cols - left));
        return;
    }
    int wanted = (int)l->count + 3, rows = r.rows;
    if (chart && p->tab.kind == TAB_LIST)
        wanted = r.rows * 3 / 5;
    if (chart && p->tab.kind == TAB_WORDS)
        wanted = count_wrapped(r.cols - 1, r.rows, p->c->say) + 1;
    wanted = wanted < CHART_LEAST ? CHART_LEAST : wanted;
    if (chart && r.rows - wanted < CHART_ROWS)
        wanted = r.rows - CHART_ROWS;
    if (chart && wanted >= CHART_LEAST) {
        rows = wanted;
        chart_draw(p->v, p->c, region_part(r, rows, 0, r.rows - rows, r.cols));
    }
    draw_list(p, l, region_part(r, 0, 0, rows, r.cols), focused);
}

void page_draw(app *a, trust_state *v, uint32_t page, region body, bool focused)
{
    trust_tab tab[TRUST_TABS];
    page_picture p = {.a = a, .v = v, .c = trust_check_at(v, page)};
    if (!p.c) {
        draw_text(body, 0, 0, body.cols, ROLE_DIM, "reading");
        return;
    }
    int most = body.rows >= 30 ? 8 : body.rows >= 15 ? 3 : v->zoomed && focused ? 1 : 2;
    int row = draw_head(&p, body, most);
    uint32_t tabs = trust_tabs(v, page, tab), at = focused ? v->at : 0;
    if (tabs == 0)
        return;
    row += body.rows >= 24;
    p.found = trust_found(v, page);
    p.tab = tab[at < tabs ? at : 0];
    list preview = {.count = p.tab.count, .page = 1}, *l = focused ? &v->tab[v->at] : &preview;
    if (focused)
        page_draw_tabs(v, tab, tabs, body, row++);
    draw_lower(&p, l, region_part(body, row, 0, body.rows - row, body.cols), focused);
}
