/* Printing a fit of a target variable. */
#ifndef COMMANDS_TARGET_SHOW_H
#define COMMANDS_TARGET_SHOW_H

#include "db/variable.h"
#include "src/commands/output.h"
#include "src/commands/study.h"

typedef struct target_choice {
    bool json;
    bool one_point;  /* `point` says which, else the fit's own choice */
    uint32_t point;
    bool one_sample; /* rank by |weight * activation| in `sample` */
    uint32_t sample;
    uint64_t limit;  /* features an output; 0: all */
} target_choice;

/* The target variables of a study, and the fits of them. */
status target_show_list(const study *s, bool json, error *err);

/* The path, then the strongest features at the chosen point. STATUS_USAGE: no such point or
 * sample. */
status target_show_fit(study *s, const variable_fit *f, const target_choice *choice, error *err);

#endif
