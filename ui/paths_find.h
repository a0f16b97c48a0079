/* Finding what the Paths view lists: the pinned paths first, then the strongest ones between the
 * marks, or to a target variable. */
#ifndef UI_PATHS_FIND_H
#define UI_PATHS_FIND_H

#include "ui/app.h"

/* What paths are asked for; and, once it is answered, what was found. Never changes then. */
typedef struct path_listing {
    circuit *c; /* held: what the paths' edges are numbers of; with a target, the circuit that goes
                   on to it: its nodes before that are those of the present one */
    circuit *of; /* held: the present circuit */
    double threshold;
    path_end from, to; /* as marked; both NOTHING: through the whole circuit */
    int64_t target;    /* paths lead to this variable; 0: to features */
    int64_t newest;    /* the variable's newest finished fit, as the study said then; 0: none */
    uint64_t pins;     /* of which study's pins it is */
    uint32_t *node;    /* of the pinned paths, one behind the other */
    uint32_t *length;  /* their numbers of nodes */
    uint32_t pin_count;

    path_set set;
    uint32_t pinned;    /* the first so many are pinned */
    uint32_t absent;    /* pinned, but some edge is not in this circuit */
    int64_t target_fit; /* 0: no finished fit of the target */
    char *target_name;  /* clean */
    char **output_name; /* clean, by output; NULL for a number */
    uint32_t outputs;
} path_listing;

/* The question as things stand now. */
path_listing *path_question(const app *a);

/* For reader_ask: ask is a question, *result a listing of its own. d may be NULL without a target.
 */
status path_listing_find(db *d, void *ask, void **result, error *err);
void path_listing_free(void *listing); /* NULL is fine */

/* Whether it is what would be asked for now. */
bool path_listing_is_now(const app *a, const path_listing *l);

/* Name and label of a node of a listing, the target's included; name into out, which it returns.
 */
char *path_node_name(app *a, const path_listing *l, uint32_t node, char *out, size_t capacity);
const char *path_node_label(app *a, const path_listing *l, uint32_t node);

#endif
