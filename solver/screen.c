/* Finding the features that matter: those with |(z_k - mu_k)'r| > L p_k (L = M lambda).
 *
 * Which these are, a pass over the data finds: sweep.c, and dense.c for dense layers.
 *
 * Of the violators, those enter that promise the largest decrease of the objective on their own,
 * (|g_k| - L p_k)^2 / (2 |z_k - mu_k|^2). */
#include "solver/screen.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

bool lane_reserve(lane *l, uint32_t size)
{
    if (size <= l->room)
        return true;
    uint32_t room = size < UINT32_MAX / 2 ? size + size / 2 : size;
    uint32_t *rank = realloc(l->rank, room * sizeof *rank);
    l->rank = rank ? rank : l->rank;
    double *u = realloc(l->u, room * sizeof *u);
    l->u = u ? u : l->u;
    double *g = realloc(l->g, room * sizeof *g);
    l->g = g ? g : l->g;
    if (!rank || !u || !g)
        return false;
    l->room = room;
    /* cppcheck-suppress memleak; they are the lane's, which frees them */
    return true;
}

bool lane_reserve_violators(lane *l, uint32_t count)
{
    violator *grown = realloc(l->violators, count * sizeof *grown);
    if (!grown)
        return false;
    l->violators = grown;
    l->violator_room = count;
    return true;
}

void screen_correlations(const lasso_design *design, lane *l, const double *correlation)
{
    const kernels *v = design->vector;
    size_t size = design->size;
    l->worst = 0;
    for (size_t k = 0;; k++) {
        k = v->next_above(correlation, design->penalty, l->worst, k, size);
        if (k == size)
            break;
        l->worst = fabs(correlation[k]) / design->penalty[k];
    }
}

bool screen_candidates(const lasso_design *design, lane *l, const double *correlation)
{
    const kernels *v = design->vector;
    size_t size = design->size;
    l->violator_count = 0;
    for (size_t k = 0;; k++) {
        k = v->next_above(correlation, design->penalty, l->limit * screen_slack, k, size);
        if (k == size)
            return true;
        if (!lane_note(l, (violator){(uint32_t)k, correlation[k]}))
            return false;
    }
}

void screen_drop_within(lane *l, const lasso_design *design, double threshold)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->violator_count; i++) {
        violator v = l->violators[i];
        if (screen_exceeds(v.g, design->penalty[v.rank], threshold))
            l->violators[kept++] = v;
    }
    l->violator_count = kept;
}

bool screen_may_be_done(const lane *l, const lasso_design *design)
{
    static const double beyond = 1 + 1e-5;
    uint32_t above = 0;
    for (uint32_t i = 0; i < l->violator_count; i++)
        above += screen_exceeds(l->violators[i].g, design->penalty[l->violators[i].rank],
                                l->threshold * beyond);
    /* at lambda 0 all features that are left count as violators, however little they matter */
    return l->threshold > 0 ? above == 0 : above <= l->size / 8;
}

static double promise(const lasso_design *design, const lane *l, const violator *v)
{
    return (fabs(v->g) - l->threshold * design->penalty[v->rank]) * design->inverse[v->rank];
}

/* Whether a comes before b: larger promise, ties by rank. */
static bool before(const lasso_design *design, const lane *l, const violator *a, const violator *b)
{
    double pa = promise(design, l, a);
    double pb = promise(design, l, b);
    return pa > pb || (pa == pb && a->rank < b->rank);
}

void screen_select(const lasso_design *design, lane *l, uint32_t most)
{
    violator *v = l->violators;
    uint32_t count = l->violator_count;
    if (count > most) {
        /* quickselect: the first `most` by promise, in any order */
        uint32_t low = 0;
        uint32_t high = count - 1;
        while (low < high) {
            violator pivot = v[low + (high - low) / 2];
            uint32_t i = low;
            uint32_t j = high;
            for (;;) {
                while (before(design, l, &v[i], &pivot))
                    i++;
                while (before(design, l, &pivot, &v[j]))
                    j--;
                if (i >= j)
                    break;
                violator swap = v[i];
                v[i++] = v[j];
                v[j--] = swap;
            }
            if (j + 1 <= most - 1)
                low = j + 1;
            else
                high = j;
        }
        count = most;
    }
    /* back into ascending ranks: shell sort, the list is short */
    uint32_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < count; i++) {
            violator moving = v[i];
            uint32_t j = i;
            for (; j >= gap && v[j - gap].rank > moving.rank; j -= gap)
                v[j] = v[j - gap];
            v[j] = moving;
        }
    }
    l->violator_count = count;
}
