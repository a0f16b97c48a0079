/* Components: consecutive features of a layer that make a whole, such as what one head puts out.
 */
#ifndef DB_COMPONENT_H
#define DB_COMPONENT_H

#include "db/layer.h"

typedef struct component {
    char *name;
    uint32_t first, features; /* first .. first + features - 1 */
} component;

typedef struct component_set {
    component *item; /* in order, without gaps; none: the layer's features stand for themselves */
    uint32_t count;
} component_set;

/* Component number `place` of a layer. */
status component_add(db *d, int64_t layer_id, uint32_t place, const component *c, error *err);

/* STATUS_INPUT: they do not cover the layer one after the other. */
status component_list(db *d, const layer *l, component_set *out, error *err);
void component_set_release(component_set *set); /* a zeroed one is fine */

#endif
