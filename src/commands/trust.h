/* `--stable` and `--fdr`: only edges that the fit's checks stand by. What edges, paths and export
 * share. */
#ifndef COMMANDS_TRUST_H
#define COMMANDS_TRUST_H

#include "src/circuit/circuit.h"
#include "src/commands/command.h"

#include <math.h>

/* Rows of a command's table of options; `stable` and `fdr` are static doubles that hold NaN. */
#define TRUST_OPTIONS(stable, fdr)                                                                \
    {"stable", OPTION_NUMBER, &(stable), "X",                                                     \
     "only edges that come back in at least this share of halves (check stability)"},             \
    {                                                                                             \
        "fdr", OPTION_NUMBER, &(fdr), "X",                                                        \
            "only edges whose false discovery rate is at most X (check null)"                     \
    }

/* Puts the part of the circuit that passes in its place; as it is when nothing was asked. Errors
 * as trust_filter. */
status trust_apply(circuit **c, double stable, double fdr, error *err);

#endif
