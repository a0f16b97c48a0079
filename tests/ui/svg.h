/* A picture of the emulated screen, for the README. */
#ifndef TESTS_UI_SVG_H
#define TESTS_UI_SVG_H

#include <stdbool.h>
#include <vterm.h>

/* Writes the screen's text, colours and attributes as an SVG file. False: it could not be written.
 */
bool svg_write(VTermScreen *screen, int rows, int columns, const char *path);

#endif
