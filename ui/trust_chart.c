/* The chart of a check: a curve, how many edges have each share, or what was said against what
 * was found. */
#include "src/base/memory.h"
#include "src/base/text.h"
#include "ui/trust_draw.h"

#include <math.h>
#include <stdio.h>

enum { MARGIN = 9, SCATTER = 0, LINE = 1, RULE = 2 }; /* pens */

bool chart_exists(const trust_check *c)
{
    return c->look->chart.kind != TRUST_NO_CHART;
}

/* The series of the chart's pair. */
typedef struct chart_view {
    const trust_state *v;
    const trust_check *c;
    const trust_chart *chart;
    uint32_t pair;
    int64_t from, to;
} chart_view;

static const check_point *series_of(const chart_view *k, const char *series, uint32_t *count)
{
    *count = 0;
    return series ? check_curve_of(&k->c->report, k->from, k->to, series, count) : NULL;
}

/* -- axes ---------------------------------------------------------------------------------- */

typedef struct range {
    double from, to;
} range;

static void take_in(range *r, double value)
{
    if (!isfinite(value))
        return;
    r->from = fmin(r->from, value);
    r->to = fmax(r->to, value);
}

static range empty_range(void)
{
    return (range){INFINITY, -INFINITY};
}

static plot_axis axis_of(range r, bool logarithmic)
{
    if (!(r.to > r.from)) {
        double middle = isfinite(r.from) ? r.from : 0;
        r = logarithmic ? (range){middle > 0 ? middle / 2 : 1, middle > 0 ? middle * 2 : 10}
                        : (range){middle - 1, middle + 1};
    }
    return (plot_axis){r.from, r.to, logarithmic};
}

static void draw_plot(const plot *p, region r)
{
    static const role look[] = {[SCATTER] = ROLE_BAR, [LINE] = ROLE_ACTIVE, [RULE] = ROLE_DIM};
    char cell[4];
    for (int row = 0; row < p->rows; row++)
        for (int col = 0; col < p->cols; col++) {
            uint8_t pen = p->pen[row * p->cols + col];
            const char *text = plot_cell(p, row, col, text_is_utf8(), cell);
            if (*text)
                draw_text(r, row, col, 1, look[pen], text);
        }
}

/* A figure at the end of an axis; counts are short. */
static char *show_end(char *out, double value)
{
    return value >= 1 && floor(value) >= value ? show_short(out, (uint64_t)value)
                                               : show_figure(out, value);
}

/* Below 0 by next to nothing is as good as 0. */
static void drop_specks(range *r)
{
    if (r->from < 0 && r->from > -0.02 * r->to)
        r->from = 0;
}

/* Marks at the ends of both axes, names between them. */
static void draw_axes(const chart_view *k, region r, region inside, const plot_axis *x,
                      const plot_axis *y)
{
    char figure[24];
    int base = inside.y - r.y + inside.rows;
    draw_right(r, base - inside.rows, 0, MARGIN - 1, ROLE_DIM, show_end(figure, y->to));
    draw_right(r, base - 1, 0, MARGIN - 1, ROLE_DIM, show_end(figure, y->from));
    draw_text(r, base, MARGIN, 9, ROLE_DIM, show_end(figure, x->from));
    int wide = text_width(k->chart->x);
    draw_text(r, base, MARGIN + (inside.cols - wide) / 2, wide, ROLE_DIM, k->chart->x);
    draw_right(r, base, MARGIN + inside.cols - 9, 9, ROLE_DIM, show_end(figure, x->to));
}

/* -- curves -------------------------------------------------------------------------------- */

static void draw_curves(const chart_view *k, region r, region inside)
{
    range rx = empty_range(), ry = {0, 0};
    plot p;
    uint32_t count = 0;
    for (int i = 0; i < TRUST_CURVES; i++) {
        const check_point *at = series_of(k, k->chart->curve[i].series, &count);
        for (uint32_t j = 0; j < count; j++) {
            take_in(&rx, at[j].x);
            take_in(&ry, at[j].y);
        }
    }
    drop_specks(&ry);
    trust_choice chosen;
    bool wanted = trust_choose(k->v, k->c, k->pair, &chosen) && isfinite(chosen.wanted);
    if (wanted)
        take_in(&ry, 1.2 * chosen.wanted);
    plot_axis x = axis_of(rx, k->chart->logarithmic && rx.from > 0), y = axis_of(ry, false);
    plot_create(&p, inside.rows, inside.cols, x, y);
    if (wanted) {
        plot_line(&p, x.from, chosen.wanted, x.to, chosen.wanted, PLOT_DOTTED, RULE);
        if (chosen.edges > 0)
            plot_line(&p, chosen.edges, y.from, chosen.edges, chosen.wanted, PLOT_DOTTED, RULE);
    }
    for (int i = 0; i < TRUST_CURVES; i++) {
        const check_point *at = series_of(k, k->chart->curve[i].series, &count);
        for (uint32_t j = 1; j < count; j++)
            plot_line(&p, at[j - 1].x, at[j - 1].y, at[j].x, at[j].y, k->chart->curve[i].stroke,
                      LINE);
    }
    draw_plot(&p, inside);
    draw_axes(k, r, inside, &x, &y);
    plot_release(&p);
}

/* -- shares -------------------------------------------------------------------------------- */

static void draw_shares(const chart_view *k, region r, region inside)
{
    enum { MOST_BINS = 50 };
    uint32_t bin[4 * MOST_BINS] = {0}, count = 0;
    const check_point *at = series_of(k, k->chart->curve[0].series, &count);
    int bins = count > 1 && count - 1 < MOST_BINS ? (int)count - 1 : MOST_BINS;
    int times = inside.cols / bins > 3 ? 3 : inside.cols / bins < 1 ? 1 : inside.cols / bins;
    bins = bins * times > inside.cols ? inside.cols : bins;
    char figure[24];
    double most = 0;
    for (uint32_t i = 0; i < count; i++) { /* edges with just this share */
        double own = at[i].y - (i + 1 < count ? at[i + 1].y : 0);
        int b = (int)(at[i].x * bins);
        b = b < 0 ? 0 : b >= bins ? bins - 1 : b;
        for (int t = 0; t < times && own > 0; t++)
            bin[b * times + t] += (uint32_t)own;
    }
    for (int i = 0; i < bins * times; i++)
        most = fmax(most, bin[i]);
    for (int i = 0; i < bins * times; i++) /* most edges are always there: the others show, too */
        bin[i] = (uint32_t)(1000 * log10(1.0 + bin[i]));
    draw_histogram(inside, 0, 0, inside.rows, ROLE_BAR, bin, bins * times);
    int base = inside.y - r.y + inside.rows;
    draw_right(r, base - inside.rows, 0, MARGIN - 1, ROLE_DIM, show_short(figure, (uint64_t)most));
    draw_right(r, base - inside.rows + 1, 0, MARGIN - 1, ROLE_DIM, "(log)");
    draw_text(r, base, MARGIN, 4, ROLE_DIM, "0");
    draw_right(r, base, MARGIN + bins * times - 3, 3, ROLE_DIM, "1");
    trust_choice chosen;
    if (!trust_choose(k->v, k->c, k->pair, &chosen))
        return;
    int mark = (int)lround(chosen.wanted * bins * times);
    draw_text(r, base, MARGIN + mark, 2, ROLE_KEY, draw_glyph(GLYPH_UP));
    draw_format(r, base, MARGIN + (mark > 8 ? 6 : mark + 3), ROLE_DIM, "%s", k->chart->x);
}

/* -- agreement ----------------------------------------------------------------------------- */

static bool is_of_pair(const chart_view *k, const trust_dot *d)
{
    return k->from == 0 || (d->from == k->from && d->to == k->to);
}

static void draw_agreement(const chart_view *k, region r, region inside)
{
    range ry = empty_range(), rx = empty_range();
    plot p;
    uint32_t count = 0;
    const trust_findings *found = k->chart->axis[0] ? k->v->found : NULL;
    if (found && found->check_id != k->c->report.about.id)
        found = NULL;
    for (uint32_t i = 0; found && i < found->dots; i++)
        if (is_of_pair(k, &found->dot[i])) {
            take_in(&rx, (double)found->dot[i].x);
            take_in(&ry, (double)found->dot[i].y);
        }
    for (int i = 0; i < TRUST_CURVES; i++) {
        const check_point *at = series_of(k, k->chart->curve[i].series, &count);
        for (uint32_t j = 0; j < count; j++) {
            take_in(&rx, at[j].x);
            take_in(&ry, at[j].y);
        }
    }
    drop_specks(&ry);
    plot_axis x = axis_of(rx, false), y = axis_of(ry, false);
    plot_create(&p, inside.rows, inside.cols, x, y);
    plot_line(&p, x.from, 0, x.to, 0, PLOT_DOTTED, RULE);
    plot_line(&p, 0, y.from, 0, y.to, PLOT_DOTTED, RULE);
    double low = fmax(x.from, y.from), high = fmin(x.to, y.to);
    for (uint32_t i = 0; found && i < found->dots; i++)
        if (is_of_pair(k, &found->dot[i]))
            plot_dot(&p, (double)found->dot[i].x, fmax(y.from, (double)found->dot[i].y), SCATTER);
    for (int i = 0; i < TRUST_CURVES; i++) {
        const trust_curve *curve = &k->chart->curve[i];
        const check_point *at = series_of(k, curve->series, &count);
        for (uint32_t j = 0; j < count; j++)
            if (curve->dots)
                plot_dot(&p, at[j].x, at[j].y, SCATTER);
            else if (j > 0)
                plot_line(&p, at[j - 1].x, at[j - 1].y, at[j].x, at[j].y, curve->stroke, LINE);
    }
    plot_line(&p, low, low, high, high, PLOT_DASHED, RULE);
    draw_plot(&p, inside);
    draw_axes(k, r, inside, &x, &y);
    plot_release(&p);
}

/* -- the whole ----------------------------------------------------------------------------- */

/* What the chart is of, and what the wanted rate or cut comes to. */
static void draw_title(const chart_view *k, region r)
{
    char edges[24], noise[24], threshold[24];
    trust_choice chosen;
    const trust_chart *chart = k->chart;
    bool known = chart->kind != TRUST_AGREEMENT && trust_choose(k->v, k->c, k->pair, &chosen) &&
                 isfinite(chosen.wanted);
    if (known && r.cols >= 72) {
        draw_right(r, 0, r.cols - 16, 15, ROLE_DIM, "+ - move, u use");
        r.cols -= 17;
    }
    if (known && chart->kind == TRUST_SHARES)
        draw_format(r, 0, 0, ROLE_HEAD, "in %.2f of halves or more: %s edges, noise at most %s",
                    chosen.wanted, show_count(edges, (uint64_t)chosen.edges),
                    page_show(noise, AS_COUNT, chosen.noise));
    else if (known && chosen.edges > 0 && chosen.threshold <= 0)
        draw_format(r, 0, 0, ROLE_HEAD, "at a rate of %g: all %s edges", chosen.wanted,
                    show_count(edges, (uint64_t)chosen.edges));
    else if (known && chosen.edges > 0)
        draw_format(r, 0, 0, ROLE_HEAD, "at a rate of %g: the %s edges with |removal| from %s%s",
                    chosen.wanted, show_count(edges, (uint64_t)chosen.edges),
                    show_figure(threshold, chosen.threshold),
                    check_figure_of(&k->c->report, 0, 0, "wired alone") > 0 ? " (regression)"
                                                                            : "");
    else if (known)
        draw_format(r, 0, 0, ROLE_WARNING, "no threshold brings the rate down to %g",
                    chosen.wanted);
    else
        draw_format(r, 0, 0, ROLE_HEAD, "%s%s%s", chart->title,
                    chart->kind == TRUST_AGREEMENT ? ": " : "",
                    chart->kind == TRUST_AGREEMENT ? chart->y : "");
}

void chart_draw(const trust_state *v, const trust_check *c, region r)
{
    chart_view k = {.v = v, .c = c, .chart = &c->look->chart, .pair = v->pair};
    if (r.rows < 4 || r.cols < MARGIN + 10)
        return;
    trust_pair(&c->report, k.pair, &k.from, &k.to);
    draw_title(&k, r);
    region inside = region_part(r, 1, MARGIN, r.rows - 2, r.cols - MARGIN - 1);
    inside.rows = inside.rows > 30 ? 30 : inside.rows;
    switch (k.chart->kind) {
    case TRUST_CURVE: draw_curves(&k, r, inside); break;
    case TRUST_SHARES: draw_shares(&k, r, inside); break;
    case TRUST_AGREEMENT: draw_agreement(&k, r, inside); break;
    case TRUST_NO_CHART: break;
    }
}
