/* Measured interventions from an .npz archive: the part of effects.h that reads arrays. */
#ifndef FORMATS_EFFECTS_NPZ_H
#define FORMATS_EFFECTS_NPZ_H

#include "src/formats/effects.h"

typedef struct effects_npz effects_npz;

/* As effects_open, of an archive behind fd, which is borrowed. */
status effects_npz_open(effects_npz **out, int fd, const char *file, uint32_t source_features,
                        uint32_t target_features, error *err);
void effects_npz_close(effects_npz *e); /* NULL is fine */
status effects_npz_next(effects_npz *e, effect_line *out, bool *more, error *err);
double effects_npz_fraction(const effects_npz *e);

#endif
