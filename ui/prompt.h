/* One line of input with the usual editing keys. */
#ifndef UI_PROMPT_H
#define UI_PROMPT_H

#include "ui/draw.h"

#define PROMPT_LENGTH 256

typedef struct prompt {
    char text[PROMPT_LENGTH]; /* UTF-8, only printable characters */
    size_t length, at;        /* bytes; the cursor stands before text[at] */
} prompt;

void prompt_set(prompt *p, const char *text); /* cursor at the end */

/* Takes an editing key (characters, arrows, Home, End, Backspace, Delete, ^A ^E ^U ^W ^K). False:
 * not one of its own. *edited (may be NULL) says whether the text changed. */
bool prompt_key(prompt *p, int key, bool *edited);

/* Draws the text from col on, scrolled so that the cursor shows, and puts the terminal's cursor
 * there when `focused`. */
void prompt_draw(const prompt *p, region r, int row, int col, int width, style s, bool focused);

#endif
