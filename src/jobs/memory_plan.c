#include "src/jobs/memory_plan.h"

#include "solver/cross.h"
#include "solver/needs.h"
#include "solver/parallel.h"
#include "src/base/memory.h"

#include <stdlib.h>

enum {
    PROGRAM = 14 << 20,    /* code, libraries, and what the allocator holds back */
    LEAST_CACHE = 1 << 20, /* of each of a fit's two connections */
    LEAST_WAITING = 1 << 20,
    FEATURE_BYTES = 320, /* a feature's statistics and label, while a layer is read */
    EDGE_BYTES = sizeof(edge),
    SMALL_BLOCK = 16,
    PARTS = 16 /* of what is left over, what caches and waiting blocks get */
};

static const uint64_t usual_waiting = (uint64_t)256 << 20;

static layer_shape shape_of(const layer *const *part, uint32_t parts)
{
    layer_shape shape = {.rows = part[0]->samples, .dense = true};
    uint64_t cols = 0;
    for (uint32_t p = 0; p < parts; p++) {
        shape.dense &= part[p]->dense;
        cols += part[p]->features;
        shape.entries +=
            part[p]->dense ? (uint64_t)part[p]->features * part[p]->samples : part[p]->nonzeros;
    }
    shape.cols = cols < UINT32_MAX ? (uint32_t)cols : UINT32_MAX;
    return shape;
}

/* Layers as they lie in memory, several sources also side by side. */
static uint64_t layers_bytes(const layer *const *source, uint32_t sources, const layer *target)
{
    layer_shape x = shape_of(source, sources);
    layer_shape y = shape_of(&target, 1);
    uint64_t features = (uint64_t)x.cols + y.cols;
    return layer_shape_bytes(&x) * (sources > 1 ? 2 : 1) + layer_shape_bytes(&y) +
           features * (2 * sizeof(double) + FEATURE_BYTES);
}

status memory_plan_make(const layer *const *source, uint32_t sources, const layer *target,
                        bool wired, lasso_rule rule, uint32_t points, unsigned threads,
                        uint64_t memory, memory_plan *out, error *err)
{
    *out = (memory_plan){.threads = threads, .wiring_threads = threads, .waiting = usual_waiting};
    if (memory == 0)
        return STATUS_OK;
    layer_shape x = shape_of(source, sources);
    layer_shape y = shape_of(&target, 1);
    bool path = rule != LASSO_CROSS && points > 1;
    if (rule == LASSO_CROSS)
        points = cross_search_defaults().points;
    solve_needs needs = solve_needs_measure(&x, &y, SMALL_BLOCK, points);
    /* the block that a thread hands over, as edges */
    uint64_t thread =
        needs.thread + (uint64_t)SMALL_BLOCK * x.cols * EDGE_BYTES + y.rows * sizeof(float);
    uint64_t fixed = PROGRAM + 2 * LEAST_CACHE + LEAST_WAITING +
                     layers_bytes(source, sources, target) + needs.shared;
    if (rule == LASSO_CROSS) /* a fold's samples apart, and prepared in their turn */
        fixed += layer_shape_bytes(&x) + layer_shape_bytes(&y) + needs.shared;
    if (path) /* what lambda_path.c keeps of every target */
        fixed += (uint64_t)y.cols * points * sizeof(double);
    wiring_needs wiring = {0};
    if (wired)
        wiring = fit_wiring_needs(source[0], target, 0);
    uint64_t before = fixed - needs.shared; /* when the wiring is made, nothing is solved */
    fixed += wiring.kept;
    uint64_t least = fixed + thread;
    if (wired && least < before + wiring.kept + wiring.shared + wiring.thread)
        least = before + wiring.kept + wiring.shared + wiring.thread;
    if (memory < least)
        return error_set(err, STATUS_USAGE,
                         "memory of %.1f MiB is too small for '%s' on '%s'%s: it takes at least "
                         "%.0f MiB",
                         (double)memory / 0x1p20, target->name, source[0]->name,
                         sources > 1 ? " and others" : "", (double)least / 0x1p20 + 0.5);
    threads = parallel_threads(threads);
    out->wiring_threads = 1;
    while (wired && out->wiring_threads < threads &&
           memory - before - wiring.kept - wiring.shared >=
               (out->wiring_threads + 1) * wiring.thread)
        out->wiring_threads++;
    uint64_t left = memory - fixed - thread;
    uint64_t share = left / PARTS;
    out->cache = LEAST_CACHE + (share < 63 << 20 ? share : 63 << 20);
    out->waiting = LEAST_WAITING + share;
    left -= 3 * share;
    /* a sparse layer does well with half of what is left for its table; a dense one, whose targets
     * read all of it again and again, comes to a crawl without */
    uint64_t tables = rule == LASSO_CROSS ? 2 : 1;
    uint64_t kept = x.dense ? tables * needs.table : thread;
    for (out->threads = 1; out->threads < threads && left >= thread + kept; out->threads++)
        left -= thread;
    uint64_t table = left / tables < needs.table ? left / tables : needs.table;
    out->table = table > 0 ? table : 1;
    out->block = SMALL_BLOCK;
    return STATUS_OK;
}

status memory_plan_check(const layer_set *layers, const fit_request *request, uint32_t points,
                         uint64_t memory, error *err)
{
    const layer **source = mem_alloc(((size_t)request->pair_count + 1) * sizeof *source);
    status code = STATUS_OK;
    for (uint32_t p = 0; p < request->pair_count && code == STATUS_OK; p++) {
        const layer *target = layer_by_id(layers, request->pair[p].target_layer);
        uint32_t sources = 0;
        for (uint32_t q = 0; q < request->pair_count; q++)
            if (request->joint ? request->pair[q].target_layer == target->id : q == p)
                source[sources++] = layer_by_id(layers, request->pair[q].source_layer);
        memory_plan plan;
        bool wired = request->wiring && !request->joint && fit_pair_wireable(source[0], target);
        code = memory_plan_make(source, sources, target, wired, request->settings.rule, points, 1,
                                memory, &plan, err);
    }
    free(source);
    return code;
}
