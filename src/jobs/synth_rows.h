/* One sample after the other through a planted circuit. Private to synth. */
#ifndef JOBS_SYNTH_ROWS_H
#define JOBS_SYNTH_ROWS_H

#include "src/jobs/synth_plan.h"

/* One sample of one layer. */
typedef struct synth_row {
    uint32_t count;
    uint32_t *feature; /* ascending; of dense layers all */
    float *value;
} synth_row;

/* What a document is about. */
typedef struct synth_document {
    uint32_t topic;
    bool held_out, class, attribute;
} synth_document;

typedef struct synth_rows {
    const synth_plan *plan;
    synth_row *row;     /* by layer: the present sample */
    uint32_t strongest; /* that fires by itself in the first layer; SYNTH_NONE: none, or dense */
    int64_t noise;      /* SYNTH_POINT */
    /* scratch */
    int64_t *sum, *gate; /* by feature; zero between samples */
    bool *touched;       /* likewise */
    uint32_t *list, listed;
} synth_rows;

void synth_rows_begin(synth_rows *r, const synth_plan *plan);
void synth_rows_release(synth_rows *r);

/* What a document is about; documents are drawn in order. Held-out ones take the four groups of
 * class and attribute in turn; *held_out counts them, from 0. */
synth_document synth_document_draw(const synth_settings *s, uint32_t document, uint32_t *held_out);

/* Makes a sample, which depends on nothing but the plan, its number and its document. */
void synth_rows_make(synth_rows *r, uint32_t sample, const synth_document *document);

#endif
