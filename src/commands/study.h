/* What most commands begin with: a study opened, and the names in arguments looked up. */
#ifndef COMMANDS_STUDY_H
#define COMMANDS_STUDY_H

#include "db/feature.h"
#include "db/fit.h"
#include "db/layer.h"
#include "db/note.h"

#include <stddef.h>

typedef struct study {
    const char *path;
    db *connection;
    layer_set layers;
    note_set notes;
    feature_table *features; /* by position; loaded when first asked for */
} study;

status study_open(study *s, const char *path, db_mode mode, error *err);
void study_release(study *s);

/* `LAYER` or `LAYER/INDEX`, the layer by name, unique part of a name, or position. *has_feature
 * may be NULL when only a layer will do. */
status study_find(const study *s, const char *text, const layer **found, uint32_t *feature,
                  bool *has_feature, error *err);

/* The layers that `A,B,...` names, in its order. Free *found, also after an error. */
status study_find_layers(const study *s, const char *list, const layer ***found, uint32_t *count,
                         error *err);

/* The user's own label of a feature, or else the imported one (may be NULL). Raw; borrowed. */
const char *study_own_label(const study *s, int64_t layer_id, uint32_t feature,
                            const char *imported);

/* The same, with the imported label looked up; or NULL. Loads its layer's features once. */
status study_label(study *s, uint32_t position, uint32_t feature, const char **label, error *err);

/* "blocks.3.hook_resid_pre/17"; free it. */
char *study_feature_name(const study *s, uint32_t position, uint32_t feature);

#endif
