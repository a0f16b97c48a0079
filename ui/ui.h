/* The screen: what the rest of the program sees of it. */
#ifndef UI_UI_H
#define UI_UI_H

#include "src/base/error.h"

#include <stdint.h>
#include <stdio.h>

typedef struct ui_options {
    const char *study;  /* workspace to open */
    const char *theme;  /* name of a theme, or NULL: what the configuration says, or default */
    bool no_color;      /* also when NO_COLOR is set in the environment */
    unsigned threads;   /* for fits; 0: all */
} ui_options;

/* Runs the screen until the user leaves. The terminal is as it was on every way out. A terminal
 * that cannot show it (none, `dumb`, too small) is STATUS_USAGE with a sentence. */
status ui_run(const ui_options *options, error *err);

/* The key section of the manual, from the one action table: roff for the man page, or a
 * Markdown table for the README, or plain text. */
typedef enum ui_keys_form { UI_KEYS_PLAIN, UI_KEYS_ROFF, UI_KEYS_MARKDOWN } ui_keys_form;
void ui_print_keys(FILE *out, ui_keys_form form);

#endif
