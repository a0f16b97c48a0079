/* What all views share: the study as last read, the present fit's circuit, labels, the history,
 * and the way to ask for things. Belongs to the screen's thread. */
#ifndef UI_APP_H
#define UI_APP_H

#include "db/document.h"
#include "db/feature.h"
#include "db/fit.h"
#include "db/layer.h"
#include "db/path_note.h"
#include "db/target.h"
#include "db/variable.h"
#include "src/base/text.h"
#include "src/circuit/paths.h"
#include "src/jobs/engine.h"
#include "src/jobs/reader.h"
#include "ui/list.h"
#include "ui/notes.h"
#include "ui/prompt.h"
#include "ui/view.h"

/* Kinds of questions to the reader. Each kind has one question under way at most. */
enum {
    READ_STUDY = 200,
    READ_CIRCUIT,
    READ_TABLE,
    READ_VERSION,
    /* of the views */
    READ_SEARCH,      /* features: search results */
    READ_LABELS,      /* features: what the search needs */
    READ_CARD,        /* features: the card's detail */
    READ_SAMPLES,     /* features: top samples and their documents */
    READ_EDGE,        /* circuit: facts of a target (fit_target) */
    READ_PATHS,       /* paths: the strongest ones */
    READ_TRUST,       /* trust: the summary of a fit */
    READ_CHECKS,      /* trust: how the checks of a fit stand */
    READ_FINDINGS,    /* trust: what is listed of a check */
    READ_SAMPLE_TEXT, /* sample: the document round a sample */
    READ_SAMPLE_ROWS, /* sample: a layer's activations in a window */
    READ_SLIDE,       /* circuit: a feature's parents at another lambda */
    READ_COMPARE,     /* compare: two circuits */
    READ_TARGET_FIT,  /* fits: the weights of a target variable's fit */
    READ_TRIAL        /* fit dialog: about how long and how large */
};

/* The study as one reading of the workspace saw it; never changed, replaced as a whole. Every
 * text in it is clean. */
typedef struct study {
    layer_set layers;
    char **short_name; /* by position: `3.resid_post` for `blocks.3.hook_resid_post` */
    target_set targets;
    notes notes; /* laid over the labels of the layers' tables */
    pinned_paths pins;
    uint64_t pins_stamp;         /* another one for other pins */
    fit_set fits;                /* of layer pairs, newest first */
    const char **fit_state;      /* by place in fits: fit_state_shown */
    variable_fit_set variables;  /* fits of target variables, newest first */
    const char **variable_state; /* likewise */
    const fit **listed;          /* both kinds, newest first: listed_count of them */
    uint32_t listed_count;
    uint32_t documents, samples;
    uint32_t held_out; /* documents of them */
    char *model;       /* may be empty */
} study;

/* The fit of a target variable that `f` is the base of, or NULL: one of layer pairs. f: of listed.
 */
const variable_fit *study_variable(const study *s, const fit *f);

/* One step of the history. */
typedef struct history {
    place *item;
    size_t count, capacity;
} history;

/* A dialog or a page over the view: it gets every key until it closes. */
typedef struct modal {
    void (*draw)(app *a, struct modal *m, region screen);
    /* False: close me (free is called). */
    bool (*key)(app *a, struct modal *m, int key);
    void (*free)(struct modal *m);
    /* A click on what pointer_own numbered; may be NULL. */
    void (*click)(app *a, struct modal *m, int number);
    bool wheel; /* the mouse wheel is Up and Down */
} modal;

struct app {
    char *path, *name; /* of the study; name is clean */
    study *study;      /* NULL until the first reading arrived */
    struct queue *news;
    struct reader *reader;
    struct engine *engine;
    struct note_writer *note_writer;
    place noted; /* the feature whose note is being typed */

    int64_t fit_id;   /* the fit that Circuit and Features show; 0: none yet */
    circuit *circuit; /* its edges as last read; NULL: not read yet, or no fit */
    strength measure; /* how the circuit is, or will be, ranked */
    double threshold; /* |strength| below it is hidden; 0: everything shows */

    path_end path_from, path_to; /* where the user has paths begin and end; NOTHING: not said */

    int64_t path_target; /* paths lead to this target variable; 0: to features */

    uint32_t layer;   /* position that Features shows */
    uint32_t feature; /* the feature at hand in that layer, or NOTHING */

    bool progress_known;
    fit_progress progress; /* last word of the engine */
    bool check_known;
    check_progress check; /* likewise, of checks */

    view_id view;
    const view_ops *ops[VIEW_COUNT];
    void *state[VIEW_COUNT];

    struct trial *trial;             /* of the fit dialog; NULL: it was not open yet */
    struct target_page *target_page; /* ui/target_fit.c's; NULL: it is not open */

    struct screen *screen; /* ui/app.c's own: history, prompt, modal, messages, what is dirty */
};

/* Jumps to a place; where we are goes onto the history. app_back returns along it; false at its
 * beginning. */
void app_go(app *a, const place *where);
bool app_back(app *a);

/* Draw again at the next frame. */
void app_dirty(app *a);

/* What a held-down key would repaint at every step for nothing waits until the keys rest: the
 * views are told then (CHANGED_REST). */
void app_rest(app *a);

/* A sentence in the status line (printf; imported text in it must be clean). It stays until the
 * next key or message; an error or warning stays until another one or Esc. */
void app_say(app *a, role r, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Opens the input line in the status line; the present view's `typed` gets what becomes of it. */
void app_prompt(app *a, int tag, const char *label, const char *text);

/* A line below the input line that app_prompt opened, until it closes. Clean text. */
void app_hint(app *a, const char *text);

/* Asks y/n in the status line; yes(a, user) on y. */
void app_confirm(app *a, const char *question, void (*yes)(app *a, int64_t user), int64_t user);

void app_open_modal(app *a, modal *m);

/* Asks the reader; the answer comes to the view that says it is its own. Returns the ticket. */
uint64_t app_ask(app *a, const reader_question *question);

/* A layer's features with cleaned labels (row[i].label: clean, NULL for none; row[i].feature
 * == i), or NULL: not here yet, and it has been asked for (CHANGED_TABLE tells of it). */
const feature_table *app_table(app *a, uint32_t position);

/* The table, or the present circuit, is not here but on its way. */
bool app_table_coming(const app *a, uint32_t position);
bool app_circuit_coming(const app *a);

/* Clean label of a feature: "" when it has none or its layer's table is not here yet. */
const char *app_label(app *a, uint32_t position, uint32_t feature);
/* The same for a node of the circuit. */
const char *app_node_label(app *a, uint32_t node);

/* `3.resid_post/123` into out; returns out. Node: of a->circuit. */
char *app_feature_name(app *a, char *out, size_t capacity, uint32_t position, uint32_t feature);
char *app_node_name(app *a, char *out, size_t capacity, uint32_t node);

/* Layer's short name by position ("" if there is none). */
const char *app_layer_name(const app *a, uint32_t position);
const layer *app_layer(const app *a, uint32_t position); /* NULL if there is none */

/* Makes a fit the present one and reads its circuit (CHANGED_CIRCUIT tells of it). Again for the
 * same fit reads it anew. app_set_measure keeps the fit and ranks it by another strength. */
void app_use_fit(app *a, int64_t fit_id);
void app_set_measure(app *a, strength measure);

/* The present fit in the study's snapshot, or NULL. */
const fit *app_fit(const app *a);

/* The fit's settings in one line: `lambda 0.005 of the pair's maximum, ridge 0.25, scale none`. */
char *app_fit_settings(char *out, size_t capacity, const fit *f);

/* An edge's strength in the circuit's ranking, as lists show it: a dash where it has no weight, as
 * only the wiring speaks for it. Room for 24 bytes; returns what to show. */
const char *app_show_strength(char *out, const circuit *c, const circuit_edge *e);

/* Copies clean text to the user's clipboard through the terminal (OSC 52). */
void app_copy(app *a, const char *text);

/* Constant reminder for every screen that shows weights. */
#define WEIGHTS_REMINDER "weights rank dependencies; they are not causal effects"

#endif
