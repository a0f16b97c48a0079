/* Measured interventions between two layers, as a stream of single effects: a TSV table with the
 * heading `source target effect n_active`, a line for a source and a target feature; or an .npz
 * archive with `features` (the removed source features), `effect` (removed x target features, rows
 * first) and, if known, `n_active` (a number a removed feature). The names `effect_same_token` and
 * `n_on` are read too. What a file does not list did not move. */
#ifndef FORMATS_EFFECTS_H
#define FORMATS_EFFECTS_H

#include "src/formats/folder.h"

typedef struct effect_line {
    uint32_t source, target;
    uint32_t active; /* samples over which it was averaged; 0: not known */
    double effect;
} effect_line;

typedef struct effects effects;

/* The layers have source_features and target_features features. The format is told by the file's
 * first bytes. */
status effects_open(effects **out, const folder *f, const char *file, uint32_t source_features,
                    uint32_t target_features, error *err);
void effects_close(effects *e); /* NULL is fine */

/* The next one; *more is false at the end. An archive's zeros are left out, but for the first of a
 * feature whose removal moved nothing at all. STATUS_INPUT names the line or the row. */
status effects_next(effects *e, effect_line *out, bool *more, error *err);

double effects_fraction(const effects *e);

#endif
