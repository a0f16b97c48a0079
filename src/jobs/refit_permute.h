/* A target layer put out of step with its sources, in whole documents.
 *
 * Every document of the sources meets another document of the target: those of about equal length
 * form a group, and in each group the targets' documents move on by one random cycle, so that none
 * meets itself. Within its new place a document begins at a random sample of itself and goes on
 * from its beginning behind its end; where the two lengths differ, it is cut off or repeated.
 *
 * So a document stays one block against one block: what its samples have in common, in either
 * layer, weighs in chance edges as much as it does in the fit. What is broken is that the two
 * layers are of the same text, and of the same position in it. */
#ifndef JOBS_REFIT_PERMUTE_H
#define JOBS_REFIT_PERMUTE_H

#include "src/base/matrix.h"

typedef struct permuter permuter;

/* Borrows y and document (of each sample, numbers from 0). At least two documents. */
status permuter_create(permuter **out, const matrix *y, const uint32_t *document,
                       uint32_t documents, error *err);
void permuter_free(permuter *p); /* NULL is fine */

/* The layer in the order that `stream` (see random.h) gives, into *out: valid until the next call.
 */
status permuter_next(permuter *p, uint64_t stream, const matrix **out, error *err);

#endif
