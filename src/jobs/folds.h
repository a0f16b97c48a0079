/* Folds for cross-validation, by document: tokens of one text depend on each other, so they must
 * never sit on both sides. */
#ifndef JOBS_FOLDS_H
#define JOBS_FOLDS_H

#include "db/db.h"

/* Deals whole documents out to `count` folds of nearly equal numbers of samples, in an order that
 * `seed` shuffles. Free *fold (samples of them). STATUS_USAGE: fewer documents than folds, or
 * fewer folds than two. */
status folds_by_document(db *d, uint32_t samples, uint32_t count, uint64_t seed, uint32_t **fold,
                         error *err);

/* The same of the samples that are not left out (out[i] == 0; whole documents are in or out): an
 * entry of *fold for each of them, in order. out NULL: of all. */
status folds_among(db *d, uint32_t samples, const uint8_t *out, uint32_t count, uint64_t seed,
                   uint32_t **fold, error *err);

#endif
