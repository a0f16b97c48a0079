/* The Features view's state, shared by what acts on it (features.c) and what draws it
 * (features_draw.c). */
#ifndef UI_FEATURES_H
#define UI_FEATURES_H

#include "ui/app.h"
#include "ui/card.h"
#include "ui/features_rows.h"
#include "ui/features_search.h"

/* `mode` of a place here, combined: the search is in all layers; the card has the keys. */
enum { FEATURES_LAYER = 0, FEATURES_EVERYWHERE = 1, FEATURES_CARD = 2 };

typedef struct features {
    list list;
    feature_rows rows;
    const feature_row *arranged; /* the table that rows are of */
    feature_order order;         /* words points to `words` */
    char words[96], words_before[96];
    char filter[96], filter_before[96]; /* what order.filter was parsed from */
    label_index *labels;                /* the reader's, for searches in all layers */
    bool everywhere, everywhere_before; /* search in all layers */
    bool typing;                        /* words or a filter, in the input line */
    bool searching;                     /* it has been asked, and has not answered */
    features_found *found;              /* what it found; NULL: not here yet */
    card *card;
    uint32_t card_layer, card_feature; /* it shows these: it follows the cursor when that rests */
    bool on_card, zoomed;
    uint32_t card_steps; /* parents and children followed from card to card */
    bool waiting;        /* `wanted` is to be shown once its table is here */
    place wanted;
} features;

/* What rows are of: the layer's table, or what the search found; NULL: not here yet. */
const feature_table *features_table(app *a, const features *f);

/* Goes elsewhere from the row at hand, of the list or the card; ACTED_NOT: another action. */
unsigned features_go(app *a, features *f, action_id what);

/* The row under the cursor; NULL when there is none. *position is its layer's. */
const feature_row *features_row(app *a, const features *f, uint32_t *position);

void features_draw(app *a, features *f, region body);
void features_crumb(app *a, const features *f, char *out, size_t capacity);

#endif
