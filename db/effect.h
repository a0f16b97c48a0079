/* Measured effects of interventions. */
#ifndef DB_EFFECT_H
#define DB_EFFECT_H

#include "db/db.h"

typedef struct effect {
    uint32_t source, target; /* features */
    double effect;           /* mean change of the target when the source is removed */
    uint32_t active;         /* samples over which it was averaged */
} effect;

typedef struct effect_set {
    int64_t id, source_layer, target_layer;
    char *source;     /* the file, as it was named; raw */
    uint64_t effects; /* stored: those left out are 0 */
    uint32_t removed; /* source features that have effects */
} effect_set;

typedef struct effect_sets {
    effect_set *item; /* by position of the source, then the target layer */
    uint32_t count;
} effect_sets;

status effect_set_list(db *d, effect_sets *out, error *err);
void effect_sets_release(effect_sets *sets);

/* Takes away what was measured between two layers; fine when there is nothing. */
status effect_set_delete(db *d, int64_t source_layer, int64_t target_layer, error *err);

/* Creates the set; its effects follow in any number of calls. Repeated (source, target) pairs
 * are STATUS_INPUT. */
status effect_set_add(db *d, int64_t source_layer, int64_t target_layer, const char *file,
                      int64_t *set_id, error *err);
status effect_add(db *d, int64_t set_id, const effect *effects, uint32_t count, error *err);
/* All effects between two layers, by source, then target. Free *effects. None: *count is 0. */
status effect_load(db *d, int64_t source_layer, int64_t target_layer, effect **effects,
                   uint32_t *count, error *err);

#endif
