/* The Sample view's state, and how it comes to show a sample: its document is asked for, then the
 * layers one by one, and the lists are made anew with each that arrives. */
#ifndef UI_SAMPLE_STATE_H
#define UI_SAMPLE_STATE_H

#include "ui/sample_lists.h"

typedef struct sample_state {
    uint32_t sample;     /* shown; NOTHING: none yet */
    uint32_t aim;        /* to be shown, once its document is here */
    sample_text *text;   /* the document round the one shown */
    uint64_t text_asked; /* tickets of what is under way; 0: nothing */
    uint64_t rows_asked;
    sample_layer **layer; /* by position; NULL: not here yet */
    uint32_t layers, layers_read;
    uint32_t first, count; /* samples of the window */
    sample_lists lists;
    list features, edges;
    bool on_edges, zoomed, by_all;
    uint32_t most;              /* edges listed of a layer pair */
    uint32_t position, feature; /* marked: what shades the text; NOTHING: none */
    uint32_t rank; /* of the next sample that `x` goes to, among those of the feature */
    float *shade;  /* by token */
    float shade_most;
    int top; /* first line of the text that shows */
    char words[96];
} sample_state;

/* How many samples the study has. */
uint32_t sample_state_samples(const app *a);

/* Shows a sample, at once or as soon as its document is here. */
void sample_state_show(app *a, sample_state *v, uint32_t sample);

/* An answer of the reader; false: not one of these. */
bool sample_state_answer(app *a, sample_state *v, int kind, reader_answer *answered);

/* The lists of the sample shown; cursors stay on what they were on, if it is still listed. */
void sample_state_list(const app *a, sample_state *v);

/* The feature of the row at hand: an edge's source. False: a head is, or nothing. */
bool sample_state_at_hand(const app *a, const sample_state *v, uint32_t *position,
                          uint32_t *feature);

/* The marked feature follows the cursor. */
void sample_state_mark(const app *a, sample_state *v);

/* The shade of each token: of the marked feature, or of all. */
void sample_state_shade(sample_state *v);
bool sample_state_shaded_by_all(const sample_state *v);

/* Forgets the layers that were read. */
void sample_state_drop(sample_state *v);

#endif
