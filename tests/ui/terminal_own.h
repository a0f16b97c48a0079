/* What a terminal is made of: for what runs the program (terminal.c) and what looks at the screen
 * (terminal_seen.c). */
#ifndef TESTS_UI_TERMINAL_OWN_H
#define TESTS_UI_TERMINAL_OWN_H

#include "tests/ui/terminal.h"

#include <sys/types.h>
#include <termios.h>
#include <vterm.h>

struct terminal {
    int master, reports, orders;
    pid_t keeper, program;
    terminal_state state;
    int exit_status;
    struct termios before;
    VTerm *vt;
    VTermScreen *screen;
    int rows, columns;
    bool alternate, cursor_hidden, mouse_told;
    bool gathering; /* what a gesture comes to is sent in one write, that nothing comes between */
    char gesture[64];
    size_t gathered;
    size_t cursor_matched; /* bytes of "ESC [ ? 2 5" that the stream has just brought */
    size_t bytes;
    unsigned char
        tail[3]; /* the last bytes of the stream, to find forbidden sequences across reads */
    const char *harm;
};

#endif
