/* The card of one feature: what it means, how it behaves, where it is strongest, and what it
 * depends on. A part of the Features view. */
#ifndef UI_CARD_H
#define UI_CARD_H

#include "ui/app.h"

typedef struct card card;

card *card_create(void);
void card_free(card *c); /* NULL is fine */

/* The feature to show from now on; asks the reader for what is not here yet. NOTHING: none. */
void card_show(app *a, card *c, uint32_t position, uint32_t feature);

/* What was read is out of date: it is asked for again at the next card_show. */
void card_forget(card *c);

/* True: the answer was for the card. */
bool card_answer(app *a, card *c, int kind, reader_answer *answer);

/* Draws it into r. `whole`: everything, of which *scroll (made to fit) lines are above r;
 * otherwise as much of each part as r holds. */
void card_draw(app *a, card *c, region r, bool whole, int *scroll);

#endif
