/* What becomes of a concept along a path, in a word a step.
 *
 * A step leads from a source to a target. The source's share is the square of its standardised
 * weight over the sum of those of all the target's parents: were the parents uncorrelated, its
 * share of the variance that they explain. (Squares, because with a ridge term a target has
 * dozens of faint parents, whose sum says nothing.) The readings are rules of thumb over that
 * share and the labels; like the weights they describe the fitted circuit, not causes. */
#ifndef CIRCUIT_PROPAGATION_H
#define CIRCUIT_PROPAGATION_H

#include "src/circuit/circuit.h"

#include <stddef.h>

/* A parent with this share alone carries its target on. */
#define PROPAGATION_DOMINANT 0.6
/* With labels at least this much alike, the strongest parent does with less. */
#define PROPAGATION_ALIKE          0.6
#define PROPAGATION_DOMINANT_ALIKE 0.4

/* id, word, meaning */
#define PROPAGATION_LIST(X)                                                                       \
    X(PROPAGATION_PERSISTS, "persists",                                                           \
      "one parent carries the target: it dominates, or is the"                                    \
      " strongest and has a similar label")                                                       \
    X(PROPAGATION_MERGES, "merges", "several parents carry the target, none of them alone")       \
    X(PROPAGATION_MINOR, "minor", "another parent carries the target")                            \
    X(PROPAGATION_ENDS, "ends", "nothing in later layers depends on the feature")                 \
    X(PROPAGATION_LAST, "last layer", "no later layer was fitted to the feature's")               \
    X(PROPAGATION_GOES_ON, "goes on", "later features depend on it, beyond the path")

typedef enum propagation_reading {
#define PROPAGATION_ENUM(id, word, meaning) id,
    PROPAGATION_LIST(PROPAGATION_ENUM)
#undef PROPAGATION_ENUM
} propagation_reading;

const char *propagation_word(propagation_reading reading);

typedef struct propagation {
    propagation_reading reading;
    double share;    /* the source's; of a step */
    double greatest; /* share of the target's strongest parent; of a step */
    double alike;    /* labels_alike of both; -1 when one has no label */
    uint32_t count;  /* the target's parents that have a weight; of an end: its children */
} propagation;

/* Of the step over an edge. Edges below the threshold count nowhere; labels may be NULL. */
propagation propagation_of_step(const circuit *c, double threshold, uint32_t id,
                                const char *source_label, const char *target_label);

/* Of the node where a path ends. */
propagation propagation_of_end(const circuit *c, double threshold, uint32_t node);

/* "merges: 31% of 6 parents": the word and why. Returns out. */
char *propagation_say(const propagation *p, char *out, size_t capacity);

/* How much two labels overlap, 0 to 1: words they share, of the one that has fewer. The words are
 * the tokens in double quotes when both labels quote some; otherwise runs of letters and digits
 * that are longer than two. Letters are compared without case. */
double labels_alike(const char *a, const char *b);

#endif
