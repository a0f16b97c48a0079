/* What the Sample view reads: the document round a sample, and what every layer's features do
 * there. Read on the reader's thread, never changed afterwards.
 *
 * A layer is read in one pass for a window of SAMPLES_MOST samples, whole documents as far as they
 * fit, so that going from token to token asks for nothing. One layer a question: other questions
 * of the screen find their turn between them. */
#ifndef UI_SAMPLE_READ_H
#define UI_SAMPLE_READ_H

#include "db/sample.h"
#include "ui/app.h"

enum {
    TOKENS_MOST = 4096,  /* shown of a document */
    SAMPLES_MOST = 2048, /* in a window */
    CELLS_MOST = 1 << 19 /* the same, of a dense layer */
};

typedef struct sample_token {
    char *text; /* clean */
    int width;  /* display columns */
} sample_token;

typedef struct sample_text {
    uint32_t sample;         /* asked for, or found */
    bool found;              /* of a search: somewhere */
    uint32_t first, samples; /* of the whole document */
    char *name;              /* clean, may be empty */
    bool by_token;           /* token[i] is sample first_token + i */
    uint32_t first_token;
    sample_token *token;
    uint32_t count;             /* of the tokens here; 0: the study has no text */
    bool cut_before, cut_after; /* the document goes on there */
} sample_text;

/* Ask for READ_SAMPLE_TEXT (a sample_text): of a sample, or of the first one of its document; of
 * the next place after it that has these words; of the sample where a feature is strongest (rank
 * 0), second strongest (1), ... */
uint64_t sample_ask(app *a, uint32_t sample, bool its_first);
uint64_t sample_ask_words(app *a, const char *words, uint32_t after);
uint64_t sample_ask_strongest(app *a, const layer *l, uint32_t feature, uint32_t rank);
void sample_text_free(void *text); /* NULL is fine */

/* One layer's activations in a window; READ_SAMPLE_ROWS. */
typedef struct sample_layer {
    uint32_t position;
    sample_rows rows;
} sample_layer;

uint64_t sample_ask_layer(app *a, const layer *l, uint32_t first, uint32_t count);
void sample_layer_free(void *layer); /* NULL is fine */

/* How many samples a window has in this study. */
uint32_t sample_window(const layer_set *layers);

/* A feature's activation at a sample of the window; 0: silent, or outside. */
float sample_value(const sample_layer *l, uint32_t sample, uint32_t feature);

#endif
