/* The samples in which a feature is strongest, with the tokens around them: what the card shows
 * of a feature's meaning. Read on the reader's thread, never changed afterwards. */
#ifndef UI_CARD_SAMPLES_H
#define UI_CARD_SAMPLES_H

#include "db/layer.h"

enum { CARD_EXAMPLES = 12, CARD_CONTEXT = 60 /* tokens kept on either side */ };

typedef struct card_token {
    char *text;  /* clean */
    int width;   /* display columns */
    float value; /* of the feature at this token; 0: silent */
} card_token;

typedef struct card_example {
    float value;
    uint32_t sample;
    char *document;             /* clean name, may be empty */
    card_token *token;          /* one token without value when a sample is a whole document */
    uint32_t count, peak;       /* token[peak] is the sample; peak == count: no single token is */
    bool cut_before, cut_after; /* the document goes on there */
} card_example;

/* At most one example a document, strongest first. */
typedef struct card_samples {
    uint32_t layer, feature; /* whose: position, index */
    card_example example[CARD_EXAMPLES];
    uint32_t count;
} card_samples;

typedef struct card_question {
    layer of; /* owns its name; source and hash are NULL */
    uint32_t feature;
} card_question;

card_question *card_question_make(const layer *l, uint32_t feature);
void card_question_free(void *question);

/* For reader_ask: ask is a card_question, *result a card_samples. */
status card_samples_read(db *d, void *ask, void **result, error *err);
void card_samples_free(void *samples); /* NULL is fine */

#endif
