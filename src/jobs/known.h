/* A true circuit from a file, in terms of a study: its names looked up, its mistakes told. */
#ifndef JOBS_KNOWN_H
#define JOBS_KNOWN_H

#include "db/layer.h"
#include "src/circuit/score.h"

/* A layer is judged by its components if the file names some of them, else by its features. */
typedef struct known {
    score_units units;
    bool *by_component;      /* by position */
    uint32_t *first_feature; /* by unit: the (first) feature that it stands for */
    char **component;        /* by unit: its name; NULL: a feature */
    score_truth *truth;
    size_t count;
    char *kind[SCORE_KINDS]; /* names; "" for lines that give none */
    uint32_t kinds;
} known;

enum { KNOWN_KIND_LENGTH = 20 }; /* bytes that the name of a kind may have */

/* STATUS_INPUT: the file is none of a circuit of this study; the sentence says what is wrong, and
 * where: unknown names with those near them, edges from a feature to itself, backwards, or given
 * twice. Free *out with known_release, whatever is returned. */
status known_load(known *out, db *d, const layer_set *layers, const char *path, error *err);
void known_release(known *k); /* a zeroed one is fine */

#endif
