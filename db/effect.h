/* Measured effects of interventions. */
#ifndef DB_EFFECT_H
#define DB_EFFECT_H

#include "db/db.h"

typedef struct effect {
    uint32_t source, target; /* features */
    double effect;           /* mean change of the target when the source is removed */
    uint32_t active;         /* samples over which it was averaged */
} effect;

/* Creates the set; its effects follow in any number of calls. Repeated (source, target) pairs
 * are STATUS_INPUT. */
status effect_set_add(db *d, int64_t source_layer, int64_t target_layer, const char *file,
                      int64_t *effect_set, error *err);
status effect_add(db *d, int64_t effect_set, const effect *effects, uint32_t count, error *err);
/* All effects between two layers, by source, then target. Free *effects. None: *count is 0. */
status effect_load(db *d, int64_t source_layer, int64_t target_layer, effect **effects,
                   uint32_t *count, error *err);

#endif
