#include "src/circuit/ranking.h"

#include <math.h>
#include <stdlib.h>

/* All candidates of one score. */
typedef struct step {
    double score;
    uint64_t count, relevant;
} step;

typedef struct walk {
    const ranking *r;
    size_t at;
    bool zeros_done;
} walk;

/* The next step, from the highest score down; false at the end. */
static bool next_step(walk *w, step *out)
{
    const ranking *r = w->r;
    bool zeros_left = !w->zeros_done && r->zeros > 0;
    if (w->at == r->count && !zeros_left)
        return false;
    *out = (step){0};
    if (w->at < r->count && (!zeros_left || r->item[w->at].score >= 0))
        out->score = r->item[w->at].score;
    for (; w->at < r->count && r->item[w->at].score == out->score; w->at++) {
        out->count++;
        out->relevant += r->item[w->at].relevant;
    }
    if (zeros_left && out->score == 0) {
        out->count += r->zeros;
        out->relevant += r->zeros_relevant;
        w->zeros_done = true;
    }
    return true;
}

static int compare(const void *left, const void *right)
{
    double a = ((const ranked *)left)->score, b = ((const ranked *)right)->score;
    return a < b ? 1 : a > b ? -1 : 0;
}

void ranking_sort(ranked *item, size_t count)
{
    if (count > 1)
        qsort(item, count, sizeof *item, compare);
}

uint64_t ranking_candidates(const ranking *r)
{
    return r->count + r->zeros;
}

uint64_t ranking_relevant(const ranking *r)
{
    uint64_t relevant = r->zeros_relevant;
    for (size_t i = 0; i < r->count; i++)
        relevant += r->item[i].relevant;
    return relevant;
}

double ranking_average_precision(const ranking *r)
{
    double all = (double)ranking_relevant(r), sum = 0;
    uint64_t taken = 0, found = 0;
    step s;
    for (walk w = {.r = r}; next_step(&w, &s);) {
        taken += s.count;
        found += s.relevant;
        sum += (double)s.relevant / all * ((double)found / (double)taken);
    }
    return all > 0 ? sum : (double)NAN;
}

double ranking_auroc(const ranking *r)
{
    double relevant = (double)ranking_relevant(r);
    double others = (double)ranking_candidates(r) - relevant;
    double pairs = 0, below = others;
    step s;
    for (walk w = {.r = r}; next_step(&w, &s);) {
        double tied = (double)(s.count - s.relevant);
        below -= tied;
        pairs += (double)s.relevant * (below + tied / 2);
    }
    return relevant > 0 && others > 0 ? pairs / (relevant * others) : (double)NAN;
}

double ranking_precision_at(const ranking *r, uint64_t k)
{
    uint64_t all = ranking_candidates(r), taken = 0;
    double found = 0;
    step s;
    k = k < all ? k : all;
    for (walk w = {.r = r}; taken < k && next_step(&w, &s);) {
        uint64_t room = k - taken < s.count ? k - taken : s.count;
        found += (double)s.relevant * ((double)room / (double)s.count);
        taken += room;
    }
    return k > 0 ? found / (double)k : (double)NAN;
}

ranking_cut ranking_best_cut(const ranking *r)
{
    double all = (double)ranking_relevant(r);
    ranking_cut best = {.threshold = (double)NAN,
                        .precision = (double)NAN,
                        .recall = (double)NAN,
                        .f1 = (double)NAN};
    uint64_t taken = 0, found = 0;
    step s;
    for (walk w = {.r = r}; all > 0 && next_step(&w, &s);) {
        taken += s.count;
        found += s.relevant;
        double f1 = 2 * (double)found / ((double)taken + all);
        if (!(f1 <= best.f1))
            best = (ranking_cut){s.score, (double)found / (double)taken, (double)found / all, f1};
    }
    return best;
}
