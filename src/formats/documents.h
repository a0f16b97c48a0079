/* What was read: documents, one a line.
 *
 * JSONL: objects with `tokens` (strings), `text`, and maybe `id` (text or a whole number) and
 * `split` ("train" or "held out"); other keys are passed over, blank lines too. Plain text: every
 * line is a document. */
#ifndef FORMATS_DOCUMENTS_H
#define FORMATS_DOCUMENTS_H

#include "src/formats/folder.h"

typedef struct document_line {
    char *name;   /* NULL: none */
    char *text;   /* NULL: only tokens were given */
    char *tokens; /* a JSON array of strings; NULL: only text was given */
    uint32_t token_count;
    bool held_out; /* its split says so */
} document_line;

typedef struct documents documents;

status documents_open(documents **out, const folder *f, const char *file, bool plain_text,
                      error *err);
void documents_close(documents *d); /* NULL is fine */

/* The next document, owned by the reader and valid until the next call; *more is false at the
 * end. need_tokens: a document without tokens is an error. */
status documents_next(documents *d, bool need_tokens, document_line *out, bool *more, error *err);

double documents_fraction(const documents *d);

#endif
