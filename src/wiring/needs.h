/* What a pair's wiring takes, before it is made. */
#ifndef WIRING_NEEDS_H
#define WIRING_NEEDS_H

#include <stdint.h>

typedef struct wiring_shape {
    uint32_t rows, source_features, target_features, width;
    uint64_t source_entries, target_entries; /* nonzeros of the two layers */
} wiring_shape;

typedef struct wiring_needs {
    uint64_t shared; /* bytes while it is made, the two autoencoders among them, at most */
    uint64_t thread; /* and for each thread */
    uint64_t kept;   /* bytes of it when it is made, at most */
    double seconds;  /* of one core, about: within a factor of three */
    uint64_t alone;  /* edges that only the wiring speaks for, about, beside the regression's */
} wiring_needs;

/* edges: the regression's, about. */
wiring_needs wiring_needs_measure(const wiring_shape *shape, uint64_t edges);

#endif
