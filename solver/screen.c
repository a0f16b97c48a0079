/* Finding the features that matter: those with |(z_k - mu_k)'r| > L p_k (L = M lambda).
 *
 * A dense layer is a matrix product, bound by arithmetic: thirty-two targets share a pass, and it
 * goes through 512 samples at a time, whose residuals stay in cache for all columns. Done in
 * double, the pass is the certificate of those targets that need no more work. Every lane's sums
 * are formed in the same order whatever the other lanes hold, which a library's product does not
 * promise. (Sparse layers: sweep.c.)
 *
 * Of the violators, those enter that promise the largest decrease of the objective on their own,
 * (|g_k| - L p_k)^2 / (2 |z_k - mu_k|^2). */
#include "solver/screen.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS_A_POLL = 384 };

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

void screen_drop_within(lane *l, const lasso_design *design)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < l->violator_count; i++) {
        violator v = l->violators[i];
        if (screen_exceeds(v.g, design->penalty[v.rank], l->threshold))
            l->violators[kept++] = v;
    }
    l->violator_count = kept;
}

bool screen_nearly_done(const lane *l, const lasso_design *design)
{
    uint32_t above = 0;
    for (uint32_t i = 0; i < l->violator_count; i++)
        above +=
            screen_exceeds(l->violators[i].g, design->penalty[l->violators[i].rank], l->threshold);
    return above <= l->size / 8;
}

/* What all lanes need of a pass, side by side. */
typedef struct pass {
    const lasso_design *design;
    lane *lanes;
    const uint8_t *member;
    _Alignas(64) double sum[LANES];   /* of the residual */
    _Alignas(64) double limit[LANES]; /* M lambda; infinite in an idle lane */
    _Alignas(64) double worst[LANES];
} pass;

/* One column's products, handed to the lanes. */
static void deliver(pass *p, uint32_t rank, double *product)
{
    const lasso_design *design = p->design;
    double penalty = design->penalty[rank];
    uint32_t members = p->member[rank];
    uint32_t found =
        design->vector->judge(product, design->mean[rank], p->sum, penalty, p->limit, p->worst);
    for (uint32_t left = members; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        lane *l = &p->lanes[t];
        uint32_t j = l->place[rank];
        double weight = l->u[j] * (l->y.norm * design->inverse[rank]);
        l->g[j] = product[t] - design->ridge[rank] * weight;
        if (fabs(l->g[j]) > p->worst[t] * penalty)
            p->worst[t] = fabs(l->g[j]) / penalty;
    }
    for (uint32_t left = found & ~(members << LANES | members); left; left &= left - 1) {
        uint32_t bit = (uint32_t)__builtin_ctz(left);
        lane *l = &p->lanes[bit % LANES];
        if (bit < LANES)
            l->violators[l->violator_count++] = (violator){rank, product[bit]};
        else
            p->worst[bit - LANES] = fabs(product[bit - LANES]) / penalty;
    }
}

/* products[k * WIDE_LANES + t] = z_k'r_t. */
static bool dense_products(const lasso_design *design, const double *residuals, double *products,
                           const atomic_bool *cancel)
{
    uint32_t count = design->size;
    size_t next = (size_t)WIDE_COLUMNS * design->rows; /* unless a constant column intervenes */
    memset(products, 0, screen_products(design) * sizeof *products);
    for (uint32_t first = 0; first < design->rows; first += WIDE_ROWS) {
        uint32_t rows = design->rows - first < WIDE_ROWS ? design->rows - first : WIDE_ROWS;
        for (uint32_t k = 0; k < count; k += WIDE_COLUMNS) {
            if (k % COLUMNS_A_POLL == 0 && cancel && atomic_load(cancel))
                return false;
            const float *column[WIDE_COLUMNS];
            for (uint32_t c = 0; c < WIDE_COLUMNS; c++)
                column[c] = design_get(design, k + c < count ? k + c : k).value + first;
            design->vector->dense_dots(column, rows, next, residuals + (size_t)first * WIDE_LANES,
                                       products + (size_t)k * WIDE_LANES);
        }
    }
    return true;
}

/* What LANES of the lanes need of a pass. */
static pass pass_begin(const lasso_design *design, lane *lanes, const uint8_t *member,
                       uint32_t *busy)
{
    pass p = {.design = design, .lanes = lanes, .member = member};
    for (uint32_t t = 0; t < LANES; t++) {
        lane *l = &lanes[t];
        p.sum[t] = l->r.sum;
        p.limit[t] = l->busy ? l->limit * screen_slack : INFINITY;
        p.worst[t] = l->busy ? 0 : INFINITY;
        l->violator_count = 0;
        *busy += l->busy;
    }
    return p;
}

static void pass_end(const pass *p)
{
    for (uint32_t t = 0; t < LANES; t++) {
        p->lanes[t].worst = p->worst[t];
        p->lanes[t].certified = true;
    }
}

bool screen_dense(const lasso_design *design, lane *lanes, const double *residuals,
                  const uint8_t *member, double *products, const atomic_bool *cancel)
{
    enum { GROUPS = WIDE_LANES / LANES };
    pass part[GROUPS];
    uint32_t busy[GROUPS] = {0};
    if (!dense_products(design, residuals, products, cancel))
        return false;
    for (uint32_t g = 0; g < GROUPS; g++)
        part[g] = pass_begin(design, lanes + (size_t)g * LANES, member + (size_t)g * design->size,
                             &busy[g]);
    for (uint32_t g = 0; g < GROUPS; g++) {
        if (!busy[g])
            continue;
        for (uint32_t k = 0; k < design->size; k++) {
            double *product = products + (size_t)k * WIDE_LANES + g * LANES;
            deliver(&part[g], k, product);
            for (uint32_t t = 0; t < LANES && part[g].lanes[t].base; t++)
                part[g].lanes[t].base[k] = product[t];
        }
        pass_end(&part[g]);
    }
    return true;
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
