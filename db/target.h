/* Target variables, and measured effects of interventions. */
#ifndef DB_TARGET_H
#define DB_TARGET_H

#include "db/db.h"

typedef enum target_kind { TARGET_REAL, TARGET_BINARY, TARGET_CLASS } target_kind;

const char *target_kind_name(target_kind kind);

typedef struct target {
    int64_t id;
    char *name;
    target_kind kind;
    char *classes; /* JSON array of names, or NULL */
    uint32_t samples;
} target;

typedef struct target_set {
    target *item;
    uint32_t count;
} target_set;

status target_add(db *d, const char *name, target_kind kind, const char *classes,
                  const double *value, uint32_t samples, error *err);
status target_list(db *d, target_set *out, error *err);
void target_set_release(target_set *set);

/* The values of one target variable. Free *value (samples doubles). */
status target_load(db *d, int64_t target_id, double **value, uint32_t *samples, error *err);

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
