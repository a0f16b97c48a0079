/* A program in a pseudo-terminal, with an emulator (libvterm) that sees what a person would see.
 *
 * Between us and the program stands a keeper, which does what an interactive shell does: it leads
 * the session, gives the terminal to the program's own process group, notices when the program
 * stops (Ctrl-Z) or ends, and can put it in the foreground again. Without it, Ctrl-Z would do
 * nothing: an orphaned process group cannot be stopped from the terminal. */
#ifndef TESTS_UI_TERMINAL_H
#define TESTS_UI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct terminal terminal;

typedef enum terminal_state { TERMINAL_RUNS, TERMINAL_STOPPED, TERMINAL_ENDED } terminal_state;

/* argv and environment end with NULL; argv[0] is a path. NULL when no terminal can be had. */
terminal *terminal_start(char *const argv[], char *const environment[], int rows, int columns);

/* Kills what still runs. NULL is fine. */
void terminal_free(terminal *t);

/* Feeds what the program writes to the emulator until nothing came for `quiet` seconds, at most
 * for `patience` seconds. True when it is quiet. */
bool terminal_settle(terminal *t, double quiet, double patience);

/* As terminal_settle, but first waits, at most `patience`, for any output at all. */
void terminal_wait_output(terminal *t, double patience);

/* Feeds what comes within a short moment: the body of a loop that waits for something. */
void terminal_step(terminal *t);

/* A key by name (Enter, Esc, Tab, BackTab, Up, PgDn, F1, C-x, Space, ...) or a text that is typed.
 * False: no such key. */
bool terminal_key(terminal *t, const char *name);
void terminal_type(terminal *t, const char *text);

/* Presses and releases of a mouse button (1 to 3), or turns of the wheel (4 up, 5 down), at a
 * place, all in one write; tells the program only if it asked for that. */
void terminal_mouse(terminal *t, int button, int times, int row, int column);

void terminal_resize(terminal *t, int rows, int columns);
void terminal_signal(terminal *t, int number); /* to the program */
void terminal_continue(terminal *t);           /* what `fg` does */
void terminal_hang_up(terminal *t);            /* the line drops */

terminal_state terminal_state_now(const terminal *t);
/* Of a program that ended: exit status, or 128 + signal, as a shell says it. */
int terminal_exit_status(const terminal *t);

/* The screen as lines of UTF-8, trailing blanks cut, each ended with a newline. Free it. */
char *terminal_text(const terminal *t);

/* Where a text stands first. False: nowhere. */
bool terminal_find(const terminal *t, const char *text, int *row, int *column);

/* Whether `text` stands somewhere on the screen with every character in reverse video (bold,
 * coloured: see `look`). */
typedef enum terminal_look { LOOK_REVERSE, LOOK_BOLD, LOOK_COLOUR, LOOK_STANDS_OUT } terminal_look;
bool terminal_looks(const terminal *t, const char *text, terminal_look look);
/* Whether any cell has another colour than the terminal's own. */
bool terminal_has_colour(const terminal *t);

/* Bytes sent by the program since the last call of terminal_count_from_here. */
size_t terminal_bytes(const terminal *t);
void terminal_count_from_here(terminal *t);

/* Writes what stands on the screen as an SVG picture. False: the file could not be written. */
bool terminal_picture(const terminal *t, const char *path);

/* NULL, or what the program has sent that a label must never make it send: a control character
 * of the C1 set, a bidirectional override, an operating system command, a device string. */
const char *terminal_harm(const terminal *t);

/* NULL, or how the terminal differs from how the program found it (modes, screen, cursor). */
const char *terminal_left_behind(const terminal *t);

#endif
