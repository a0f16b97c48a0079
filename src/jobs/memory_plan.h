/* What a fit does with the memory that it was given.
 *
 * A memory setting is a promise about the whole process: the layers at work, what the solver keeps
 * of them, its threads, blocks of results on their way to the workspace, and the program itself.
 * The layers and one thread are what a fit cannot do without; what is left goes to more threads
 * and then to the table of inner products, without either of which it is only slower, and the same
 * to the last bit. */
#ifndef JOBS_MEMORY_PLAN_H
#define JOBS_MEMORY_PLAN_H

#include "src/jobs/fit.h"

typedef struct memory_plan {
    unsigned threads; /* 0: as many as the machine has */
    uint64_t table;   /* bytes, for lasso_settings.memory; 0: its default */
    uint64_t waiting; /* bytes of finished blocks that may wait for the disk */
    uint64_t cache;   /* bytes of the workspace kept by a connection; 0: its default */
    uint32_t block;   /* targets; 0: the solver's default */
    unsigned wiring_threads; /* for the pair's wiring; 0: as many as the machine has */
} memory_plan;

/* One regression, or a path of `points` of them: a target layer on its sources, side by side when
 * there are several; `wired`: after the wiring of the pair was made. memory 0 is no limit.
 * STATUS_USAGE, with the least that would do, when it is too small. */
status memory_plan_make(const layer *const *source, uint32_t sources, const layer *target,
                        bool wired, lasso_rule rule, uint32_t points, unsigned threads,
                        uint64_t memory, memory_plan *out, error *err);

/* Whether every regression of the fit can be planned so. */
status memory_plan_check(const layer_set *layers, const fit_request *request, uint32_t points,
                         uint64_t memory, error *err);

#endif
