/* How well a circuit agrees with a true one.
 *
 * Judged are units: features, or whole components, whose strength is the Frobenius norm of the
 * block of coefficients between their coordinates. The candidates of a layer pair are all its
 * pairs of units that vary, and every true edge; a unit that never varies has no edges whatever
 * the method, so its other pairs would only flatter. Candidates without an edge score 0, together,
 * and are only counted. */
#ifndef CIRCUIT_SCORE_H
#define CIRCUIT_SCORE_H

#include "src/circuit/circuit.h"
#include "src/circuit/ranking.h"

typedef struct score_units {
    uint32_t layer_count;
    uint32_t *first;   /* by position: its first unit; layer_count + 1 entries */
    uint32_t *of_node; /* by node: its unit */
    bool *varies;      /* by unit */
} score_units;

uint32_t score_unit_position(const score_units *u, uint32_t unit);

enum { SCORE_KINDS = 64 };

/* What is known: an edge, or with weight 0 that there is none although it may look so. */
typedef struct score_truth {
    uint32_t source, target; /* units */
    double weight;
    uint32_t kind; /* below SCORE_KINDS; what it stands for is the caller's business */
} score_truth;

typedef struct score_pair {
    uint32_t source, target; /* positions of layers */
} score_pair;

typedef struct score_request {
    const score_units *units;
    const score_pair *pair; /* which layer pairs are judged; each once */
    uint32_t pair_count;
    const score_truth *truth; /* every pair of units at most once */
    size_t truth_count;
    double threshold; /* the circuit's edges at or above it count as found */
    uint32_t most;    /* how many missing, and how many spurious edges are listed */
} score_request;

typedef struct score_figures {
    score_pair pair; /* of the whole: 0 and 0 */
    uint64_t candidates;
    uint64_t true_edges, silent; /* silent: true edges of a unit that never varies */
    uint64_t edges;              /* that the circuit has, whatever the threshold */
    uint64_t found, right; /* edges of the circuit at or above the threshold; true ones of them */
    uint64_t missing, spurious;
    uint64_t distance; /* structural Hamming distance: missing + spurious; the layers' order is
                          known, so nothing points the wrong way */
    double precision, recall, f1;    /* NaN: nothing found; nothing to find; neither */
    double average_precision, auroc; /* by |strength|, whatever the threshold */
    ranking_cut best;
} score_figures;

typedef struct score_kind {
    uint64_t lines, found; /* of the truth in judged pairs; those that the circuit has */
} score_kind;

typedef struct score_edge {
    uint32_t source, target; /* units */
    double weight;           /* true weight; 0: there is none */
    double strength;         /* in the circuit; 0: it has none */
} score_edge;

typedef struct score {
    score_figures all, *pair; /* pairs in the order of the request */
    uint32_t pair_count;
    score_kind kind[SCORE_KINDS];
    uint64_t edges_elsewhere,
        truth_elsewhere;  /* of circuit and truth, in pairs that are not judged */
    score_edge *missing;  /* the greatest |weight| first */
    score_edge *spurious; /* the strongest first */
    uint32_t missing_count, spurious_count;
} score;

/* Strengths are those the circuit is ranked by. Free *out with score_release, whatever is
 * returned. */
status score_circuit(const circuit *c, const score_request *request, score *out, error *err);
void score_release(score *s); /* a zeroed one is fine */

#endif
