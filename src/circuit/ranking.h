/* How well a score puts what is relevant before what is not: average precision, the area under the
 * ROC curve, precision among the first k.
 *
 * Candidates that all score 0, such as the possible edges that a circuit does not have, are one
 * block that is only counted, so that 32,768 x 32,768 of them cost nothing. Candidates with the
 * same score are one step: no order among them is made up. */
#ifndef CIRCUIT_RANKING_H
#define CIRCUIT_RANKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ranked {
    double score; /* no NaN; higher comes first */
    bool relevant;
} ranked;

typedef struct ranking {
    const ranked *item; /* sorted; borrowed */
    size_t count;
    uint64_t zeros, zeros_relevant; /* further candidates with score 0: all, and relevant ones */
} ranking;

void ranking_sort(ranked *item, size_t count);

uint64_t ranking_candidates(const ranking *r);
uint64_t ranking_relevant(const ranking *r);

/* Sum over the steps of (recall gained) * (precision down to here), without interpolation, as
 * scikit-learn's average_precision_score. NaN when nothing is relevant. */
double ranking_average_precision(const ranking *r);

/* The chance that a relevant candidate scores higher than one that is not, a tie counting half, as
 * scikit-learn's roc_auc_score. NaN when all are relevant, or none. */
double ranking_auroc(const ranking *r);

/* The relevant share of the first k (as many as there are, if fewer); a tie across the k-th place
 * counts with its own relevant share, which is the mean over all orders of the tied. NaN when k or
 * the number of candidates is 0. */
double ranking_precision_at(const ranking *r, uint64_t k);

/* The cut with the best F1 (harmonic mean of precision and recall): what a threshold chosen with
 * the answer in hand could reach. */
typedef struct ranking_cut {
    double threshold; /* take scores at or above it */
    double precision, recall, f1;
} ranking_cut;

/* NaN throughout when nothing is relevant. */
ranking_cut ranking_best_cut(const ranking *r);

#endif
