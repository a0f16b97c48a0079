/* The terminal itself: taken over, given back on every way out, and the signals that matter. */
#ifndef UI_TERM_H
#define UI_TERM_H

#include "src/base/queue.h"

enum { TERM_LEAST_COLS = 40, TERM_LEAST_ROWS = 12 };

/* Takes the terminal over. STATUS_USAGE with a sentence when there is none, or it cannot show the
 * screen. From now on what is written to standard error is kept back, signals wake `news`, and a
 * crash gives the terminal back before it dies. */
status term_start(queue *news, error *err);

/* Gives it back and shows what was written to standard error meanwhile. Harmless when term_start
 * was not called, or more than once. */
void term_stop(void);

/* What signals asked for since the last call; combined with |. */
enum { TERM_LEAVE = 1, TERM_RESIZE = 2, TERM_SUSPEND = 4, TERM_CONTINUE = 8 };
unsigned term_asked(void);

/* Stops the program as the shell's Ctrl-Z does; returns when it is continued. */
void term_suspend(void);

/* Takes over the terminal's present size, and repaints. */
void term_resize(void);

/* The next key that waits (ui/action.h's numbering), or 0: none. */
int term_key(void);

/* Has the terminal tell of the mouse, or not. False: this one cannot. */
bool term_mouse(bool on);

/* What the mouse did, after term_key said PRESSED_MOUSE, which may stand for several deeds. False:
 * no more. */
typedef enum mouse_deed { MOUSE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } mouse_deed;
typedef struct mouse_event {
    mouse_deed what;
    int y, x;
} mouse_event;
bool term_mouse_event(mouse_event *out);

/* Draws everything anew at the next frame. */
void term_repaint(void);

/* The terminal's cursor shows at this place in the coming frame; without a call it is hidden. */
void term_cursor(int y, int x);

/* Shows what was drawn. */
void term_frame(void);

#endif
