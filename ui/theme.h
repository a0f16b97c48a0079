/* Roles and how they look. A theme is a YAML file that gives roles colours and attributes:
 *
 *     name: default
 *     roles:
 *       title: {fg: white, bg: blue, bold: true}
 *
 * Colours are names (black, red, ... white, bright-red, ..., grey), numbers 0-255 or default; on
 * a terminal with fewer colours the nearest one it has is taken, and with none (or NO_COLOR) only
 * the attributes stay. No meaning is ever told by colour alone. */
#ifndef UI_THEME_H
#define UI_THEME_H

#include "src/base/error.h"

#include <stddef.h>

/* role, name in themes, what wears it */
#define ROLE_LIST(X)                                                                              \
    X(ROLE_TEXT, "text", "ordinary text")                                                         \
    X(ROLE_DIM, "dim", "what may be overlooked: units, empty cells, rules")                       \
    X(ROLE_TITLE, "title", "the title line")                                                      \
    X(ROLE_TAB, "tab", "the present view's name in the title line")                               \
    X(ROLE_STATUS, "status", "the status line")                                                   \
    X(ROLE_KEY, "key", "a key")                                                                   \
    X(ROLE_HEAD, "head", "column heads and section heads")                                        \
    X(ROLE_CURSOR, "cursor", "the row under the cursor")                                          \
    X(ROLE_PICKED, "picked", "a picked row, a mark")                                              \
    X(ROLE_NAME, "name", "names of layers and features")                                          \
    X(ROLE_LABEL, "label", "labels")                                                              \
    X(ROLE_NUMBER, "number", "figures")                                                           \
    X(ROLE_POSITIVE, "positive", "positive weights")                                              \
    X(ROLE_NEGATIVE, "negative", "negative weights")                                              \
    X(ROLE_BAR, "bar", "bars")                                                                    \
    X(ROLE_ACTIVE, "active", "an active token; a search hit")                                     \
    X(ROLE_BORDER, "border", "frames")                                                            \
    X(ROLE_GOOD, "good", "done, converged")                                                       \
    X(ROLE_WARNING, "warning", "needs a look")                                                    \
    X(ROLE_ERROR, "error", "went wrong")

typedef enum role {
#define ROLE_ENUM(id, name, text) id,
    ROLE_LIST(ROLE_ENUM)
#undef ROLE_ENUM
        ROLE_COUNT
} role;

/* A role, perhaps on the cursor's background: what drawing functions take. */
typedef unsigned style;
enum { ON_CURSOR = 0x100 };

/* -1: the terminal's own colour */
typedef struct role_look {
    short fg, bg;
    bool bold, reverse, underline, dim;
} role_look;

typedef struct theme {
    char name[48];
    role_look look[ROLE_COUNT];
} theme;

/* The looks that need no file. */
void theme_built_in(theme *out); /* "default" */
void theme_mono(theme *out);     /* bold and reverse only */

/* Reads one theme; STATUS_INPUT names `where`, line and column, and what was expected. */
status theme_parse(theme *out, const char *where, const char *yaml, size_t length, error *err);
status theme_read(theme *out, const char *path, error *err);

/* By name, from the user's folder, the checkout's, or the installed one; "default" and "mono"
 * are always there. */
status theme_find(theme *out, const char *name, error *err);

/* Names of all themes to be found, sorted; free each and the list. */
char **theme_names(size_t *count);

/* From now on draws with this theme (after curses has started). */
void theme_use(const theme *t, bool no_color);

/* Sets the terminal's attributes for what is drawn next. */
void theme_wear(style s);

#endif
