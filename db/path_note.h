/* Paths that the user pinned: kept by the names of their features, as notes on features are, so
 * that they outlive the study's being imported anew. */
#ifndef DB_PATH_NOTE_H
#define DB_PATH_NOTE_H

#include "db/db.h"
#include "db/layer.h"

typedef struct path_place {
    int64_t layer_id;
    uint32_t feature;
} path_place;

enum { PATH_PLACES_MOST = 1000 };

/* Pins the path over these features (at least two), or takes the pin away. A feature that is not
 * there: STATUS_INPUT. */
status path_pin(db *d, const path_place *place, uint32_t count, bool on, error *err);

typedef struct pinned_path {
    path_place *place;
    uint32_t count;
} pinned_path;

typedef struct pinned_paths {
    pinned_path *item; /* in the order in which they were pinned */
    uint32_t count;
    uint32_t strange; /* pinned, but over features that the study does not have */
} pinned_paths;

/* `layers` must be the study's. */
status path_pins(db *d, const layer_set *layers, pinned_paths *out, error *err);
void pinned_paths_release(pinned_paths *p); /* a zeroed one is fine */

#endif
