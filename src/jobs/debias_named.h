/* The spurious features of `debias`, as people name them: by a tag, or in a file. */
#ifndef JOBS_DEBIAS_NAMED_H
#define JOBS_DEBIAS_NAMED_H

#include "db/layer.h"
#include "db/note.h"
#include "src/jobs/check.h"

/* What the classifier reads: ids of layers. A feature of another layer says nothing about it. */
typedef struct debias_reads {
    const layer_set *layers;
    const int64_t *layer;
    uint32_t count;
} debias_reads;

/* A zeroed one is empty. */
typedef struct debias_features {
    check_feature *item;
    uint32_t count, room;
} debias_features;

void debias_features_release(debias_features *list);

/* Puts the features that have the tag behind the list. */
void debias_add_tagged(const debias_reads *reads, const note_set *notes, const char *tag,
                       debias_features *list);

/* Likewise those of a file: LAYER/INDEX a line; what stands behind a blank or # is passed over.
 * STATUS_INPUT: the file cannot be read, or a line names no feature that the classifier reads. */
status debias_add_file(const debias_reads *reads, const char *file, debias_features *list,
                       error *err);

#endif
