/* What is made of one feature's column on its way into the workspace: one row a document, and
 * the statistics that a dashboard shows. */
#ifndef JOBS_POOLING_H
#define JOBS_POOLING_H

#include "db/feature.h"
#include "src/formats/manifest.h"
#include "src/jobs/columns.h"

/* Turns token rows into document rows, in place. Document d has the tokens start[d] ..
 * start[d+1]-1; `start` has documents + 1 numbers. Zeros count: the largest of some negative
 * activations and a zero is the zero, and a mean is over all tokens. */
void pooling_apply(column *c, manifest_pool how, const uint32_t *start, uint32_t documents);

/* Over all `samples`, those without an entry being zero. The mean first and the deviation from
 * it in a second pass, in double precision. */
void pooling_stats(const column *c, uint32_t samples, feature_stats *out);

#endif
