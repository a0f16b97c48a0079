/* The planted circuit itself, drawn before any sample is made. Private to synth. */
#ifndef JOBS_SYNTH_PLAN_H
#define JOBS_SYNTH_PLAN_H

#include "src/jobs/synth.h"

#define SYNTH_NONE UINT32_MAX

enum {
    SYNTH_POINT = 16, /* activations and scales: bits after the binary point */
    SYNTH_WEIGHT = 12 /* weights likewise */
};

typedef enum synth_role {
    ROLE_NEW,        /* no parents */
    ROLE_EVERYWHERE, /* fires in nearly all samples; continues one of the layer before */
    ROLE_CLASS,      /* of the first layer: fires by the document's class */
    ROLE_ATTRIBUTE,  /* by its spurious attribute */
    ROLE_TWIN,       /* near copy of another */
    ROLE_PERSISTS,   /* one parent */
    ROLE_MERGES,     /* the sum of several */
    ROLE_PRODUCT,    /* one parent times another */
    ROLE_THRESHOLD   /* what a sum of several has above a threshold */
} synth_role;

/* kind of a line of the truth, name there */
#define SYNTH_KIND_LIST(X)                                                                        \
    X(KIND_PERSISTS, "persists")                                                                  \
    X(KIND_EVERYWHERE, "everywhere")                                                              \
    X(KIND_MERGES, "merges")                                                                      \
    X(KIND_PRODUCT, "product")                                                                    \
    X(KIND_GATE, "gate") /* what a product is multiplied with */                                  \
    X(KIND_THRESHOLD, "threshold")                                                                \
    X(KIND_CONFOUNDED, "confounded") /* no edge: a hidden cause of both */                        \
    X(KIND_TWIN, "twin")             /* no edge: from the twin of a true source */

typedef enum synth_kind {
#define SYNTH_KIND_ENUM(kind, name) kind,
    SYNTH_KIND_LIST(SYNTH_KIND_ENUM)
#undef SYNTH_KIND_ENUM
} synth_kind;

const char *synth_kind_name(synth_kind kind);

enum { CARRIES_CLASS = 1, CARRIES_ATTRIBUTE = 2 };

typedef struct synth_feature {
    synth_role role;
    uint8_t carries;  /* CARRIES_: what its ancestors are tied to */
    bool barren;      /* has no children */
    uint32_t rate;    /* how often it fires, of 2^32 */
    int32_t scale;    /* its size, SYNTH_POINT */
    uint32_t twin;    /* its near copy, or of a twin its original; SYNTH_NONE: none */
    int32_t likeness; /* twin: factor to the original, SYNTH_WEIGHT */
} synth_feature;

/* Between features, or coordinates of components. */
typedef struct synth_edge {
    uint32_t source, target;
    int32_t weight; /* SYNTH_WEIGHT; of a gate: one over the source's size */
    uint8_t span;   /* the source's layer is so many before: 1 or 2 */
    uint8_t kind;
} synth_edge;

/* A line of the truth: between features, or components. */
typedef struct synth_link {
    uint32_t source, target;
    double weight; /* of components: the Frobenius norm of their block */
    uint8_t span, kind;
} synth_link;

/* A cause of `first` in the layer before and `second` in this one that no layer shows. */
typedef struct synth_hidden {
    uint32_t first, second, rate;
} synth_hidden;

typedef struct synth_layer {
    synth_feature *feature; /* of component layers: one a component */
    synth_link *link;       /* true edges into this layer, without those of twins, by target */
    uint32_t links;
    synth_edge *edge; /* the same edges by span, then source; of components by coordinates */
    uint32_t edges;
    uint32_t
        *out[2]; /* by span - 1: edge[out[s][f] .. out[s][f+1]-1] leave feature f of that layer */
    synth_hidden *hidden;
    uint32_t hiddens;
    uint32_t *twin; /* features that are twins, ascending */
    uint32_t twins;
    uint32_t *always; /* features looked at in every sample: everywhere, class, attribute */
    uint32_t always_count;
    uint32_t *event; /* features that fire on their own, by topic */
    uint64_t *until; /* beside `event`: rates summed up */
    uint32_t events;
    uint32_t *topic_end; /* beside topics: where they end in `event` */
} synth_layer;

typedef struct synth_plan {
    synth_settings settings;
    uint32_t units; /* features, or components, of a layer */
    synth_layer *layer;
} synth_plan;

/* settings: complete and sound. */
void synth_plan_draw(synth_plan *p, const synth_settings *settings);
void synth_plan_release(synth_plan *p);

/* A number of settings as a share of 2^32, at most 2^32 - 1. */
uint32_t synth_share(double x);

#endif
