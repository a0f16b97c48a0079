/* Private to the writers of diagrams. */
#ifndef FORMATS_DIAGRAM_FILE_H
#define FORMATS_DIAGRAM_FILE_H

#include "src/formats/diagram.h"

#include <stdio.h>

void svg_print(const diagram *d, FILE *out); /* svg.c */
void dot_print(const diagram *d, FILE *out); /* dot.c */

/* Prints at most `most` characters of text (SIZE_MAX: all; cut text ends in an ellipsis) as they
 * stand in an XML document. Bytes that are not UTF-8, control characters and what turns the
 * direction of text round become U+FFFD. NULL prints nothing. */
void diagram_print_xml(FILE *out, const char *text, size_t most);

/* The size of the heaviest line, at least the smallest positive number. */
double diagram_heaviest(const diagram *d);

#endif
