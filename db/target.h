/* Target variables. */
#ifndef DB_TARGET_H
#define DB_TARGET_H

#include "db/db.h"

typedef enum target_kind { TARGET_REAL, TARGET_BINARY, TARGET_CLASS } target_kind;

const char *target_kind_name(target_kind kind);

typedef struct target {
    int64_t id;
    char *name;
    target_kind kind;
    char *classes;      /* JSON array of names, or NULL */
    char **class_name;  /* the same, class_count of them; raw. Names that are no text: NULL */
    uint32_t class_count;
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

/* NULL: there is none. Borrowed from the set. */
const target *target_by_id(const target_set *set, int64_t target_id);
const target *target_find(const target_set *set, const char *name);

/* What a linear predictor speaks for: the class's name or "class 3" (binary: of class 1); NULL
 * for a real variable. Raw; free it. */
char *target_output_name(const target *t, uint32_t output);

/* The values of one target variable. Free *value (samples doubles). */
status target_load(db *d, int64_t target_id, double **value, uint32_t *samples, error *err);

#endif
