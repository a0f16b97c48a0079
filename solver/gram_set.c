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
    size_t groups = (size_t)design->gram.width / PICK_GROUP + 1;
    *set = (gram_set){
        .start = mem_try((size_t)design->rows + 2, sizeof *set->start),
        .picks = mem_try(groups, sizeof *set->picks),
        .mean = mem_try(size, sizeof *set->mean),
        .inverse = mem_try(size, sizeof *set->inverse),
        .sums = mem_try(size, sizeof *set->sums),
        .fresh = mem_try(groups * PICK_GROUP, sizeof *set->fresh),
        .scratch = mem_try(design->gram.width, sizeof *set->scratch),
    };
    if (!set->start || !set->picks || !set->mean || !set->inverse || !set->sums || !set->fresh ||
        !set->scratch)
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
    free(set->picks);
    free(set->mean);
    free(set->inverse);
    free(set->sums);
    free(set->fresh);
    free(set->scratch);
    *set = (gram_set){0};
}

static bool make_room(gram_set *set, uint32_t size, uint64_t fires)
{
    set->stride = (size + ALIGN - 1) / ALIGN * ALIGN;
    /* a pick may write a whole group where it has one entry */
    size_t needed = (size_t)set->stride * size + PICK_GROUP;
    if (needed > set->room) {
        size_t room = (needed + needed / 2 + ALIGN - 1) / ALIGN * ALIGN;
        free(set->matrix);
        set->matrix = aligned_alloc(64, room * sizeof *set->matrix);
        set->room = set->matrix ? room : 0;
        if (!set->matrix)
            return false;
    }
    if (fires > set->fire_room) {
        free(set->fire);
        set->fire = fires < UINT32_MAX ? mem_try(fires + fires / 2, sizeof *set->fire) : NULL;
        set->fire_room = set->fire ? fires + fires / 2 : 0;
        if (!set->fire)
            return false;
    }
    return true;
}

/* Lists the rare members by samples. */
static void list_fires(gram_set *set, const lasso_design *design, const uint32_t *rank,
                       uint32_t popular, uint32_t size)
{
    /* next[i + 1] counts sample i, then runs from its first entry to its end (as in design.c) */
    uint32_t *next = set->start + 1;
    memset(set->start, 0, ((size_t)design->rows + 2) * sizeof *set->start);
    for (uint32_t j = popular; j < size; j++) {
        design_column z = design_get(design, rank[j]);
        for (uint64_t e = 0; e < z.count; e++)
            next[z.row[e] + 1]++;
    }
    for (uint32_t i = 0; i < design->rows; i++)
        next[i + 1] += next[i];
    for (uint32_t j = popular; j < size; j++) {
        design_column z = design_get(design, rank[j]);
        for (uint64_t e = 0; e < z.count; e++)
            set->fire[next[z.row[e]]++] = (gram_fire){j, z.value[e]};
    }
}

/* The inner products of the rare member j with the rare members. */
static void walk(gram_set *set, const lasso_design *design, uint32_t rank, uint32_t popular,
                 uint32_t size, uint32_t j)
{
    double *sums = set->sums;
    const gram_fire *fire = set->fire;
    design_column z = design_get(design, rank);
    for (uint64_t e = 0; e < z.count; e++) {
        double v = (double)z.value[e];
        uint32_t end = set->start[z.row[e] + 1];
        for (uint32_t at = set->start[z.row[e]]; at < end; at++)
            sums[fire[at].place] += v * (double)fire[at].value;
    }
    design->vector->finish_row(set->matrix + (size_t)j * set->stride + popular, sums + popular,
                               design->rows, set->mean[j], set->mean + popular, set->inverse[j],
                               set->inverse + popular, size - popular);
}

/* The popular members' inner products with the rare ones, which have them: block by block, so that
 * what is written stays in cache until its lines are full. */
static void mirror(gram_set *set, uint32_t popular, uint32_t size)
{
    size_t stride = set->stride;
    for (uint32_t first = 0; first < popular; first += BLOCK) {
        uint32_t last = popular - first < BLOCK ? popular : first + BLOCK;
        for (uint32_t left = popular; left < size; left += BLOCK) {
            uint32_t right = size - left < BLOCK ? size : left + BLOCK;
            for (uint32_t p = first; p < last; p++) {
                float *restrict to = set->matrix + p * stride;
                const float *restrict from = set->matrix + p;
                for (uint32_t j = left; j < right; j++)
                    to[j] = from[j * stride];
            }
        }
    }
}

/* Which entries of a row of the table belong to the popular members; their number. */
static uint32_t note_picks(gram_set *set, const lasso_design *design, const uint32_t *rank,
                           uint32_t size)
{
    uint32_t popular = 0;
    set->pick_count = 0;
    for (; popular < size && rank[popular] < design->gram.width; popular++) {
        uint32_t group = rank[popular] / PICK_GROUP;
        if (set->pick_count == 0 || set->picks[set->pick_count - 1].group != group)
            set->picks[set->pick_count++] = (kernel_pick){.group = (uint16_t)group};
        set->picks[set->pick_count - 1].mask |= (uint16_t)(1U << rank[popular] % PICK_GROUP);
    }
    return popular;
}

bool gram_set_form(gram_set *set, const lasso_design *design, const uint32_t *rank, uint32_t size)
{
    uint32_t popular = note_picks(set, design, rank, size);
    uint64_t fires = 0;
    for (uint32_t j = popular; j < size; j++) {
        set->mean[j] = design->mean[rank[j]];
        set->inverse[j] = design->inverse[rank[j]];
        fires += design_get(design, rank[j]).count;
    }
    if (!make_room(set, size, fires))
        return false;
    /* rows in order: a pick may write beyond its row's popular part, into what comes later */
    list_fires(set, design, rank, popular, size);
    for (uint32_t j = 0; j < size; j++) {
        float *row = set->matrix + (size_t)j * set->stride;
        const float *products = gram_popular_row(design, rank[j], set->fresh, set->scratch);
        design->vector->pick(row, products, set->picks, set->pick_count);
        if (j >= popular)
            walk(set, design, rank[j], popular, size, j);
        row[j] = 1;
    }
    mirror(set, popular, size);
    return true;
}
