/* SVG: the drawing of the screen as a figure. Negative lines are dashed, so that no meaning is
 * told by colour alone; whole labels show as tooltips. */
#include "src/formats/diagram_file.h"

#include <math.h>
#include <string.h>

enum {
    MARGIN = 24,
    HEAD = 76, /* title, note and heads of columns */
    BOX_WIDTH = 190,
    BOX_HEIGHT = 36,
    COLUMN = 280,
    SLOT = 48,
    NARROWEST = 900, /* title and note need as much */
    NAME_MOST = 30,
    LABEL_MOST = 34
};

static double column_x(uint32_t column)
{
    return MARGIN + (double)column * COLUMN;
}

static double slot_y(uint32_t slot)
{
    return MARGIN + HEAD + (double)slot * SLOT + BOX_HEIGHT / 2.0;
}

static void print_text(FILE *out, double x, double y, const char *look, const char *text,
                       size_t most)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, look);
    diagram_print_xml(out, text, most);
    fputs("</text>\n", out);
}

static void curve_to(FILE *out, double x, double y, double to_x, double to_y)
{
    double half = (to_x - x) / 2;
    fprintf(out, " C%.1f %.1f %.1f %.1f %.1f %.1f", x + half, y, to_x - half, to_y, to_x, to_y);
}

static void print_line(const diagram *d, const diagram_line *l, double heaviest, FILE *out)
{
    const diagram_box *from = &d->box[l->from], *to = &d->box[l->to];
    double x = column_x(from->column) + BOX_WIDTH, y = slot_y(from->slot);
    fprintf(out, "<path d=\"M%.1f %.1f", x, y);
    for (uint32_t i = 0; i < l->bends; i++) {
        double left = column_x(from->column + 1 + i), level = slot_y(l->bend[i]);
        curve_to(out, x, y, left, level);
        fprintf(out, " H%.1f", left + BOX_WIDTH);
        x = left + BOX_WIDTH;
        y = level;
    }
    curve_to(out, x, y, column_x(to->column), slot_y(to->slot));
    fprintf(out, "\" class=\"%s\" stroke-width=\"%.2f\"><title>", l->weight < 0 ? "neg" : "pos",
            0.6 + 3.4 * fabs(l->weight) / heaviest);
    diagram_print_xml(out, from->name, SIZE_MAX);
    fputs(" &#8594; ", out);
    diagram_print_xml(out, to->name, SIZE_MAX);
    fprintf(out, ": %.4g</title></path>\n", l->weight);
}

static void print_box(const diagram_box *b, FILE *out)
{
    double x = column_x(b->column), y = slot_y(b->slot) - BOX_HEIGHT / 2.0;
    fprintf(
        out,
        "<g><rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\" rx=\"4\" class=\"%s\"/><title>",
        x, y, BOX_WIDTH, BOX_HEIGHT, b->focus ? "box focus" : "box");
    diagram_print_xml(out, b->name, SIZE_MAX);
    fputs(" ", out);
    diagram_print_xml(out, b->label, SIZE_MAX);
    fputs("</title>\n", out);
    /* an svg of its own cuts off what is too wide; the head of the column says the layer */
    const char *slash = strrchr(b->name, '/');
    fprintf(out, "<svg x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%d\">\n", x + 8, y,
            BOX_WIDTH - 12, BOX_HEIGHT);
    print_text(out, 0, 14, "class=\"name\"", slash ? slash + 1 : b->name, NAME_MOST);
    print_text(out, 0, 28, "class=\"label\"", b->label, LABEL_MOST);
    fputs("</svg></g>\n", out);
}

void svg_print(const diagram *d, FILE *out)
{
    double heaviest = diagram_heaviest(d);
    double width = 2.0 * MARGIN + (d->columns > 0 ? (d->columns - 1.0) * COLUMN : 0) + BOX_WIDTH;
    double height = 2.0 * MARGIN + HEAD + (double)d->slots * SLOT;
    width = width < NARROWEST ? NARROWEST : width;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
            "viewBox=\"0 0 %.0f %.0f\" font-family=\"Helvetica, Arial, sans-serif\">\n"
            "<style>.box{fill:#fff;stroke:#444}.focus{stroke-width:2.5;fill:#fff8e1}"
            ".name{font-size:11px;font-weight:bold}.label{font-size:10px;fill:#333}"
            ".head{font-size:12px;fill:#666}.pos,.neg{fill:none;stroke:#2166ac;stroke-opacity:.7}"
            ".neg{stroke:#b2182b;stroke-dasharray:6 4}</style>\n"
            "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
            width, height, width, height);
    print_text(out, MARGIN, MARGIN + 10, "font-size=\"15\" font-weight=\"bold\"", d->title, 110);
    print_text(out, MARGIN, MARGIN + 28, "class=\"head\"", d->note, 160);
    for (uint32_t column = 0; column < d->columns; column++)
        print_text(out, column_x(column), MARGIN + HEAD - 12, "class=\"head\"", d->column[column],
                   LABEL_MOST);
    for (uint32_t i = 0; i < d->lines; i++)
        print_line(d, &d->line[i], heaviest, out);
    for (uint32_t i = 0; i < d->boxes; i++)
        print_box(&d->box[i], out);
    fputs("</svg>\n", out);
}
