#include "tests/bench/chart.h"

#include <math.h>

enum {
    WIDTH = 300,
    HEIGHT = 210,
    LEFT = 52,
    TOP = 34,
    RIGHT = 14,
    BOTTOM = 40,
    HEAD = 58,
    ROW = 20
};

static double along(double value, double from, double to, bool logarithmic)
{
    if (logarithmic)
        return (log10(value) - log10(from)) / (log10(to) - log10(from));
    return (value - from) / (to - from);
}

static double place_x(const chart *c, double left, double size)
{
    double inner = WIDTH - LEFT - RIGHT;
    return left + LEFT + inner * along(size, c->size[0], c->size[c->sizes - 1], true);
}

static double place_y(const chart_panel *p, double top, double value)
{
    double inner = HEIGHT - TOP - BOTTOM;
    double part = along(value, p->from, p->to, p->logarithmic);
    return top + TOP + inner * (1 - fmin(1, fmax(0, part)));
}

static void print_axes(const chart *c, const chart_panel *p, double left, double top, FILE *out)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"title\">%s</text>\n", left + LEFT,
            top + TOP - 12, p->title);
    for (uint32_t i = 0; i < p->mark_count; i++) {
        double y = place_y(p, top, p->marks[i]);
        fprintf(out, "<path d=\"M%.1f %.1fH%.1f\" class=\"grid\"/>", left + LEFT, y,
                left + WIDTH - RIGHT);
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"mark\" text-anchor=\"end\">%g</text>\n",
                left + LEFT - 6, y + 4, p->marks[i]);
    }
    for (uint32_t i = 0; i < c->sizes; i += 2)
        fprintf(out,
                "<text x=\"%.1f\" y=\"%.1f\" class=\"mark\" text-anchor=\"middle\">%g</text>\n",
                place_x(c, left, c->size[i]), top + HEIGHT - BOTTOM + 16, c->size[i]);
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" class=\"mark\" text-anchor=\"middle\">%s</text>\n",
            left + (LEFT + WIDTH - RIGHT) / 2.0, top + HEIGHT - BOTTOM + 31, c->sizes_name);
}

static void print_look(const chart_series *s, FILE *out)
{
    fprintf(out, "fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s", s->colour,
            s->dashed ? " stroke-dasharray=\"5 4\"" : "");
}

static void print_series(const chart *c, const chart_panel *p, const chart_series *s, double left,
                         double top, FILE *out)
{
    bool begun = false;
    fputs("<path d=\"", out);
    for (uint32_t i = 0; i < c->sizes; i++) {
        if (isnan(s->value[i]))
            continue;
        fprintf(out, "%s%.1f %.1f", begun ? "L" : "M", place_x(c, left, c->size[i]),
                place_y(p, top, s->value[i]));
        begun = true;
    }
    fputs("\" ", out);
    print_look(s, out);
    fprintf(out, "><title>%s</title></path>\n", s->name);
    for (uint32_t i = 0; i < c->sizes; i++)
        if (!isnan(s->value[i]))
            fprintf(out, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.6\" fill=\"%s\"/>\n",
                    place_x(c, left, c->size[i]), place_y(p, top, s->value[i]), s->colour);
}

void chart_print(const chart *c, FILE *out)
{
    uint32_t rows = (c->panels + c->across - 1) / c->across;
    uint32_t legend_rows = (c->legends + c->across - 1) / c->across;
    double width = 20.0 + c->across * WIDTH;
    double height = HEAD + (double)rows * HEIGHT + legend_rows * ROW + 14.0;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"0 "
            "0 %.0f "
            "%.0f\" font-family=\"Helvetica, Arial, sans-serif\">\n"
            "<style>.title{font-size:13px;font-weight:bold}.mark{font-size:11px;fill:#444}"
            ".grid{stroke:#ddd;fill:none}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
            "<text x=\"20\" y=\"24\" font-size=\"15\" font-weight=\"bold\">%s</text>\n"
            "<text x=\"20\" y=\"43\" class=\"mark\">%s</text>\n",
            width, height, width, height, c->title, c->note);
    for (uint32_t i = 0; i < c->panels; i++) {
        const chart_panel *p = &c->panel[i];
        double left = i % c->across * (double)WIDTH, top = HEAD + i / c->across * (double)HEIGHT;
        print_axes(c, p, left, top, out);
        for (uint32_t s = 0; s < p->series_count; s++)
            print_series(c, p, &p->series[s], left, top, out);
    }
    for (uint32_t i = 0; i < c->legends; i++) {
        double x = LEFT + i % c->across * (double)WIDTH;
        double y = HEAD + (double)rows * HEIGHT + (i / c->across + 0.5) * ROW;
        fprintf(out, "<path d=\"M%.1f %.1fh28\" ", x, y);
        print_look(&c->legend[i], out);
        fprintf(out, "/><text x=\"%.1f\" y=\"%.1f\" class=\"mark\">%s</text>\n", x + 36, y + 4,
                c->legend[i].name);
    }
    fputs("</svg>\n", out);
}
