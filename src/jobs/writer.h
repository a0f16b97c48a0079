/* The thread that puts finished blocks of a fit into the workspace, one transaction a block, and
 * tells how far the fit is. Solver threads hand blocks over and go on; when the disk is slower
 * than the solver they wait, so that memory stays bounded. */
#ifndef JOBS_WRITER_H
#define JOBS_WRITER_H

#include "src/jobs/fit.h"
#include "src/jobs/layer_data.h"
#include "src/wiring/wiring.h"

typedef struct writer writer;

/* What turns coefficients into edges, of the pair at work; borrowed until writer_drain. The source
 * is one layer, or in a joint fit several side by side: part i begins at column part[i].first,
 * and its edges belong to the pair part[i].pair_id. */
typedef struct writer_part {
    int64_t pair_id;
    uint32_t first;
} writer_part;

typedef struct writer_pair {
    int64_t pair_id; /* which the targets belong to */
    const writer_part *part;
    uint32_t parts;
    const layer_data *source, *target;
    const wiring *wired; /* of the source's one layer; empty: the regression's edges alone. To be
                            there when blocks come */
    uint64_t waiting; /* bytes of blocks that may wait for the disk, unless there is only one */
    uint64_t cache;   /* of the writer's connection; 0: as it is */
} writer_pair;

/* `progress` is the state so far; the writer counts on from there and calls options->progress. */
status writer_start(writer **out, const char *study, const fit_run_options *options,
                    const fit_progress *progress, error *err);

/* The pair that following blocks belong to, and its number. Only while no block is waiting. */
void writer_set_pair(writer *w, const writer_pair *pair, uint32_t number, uint32_t source_position,
                     uint32_t target_position);

/* A lasso_hooks.block with the writer as `user`. False after a failed write. */
bool writer_block(void *w, uint32_t first, const lasso_result *results, uint32_t count);

/* The counter for lasso_hooks.done. */
atomic_uint *writer_done(writer *w);

/* Waits until every block is in the workspace. The first failed write is what it returns. */
status writer_drain(writer *w, error *err);

/* Ends the thread; *progress (may be NULL) gets the last state. NULL w is fine. */
void writer_stop(writer *w, fit_progress *progress);

#endif
