/* What the screen keeps for itself, behind app->screen: ui/app.c, frame.c, loop.c, palette.c and
 * snapshot.c share it; views do not. */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "ui/app.h"
#include "ui/ui.h"

enum { TABLE_UNKNOWN, TABLE_WANTED, TABLE_ASKED };

typedef struct version_seen {
    int64_t version;
    uint64_t inode, device; /* 0: the file is gone */
} version_seen;

enum { PAST_NAMES = 20, HELD_MOST = 64 };

typedef enum line_owner {
    LINE_FREE,
    LINE_VIEW,
    LINE_PALETTE,
    LINE_CONFIRM,
    LINE_MARK,
    LINE_JUMP
} line_owner;

struct screen {
    history back, forward;
    place mark[26]; /* by letter */
    bool marked[26];

    /* the status line's input */
    line_owner line;
    prompt input;
    int line_tag;
    char line_label[160];
    char line_hint[160];
    char past[PAST_NAMES][32]; /* what the palette called, newest first */
    int past_count, past_at;   /* past_at: -1 while a name is typed */
    void (*confirmed)(app *a, int64_t user);
    int64_t confirmed_user;

    modal *modal;
    bool greeting; /* shows until the first key */

    char message[512];
    role message_role;
    bool message_seen; /* a key was pressed since */
    double message_at; /* when it was said */

    bool dirty;          /* draw at once */
    bool progress_dirty; /* draw when a tenth of a second has passed since drawn_at */
    double drawn_at;
    double rest_at; /* tell the views that the keys rest; 0: none asked */
    bool leaving;
    status leave_code;

    /* How long the loop had listened in vain when the present key came, and so far for the next:
     * not the time of day, so that a slow machine does not tear apart what came in one breath. */
    double pause, listened;

    /* Digits typed before an action. They may have opened views: digit_from is where we were. */
    bool counting;
    int count, digits, digit_value;
    place digit_from;
    size_t digit_depth;

    bool clicked; /* the last key was a click, here */
    int clicked_y, clicked_x;

    bool mouse;                      /* on */
    bool theme_chosen, mouse_chosen; /* by a key: to be remembered */
    int held[HELD_MOST], held_count; /* keys that wait; see typeahead.c */
    int held_line;                   /* one of them opens a line: what follows is its text */

    char **theme_names;
    size_t theme_count, theme_at;
    bool no_color;

    /* layers' tables, by position */
    feature_table **table;
    uint8_t *table_state; /* TABLE_... */
    uint32_t table_count;
    bool table_under_way;

    /* Circuits are read by a thread of their own: five million edges take seconds, and nobody else
     * should stand behind them. */
    struct reader *circuits;
    bool circuit_under_way;
    double circuit_read_at, circuit_read_took;
    uint64_t circuit_edges; /* in the study's snapshot when the circuit was asked for */
    version_seen seen;      /* the file at first; its version as of late */
    double version_asked_at;
    bool version_under_way, study_under_way, study_again;
    int64_t offered; /* an interrupted fit that the user was told of; 0: none */
    bool lost_told;  /* said already that the file is gone */
};

/* frame.c */
void frame_draw(app *a);

/* snapshot.c: asking for, and taking in, what several views share. */
void snapshot_begin(app *a);
void snapshot_refresh(app *a);          /* the study, now */
void snapshot_tick(app *a, double now); /* the version once a second, what follows */
bool snapshot_answer(app *a, int kind, reader_answer *answer); /* false: not of these kinds */
void snapshot_end(app *a);

/* study_snapshot.c: one reading of the study. Runs on the reader's thread. */
status study_read(db *d, void *ask, void **result, error *err);
void study_free(void *read);

/* loop.c */
void loop_run(app *a);
void screen_act(app *a, action_id act, int count);
void screen_changed(app *a, unsigned what);

/* mouse.c: a click or a turn of the wheel, on what the last frame showed. */
struct mouse_event;
void mouse_take(app *a, const struct mouse_event *e);

/* typeahead.c */
bool typeahead_hold(app *a, int key);  /* true: kept until the view can use it */
bool typeahead_next(app *a, int *key); /* one that was kept, and can be used now */

/* palette.c */
void palette_open(app *a);
void palette_key(app *a, int key);
void palette_draw_hints(app *a, region line);

/* greeting.c */
bool greeting_due(void); /* true once in a user's life */
void greeting_draw(region body);

/* help.c */
modal *help_create(app *a);
/* Says in which views a key means something that means nothing in this one. */
void help_say_unbound(app *a, int key);

/* app.c */
void app_close_modal(app *a);
void app_next_theme(app *a);
void app_turn_mouse(app *a);

/* history.c */
void history_begin(app *a); /* enters the first view */
void history_end(app *a);
place place_here(app *a);
bool app_forward(app *a); /* false: nobody came back from anywhere */
void app_switch_view(app *a, view_id view);
void app_pop_to(app *a, size_t depth, const place *where); /* no deeper than that, and there */
void history_mark(app *a, int key);                        /* here, by that letter */
void history_jump(app *a, int key);

#endif
