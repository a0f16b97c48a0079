/* Graphviz DOT: boxes ranked by layer, in the order of the drawing. Quoted strings of DOT take
 * XML's character references, so its labels are escaped as XML is, and hold no backslash. */
#include "src/formats/diagram_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* As XML, with backslashes, which begin escapes of DOT, as references. */
static void print_text(FILE *out, const char *text)
{
    char *part = text ? strdup(text) : NULL;
    for (char *at = part; at;) {
        char *slash = strchr(at, '\\');
        if (slash)
            *slash = '\0';
        diagram_print_xml(out, at, SIZE_MAX);
        if (slash)
            fputs("&#92;", out);
        at = slash ? slash + 1 : NULL;
    }
    free(part);
}

static void print_box(const diagram *d, uint32_t i, FILE *out)
{
    const diagram_box *b = &d->box[i];
    fprintf(out, "    n%u [label=\"", i);
    print_text(out, b->name);
    if (b->label && *b->label) {
        fputs("\\n", out);
        print_text(out, b->label);
    }
    fprintf(out, "\"%s];\n", b->focus ? ", penwidth=2.5" : "");
}

/* A layer's boxes stand in one rank, from the upper slot to the lower. */
static void print_column(const diagram *d, uint32_t column, FILE *out)
{
    fprintf(out,
            "  subgraph layer%u {\n    rank=same;\n    h%u [shape=plaintext, "
            "fontcolor=\"#666666\", label=\"",
            column, column);
    print_text(out, d->column[column]);
    fputs("\"];\n", out);
    for (uint32_t slot = 0; slot < d->slots; slot++)
        for (uint32_t i = 0; i < d->boxes; i++)
            if (d->box[i].column == column && d->box[i].slot == slot)
                print_box(d, i, out);
    fputs("  }\n", out);
}

void dot_print(const diagram *d, FILE *out)
{
    double heaviest = diagram_heaviest(d);
    fputs("digraph circuit {\n  rankdir=LR;\n  ordering=out;\n  label=\"", out);
    print_text(out, d->title);
    fputs("\\n", out);
    print_text(out, d->note);
    fputs("\";\n  node [shape=box, fontname=\"Helvetica\", fontsize=10];\n"
          "  edge [fontname=\"Helvetica\", fontsize=8];\n",
          out);
    for (uint32_t column = 0; column < d->columns; column++)
        print_column(d, column, out);
    for (uint32_t column = 1; column < d->columns; column++)
        fprintf(out, "  h%u -> h%u [style=invis];\n", column - 1, column);
    for (uint32_t i = 0; i < d->lines; i++) {
        const diagram_line *l = &d->line[i];
        fprintf(out, "  n%u -> n%u [label=\"%.3g\", penwidth=%.2f%s];\n", l->from, l->to,
                l->weight, 0.5 + 3 * fabs(l->weight) / heaviest,
                l->weight < 0 ? ", style=dashed, color=\"#b2182b\"" : ", color=\"#2166ac\"");
    }
    fputs("}\n", out);
}
