/* Measured interventions between two layers: a TSV table with the heading
 * `source target effect n_active`, one line for a source and a target feature. */
#ifndef FORMATS_EFFECTS_H
#define FORMATS_EFFECTS_H

#include "src/formats/folder.h"

typedef struct effect_line {
    uint32_t source, target, active;
    double effect;
} effect_line;

typedef struct effects effects;

/* The layers have source_features and target_features features. */
status effects_open(effects **out, const folder *f, const char *file, uint32_t source_features,
                    uint32_t target_features, error *err);
void effects_close(effects *e); /* NULL is fine */

/* The next line; *more is false at the end. STATUS_INPUT names the line. */
status effects_next(effects *e, effect_line *out, bool *more, error *err);

double effects_fraction(const effects *e);

#endif
