/* Holding a circuit against a true one: what `score --truth` does. */
#ifndef COMMANDS_SCORE_TRUTH_H
#define COMMANDS_SCORE_TRUTH_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct truth_choice {
    const char *file;
    const char *by, *pairs; /* NULL: what the check takes by itself */
    double threshold;
    double stable, fdr;     /* only edges that other checks stand by (trust.h); NaN: all */
    uint64_t fit_id;        /* 0: the newest */
    bool missing, spurious; /* which wrong edges are listed */
    uint64_t limit;         /* of each */
    bool json;
} truth_choice;

/* Scores the fit, stores that with it as a check of kind `truth`, and prints it. */
status score_truth(const char *study, const truth_choice *choice, error *err);

#endif
