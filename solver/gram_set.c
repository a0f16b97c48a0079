/* A working set W of a sparse layer has |W|^2 inner products. Those of its members with popular
 * features, which fire nearly everywhere and belong to most working sets, come from a table that
 * all targets share (gram.c). Rare features fire in few samples each: for every rare p in W, the
 * samples in which it fires are walked, and in each of these the rare members of W that fire
 * there too, which are listed sample by sample before. What that costs does not depend on the
 * number of features of the layer.
 *
 * Sums run over the samples in one order and in double, where the product of two floats is
 * exact: the bits cannot depend on what the table holds. */
#include "solver/gram_set.h"

#include "solver/design.h"
#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A member of the working set that fires in a sample. */
typedef struct gram_fire {
    uint32_t place;
    float value;
} gram_fire;

enum { ALIGN = 16, BLOCK = 16 };

status gram_set_create(gram_set *set, const lasso_design *design, error *err)
{
    size_t size = design->size;
    *set = (gram_set){
        .start = mem_try((size_t)design->rows + 2, sizeof *set->start),
        .popular = mem_try(size, sizeof *set->popular),
        .popular_at = mem_try(size, sizeof *set->popular_at),
        .other_at = mem_try(size, sizeof *set->other_at),
        .fresh = mem_try(design->gram.width, sizeof *set->fresh),
        .mean = mem_try(size, sizeof *set->mean),
        .inverse = mem_try(size, sizeof *set->inverse),
        .sums = mem_try(size, sizeof *set->sums),
        .scratch = mem_try(design->gram.width, sizeof *set->scratch),
    };
    if (!set->start || !set->popular || !set->popular_at || !set->other_at || !set->fresh ||
        !set->mean || !set->inverse || !set->sums || !set->scratch)
        return error_memory(err, "the inner products of a working set");
    memset(set->sums, 0, size * sizeof *set->sums);
    memset(set->scratch, 0, design->gram.width * sizeof *set->scratch);
    return STATUS_OK;
}

void gram_set_release(gram_set *set)
{
    free(set->matrix);
    free(set->start);
    free(set->fire);
    free(set->popular);
    free(set->popular_at);
    free(set->other_at);
    free(set->fresh);
    free(set->mean);
    free(set->inverse);
    free(set->sums);
    free(set->scratch);
    *set = (gram_set){0};
}

static bool make_room(gram_set *set, uint32_t size, uint64_t fires)
{
    set->stride = (size + ALIGN - 1) / ALIGN * ALIGN;
    size_t needed = (size_t)set->stride * size;
    if (needed > set->room) {
        free(set->matrix);
        set->room = 0;
        set->matrix =
            aligned_alloc(64, (needed + needed / 2) / ALIGN * ALIGN * sizeof(float) + 64);
        if (!set->matrix)
            return false;
        set->room = (needed + needed / 2) / ALIGN * ALIGN;
    }
    if (fires > set->fire_room) {
        free(set->fire);
        set->fire = mem_try(fires + fires / 2, sizeof *set->fire);
        set->fire_room = set->fire ? fires + fires / 2 : 0;
        if (!set->fire)
            return false;
    }
    return true;
}

/* Lists the members outside the table by samples. */
static void list_fires(gram_set *set, const lasso_design *design, const uint32_t *rank,
                       uint32_t others)
{
    /* next[i + 1] counts sample i, then runs from its first entry to its end (as in design.c) */
    uint32_t *next = set->start + 1;
    memset(set->start, 0, ((size_t)design->rows + 2) * sizeof *set->start);
    for (uint32_t o = 0; o < others; o++) {
        design_column z = design_get(design, rank[set->other_at[o]]);
        for (uint64_t e = 0; e < z.count; e++)
            next[z.row[e] + 1]++;
    }
    for (uint32_t i = 0; i < design->rows; i++)
        next[i + 1] += next[i];
    for (uint32_t o = 0; o < others; o++) {
        uint32_t j = set->other_at[o];
        design_column z = design_get(design, rank[j]);
        for (uint64_t e = 0; e < z.count; e++)
            set->fire[next[z.row[e]]++] = (gram_fire){j, z.value[e]};
    }
}

/* The inner products of member j with the rare members, zero elsewhere. */
static void walk(gram_set *set, const lasso_design *design, const uint32_t *rank, uint32_t size,
                 uint32_t j)
{
    double *sums = set->sums;
    const gram_fire *fire = set->fire;
    design_column z = design_get(design, rank[j]);
    for (uint64_t e = 0; e < z.count; e++) {
        double v = (double)z.value[e];
        uint32_t end = set->start[z.row[e] + 1];
        for (uint32_t at = set->start[z.row[e]]; at < end; at++)
            sums[fire[at].place] += v * (double)fire[at].value;
    }
    design->vector->finish_row(set->matrix + (size_t)j * set->stride, sums, design->rows,
                               set->mean[j], set->mean, set->inverse[j], set->inverse, size);
}

/* The popular members' inner products with the rare ones, which have them. */
static void mirror(gram_set *set, uint32_t popular, uint32_t others)
{
    size_t stride = set->stride;
    float *to = set->matrix;
    for (uint32_t first = 0; first < others; first += BLOCK) {
        uint32_t end = others - first < BLOCK ? others : first + BLOCK;
        for (uint32_t p = 0; p < popular; p++) {
            uint32_t at = set->popular_at[p];
            for (uint32_t o = first; o < end; o++)
                to[at * stride + set->other_at[o]] = to[set->other_at[o] * stride + at];
        }
    }
}

bool gram_set_form(gram_set *set, const lasso_design *design, const uint32_t *rank, uint32_t size)
{
    uint64_t fires = 0;
    uint32_t popular = 0;
    uint32_t others = 0;
    for (uint32_t j = 0; j < size; j++) {
        set->mean[j] = design->mean[rank[j]];
        set->inverse[j] = design->inverse[rank[j]];
        if (rank[j] < design->gram.width) {
            set->popular[popular] = rank[j];
            set->popular_at[popular++] = j;
        } else {
            fires += design_get(design, rank[j]).count;
            set->other_at[others++] = j;
        }
    }
    if (fires > UINT32_MAX || !make_room(set, size, fires))
        return false;
    list_fires(set, design, rank, others);
    for (uint32_t o = 0; o < others; o++)
        walk(set, design, rank, size, set->other_at[o]);
    for (uint32_t j = 0; j < size; j++) {
        const float *products = gram_popular_row(design, rank[j], set->fresh, set->scratch);
        float *row = set->matrix + (size_t)j * set->stride;
        for (uint32_t q = 0; q < popular; q++)
            row[set->popular_at[q]] = products[set->popular[q]];
        row[j] = 1;
    }
    mirror(set, popular, others);
    return true;
}
