/* What a view promises the screen.
 *
 * A view is one table of callbacks and one state that its `create` makes when the screen starts.
 * Callbacks run on the screen's thread and never wait: what needs the workspace is asked of the
 * reader (app_ask) and arrives at `answer`. A callback that is NULL is not needed. */
#ifndef UI_VIEW_H
#define UI_VIEW_H

#include "src/jobs/reader.h"
#include "ui/action.h"
#include "ui/draw.h"

typedef struct app app;

#define NOTHING UINT32_MAX /* no layer, no feature, no node */

/* Where somebody is: enough to come back to it. What a field means is the view's own affair,
 * but layer and feature are understood by all views, so that a jump can be asked for. */
typedef struct place {
    view_id view;
    int mode;         /* the view's own: parents, children, all edges, ... 0: its usual one */
    uint32_t layer;   /* position, or NOTHING: wherever the view was */
    uint32_t feature; /* index in the layer, or NOTHING */
    uint32_t row, top;
    int sort;        /* the view's own */
    char words[96];  /* a search, or empty */
    char filter[96]; /* a filter expression, or empty */
} place;

#define PLACE(view_) ((place){.view = (view_), .layer = NOTHING, .feature = NOTHING})

/* What `act` says happened; combined with |. */
enum {
    ACTED_NOT = 0,     /* not mine: the screen tries its own meaning */
    ACTED = 1,         /* taken, nothing to draw */
    ACTED_REDRAW = 3,  /* taken, draw again */
    ACTED_REFRESH = 5, /* taken, and the study has changed: read its snapshot again */
    ACTED_LEAVE = 8    /* leave the program */
};

/* What app tells views has been replaced. Pointers into the old one are gone. */
enum {
    CHANGED_STUDY = 1,      /* app->study */
    CHANGED_CIRCUIT = 2,    /* app->circuit (may be NULL now) */
    CHANGED_TABLE = 4,      /* some layer's table (app_table) has arrived */
    CHANGED_PROGRESS = 8,   /* app->progress or app->check */
    CHANGED_REST = 16       /* nothing: the keys have rested since app_rest was called */
};

typedef enum prompt_event { PROMPT_TYPED, PROMPT_ACCEPTED, PROMPT_CANCELLED } prompt_event;

typedef struct view_ops {
    view_id id;

    /* Makes the view's state; app has no study yet. `destroy` frees it. */
    void *(*create)(app *a);
    void (*destroy)(void *self);

    /* The view comes up, at `where`: by a jump, or back along the history. Layer NOTHING means
     * "stay where you were". May be called while the view is up already. */
    void (*enter)(app *a, void *self, const place *where);

    /* Writes into *where (its view is set) what `enter` needs to come back here exactly. */
    void (*leave)(app *a, void *self, place *where);

    /* Paints the body. The region is blank. Nothing is refreshed and nothing outside touched. */
    void (*draw)(app *a, void *self, region body);

    /* Does an action that holds in this view; count is 0 when none was typed. */
    unsigned (*act)(app *a, void *self, action_id act, int count);

    /* What its keys act on is still on its way: they wait for it. It must come, or stop being
     * waited for. */
    bool (*waiting)(app *a, void *self);

    /* A click on what pointer_own numbered; the pane there has the focus already. */
    void (*click)(app *a, void *self, int number);

    /* An answer of the reader of a kind that the screen does not know. True: it was mine.
     * To keep the result set answer->result to NULL; otherwise it is released afterwards. */
    bool (*answer)(app *a, void *self, int kind, reader_answer *answer);

    /* Something in app was replaced (CHANGED_...); also for views that are not up. */
    void (*changed)(app *a, void *self, unsigned what);

    /* The input line opened with app_prompt: text as it stands. */
    void (*typed)(app *a, void *self, int tag, prompt_event event, const char *text);

    /* What stands behind the view's name in the title line: cleaned text, may be empty. */
    void (*crumb)(app *a, void *self, char *out, size_t capacity);
} view_ops;

extern const view_ops study_view;    /* ui/study.c */
extern const view_ops features_view; /* ui/features.c */
extern const view_ops fits_view;     /* ui/fits.c */
extern const view_ops circuit_view;  /* ui/edges.c */
extern const view_ops paths_view;    /* ui/paths.c */
extern const view_ops trust_view;    /* ui/trust.c */
extern const view_ops sample_view;   /* ui/sample.c */
extern const view_ops picture_view;  /* ui/picture.c */
extern const view_ops tree_view;     /* ui/tree.c */
extern const view_ops compare_view;  /* ui/compare.c */

#endif
