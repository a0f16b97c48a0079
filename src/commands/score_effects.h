/* `score` without --truth: a fit against measured interventions. */
#ifndef COMMANDS_SCORE_EFFECTS_H
#define COMMANDS_SCORE_EFFECTS_H

#include "src/base/error.h"

#include <stdint.h>

typedef struct effects_choice {
    uint64_t fit_id; /* 0: the newest */
    double cut;
    double stable, fdr; /* only edges that checks stand by; NaN: all */
    bool no_lasso, no_baselines;
    uint64_t limit; /* edges that disagree */
    uint64_t threads;
    bool plot; /* draw measured against predicted, for people */
    bool json;
} effects_choice;

status score_effects(const char *study_path, const effects_choice *choice, error *err);

#endif
