/* What the figures of a fit's targets say together: how well it was solved, how much it explains,
 * and where it explains nothing, or too much.
 *
 * Parents are the regression's, as gap and R2 are: a target without them may have edges that only
 * the wiring speaks for.
 *
 * None of this says that a circuit is real: a gap certifies the optimisation, R2 the fit to these
 * very samples. */
#ifndef CIRCUIT_SUMMARY_H
#define CIRCUIT_SUMMARY_H

#include "src/circuit/circuit.h"

enum {
    SUMMARY_GAP_BINS =
        17, /* bin b: gaps below 10^(b - 15), and not below a tenth of it; ends open */
    SUMMARY_R2_BINS = 16, /* equal, from 0 to 1; ends open */
    SUMMARY_MOST = 200    /* of lists that rank: the head is what matters */
};

typedef struct summary_target {
    uint32_t node, pair; /* pair: place in summary.pair */
    uint32_t parents;
    float r2, gap;
} summary_target;

typedef struct summary_pair {
    uint32_t source, target; /* positions */
    uint32_t targets, done, converged, constant, orphans;
    uint64_t edges, wired_alone; /* all; those that only the wiring speaks for, no parents */
    double median_r2, worst_gap, mean_parents; /* of the targets that vary */
} summary_pair;

/* A source feature and how much of what leaves its layer is its own. */
typedef struct summary_hub {
    uint32_t node, children;
    double reach;    /* children as a share of the targets that its layer could reach */
    double strength; /* of its edges, as a share of all that leave its layer */
} summary_hub;

typedef struct summary_list {
    summary_target *item;
    uint32_t count;
} summary_list;

typedef struct summary {
    int64_t fit_id;
    strength measure; /* of hubs */
    double tolerance;
    uint32_t varying, constant; /* finished targets */
    bool wired;                 /* some pair has edges that only the wiring speaks for */
    double median_r2, worst_gap;
    uint32_t gap_bin[SUMMARY_GAP_BINS], r2_bin[SUMMARY_R2_BINS]; /* of those that vary */
    summary_pair *pair;
    uint32_t pair_count;
    summary_list unconverged; /* all, the largest gap first */
    summary_list orphans;     /* all that vary and have no parents */
    summary_list least;       /* have parents, the smallest R2 first */
    summary_hub *hub;         /* the largest share of strength first */
    uint32_t hub_count;
} summary;

/* Of a fit as far as it is finished. c: its circuit, for the hubs; NULL: none are listed. */
status summary_load(db *d, const layer_set *layers, int64_t fit_id, const circuit *c,
                    summary **out, error *err);
void summary_free(summary *s); /* NULL is fine */

#endif
