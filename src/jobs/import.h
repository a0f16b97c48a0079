/* From a manifest to a workspace.
 *
 * The manifest's files are streamed into a new workspace beside the final one and the finished
 * file is moved into place, so a failed, cancelled or killed import leaves everything as it was.
 * Memory is bounded by `memory`, whatever the files' sizes. */
#ifndef JOBS_IMPORT_H
#define JOBS_IMPORT_H

#include "src/base/error.h"

#include <stdatomic.h>
#include <stdint.h>

typedef struct import_request {
    const char *study;    /* the workspace to make */
    const char *manifest; /* a YAML file; its folder is where its files are looked for */
    bool replace;         /* an existing study is replaced; the user's notes are carried over */
    bool absolute_paths;  /* the manifest may name files outside its folder */
    uint64_t memory;      /* bytes for buffers; 0: default (256 MiB) */
} import_request;

typedef struct import_progress {
    const char *layer;     /* what is being read: a layer's or file's name, raw; NULL at the end */
    uint32_t step, steps;  /* files done, files in all */
    double fraction;       /* of all the work, 0 to 1 */
} import_progress;

typedef struct import_report {
    uint32_t layers, autoencoders, documents, samples, targets, effects;
    uint64_t features, nonzeros, labels;
    double seconds;
} import_report;

/* progress (may be NULL) is called a few times a second; cancel (may be NULL) is polled.
 * STATUS_INPUT for bad files (message: file, place, expectation), STATUS_MACHINE for disk and
 * memory, STATUS_INTERRUPTED when cancelled. */
status import_run(const import_request *request, void (*progress)(void *, const import_progress *),
                  void *user, const atomic_bool *cancel, import_report *report, error *err);

#endif
