/* Rankings against scikit-learn's figures for the same candidates, and against plain counting. */
#include "src/circuit/ranking.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { MOST = 512 };

/* A linear congruential generator that a few lines of Python repeat. */
static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005U + 1442695040888963407U;
    return *seed >> 33;
}

static size_t make(ranked *item, size_t n, uint64_t levels, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        double score = (double)(draw(&seed) % levels) / (double)levels;
        item[i] = (ranked){score, (double)(draw(&seed) % 100) < 100 * score * 0.8 + 5};
    }
    ranking_sort(item, n);
    return n;
}

/* Made with scikit-learn 1.2.1, the zeros written out:
 *   def draw(): global s; s = (s * 6364136223846793005 + 1442695040888963407) % 2**64; return s >>
 * 33 p, y = [], [] for i in range(n): p.append(draw() % levels / levels); y.append(draw() % 100 <
 * 100 * p[-1] * 0.8 + 5) y += [1] * zeros_relevant + [0] * (zeros - zeros_relevant); p += [0] *
 * zeros average_precision_score(y, p), roc_auc_score(y, p) */
Test(ranking, as_scikit_learn_has_it)
{
    static const struct {
        size_t n;
        uint64_t levels, zeros, zeros_relevant, seed;
        double precision, auroc;
    } known[] = {{200, 10, 0, 0, 1, 0.685464098050136, 0.810601128472222},
                 {200, 10, 1000, 20, 2, 0.573713160505955, 0.874790623121619},
                 {500, 1000000, 5000, 3, 3, 0.694333921488836, 0.980734311968801},
                 {50, 1, 50, 10, 4, 0.140000000000000, 0.500000000000000},
                 {300, 7, 100000, 0, 5, 0.688993074536020, 0.992084283252620}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ranked item[MOST];
        ranking r = {item, make(item, known[i].n, known[i].levels, known[i].seed), known[i].zeros,
                     known[i].zeros_relevant};
        cr_expect_float_eq(ranking_average_precision(&r), known[i].precision, 1e-14, "case %zu",
                           i);
        cr_expect_float_eq(ranking_auroc(&r), known[i].auroc, 1e-14, "case %zu", i);
    }
}

Test(ranking, perfect_useless_and_upside_down)
{
    ranked item[] = {{3, true}, {2, true}, {1, false}};
    ranking r = {item, 3, 97, 0};
    cr_expect_float_eq(ranking_average_precision(&r), 1, 0);
    cr_expect_float_eq(ranking_auroc(&r), 1, 0);
    cr_expect_float_eq(ranking_best_cut(&r).f1, 1, 0);
    cr_expect_float_eq(ranking_best_cut(&r).threshold, 2, 0);
    ranking blank = {NULL, 0, 100, 10}; /* nothing is said: chance */
    cr_expect_float_eq(ranking_average_precision(&blank), 0.1, 1e-15);
    cr_expect_float_eq(ranking_auroc(&blank), 0.5, 0);
    ranked wrong[] = {{2, false}, {-1, true}}; /* below the block of zeros */
    ranking last = {wrong, 2, 8, 0};
    cr_expect_float_eq(ranking_average_precision(&last), 0.1, 1e-15);
    cr_expect_float_eq(ranking_auroc(&last), 0, 0);
}

Test(ranking, nothing_to_find_is_no_number)
{
    ranked item[] = {{1, false}};
    ranking none = {item, 1, 5, 0}, all = {NULL, 0, 5, 5}, empty = {0};
    cr_expect(isnan(ranking_average_precision(&none)) && isnan(ranking_auroc(&none)));
    cr_expect(isnan(ranking_best_cut(&none).f1));
    cr_expect(isnan(ranking_auroc(&all)));
    cr_expect_float_eq(ranking_average_precision(&all), 1, 0);
    cr_expect(isnan(ranking_precision_at(&empty, 3)) && isnan(ranking_precision_at(&all, 0)));
}

/* The first k of the tied, over many shuffles, by counting. */
Test(ranking, precision_at_k_is_the_mean_over_orders_of_the_tied)
{
    ranked item[MOST];
    uint64_t seed = 9;
    size_t n = make(item, 40, 5, 7);
    ranking r = {item, n, 10, 2};
    ranked all[64];
    for (size_t i = 0; i < n; i++)
        all[i] = item[i];
    for (size_t i = 0; i < 10; i++)
        all[n + i] = (ranked){0, i < 2};
    for (uint64_t k = 1; k <= n + 10; k += 3) {
        enum { ROUNDS = 4000 };
        double found = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t i = n + 9; i > 0; i--) {
                size_t j = draw(&seed) % (i + 1);
                ranked swap = all[i];
                all[i] = all[j];
                all[j] = swap;
            }
            ranked best[64];
            for (size_t i = 0; i < n + 10;
                 i++) { /* stable insertion: ties keep the shuffle's order */
                size_t at = i;
                for (; at > 0 && best[at - 1].score < all[i].score; at--)
                    best[at] = best[at - 1];
                best[at] = all[i];
            }
            for (uint64_t i = 0; i < k; i++)
                found += best[i].relevant;
        }
        cr_expect_float_eq(ranking_precision_at(&r, k), found / (ROUNDS * (double)k), 0.02);
    }
    cr_expect_float_eq(ranking_precision_at(&r, 1000), ranking_precision_at(&r, n + 10), 0);
}

Test(ranking, best_cut_by_trying_all)
{
    ranked item[MOST];
    size_t n = make(item, 300, 20, 11);
    ranking r = {item, n, 700, 5};
    double best = -1, at = -1;
    for (int level = 19; level >= 0; level--) {
        double threshold = level / 20.0, taken = level ? 0 : 700, found = level ? 0 : 5,
               relevant = 5;
        for (size_t i = 0; i < n; i++) {
            taken += item[i].score >= threshold;
            found += item[i].score >= threshold && item[i].relevant;
            relevant += item[i].relevant;
        }
        double precision = found / taken, recall = found / relevant;
        double f1 = 2 * precision * recall / (precision + recall);
        if (f1 > best) {
            best = f1;
            at = threshold;
        }
    }
    cr_expect_float_eq(ranking_best_cut(&r).f1, best, 1e-14);
    cr_expect_float_eq(ranking_best_cut(&r).threshold, at, 0);
}
