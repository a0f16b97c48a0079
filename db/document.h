/* Documents and the samples in them. */
#ifndef DB_DOCUMENT_H
#define DB_DOCUMENT_H

#include "db/db.h"

typedef struct document {
    int64_t id;
    char *name, *text; /* raw; may be NULL */
    char **token;      /* raw; NULL when the document has text only */
    uint32_t token_count;
    uint32_t first_sample, samples;
} document;

/* tokens_json: a JSON array of strings, or NULL. */
status document_add(db *d, int64_t id, const char *name, const char *text, const char *tokens_json,
                    uint32_t first_sample, uint32_t samples, error *err);

/* Says that fits which keep to the training documents must not see this one. */
status document_hold_out(db *d, int64_t id, error *err);

/* held[i] is 1 when sample i is of a held-out document, else 0. Free *held (samples of them).
 * *count: how many are. */
status document_held_out(db *d, uint32_t samples, uint8_t **held, uint32_t *count, error *err);

/* The document that holds a sample. */
status document_of_sample(db *d, uint32_t sample, document *out, error *err);
/* The first sample after `after` where `text` begins (ASCII letters without case) in the text of
 * its document, going on at the first sample behind the last; of a document that is one sample,
 * that one. Nowhere: *found is false. */
status document_find(db *d, const char *text, uint32_t after, uint32_t *sample, bool *found,
                     error *err);

void document_release(document *doc);

/* For every sample the number of its document, from 0, in order; a sample that is in none counts
 * as one of its own, after them. Free *number. *documents: how many numbers there are. */
status document_of_samples(db *d, uint32_t samples, uint32_t **number, uint32_t *documents,
                           error *err);

/* How many documents and samples there are, and how many documents are held out (may be NULL). */
status document_count(db *d, uint32_t *documents, uint32_t *samples, uint32_t *held_out,
                      error *err);

#endif
