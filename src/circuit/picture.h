/* A layered picture: which nodes are in it, where they stand, and the file that shows it. What the
 * screen draws and what is written come from the same picture. */
#ifndef CIRCUIT_PICTURE_H
#define CIRCUIT_PICTURE_H

#include "src/circuit/layout.h"
#include "src/formats/diagram.h"

typedef struct picture {
    uint32_t focus; /* node; PATH_ANY: none */
    subcircuit sub;
    layout layout;
} picture;

#define PICTURE_MOST 60

/* Room for this many boxes, and so many in a layer; lines in proportion. */
subcircuit_room picture_room(uint32_t nodes, uint32_t nodes_a_layer);

void picture_around(const circuit *c, double threshold, uint32_t focus, subcircuit_room room,
                    picture *out);
void picture_of_paths(const circuit *c, const path_set *set, subcircuit_room room, picture *out);
void picture_release(picture *p); /* a zeroed one is fine */

/* How a picture calls things; names are fresh text, labels borrowed and as imported (NULL: none).
 */
typedef struct picture_words {
    void *user;
    char *(*layer)(void *user, uint32_t position);
    char *(*name)(void *user, uint32_t position, uint32_t feature);
    const char *(*label)(void *user, uint32_t position, uint32_t feature);
} picture_words;

/* Writes it with the title and, below it, what its lines mean. */
status picture_write(const circuit *c, const picture *p, const picture_words *words,
                     const char *title, const diagram_format *format, const char *path,
                     error *err);

#endif
