/* What a card knows and where its cursor is: shared by what reads and moves (card.c) and what
 * draws (card_draw.c). */
#ifndef UI_CARD_STATE_H
#define UI_CARD_STATE_H

#include "ui/card.h"
#include "ui/card_samples.h"

typedef enum card_list { CARD_SAMPLES, CARD_PARENTS, CARD_CHILDREN, CARD_LISTS } card_list;

enum {
    CARD_EDGES = 12,      /* parents, and children, at most */
    CARD_LIST_STEP = 1000 /* between the numbers that rows of two lists have for the mouse */
};

/* What the reader says of a feature, texts clean. */
typedef struct card_detail {
    uint32_t position, feature;
    feature_detail of;
} card_detail;

struct card {
    uint32_t position, feature; /* shown */
    card_detail *detail;        /* as read last, perhaps of another feature; NULL: none */
    card_samples *samples;      /* likewise */
    char trouble[ERROR_LENGTH]; /* why the reader could not */

    card_list in;               /* the row at hand: of this list, */
    uint32_t at;                /* this one */
    uint32_t count[CARD_LISTS]; /* rows of the lists as they were drawn last */
    bool beside;                /* parents and children share lines */
    int hidden;                 /* lines above the region */
};

/* The feature's node in the present circuit, or NOTHING. */
uint32_t card_node(const app *a, const card *c);

/* Its strongest parents or children above the threshold: numbers of edges, and how many. */
const uint32_t *card_edges(const app *a, const card *c, bool parents, uint32_t *count);

#endif
